"""One list of what can be undone, whatever it was: ratings, the queue, playlists.

Ratings, playback and the playlist pages push what they did; the window's undo and redo actions call `undo`
and `redo`. When this run's list is at its end, undo goes on through the feedback log of earlier runs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoCommand, QUndoStack

LIMIT = 200


class EarlierSteps(Protocol):
    """What was done in earlier runs and can still be undone: the feedback log."""

    def undo_earlier(self, done: Callable[[str | None], None]) -> None:
        """Undo the newest step; `done` gets what it was, None where there is none."""

    def redo_earlier(self, done: Callable[[str | None], None]) -> None:
        """Redo the step undone last."""


class _Step(QUndoCommand):
    def __init__(self, text: str, undo: Callable[[], None], redo: Callable[[], None]) -> None:
        super().__init__(text)
        self._undo, self._redo = undo, redo
        self._done = True

    def undo(self) -> None:
        self._done = False
        self._undo()

    def redo(self) -> None:
        # Pushing calls redo; what is pushed here has been done already.
        if not self._done:
            self._done = True
            self._redo()


class UndoList(QObject):
    """Steps of this run, newest first. `said` tells in words what was undone or redone."""

    said = Signal(str)
    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._stack = QUndoStack(self)
        self._stack.setUndoLimit(LIMIT)
        self._stack.indexChanged.connect(self._tell)
        self._earlier: EarlierSteps | None = None
        self._undone_earlier = 0

    def set_earlier(self, earlier: EarlierSteps) -> None:
        """Where undo goes on when this run's steps are used up."""
        self._earlier = earlier

    def push(self, text: str, undo: Callable[[], None], redo: Callable[[], None]) -> None:
        """Note something that has just been done: `text` names it, the functions reverse and repeat it."""
        self._undone_earlier = 0
        self._stack.push(_Step(text, undo, redo))

    @property
    def undo_text(self) -> str:
        """What undo would take back; "" when that is not of this run."""
        return self._stack.undoText()

    @property
    def redo_text(self) -> str:
        return self._stack.redoText()

    def undo(self) -> None:
        """Take the newest step back and say so."""
        if self._stack.canUndo():
            text = self._stack.undoText()
            self._stack.undo()
            self.said.emit(self.tr("Undone: {step}").format(step=text))
        elif self._earlier is not None:
            self._earlier.undo_earlier(self._undid_earlier)
        else:
            self.said.emit(self.tr("Nothing to undo"))

    def redo(self) -> None:
        """Do the step that was undone last again and say so."""
        if self._stack.canRedo():
            text = self._stack.redoText()
            self._stack.redo()
            self.said.emit(self.tr("Done again: {step}").format(step=text))
        elif self._earlier is not None and (self._undone_earlier or not self._stack.count()):
            self._earlier.redo_earlier(self._redid_earlier)
        else:
            self.said.emit(self.tr("Nothing to redo"))

    def _tell(self, _index: int) -> None:
        self.changed.emit()

    def _undid_earlier(self, text: str | None) -> None:
        if text is None:
            self.said.emit(self.tr("Nothing to undo"))
            return
        self._undone_earlier += 1
        self.said.emit(self.tr("Undone: {step}").format(step=text))

    def _redid_earlier(self, text: str | None) -> None:
        if text is None:
            self.said.emit(self.tr("Nothing to redo"))
            return
        self._undone_earlier = max(self._undone_earlier - 1, 0)
        self.said.emit(self.tr("Done again: {step}").format(step=text))
