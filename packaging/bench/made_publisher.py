"""A peer that gives a made library: real files of a few bytes, plausible words, sound vectors of full size drawn anew.

Its studio is stood in for by `export`, which writes the vectors the network process asks for; everything else (hashing,
the catalogue, its torrent, card and pointer) is the network process's own work.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np

from app.config import WATCH_FOLDERS, Settings
from app.network_messages import VectorsExported, VectorsWanted
from app.paths import RESOURCES, Profile
from app.store.database import Database
from app.store.item_values import FoundItem
from app.store.items import Items
from app.store.publications import Publications
from app.studio.spaces import builtin_dimensions, builtin_spaces
from models.int8 import Int8Vectors
from models.types import F32

LICENCE = "https://creativecommons.org/licenses/by-sa/4.0/"
LARGE = 256 << 20
"""Bytes of the first file, which is there to be given away; nothing but its header is on the disk."""
MOST = 200_000


def drawn_vectors(count: int, seed: int) -> F32:
    """Unit vectors of the built-in sound space's size, drawn; float32 `(count, d)`."""
    drawn = np.random.default_rng(seed).standard_normal(
        (count, builtin_dimensions()[builtin_spaces().audio]), np.float32
    )
    return np.asarray(drawn / np.linalg.norm(drawn, axis=1, keepdims=True), np.float32)


class MadePublisher:
    """The library of a publisher in `root`, empty at first. `seed` makes it another's."""

    def __init__(self, root: Path, seed: int) -> None:
        import factories  # tests/factories.py

        self.profile = Profile.at(root)
        self.profile.make()
        Settings(self.profile.settings).set(WATCH_FOLDERS, False)
        self._seed = seed
        self._made = 0
        self._media = root / "media"
        self._media.mkdir()
        self._words: Iterator[FoundItem] = factories.found_items(MOST, seed=seed)

    def grow(self, count: int) -> None:
        """Take `count` more files into the library, listened to already."""
        space = builtin_spaces().audio
        with self._open() as database:
            items = Items(database)
            folder = items.add_folder(str(self._media))
            items.save_found([self._file(found, folder.id) for found in islice(self._words, count)])
            items.mark((item, space) for item in items.present_ids()[self._made - count :])

    def publish(self) -> None:
        """Publish all of it; the caller tells the network process."""
        with self._open() as database:
            (folder,) = Items(database).folders()
            Publications(database).add_folder(folder.id, LICENCE)

    def export(self, wanted: VectorsWanted) -> VectorsExported:
        """Do what the studio would do: write the vectors of all that is published into the folder."""
        space, folder = builtin_spaces().audio, Path(wanted.folder)
        with self._open() as database:
            ids = np.array([row.item for row in Publications(database).published()], "<i8")
        # The same Item has the same vector each time; Items are numbered from 1 without gaps.
        made = drawn_vectors(int(ids.max()), self._seed)[ids - 1]
        ids.tofile(folder / f"{space}.ids")
        (folder / f"{space}.i8").write_bytes(Int8Vectors.of(made).write())
        (folder / "DONE").touch()
        return VectorsExported(str(folder), (space,), len(ids))

    def _file(self, found: FoundItem, folder: int) -> FoundItem:
        number, self._made = self._made, self._made + 1
        path = self._media / f"{number:06d}.flac"
        path.write_bytes(b"fLaC" + f"{self._seed} {number}".encode())
        if number == 0:
            os.truncate(path, LARGE)
        state = path.stat()
        return replace(
            found, folder_id=folder, path=str(path), size=state.st_size, mtime_ns=state.st_mtime_ns, kind="track",
            codec="flac", identity=f"{self._seed:04d} {number:019d}".encode(), licence=LICENCE,
        )  # fmt: skip

    def _open(self) -> Database:
        return Database.open(self.profile.library, RESOURCES / "migrations")
