"""Marks and vectors held against each other: of Items, and of films' moments."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from app.store.healing import disagreements, heal
from app.store.items import Items
from app.store.moment_vectors import MomentVectors, mark_of
from app.store.vectors import Vectors
from models.types import ItemId

SPACE = "image-v1-0123456789abcdef"
ONE = np.ones((1, 8), np.float32)


@pytest.fixture
def vectors(tmp_path: Path) -> Iterator[Vectors]:
    opened = Vectors(tmp_path / "vectors")
    yield opened
    opened.close()


def _mark(items: Items, *numbers: int, space: str = SPACE) -> None:
    items.mark([(ItemId(number), space) for number in numbers])


def _add(vectors: Vectors, *numbers: int) -> None:
    for number in numbers:
        vectors.add(SPACE, np.array([number], np.int64), ONE)
        MomentVectors(vectors).add(SPACE, ItemId(number), np.array([1.0]), ONE)


def test_what_agrees_is_left_alone(items: Items, vectors: Vectors) -> None:
    _add(vectors, 1, 2)
    _mark(items, 1, 2)
    _mark(items, 1, 2, space=mark_of(SPACE))
    items.mark([(ItemId(3), SPACE), (ItemId(3), mark_of(SPACE))], silent=True)
    assert disagreements(items, vectors) == []
    assert heal(items, vectors).count == 0
    assert MomentVectors(vectors).items(SPACE).tolist() == vectors.ids(SPACE).tolist() == [1, 2]
    assert items.is_marked(ItemId(3), mark_of(SPACE))


def test_what_disagrees_is_encoded_again_or_deleted(items: Items, vectors: Vectors) -> None:
    _add(vectors, 1, 2)
    _mark(items, 2, 3)
    _mark(items, 2, 4, space=mark_of(SPACE))
    assert len(disagreements(items, vectors)) == 2
    assert heal(items, vectors).count == 4
    assert MomentVectors(vectors).items(SPACE).tolist() == vectors.ids(SPACE).tolist() == [2]
    assert items.marked(SPACE) == items.marked(mark_of(SPACE)) == {2}
    assert disagreements(items, vectors) == []


def test_marks_of_a_table_that_is_gone_are_taken_back(items: Items, vectors: Vectors) -> None:
    _mark(items, 5)
    _mark(items, 6, space=mark_of(SPACE))
    assert heal(items, vectors).count == 2
    assert items.spaces() == []


def test_a_table_of_moments_that_cannot_be_read_is_made_again(items: Items, tmp_path: Path) -> None:
    vectors = Vectors(tmp_path / "vectors")
    _add(vectors, 1)
    vectors.close()
    for data in (tmp_path / "vectors" / f"{mark_of(SPACE)}.lance" / "data").iterdir():
        data.write_bytes(b"\0" * 100)
    _mark(items, 1)
    _mark(items, 1, space=mark_of(SPACE))
    vectors = Vectors(tmp_path / "vectors")
    healed = heal(items, vectors)
    assert len(healed.set_aside) == 1
    assert items.marked(SPACE) == {1}
    assert items.marked(mark_of(SPACE)) == set()
    _add(vectors, 1)
    assert MomentVectors(vectors).items(SPACE).tolist() == [1]
    vectors.close()
    shutil.rmtree(tmp_path / "vectors")
