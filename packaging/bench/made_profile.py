"""A profile with a made-up library, kept between runs: the Items in SQLite, and on demand their vectors.

The measurements share it; it lies in the system's folder for temporary files and may be deleted at any time.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import numpy as np

from app.config import WATCH_FOLDERS, Settings
from app.paths import RESOURCES, Profile
from app.store.database import Database
from app.store.scores import Scores
from models.ids import ItemId

VERSION = 2


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
        # Its files do not exist: nobody shall look for them.
        Settings(profile.settings).set(WATCH_FOLDERS, False)
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


def with_vectors(profile: Profile) -> Profile:
    """Return a copy of the profile in which every Item has clustered sound and word vectors of full size.

    Made once; the copy stays beside the profile. Takes about a minute for 100,000 Items.
    """
    from app.store.items import Items
    from app.store.vectors import Vectors
    from app.studio.spaces import builtin_spaces

    root = profile.root.with_name(profile.root.name + "-vectors")
    spaces = builtin_spaces()
    done = root / "-".join(name.rpartition("-")[2][:8] for name in spaces.all)
    if not done.exists() or done.stat().st_mtime < (profile.root / "made").stat().st_mtime:
        shutil.rmtree(root, ignore_errors=True)
        shutil.copytree(profile.root, root)
        copied = Profile.at(root)
        print(f"giving its Items vectors in {root} ...", flush=True)
        vectors = Vectors(copied.vectors)
        rng = np.random.default_rng(0)
        with Database.open(copied.library, RESOURCES / "migrations") as database:
            items = Items(database)
            ids = np.array(items.present_ids(), np.int64)
            cluster = rng.integers(0, 40, len(ids))
            for space, width in ((spaces.audio, 860), (spaces.text, 512)):
                centres = rng.standard_normal((40, width)).astype(np.float32)
                for first in range(0, len(ids), 10_000):
                    part = slice(first, first + 10_000)
                    drawn = rng.standard_normal((len(ids[part]), width), np.float32) + centres[cluster[part]]
                    drawn /= np.linalg.norm(drawn, axis=1, keepdims=True)
                    vectors.add(space, ids[part], drawn)
            items.mark((ItemId(int(item)), space) for space in (spaces.audio, spaces.text) for item in ids)
            items.mark(((ItemId(int(item)), spaces.image) for item in ids), silent=True)
        vectors.optimize()
        vectors.close()
        done.touch()
    return Profile.at(root)
