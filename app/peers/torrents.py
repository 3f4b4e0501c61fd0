"""Torrents as we make and accept them: v2 only, one form for each purpose, nothing optional.

A *catalogue* torrent is a flat folder named `catalogue`; its description (info dictionary) comes from a peer and is
checked here, whole, before a byte of it is fetched. A *content* torrent is one file whose description follows from
root, size and type, so that it is never sent at all. Called by `swarm`; nothing here opens a connection.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import libtorrent as lt

from app.errors import MediaError, PeerError
from app.peers.roots import LARGEST_FILE, hash_file, piece_length, root_of_layer

CATALOGUE = "catalogue"
"""The name of every catalogue torrent, and so of the folder it is fetched into."""
CATALOGUE_PIECE = 64 * 1024
MAX_METADATA = 256 * 1024
"""Bytes of a catalogue's description; 100,000 items need about 10 KiB."""
MAX_FILES = 2048
MAX_MANIFEST = 64 * 1024
MAX_SIMILAR = 16
_NAMES = re.compile(
    r"manifest\.json|evidence\.jsonl|items\.[0-9]{5}\.jsonl(\.z)?|vectors\.[A-Za-z0-9._-]{1,100}\.[0-9]{5}\.i8"
)
_EXTENSION = re.compile(r"\.[a-z0-9+]{1,9}")
_INFO_KEYS = {b"file tree", b"meta version", b"name", b"piece length"}


@dataclass(frozen=True, slots=True)
class Built:
    """A whole torrent: its description, the description's SHA-256 (32 bytes), and the file libtorrent loads."""

    info: bytes
    infohash: bytes
    torrent: bytes


@dataclass(frozen=True, slots=True)
class FileLine:
    """One file of a torrent: its name, size in bytes and v2 root (32 bytes)."""

    name: str
    size: int
    root: bytes


# ------------------------------------------------------------------------------------------- catalogues


def catalogue_torrent(folder: Path, previous: Sequence[bytes] = ()) -> Built:
    """Make the torrent of the catalogue whose files lie in `folder`: no path, date or tool's name enters it.

    `previous` are infohashes (32 bytes) of earlier catalogues with files in common (BEP 38). Raises MediaError
    (unreadable) and PeerError (a file that no catalogue may have: a bug of ours, caught before it is announced).
    """
    hashed = {path.name: hash_file(path, piece=CATALOGUE_PIECE) for path in sorted(folder.iterdir())}
    info: dict[bytes, Any] = {
        b"file tree": {
            name.encode(): {b"": {b"length": of.size, b"pieces root": of.root}} for name, of in hashed.items()
        },
        b"meta version": 2,
        b"name": CATALOGUE.encode(),
        b"piece length": CATALOGUE_PIECE,
    }
    if previous:
        info[b"similar"] = [infohash[:20] for infohash in previous[:MAX_SIMILAR]]
    built = _built(_bencode(info), {of.root: of.layer for of in hashed.values() if of.layer})
    check_metadata(built.info)
    return built


def check_metadata(info: bytes, at_most: int = LARGEST_FILE) -> tuple[FileLine, ...]:
    """The files of a catalogue described by `info`, or PeerError saying what is wrong with the description.

    Accepted is exactly the form `catalogue_torrent` writes: flat, with known names only, no attributes (so no links),
    no empty file, no key beyond ours, `at_most` bytes in all.
    """
    if len(info) > MAX_METADATA:
        raise PeerError("This catalogue's description is too large", f"{len(info)} bytes")
    decoded = _decode(info)
    if set(decoded) - {b"similar"} != _INFO_KEYS:
        raise PeerError("This is not the description of a catalogue", "It has other parts than a catalogue's.")
    if decoded[b"meta version"] != 2 or decoded[b"name"] != CATALOGUE.encode():
        raise PeerError("This is not the description of a catalogue", "It has another version or name.")
    if decoded[b"piece length"] != CATALOGUE_PIECE:
        raise PeerError("This catalogue has pieces of another size than ours")
    similar = decoded.get(b"similar", [])
    if not isinstance(similar, list) or len(similar) > MAX_SIMILAR or not all(_is_bytes(one, 20) for one in similar):
        raise PeerError("This catalogue names earlier ones wrongly")
    lines = _lines(decoded[b"file tree"])
    total = sum(line.size for line in lines)
    if total > at_most:
        raise PeerError("This catalogue is too large", f"{total} bytes, {at_most} are allowed")
    return lines


def _lines(tree: object) -> tuple[FileLine, ...]:
    if not isinstance(tree, dict) or not 0 < len(tree) <= MAX_FILES:
        raise PeerError("This catalogue has no files, or too many")
    lines = []
    for name, below in tree.items():
        text = name.decode("ascii", "replace")
        if not _NAMES.fullmatch(text):
            raise PeerError("This catalogue has a file that does not belong there")
        if not isinstance(below, dict) or set(below) != {b""}:
            raise PeerError("This catalogue has a folder", "Catalogues are flat.")
        leaf = below[b""]
        if not isinstance(leaf, dict) or set(leaf) != {b"length", b"pieces root"}:
            raise PeerError("This catalogue has a file of another kind", "A link, an empty file or a special one.")
        size, root = leaf[b"length"], leaf[b"pieces root"]
        if not isinstance(size, int) or not 0 < size <= LARGEST_FILE or not _is_bytes(root, 32) or root == bytes(32):
            raise PeerError("This catalogue has a file without a right size and root")
        lines.append(FileLine(text, size, root))
    manifests = [line for line in lines if line.name == "manifest.json"]
    if not manifests or manifests[0].size > MAX_MANIFEST:
        raise PeerError("This catalogue has no manifest, or one that is too large")
    return tuple(lines)


