"""A studio in this process, asked and waited for: what the commands and headless use instead of a window."""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

from app.codec import Message
from app.errors import BowerbirdError, ProcessError
from app.paths import Profile
from app.protocol import Failed
from app.studio.service import Studio

T = TypeVar("T")


@dataclass(slots=True)
class StudioRun:
    """Sends requests and waits for events."""

    studio: Studio
    events: queue.SimpleQueue[Message]
    _request: int = field(default=0)

    def tell(self, message: Message) -> None:
        self.studio.handle(message)

    def ask(self, make: Callable[[int], Message], kind: type[T], timeout: float = 600.0) -> T:
        """Send what `make` builds and wait for its answer. Raises BowerbirdError when it failed."""
        self._request += 1
        number = self._request
        self.studio.handle(make(number))
        while True:
            event = self.next(timeout)
            if isinstance(event, Failed) and event.request == number:
                raise BowerbirdError(event.title, event.detail)
            if isinstance(event, kind) and getattr(event, "request", number) == number:
                return event

    def wait_for(self, kind: type[T], timeout: float) -> T:
        """The next event of a kind; those before it are passed over. Raises ProcessError when none comes in time."""
        while True:
            event = self.next(timeout)
            if isinstance(event, kind):
                return event

    def next(self, timeout: float) -> Message:
        """The next event. Raises ProcessError when none comes in time."""
        try:
            return self.events.get(timeout=timeout)
        except queue.Empty as error:
            raise ProcessError("The studio does not answer", f"Nothing came for {timeout:.0f} s.") from error


@contextmanager
def studio_for(profile: Profile, *, watch: bool = False) -> Iterator[StudioRun]:
    """A started studio, ended afterwards. Raises Locked where another one works on the profile."""
    events: queue.SimpleQueue[Message] = queue.SimpleQueue()
    studio = Studio(profile, events.put, watch=watch)
    try:
        studio.start()
        yield StudioRun(studio, events)
    finally:
        studio.close()
