"""The DHT's nodes from one start to the next, so that no public router has to be asked again. Called by `session`."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import Any

import libtorrent as lt

from app.files import write_atomically

_LARGEST, _MOST = 1024 * 1024, 100


def dht_state(session: Any) -> bytes:
    """The nodes a libtorrent session knows, as libtorrent writes them."""
    flag = lt.save_state_flags_t.save_dht_state
    return bytes(lt.write_session_params_buf(session.session_state(flag), flag))


def write_nodes(path: Path, state: bytes) -> None:
    """Keep `state`, for this user's eyes. Raises OSError."""
    write_atomically(path, state)


def read_nodes(path: Path) -> list[tuple[str, int]]:
    """At most 100 of the nodes kept in `path`; none where it is missing or damaged."""
    try:
        content = path.read_bytes()
        if len(content) > _LARGEST:
            return []
        state: Any = lt.bdecode(content)
        kept = state[b"dht state"]
        nodes = [(node, 4) for node in kept.get(b"nodes", [])] + [(node, 16) for node in kept.get(b"nodes6", [])]
        return [
            (str(ipaddress.ip_address(node[:length])), int.from_bytes(node[length:], "big"))
            for node, length in nodes[:_MOST]
            if len(node) == length + 2
        ]
    except (OSError, RuntimeError, ValueError, KeyError, TypeError, AttributeError):
        return []
