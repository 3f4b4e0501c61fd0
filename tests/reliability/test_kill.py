"""`kill -9` at any time: nothing acknowledged is lost, and the next start heals.

The window's part (feedback acknowledged after its commit) is killed in tests/app/store; here it is the studio, in
the midst of scanning and encoding.
"""

from __future__ import annotations

import os
import queue
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.codec import Message
from app.paths import RESOURCES, Profile
from app.processes import Child, studio_command
from app.protocol import AddFolder, Event, Job, JobEnded, Progress, Ready, Scan
from app.store.database import Database, check
from app.store.feedback import Feedback
from app.store.item_lists import ItemLists, ListQuery
from app.store.items import Items
from app.store.vectors import Vectors
from app.studio.spaces import builtin_spaces
from tests.studio_run import write_sound

pytestmark = pytest.mark.journey

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def many_sounds(tmp_path: Path) -> Path:
    folder = tmp_path / "music"
    folder.mkdir()
    for number in range(40):
        write_sound(folder / f"{number:02}.wav", pitch=200 + 11 * number, noise=number / 60, seconds=3, seed=number)
    return folder


class Events:
    """Events of a studio process, to wait for."""

    def __init__(self) -> None:
        self.queue: queue.Queue[Message] = queue.Queue()

    def wait(self, *kinds: type[Event], seconds: float = 60.0) -> Message:
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            event = self.queue.get(timeout=left)
            if isinstance(event, kinds):
                return event
        raise AssertionError(f"none of {kinds}")


@pytest.fixture
def events() -> Events:
    return Events()


@pytest.fixture
def studio(profile: Profile, events: Events, monkeypatch: pytest.MonkeyPatch) -> Iterator[Child]:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    # Its pauses between starts, twenty seconds for four of them, are nothing that a kill could reach.
    monkeypatch.setattr("app.processes.RESTART_DELAYS", (0.1,))
    child = Child(studio_command(profile.root), events.queue.put, lambda reason, final: None)
    child.start()
    yield child
    child.close()


def open_database(profile: Profile) -> Database:
    return Database.open(profile.library, RESOURCES / "migrations")


def test_a_studio_killed_again_and_again_ends_with_all_vectors(
    profile: Profile, events: Events, studio: Child, many_sounds: Path
) -> None:
    chance = random.Random(7)
    events.wait(Ready)
    studio.send(AddFolder(1, str(many_sounds)))
    for _ in range(4):
        events.wait(Progress)
        time.sleep(chance.uniform(0.0, 0.8))  # the moment of the kill is what varies
        if studio.pid:
            os.kill(studio.pid, signal.SIGKILL)
        events.wait(Ready)
        studio.send(Scan())
    while True:
        ended = events.wait(JobEnded)
        assert isinstance(ended, JobEnded)
        with open_database(profile) as database:
            if ended.job is Job.INDEX and Items(database).counts().encoded == 40 and not unfinished(database):
                break
    studio.close()
    assert check(profile.library) == []
    vectors = Vectors(profile.vectors)
    with open_database(profile) as database:
        for space in builtin_spaces().all:
            assert set(vectors.ids(space).tolist()) == Items(database).marked(space)
        assert Items(database).counts().tracks == 40
    assert vectors.check() == []
    vectors.close()


def unfinished(database: Database) -> bool:
    return any(Items(database).unmarked(space) for space in builtin_spaces().all)


RATING = """
import sys
from pathlib import Path
from app.paths import RESOURCES
from app.store.database import Database
from app.store.feedback import Feedback
from models.ids import ItemId
with Database.open(Path(sys.argv[1]), RESOURCES / "migrations") as database:
    feedback = Feedback(database)
    items = [ItemId(int(word)) for word in sys.argv[2:]]
    print("ready", flush=True)
    number = 0
    while True:
        feedback.stars(items[number % len(items)], (number % 10 + 1) / 2)
        number += 1
        print(number, flush=True)
"""


def test_a_rater_killed_while_the_studio_works_loses_nothing_acknowledged(
    profile: Profile, events: Events, studio: Child, many_sounds: Path
) -> None:
    events.wait(Ready)
    studio.send(AddFolder(1, str(many_sounds)))
    ids: list[str] = []
    while len(ids) < 40:
        events.wait(JobEnded)
        with open_database(profile) as database:
            ids = [str(item) for item in ItemLists(database).ids(ListQuery())]
    acknowledged = 0
    for life in range(3):
        rater = subprocess.Popen(
            [sys.executable, "-c", RATING, str(profile.library), *ids], stdout=subprocess.PIPE, text=True
        )
        assert rater.stdout is not None
        assert rater.stdout.readline() == "ready\n"
        for line in rater.stdout:
            if int(line) >= 20 + 7 * life:
                break
        rater.kill()
        told = [int(line) for line in rater.stdout if line.endswith("\n")]
        rater.wait()
        rater.stdout.close()
        acknowledged += max(told, default=20 + 7 * life)
        with open_database(profile) as database:
            rows = [row for row in Feedback(database).effective() if row.kind == "stars"]
            assert len(rows) >= acknowledged
            # At most the one that was committed and not yet told, for each life so far.
            assert len(rows) <= acknowledged + life + 1
            acknowledged = len(rows)
    assert check(profile.library) == []
