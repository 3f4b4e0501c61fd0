"""The commands that play, rate and undo, joined to playback, ratings and the undo list.

The main window makes one; what concerns the window itself it joins alone.
"""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from app.config import CONTINUE_FROM_TASTE, Settings
from app.ui.commands import Commands
from app.ui.playback import Playback
from app.ui.ratings import Ratings
from app.ui.undo import UndoList

SEEK_SECONDS = 5.0
VOLUME_STEP = 0.05
_CONTEXT = "player-bar"


class PlayCommands(QObject):
    """`said(text)` tells of something that undo can take back."""

    said = Signal(str)

    def __init__(
        self,
        commands: Commands,
        playback: Playback,
        ratings: Ratings,
        undo: UndoList,
        settings: Settings,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._commands, self._playback, self._ratings = commands, playback, ratings
        self._undo, self._settings = undo, settings
        on, player = commands.on, playback.player
        on("play-pause", playback.toggle)
        on("stop", playback.stop)
        on("previous", playback.previous)
        on("next", playback.next)
        on("stop-after", lambda: playback.stop_after_current(not playback.stops_after_current))
        on("seek-back", lambda: playback.seek_by(-SEEK_SECONDS))
        on("seek-forward", lambda: playback.seek_by(SEEK_SECONDS))
        on("volume-up", lambda: playback.set_volume(player.volume + VOLUME_STEP))
        on("volume-down", lambda: playback.set_volume(player.volume - VOLUME_STEP))
        on("mute", lambda: playback.set_muted(not player.muted))
        on("love", lambda: self._say_of_current(1))
        on("dislike", lambda: self._say_of_current(-1))
        on("private", self._toggle_private).setChecked(ratings.private)
        on("undo", undo.undo)
        on("redo", undo.redo)
        on("shuffle", lambda: playback.set_shuffled(not playback.shuffled))
        on("repeat", playback.cycle_repeat)
        on("continue", self._toggle_continue).setChecked(playback.session.continues)
        on("clear-queue", self._clear_queue)
        ratings.private_changed.connect(commands.action("private").setChecked)
        undo.changed.connect(self._name_undo)

    def _say_of_current(self, liked: int) -> None:
        """Like or dislike what plays; said twice it is taken back."""
        if item := self._playback.current_item:
            now = self._ratings.state(item).liked
            self._ratings.want((item,), 0 if now == liked else liked, _CONTEXT)

    def _toggle_private(self) -> None:
        self._ratings.private = not self._ratings.private
        self._commands.action("private").setChecked(self._ratings.private)

    def _toggle_continue(self) -> None:
        session = self._playback.session
        session.continues = not session.continues
        self._settings.set(CONTINUE_FROM_TASTE, session.continues)
        self._commands.action("continue").setChecked(session.continues)

    def _clear_queue(self) -> None:
        before = len(self._playback.queue.rows)
        self._playback.clear_queue()
        gone = before - len(self._playback.queue.rows)
        if gone:
            self.said.emit(self.tr("%n taken out of the queue", "", gone))

    def _name_undo(self) -> None:
        for name, text in (("undo", self._undo.undo_text), ("redo", self._undo.redo_text)):
            words = self._commands.text(name)
            self._commands.action(name).setText(f"{words}: {text}" if text else words)
