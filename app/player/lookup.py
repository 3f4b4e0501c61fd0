"""What a session asks the library about rows: their files, artists, albums and gain.

A thin layer over `playable.Sources`, so that a row whose file is gone answers "" instead of stopping a
decision about its neighbours.
"""

from __future__ import annotations

from collections.abc import Callable

from app.errors import BowerbirdError
from app.player import replaygain
from app.player.playable import Playable, Sources
from app.player.queue import Queue, Row
from app.player.replaygain import Gain, GainChoice
from models.ids import ItemId


class Lookup:
    """Answers from `sources`; `gain_choice` may be replaced at any time."""

    def __init__(self, sources: Sources, gain_choice: GainChoice) -> None:
        self._sources = sources
        self.gain_choice = gain_choice

    def resolve(self, item: ItemId) -> Playable:
        """Raises BowerbirdError where the Item or its file is gone."""
        return self._sources.resolve(item)

    def album_of(self, item: ItemId) -> str:
        return self._part(item, lambda playable: playable.album)

    def artist_of(self, item: ItemId) -> str:
        return self._part(item, lambda playable: playable.artist)

    def gain_of(self, queue: Queue, row: Row, playable: Playable) -> Gain:
        """The ReplayGain of a row; its album's where a neighbour in the queue is of the same album."""
        return replaygain.choose(
            playable.loudness, self.gain_choice, in_album=self._in_album(queue, row, playable.album)
        )

    def next_piece(self, queue: Queue, now: Row) -> tuple[Row, Playable, Gain] | None:
        """What follows the row `now` by itself and from its beginning; None where nothing does."""
        index = queue.following(by_itself=True, album_of=self.album_of)
        if index is None or queue.stop_after == now.key:
            return None
        row = queue.rows[index]
        try:
            playable = self.resolve(row.item)
        except BowerbirdError:
            return None  # Reported when its turn comes; it may be back by then.
        if playable.place(playable.resume) > 0:
            return None
        return row, playable, self.gain_of(queue, row, playable)

    def _in_album(self, queue: Queue, row: Row, album: str) -> bool:
        index = queue.index_of(row.key)
        if index is None or not album:
            return False
        near = (*queue.rows[max(index - 1, 0) : index], *queue.rows[index + 1 : index + 2])
        return any(self.album_of(other.item) == album for other in near)

    def _part(self, item: ItemId, part: Callable[[Playable], str]) -> str:
        try:
            return part(self._sources.resolve(item))
        except BowerbirdError:
            return ""
