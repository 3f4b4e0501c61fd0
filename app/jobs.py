"""What every long work has: a way to pause and cancel it, and a measured rate.

A `JobControl` is handed into the work, which calls `step()` between items; the owner pauses, resumes or cancels it
from another thread. Everybody may import this.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable

WINDOW = 60.0
"""Seconds over which the rate is measured."""


class Cancelled(Exception):  # noqa: N818 - not an error: the user's wish
    """The job was cancelled; raised inside the work by `JobControl.step`."""


class JobControl:
    """Pause, resume and cancel for one run of a job."""

    def __init__(self) -> None:
        self._cancelled = threading.Event()
        self._running = threading.Event()
        self._running.set()

    @property
    def cancelled(self) -> bool:
        return self._cancelled.is_set()

    @property
    def paused(self) -> bool:
        return not self._running.is_set()

    def cancel(self) -> None:
        """End the work at its next step, also when it is paused."""
        self._cancelled.set()
        self._running.set()

    def pause(self) -> None:
        self._running.clear()

    def resume(self) -> None:
        self._running.set()

    def step(self) -> None:
        """Called by the work between items: waits while paused, raises Cancelled when cancelled."""
        self._running.wait()
        if self._cancelled.is_set():
            raise Cancelled


class Rate:
    """How many items a minute were done lately, and how long the rest will take."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._marks: deque[tuple[float, int]] = deque([(clock(), 0)])

    def begin(self, done: int) -> None:
        """`done` items were done before this run: they say nothing about its rate."""
        self._marks = deque([(self._clock(), done)])

    def note(self, done: int) -> None:
        """`done` items are done by now."""
        now = self._clock()
        self._marks.append((now, done))
        while len(self._marks) > 2 and now - self._marks[0][0] > WINDOW:
            self._marks.popleft()

    @property
    def per_minute(self) -> float:
        """Items a minute over the last minute, 0 while unknown."""
        (then, before), (now, done) = self._marks[0], self._marks[-1]
        return 60.0 * (done - before) / (now - then) if now > then else 0.0

    def seconds_left(self, total: int) -> float:
        """Seconds until `total` items are done, -1 while unknown."""
        rate = self.per_minute
        return 60.0 * (total - self._marks[-1][1]) / rate if rate > 0 else -1.0
