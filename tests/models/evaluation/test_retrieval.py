"""Retrieval metrics against cases worked out by hand and scikit-learn."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from models.evaluation.retrieval import area_under_curve, liking_auc, mean_cosine, neighbours, precision_at


def _circle(*degrees: float) -> np.ndarray:
    turns = np.deg2rad(degrees)
    return np.stack([np.cos(turns), np.sin(turns)], axis=1).astype(np.float32)


def test_neighbours_by_angle() -> None:
    assert neighbours(_circle(0, 10, 40, 180)).tolist() == [[1, 2, 3], [0, 2, 3], [1, 0, 3], [2, 1, 0]]


def test_precision_counts_only_labels_that_are_frequent_enough() -> None:
    vectors = _circle(0, 5, 90, 95, 180)
    assert precision_at(vectors, np.array(["a", "a", "b", "b", "c"]), 1) == 1.0
    assert precision_at(vectors, np.array(["a", "b", "a", "b", "c"]), 1) == 0.0
    assert math.isnan(precision_at(vectors, np.array(["a", "a", "b", "b", "c"]), 5))


def test_precision_is_of_as_many_as_there_are() -> None:
    vectors = _circle(0, 1, 2, 3, 90, 91, 92, 93)
    assert precision_at(vectors, np.array(list("aaaabbbb")), 5) == 1.0
    assert precision_at(vectors, np.array(list("aaaabbbb")), 3) == 1.0


@given(st.lists(st.integers(0, 5), min_size=1, max_size=20), st.lists(st.integers(0, 5), min_size=1, max_size=20))
def test_area_is_scikit_learns(wanted: list[int], others: list[int]) -> None:
    expected = roc_auc_score([1] * len(wanted) + [0] * len(others), wanted + others)
    assert area_under_curve([*map(float, wanted)], [*map(float, others)]) == pytest.approx(expected)


def test_area_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="both"):
        area_under_curve([], [1.0])


def test_liking_three_of_a_tight_group_finds_the_rest() -> None:
    vectors = _circle(0, 2, 4, 6, 8, 90, 120, 200)
    wanted = np.array([True] * 5 + [False] * 3)
    assert liking_auc(vectors, wanted) == 1.0
    assert liking_auc(vectors, wanted, most=4) == 1.0
    mixed = np.array([True, False] * 4)
    assert liking_auc(vectors, mixed) < 0.9


def test_liking_everything_that_is_wanted_leaves_nothing_to_find() -> None:
    with pytest.raises(ValueError, match="more rows"):
        liking_auc(_circle(0, 1, 2, 90), np.array([True, True, True, False]))


def test_mean_cosine_of_opposites_and_of_the_same() -> None:
    assert mean_cosine(_circle(0, 180)) == pytest.approx(-1.0)
    assert mean_cosine(_circle(30, 30, 30)) == pytest.approx(1.0)
    with pytest.raises(ValueError, match="two"):
        mean_cosine(_circle(0))
