"""From one like to a new For You of 100,000 Items: the real studio process, asked over its pipe.

Also its start until it is ready, and the memory it then takes. The library is made up, its vectors have the built-in
encoders' full size.
"""

from __future__ import annotations

import queue
import time
from collections.abc import Iterator
from typing import TypeVar

import psutil
from made_profile import made_profile, with_vectors
from table import Absent, Row

from app.codec import Message
from app.paths import RESOURCES
from app.processes import Child, studio_command
from app.protocol import FeedbackChanged, Picks, Ready, Recommend, ScoresChanged, Shelf
from app.store.database import Database
from app.store.feedback import Feedback
from app.store.items import Items
from models.ids import ItemId

LABELS = 200
ITEMS = 100_000
LIMIT = 180.0
E = TypeVar("E")


class Conversation:
    """A studio process and what it says."""

    def __init__(self, child_of: list[str]) -> None:
        self._said: queue.SimpleQueue[Message | str] = queue.SimpleQueue()
        self.child = Child(child_of, self._said.put, lambda reason, _final: self._said.put(reason))

    def wait(self, kind: type[E]) -> E:
        """The next message of a kind. Raises Absent when the process ends or says nothing for long."""
        deadline = time.monotonic() + LIMIT
        while True:
            try:
                said = self._said.get(timeout=max(deadline - time.monotonic(), 0.01))
            except queue.Empty:
                raise Absent(f"the studio gave no {kind.__name__} in {LIMIT:.0f} s") from None
            if isinstance(said, str):
                raise Absent(f"the studio process ended: {said}")
            if isinstance(said, kind):
                return said


def rows() -> Iterator[Row]:
    """Yield start, re-ranking and memory."""
    profile = with_vectors(made_profile(ITEMS))
    with Database.open(profile.library, RESOURCES / "migrations") as database:
        feedback, ids = Feedback(database), Items(database).present_ids()
        for number, item in enumerate(ids[:: len(ids) // LABELS][:LABELS]):
            (feedback.dislike if number % 3 == 0 else feedback.like)(item)
        talk = Conversation(studio_command(profile.root))
        begun = time.perf_counter()
        talk.child.start()
        try:
            talk.wait(Ready)
            ready = time.perf_counter() - begun
            talk.wait(ScoresChanged)
            ranked = time.perf_counter() - begun
            talk.child.send(Recommend(1, (Shelf.LOVE, Shelf.DIFFERENT, Shelf.FORGOTTEN)))
            talk.wait(Picks)
            taken = sorted(one_round(talk, feedback, item, number) for number, item in enumerate(ids[5:1005:100]))
            memory = psutil.Process(talk.child.pid).memory_info().rss / 2**20
        finally:
            talk.child.close()
            for _ in range(LABELS + 10):
                feedback.undo()
    yield Row("studio process: exec to healed and ready", "s", ready, goal=5.0)
    yield Row("studio process: exec to first ranking of 100,000", "s", ranked)
    yield Row(f"like to new For You, {LABELS} labels, median of {len(taken)}", "s", taken[len(taken) // 2], goal=1.0)
    yield Row("the slowest of them", "s", taken[-1])
    yield Row("studio process: memory with 100,000 Items", "MiB", memory)


def one_round(talk: Conversation, feedback: Feedback, item: ItemId, number: int) -> float:
    """Seconds from committing a like to having the picks of a ranking that knows it."""
    begun = time.perf_counter()
    feedback.like(item)
    talk.child.send(FeedbackChanged())
    talk.child.send(Recommend(number + 2, (Shelf.LOVE, Shelf.DIFFERENT, Shelf.FORGOTTEN)))
    talk.wait(Picks)
    return time.perf_counter() - begun
