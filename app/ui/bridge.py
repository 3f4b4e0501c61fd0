"""The only crossing between the other threads and processes and the window's thread.

What the studio says and what the store's write thread finished arrives here as Qt signals on the window's thread.
"""

from __future__ import annotations

import itertools
import logging
from collections.abc import Callable
from typing import TypeVar

from PySide6.QtCore import QObject, Qt, Signal, Slot

from app.codec import Message
from app.errors import BowerbirdError, StoreError
from app.processes import Child
from app.protocol import (
    Done,
    Duplicates,
    Event,
    Explanation,
    Failed,
    FoldersChanged,
    ItemsChanged,
    JobEnded,
    Picks,
    Progress,
    RankingsCompared,
    Ready,
    Request,
    ScoresChanged,
)
from app.store.database import Database
from app.store.writer import WriteThread

log = logging.getLogger(__name__)

T = TypeVar("T")
Answer = Callable[[Event], None]


class StudioBridge(QObject):
    """The studio process as the window sees it: `tell` and `ask` it; its events come as signals."""

    ready = Signal(object)
    progressed = Signal(object)
    job_ended = Signal(object)
    items_changed = Signal(object)
    folders_changed = Signal()
    scores_changed = Signal(object)
    failed = Signal(object)
    lost = Signal(str)
    _arrived = Signal(object)
    _died = Signal(str, bool)

    def __init__(self, command: list[str], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._numbers = itertools.count(1)
        self._waiting: dict[int, Answer] = {}
        self._arrived.connect(self._dispatch, Qt.ConnectionType.QueuedConnection)
        self._died.connect(self._fail_all, Qt.ConnectionType.QueuedConnection)
        self._child = Child(command, self._from_child, self._child_lost)
        self._closed = False
        self._gone = ""
        """Why the process stays down; "" while it is up or comes again."""

    @property
    def pid(self) -> int:
        return self._child.pid

    def start(self) -> None:
        """Start the process (after the first paint: its start must not delay the window)."""
        self._child.start()

    def close(self) -> None:
        """End the process; what is still on its way from it is not delivered any more."""
        self._closed = True
        self._waiting.clear()
        self._child.close()

    def tell(self, message: Request) -> None:
        """Send a message that has no answer."""
        if not self._gone:
            self._child.send(message)

    def ask(self, make: Callable[[int], Request], answer: Answer) -> int:
        """Send the request that `make` builds from its number; `answer` gets the event, or Failed."""
        number = next(self._numbers)
        self._waiting[number] = answer
        if self._gone:
            self._arrived.emit(self._ended(number, self._gone))
        else:
            self._child.send(make(number))
        return number

    def forget(self, number: int) -> None:
        """The answer to this request is no longer wanted."""
        self._waiting.pop(number, None)

    def _from_child(self, message: Message) -> None:
        self._arrived.emit(message)

    def _child_lost(self, reason: str, final: bool) -> None:
        self._died.emit(reason, final)

    @Slot(object)
    def _dispatch(self, message: Event) -> None:
        if self._closed:
            return
        match message:
            case Picks() | Explanation() | Duplicates() | RankingsCompared() | Done():
                self._answer(message.request, message)
            case Failed():
                if message.request:
                    self._answer(message.request, message)
                else:
                    self.failed.emit(message)
            case Ready():
                self.ready.emit(message)
            case Progress():
                self.progressed.emit(message)
            case JobEnded():
                self.job_ended.emit(message)
            case ItemsChanged():
                self.items_changed.emit(message)
            case FoldersChanged():
                self.folders_changed.emit()
            case ScoresChanged():
                self.scores_changed.emit(message)

    def _answer(self, number: int, event: Event) -> None:
        answer = self._waiting.pop(number, None)
        if answer is not None:
            answer(event)

    @Slot(str, bool)
    def _fail_all(self, reason: str, final: bool) -> None:
        if self._closed:
            return
        waiting, self._waiting = self._waiting, {}
        if final:
            self._gone = reason
            reason = self.tr("{reason}; it is not started again").format(reason=reason)
        self.lost.emit(reason)
        for number, answer in waiting.items():
            answer(self._ended(number, reason))

    def _ended(self, number: int, reason: str) -> Failed:
        return Failed(number, self.tr("The studio process ended"), reason)


class StoreWrites(QObject):
    """The store's write thread as the window sees it: results come back on the window's thread."""

    failed = Signal(object)
    _finished = Signal(object)

    def __init__(self, thread: WriteThread, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._thread = thread
        self._closed = False
        self._finished.connect(self._call, Qt.ConnectionType.QueuedConnection)

    def submit(self, work: Callable[[Database], T], done: Callable[[T], None] | None = None) -> None:
        """Run `work` on the write thread; then `done` with its result here. Errors come as `failed`."""

        def finished(result: T) -> None:
            if done is not None:
                self._finished.emit(lambda: done(result))

        def wrong(error: BaseException) -> None:
            if not isinstance(error, BowerbirdError):
                log.error("a write failed", exc_info=error)
                error = StoreError(self.tr("A change could not be saved"), str(error))
            shown = error
            self._finished.emit(lambda: self.failed.emit(shown))

        self._thread.submit(work, finished, wrong)

    def close(self) -> None:
        """Finish what was submitted; nobody hears of it any more."""
        self._closed = True
        self._thread.close()

    @Slot(object)
    def _call(self, function: Callable[[], None]) -> None:
        if not self._closed:
            function()
