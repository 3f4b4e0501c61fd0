"""The vectors of what is published, written for the network process."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.errors import StoreError
from app.network_messages import VectorsExported
from app.store.database import Database
from app.store.feedback import Feedback
from app.store.items import Items
from app.store.vectors import Vectors
from app.studio.exporting import export
from app.studio.spaces import LearnedSpace, builtin_dimensions, builtin_spaces
from models.ids import ItemId
from models.int8 import Int8Vectors
from models.types import Modality
from tests.factories import found_item, open_database

SPACES = builtin_spaces()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """Six Items, the last two videos; 2, 3, 5 and 6 are published."""
    with open_database(tmp_path) as opened:
        items = Items(opened)
        folder = items.add_folder("/music")
        kinds = ["track"] * 4 + ["video"] * 2
        items.save_found([found_item(number, folder.id, kind=kind) for number, kind in enumerate(kinds)])
        with opened.transaction():
            for item in (6, 2, 5, 3):
                opened.execute("INSERT INTO published (item_id, path, size, mtime_ns) VALUES (?, 'x', 1, 1)", (item,))
        yield opened


@pytest.fixture
def vectors(tmp_path: Path) -> Iterator[Vectors]:
    made = Vectors(tmp_path / "vectors")
    for number, (space, dimension) in enumerate(builtin_dimensions().items()):
        rows = np.random.default_rng(number).standard_normal((5, dimension)).astype(np.float32)
        made.add(space, np.array([6, 1, 2, 4, 5]), rows)
    yield made
    made.close()


def test_sound_of_all_and_pictures_of_videos_are_written(database: Database, vectors: Vectors, tmp_path: Path) -> None:
    folder = tmp_path / "export"
    assert export(folder, database, vectors, SPACES) == VectorsExported(str(folder), (SPACES.audio, SPACES.image), 4)
    assert {path.name for path in folder.iterdir()} == {
        f"{SPACES.audio}.ids", f"{SPACES.audio}.i8", f"{SPACES.image}.ids", f"{SPACES.image}.i8", "DONE",
    }  # fmt: skip
    for space, expected in ((SPACES.audio, [2, 5, 6]), (SPACES.image, [5, 6])):
        ids = np.frombuffer((folder / f"{space}.ids").read_bytes(), "<i8")
        assert ids.tolist() == expected
        found = Int8Vectors.read((folder / f"{space}.i8").read_bytes(), builtin_dimensions()[space])
        for item, unit in zip(expected, found.unit(), strict=True):
            own = vectors.vector_of(space, ItemId(item))
            assert own is not None
            assert float(own @ unit) / float(np.linalg.norm(own)) > 0.999


def test_a_learned_space_is_written_when_it_has_encoded_nearly_all(
    database: Database, vectors: Vectors, tmp_path: Path
) -> None:
    hears = LearnedSpace("hears-v1-0123456789abcdef", Modality.AUDIO, 4, "Hears")
    sees = LearnedSpace("sees-v1-0123456789abcdef", Modality.IMAGE, 4, "Sees")
    spaces = replace(SPACES, learned=(hears, sees))
    rows = np.random.default_rng(7).standard_normal((5, 4)).astype(np.float32)
    vectors.add(hears.name, np.array([6, 1, 2, 4, 5]), rows)
    vectors.add(sees.name, np.array([6, 1, 2, 4]), rows[:4])
    folder = tmp_path / "export"
    assert export(folder, database, vectors, spaces).spaces == (SPACES.audio, SPACES.image, hears.name)
    assert np.frombuffer((folder / f"{hears.name}.ids").read_bytes(), "<i8").tolist() == [2, 5, 6]
    later = export(folder, database, vectors, spaces, before=(sees.name,))
    assert later.spaces == (SPACES.audio, SPACES.image, hears.name, sees.name)
    assert np.frombuffer((folder / f"{sees.name}.ids").read_bytes(), "<i8").tolist() == [6], "films only"
    assert export(folder, database, vectors, SPACES).spaces == (SPACES.audio, SPACES.image)


def test_feedback_changes_no_byte(database: Database, vectors: Vectors, tmp_path: Path) -> None:
    export(tmp_path / "before", database, vectors, SPACES)
    for item in range(1, 7):
        Feedback(database).like(ItemId(item))
        Feedback(database).stars(ItemId(item), 4.5)
    export(tmp_path / "after", database, vectors, SPACES)
    for path in (tmp_path / "before").iterdir():
        assert (tmp_path / "after" / path.name).read_bytes() == path.read_bytes()


def test_what_an_earlier_export_left_is_gone(database: Database, vectors: Vectors, tmp_path: Path) -> None:
    folder = tmp_path / "export"
    folder.mkdir()
    (folder / "DONE").write_bytes(b"")
    (folder / "old.i8").write_bytes(b"old")
    with database.transaction():
        database.execute("DELETE FROM published")
    assert export(folder, database, vectors, SPACES) == VectorsExported(str(folder), (), 0)
    assert [path.name for path in folder.iterdir()] == ["DONE"]


def test_a_folder_that_cannot_be_written_is_an_error_in_words(
    database: Database, vectors: Vectors, tmp_path: Path
) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StoreError, match="cannot be prepared"):
        export(tmp_path / "file" / "export", database, vectors, SPACES)
    assert sqlite3.connect(tmp_path / "library.db").execute("SELECT count(*) FROM published").fetchone() == (4,)
