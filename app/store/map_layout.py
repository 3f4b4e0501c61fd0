"""The map of the library in scores.db: where each Item lies, and what its regions are called.

`MapLayout` is the studio's map thread's, the one writer of these tables, by a connection of its own beside those of
`scores.py` and `offer_scores.py`. `MapReading` is the window's: it reads them attached to library.db, with what the
dots look like.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from app.errors import ModelError
from app.store import derived
from app.store.database import Database, connect, make_scores, translated
from models.types import F32, I64

_IDS, _PLACES = np.dtype("<i8"), np.dtype("<f4")


@dataclass(frozen=True, slots=True, eq=False)
class LaidOut:
    """`ids` int64 `(n,)` ascending; `places` float32 `(n, 2)` in 0..1; made of `spaces`.

    `laid` is how many Items there were when it was last arranged as a whole.
    """

    ids: I64
    places: F32
    spaces: tuple[str, ...]
    laid: int

    def places_of(self, wanted: I64) -> F32:
        """The places of some Items, float32 `(m, 2)`, NaN where they have none."""
        found = np.full((len(wanted), 2), np.nan, np.float32)
        if len(self.ids):
            at = np.minimum(np.searchsorted(self.ids, wanted), len(self.ids) - 1)
            known = self.ids[at] == wanted
            found[known] = self.places[at[known]]
        return found


NOTHING = LaidOut(np.zeros(0, np.int64), np.zeros((0, 2), np.float32), (), 0)


@dataclass(frozen=True, slots=True)
class Region:
    """A part of the map, the middle of which is (x, y): `items` Items there share `name`. `level` 0 is the largest."""

    level: int
    x: float
    y: float
    name: str
    items: int


@dataclass(frozen=True, slots=True, eq=False)
class Dots:
    """The present Items of the map: `ids` int64 ascending, `places` float32 `(n, 2)`, `films` bool.

    `liked` int8 is 1, -1 or 0, `scores` float32 in 0..1, NaN where there is none.
    """

    ids: I64
    places: F32
    films: npt.NDArray[np.bool_]
    liked: npt.NDArray[np.int8]
    scores: F32

    def __len__(self) -> int:
        return len(self.ids)


class MapLayout:
    """Writes and reads the map in scores.db. For one thread."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with translated(path):
            make_scores(path)
            self._connection = connect(path, synchronous="NORMAL")
            self._connection.executescript(derived.MAP.format(schema="main"))  # a file of an older version lacks it

    def read(self) -> LaidOut:
        """The map that stands; empty before the first."""
        with translated(self._path):
            row = self._connection.execute("SELECT ids, places, spaces, laid FROM map_layout").fetchone()
        if row is None or len(row[0]) != len(row[1]):
            return NOTHING
        return LaidOut(*_arrays(row[0], row[1]), tuple(row[2].splitlines()), row[3])

    def write(self, laid: LaidOut) -> None:
        """Replace the places. Raises ModelError on NaN or shapes that do not fit."""
        if laid.places.shape != (len(laid.ids), 2) or not np.isfinite(laid.places).all():
            raise ModelError("The map has places that are none", "The former one stays.")
        row = (
            np.ascontiguousarray(laid.ids, _IDS).tobytes(),
            np.ascontiguousarray(laid.places, _PLACES).tobytes(),
            "\n".join(laid.spaces),
            laid.laid,
            time.time(),
        )
        with translated(self._path):
            self._connection.execute("INSERT OR REPLACE INTO map_layout VALUES (1, ?, ?, ?, ?, ?)", row)

    def write_regions(self, regions: Sequence[Region]) -> None:
        """Replace the regions."""
        rows = [(region.level, region.x, region.y, region.name, region.items) for region in regions]
        with translated(self._path):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                self._connection.execute("DELETE FROM map_regions")
                self._connection.executemany(
                    "INSERT INTO map_regions (level, x, y, name, items) VALUES (?, ?, ?, ?, ?)", rows
                )
                self._connection.execute("COMMIT")
            except BaseException:
                with contextlib.suppress(Exception):
                    self._connection.execute("ROLLBACK")
                raise

    def close(self) -> None:
        self._connection.close()


class MapReading:
    """Reads the map for the window; `database` has scores.db attached."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def dots(self) -> Dots:
        """The dots of all present Items that have a place: two texts and two blobs instead of 100,000 rows."""
        row = None
        if self._has_tables():
            row = self._database.one("SELECT ids, places FROM scores.map_layout")
        if row is None or len(row[0]) != len(row[1]):
            nothing = np.zeros(0, np.int8)
            return Dots(NOTHING.ids, NOTHING.places, nothing.astype(bool), nothing, nothing.astype(np.float32))
        ids, places = _arrays(*row)
        here = self._numbers(
            "SELECT id AS a, (kind = 'video') * 3 + liked + 1 AS b FROM items "
            "WHERE id NOT IN (SELECT item_id FROM absent)"
        )
        scored = self._numbers("SELECT item_id AS a, CAST(score * 10000 AS INTEGER) AS b FROM scores.scores")
        looks = _looked_up(here, ids, -1)
        shown = looks >= 0
        scores = _looked_up(scored, ids, -1)[shown]
        return Dots(
            ids[shown],
            places[shown],
            looks[shown] >= 3,
            np.asarray(looks[shown] % 3 - 1, np.int8),
            np.where(scores < 0, np.nan, scores / 10_000).astype(np.float32),
        )

    def regions(self) -> list[Region]:
        """What the parts of the map are called, the largest first."""
        if not self._has_tables():
            return []
        rows = self._database.all(
            "SELECT level, x, y, name, items FROM scores.map_regions ORDER BY level, items DESC, number"
        )
        return [Region(*row) for row in rows]

    def encoded(self) -> int:
        """How many present Items could be on the map."""
        row = self._database.one(
            "SELECT count(DISTINCT item_id) FROM marks WHERE item_id NOT IN (SELECT item_id FROM absent)"
        )
        return int(row[0]) if row else 0

    def _has_tables(self) -> bool:
        """Whether this version's studio has opened scores.db yet."""
        if self._database.one("SELECT 1 FROM pragma_database_list WHERE name = 'scores'") is None:
            return False
        return self._database.one("SELECT 1 FROM scores.sqlite_schema WHERE name = 'map_regions'") is not None

    def _numbers(self, sql: str) -> I64:
        """The pairs `a`, `b` of whole numbers that `sql` selects, int64 `(n, 2)`, by ascending `a`."""
        found = self._database.one(f"SELECT group_concat(a || ',' || b) FROM ({sql})")
        if not found or not found[0]:
            return np.zeros((0, 2), np.int64)
        pairs = np.fromstring(found[0], np.int64, sep=",").reshape(-1, 2)
        return np.asarray(pairs[np.argsort(pairs[:, 0], kind="stable")], np.int64)


def _arrays(ids: bytes, places: bytes) -> tuple[I64, F32]:
    return (
        np.frombuffer(ids, _IDS).astype(np.int64),
        np.frombuffer(places, _PLACES).astype(np.float32).reshape(-1, 2),
    )


def _looked_up(pairs: I64, wanted: I64, missing: int) -> I64:
    """The second number of the pair whose first is wanted, `missing` where there is none."""
    if not len(pairs):
        return np.full(len(wanted), missing, np.int64)
    at = np.minimum(np.searchsorted(pairs[:, 0], wanted), len(pairs) - 1)
    return np.where(pairs[at, 0] == wanted, pairs[at, 1], missing)
