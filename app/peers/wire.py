"""A catalogue's files <-> values: the one place through which foreign catalogues come in. Reads files, writes none.

The publisher writes with `write_manifest` and `write_items` and puts vectors beside them; the exchange calls
`check_names` on a torrent's file list before it fetches, and `read_catalogue` on what came. Every refusal is a
PeerError with its reason; nothing else escapes. The formats are described in `manifest`, `shard_files`, `file_names`.
"""

from __future__ import annotations

import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from app.errors import PeerError
from app.peers.catalogue import MAX_CATALOGUE, MAX_ITEMS, SHARD_ITEMS, Manifest, Offering, ShardRef, SpaceRef
from app.peers.evidence import ToldMessage, read_told
from app.peers.file_names import (
    EVIDENCE,
    MANIFEST,
    MAX_FILES,
    check_files,
    check_names,
    items_name,
    vectors_name,
    vectors_size,
)
from app.peers.manifest import read_manifest, write_manifest
from app.peers.shard_files import read_items, read_vectors, write_items

__all__ = [
    "EVIDENCE",
    "MANIFEST",
    "SHARD_ITEMS",
    "Catalogue",
    "Manifest",
    "Offering",
    "Row",
    "ShardRef",
    "SpaceRef",
    "check_files",
    "check_names",
    "items_name",
    "read_catalogue",
    "read_items",
    "read_manifest",
    "read_vectors",
    "vectors_name",
    "vectors_size",
    "write_items",
    "write_manifest",
]


@dataclass(frozen=True, slots=True)
class Row:
    """An Offering and where it stands: line `row` (from 0) of the shard `shard`, and so the same row of its vectors."""

    shard: str
    row: int
    offering: Offering


@dataclass(frozen=True, slots=True)
class Catalogue:
    """A verified catalogue: what it consists of, the rows that count, the bytes of all its files, and what it tells."""

    manifest: Manifest
    rows: tuple[Row, ...]
    size: int
    told: tuple[ToldMessage, ...] = ()


def read_catalogue(folder: Path, key: bytes, *, at_most: int = MAX_CATALOGUE, most_items: int = MAX_ITEMS) -> Catalogue:
    """Verify the catalogue of the peer `key` in `folder`: names, sizes, manifest, every line and every vector.

    `at_most` bytes are allowed, and `most_items` lines: they deflate well, but take 0.5 kB of memory each, and up to
    0.5 ms. Reads one shard's vectors at a time. Raises PeerError with the reason for a refusal, also when files are
    missing or no plain files.
    """
    try:
        files = list(_files(folder))
        check_names(files, at_most)
        manifest = read_manifest((folder / MANIFEST).read_bytes(), key)
        check_files(manifest, files)
        if manifest.items > most_items:
            raise PeerError("This catalogue is refused", f"{manifest.items} items, and {most_items} are allowed")
        dimensions = {space.name: space.dimension for space in manifest.spaces}
        shards = []
        for shard in manifest.shards:
            shards.append((shard, read_items((folder / items_name(shard.name)).read_bytes(), shard.items)))
            for space in shard.spaces:
                content = (folder / vectors_name(space, shard.name)).read_bytes()
                read_vectors(content, shard.items, dimensions[space])
        tells = any(name == EVIDENCE for name, _ in files)
        told = read_told((folder / EVIDENCE).read_bytes(), key) if tells else ()
    except OSError as error:
        raise PeerError("This catalogue cannot be read", error.strerror or "", folder) from error
    return Catalogue(manifest, current(manifest, shards), sum(size for _, size in files), told)


def current(manifest: Manifest, shards: list[tuple[ShardRef, tuple[Offering, ...]]]) -> tuple[Row, ...]:
    """The rows that count: of a root in several shards the last, and none with a tombstone; in the order of shards."""
    last = {
        offering.root: Row(shard.name, row, offering)
        for shard, offerings in shards
        for row, offering in enumerate(offerings)
    }
    for root in manifest.tombstones:
        last.pop(root, None)
    return tuple(sorted(last.values(), key=lambda row: (row.shard, row.row)))


def _files(folder: Path) -> Iterator[tuple[str, int]]:
    """(name, size) of everything in `folder`, links not followed."""
    for count, path in enumerate(folder.iterdir()):
        state = path.lstat()
        if count >= MAX_FILES or not stat.S_ISREG(state.st_mode):
            raise PeerError("This catalogue is refused", "too many files, or one that is no plain file")
        yield path.name, state.st_size
