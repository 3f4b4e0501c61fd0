"""Vectors of catalogues row by row: what a file holds, and a number by which two versions of a row are compared. Pure.

The publisher finds with it what changed since its last catalogue, the exchange whether an offer's vectors are still
those it had.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from app.errors import PeerError
from app.peers.wire import Catalogue, vectors_name
from models.int8 import Int8Vectors
from models.types import I64


class VectorRows:
    """The vectors of one space, of which row `place[id]` belongs to `id` (an Item's number)."""

    def __init__(self, ids: I64, vectors: Int8Vectors) -> None:
        self.dimension = vectors.codes.shape[1]
        self._vectors = vectors
        present = vectors.present
        self._place = {int(item): row for row, item in enumerate(ids) if present[row]}

    def __contains__(self, item: int) -> bool:
        return item in self._place

    def digest(self, item: int, before: int) -> int:
        """`before` continued over the vector's bytes."""
        row = self._place[item]
        return zlib.crc32(self._vectors.scales[row].tobytes(), zlib.crc32(self._vectors.codes[row].tobytes(), before))

    def block(self, items: Sequence[int]) -> bytes:
        """The vectors of some Items as a file's bytes; zeros where there is none."""
        codes = np.zeros((len(items), self.dimension), np.int8)
        scales = np.zeros(len(items), np.float16)
        here = [at for at, item in enumerate(items) if item in self._place]
        rows = [self._place[items[at]] for at in here]
        codes[here], scales[here] = self._vectors.codes[rows], self._vectors.scales[rows]
        return Int8Vectors(codes, scales).write()


def read_export(folder: Path, spaces: Sequence[str]) -> dict[str, VectorRows]:
    """What the studio wrote into `folder`: for each space `<space>.ids` and `<space>.i8`.

    Raises PeerError where it is not all there, or not of one length.
    """
    found: dict[str, VectorRows] = {}
    for space in spaces:
        try:
            ids = np.fromfile(folder / f"{space}.ids", "<i8").astype(np.int64)
            content = (folder / f"{space}.i8").read_bytes()
        except OSError as error:
            raise PeerError("The vectors to publish cannot be read", str(error.strerror or error), folder) from error
        if not len(ids):
            continue
        if len(content) % len(ids) or len(content) // len(ids) < 3:
            raise PeerError("The vectors to publish are not whole", space, folder)
        found[space] = VectorRows(ids, Int8Vectors.read(content, len(content) // len(ids) - 2))
    return found


def digests(folder: Path, catalogue: Catalogue) -> dict[tuple[str, int], int]:
    """For each (shard, row) of a verified catalogue a number that changes with its vectors; 0 where it has none."""
    dimensions = {space.name: space.dimension for space in catalogue.manifest.spaces}
    found: dict[tuple[str, int], int] = {}
    for shard in catalogue.manifest.shards:
        rows = [0] * shard.items
        for space in shard.spaces:
            content = memoryview((folder / vectors_name(space, shard.name)).read_bytes())
            wide, start = dimensions[space], shard.items * dimensions[space]
            begun = zlib.crc32(space.encode())
            scales = np.frombuffer(content, "<f2", shard.items, offset=start)
            for row in np.flatnonzero(scales):
                codes = zlib.crc32(content[row * wide : (row + 1) * wide], begun ^ rows[row])
                rows[row] = zlib.crc32(content[start + 2 * row : start + 2 * row + 2], codes)
        found.update(((shard.name, row), value) for row, value in enumerate(rows) if value)
    return found


def digest_of(item: int, spaces: Mapping[str, VectorRows]) -> int:
    """The same number for an Item of ours, over the spaces in the order of their names."""
    value = 0
    for name in sorted(spaces):
        if item in spaces[name]:
            value = spaces[name].digest(item, zlib.crc32(name.encode()) ^ value)
    return value
