"""What the bridges to our other processes share: questions with numbers, answers on the window's thread, deaths.

`StudioBridge` and `NetworkBridge` build on it. Touches nothing but the child's pipe; threads of the pipe end here.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, Qt, Signal, Slot

from app.codec import Message
from app.processes import Child
from app.protocol import Failed


class ChildBridge(QObject):
    """One of our processes as the window sees it; a subclass says which events become which signals."""

    ready = Signal(object)
    failed = Signal(object)
    """A Failed that answers nothing."""
    lost = Signal(str)
    """Why the process died; it is started again where the words do not say otherwise."""
    _arrived = Signal(int, object)
    _died = Signal(int, str, bool)
    _refused = Signal(object)

    def __init__(self, command: list[str], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._command = command
        self._numbers = itertools.count(1)
        self._waiting: dict[int, Callable[[Any], None]] = {}
        self._arrived.connect(self._dispatch, Qt.ConnectionType.QueuedConnection)
        self._died.connect(self._fail_all, Qt.ConnectionType.QueuedConnection)
        self._refused.connect(self._answer, Qt.ConnectionType.QueuedConnection)
        self._epoch = 0
        """Counts children; what one that was sent away still says is not heard."""
        self._child: Child | None = None
        self._closed = False
        self._gone = ""
        """Why the process stays down; "" while it is up or comes again."""

    @property
    def pid(self) -> int:
        """The process's number, 0 while none runs."""
        return self._child.pid if self._child is not None else 0

    def close(self) -> None:
        """End the process; what is still on its way from it is not delivered any more."""
        self._closed = True
        self._waiting.clear()
        if self._child is not None:
            self._child.close()

    def forget(self, number: int) -> None:
        """The answer to this request is no longer wanted."""
        self._waiting.pop(number, None)

    # For subclasses

    def _take(self, message: Message) -> None:
        """Turn one message of the child's into a signal or an answer."""
        raise NotImplementedError

    def _ended(self) -> str:
        """What is said when the process has ended, in words."""
        raise NotImplementedError

    def _adopt(self) -> Child:
        """A new child, not started yet; the one before is heard no more."""
        self._epoch += 1
        epoch = self._epoch
        self._gone = ""
        self._child = Child(
            self._command,
            lambda message: self._arrived.emit(epoch, message),
            lambda reason, final: self._died.emit(epoch, reason, final),
        )
        return self._child

    def _send(self, message: Message) -> None:
        if self._child is not None and not self._gone:
            self._child.send(message)

    def _ask(self, make: Callable[[int], Message], answer: Callable[[Any], None]) -> int:
        number = next(self._numbers)
        self._waiting[number] = answer
        if self._gone:
            self._refused.emit(Failed(number, self._ended(), self._gone))
        else:
            self._send(make(number))
        return number

    def _refuse_all(self, title: str, detail: str) -> None:
        """Answer everything that waits with a failure."""
        waiting, self._waiting = self._waiting, {}
        for number, answer in waiting.items():
            answer(Failed(number, title, detail))

    # Inside

    @Slot(int, object)
    def _dispatch(self, epoch: int, message: Message) -> None:
        if self._closed or epoch != self._epoch:
            return
        if isinstance(message, Failed) and not message.request:
            self.failed.emit(message)
        elif isinstance(message, Failed):
            self._answer(message)
        else:
            self._take(message)

    @Slot(object)
    def _answer(self, event: Any) -> None:
        answer = self._waiting.pop(event.request, None)
        if answer is not None and not self._closed:
            answer(event)

    @Slot(int, str, bool)
    def _fail_all(self, epoch: int, reason: str, final: bool) -> None:
        if self._closed or epoch != self._epoch:
            return
        if final:
            self._gone = reason
            reason = self.tr("{reason}; it is not started again").format(reason=reason)
        self.lost.emit(reason)
        self._refuse_all(self._ended(), reason)
