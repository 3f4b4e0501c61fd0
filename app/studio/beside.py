"""Work that cannot be ended half way: importing a library, loading a network, asking a driver what there is.

It is done on a thread of its own, and whoever waits for it stops waiting when the studio ends. What is left undone then
has changed nothing. Used by whoever loads or tries learned encoders.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import TypeVar

from app.errors import ModelError

T = TypeVar("T")

LOOK = 0.05
"""Seconds after which a waiting one looks whether all is over."""


class Ending(ModelError):  # noqa: N818 - as in app/errors.py
    """The studio ends; what was waited for does not come any more."""

    def __init__(self) -> None:
        super().__init__("Bowerbird is being closed", "It goes on at the next start.")


class Beside:
    """Does such work and waits for it, until `end`. Every method may be called from any thread."""

    def __init__(self) -> None:
        self._ending = threading.Event()
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []

    def do(self, work: Callable[[], T]) -> T:
        """Do it on another thread and wait; what it raises is raised here. Raises Ending after `end`."""
        found: Future[T] = Future()

        def run() -> None:
            try:
                found.set_result(work())
            except BaseException as error:  # noqa: BLE001 - it belongs to whoever waits
                found.set_exception(error)

        if self._ending.is_set():
            raise Ending
        thread = threading.Thread(target=run, name="beside", daemon=True)
        with self._lock:
            self._threads = [*(one for one in self._threads if one.is_alive()), thread]
            thread.start()
        while not wait([found], LOOK).done:
            if self._ending.is_set():
                raise Ending
        return found.result()

    def end(self) -> None:
        """Nobody waits any longer, and nothing new is begun."""
        self._ending.set()

    @property
    def left(self) -> bool:
        """Whether something is still being done."""
        with self._lock:
            return any(one.is_alive() for one in self._threads)
