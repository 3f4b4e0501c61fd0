"""Which offers the user already has, by sound or pictures: an Item of the same length whose vector is nearly the same.

Called by the studio's offers thread. Only Items whose length is within a second and a half are compared, as in the
search for duplicates: a window over the sorted lengths instead of all pairs.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.store.facts import Facts
from app.store.vectors import Vectors
from app.studio.similar import SAME_LENGTH
from models.types import F32, I64, Bool

ALIKE = 0.99
"""Cosine from which an offer counts as ours; two encodings of one recording reach it, two recordings do not."""
_PIECE = 4_096
_SKETCH = 64
"""Numbers of a random projection by which most pairs are told apart."""
_FAR = 0.044
"""Squared distance of two sketches from which the vectors are not alike. At a cosine of .99 it is .02 on average, and
beyond this once in ten million."""
_BLOCK = 64
_SPAN = 2.0
"""Offers compared at once differ in length by at most so many seconds."""


@dataclass(frozen=True, slots=True, eq=False)
class _Space:
    """One space's own vectors by rising length: `sketches (n, 64)` of their directions."""

    ids: I64
    halves: NDArray[np.float16]
    lengths: NDArray[np.float64]
    projection: F32
    sketches: F32


class OwnVectors:
    """The own Items' vectors of some spaces, by length. Made for one pass over the offers, then let go."""

    def __init__(self, vectors: Vectors, spaces: Iterable[str], facts: Facts) -> None:
        items, lengths = facts.lengths()
        known, seconds = np.array(items, np.int64), np.array(lengths, np.float64)
        self._spaces: dict[str, _Space] = {}
        for space in spaces:
            ids, halves = vectors.halves(space)
            here = np.isin(ids, known)
            long = seconds[np.searchsorted(known, ids[here])]
            order = np.argsort(long, kind="stable")
            ids, halves, long = ids[here][order], halves[here][order], long[order]
            draw = np.random.default_rng(0).standard_normal((halves.shape[1], _SKETCH), np.float32)
            projection = draw / np.float32(np.sqrt(_SKETCH))
            sketches = np.empty((len(ids), _SKETCH), np.float32)
            for start in range(0, len(ids), _PIECE):
                piece = slice(start, start + _PIECE)
                sketches[piece] = _unit(halves[piece].astype(np.float32)) @ projection
            self._spaces[space] = _Space(ids, halves, long, projection, sketches)

    def find(self, space: str, units: F32, present: Bool, lengths: NDArray[np.float64]) -> I64:
        """The Item that each of `n` offers is, int64 `(n,)`, 0 for none.

        `units (n, d)` of unit length where `present (n,)`; `lengths (n,)` in seconds, as their publishers say.
        """
        found = np.zeros(len(units), np.int64)
        own = self._spaces[space]
        asked = np.flatnonzero(present & (lengths > 0))
        if not len(own.ids) or not len(asked):
            return found
        asked = asked[np.argsort(lengths[asked], kind="stable")]
        sorted_lengths = lengths[asked]
        sketches = units[asked] @ own.projection
        start = 0
        while start < len(asked):
            first = sorted_lengths[start]
            stop = min(start + _BLOCK, int(np.searchsorted(sorted_lengths, first + _SPAN, side="right")))
            block = asked[start:stop]
            low = int(np.searchsorted(own.lengths, first - SAME_LENGTH))
            high = int(np.searchsorted(own.lengths, sorted_lengths[stop - 1] + SAME_LENGTH, side="right"))
            if low < high:
                far = _distances(own.sketches[low:high], sketches[start:stop])
                for at in np.flatnonzero((far < _FAR).any(axis=0)):
                    close = low + np.flatnonzero(far[:, at] < _FAR)
                    close = close[np.abs(own.lengths[close] - lengths[block[at]]) <= SAME_LENGTH]
                    found[block[at]] = _best(own.halves[close], own.ids[close], units[block[at]])
            start = stop
        return found


def _unit(rows: F32) -> F32:
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(np.divide(rows, norms, out=np.zeros_like(rows), where=norms > 0), np.float32)


def _distances(rows: F32, columns: F32) -> F32:
    """Squared distances `(n, m)` of n rows to m others."""
    squares = np.square(rows).sum(1)[:, None] + np.square(columns).sum(1)[None, :]
    return np.asarray(squares - 2 * (rows @ columns.T), np.float32)


def _best(halves: NDArray[np.float16], ids: I64, unit: F32) -> int:
    """The likest Item if it is like enough; cosines one by one, so that no neighbour moves their last bit."""
    best, likest = 0, ALIKE
    for item, half in sorted(zip(ids.tolist(), halves, strict=True), key=lambda pair: pair[0]):
        row = half.astype(np.float64)
        cosine = float(np.dot(row, unit.astype(np.float64)) / max(float(np.linalg.norm(row)), 1e-9))
        if cosine >= likest and (not best or cosine > likest):
            best, likest = item, cosine
    return best
