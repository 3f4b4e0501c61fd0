"""Has one learned encoder encode a small library from its files, as the studio does, and says what it took.

    python packaging/bench/encoding_run.py FOLDER      FOLDER of an installed encoder

A process of its own, so that its memory is its own. The library holds real music and films where they are at hand, else
made ones: one film to nine tracks, twelve tracks to an album with one cover. What runs is the studio's own indexing,
with its decoding children, its batches, vectors and marks; only scanning and taste are left out. Called by
`measure_encoders`; the encoder is loaded before the clock starts.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
sys.path[1:1] = [str(ROOT)]

from app.encoders.installed import Installed, Tried, read  # noqa: E402
from app.encoders.loading import Loaded, load  # noqa: E402
from app.encoders.trial import resident  # noqa: E402
from app.paths import RESOURCES, Profile  # noqa: E402
from app.protocol import Event, JobEnded  # noqa: E402
from app.store.database import Database  # noqa: E402
from app.store.item_values import FoundItem  # noqa: E402
from app.store.items import Items  # noqa: E402
from app.store.vectors import Vectors  # noqa: E402
from app.studio.encoders_in_use import EncodersInUse  # noqa: E402
from app.studio.learned_indexing import LearnedIndexing  # noqa: E402
from app.studio.spaces import SpacesInUse, builtin_spaces  # noqa: E402
from models.encoders.device import processor  # noqa: E402
from tests.described import SOUNDS, picture, sound  # noqa: E402
from tests.factories import found_item  # noqa: E402
from tests.film_files import write_scenes  # noqa: E402
from tests.journeys.sounds import write_track  # noqa: E402

SHARED = ROOT.parent / "shared" / "media"
TRACKS, FILMS, ALBUM = 36, 4, 12
PATIENCE = 1_200.0
SAMPLE = 0.02
"""Seconds between two looks at the memory: the system's own maximum would be that of loading."""


@dataclass(frozen=True, slots=True)
class EncodingRun:
    """`items` of which `encoded` got a vector, in so many seconds of the clock; `most` MiB that this process held."""

    items: int
    encoded: int
    seconds: float
    most: float


@dataclass(frozen=True, slots=True)
class _Given:
    """A shelf with one encoder that is in use, whether it was trained or not: how long it takes does not depend on
    that."""

    one: Installed

    def installed(self) -> list[Installed]:
        return [self.one]


def main(folder: Path) -> None:
    torch.set_num_threads(1)
    loaded = load(read(folder), processor())
    encoder = loaded.encoder
    tried = Tried(
        "", False, 0.0, 1, 0.0, encoder.dimension, str(encoder.id), True, "taken as it is, to be timed", 0, 0, 1.0, 0.0
    )
    with tempfile.TemporaryDirectory() as place:
        run = _timed(replace(loaded, installed=replace(loaded.installed, tried=tried)), Path(place))
    print(json.dumps([run.items, run.encoded, run.seconds, run.most]))


def _timed(loaded: Loaded, folder: Path) -> EncodingRun:
    profile = Profile.at(folder / "profile")
    profile.make()

    def open_database() -> Database:
        return Database.open(profile.library, RESOURCES / "migrations")

    with open_database() as database:
        items = Items(database)
        place = items.add_folder(str(folder / "media"))
        found = list(_library(folder / "media", place.id))
        items.save_found(found)
    spaces, vectors = SpacesInUse(builtin_spaces()), Vectors(profile.vectors)
    encoders = EncodersInUse(_Given(loaded.installed), spaces, lambda _: loaded)
    encoders.refresh()
    resting, ended = threading.Event(), threading.Event()
    resting.set()

    def hear(event: Event) -> None:
        if isinstance(event, JobEnded):
            ended.set()

    indexing = LearnedIndexing(
        open_database, vectors, encoders, spaces, lambda: False, resting, hear, lambda _work: None
    )
    begun, most = time.perf_counter(), 0.0
    indexing.start()
    indexing.wake()
    while not ended.wait(SAMPLE):
        most = max(most, resident())
        if time.perf_counter() - begun > PATIENCE:
            raise SystemExit("it did not end")
    seconds = time.perf_counter() - begun
    indexing.close()
    encoded = len(vectors.ids(str(loaded.encoder.id)))
    vectors.close()
    return EncodingRun(len(found), encoded, seconds, most)


def _library(folder: Path, number: int) -> Iterator[FoundItem]:
    folder.mkdir()
    rng = np.random.default_rng(0)
    films = sorted((SHARED / "video").glob("*.mp4"))
    music = [path for path in sorted((SHARED / "music").rglob("*")) if path.suffix in (".ogg", ".mp3", ".m4a", ".flac")]
    for at in range(TRACKS):
        album = folder / f"album {at // ALBUM}"
        if not album.exists():
            album.mkdir()
            Image.fromarray(picture(["landscape", "rainbow", "stars"][at // ALBUM % 3], rng, 500)).save(
                album / "cover.jpg"
            )
        path = album / f"{at:03}{music[at % len(music)].suffix if music else '.wav'}"
        if music:
            shutil.copyfile(music[at % len(music)], path)
        else:
            write_track(path, np.tile(sound(list(SOUNDS)[at % len(SOUNDS)], rng, 10.0, 44_100), 12))
        yield _found(path, at, number, "track", f"{at // ALBUM:064x}")
    for at in range(FILMS):
        path = folder / f"film {at}.mp4"
        if films:
            shutil.copyfile(films[at % len(films)], path)
        else:
            write_scenes(path, [(4.0, seed + 100 * at) for seed in range(10)])
        yield _found(path, TRACKS + at, number, "video", "")


def _found(path: Path, at: int, folder: int, kind: str, cover: str) -> FoundItem:
    status = path.stat()
    return found_item(
        at, folder, path=str(path), size=status.st_size, mtime_ns=status.st_mtime_ns, kind=kind, cover=cover
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
