"""A profile with a made-up library, kept between runs: the Items in SQLite, and on demand their vectors.

The measurements share it; it lies in the system's folder for temporary files and may be deleted at any time.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import numpy as np

from app.paths import RESOURCES, Profile
from app.store.database import Database
from app.store.scores import Scores

VERSION = 1


def made_profile(count: int) -> Profile:
    """Return the profile with `count` Items and scores; made on first use (about 20 s for 100,000)."""
    import factories  # tests/factories.py

    root = Path(tempfile.gettempdir()) / f"bowerbird-bench-{VERSION}-{count}"
    newest = max(path.stat().st_mtime for path in (RESOURCES / "migrations").glob("*.sql"))
    done = root / "made"
    if not done.exists() or done.stat().st_mtime < newest:
        shutil.rmtree(root, ignore_errors=True)
        profile = Profile.at(root)
        profile.make()
        print(f"making a library of {count:,} Items in {root} ...", flush=True)
        database = Database.open(profile.library, RESOURCES / "migrations")
        items = factories.make_library(database, count)
        ids = np.array(items.present_ids(), np.int64)
        database.close()
        rng = np.random.default_rng(0)
        scores = Scores(profile.scores)
        drawn = rng.standard_normal((2, len(ids))).astype(np.float32)
        scores.write(ids, drawn[0], np.abs(drawn[1]))
        scores.close()
        done.touch()
    return Profile.at(root)
