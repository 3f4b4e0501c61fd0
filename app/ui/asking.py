"""Asks the studio what changes while the user types: only the newest question is sent and only its answer counts.

The pages Found and Similar and the library's line each have one. Asks again by itself where the answer said that a
learned encoder was not ready yet, and where the studio had died.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QWidget

from app.encoder_messages import EncodersChanged
from app.protocol import Event, Failed, Job, JobEnded, Request
from app.search_messages import Hits, Meaning
from app.ui.bridge import StudioBridge

Question = Callable[[int], Request]


class Asking(QObject):
    """`answered` has the event, `failed` the Failed. While its page is hidden it waits until `resume` is called."""

    answered = Signal(object)
    failed = Signal(object)

    def __init__(self, studio: StudioBridge, page: QWidget, delay_ms: int) -> None:
        super().__init__(page)
        self._studio, self._page = studio, page
        self._question: Question | None = None
        self._number = 0
        """Of the request that waits for its answer; 0 for none."""
        self._turn = 0
        self._meaning: Meaning | None = None
        self._failed = False
        self._stale = False
        self._delay = QTimer(self)
        self._delay.setSingleShot(True)
        self._delay.setInterval(delay_ms)
        self._delay.timeout.connect(self.again)
        studio.encoders_changed.connect(self._take_encoders)
        studio.job_ended.connect(self._take_end)
        studio.ready.connect(self._take_ready)

    @property
    def waits(self) -> bool:
        """Whether a question is asked or about to be."""
        return bool(self._number) or self._delay.isActive()

    def ask(self, question: Question, *, at_once: bool = False) -> None:
        """Ask this instead of what was asked before; a moment later, unless `at_once`."""
        self.stop()
        self._question = question
        if at_once:
            self.again()
        else:
            self._delay.start()

    def stop(self) -> None:
        """No answer is wanted any more."""
        self._delay.stop()
        self._forget()
        self._question, self._meaning, self._failed, self._stale = None, None, False, False

    def again(self) -> None:
        """Ask the same once more, now; where the page is hidden, when `resume` is called."""
        self._delay.stop()
        if self._question is None:
            return
        self._stale = not self._page.isVisible()
        if self._stale:
            return
        self._forget()
        turn = self._turn
        self._number = self._studio.ask(self._question, lambda event: self._take(turn, event))

    def resume(self) -> None:
        """The page is shown: ask what was put off."""
        if self._stale:
            self.again()

    # Inside

    def _forget(self) -> None:
        self._turn += 1
        if self._number:
            self._studio.forget(self._number)
            self._number = 0

    def _take(self, turn: int, event: Event) -> None:
        if turn != self._turn:
            return
        self._number = 0
        self._failed = isinstance(event, Failed)
        self._meaning = event.meaning if isinstance(event, Hits) else None
        if self._failed:
            self.failed.emit(event)
        else:
            self.answered.emit(event)

    def _take_encoders(self, event: EncodersChanged) -> None:
        ready = {
            Meaning.NONE: any(one.used for one in event.encoders),
            Meaning.EMPTY: any(one.used and one.encoded for one in event.encoders),
            Meaning.LOADING: True,
        }
        if self._meaning is not None and ready.get(self._meaning, False):
            self._delay.start()

    def _take_end(self, ended: JobEnded) -> None:
        if ended.job is Job.LEARNED and self._meaning is Meaning.EMPTY:
            self._delay.start()

    def _take_ready(self, _ready: object) -> None:
        if self._failed:
            self._delay.start()
