"""Everything the user says about Items: like, dislike, stars, not now; and what was heard of them.

Pages, player bar and now playing call it. What was said shows at once (`state`), is written on the store's
write thread, and then the studio is told to learn from it. In a private session nothing is recorded.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

from PySide6.QtCore import QObject, Signal

from app.errors import StoreError
from app.player.playable import Played
from app.protocol import FeedbackChanged, Request
from app.store.database import Database
from app.store.feedback import Feedback, Reversed, StepKind
from app.ui.streams import in_library
from app.ui.undo import UndoList
from models.ids import ItemId

T = TypeVar("T")


class Writes(Protocol):
    """The store's write thread, as `bridge.StoreWrites` is it."""

    def submit(self, work: Callable[[Database], T], done: Callable[[T], None] | None = None) -> None: ...


class Listener(Protocol):
    """Whoever learns from feedback: the studio."""

    def tell(self, message: Request) -> None: ...


class KnownItem(Protocol):
    """What a list of the store knows of an Item's rating."""

    @property
    def id(self) -> ItemId: ...
    @property
    def liked(self) -> int: ...
    @property
    def stars(self) -> float | None: ...


class Known(Protocol):
    """Reads Items as they are in the store, as `item_lists.ItemLists` does."""

    def rows(self, ids: Sequence[ItemId]) -> Sequence[KnownItem]: ...


@dataclass(frozen=True, slots=True)
class Rated:
    """What the user thinks of one Item: `liked` 1, -1 or 0; `stars` 0.5..5 or None."""

    liked: int = 0
    stars: float | None = None


