"""The scan's thread beside what happens meanwhile: folders that go, an end that comes, a demo that cannot be made."""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.paths import RESOURCES
from app.protocol import Done, Event, Failed, ItemsChanged, Job, JobEnded
from app.store.database import Database
from app.store.items import Items
from app.studio.scanning import Scanning

Make = Callable[[Callable[[Event], None]], Scanning]


@pytest.fixture
def library(tmp_path: Path) -> Callable[[], Database]:
    return lambda: Database.open(tmp_path / "library.db", RESOURCES / "migrations")


@pytest.fixture
def make(tmp_path: Path, library: Callable[[], Database]) -> Iterator[Make]:
    made: list[Scanning] = []

    def scanning(say: Callable[[Event], None]) -> Scanning:
        made.append(Scanning(library, tmp_path / "covers", say, lambda: None, lambda _work: None))
        return made[-1]

    yield scanning
    for one in made:
        one.close()


def until_it_ended(events: queue.Queue[Event]) -> list[Event]:
    """What was said until the next end of a job, that end last."""
    heard: list[Event] = []
    while not heard or not isinstance(heard[-1], JobEnded):
        heard.append(events.get(timeout=30))
    return heard


def test_a_folder_can_go_while_it_is_scanned(
    sounds: Path, library: Callable[[], Database], make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.studio.scanning.BATCH", 1)
    events: queue.Queue[Event] = queue.Queue()
    with library() as database:
        folder = Items(database).add_folder(str(sounds))

    def say(event: Event) -> None:
        # On the scan's own thread, between its first batch and the second.
        if isinstance(event, ItemsChanged) and event.added and not gone:
            gone.append(folder.id)
            with library() as other:
                scanning.leave(folder.id, lambda: Items(other).remove_folder(folder.id))
        events.put(event)

    gone: list[int] = []
    scanning = make(say)
    scanning.start()
    scanning.ask()
    heard = until_it_ended(events)
    assert gone
    assert not [event for event in heard if isinstance(event, Failed)]
    with library() as database:
        items = Items(database)
        assert items.folders() == []
        assert items.counts().tracks <= 1
        items.add_folder(str(sounds))
    scanning.ask()
    until_it_ended(events)
    with library() as database:
        assert Items(database).counts().tracks == 12, "a folder that comes back is scanned, whatever its number"


def test_at_the_end_what_waits_is_not_begun(make: Make, sounds: Path, library: Callable[[], Database]) -> None:
    events: queue.Queue[Event] = queue.Queue()
    scanning = make(events.put)
    for number in range(50):
        scanning.ask(f"/music/{number}")
    scanning.close()
    scanning.start()
    scanning.close()
    assert events.empty()


def test_a_demo_that_cannot_be_made_is_answered(make: Make, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    events: queue.Queue[Event] = queue.Queue()
    scanning = make(events.put)
    scanning.start()
    scanning.make_demo(7, tmp_path / "file" / "demo")
    heard = until_it_ended(events)
    failed = next(event for event in heard if isinstance(event, Failed))
    assert (failed.request, failed.title) == (7, "The demo cannot be made here")
    assert not [event for event in heard if isinstance(event, Done)]
    assert isinstance(heard[-1], JobEnded)
    assert heard[-1].job is Job.DEMO
