"""A studio killed while it encodes with learned encoders: what was written stays, the rest is done next time."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from app.paths import Profile
from app.protocol import Job, JobEnded
from app.store.items import Items
from app.store.learned_spaces import LearnedSpaces
from app.store.moment_vectors import MomentVectors, mark_of
from app.store.vectors import Vectors
from models.types import Modality
from tests.plain_encoders import BOTH, PlainEncoders, install, write_film
from tests.studio_run import Run, write_sound

pytestmark = pytest.mark.journey

ROOT = Path(__file__).resolve().parents[2]
SOUNDS, FILMS = 16, 4
STUDIO = """
import sys, threading, time
from pathlib import Path
from app.paths import Profile
from app.studio import learned_indexing
from app.studio.service import Studio
from tests.plain_encoders import PlainEncoders
learned_indexing.FLUSH_ITEMS = 3
plain = PlainEncoders()
plain.before = lambda inputs: time.sleep(0.02)
studio = Studio(Profile.at(Path(sys.argv[1])), lambda event: None, watch=False, load=plain.load)
studio.start()
threading.Event().wait()
"""


def encoded(profile: Profile, spaces: tuple[str, str]) -> list[int]:
    run = Run(profile)
    with run.database() as database:
        return [len(Items(database).marked(space)) for space in spaces]


def test_a_kill_loses_nothing_that_was_marked(profile: Profile, tmp_path: Path) -> None:
    music = tmp_path / "music"
    music.mkdir()
    for number in range(SOUNDS):
        write_sound(music / f"sound {number}.wav", pitch=200 + 40 * number, noise=0.1, seconds=1.0)
    for number in range(FILMS):
        write_film(music / f"film {number}.mkv", ["red", "blue"], seconds=1.0 + number / 10)
    first = Run(profile)
    first.start()
    first.take_in(music)
    first.studio.close()
    seen, heard = (install(profile, name, family) for name, family in BOTH)
    chance, before = random.Random(5), [0, 0]
    for _ in range(3):
        child = subprocess.Popen(
            [sys.executable, "-c", STUDIO, str(profile.root)],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        )
        deadline = time.monotonic() + 60
        while sum(encoded(profile, (seen, heard))) <= sum(before) and child.poll() is None:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        time.sleep(chance.uniform(0.0, 0.1))  # the moment of the kill is what varies
        child.send_signal(signal.SIGKILL if os.name != "nt" else signal.SIGTERM)
        child.wait(30)
        after = encoded(profile, (seen, heard))
        assert all(now >= then for now, then in zip(after, before, strict=True))
        before = after
        if sum(before) == SOUNDS + FILMS:
            break
    plain = PlainEncoders()
    last = Run(profile, load=plain.load)
    last.start()
    last.settle_learned()
    assert last.failures() == []
    last.studio.close()
    left = [event for event in last.seen if isinstance(event, JobEnded) and event.job is Job.LEARNED]
    assert sum(event.done for event in left) <= SOUNDS + 2 * FILMS - sum(before)
    vectors = Vectors(profile.vectors)
    moments = MomentVectors(vectors)
    with last.database() as database:
        items, store = Items(database), LearnedSpaces(database)
        assert store.lacking(heard, Modality.AUDIO) == store.lacking(seen, Modality.IMAGE) == []
        for space, count in ((heard, SOUNDS), (seen, FILMS)):
            assert set(vectors.ids(space).tolist()) == items.marked(space)
            assert len(items.marked(space)) == count
        assert set(moments.items(seen).tolist()) == items.marked(mark_of(seen)) == items.marked(seen)
    assert vectors.check() == []
    vectors.close()
