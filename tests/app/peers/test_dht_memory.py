"""Which DHT nodes are remembered, and what a damaged memory costs."""

from __future__ import annotations

from pathlib import Path

import libtorrent as lt
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.peers.dht_memory import dht_state, read_nodes, write_nodes


def kept(*nodes: bytes, more: tuple[bytes, ...] = ()) -> bytes:
    return bytes(lt.bencode({b"dht state": {b"nodes": list(nodes), b"nodes6": list(more)}}))


def test_nodes_of_both_kinds_are_read(tmp_path: Path) -> None:
    path = tmp_path / "state"
    write_nodes(path, kept(b"\x01\x02\x03\x04\x1a\xe1", more=(bytes(15) + b"\x01\x00\x07",)))
    assert read_nodes(path) == [("1.2.3.4", 6881), ("::1", 7)]
    assert path.stat().st_mode & 0o077 == 0


def test_a_session_that_knows_nobody_is_remembered_as_that(tmp_path: Path) -> None:
    session = lt.session({"listen_interfaces": "127.5.9.1:0", "dht_bootstrap_nodes": "", "enable_lsd": False})
    write_nodes(tmp_path / "state", dht_state(session))
    assert read_nodes(tmp_path / "state") == []


@pytest.mark.parametrize(
    "content",
    [b"", b"noise", b"i5e", b"le", b"de", b"d9:dht statei5ee", kept(b"short", b""), b"x" * 2_000_000],
)
def test_a_damaged_memory_is_no_memory(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "state"
    path.write_bytes(content)
    assert read_nodes(path) == []


def test_a_missing_memory_is_no_memory_and_a_long_one_is_cut(tmp_path: Path) -> None:
    path = tmp_path / "state"
    assert read_nodes(path) == []
    path.write_bytes(kept(*(bytes([1, 2, at // 250, at % 250 + 1, 4, 5]) for at in range(500))))
    assert len(read_nodes(path)) == 100


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.binary(max_size=200))
def test_no_bytes_raise(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "state"
    path.write_bytes(content)
    assert isinstance(read_nodes(path), list)
