"""Writes the vectors of what the user publishes to files, for the network process to build the catalogue from.

Called by the studio's thread for what peers need. `<space>.ids` are little-endian int64 Item numbers, `<space>.i8` the
same rows as `models/int8.py` writes them; `DONE` comes last. Sound for everything that has it, pictures for videos
only, words never: whoever reads the catalogue makes those from its texts. A learned encoder's vectors come when it has
encoded nearly all: a catalogue that grew with every batch would have to be fetched again and again. Nothing of feedback
enters.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import numpy as np

from app.errors import StoreError
from app.files import write_atomically
from app.network_messages import VectorsExported
from app.store.database import Database
from app.store.facts import Facts
from app.store.vectors import Vectors
from app.studio.joining import joined
from app.studio.spaces import Spaces
from models.int8 import Int8Vectors
from models.types import Modality


def export(
    folder: Path, database: Database, vectors: Vectors, spaces: Spaces, before: Collection[str] = ()
) -> VectorsExported:
    """Write the vectors of all Items in the table `published` into `folder`. Raises StoreError.

    `before`: the spaces of the last export, which an import does not drive out.
    """
    facts = Facts(database)
    every = facts.published()
    written = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.iterdir():
            if old.name == "DONE" or old.suffix in (".ids", ".i8"):
                old.unlink()
        counts = {space: vectors.count(space) for space in spaces.all}
        for space in joined(spaces, counts, before):
            if space == spaces.text:
                continue
            wanted = facts.published("video") if spaces.modality(space) is Modality.IMAGE else every
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
