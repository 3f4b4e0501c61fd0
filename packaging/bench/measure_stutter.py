"""The beat of a 10 ms timer in the window while a list is scrolled: idle, and while the studio starts and
takes in music.

The music is the demo's, so that the figures are comparable anywhere; the library has 100,000 other Items.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from made_profile import made_profile, with_vectors
from table import Absent, Row
from window_run import run_window

from app.demo.writer import make_demo
from app.paths import RESOURCES, Profile
from app.store.database import Database
from app.store.items import Items
from app.studio.spaces import builtin_spaces

SECONDS = 45.0


def encoded(profile: Profile) -> int:
    """How many Items have their sound's vector."""
    with Database.open(profile.library, RESOURCES / "migrations", readonly=True) as database:
        return len(Items(database).marked(builtin_spaces().audio))


def percentile(gaps: tuple[float, ...], share: float) -> float:
    """The gap below which that share of them lies, in milliseconds."""
    if not gaps:
        raise Absent("the timer never ticked")
    return sorted(gaps)[min(int(len(gaps) * share), len(gaps) - 1)] * 1000


def rows() -> Iterator[Row]:
    """Yield the 99th percentile and the largest gap, idle and indexing."""
    ready = with_vectors(made_profile(100_000))
    with tempfile.TemporaryDirectory() as folder:
        music, profile = Path(folder) / "music", Profile.at(Path(folder) / "profile")
        make_demo(music, lambda *_: None, lambda: False)
        shutil.copytree(ready.root, profile.root)
        idle = run_window(profile, "library", 10.0)
        before = encoded(profile)
        busy = run_window(profile, "library", SECONDS, str(music))
        taken = encoded(profile) - before
    if not taken:
        raise Absent("the studio encoded nothing meanwhile")
    yield Row("timer gap p99, idle, scrolling", "ms", percentile(idle.gaps, 0.99))
    yield Row(f"timer gap p99, while {taken} files are indexed", "ms", percentile(busy.gaps, 0.99), goal=30)
    at = sum(busy.gaps[: busy.gaps.index(max(busy.gaps))])
    yield Row(f"the largest of them, {at:.0f} s after the start", "ms", percentile(busy.gaps, 1.0))
