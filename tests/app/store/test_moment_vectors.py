"""The vectors of moments on a real LanceDB, and that nothing else takes their ids for Items."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import ModelError
from app.store.moment_vectors import F64, MomentRows, MomentVectors, mark_of
from app.store.vectors import Vectors
from models.types import F32, ItemId

SPACE = "image-v1-0123456789abcdef"
WIDTH = 11


def _rows(count: int, seed: int = 0) -> F32:
    made = np.random.default_rng(seed).standard_normal((count, WIDTH)).astype(np.float32)
    made /= np.linalg.norm(made, axis=1, keepdims=True)
    return made.astype(np.float16).astype(np.float32)


def _ats(*seconds: float) -> F64:
    return np.array(seconds, np.float64)


@pytest.fixture
def vectors(tmp_path: Path) -> Iterator[Vectors]:
    opened = Vectors(tmp_path / "vectors")
    yield opened
    opened.close()


@pytest.fixture
def moments(vectors: Vectors) -> MomentVectors:
    return MomentVectors(vectors)


def test_what_went_in_comes_out(moments: MomentVectors) -> None:
    made = _rows(3)
    moments.add(SPACE, ItemId(7), _ats(0.0, 12.3, 7_200.1), made)
    ats, rows = moments.of(SPACE, ItemId(7))
    assert ats.tolist() == [0.0, 12.3, 7_200.1]
    assert ats.dtype == np.float64
    np.testing.assert_array_equal(rows, made)
    assert moments.of(SPACE, ItemId(6))[0].tolist() == []
    assert moments.of(SPACE, ItemId(8))[1].shape == (0, WIDTH)
    assert (moments.spaces(), moments.items(SPACE).tolist(), moments.count(SPACE)) == ([SPACE], [7], 3)


def test_many_films_at_once(moments: MomentVectors) -> None:
    films = [MomentRows(ItemId(number), _ats(1.0, 2.0, 3.5), _rows(3, number)) for number in (5, 2, 900_000)]
    moments.add_many(SPACE, films)
    assert moments.items(SPACE).tolist() == [2, 5, 900_000]
    for film in films:
        np.testing.assert_array_equal(moments.of(SPACE, film.item)[1], film.rows)
    items, ats, rows = moments.matrix(SPACE)
    assert (items.tolist(), ats.tolist()) == ([2] * 3 + [5] * 3 + [900_000] * 3, [1.0, 2.0, 3.5] * 3)
    np.testing.assert_array_equal(rows[3:6], films[0].rows)
    moments.add_many(SPACE, [])
    assert moments.count(SPACE) == 9


def test_new_moments_take_the_place_of_an_items_old_ones_only(moments: MomentVectors) -> None:
    moments.add(SPACE, ItemId(1), _ats(0.0, 5.0, 9.0), _rows(3))
    moments.add(SPACE, ItemId(2), _ats(0.0, 5.0), _rows(2, 1))
    new = _rows(2, 2)
    moments.add(SPACE, ItemId(1), _ats(5.0, 6.0), new)
    ats, rows = moments.of(SPACE, ItemId(1))
    assert ats.tolist() == [5.0, 6.0]
    np.testing.assert_array_equal(rows, new)
    assert moments.of(SPACE, ItemId(2))[0].tolist() == [0.0, 5.0]
    moments.add(SPACE, ItemId(1), _ats(), np.zeros((0, WIDTH), np.float32))
    assert moments.items(SPACE).tolist() == [2]


def test_the_nearest_moment_names_its_film_and_time(moments: MomentVectors) -> None:
    first, second = _rows(3, 1), _rows(2, 2)
    moments.add(SPACE, ItemId(1), _ats(0.0, 5.0, 9.0), first)
    moments.add(SPACE, ItemId(2), _ats(3.0, 4.0), second)
    items, ats, likeness = moments.search(SPACE, second[1], 2)
    assert (items[0], ats[0]) == (2, 4.0)
    assert likeness[0] == pytest.approx(1.0, abs=1e-3)
    assert likeness[1] < likeness[0]
    assert moments.search("other-v1-0123456789abcdef", second[1], 2)[0].tolist() == []


def test_deleting_and_dropping(moments: MomentVectors) -> None:
    for number in (1, 2, 3):
        moments.add(SPACE, ItemId(number), _ats(0.0, 5.0), _rows(2, number))
    moments.delete(SPACE, [ItemId(1), ItemId(3), ItemId(99)])
    moments.delete(SPACE, [])
    assert moments.items(SPACE).tolist() == [2]
    moments.drop(SPACE)
    assert (moments.spaces(), moments.count(SPACE)) == ([], 0)


def test_they_are_no_space_of_items(vectors: Vectors, moments: MomentVectors) -> None:
    vectors.add(SPACE, np.array([7], np.int64), _rows(1))
    moments.add(SPACE, ItemId(7), _ats(1.0), _rows(1))
    assert vectors.spaces() == [SPACE]
    assert vectors.tables() == [SPACE, mark_of(SPACE)] or vectors.tables() == [mark_of(SPACE), SPACE]
    healed = vectors.heal({SPACE: {7}, mark_of(SPACE): {7}})  # whoever passes all marks deletes no moments
    assert healed.count == 0
    assert moments.items(SPACE).tolist() == [7]
    vectors.optimize(rewrite=True)
    assert vectors.check() == []
    assert moments.of(SPACE, ItemId(7))[0].tolist() == [1.0]


def test_healing_tells_marks_without_moments_and_deletes_moments_without_mark(moments: MomentVectors) -> None:
    for number in (1, 2):
        moments.add(SPACE, ItemId(number), _ats(0.0, 5.0), _rows(2, number))
    healed = moments.heal({SPACE: {ItemId(2), ItemId(3)}})
    assert healed.missing_vectors == ((3, mark_of(SPACE)),)
    assert healed.orphan_vectors == ((1, mark_of(SPACE)),)
    assert moments.items(SPACE).tolist() == [2]
    assert moments.heal({SPACE: {ItemId(2)}}).count == 0


@pytest.mark.parametrize(
    "ats", [_ats(1.0), _ats(2.0, 1.0), _ats(1.0, 1.01), _ats(-1.0, 1.0), _ats(0.0, 2e6), np.zeros((2, 1))]
)
def test_what_does_not_fit_is_refused_and_nothing_is_written(ats: F64, moments: MomentVectors) -> None:
    with pytest.raises(ModelError):
        moments.add(SPACE, ItemId(1), ats, _rows(2))
    assert moments.count(SPACE) == 0


@given(st.integers(0, (1 << 38) - 1), st.lists(st.integers(0, (1 << 24) - 1), min_size=1, unique=True, max_size=8))
def test_item_and_time_survive_in_one_number(item: int, tenths: list[int]) -> None:
    from app.store import moment_vectors as module

    ats = np.array(sorted(tenths), np.float64) / 10
    packed = module._pack(ItemId(item), ats)
    assert (packed >> 24 == item).all()
    assert module._times(packed).tolist() == ats.tolist()
