"""The vectors of whole spaces, held in memory while somebody searches: every search compares with all of them.

A space of 100,000 Items takes 100 MB as it is stored, in half precision, and 7 ms to compare with; all its cosines are
wanted, not only the best, since what is good is only seen beside the rest (`models/mixing.py`). Used by the search
thread alone.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from models.directions import centred_cosines, held_mean
from models.nearest import lengths, products
from models.types import F32, I64

SMALL = 20_000
"""Up to so many vectors a space is read anew after every change."""
PATIENCE = 20.0
"""While a larger one changes all the time (it is being encoded), it is read anew after so many times what it takes."""

F16 = NDArray[np.float16]
F64 = NDArray[np.float64]


class ItemSource(Protocol):
    """What is needed of `app.store.vectors.Vectors`."""

    def revision(self, space: str) -> int: ...

    def halves(self, space: str) -> tuple[I64, F16]: ...


class MomentSource(Protocol):
    """What is needed of `app.store.moment_vectors.MomentVectors`."""

    def revision(self, space: str) -> int: ...

    def halves(self, space: str) -> tuple[I64, F64, F16]: ...

    def items(self, space: str) -> I64: ...


@dataclass(frozen=True, eq=False)
class Crowd:
    """All vectors of a space: `items` int64 `(n,)`, rising (of moments: with repetitions), `ats` float64 `(n,)` in
    seconds for moments, and `rows` float16 `(n, d)`."""

    items: I64
    rows: F16
    ats: F64 | None = None

    def __len__(self) -> int:
        return len(self.items)

    def cosines(self, queries: F32) -> F32:
        """Of `q` queries `(q, d)` of unit length with all, float32 `(q, n)`."""
        return np.asarray(products(self.rows, queries) / self._lengths, np.float32)

    def centred_cosines(self, parts: F32) -> F32:
        """The same of `q` centred ones `(q, d)` with all, centred as well."""
        return centred_cosines(self.cosines(parts), parts @ self.mean, self._reach)

    @cached_property
    def mean(self) -> F32:
        """What all have in common, `(d,)`: the mean of unit vectors, less where there are few."""
        total = np.zeros(self.rows.shape[1], np.float64)
        for start in range(0, len(self), 4096):
            total += (self.rows[start : start + 4096].astype(np.float32) / self._part(start)).sum(0, dtype=np.float64)
        return held_mean((total / max(len(self), 1)).astype(np.float32), len(self))

    def places(self, items: I64) -> I64:
        """Where the vectors of some Items are (of Items of one vector each); those that have none are left out."""
        if not len(self):
            return np.zeros(0, np.int64)
        at = np.minimum(np.searchsorted(self.items, items), len(self) - 1)
        return np.asarray(at[self.items[at] == items], np.int64)

    def vectors(self, places: I64) -> F32:
        """Some of the vectors, float32 `(m, d)`, of unit length."""
        return np.asarray(self.rows[places].astype(np.float32) / self._lengths[places, None], np.float32)

    def _part(self, start: int) -> F32:
        return self._lengths[start : start + 4096, None]

    @cached_property
    def _lengths(self) -> F32:
        return np.maximum(lengths(self.rows), 1e-6)

    @cached_property
    def _reach(self) -> F32:
        """How far each lies from the mean, `(n,)`."""
        mean = self.mean
        along = self.cosines(mean[None])[0]
        return np.asarray(np.sqrt(np.maximum(1.0 - 2.0 * along + float(mean @ mean), 0.0)), np.float32)


@dataclass(slots=True)
class _Held:
    crowd: Crowd
    revision: int
    read_at: float
    took: float


class Crowds:
    """Reads spaces when they are first asked for, and again when they have changed. For one thread."""

    def __init__(self, items: ItemSource, moments: MomentSource, clock: Callable[[], float] = time.monotonic) -> None:
        self._items, self._moments, self._clock = items, moments, clock
        self._held: dict[tuple[str, bool], _Held] = {}

    def items(self, space: str) -> Crowd:
        """The Items of a space; empty where it has none."""
        return self._get((space, False), self._items.revision, lambda: Crowd(*self._items.halves(space)))

    def moments(self, space: str) -> Crowd:
        """The moments of films in a space; empty where it has none."""

        def read() -> Crowd:
            items, ats, rows = self._moments.halves(space)
            return Crowd(items, rows, ats)

        return self._get((space, True), self._moments.revision, read)

    def films(self, space: str) -> I64:
        """The films that have moments in a space, rising: asked without reading their vectors."""
        return self._moments.items(space)

    def keep(self, spaces: Collection[str]) -> None:
        """Give back the memory of all other spaces: their encoders were removed."""
        for key in [key for key in self._held if key[0] not in spaces]:
            del self._held[key]

    def let_go(self) -> None:
        """Give the memory back."""
        self._held.clear()

    def _get(self, key: tuple[str, bool], revision_of: Callable[[str], int], read: Callable[[], Crowd]) -> Crowd:
        held, began = self._held.get(key), self._clock()
        revision = revision_of(key[0])
        if held is not None:
            if held.revision == revision:
                return held.crowd
            if len(held.crowd) > SMALL and began - held.read_at < PATIENCE * held.took:
                return held.crowd  # what came since is found a moment later
        crowd = read()
        now = self._clock()
        self._held[key] = _Held(crowd, revision, now, now - began)
        return crowd
