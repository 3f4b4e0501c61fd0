"""A real studio on a profile of its own, and small synthesised sounds to feed it, for tests of several rooms."""

from __future__ import annotations

import contextlib
import queue
import time
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from app.codec import Message
from app.paths import RESOURCES, Profile
from app.protocol import AddFolder, Done, Event, Failed, Job, JobEnded, ScoresChanged
from app.store.database import Database
from app.studio.service import Studio

T = TypeVar("T")

RATE = 22_050
PATIENCE = 60.0


def write_sound(path: Path, *, pitch: float, noise: float, seconds: float = 4.0, seed: int = 0) -> None:
    """A chord on `pitch` Hz with `noise` 0..1, pulsing twice a second: two styles when noise is low or high."""
    t = np.arange(int(seconds * RATE)) / RATE
    chord = sum(np.sin(2 * np.pi * pitch * ratio * t) for ratio in (1, 1.25, 1.5))
    hiss = np.random.default_rng(seed).normal(size=len(t))
    sound = (1 - noise) * np.asarray(chord) / 3 + noise * hiss / 3
    sound *= 0.6 + 0.4 * np.sin(2 * np.pi * 2 * t)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((np.clip(sound, -1, 1) * 30_000).astype("<i2").tobytes())


class Run:
    """A studio whose events are kept and can be waited for."""

    def __init__(self, profile: Profile, **given: Any) -> None:
        """`given` to the studio."""
        self.profile = profile
        self.events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self.seen: list[Event] = []
        self.studio = Studio(profile, self.events.put, watch=False, **given)
        self.patience = PATIENCE
        self._request = 0

    def start(self) -> None:
        self.studio.start()

    def tell(self, message: Message) -> None:
        self.studio.handle(message)

    def wait(self, kind: type[T], fits: Callable[[T], bool] = lambda event: True) -> T:
        """The next event of a kind that fits; the others are kept in `seen`."""
        deadline = time.monotonic() + self.patience
        while (left := deadline - time.monotonic()) > 0:
            event = self.events.get(timeout=left)
            self.seen.append(event)
            if isinstance(event, kind) and fits(event):
                return event
        raise AssertionError(f"no {kind.__name__} in {self.patience} s")

    def ask(self, make: Callable[[int], Message], kind: type[T]) -> T:
        """The answer of a request, of `kind`."""
        self._request += 1
        number = self._request
        self.tell(make(number))
        return self.wait(kind, lambda event: getattr(event, "request", None) == number)

    def take_in(self, folder: Path) -> None:
        """Add a folder and wait until all is scanned, encoded and scored."""
        self.ask(lambda number: AddFolder(number, str(folder)), Done)
        self.settle()

    def settle(self) -> None:
        """Wait for the scan under way, and for the indexing and learning it brings."""
        self.wait(JobEnded, lambda event: event.job is Job.SCAN)
        while not self.studio.idle:
            self.wait(JobEnded, lambda event: event.job is Job.INDEX)

    def settle_learned(self) -> None:
        """Wait until what is there is encoded with the learned encoders, too."""
        deadline = time.monotonic() + self.patience
        while not self.studio.learned_idle:
            assert time.monotonic() < deadline, f"still encoding after {self.patience} s"
            self.hear(0.05)
        self.hear(0.0)

    def hear(self, patience: float) -> None:
        """Keep what comes within so many seconds, and all that came already."""
        with contextlib.suppress(queue.Empty):
            self.seen.append(self.events.get(timeout=max(patience, 0.001)))
            while True:
                self.seen.append(self.events.get_nowait())

    def learned(self, labels: int) -> ScoresChanged:
        """Wait for a ranking from so many labels."""
        return self.wait(ScoresChanged, lambda event: event.labels == labels)

    def database(self) -> Database:
        return Database.open(self.profile.library, RESOURCES / "migrations", scores=self.profile.scores)

    def failures(self) -> list[Failed]:
        """What failed so far, among the events seen."""
        return [event for event in self.seen if isinstance(event, Failed)]
