"""Lists of Items for the window: filtered and sorted in SQL, ids first, then rows page by page.

The window reads here on its own thread; each call is one statement over covering indexes.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain

from app.store.database import Database
from app.store.item_values import ROW_COLUMNS, ItemRow, item_row
from app.store.search import condition, parse
from app.store.text import fold
from models.ids import ItemId


class SortKey(StrEnum):
    """By what a list is sorted. Ties are broken by what a listener expects (album, disc, track), then by id."""

    TITLE = "title"
    ARTIST = "artist"
    ALBUM = "album"
    GENRE = "genre"
    YEAR = "year"
    DURATION = "duration"
    ADDED = "added"
    PLAYED = "played"
    PLAYS = "plays"
    STARS = "stars"
    SCORE = "score"
    PATH = "path"
    POSITION = "position"
    """The order of the playlist; only where the query names one."""


@dataclass(frozen=True, slots=True)
class ListQuery:
    """What a list shows. `kind`: "", "track" or "video"; `liked`: 1 or -1; `album`: (album, whose): exactly
    this one, as an AlbumRow names it."""

    kind: str = ""
    search: str = ""
    sort: SortKey = SortKey.ARTIST
    descending: bool = False
    album: tuple[str, str] | None = None
    artist: str | None = None
    genre: str | None = None
    playlist: int | None = None
    liked: int | None = None
    folder: int | None = None
    absent: bool = False
    """Absent Items too (on folders that are not connected, or gone)."""


@dataclass(frozen=True, slots=True)
class AlbumRow:
    """One album: how many Items, the latest year, a cover (hash, "" none) and the Item it starts with."""

    album: str
    album_artist: str
    year: int | None
    count: int
    cover: str
    first_item: ItemId


@dataclass(frozen=True, slots=True)
class Ranking:
    """From how many labels the scores came, and the held-out share of right pairs with its range (-1 unknown)."""

    labels: int
    accuracy: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class NameRow:
    """An artist or a genre, and how many Items it has."""

    name: str
    count: int


_WHOSE = "CASE i.album_artist WHEN '' THEN i.artist ELSE i.album_artist END"
# Of each key the columns in order, those of its index in 001.sql; all turn round when descending.
_SORTS = {
    SortKey.TITLE: ("title_key", "id"),
    SortKey.ARTIST: ("artist_key", "album_key", "disc_number", "track_number", "id"),
    SortKey.ALBUM: ("album_key", "album_artist_key", "disc_number", "track_number", "id"),
    SortKey.GENRE: ("genre_key", "artist_key", "id"),
    SortKey.YEAR: ("year", "album_key", "disc_number", "track_number", "id"),
    SortKey.DURATION: ("duration", "id"),
    SortKey.ADDED: ("added_at", "id"),
    SortKey.PLAYED: ("last_played", "id"),
    SortKey.PLAYS: ("play_count", "id"),
    SortKey.STARS: ("stars", "id"),
    SortKey.PATH: ("path", "id"),
}
_FEW = 5000
_MAY_LACK = frozenset({SortKey.YEAR, SortKey.PLAYED, SortKey.STARS})


class ItemLists:
    """Reading for lists. With scores.db attached to `database`, rows have scores and lists can be sorted by them."""

    def __init__(self, database: Database) -> None:
        self._db = database
        attached = {row[1] for row in database.all("PRAGMA database_list")}
        self._scores = "scores" in attached

    def ids(self, query: ListQuery) -> array[int]:
        """The ids of a list, `array('q')`, in order; absent Items only where asked for.

        Items without a year, a play, stars or a score come last, whichever way it is sorted.
        """
        where, values = _where(query)
        turn = " DESC" if query.descending else ""
        if query.playlist is not None and query.sort is SortKey.POSITION:
            return self._read(
                f"SELECT i.id FROM playlist_rows p JOIN items i ON i.id = p.item_id "
                f"WHERE {where} AND p.playlist_id = ? ORDER BY p.position{turn}",
                (*values, query.playlist),
            )
        if query.sort is SortKey.SCORE and self._scores:
            return self._by_score(where, values, turn)
        key = query.sort if query.sort in _SORTS else SortKey.ARTIST
        first, *rest = (f"i.{column}{turn}" for column in _SORTS[key])
        order = ", ".join([first + (" NULLS LAST" if key in _MAY_LACK else ""), *rest])
        return self._read(f"SELECT i.id FROM items i WHERE {where} ORDER BY {order}", values)

    def _by_score(self, where: str, values: tuple[object, ...], turn: str) -> array[int]:
        """Few are sorted in SQL; many are picked from the ranking in its order (less than half the time at 100,000)."""
        here = self._read(f"SELECT i.id FROM items i WHERE {where}", values)
        if len(here) <= _FEW:
            return self._read(
                f"SELECT i.id FROM items i LEFT JOIN scores.scores s ON s.item_id = i.id "
                f"WHERE {where} ORDER BY s.score{turn} NULLS LAST, i.id{turn}",
                values,
            )
        ranked = self._read(f"SELECT item_id AS id FROM scores.scores ORDER BY score{turn}, item_id{turn}", ())
        wanted = bytearray(1 + max(chain(here, ranked)))  # a byte for each id: a set is slower
        for item in here:
            wanted[item] = 1
        listed = array("q", [item for item in ranked if wanted[item]])
        for item in listed:
            wanted[item] = 0
        listed.extend(sorted((item for item in here if wanted[item]), reverse=bool(turn)))
        return listed

    def _read(self, sql: str, values: Sequence[object]) -> array[int]:
        """A column of ids, joined to one text in SQLite: a third faster than 100,000 rows. LIMIT keeps the order."""
        found = self._db.one(f"SELECT group_concat(id) FROM ({sql} LIMIT -1)", values)
        return array("q", map(int, found[0].split(","))) if found and found[0] else array("q")

    def rows(self, ids: Sequence[int]) -> list[ItemRow]:
        """The lines of some Items, in the given order; unknown ids are left out. One statement (a page is 256)."""
        score, deviation, join = "NULL", "NULL", ""
        if self._scores:
            score, deviation = "s.score", "s.deviation"
            join = "LEFT JOIN scores.scores s ON s.item_id = i.id"
        found: dict[int, ItemRow] = {}
        for start in range(0, len(ids), 10_000):
            part = ids[start : start + 10_000]
            marks = ",".join("?" * len(part))
            for row in self._db.all(
                f"SELECT {ROW_COLUMNS.format(score=score, deviation=deviation)} FROM items i {join} "
                f"WHERE i.id IN ({marks})",
                part,
            ):
                found[row[0]] = item_row(row)
        return [found[item] for item in ids if item in found]

    def ranking(self) -> Ranking | None:
        """From what the scores came; None without scores, or before the first ranking."""
        if not self._scores:
            return None
        row = self._db.one("SELECT labels, accuracy, low, high FROM scores.fitting")
        return Ranking(*row) if row else None

    def albums(self, search: str = "", kind: str = "") -> list[AlbumRow]:
        """The albums that have an Item that fits, by name; Items without an album are in none."""
        where, values = _where(ListQuery(kind=kind, search=search))
        # SQLite takes bare columns from the row that has the (only) minimum: here the first track's.
        rows = self._db.all(
            f"SELECT i.album, {_WHOSE}, max(i.year), count(*), max(i.cover), i.id, "
            "min(coalesce(i.disc_number, 0) * 100000 + coalesce(i.track_number, 0)) "
            f"FROM items i WHERE {where} AND i.album_key <> '' "
            "GROUP BY i.album_key, i.album_artist_key ORDER BY i.album_key, i.album_artist_key",
            values,
        )
        return [AlbumRow(*row[:6]) for row in rows]

    def artists(self, search: str = "", kind: str = "") -> list[NameRow]:
        """The artists that have an Item that fits, by name."""
        return self._names("artist", search, kind)

    def genres(self, search: str = "", kind: str = "") -> list[NameRow]:
        """The genres that have an Item that fits, by name; "a; b" counts for both."""
        counted: dict[str, int] = {}
        shown: dict[str, str] = {}
        for row in self._names("genre", search, kind):
            for name in row.name.split(";"):
                key = fold(name)
                if key:
                    counted[key] = counted.get(key, 0) + row.count
                    shown.setdefault(key, name.strip())
        return [NameRow(shown[key], counted[key]) for key in sorted(counted)]

    def _names(self, column: str, search: str, kind: str) -> list[NameRow]:
        where, values = _where(ListQuery(kind=kind, search=search))
        rows = self._db.all(
            f"SELECT max(i.{column}), count(*) FROM items i WHERE {where} AND i.{column}_key <> '' "
            f"GROUP BY i.{column}_key ORDER BY i.{column}_key",
            values,
        )
        return [NameRow(*row) for row in rows]


def _where(query: ListQuery) -> tuple[str, tuple[object, ...]]:
    """The condition of a list and its parameters."""
    parts: list[str] = ["1" if query.absent else "i.id NOT IN (SELECT item_id FROM absent)"]
    values: list[object] = []

    def demand(sql: str, *given: object) -> None:
        parts.append(sql)
        values.extend(given)

    if query.kind:
        demand("i.kind = ?", query.kind)
    if query.album is not None:
        demand(
            "i.album_key = ? AND i.album_artist_key = ?",
            fold(query.album[0]),
            fold(query.album[1]),
        )
    if query.artist is not None:
        demand(
            "i.id IN (SELECT id FROM items WHERE artist_key = ? UNION SELECT id FROM items WHERE album_artist_key = ?)",
            *[fold(query.artist)] * 2,
        )
    if query.genre is not None:
        demand("instr('; ' || i.genre_key || ';', '; ' || ? || ';') > 0", fold(query.genre))
    if query.liked is not None:
        demand("i.liked = ?" if query.liked == 0 else "i.liked = ? AND i.liked <> 0", query.liked)
    if query.folder is not None:
        demand("i.id IN (SELECT item_id FROM files WHERE folder_id = ? AND missing = 0)", query.folder)
    if query.playlist is not None and query.sort is not SortKey.POSITION:
        demand("i.id IN (SELECT item_id FROM playlist_rows WHERE playlist_id = ?)", query.playlist)
    node = parse(query.search) if query.search else None
    if node is not None:
        found = condition(node)
        demand(found.sql, *found.values)
    return " AND ".join(parts), tuple(values)
