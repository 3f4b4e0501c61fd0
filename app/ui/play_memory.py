"""What of playing is kept between two runs: the queue in the library, volume and modes in the settings.

Made by the composition after the window; saves a moment after each change, so that a crash loses little.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, QTimer

from app.config import CONTINUE_FROM_TASTE, MUTED, REPEAT, SHUFFLE, VOLUME, Settings
from app.player.playable import SessionMemory
from app.player.queue import Origin, Repeat
from app.store.database import Database
from app.store.playlists import QueuedItem, SavedQueue
from app.ui.playback import Playback
from app.ui.ratings import Writes

SETTLE_MS = 1_000
_TASTE = "taste"
_USER = "user"


class PlayMemory(QObject):
    """Call `restore` once, before anything plays; `save` at the end."""

    def __init__(self, playback: Playback, writes: Writes, settings: Settings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._playback, self._writes, self._settings = playback, writes, settings
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(SETTLE_MS)
        self._timer.timeout.connect(self.save)
        self._saved: tuple[QueuedItem, ...] = ()

    def restore(self, queued: Sequence[QueuedItem]) -> None:
        """Take up the queue of the last run, paused, and the volume and modes of the settings."""
        playback, settings = self._playback, self._settings
        playback.player.volume = settings.get(VOLUME)
        playback.player.muted = settings.get(MUTED)
        playback.session.continues = settings.get(CONTINUE_FROM_TASTE)
        rows = tuple(
            (int(row.item_id), str(Origin.AUTOMATIC if row.origin == _TASTE else Origin.CHOSEN), "", "")
            for row in queued
        )
        current = next((at for at, row in enumerate(queued) if row.current), None)
        if rows:
            playback.session.restore(SessionMemory((rows, current, (), settings.get(REPEAT), None), 0.0))
        playback.set_repeat(Repeat(settings.get(REPEAT)))
        playback.remember_shuffled(settings.get(SHUFFLE))
        self._saved = tuple(queued)
        playback.queue_changed.connect(self._timer.start)
        playback.volume_changed.connect(lambda _volume, _muted: self._timer.start())

    def save(self) -> None:
        """Keep everything as it is now."""
        self._timer.stop()
        playback, settings = self._playback, self._settings
        settings.set(VOLUME, round(playback.player.volume, 3))
        settings.set(MUTED, playback.player.muted)
        settings.set(SHUFFLE, playback.shuffled)
        settings.set(REPEAT, str(playback.queue.repeat))
        settings.set(CONTINUE_FROM_TASTE, playback.session.continues)
        queue = playback.queue
        queued = tuple(
            QueuedItem(row.item, _TASTE if row.origin == Origin.AUTOMATIC else _USER, at == queue.current)
            for at, row in enumerate(queue.rows)
            if row.item > 0  # What was still arriving has no place in the library.
        )
        if queued != self._saved:
            self._saved = queued

            def write(database: Database) -> None:
                SavedQueue(database).save(queued)

            self._writes.submit(write)
