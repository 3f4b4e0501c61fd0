"""Two processes on one library, and processes killed while they write: nothing acknowledged is lost."""

from __future__ import annotations

import json
import logging
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from app.store.database import check
from app.store.feedback import Feedback
from tests.factories import make_library, open_database

log = logging.getLogger(__name__)
_ROOT = Path(__file__).resolve().parents[3]

# Each line is printed after the commit: what was printed was acknowledged.
_RATE = """
import sys
from pathlib import Path
from app.store.feedback import Feedback
from models.ids import ItemId
from tests.factories import open_database
feedback = Feedback(open_database(Path(sys.argv[1]), scores=True))
number = 0
while True:
    number += 1
    match number % 4:
        case 0: feedback.undo(); row = feedback.last_id()
        case 1: feedback.like(ItemId(number % 50 + 1)); row = feedback.last_id()
        case 2: feedback.stars(ItemId(number % 50 + 1), number % 11 / 2); row = feedback.last_id()
        case 3: feedback.played(ItemId(number % 50 + 1), 1.0, 60.0); row = feedback.last_id()
    print(row, flush=True)
"""

_STUDIO = """
import sys
from pathlib import Path
import numpy as np
from app.store.items import Items
from app.store.scores import Scores
from models.ids import ItemId
from tests.factories import found_item, open_database
folder = Path(sys.argv[1])
items, scores = Items(open_database(folder)), Scores(folder / "scores.db")
number = 1000
print("ready", flush=True)
while True:
    number += 100
    items.save_found([found_item(at, 1) for at in range(number, number + 100)])
    items.mark([(ItemId(at % 50 + 1), "audio-v1-00000000") for at in range(number, number + 100)])
    values = np.random.default_rng(number).random(5000).astype("f4")
    scores.write(np.arange(1, 5001), values, values)
    print(number, flush=True)
"""

_LISTEN = """
import json, sys, time
from pathlib import Path
from app.store.feedback import Feedback
from app.store.item_lists import ItemLists, ListQuery, SortKey
from models.ids import ItemId
from tests.factories import open_database
database = open_database(Path(sys.argv[1]), scores=True)
feedback, lists = Feedback(database), ItemLists(database)
times = []
for number in range(300):
    start = time.perf_counter()
    feedback.stars(ItemId(number % 50 + 1), number % 11 / 2)
    times.append(time.perf_counter() - start)
    if number % 20 == 0:
        lists.rows(lists.ids(ListQuery(sort=SortKey.SCORE, descending=True))[:256])
print(json.dumps(times))
"""


def _start(script: str, folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", script, str(folder)],
        cwd=_ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with open_database(tmp_path, scores=True) as database:
        make_library(database, 50)
    return tmp_path


@pytest.mark.parametrize("seed", range(3))
def test_kill_nine_loses_nothing_acknowledged(folder: Path, seed: int) -> None:
    child = _start(_RATE, folder)
    assert child.stdout is not None
    assert child.stderr is not None
    wanted = random.Random(seed).randint(5, 120)
    acknowledged = [int(child.stdout.readline()) for _ in range(wanted)]
    child.kill()
    rest, errors = child.communicate(timeout=30)
    assert errors == ""
    # The last line may be cut off by the kill; every whole one was acknowledged.
    acknowledged += [int(line) for line in rest.splitlines(keepends=True) if line.endswith("\n")]
    assert check(folder / "library.db") == []
    with open_database(folder, scores=True) as database:
        kept = {row[0] for row in database.all("SELECT id FROM feedback")}
        assert set(acknowledged) <= kept
        assert len(kept) <= len(acknowledged) + 1
        assert database.problems() == []
        # What was derived is what the log says.
        columns = "SELECT id, stars, liked, play_count, skip_count, last_played FROM items ORDER BY id"
        before = database.all(columns)
        feedback = Feedback(database)
        with database.transaction():
            for item, *_ in before:
                feedback.derive(item)
        assert database.all(columns) == before


def test_rating_never_fails_while_the_studio_writes(folder: Path) -> None:
    studio = _start(_STUDIO, folder)
    assert studio.stdout is not None
    try:
        assert studio.stdout.readline() == "ready\n"
        listener = _start(_LISTEN, folder)
        output, errors = listener.communicate(timeout=120)
        assert (listener.returncode, errors) == (0, "")
    finally:
        studio.kill()
        written, errors = studio.communicate(timeout=30)
    assert errors == ""
    assert written.split(), "the studio wrote meanwhile"
    times = sorted(json.loads(output))
    log.info("%d ratings: median %.1f ms, worst %.1f ms", len(times), times[150] * 1e3, times[-1] * 1e3)
    with open_database(folder, scores=True) as database:
        assert len(Feedback(database).effective()) == 300
        assert database.problems() == []


def test_a_killed_studio_leaves_a_sound_library(folder: Path) -> None:
    studio = _start(_STUDIO, folder)
    assert studio.stdout is not None
    studio.stdout.readline()
    deadline = time.monotonic() + 60
    while not studio.stdout.readline():
        assert time.monotonic() < deadline
    studio.kill()
    studio.communicate(timeout=30)
    assert check(folder / "library.db") == []
    with open_database(folder, scores=True) as database:
        assert database.problems() == []
        count = database.one("SELECT count(*) FROM scores.scores")
        assert count is not None
        assert count[0] in (0, 5000)
