"""The map thread: it makes the map, lets it grow without a jump, and leaves it alone when nothing has changed."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest

from app.map_messages import MakeMap, MapChanged
from app.paths import RESOURCES, Profile
from app.protocol import Event, Failed, Job, JobEnded, Progress
from app.store.database import Database
from app.store.items import Items
from app.store.map_layout import LaidOut, MapLayout, MapReading
from app.studio import mapping
from app.studio.features import EMPTY, ItemFeatures
from app.studio.mapping import Mapping
from tests.factories import found_item
from tests.studio_run import Run

T = TypeVar("T", bound=Event)
PATIENCE = 60.0


def features(count: int, spaces: tuple[str, ...] = ("a",), first: int = 1) -> ItemFeatures:
    random = np.random.default_rng(0)
    rows = random.normal(size=(4, 12))[np.arange(count) % 4] * 3 + random.normal(size=(count, 12))
    ids = np.arange(first, first + count, dtype=np.int64)
    return ItemFeatures(ids, rows.astype(np.float32), None, dict.fromkeys(spaces, count))


class Mapped:
    """A map thread on a profile, and what it said."""

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        self.said: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self.resting = threading.Event()
        self.resting.set()

        def open_database() -> Database:
            return Database.open(profile.library, RESOURCES / "migrations")

        with open_database() as database:
            items = Items(database)
            folder = items.add_folder("/music")
            items.save_found([found_item(n, folder.id, genre=("Jazz", "Folk")[n % 2]) for n in range(100)])
        self.mapping = Mapping(open_database, profile.scores, self.resting, self.said.put)
        self.mapping.start()

    def take(self, known: ItemFeatures) -> LaidOut:
        """The map after these features."""
        self.mapping.features_changed(known)
        self.wait(MapChanged)
        return self.read()

    def read(self) -> LaidOut:
        with contextlib.closing(MapLayout(self.profile.scores)) as layout:
            return layout.read()

    def wait(self, kind: type[T], fits: Callable[[T], bool] = lambda event: True) -> T:
        while True:
            event = self.said.get(timeout=PATIENCE)
            assert not isinstance(event, Failed), event
            if isinstance(event, kind) and fits(event):
                return event


@pytest.fixture
def mapped(profile: Profile) -> Iterator[Mapped]:
    profile.make()
    made = Mapped(profile)
    yield made
    made.mapping.close()


def test_the_first_map(mapped: Mapped) -> None:
    laid = mapped.take(features(60))
    assert laid.ids.tolist() == list(range(1, 61))
    assert (laid.spaces, laid.laid) == (("a",), 60)
    with Database.open(mapped.profile.library, RESOURCES / "migrations", scores=mapped.profile.scores) as database:
        assert len(MapReading(database).dots()) == 60
        assert {region.name for region in MapReading(database).regions()} <= {"Jazz", "Folk"} | {
            f"Artist {number}" for number in range(7)
        }


def test_the_same_again_changes_nothing(mapped: Mapped) -> None:
    known = features(60)
    first = mapped.take(known)
    mapped.mapping.features_changed(known)
    mapped.mapping.features_changed(features(60))
    mapped.mapping.items_stale()  # this one is answered
    mapped.wait(MapChanged)
    assert mapped.said.empty()
    assert np.array_equal(mapped.read().places, first.places)


def test_a_few_more_take_their_places_and_nothing_moves(mapped: Mapped) -> None:
    first = mapped.take(features(60))
    second = mapped.take(features(66))
    assert np.array_equal(second.places[:60], first.places)
    assert second.laid == 60
    third = mapped.take(features(55))
    assert np.array_equal(third.places, first.places[:55])


def test_many_more_or_other_spaces_arrange_it_anew_from_where_it_stood(mapped: Mapped) -> None:
    first = mapped.take(features(60))
    second = mapped.take(features(90))
    assert second.laid == 90
    assert not np.array_equal(second.places[:60], first.places)
    assert np.median(np.linalg.norm(second.places[:60] - first.places, axis=1)) < 0.15
    third = mapped.take(features(90, ("a", "b")))
    assert third.spaces == ("a", "b")


def test_an_empty_library_has_an_empty_map(mapped: Mapped) -> None:
    mapped.take(features(60))
    assert len(mapped.take(EMPTY).ids) == 0


def test_it_waits_until_there_is_nothing_to_learn(mapped: Mapped) -> None:
    mapped.resting.clear()
    mapped.mapping.features_changed(features(60))
    threading.Timer(0.3, mapped.resting.set).start()
    mapped.wait(MapChanged)
    assert mapped.resting.is_set()


def test_it_can_be_cancelled_and_asked_for_again(mapped: Mapped, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mapping, "QUIET_SECONDS", -1.0)
    first = mapped.take(features(60))
    while not mapped.said.empty():
        mapped.said.get()
    told = mapped.said.put

    def cancelling(event: Event) -> None:
        told(event)
        if isinstance(event, Progress) and (control := mapped.mapping.control_of(Job.MAP)):
            control.cancel()

    monkeypatch.setattr(mapped.mapping, "_say", cancelling)
    mapped.mapping.features_changed(features(90))
    assert mapped.wait(JobEnded).cancelled
    assert np.array_equal(mapped.read().places, first.places)
    monkeypatch.setattr(mapped.mapping, "_say", told)
    mapped.mapping.make()
    progress = mapped.wait(Progress)
    assert (progress.job, progress.total) == (Job.MAP, 90)
    assert not mapped.wait(JobEnded).cancelled
    assert mapped.wait(MapChanged).items == 90
    assert mapped.mapping.control_of(Job.MAP) is None


@pytest.mark.allow_log_errors
def test_what_goes_wrong_is_said_and_the_thread_lives(mapped: Mapped) -> None:
    broken = features(60)
    broken.rows[:] = np.nan
    mapped.mapping.features_changed(broken)
    event = mapped.said.get(timeout=PATIENCE)
    assert isinstance(event, Failed)
    assert len(mapped.take(features(60)).ids) == 60


def test_a_studio_makes_the_map_of_its_library(ready: Run) -> None:
    ready.tell(MakeMap())  # at once: before anything was learned
    assert ready.wait(MapChanged).items == 12


def test_the_map_of_the_next_start_is_there_at_once(profile: Profile, tmp_path: Path) -> None:
    profile.make()
    with contextlib.closing(MapLayout(profile.scores)) as layout:
        layout.write(LaidOut(np.array([1], np.int64), np.array([[0.5, 0.5]], np.float32), ("a",), 1))
    with contextlib.closing(MapLayout(profile.scores)) as layout:
        assert layout.read().ids.tolist() == [1]
