"""The v2 root of a file (BEP 52): what names a file among peers, whatever its name, publisher or torrent.

Pure: reads one file in blocks, keeps one hash per level, and needs no libtorrent. `publishing` computes the roots of
what is published; `torrents` needs the hashes of whole pieces as well.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from app.errors import MediaError
from app.jobs import Cancelled

BLOCK = 16 * 1024
"""Bytes of a leaf of the tree; the protocol's, not ours to choose."""
LARGEST_FILE = 64 * 1024**3
"""No file beyond this is published or fetched."""
_READ = 64 * BLOCK
_SMALLEST_PIECE = 64 * 1024
_LARGEST_PIECE = 16 * 1024**2
_MANY_PIECES = 1024


def piece_length(size: int) -> int:
    """The piece length of every torrent of ours with `size` bytes: part of the network's rules, never to change.

    The smallest power of two from 64 KiB with which the file has at most 1,024 pieces, and at most 16 MiB: small
    pieces start playing soon, few pieces keep the hashes of a film at 32 KiB.
    """
    length = _SMALLEST_PIECE
    while length < _LARGEST_PIECE and size > length * _MANY_PIECES:
        length *= 2
    return length


@dataclass(frozen=True, slots=True)
class Hashed:
    """A file's v2 root (32 bytes), its size, and the hashes of its pieces one after the other (b"" for one piece)."""

    root: bytes
    size: int
    layer: bytes


def file_root(path: Path, cancelled: Callable[[], bool] | None = None) -> bytes:
    """The v2 root of the file at `path`, 32 bytes. Raises as `hash_file`."""
    return hash_file(path, cancelled).root


def hash_file(path: Path, cancelled: Callable[[], bool] | None = None, piece: int = 0) -> Hashed:
    """Read a file once and compute its v2 root and the layer of its pieces of `piece` bytes (0: `piece_length`).

    The root is the same for every piece length. `cancelled` is asked once a mebibyte. Raises MediaError (unreadable,
    empty, beyond LARGEST_FILE, changed while it was read) and Cancelled.
    Source: BEP 52, https://www.bittorrent.org/beps/bep_0052.html.
    """
    try:
        size = path.stat().st_size
        if not 0 < size <= LARGEST_FILE:
            raise MediaError("This file cannot be shared", "It is empty." if size == 0 else "It is too large.", path)
        with path.open("rb") as file:
            return _hash(file, size, (piece or piece_length(size)) // BLOCK, path, cancelled)
    except OSError as wrong:
        raise MediaError("The file cannot be read", str(wrong.strerror or wrong), path) from wrong


def _hash(file: BinaryIO, size: int, per_piece: int, path: Path, cancelled: Callable[[], bool] | None) -> Hashed:
    pieces: list[bytes] = []
    leaves: list[bytes] = []
    read = 0
    while content := file.read(_READ):
        if cancelled is not None and cancelled():
            raise Cancelled
        read += len(content)
        leaves += [hashlib.sha256(content[at : at + BLOCK]).digest() for at in range(0, len(content), BLOCK)]
        while len(leaves) > per_piece:  # one more than a piece: a file of exactly one piece has no layer
            pieces.append(_root(leaves[:per_piece], per_piece))
            del leaves[:per_piece]
    if read != size:
        raise MediaError("The file changed while it was read", "It is tried again later.", path)
    if not pieces:
        return Hashed(_root(leaves, _power_of_two(len(leaves))), size, b"")
    pieces.append(_root(leaves, per_piece))
    layer = b"".join(pieces)
    return Hashed(root_of_layer(layer, per_piece * BLOCK), size, layer)


def root_of_layer(layer: bytes, piece: int) -> bytes:
    """The root of a file whose pieces of `piece` bytes have the hashes `layer` (32 bytes each, at least two)."""
    pieces = [layer[at : at + 32] for at in range(0, len(layer), 32)]
    return _root(pieces, _power_of_two(len(pieces)), _root([], piece // BLOCK))


def _power_of_two(count: int) -> int:
    return 1 << (count - 1).bit_length()


def _root(hashes: list[bytes], width: int, padding: bytes = bytes(32)) -> bytes:
    """The root over `hashes`, padded with `padding` to `width` (a power of two) of them."""
    level = hashes
    while width > 1:
        if len(level) % 2:
            level = [*level, padding]
        level = [hashlib.sha256(level[at] + level[at + 1]).digest() for at in range(0, len(level), 2)]
        padding = hashlib.sha256(padding + padding).digest()
        width //= 2
    return level[0] if level else padding
