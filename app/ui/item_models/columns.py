"""The columns of every list of items: their names, how a value is written, and how the chosen ones are kept.

The items model draws from it; the list view remembers widths, order and what is shown through `Layout`.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication, QLocale

from app.store.item_lists import SortKey
from app.store.item_values import ItemRow


class Column(StrEnum):
    """What a list can show. The value is the name it is remembered by."""

    POSITION = "position"
    TITLE = "title"
    ARTIST = "artist"
    ALBUM = "album"
    GENRE = "genre"
    YEAR = "year"
    TIME = "time"
    STARS = "stars"
    SCORE = "score"
    PLAYS = "plays"
    PLAYED = "played"
    ADDED = "added"
    SIZE = "size"
    CODEC = "codec"
    PATH = "path"
    LIKENESS = "likeness"
    """How alike a pick is to the item it was asked for; only where a list shows picks."""
    REASON = "reason"
    FOUND_BY = "found_by"
    """Why a search found it; only where a list shows what was found."""
    KIND = "kind"


@dataclass(frozen=True, slots=True)
class ColumnSpec:
    """How one column behaves: its header, the order it asks of the store, its first width and alignment."""

    column: Column
    header: object
    """Marked for translation; PySide types such marks as objects."""
    sort: SortKey | None
    width: int
    right: bool = False


_SPECS = (
    ColumnSpec(Column.POSITION, QT_TRANSLATE_NOOP("Columns", "#"), None, 40, right=True),
    ColumnSpec(Column.TITLE, QT_TRANSLATE_NOOP("Columns", "Title"), SortKey.TITLE, 260),
    ColumnSpec(Column.ARTIST, QT_TRANSLATE_NOOP("Columns", "Artist"), SortKey.ARTIST, 170),
    ColumnSpec(Column.ALBUM, QT_TRANSLATE_NOOP("Columns", "Album"), SortKey.ALBUM, 170),
    ColumnSpec(Column.GENRE, QT_TRANSLATE_NOOP("Columns", "Genre"), SortKey.GENRE, 110),
    ColumnSpec(Column.YEAR, QT_TRANSLATE_NOOP("Columns", "Year"), SortKey.YEAR, 52, right=True),
    ColumnSpec(Column.TIME, QT_TRANSLATE_NOOP("Columns", "Time"), SortKey.DURATION, 68, right=True),
    ColumnSpec(Column.STARS, QT_TRANSLATE_NOOP("Columns", "Rating"), SortKey.STARS, 100),
    ColumnSpec(Column.SCORE, QT_TRANSLATE_NOOP("Columns", "Predicted"), SortKey.SCORE, 84),
    ColumnSpec(Column.PLAYS, QT_TRANSLATE_NOOP("Columns", "Plays"), SortKey.PLAYS, 52, right=True),
    ColumnSpec(Column.PLAYED, QT_TRANSLATE_NOOP("Columns", "Last played"), SortKey.PLAYED, 96),
    ColumnSpec(Column.ADDED, QT_TRANSLATE_NOOP("Columns", "Added"), SortKey.ADDED, 96),
    ColumnSpec(Column.SIZE, QT_TRANSLATE_NOOP("Columns", "Picture"), None, 86),
    ColumnSpec(Column.CODEC, QT_TRANSLATE_NOOP("Columns", "Format"), None, 76),
    ColumnSpec(Column.LIKENESS, QT_TRANSLATE_NOOP("Columns", "Alike"), None, 56, right=True),
    ColumnSpec(Column.REASON, QT_TRANSLATE_NOOP("Columns", "Why"), None, 220),
    ColumnSpec(Column.FOUND_BY, QT_TRANSLATE_NOOP("Columns", "Found by"), None, 200),
    ColumnSpec(Column.KIND, QT_TRANSLATE_NOOP("Columns", "Kind"), None, 64),
    ColumnSpec(Column.PATH, QT_TRANSLATE_NOOP("Columns", "File"), SortKey.PATH, 320),
)
SPECS = {spec.column: spec for spec in _SPECS}

TRACK_COLUMNS = (
    Column.TITLE,
    Column.ARTIST,
    Column.ALBUM,
    Column.GENRE,
    Column.YEAR,
    Column.TIME,
    Column.STARS,
    Column.SCORE,
    Column.PLAYS,
    Column.PLAYED,
    Column.ADDED,
    Column.CODEC,
    Column.PATH,
)
VIDEO_COLUMNS = (
    Column.TITLE,
    Column.ARTIST,
    Column.GENRE,
    Column.YEAR,
    Column.TIME,
    Column.SIZE,
    Column.STARS,
    Column.SCORE,
    Column.PLAYS,
    Column.PLAYED,
    Column.ADDED,
    Column.CODEC,
    Column.PATH,
)
PLAYLIST_COLUMNS = (
    Column.POSITION,
    Column.TITLE,
    Column.ARTIST,
    Column.ALBUM,
    Column.TIME,
    Column.STARS,
    Column.SCORE,
    Column.PATH,
)
SIMILAR_COLUMNS = (
    Column.LIKENESS,
    Column.TITLE,
    Column.ARTIST,
    Column.ALBUM,
    Column.REASON,
    Column.TIME,
    Column.STARS,
    Column.SCORE,
    Column.PATH,
)
FOUND_COLUMNS = (
    Column.TITLE,
    Column.ARTIST,
    Column.FOUND_BY,
    Column.KIND,
    Column.TIME,
    Column.STARS,
    Column.ALBUM,
    Column.GENRE,
    Column.YEAR,
    Column.SCORE,
    Column.PATH,
)
FIRST_HIDDEN = frozenset({Column.PLAYED, Column.ADDED, Column.SIZE, Column.CODEC, Column.PATH})
"""Left out until the user wants them."""


def header(column: Column) -> str:
    """The column's name in the user's language."""
    return QCoreApplication.translate("Columns", str(SPECS[column].header))


def duration(seconds: float) -> str:
    """Seconds as m:ss or h:mm:ss; a dash where unknown."""
    if seconds <= 0:
        return "–"
    whole = round(seconds)
    hours, rest = divmod(whole, 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}" if hours else f"{rest // 60}:{rest % 60:02}"


def day(at: float | None, now: float | None = None) -> str:
    """Unix seconds as a day: in words for the last two, else a short date; empty for none."""
    if not at:
        return ""
    then, today = time.localtime(at), time.localtime(now if now is not None else time.time())
    apart = _day_number(today) - _day_number(then)
    if apart == 0:
        return QCoreApplication.translate("Columns", "today")
    if apart == 1:
        return QCoreApplication.translate("Columns", "yesterday")
    return f"{then.tm_year:04}-{then.tm_mon:02}-{then.tm_mday:02}"


def _day_number(moment: time.struct_time) -> int:
    return int(time.mktime((moment.tm_year, moment.tm_mon, moment.tm_mday, 12, 0, 0, 0, 0, -1)) // 86400)


def _count(number: int) -> str:
    return QLocale().toString(number) if number else ""


def picture(row: ItemRow) -> str:
    """Width and height of a video's picture; empty for none."""
    return f"{row.width}×{row.height}" if row.width and row.height else ""


