"""Which offers the user already has: by vector and length, exactly, whoever else is offered."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from app.store.database import Database
from app.store.facts import Facts
from app.store.items import Items
from app.store.vectors import Vectors
from app.studio.owned import ALIKE, OwnVectors
from models.types import F32
from tests.factories import found_item, open_database

SPACE = "audio-v1-0123456789abcdef"
WIDTH = 100
COUNT = 200


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with open_database(tmp_path) as opened:
        items = Items(opened)
        folder = items.add_folder("/music")
        items.save_found([found_item(number, folder.id, duration=100.0 + number / 20) for number in range(COUNT)])
        yield opened


@pytest.fixture
def sounds() -> F32:
    made = np.random.default_rng(0).standard_normal((COUNT, WIDTH)).astype(np.float32)
    return made / np.linalg.norm(made, axis=1, keepdims=True)


@pytest.fixture
def own(database: Database, sounds: F32, tmp_path: Path) -> Iterator[OwnVectors]:
    vectors = Vectors(tmp_path / "vectors")
    vectors.add(SPACE, np.array(Items(database).present_ids(), np.int64), sounds)
    yield OwnVectors(vectors, (SPACE,), Facts(database))
    vectors.close()


def _at(cosine: float, sound: F32) -> F32:
    """A unit vector with that cosine to another."""
    away = np.random.default_rng(7).standard_normal(WIDTH)
    away -= (away @ sound) * sound
    mixed = cosine * sound + np.sqrt(1 - cosine**2) * away / np.linalg.norm(away)
    return np.asarray(mixed, np.float32)


def test_the_same_recording_of_the_same_length_is_found(own: OwnVectors, sounds: F32) -> None:
    lengths = 100.0 + np.arange(COUNT) / 20
    found = own.find(SPACE, sounds, np.ones(COUNT, bool), lengths + 1.0)
    assert found.tolist() == list(range(1, COUNT + 1))
    assert not own.find(SPACE, sounds, np.zeros(COUNT, bool), lengths).any()
    assert not own.find(SPACE, sounds, np.ones(COUNT, bool), lengths + 20.0).any()
    assert not own.find(SPACE, sounds, np.ones(COUNT, bool), np.zeros(COUNT)).any()


@pytest.mark.parametrize("cosine", [0.97, 0.985, 0.9925, 0.999])
def test_only_what_is_nearly_the_same_counts(own: OwnVectors, sounds: F32, cosine: float) -> None:
    asked = np.stack([_at(cosine, sound) for sound in sounds])
    found = own.find(SPACE, asked, np.ones(COUNT, bool), 100.0 + np.arange(COUNT) / 20)
    assert found.tolist() == (list(range(1, COUNT + 1)) if cosine >= ALIKE else [0] * COUNT)


def test_what_else_is_offered_changes_nothing(own: OwnVectors, sounds: F32) -> None:
    asked = np.stack([_at(0.9901 if number % 3 else 0.9899, sound) for number, sound in enumerate(sounds)])
    lengths = 100.0 + np.arange(COUNT) / 20
    whole = own.find(SPACE, asked, np.ones(COUNT, bool), lengths)
    assert 0 < (whole > 0).sum() < COUNT
    for seed in range(5):
        some = np.random.default_rng(seed).permutation(COUNT)[: 1 + 30 * seed]
        assert own.find(SPACE, asked[some], np.ones(len(some), bool), lengths[some]).tolist() == whole[some].tolist()


def test_an_item_that_is_not_here_is_not_owned(database: Database, sounds: F32, tmp_path: Path) -> None:
    vectors = Vectors(tmp_path / "vectors")
    vectors.add(SPACE, np.array(Items(database).present_ids(), np.int64), sounds)
    with database.transaction():
        database.execute("UPDATE items SET present = 0 WHERE id <= 100")
    found = OwnVectors(vectors, (SPACE, "other-v1-0123456789abcdef"), Facts(database))
    lengths = 100.0 + np.arange(COUNT) / 20
    assert found.find(SPACE, sounds, np.ones(COUNT, bool), lengths).tolist() == [0] * 100 + list(range(101, COUNT + 1))
    other = "other-v1-0123456789abcdef"
    assert not found.find(other, sounds, np.ones(COUNT, bool), lengths).any()
    vectors.close()
