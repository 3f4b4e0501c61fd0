"""Finding dots by their places: the same as by looking at every one of them."""

from __future__ import annotations

import numpy as np
import pytest

from app.ui.map_index import MapIndex

PLACES = np.random.default_rng(0).random((3000, 2), np.float32)
INDEX = MapIndex(PLACES)


@pytest.mark.parametrize("point", [(0.5, 0.5), (0.0, 1.0), (0.013, 0.777), (1.2, 0.5)])
def test_the_nearest_is_the_nearest(point: tuple[float, float]) -> None:
    away = np.hypot(*(PLACES - np.array(point, np.float32)).T)
    assert INDEX.nearest(*point, 0.5) == int(np.argmin(away))


def test_out_of_reach_there_is_none() -> None:
    assert INDEX.nearest(-1.0, -1.0, 0.1) == -1
    assert MapIndex(np.zeros((0, 2), np.float32)).nearest(0.5, 0.5, 1.0) == -1


def test_a_rectangle_holds_what_lies_in_it() -> None:
    found = INDEX.inside(0.2, 0.3, 0.25, 0.9)
    x, y = PLACES.T
    expected = np.flatnonzero((x >= 0.2) & (x <= 0.25) & (y >= 0.3) & (y <= 0.9))
    assert sorted(found.tolist()) == expected.tolist()
    assert len(INDEX.inside(-5, -5, 5, 5)) == 3000


def test_along_a_line_dots_come_in_its_order() -> None:
    rows = INDEX.along([(0.1, 0.1), (0.9, 0.1), (0.9, 0.9)], 0.05, 30)
    assert 20 <= len(rows) <= 30
    assert len(set(rows)) == len(rows)
    x, y = PLACES[rows].T
    assert np.minimum(np.abs(y - 0.1), np.abs(x - 0.9)).max() <= 0.071
    turning = next(number for number, row in enumerate(rows) if PLACES[row, 1] > 0.2)
    assert x[0] < 0.2
    assert (np.diff(x[:turning]) > -0.1).all()
    assert y[-1] > 0.8


def test_a_line_past_fewer_dots_than_wanted_names_each_once() -> None:
    index = MapIndex(np.array([[0.5, 0.5], [0.52, 0.5], [0.55, 0.5]], np.float32))
    assert index.along([(0.4, 0.5), (0.7, 0.5)], 0.2, 30) == [0, 1, 2]


def test_a_line_of_one_point_or_far_away_meets_nothing() -> None:
    assert INDEX.along([(0.5, 0.5), (0.5, 0.5)], 0.1, 10) == []
    assert INDEX.along([(5.0, 5.0), (6.0, 6.0)], 0.1, 10) == []
    # In the corner of the square around its end, and further away than that reaches.
    assert MapIndex(np.array([[0.585, 0.585]], np.float32)).along([(0.45, 0.5), (0.5, 0.5)], 0.1, 10) == []


def test_steps_go_from_dot_to_dot_and_end_at_the_edge() -> None:
    index = MapIndex(np.array([[0.1, 0.5], [0.5, 0.5], [0.9, 0.52], [0.5, 0.1]], np.float32))
    assert index.towards(0, 1, 0) == 1
    assert index.towards(1, 1, 0) == 2
    assert index.towards(2, 1, 0) == -1
    assert index.towards(1, 0, -1) == 3
    assert index.towards(3, 0, 1) == 1
