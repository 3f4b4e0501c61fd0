"""The v2 root in Python against libtorrent's own."""

from __future__ import annotations

from pathlib import Path

import libtorrent as lt
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.errors import MediaError
from app.jobs import Cancelled
from app.peers.roots import BLOCK, file_root, hash_file, piece_length, root_of_layer
from tests.swarms import noise


def theirs(path: Path, piece: int) -> tuple[bytes, bytes]:
    """Root and layer as libtorrent computes them."""
    made = lt.create_torrent(lt.list_files(str(path)), piece, lt.create_torrent.v2_only)
    lt.set_piece_hashes(made, str(path.parent))
    torrent = made.generate()
    root = torrent[b"info"][b"file tree"][path.name.encode()][b""][b"pieces root"]
    return root, torrent.get(b"piece layers", {}).get(root, b"")


@pytest.mark.parametrize(
    "size",
    [1, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK, 65_536, 65_537, 131_072, 200_000, 1_048_576, 1_048_577, 70_000_001],
)
def test_roots_and_layers_are_libtorrents(tmp_path: Path, size: int) -> None:
    path = tmp_path / "x"
    path.write_bytes(noise(size, size))
    hashed = hash_file(path)
    assert (hashed.root, hashed.layer) == theirs(path, piece_length(size))
    assert hashed.size == size
    assert file_root(path) == hashed.root
    if hashed.layer:
        assert root_of_layer(hashed.layer, piece_length(size)) == hashed.root


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(1, 400_000), st.sampled_from([16_384, 32_768, 65_536]))
def test_any_size_and_piece_length(tmp_path: Path, size: int, piece: int) -> None:
    path = tmp_path / "x"
    path.write_bytes(noise(size, size))
    hashed = hash_file(path, piece=piece)
    assert (hashed.root, hashed.layer) == theirs(path, piece)


def test_the_root_does_not_depend_on_the_name(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).write_bytes(noise(100_000))
    assert file_root(tmp_path / "a") == file_root(tmp_path / "b")


def test_piece_lengths_are_the_networks_rule() -> None:
    mebi = 1024**2
    expected = {1: 65_536, 64 * mebi: 65_536, 64 * mebi + 1: 131_072, 1024 * mebi: mebi, 60 * 1024 * mebi: 16 * mebi}
    assert {size: piece_length(size) for size in expected} == expected


def test_empty_missing_and_folders_are_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    for path in (tmp_path / "empty", tmp_path / "missing", tmp_path):
        with pytest.raises(MediaError):
            file_root(path)


def test_hashing_is_cancelled(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(noise(3_000_000))
    asked = iter([False, True])
    with pytest.raises(Cancelled):
        file_root(path, lambda: next(asked))
