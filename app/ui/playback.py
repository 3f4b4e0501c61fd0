"""The play session with Qt signals, and the words and undo steps that go with it.

Every part of the window plays through this one object; the session itself (app.player) knows no signals.
Made by the composition, lives as long as the window.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from PySide6.QtCore import QObject, Signal

from app.player.base import Player, PlayerState
from app.player.playable import Change, Playable, QueueChange
from app.player.queue import Queue, Repeat
from app.player.session import PlaySession
from app.ui.undo import UndoList
from models.ids import ItemId

_REPEATS = (Repeat.OFF, Repeat.LIST, Repeat.ALBUM, Repeat.TRACK)


class Playback(QObject):
    """What plays and what comes next, as signals and slots on the window's thread."""

    current_changed = Signal(object)
    """The Playable that plays now, or None."""
    state_changed = Signal(object)
    position_changed = Signal(float)
    duration_changed = Signal(float)
    queue_changed = Signal()
    volume_changed = Signal(float, bool)
    tracks_changed = Signal()
    failed = Signal(object)
    """A BowerbirdError: a piece that could not be played."""

    def __init__(self, session: PlaySession, undo: UndoList, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._undo = undo
        self._shuffle = False
        told, played = session.events, session.player.events
        self._observing = [
            told.current.add(self.current_changed.emit),
            told.queue.add(lambda _queue: self.queue_changed.emit()),
            told.changed.add(self._note),
            told.trouble.add(self.failed.emit),
            played.state.add(self.state_changed.emit),
            played.position.add(self.position_changed.emit),
            played.seeked.add(self.position_changed.emit),
            played.duration.add(self.duration_changed.emit),
            played.volume.add(self.volume_changed.emit),
            played.tracks.add(self.tracks_changed.emit),
        ]

    # What is

    @property
    def session(self) -> PlaySession:
        return self._session

    @property
    def player(self) -> Player:
        return self._session.player

    @property
    def queue(self) -> Queue:
        return self._session.queue

    @property
    def current(self) -> Playable | None:
        return self._session.current

    @property
    def current_item(self) -> int:
        """The Item that plays, 0 for none and for what is still arriving."""
        return max(int(self._session.current.item), 0) if self._session.current else 0

    @property
    def playing(self) -> bool:
        return self.player.state in (PlayerState.PLAYING, PlayerState.BUFFERING)

    @property
    def position(self) -> float:
        return self.player.position

    @property
    def duration(self) -> float:
        """Seconds, from the tags until the player knows better; 0.0 where unknown."""
        if self.player.duration > 0:
            return self.player.duration
        return self._session.current.duration if self._session.current else 0.0

    @property
    def shuffled(self) -> bool:
        return self._shuffle

    @property
    def stops_after_current(self) -> bool:
        row = self.queue.playing
        return row is not None and self.queue.stop_after == row.key

    # Playing

    def play_items(self, ids: Sequence[int], start: int = 0, context: str = "") -> None:
        """Replace the queue and play; with shuffle on, `start` plays first and the rest is mixed."""
        if ids:
            seed = random.randrange(2**31) if self._shuffle else None
            self._session.play_items(_items(ids), start, context=context, shuffle=seed)

    def play_from(self, item: int, seconds: float, context: str = "") -> None:
        """Play an Item from a moment: where it is the current one, there; else instead of the queue."""
        self._session.play_from(ItemId(item), seconds, context=context)

    def play_next(self, ids: Sequence[int], context: str = "") -> None:
        """Put these right after the piece that plays."""
        self._session.play_next(_items(ids), context=context)

    def enqueue(self, ids: Sequence[int], context: str = "") -> None:
        """Put these at the end of what was chosen."""
        self._session.append(_items(ids), context=context)

    def insert(self, index: int, ids: Sequence[int], context: str = "") -> None:
        """Put these before row `index` of the queue."""
        self._session.insert(index, _items(ids), context=context)

    def toggle(self) -> None:
        self._session.toggle()

    def play(self) -> None:
        self._session.play()

    def pause(self) -> None:
        self._session.pause()

    def stop(self) -> None:
        self._session.stop()

    def next(self) -> None:
        self._session.next()

    def previous(self) -> None:
        self._session.previous()

    def play_row(self, key: int) -> None:
        self._session.play_row(key)

    def seek(self, seconds: float) -> None:
        self._session.seek(seconds)

    def seek_by(self, seconds: float) -> None:
        self._session.seek_by(seconds)

    def set_volume(self, volume: float) -> None:
        """0..1; turning it up ends a mute."""
        if volume > 0 and self.player.muted:
            self.player.muted = False
        self.player.volume = min(max(volume, 0.0), 1.0)

    def set_muted(self, muted: bool) -> None:
        self.player.muted = muted

    # The queue

    def remove(self, keys: Sequence[int]) -> None:
        self._session.remove(keys)

    def move(self, keys: Sequence[int], index: int) -> None:
        self._session.move(keys, index)

    def clear_queue(self) -> None:
        self._session.clear()

    def set_shuffled(self, shuffled: bool) -> None:
        """Mix what waits, or put it back in order; what is played later follows suit."""
        if shuffled == self._shuffle:
            return
        self._shuffle = shuffled
        if shuffled:
            self._session.shuffle(random.randrange(2**31))
        elif self.queue.shuffled:
            self._session.unshuffle()
        self.queue_changed.emit()

    def remember_shuffled(self, shuffled: bool) -> None:
        """Take the mode up again at the start: it holds from the next thing that is played."""
        self._shuffle = shuffled or self.queue.shuffled
        self.queue_changed.emit()

    def set_repeat(self, repeat: Repeat) -> None:
        self._session.set_repeat(repeat)

    def cycle_repeat(self) -> None:
        """Off, list, album, track, off."""
        at = _REPEATS.index(self.queue.repeat)
        self._session.set_repeat(_REPEATS[(at + 1) % len(_REPEATS)])

    def stop_after_current(self, stops: bool) -> None:
        row = self.queue.playing
        self._session.stop_after(row.key if row is not None and stops else None)

    def close(self) -> None:
        """Hear no more of the session; its owner closes it."""
        for remove in self._observing:
            remove()
        self._observing.clear()

    # Inside

    def _note(self, change: QueueChange) -> None:
        """Put what the listener did to the queue on the undo list."""

        def put_back() -> None:
            self._session.put_back(change.before, change.position)
            self._follow_shuffle()

        def again() -> None:
            self._session.put_back(change.after)
            self._follow_shuffle()

        self._undo.push(self._words(change), put_back, again)

    def _follow_shuffle(self) -> None:
        self._shuffle = self.queue.shuffled
        self.queue_changed.emit()

    def _words(self, change: QueueChange) -> str:
        return {
            Change.REPLACE: self.tr("playing something else"),
            Change.ADD: self.tr("adding to the queue"),
            Change.NEXT: self.tr("play next"),
            Change.REMOVE: self.tr("removing from the queue"),
            Change.MOVE: self.tr("moving in the queue"),
            Change.CLEAR: self.tr("clearing the queue"),
            Change.SHUFFLE: self.tr("shuffling"),
            Change.UNSHUFFLE: self.tr("unshuffling"),
        }[change.kind]


def _items(ids: Sequence[int]) -> list[ItemId]:
    return [ItemId(item) for item in ids]
