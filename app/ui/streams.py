"""What plays while it is still arriving: a download under a number of its own, until the library has an Item for it.

A queue holds Items by their numbers, which are positive; a download stands in it as its own number made negative.
Whoever writes to the library about Items leaves those out. Once the download has become an Item, that is played.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from app.errors import MediaError
from app.player.playable import Playable
from app.store.downloads import Downloads
from app.store.item_lists import ListQuery
from app.store.item_values import ItemRow
from models.ids import ItemId


class Lists(Protocol):
    """What is asked of the library's lists."""

    def ids(self, query: ListQuery) -> array[int]: ...

    def rows(self, ids: Sequence[int]) -> Sequence[ItemRow]: ...


@dataclass(frozen=True, slots=True)
class Stream:
    """A download that plays from `url`, an address on this machine. Seconds; 0.0 where unknown."""

    download: int
    url: str
    title: str
    artist: str = ""
    album: str = ""
    duration: float = 0.0
    is_video: bool = False

    @property
    def item(self) -> ItemId:
        """What stands for it in a queue."""
        return ItemId(-self.download)


def in_library(ids: Iterable[int]) -> list[int]:
    """Those of `ids` that are Items of the library, and not something still arriving."""
    return [item for item in ids if item > 0]


class Streams:
    """Remembers the streams of this run; the store knows which Item a download has become."""

    def __init__(self, downloads: Downloads) -> None:
        self._downloads = downloads
        self._streams: dict[int, Stream] = {}

    def add(self, stream: Stream) -> ItemId:
        """Know a stream from now on; the answer can be put into a queue."""
        self._streams[stream.download] = stream
        return stream.item

    def item(self, negative: int) -> ItemId:
        """The Item that a download in a queue has become; 0 while it is none."""
        row = self._downloads.row(-negative)
        return ItemId(row.item or 0) if row is not None else ItemId(0)

    def items(self, ids: Iterable[int]) -> list[int]:
        """The Items of `ids`; a download that has become one counts as that, another is left out."""
        return in_library(int(self.item(item)) if item < 0 else item for item in ids)

    def playable(self, negative: int) -> Playable:
        """What to play for a download that is no Item yet. Raises MediaError for one that is not known."""
        stream = self._streams.get(-negative)
        if stream is None:
            raise MediaError("This download does not play yet", "Start it from Discover or Downloads.")
        return Playable(
            stream.item,
            stream.url,
            stream.duration,
            stream.title,
            stream.artist,
            stream.album,
            stream.is_video,
        )

    def row(self, negative: int) -> ItemRow | None:
        """A row as lists show it, None for an unknown one."""
        stream = self._streams.get(-negative)
        if stream is None:
            return None
        return ItemRow(
            id=stream.item,
            kind="video" if stream.is_video else "track",
            title=stream.title,
            artist=stream.artist,
            album=stream.album,
            album_artist="",
            genre="",
            year=None,
            track_number=None,
            disc_number=None,
            duration=stream.duration,
            codec="",
            bitrate=None,
            sample_rate=None,
            channels=None,
            width=None,
            height=None,
            cover="",
            added_at=0.0,
            present=True,
            stars=None,
            liked=0,
            play_count=0,
            skip_count=0,
            last_played=None,
            score=None,
            deviation=None,
            path="",
        )


class ListsWithStreams:
    """The library's lists, which also know what is arriving: for the queue and for what plays."""

    def __init__(self, lists: Lists, streams: Streams) -> None:
        self._lists, self._streams = lists, streams

    def ids(self, query: ListQuery) -> array[int]:
        return self._lists.ids(query)

    def rows(self, ids: Sequence[int]) -> Sequence[ItemRow]:
        """Rows in the order of `ids`; what is in neither is left out."""
        known = self._lists.rows(in_library(ids))
        if len(known) == len(ids):
            return known
        by_id = {int(row.id): row for row in known}
        found = (by_id.get(item) if item > 0 else self._streams.row(item) for item in ids)
        return [row for row in found if row is not None]
