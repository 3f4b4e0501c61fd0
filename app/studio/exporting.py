"""Writes the vectors of what the user publishes to files, for the network process to build the catalogue from.

Called by the studio's thread for what peers need. `<space>.ids` are little-endian int64 Item numbers, `<space>.i8` the
same rows as `models/int8.py` writes them; `DONE` comes last. Sound for everything that has it, pictures for videos
only, words never: whoever reads the catalogue makes those from its texts. Nothing of feedback enters.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from app.errors import StoreError
from app.files import write_atomically
from app.network_messages import VectorsExported
from app.store.database import Database
from app.store.facts import Facts
from app.store.vectors import Vectors
from app.studio.spaces import Spaces
from models.int8 import Int8Vectors


def export(folder: Path, database: Database, vectors: Vectors, spaces: Spaces) -> VectorsExported:
    """Write the vectors of all Items in the table `published` into `folder`. Raises StoreError."""
    facts = Facts(database)
    every = facts.published()
    written = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.iterdir():
            if old.name == "DONE" or old.suffix in (".ids", ".i8"):
                old.unlink()
        for space in (spaces.audio, spaces.image):
            wanted = facts.published("video") if space == spaces.image else every
            ids, halves = vectors.halves(space)
            chosen = np.isin(ids, np.array(wanted, np.int64))
            if not chosen.any():
                continue
            write_atomically(folder / f"{space}.ids", ids[chosen].astype("<i8").tobytes())
            write_atomically(folder / f"{space}.i8", Int8Vectors.of(halves[chosen].astype(np.float32)).write())
            written.append(space)
        write_atomically(folder / "DONE", b"")
    except OSError as error:
        raise StoreError("What is published cannot be prepared", error.strerror or "", folder) from error
    return VectorsExported(str(folder), tuple(written), len(every))
