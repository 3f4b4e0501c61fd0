"""The only crossing between the other threads and processes and the window's thread.

What the studio says and what the store's write thread finished arrives here as Qt signals on the window's thread.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TypeVar

from PySide6.QtCore import QObject, Qt, Signal, Slot

from app.codec import Message
from app.encoder_messages import EncodersChanged
from app.errors import BowerbirdError, StoreError
from app.map_messages import MapChanged
from app.network_messages import FOR_NETWORK, NetworkEvent, OfferPicks, OfferScoresChanged, StudioNetworkRequest
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
from app.search_messages import Hits, Moments
from app.store.database import Database
from app.store.writer import WriteThread
from app.ui.child_bridge import ChildBridge

log = logging.getLogger(__name__)

T = TypeVar("T")
Answer = Callable[[Event], None]
OffersAnswer = Callable[[OfferPicks | Explanation | Failed], None]


class StudioBridge(ChildBridge):
    """The studio process as the window sees it: `tell` and `ask` it; its events come as signals."""

    progressed = Signal(object)
    job_ended = Signal(object)
    items_changed = Signal(object)
    folders_changed = Signal()
    scores_changed = Signal(object)
    offer_scores_changed = Signal(object)
    encoders_changed = Signal(object)
    """An EncodersChanged that nobody asked for: one was installed or removed, or is ready to be searched with."""
    map_changed = Signal(object)
    for_network = Signal(object)
    """What the network process is to hear of the studio."""

    def __init__(self, command: list[str], parent: QObject | None = None) -> None:
        super().__init__(command, parent)
        self.spaces: tuple[str, ...] = ()
        """The spaces of what is built in, once the studio has told; for pages made after it was ready."""
        self._first = self._adopt()

    def start(self) -> None:
        """Start the process (after the first paint: its start must not delay the window)."""
        self._first.start()

    def tell(self, message: Request | NetworkEvent) -> None:
        """Send a message that has no answer."""
        self._send(message)

    def ask(self, make: Callable[[int], Request], answer: Answer) -> int:
        """Send the request that `make` builds from its number; `answer` gets the event, or Failed."""
        return self._ask(make, answer)

    def ask_of_offers(self, make: Callable[[int], StudioNetworkRequest], answer: OffersAnswer) -> int:
        """Ask what concerns Offers; `answer` gets OfferPicks or Explanation, or Failed."""
        return self._ask(make, answer)

    def _take(self, message: Message) -> None:
        if isinstance(message, FOR_NETWORK):
            self.for_network.emit(message)
        match message:
            case (
                Picks() | Hits() | Moments() | Explanation() | Duplicates() | RankingsCompared() | OfferPicks() | Done()
            ):
                self._answer(message)
            case EncodersChanged():
                if message.request:
                    self._answer(message)
                else:
                    self.encoders_changed.emit(message)
            case Ready():
                self.spaces = message.spaces
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
            case MapChanged():
                self.map_changed.emit(message)
            case OfferScoresChanged():
                self.offer_scores_changed.emit(message)

    def _ended(self) -> str:
        return self.tr("The studio process ended")


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