def verify_catalogue(info: bytes, folder: Path, cancelled: Callable[[], bool] | None = None) -> Built:
    """Read all files of a fetched catalogue again and make its whole torrent, to give it on and to load it later.

    Raises PeerError where a file on the disk is not what `info` says, MediaError where it cannot be read.
    """
    layers = {}
    for line in check_metadata(info):
        hashed = hash_file(folder / line.name, cancelled, piece=CATALOGUE_PIECE)
        if (hashed.size, hashed.root) != (line.size, line.root):
            raise PeerError("A file of this catalogue is damaged", line.name, folder / line.name)
        if hashed.layer:
            layers[hashed.root] = hashed.layer
    return _built(info, layers)


def read_torrent(content: bytes) -> Built:
    """A catalogue's torrent file that we wrote ourselves (`Built.torrent`), checked as if anybody had.

    Raises PeerError on any other torrent: trackers, web seeds, nodes, dates and comments have no place in ours.
    """
    if len(content) > MAX_METADATA + 33 * LARGEST_FILE // CATALOGUE_PIECE:
        raise PeerError("This torrent is too large", f"{len(content)} bytes")
    decoded = _decode(content)
    if set(decoded) != {b"info", b"piece layers"}:
        raise PeerError("This is not a torrent of ours", "It has other parts, such as trackers or web seeds.")
    if not isinstance(decoded[b"info"], dict) or not isinstance(decoded[b"piece layers"], dict):
        raise PeerError("This is not a torrent of ours", "Its parts are of other types.")
    info = lt.bencode(decoded[b"info"])
    large = {line.root: line.size for line in check_metadata(info) if line.size > CATALOGUE_PIECE}
    layers = decoded[b"piece layers"]
    if set(layers) != set(large):
        raise PeerError("This torrent lacks hashes of its pieces")
    for root, layer in layers.items():
        pieces = -(-large[root] // CATALOGUE_PIECE)
        if not _is_bytes(layer, 32 * pieces) or root_of_layer(layer, CATALOGUE_PIECE) != root:
            raise PeerError("This torrent has wrong hashes of its pieces")
    return Built(info, hashlib.sha256(info).digest(), content)


# --------------------------------------------------------------------------------------------- contents


def file_torrent_name(root: bytes, extension: str) -> str:
    """The one name the file with this v2 root has in its torrent. `extension` is lower case with its dot."""
    if len(root) != 32 or not _EXTENSION.fullmatch(extension):
        raise PeerError("This file cannot be named", f"root of {len(root)} bytes, type {extension!r}")
    return root.hex()[:40] + extension


def file_description(root: bytes, size: int, extension: str) -> bytes:
    """The one description of the torrent of a file: any two publishers of the file come to the same."""
    if not 0 < size <= LARGEST_FILE or root == bytes(32):
        raise PeerError("This file cannot be fetched", f"It is said to have {size} bytes.")
    name = file_torrent_name(root, extension).encode()
    return _bencode({
        b"file tree": {name: {b"": {b"length": size, b"pieces root": root}}},
        b"meta version": 2,
        b"name": name,
        b"piece length": piece_length(size),
    })  # fmt: skip


def file_infohash(root: bytes, size: int, extension: str) -> bytes:
    """The infohash (32 bytes) of a file's torrent, computed without having the file. Raises PeerError."""
    return hashlib.sha256(file_description(root, size, extension)).digest()


def file_torrent(
    path: Path, root: bytes, size: int, extension: str, cancelled: Callable[[], bool] | None = None
) -> Built:
    """The whole torrent of our own file at `path`, which is read to the end.

    Raises MediaError when it is unreadable or no longer the file with that root and size.
    """
    info = file_description(root, size, extension)
    hashed = hash_file(path, cancelled)
    if (hashed.root, hashed.size) != (root, size):
        raise MediaError("The file is no longer what was published", "It is published anew at the next update.", path)
    return _built(info, {root: hashed.layer} if hashed.layer else {})


# ------------------------------------------------------------------------------------------ into libtorrent


def params_without_layers(info: bytes) -> Any:
    """libtorrent's parameters for a torrent of which only the description is known; peers send the pieces' hashes.

    libtorrent loads no torrent file without those hashes, but it does resume one.
    """
    resume: dict[bytes, Any] = {
        b"file-format": b"libtorrent resume file",
        b"file-version": 1,
        b"info-hash2": hashlib.sha256(info).digest(),
        b"info": lt.bdecode(info),
    }
    return lt.read_resume_data(_bencode(resume))


def _built(info: bytes, layers: Mapping[bytes, bytes]) -> Built:
    torrent = _bencode({b"info": lt.bdecode(info), b"piece layers": dict(layers)})
    return Built(info, hashlib.sha256(info).digest(), torrent)


def _bencode(value: Mapping[bytes, Any]) -> bytes:
    return bytes(lt.bencode(dict(value)))


def _decode(content: bytes) -> dict[bytes, Any]:
    """A bencoded dictionary in its one canonical form; anything else is refused."""
    try:
        decoded = lt.bdecode(content)
        same = isinstance(decoded, dict) and lt.bencode(decoded) == content
    except (RuntimeError, ValueError, TypeError, OverflowError, MemoryError, RecursionError) as wrong:
        raise PeerError("This is not a torrent", "Its bytes cannot be read.") from wrong
    if not same:
        raise PeerError("This is not a torrent", "Its bytes are not in their one canonical form.")
    assert isinstance(decoded, dict)
    return cast("dict[bytes, Any]", decoded)


def _is_bytes(value: object, length: int) -> bool:
    return isinstance(value, bytes) and len(value) == length
