"""The user's own feedback as a data set: JSON Lines of `bowerbird export`, features from the profile's vectors.

Only reads: the file, the library (for which Item an identity is) and the vectors. Items without vectors are left out.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from app.errors import MediaError
from app.paths import RESOURCES, Profile
from app.store.database import Database
from app.store.feedback import FeedbackRow
from app.store.vectors import Vectors
from app.studio.evaluate.building import Sample
from app.studio.evaluate.simulated import World, library_songs, listeners
from app.studio.features import ItemFeatures, load_features
from app.studio.labelling import labels_from
from app.studio.spaces import builtin_spaces
from models.baselines.base import LIKED_FROM
from models.evaluation.audience import Audience, Listener
from models.ids import ItemId

SPLITS = 20
"""How often the one person is split anew; what the intervals then say is how much the split matters."""
LEAST = 15


def is_feedback(path: Path) -> bool:
    """Whether the first line says that this is a feedback file."""
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            head = json.loads(file.readline(1_000))
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(head, dict) and head.get("bowerbird") == "feedback"


def load_feedback(path: Path, profile: Profile, sample: Sample) -> Audience:
    """One person, split SPLITS times (`sample.users` at most). Raises MediaError where too few ratings have vectors."""
    features = profile_features(profile)
    with Database.open(profile.library, RESOURCES / "migrations") as database:
        rows = list(_rows(path, database))
        artist_of = {row[0]: row[1] for row in database.all("SELECT id, artist_key FROM items")}
    labels = labels_from(rows, time.time())
    at = features.positions(labels.items)
    kept = np.flatnonzero((at >= 0) & (labels.weights >= 1.0))
    if len(kept) < LEAST:
        raise MediaError(
            f"Only {len(kept)} rated items of this feedback have vectors in the library",
            f"At least {LEAST} are needed to learn from some and ask about others.",
            path,
        )
    # labels_from gives the oldest first and ages; days rise from the first.
    ages = labels.ages[kept]
    one = Listener(at[kept].astype(np.int64), labels.targets[kept], (ages.max() - ages).astype(np.float32))
    implicit = bool((one.targets >= LIKED_FROM).all())
    known: dict[str, int] = {"": -1}
    names = [str(artist_of.get(int(item)) or "") for item in features.ids]
    artists = np.array([known.setdefault(name, len(known)) for name in names], np.int64)
    listeners = (one,) * min(SPLITS, max(1, sample.users))
    return Audience("own feedback", features.rows, listeners, implicit, None, artists, timed=True, scale=5.0)


def profile_features(profile: Profile) -> ItemFeatures:
    """The features of a profile's library. Raises MediaError where it has none."""
    if not profile.library.exists():
        raise MediaError("There is no library here", "Take folders in first: bowerbird scan DIR", profile.root)
    vectors = Vectors(profile.vectors)
    try:
        features = load_features(vectors, builtin_spaces().all)
    finally:
        vectors.close()
    if not len(features):
        raise MediaError("This library has no vectors yet", "Index it first: bowerbird scan", profile.root)
    return features


def library_audience(profile: Profile, *, users: int = 60, seed: int = 0) -> Audience:
    """Simulated listeners whose hidden tastes lie in the sound of this library: they give stars, and differ in noise.

    Raises MediaError where the library has too few sounds to hide tastes in.
    """
    vectors = Vectors(profile.vectors)
    try:
        spaces = builtin_spaces()
        others = [(name, *vectors.matrix(name)) for name in (spaces.image, spaces.text)]
        songs = library_songs(vectors.matrix(spaces.audio), [one for one in others if len(one[1])], seed=seed)
    except ValueError as error:
        raise MediaError("This library is too small", str(error), profile.root) from error
    finally:
        vectors.close()
    labels = max(10, len(songs.features) // 2)
    made = listeners(songs, World(users=users, labels=min(labels, 120)), seed=seed)
    return replace(made, name=f"simulated tastes in the library's sound ({len(songs.features)} items)")


def _rows(path: Path, database: Database) -> Iterator[FeedbackRow]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()[1:]
    except (OSError, UnicodeDecodeError) as error:
        raise MediaError("The feedback cannot be read", str(error), path) from error
    item_of = {bytes(identity): item for identity, item in database.all("SELECT identity, id FROM items")}
    for number, line in enumerate(lines):
        try:
            found = json.loads(line)
            item = item_of.get(bytes.fromhex(found["identity"]))
            value, at = found["value"], float(found["at"])
            number_or_none = None if value is None else float(value)
            origin, context = str(found.get("origin", "")), str(found.get("context", ""))
            kind = str(found["kind"])
        except (ValueError, TypeError, KeyError, RecursionError):
            continue
        if item is not None and math.isfinite(at) and (number_or_none is None or math.isfinite(number_or_none)):
            yield FeedbackRow(number, ItemId(item), kind, number_or_none, origin, context, at)
