"""The values that the store takes and gives for Items, their files and their folders.

Frozen, without behaviour; the importer fills `FoundItem`, the window reads `ItemRow`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from models.ids import ItemId


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder of the library. `added_at`: Unix seconds; not `online`: it cannot be reached, its Items are masked."""

    id: int
    path: str
    online: bool
    added_at: float


@dataclass(frozen=True, slots=True)
class KnownFile:
    """What was last seen of one file; `item_id` is None where nothing could be read from it."""

    id: int
    size: int
    mtime_ns: int
    item_id: ItemId | None
    missing: bool


@dataclass(frozen=True, slots=True)
class FoundItem:
    """One file as the scanner and the tag reader found it. `rating`: 0.5..5 stars from its tags, None = none."""

    folder_id: int
    path: str
    size: int
    mtime_ns: int
    identity: bytes
    kind: str
    title: str
    artist: str = ""
    album: str = ""
    album_artist: str = ""
    genre: str = ""
    year: int | None = None
    track_number: int | None = None
    disc_number: int | None = None
    duration: float = 0.0
    codec: str = ""
    bitrate: int | None = None
    sample_rate: int | None = None
    channels: int | None = None
    width: int | None = None
    height: int | None = None
    licence: str = ""
    track_gain: float | None = None
    track_peak: float | None = None
    album_gain: float | None = None
    album_peak: float | None = None
    cover: str = ""
    rating: float | None = None


@dataclass(frozen=True, slots=True)
class MovedFile:
    """A known file that lies elsewhere now, its content unread."""

    id: int
    folder_id: int
    path: str
    size: int
    mtime_ns: int


@dataclass(frozen=True, slots=True)
class SaveCounts:
    """What a batch did: Items `added`, Items whose tags `changed`, files that hold an Item known before (`moved`)."""

    added: int = 0
    changed: int = 0
    moved: int = 0


@dataclass(frozen=True, slots=True)
class ItemRow:
    """One line of a list. `score` and `deviation` are None while unscored; `path` is the last known while absent."""

    id: ItemId
    kind: str
    title: str
    artist: str
    album: str
    album_artist: str
    genre: str
    year: int | None
    track_number: int | None
    disc_number: int | None
    duration: float
    codec: str
    bitrate: int | None
    sample_rate: int | None
    channels: int | None
    width: int | None
    height: int | None
    cover: str
    added_at: float
    present: bool
    stars: float | None
    liked: int
    play_count: int
    skip_count: int
    last_played: float | None
    score: float | None
    deviation: float | None
    path: str


@dataclass(frozen=True, slots=True)
class ItemText:
    """The words of an Item, for the text encoder."""

    id: ItemId
    title: str
    artist: str
    album: str
    genre: str
    year: int | None


@dataclass(frozen=True, slots=True)
class Unmarked:
    """An Item that lacks a space's mark, and the file to decode for it."""

    id: ItemId
    path: str
    kind: str
    identity: bytes


@dataclass(frozen=True, slots=True)
class Gains:
    """ReplayGain of an Item: gains in dB, peaks linear; None where the tags have none."""

    track_gain: float | None
    track_peak: float | None
    album_gain: float | None
    album_peak: float | None


@dataclass(frozen=True, slots=True)
class Failure:
    """A file that could not be read: at which `stage` (tags, decode, encode, play) and why; `at` Unix seconds."""

    path: str
    size: int
    mtime_ns: int
    stage: str
    reason: str
    at: float


@dataclass(frozen=True, slots=True)
class Counts:
    """Sizes of the library: present tracks and videos, present Items with a mark, absent Items, failed files."""

    tracks: int
    videos: int
    encoded: int
    masked: int
    failures: int


@dataclass(frozen=True, slots=True)
class SameFiles:
    """One Item that lies in several present files: exact duplicates."""

    id: ItemId
    paths: tuple[str, ...]


ROW_COLUMNS = (
    "i.id, i.kind, i.title, i.artist, i.album, i.album_artist, i.genre, i.year, i.track_number, i.disc_number, "
    "i.duration, i.codec, i.bitrate, i.sample_rate, i.channels, i.width, i.height, i.cover, i.added_at, "
    "i.present, i.stars, i.liked, i.play_count, i.skip_count, i.last_played, {score}, {deviation}, i.path"
)
"""The columns of an ItemRow, in its order, of `items i` and, where attached, `scores.scores s`."""


def item_row(values: tuple[Any, ...]) -> ItemRow:
    """An ItemRow from a row of ROW_COLUMNS."""
    return ItemRow(*(*values[:19], bool(values[19]), *values[20:]))
