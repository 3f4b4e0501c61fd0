"""The vectors of films' moments, in tables `moments.<space>` beside the Items' own. Studio only, like `vectors.py`.

A table is one of `Vectors`, whose ids are packed here and nowhere else: Item and time in tenths of a second, so that
a moment needs no row in SQLite to be found. An Item whose moments of a space are written has a mark by the table's
name (`mark_of`): what a kill left half done is found by it and made again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.errors import Corrupt, ModelError
from app.store.vectors import MOMENTS, Healed, Vectors
from models.types import F32, I64, ItemId

F16 = NDArray[np.float16]
F64 = NDArray[np.float64]

_BITS = 24
_TENTHS = (1 << _BITS) - 1


@dataclass(frozen=True, slots=True, eq=False)
class MomentRows:
    """One film's moments: `ats` float64 (m,) seconds, rising, told apart in tenths; `rows` float32 (m, d)."""

    item: ItemId
    ats: F64
    rows: F32


def mark_of(space: str) -> str:
    """What the table of a space's moments is called, and the mark of an Item whose moments are in it."""
    return MOMENTS + space


class MomentVectors:
    """The moments of all spaces. Every method may be called from any thread."""

    def __init__(self, vectors: Vectors) -> None:
        self._vectors = vectors

    def add(self, space: str, item: ItemId, ats: F64, rows: F32) -> None:
        """Write an Item's (m,) times and (m, d) vectors in place of those it had. On disk when it returns.

        Rows of zeros are left out. Raises ModelError where they do not fit, DiskFull.
        """
        self.add_many(space, [MomentRows(item, ats, rows)])

    def add_many(self, space: str, films: Sequence[MomentRows]) -> None:
        """The same for several Items at once, which is much quicker than one by one."""
        table = mark_of(space)
        kept = [(_pack(film.item, film.ats), film) for film in films]
        if any(len(ids) != len(film.rows) or film.rows.ndim != 2 for ids, film in kept):
            raise ModelError("Vectors do not fit their moments", space)
        before = np.concatenate([self._ids_of(table, film.item) for film in films]) if films else _NONE
        filled = [(ids, film.rows) for ids, film in kept if len(ids)]
        new = np.concatenate([ids for ids, _ in filled]) if filled else _NONE
        if filled:
            self._vectors.add(table, new, np.concatenate([rows for _, rows in filled]).astype(np.float32))
        self._vectors.delete(table, np.setdiff1d(before, new))

    def delete(self, space: str, items: Iterable[ItemId]) -> None:
        """Delete the moments of some Items."""
        table = mark_of(space)
        gone = [self._ids_of(table, item) for item in items]
        if gone:
            self._vectors.delete(table, np.concatenate(gone))

    def drop(self, space: str) -> None:
        """Delete all moments of a space."""
        self._vectors.drop(mark_of(space))

    # -------------------------------------------------------------------------------------------- reading

    def spaces(self) -> list[str]:
        """The spaces that have moments, by name."""
        return [table.removeprefix(MOMENTS) for table in self._vectors.tables() if table.startswith(MOMENTS)]

    def items(self, space: str) -> I64:
        """The Items that have moments in a space, (n,) in rising order."""
        return np.unique(self._vectors.ids(mark_of(space)) >> _BITS)

    def count(self, space: str) -> int:
        """How many moments a space has."""
        return self._vectors.count(mark_of(space))

    def of(self, space: str, item: ItemId) -> tuple[F64, F32]:
        """An Item's moments: (m,) seconds, rising, and (m, d) vectors; both empty where it has none."""
        first = int(item) << _BITS
        ids, rows = self._vectors.between(mark_of(space), first, first | _TENTHS)
        return _times(ids), rows

    def search(self, space: str, vector: F32, k: int) -> tuple[I64, F64, F32]:
        """The k moments nearest to a (d,) vector by cosine: their Items, times in seconds, likeness; nearest first."""
        ids, likeness = self._vectors.search(mark_of(space), vector, k)
        return ids >> _BITS, _times(ids), likeness

    def matrix(self, space: str) -> tuple[I64, F64, F32]:
        """All moments of a space: (n,) Items, (n,) seconds and (n, d) vectors, by Item and time."""
        ids, rows = self._vectors.matrix(mark_of(space))
        return ids >> _BITS, _times(ids), rows

    def halves(self, space: str) -> tuple[I64, F64, F16]:
        """The same as `matrix` in half the memory: float16, as it is stored."""
        ids, rows = self._vectors.halves(mark_of(space))
        return ids >> _BITS, _times(ids), rows

    def revision(self, space: str) -> int:
        """A number that is another after every change of a space's moments."""
        return self._vectors.revision(mark_of(space))

    # --------------------------------------------------------------------------------------------- health

    def heal(self, marked: Mapping[str, Set[ItemId]]) -> Healed:
        """Compare with the Items that bear the mark of each space, and make the moments agree, as `Vectors.heal` does.

        Keys are spaces, not tables; the marks to take back come as (Item, `mark_of(space)`).
        """
        missing: list[tuple[ItemId, str]] = []
        orphans: list[tuple[ItemId, str]] = []
        aside: list[str] = []
        for space, wanted in marked.items():
            try:
                present = {ItemId(item) for item in self.items(space).tolist()}
            except Corrupt:
                aside.append(self._vectors.put_away(mark_of(space)))
                present = set()
            surplus = sorted(present - wanted)
            self.delete(space, surplus)
            missing += [(item, mark_of(space)) for item in sorted(wanted - present)]
            orphans += [(item, mark_of(space)) for item in surplus]
        return Healed(tuple(missing), tuple(orphans), tuple(aside))

    def _ids_of(self, table: str, item: ItemId) -> I64:
        ids = self._vectors.ids(table)
        first = int(item) << _BITS
        return ids[np.searchsorted(ids, first) : np.searchsorted(ids, first | _TENTHS, side="right")]


_NONE: I64 = np.zeros(0, np.int64)


def _pack(item: ItemId, ats: F64) -> I64:
    tenths = np.rint(np.asarray(ats, np.float64) * 10).astype(np.int64)
    if tenths.ndim != 1 or np.any(tenths < 0) or np.any(tenths > _TENTHS) or np.any(np.diff(tenths) <= 0):
        raise ModelError("The times of moments do not rise", f"Item {item}")
    return (np.int64(item) << _BITS) | tenths


def _times(ids: I64) -> F64:
    return np.asarray((ids & _TENTHS) / 10.0, np.float64)
