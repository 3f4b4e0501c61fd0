"""Which offers the user already has, by sound or pictures: an Item of the same length whose vector is nearly the same.

Called by the studio's offers thread. Only Items whose length is within a second and a half are compared, as in the
search for duplicates: a window over the sorted lengths instead of all pairs.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from app.store.facts import Facts
from app.store.vectors import Vectors
from app.studio.similar import SAME_LENGTH
from models.types import F32, I64, Bool

ALIKE = 0.99
"""Cosine from which an offer counts as ours; two encodings of one recording reach it, two recordings do not."""
_DOUBT = 0.005
"""What half precision and int8 may take from a cosine: pairs this near are looked at again, exactly."""
_BLOCK = 64
_SPAN = 2.0
"""Offers compared at once differ in length by at most so many seconds."""


class OwnVectors:
    """The own Items' vectors of some spaces, by length. Made for one pass over the offers, then let go."""

    def __init__(self, vectors: Vectors, spaces: Iterable[str], facts: Facts) -> None:
        items, lengths = facts.lengths()
        known, seconds = np.array(items, np.int64), np.array(lengths, np.float64)
        self._spaces: dict[str, tuple[I64, NDArray[np.float16], NDArray[np.float64]]] = {}
        for space in spaces:
            ids, halves = vectors.halves(space)
            here = np.isin(ids, known)
            long = seconds[np.searchsorted(known, ids[here])]
            order = np.argsort(long, kind="stable")
            self._spaces[space] = ids[here][order], halves[here][order], long[order]

    def find(self, space: str, units: F32, present: Bool, lengths: NDArray[np.float64]) -> I64:
        """The Item that each of `n` offers is, int64 `(n,)`, 0 for none.

        `units (n, d)` of unit length where `present (n,)`; `lengths (n,)` in seconds, as their publishers say.
        """
        found = np.zeros(len(units), np.int64)
        ids, halves, own = self._spaces[space]
        asked = np.flatnonzero(present & (lengths > 0))
        if not len(ids) or not len(asked):
            return found
        asked = asked[np.argsort(lengths[asked], kind="stable")]
        sorted_lengths = lengths[asked]
        start = 0
        while start < len(asked):
            first = sorted_lengths[start]
            stop = min(start + _BLOCK, int(np.searchsorted(sorted_lengths, first + _SPAN, side="right")))
            block = asked[start:stop]
            low = int(np.searchsorted(own, first - SAME_LENGTH))
            high = int(np.searchsorted(own, sorted_lengths[stop - 1] + SAME_LENGTH, side="right"))
            if low < high:
                rows = _unit(halves[low:high].astype(np.float32))
                near = rows @ units[block].T
                for at in np.flatnonzero((near >= ALIKE - _DOUBT).any(axis=0)):
                    close = np.flatnonzero(near[:, at] >= ALIKE - _DOUBT)
                    close = close[np.abs(own[low + close] - lengths[block[at]]) <= SAME_LENGTH]
                    found[block[at]] = _best(rows[close], ids[low + close], units[block[at]])
            start = stop
        return found


def _unit(rows: F32) -> F32:
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(np.divide(rows, norms, out=np.zeros_like(rows), where=norms > 0), np.float32)


def _best(rows: F32, ids: I64, unit: F32) -> int:
    """The likest Item if it is like enough; cosines one by one, so that no neighbour moves their last bit."""
    cosines = [float(np.dot(row.astype(np.float64), unit.astype(np.float64))) for row in rows]
    best = max(range(len(cosines)), key=lambda at: (cosines[at], -ids[at]), default=-1)
    return int(ids[best]) if best >= 0 and cosines[best] >= ALIKE else 0