def _kind(row: ItemRow) -> str:
    translate = QCoreApplication.translate
    return translate("Columns", "Video") if row.kind == "video" else translate("Columns", "Music")


def _stars(row: ItemRow) -> str:
    return "" if row.stars is None else f"{row.stars:g}"


def _score(row: ItemRow) -> str:
    return "" if row.score is None else f"{row.score * 100:.0f}"


_TEXTS: dict[Column, Callable[[ItemRow], str]] = {
    Column.TITLE: lambda row: row.title,
    Column.ARTIST: lambda row: row.artist,
    Column.ALBUM: lambda row: row.album,
    Column.GENRE: lambda row: row.genre,
    Column.YEAR: lambda row: str(row.year) if row.year else "",
    Column.TIME: lambda row: duration(row.duration),
    Column.STARS: _stars,
    Column.SCORE: _score,
    Column.PLAYS: lambda row: _count(row.play_count),
    Column.PLAYED: lambda row: day(row.last_played),
    Column.ADDED: lambda row: day(row.added_at),
    Column.SIZE: picture,
    Column.CODEC: lambda row: row.codec,
    Column.KIND: _kind,
    Column.PATH: lambda row: str(row.path or ""),
}


def text(column: Column, row: ItemRow, position: int) -> str:
    """What the cell of `row` in `column` reads; `position` counts from 0."""
    if column is Column.POSITION:
        return str(position + 1)
    read = _TEXTS.get(column)
    return read(row) if read is not None else ""


@dataclass(frozen=True, slots=True)
class Placed:
    """One column of a layout: its width in pixels and whether it shows."""

    column: Column
    width: int
    shown: bool


@dataclass(frozen=True, slots=True)
class Layout:
    """How one list looks: its columns from left to right, and what it is sorted by (None: its own order)."""

    placed: tuple[Placed, ...]
    sort: Column | None = None
    descending: bool = False

    @classmethod
    def first(cls, columns: Sequence[Column], sort: Column | None = None, *, descending: bool = False) -> Layout:
        """The layout of a list nobody has changed yet."""
        placed = tuple(Placed(c, SPECS[c].width, c not in FIRST_HIDDEN) for c in columns)
        return cls(placed, sort, descending)

    def merged(self, columns: Sequence[Column]) -> Layout:
        """The same for today's `columns`: those that are gone are left out, new ones stand at the end."""
        kept = tuple(placed for placed in self.placed if placed.column in columns)
        have = {placed.column for placed in kept}
        fresh = tuple(Placed(c, SPECS[c].width, False) for c in columns if c not in have)
        sort = self.sort if self.sort in columns else None
        return replace(self, placed=kept + fresh, sort=sort)


def read_layouts(kept: str) -> dict[str, Layout]:
    """The layouts by list name, as `write_layouts` wrote them; anything unreadable is left out."""
    try:
        document = json.loads(kept) if kept else {}
    except ValueError:
        return {}
    layouts = {}
    for name, body in document.items() if isinstance(document, dict) else ():
        try:
            layouts[str(name)] = _read_layout(body)
        except (KeyError, TypeError, ValueError):
            continue
    return layouts


def _read_layout(body: Any) -> Layout:
    placed = tuple(
        Placed(Column(name), min(max(int(width), 24), 4000), bool(shown)) for name, width, shown in body["columns"]
    )
    sort = Column(body["sort"]) if body.get("sort") else None
    return Layout(placed, sort, bool(body.get("descending", False)))


def write_layouts(layouts: dict[str, Layout]) -> str:
    """The layouts as one line of text for the settings."""
    return json.dumps(
        {
            name: {
                "columns": [[p.column.value, p.width, p.shown] for p in layout.placed],
                "sort": layout.sort.value if layout.sort else "",
                "descending": layout.descending,
            }
            for name, layout in layouts.items()
        },
        separators=(",", ":"),
    )