class Ratings(QObject):
    """Feedback with an instant answer.

    `changed(ids)` comes at once when something is said and again when it is saved; the empty tuple means that
    which Items it concerns is not known. `said(text)` is a line to show.
    """

    changed = Signal(object)
    said = Signal(str)
    private_changed = Signal(bool)

    def __init__(
        self,
        writes: Writes,
        studio: Listener,
        known: Known,
        undo: UndoList,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._writes, self._studio, self._known, self._undo = writes, studio, known, undo
        self._shown: dict[int, Rated] = {}
        self._pending: Counter[int] = Counter()
        self._private = False
        undo.set_earlier(self)

    # Reading

    def state(self, item: int) -> Rated:
        """What is thought of an Item, what was said a moment ago included."""
        shown = self._shown.get(item)
        if shown is not None:
            return shown
        row = next(iter(self._known.rows([ItemId(item)])), None)
        return Rated() if row is None else Rated(row.liked, row.stars)

    def pending(self, item: int) -> Rated | None:
        """What was said of an Item and is not saved yet; None where the store is right."""
        return self._shown.get(item)

    @property
    def private(self) -> bool:
        """A private session: nothing said or heard is recorded."""
        return self._private

    @private.setter
    def private(self, private: bool) -> None:
        if private != self._private:
            self._private = private
            self.private_changed.emit(private)
            self.said.emit(
                self.tr("Private session: nothing is recorded") if private else self.tr("The private session is over")
            )

    # Saying

    def like(self, ids: Iterable[int], context: str = "") -> None:
        self._say(
            ids,
            self.tr("like"),
            lambda rated: replace(rated, liked=1),
            lambda feedback, item: feedback.like(item, context),
        )

    def dislike(self, ids: Iterable[int], context: str = "") -> None:
        self._say(
            ids,
            self.tr("dislike"),
            lambda rated: replace(rated, liked=-1),
            lambda feedback, item: feedback.dislike(item, context),
        )

    def clear(self, ids: Iterable[int], context: str = "") -> None:
        """Take a like or dislike back."""
        self._say(
            ids,
            self.tr("neither like nor dislike"),
            lambda rated: replace(rated, liked=0),
            lambda feedback, item: feedback.clear(item, context),
        )

    def want(self, ids: Iterable[int], liked: int, context: str = "") -> None:
        """Like (1), dislike (-1) or neither (0), as `LikeButtons.wanted` says it."""
        {1: self.like, -1: self.dislike, 0: self.clear}[liked](ids, context)

    def stars(self, ids: Iterable[int], value: float, context: str = "") -> None:
        """Give 0.5..5 stars in halves; 0 takes the rating back."""
        words = self.tr("{stars} stars").format(stars=f"{value:g}") if value else self.tr("no stars")
        self._say(
            ids,
            words,
            lambda rated: replace(rated, stars=value or None),
            lambda feedback, item: feedback.stars(item, value, context),
        )

    def later(self, ids: Iterable[int], context: str = "") -> None:
        """Not now: leave these out of what is recommended for a while."""
        chosen = tuple(ids)
        if self._say(
            chosen,
            self.tr("not now"),
            lambda rated: rated,
            lambda feedback, item: feedback.later(item, context),
        ):
            self.said.emit(self.tr("%n not recommended for a while", "", len(chosen)))

    def forget_play(self, ids: Iterable[int]) -> None:
        """Take back the last play or skip of each."""
        if self._say(
            tuple(ids),
            self.tr("forget the last play"),
            lambda rated: rated,
            lambda feedback, item: feedback.undo_play(item) or 0,
        ):
            self.said.emit(self.tr("The last play is forgotten"))

    def heard(self, played: Played) -> None:
        """Record what the session tells of a piece that was left."""
        if self._private or played.seconds <= 0 or played.item <= 0:
            return

        def write(database: Database) -> None:
            feedback = Feedback(database)
            record = feedback.skipped if played.skipped else feedback.played
            record(played.item, played.fraction, played.seconds, played.context)

        self._writes.submit(write, lambda _none: self._saved((int(played.item),)))

    def undo(self) -> None:
        self._undo.undo()

    def redo(self) -> None:
        self._undo.redo()

    # Earlier runs (undo.EarlierSteps)

    def undo_earlier(self, done: Callable[[str | None], None]) -> None:
        self._reverse_earlier(lambda feedback: feedback.undo(), done)

    def redo_earlier(self, done: Callable[[str | None], None]) -> None:
        self._reverse_earlier(lambda feedback: feedback.redo(), done)

    # Inside

    def _say(
        self,
        ids: Iterable[int],
        words: str,
        change: Callable[[Rated], Rated],
        write: Callable[[Feedback, ItemId], int],
    ) -> bool:
        items = tuple(dict.fromkeys(in_library(ids)))
        if not items:
            return False
        if self._private:
            self.said.emit(self.tr("Private session: nothing is recorded"))
            return False
        before = {item: self.state(item) for item in items}
        after = {item: change(rated) for item, rated in before.items()}
        steps: list[int] = []
        """The steps this made in the log, so that undo takes back as many; filled on the write thread."""

        def record(database: Database) -> None:
            feedback = Feedback(database)
            steps.extend(step for item in items if (step := write(feedback, ItemId(item))))

        def take_back(database: Database) -> None:
            feedback = Feedback(database)
            for _step in steps:
                feedback.undo()

        def again(database: Database) -> None:
            feedback = Feedback(database)
            for _step in steps:
                feedback.redo()

        self._show_and_write(after, record)
        self._undo.push(
            words,
            lambda: self._show_and_write(before, take_back),
            lambda: self._show_and_write(after, again),
        )
        return True

    def _show_and_write(self, states: dict[int, Rated], work: Callable[[Database], None]) -> None:
        ids = tuple(states)
        self._shown.update(states)
        self._pending.update(ids)

        def write(database: Database) -> StoreError | None:
            # The error comes back as a value: whatever happens, what is shown must be settled.
            try:
                work(database)
            except StoreError as error:
                return error
            return None

        self._writes.submit(write, lambda error: self._settled(ids, error))
        self.changed.emit(ids)

    def _settled(self, ids: tuple[int, ...], error: StoreError | None) -> None:
        if error is not None:
            self.said.emit(self.tr("This could not be saved: {error}").format(error=error))
        self._pending.subtract(ids)
        for item in ids:
            if self._pending[item] <= 0:
                del self._pending[item]
                self._shown.pop(item, None)
        self._saved(ids)

    def _saved(self, ids: tuple[int, ...]) -> None:
        self.changed.emit(ids)
        self._studio.tell(FeedbackChanged())

    def _reverse_earlier(
        self, reverse: Callable[[Feedback], Reversed | None], done: Callable[[str | None], None]
    ) -> None:
        if self._private:
            self.said.emit(self.tr("Private session: nothing is recorded"))
            return

        def finished(step: Reversed | None) -> None:
            if step is not None:
                self._saved(())
            done(self._words_of(step) if step is not None else None)

        self._writes.submit(lambda database: reverse(Feedback(database)), finished)

    def _words_of(self, step: Reversed) -> str:
        """What a step of an earlier run was, in the words of this run's steps."""
        words = {
            StepKind.LIKE: self.tr("like"),
            StepKind.DISLIKE: self.tr("dislike"),
            StepKind.CLEAR: self.tr("neither like nor dislike"),
            StepKind.STARS: self.tr("stars"),
            StepKind.LATER: self.tr("not now"),
            StepKind.FORGET_PLAY: self.tr("forget the last play"),
        }[step.kind]
        return f"{words}: {step.title}" if step.title else words
