"""The library's Items as rows of features, kept in memory by the studio's taste thread.

Reads the vectors of every space (LanceDB), fits the basis on own Items, and projects chunk by chunk, so that the
wide vectors of a large library are never copied whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from models.features import Basis, Block
from models.types import F32, I64, ItemId

CHUNK = 8_192


class VectorSource(Protocol):
    """Where the vectors are: `app.store.vectors.Vectors` in the product."""

    def matrix(self, space: str) -> tuple[I64, F32]:
        """All vectors of a space: ids int64 `(n,)` and float32 `(n, d)`."""
        ...

    def vector_of(self, space: str, item: ItemId) -> F32 | None:
        """One Item's vector, None where it has none."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class ItemFeatures:
    """`ids` int64 `(n,)`, ascending; `rows` float32 `(n, p)`; `counts` how many vectors each space gave."""

    ids: I64
    rows: F32
    basis: Basis | None
    counts: Mapping[str, int]

    def __len__(self) -> int:
        return len(self.ids)

    def positions(self, items: Sequence[int] | I64) -> I64:
        """The rows of some Items, int64, -1 where one has no vector yet."""
        wanted = np.asarray(items, np.int64)
        if not len(self.ids):
            return np.full(len(wanted), -1, np.int64)
        at = np.minimum(np.searchsorted(self.ids, wanted), len(self.ids) - 1)
        return np.where(self.ids[at] == wanted, at, -1)


EMPTY = ItemFeatures(np.zeros(0, np.int64), np.zeros((0, 1), np.float32), None, {})


class _Wide:
    """The vectors of one space, sorted by Item, cut into blocks that follow a list of ids."""

    def __init__(self, space: str, ids: I64, vectors: F32) -> None:
        order = np.argsort(ids, kind="stable")
        self.space, self.ids, self._order, self._vectors = space, ids[order], order, vectors

    def block(self, wanted: I64) -> Block:
        at = np.minimum(np.searchsorted(self.ids, wanted), len(self.ids) - 1)
        present = self.ids[at] == wanted
        return Block(self.space, self._vectors[self._order[at]] * present[:, None], present)


def load_features(source: VectorSource, spaces: Sequence[str], *, sample: int = 8_192, seed: int = 0) -> ItemFeatures:
    """Fit the basis on (a sample of) all Items that have a vector, and project them all.

    Deterministic under `seed`. Spaces without vectors are left out; without any, the result is empty.
    """
    wide = []
    for space in spaces:
        ids, vectors = source.matrix(space)
        if len(ids):
            wide.append(_Wide(space, ids, vectors))
    if not wide:
        return EMPTY
    ids = np.unique(np.concatenate([part.ids for part in wide]))
    chosen = ids
    if len(ids) > sample:
        chosen = np.sort(np.random.default_rng(seed).choice(ids, sample, replace=False))
    basis = Basis.fit([part.block(chosen) for part in wide], seed=seed)
    rows = np.empty((len(ids), basis.width), np.float32)
    for start in range(0, len(ids), CHUNK):
        rows[start : start + CHUNK] = basis.project([part.block(ids[start : start + CHUNK]) for part in wide])
    return ItemFeatures(ids, rows, basis, {part.space: len(part.ids) for part in wide})


def split_of(source: VectorSource, features: ItemFeatures, item: int) -> F32 | None:
    """One Item's features split by space, float32 `(spaces, p)`, in the basis' order; None where unknown."""
    if features.basis is None:
        return None
    blocks = []
    for part in features.basis.spaces:
        vector = source.vector_of(part.space, ItemId(item))
        rows = np.zeros((1, len(part.mean)), np.float32) if vector is None else vector[None, :]
        blocks.append(Block(part.space, rows, np.array([vector is not None])))
    return np.asarray(features.basis.split(blocks)[0], np.float32)
