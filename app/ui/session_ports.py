"""What the play session asks for, answered by the store and the studio: files, places to resume, how to go on.

Made by the composition. Reading is done on the window's thread (single rows), writing on the store's write thread.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from app.config import RESUME_VIDEOS, Settings
from app.errors import MediaError
from app.player.playable import Playable
from app.player.radio import AutoPick
from app.player.replaygain import Loudness
from app.protocol import ContinueRadio, Event, Picks
from app.store.database import Database
from app.store.items import Items
from app.store.playlists import Positions
from app.ui.bridge import StoreWrites, StudioBridge
from app.ui.reasons import reason_words
from app.ui.streams import Streams
from models.ids import ItemId


class LibrarySources:
    """Finds the file of an Item, with its length, loudness and the place to resume; or what is still arriving."""

    def __init__(self, database: Database, settings: Settings, streams: Streams | None = None) -> None:
        self._items = Items(database)
        self._positions = Positions(database)
        self._settings = settings
        self._streams = streams

    def resolve(self, item: ItemId) -> Playable:
        """Raises MediaError where the Item, or every file of it, is out of reach."""
        if item < 0 and self._streams is not None:
            arrived = self._streams.item(item)
            if not arrived:
                return self._streams.playable(item)
            item = arrived
        row = self._items.item(item)
        path = self._items.path_of(item)
        if row is None:
            raise MediaError("This item is no longer in the library", "It was passed over.")
        if path is None:
            raise MediaError(
                "This file cannot be reached", "Connect its drive, or add the folder it was moved to.", Path(row.path)
            )
        gains = self._items.gains(item)
        resume = self._positions.get(item) if self._settings.get(RESUME_VIDEOS) else None
        return Playable(
            item,
            Path(path),
            row.duration,
            row.title,
            row.artist,
            row.album,
            row.kind == "video",
            resume or 0.0,
            Loudness(gains.track_gain, gains.track_peak, gains.album_gain, gains.album_peak),
        )


class SavedPositions:
    """Keeps where long pieces were left, without waiting for the disk."""

    def __init__(self, writes: StoreWrites) -> None:
        self._writes = writes

    def save(self, item: ItemId, seconds: float) -> None:
        """Keep `seconds`; 0.0 forgets the place. What is still arriving has none."""
        if item < 0:
            return

        def write(database: Database) -> None:
            positions = Positions(database)
            if seconds > 0:
                positions.set(item, seconds)
            else:
                positions.forget(item)

        self._writes.submit(write)


class StudioContinuation:
    """Goes on from Taste when the queue ends: asks the studio, which re-ranks after each like or skip."""

    def __init__(self, studio: StudioBridge, streams: Streams) -> None:
        self._studio, self._streams = studio, streams

    def request(self, recent: tuple[ItemId, ...], count: int, deliver: Callable[[Sequence[AutoPick]], None]) -> None:
        """Ask for `count` pieces after `recent`; nothing is delivered where the studio fails."""

        def answer(event: Event) -> None:
            if isinstance(event, Picks):
                deliver([AutoPick(ItemId(pick.item), reason_words(pick.reason)) for pick in event.shelves[0].picks])

        self._studio.ask(lambda number: ContinueRadio(number, tuple(self._streams.items(recent)), (), count), answer)
