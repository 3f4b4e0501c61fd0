"""The taste thread by itself: feedback is learned at once, also while vectors are being read again."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pytest

from app.protocol import Event, Explain, Explanation, Failed, FeedbackChanged, ScoresChanged
from app.store.database import Database
from app.store.feedback import Feedback
from app.store.items import Items
from app.store.scores import Scores
from app.store.vectors import Vectors
from app.studio.spaces import SpacesInUse, builtin_spaces
from app.studio.taste_loop import TasteLoop
from app.studio.taste_work import VectorsChanged
from app.studio.trainer import Trainer
from models.ids import ItemId
from models.types import F32, I64
from tests.factories import found_item, open_database

T = TypeVar("T")
SPACE = builtin_spaces().audio
PATIENCE = 20


class SlowVectors(Vectors):
    """Vectors that are read to the end only when they may be."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.go_on, self.asked = threading.Event(), threading.Event()
        self.go_on.set()
        self.broken = False

    def matrix(self, space: str) -> tuple[I64, F32]:
        self.asked.set()
        assert self.go_on.wait(PATIENCE)
        if self.broken:
            raise OSError("the disk is gone")
        return super().matrix(space)


class Rig:
    """Ten Items, the first six with vectors."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        with self.open() as database:
            items = Items(database)
            root = items.add_folder("/music")
            items.save_found([found_item(number, root.id) for number in range(10)])
        self.vectors = SlowVectors(folder / "vectors")
        self.add(range(1, 7))
        self.events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self.resting = threading.Event()
        self.loop = TasteLoop(
            self.open, self.vectors, SpacesInUse(builtin_spaces()), Trainer(), folder / "scores.db", folder / "taste",
            self.events.put, lambda learned: None, self.resting,
        )  # fmt: skip
        self.loop.start()
        self.wait(ScoresChanged)

    def open(self) -> Database:
        return open_database(self._folder)

    def add(self, ids: range) -> None:
        rows = np.random.default_rng(ids.start).standard_normal((len(ids), 860)).astype(np.float32)
        self.vectors.add(SPACE, np.array(ids), rows)

    def like(self, item: int) -> None:
        with self.open() as database:
            Feedback(database).like(ItemId(item))
        self.loop.put(FeedbackChanged())

    def read_again(self) -> None:
        """Four more have vectors; the reading of all begins, and does not end."""
        self.add(range(7, 11))
        self.vectors.asked.clear()
        self.vectors.go_on.clear()
        self.loop.put(VectorsChanged(final=True))
        assert self.vectors.asked.wait(PATIENCE)

    def wait(self, kind: type[T], **fields: Any) -> T:
        while True:
            event = self.events.get(timeout=PATIENCE)
            if isinstance(event, kind) and all(getattr(event, name) == value for name, value in fields.items()):
                return event

    def scored(self) -> int:
        scores = Scores(self._folder / "scores.db")
        try:
            return sum(one is not None for one in scores.score_of(list(range(1, 11))))
        finally:
            scores.close()


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    made = Rig(tmp_path)
    yield made
    made.vectors.go_on.set()
    made.loop.close()
    made.vectors.close()


def test_feedback_does_not_wait_for_vectors_that_are_read(rig: Rig) -> None:
    rig.like(1)
    rig.wait(ScoresChanged, labels=1)
    rig.read_again()
    rig.like(2)
    rig.wait(ScoresChanged, labels=2)
    assert rig.scored() == 6
    rig.like(9)
    rig.wait(ScoresChanged, labels=2)
    rig.vectors.go_on.set()
    rig.wait(ScoresChanged, labels=3)
    assert rig.scored() == 10


def test_new_vectors_alone_are_learned_when_they_are_read(rig: Rig) -> None:
    rig.like(1)
    rig.wait(ScoresChanged, labels=1)
    rig.read_again()
    assert not rig.resting.is_set()
    rig.vectors.go_on.set()
    rig.wait(ScoresChanged, labels=1)
    assert rig.resting.wait(PATIENCE)
    assert rig.scored() == 10


def test_what_comes_while_vectors_are_read_is_read_next(rig: Rig) -> None:
    rig.like(1)
    rig.wait(ScoresChanged, labels=1)
    rig.read_again()
    rig.vectors.delete(SPACE, np.array([10]))
    rig.loop.put(VectorsChanged(final=True))
    rig.like(2)
    rig.wait(ScoresChanged, labels=2)
    rig.vectors.go_on.set()
    rig.wait(ScoresChanged, labels=2)
    rig.wait(ScoresChanged, labels=2)
    assert rig.scored() == 9


def test_a_question_is_answered_from_the_newest_vectors(rig: Rig) -> None:
    rig.like(1)
    rig.wait(ScoresChanged, labels=1)
    rig.read_again()
    rig.loop.put(Explain(5, 9))
    rig.vectors.go_on.set()
    assert rig.wait(Explanation).item == 9
    rig.add(range(11, 12))
    with rig.open() as database:
        items = Items(database)
        items.save_found([found_item(10, items.folders()[0].id)])
    rig.loop.put(VectorsChanged(final=True))
    rig.loop.put(Explain(6, 11))
    assert rig.wait(Explanation).item == 11


@pytest.mark.allow_log_errors
def test_vectors_that_cannot_be_read_are_told_and_tried_again(rig: Rig) -> None:
    rig.like(1)
    rig.wait(ScoresChanged, labels=1)
    rig.read_again()
    rig.vectors.broken = True
    rig.vectors.go_on.set()
    failed = rig.wait(Failed)
    assert "disk is gone" in failed.detail
    assert rig.resting.wait(PATIENCE)
    rig.vectors.broken = False
    rig.like(2)
    rig.wait(ScoresChanged, labels=2)
    rig.loop.put(Explain(5, 9))
    assert rig.wait(Explanation).item == 9
