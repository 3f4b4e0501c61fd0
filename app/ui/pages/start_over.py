"""Forgetting the taste: everything the user said or heard stops counting, and undo brings all of it back.

Nothing is deleted: the feedback log gets rows that take the earlier ones back, as undo does.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice

from PySide6.QtCore import QObject, Signal

from app.protocol import FeedbackChanged
from app.store.database import Database
from app.store.feedback import Feedback
from app.ui.bridge import StoreWrites, StudioBridge
from app.ui.undo import UndoList
from models.ids import ItemId

BATCH = 20
"""Items of one transaction: other writes must not wait long."""


class StartOver(QObject):
    """`begin` does it; `said(text)` and `done` tell of it."""

    said = Signal(str)
    done = Signal()

    def __init__(
        self, writes: StoreWrites, studio: StudioBridge, undo: UndoList, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._writes, self._studio, self._undo = writes, studio, undo

    def begin(self) -> None:
        """Take back every like, dislike, rating, play and skip."""

        def done(steps: int) -> None:
            if not steps:
                self.said.emit(self.tr("There is nothing to forget"))
                return
            self._undo.push(self.tr("forgetting the taste"), lambda: self._reverse(steps), lambda: self._repeat(steps))
            self._tell(self.tr("Your taste is forgotten"))

        self._writes.submit(forget_all, done)

    def _reverse(self, steps: int) -> None:
        def work(database: Database) -> None:
            _many(database, steps, lambda feedback: feedback.undo())

        self._writes.submit(work, lambda _none: self._tell(""))

    def _repeat(self, steps: int) -> None:
        def work(database: Database) -> None:
            _many(database, steps, lambda feedback: feedback.redo())

        self._writes.submit(work, lambda _none: self._tell(""))

    def _tell(self, words: str) -> None:
        if words:
            self.said.emit(words)
        self.done.emit()
        self._studio.tell(FeedbackChanged())


def forget_all(database: Database) -> int:
    """Take back what stands of every item; returns the number of steps that undo takes to bring it back."""
    feedback = Feedback(database)
    standing = feedback.effective()
    said = {row.item_id for row in standing if row.kind in ("like", "dislike")}
    rated = {row.item_id for row in standing if row.kind == "stars" and row.value}
    heard = [row.item_id for row in standing if row.kind in ("play", "skip")]
    work: list[tuple[Callable[[ItemId], int | None], ItemId]] = []
    work += [(feedback.clear, item) for item in sorted(said)]
    work += [(lambda rated_item: feedback.stars(rated_item, 0.0), item) for item in sorted(rated)]
    work += [(feedback.undo_play, item) for item in heard]
    steps = 0
    rest = iter(work)
    while part := list(islice(rest, BATCH)):
        with database.transaction():
            for take_back, item in part:
                steps += bool(take_back(item))
    return steps


def _many(database: Database, steps: int, act: Callable[[Feedback], object]) -> None:
    feedback = Feedback(database)
    left = steps
    while left > 0:
        with database.transaction():
            for _ in range(min(left, BATCH)):
                act(feedback)
        left -= BATCH
