"""A studio killed while it takes in what peers offer: the next start brings offers.db and LanceDB together."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from app.network_messages import OfferScoresChanged
from app.paths import Profile
from app.processes import studio_command
from app.store.offer_table import OfferColumns
from app.studio.spaces import builtin_dimensions, builtin_spaces
from tests.factories import open_database
from tests.peers_catalogue import Offered, publish
from tests.studio_run import Run

pytestmark = pytest.mark.journey

SPACES = builtin_spaces()
COUNT = 10_000
_ROOT = Path(__file__).resolve().parents[2]


def _killed_when(profile: Profile, reached: Callable[[], bool]) -> None:
    """Start a studio, and kill it as soon as it has come so far."""
    child = subprocess.Popen(
        studio_command(profile.root),
        cwd=_ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 60
    while not reached():
        assert child.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.002)
    child.send_signal(signal.SIGKILL if os.name != "nt" else signal.SIGTERM)
    child.communicate(timeout=30)


def test_a_kill_while_offers_are_taken_in_is_healed(profile: Profile) -> None:
    dimension = builtin_dimensions()[SPACES.audio]
    sounds = np.random.default_rng(0).standard_normal((COUNT, dimension)).astype(np.float32)
    publish(profile, "ann", [Offered(f"song {n}", {SPACES.audio: sounds[n]}) for n in range(COUNT)])

    def written(space: str, files: int) -> Callable[[], bool]:
        data = profile.vectors / f"offers.{space}.lance" / "data"
        return lambda: data.is_dir() and len(list(data.iterdir())) >= files

    _killed_when(profile, written(SPACES.text, 1))
    _killed_when(profile, written(SPACES.text, 2))
    _killed_when(profile, written(SPACES.audio, 1))
    run = Run(profile)
    run.start()
    run.wait(OfferScoresChanged, lambda event: event.offers == COUNT)
    with open_database(profile.root, offers=True) as database:
        ids = OfferColumns(database).table().ids
    for space in (SPACES.text, SPACES.audio):
        assert run.studio._offer_vectors.ids(space).tolist() == ids.tolist()
        assert sum(len(part) for part, _ in run.studio._offer_vectors.batches(space)) == COUNT
    assert run.studio._offer_vectors.broken() == []
    assert run.failures() == []
    run.studio.close()
