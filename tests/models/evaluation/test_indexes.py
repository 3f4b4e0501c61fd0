"""Figures about indexes against slow, obvious ways of computing them."""

from __future__ import annotations

import numpy as np
import pytest

from models.evaluation.indexes import METRICS, Metric, imbalance, nearest, overlap, purity, recall, same_label, unit
from models.types import F32


def _rows(count: int, seed: int = 0, width: int = 7) -> F32:
    return np.random.default_rng(seed).standard_normal((count, width)).astype(np.float32)


def _by_hand(base: F32, query: F32, metric: Metric) -> list[float]:
    if metric == "dot":
        return [float(np.dot(row, query)) for row in base]
    if metric == "l2":
        return [-float(np.sum((row - query) ** 2)) for row in base]
    return [float(np.dot(row, query) / np.linalg.norm(row) / np.linalg.norm(query)) for row in base]


@pytest.mark.parametrize("metric", METRICS)
def test_nearest_is_a_full_sort(metric: Metric, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.evaluation.indexes._ROWS", 16)  # several pieces, the last one smaller than k
    base, queries = _rows(50), _rows(5, 1)
    rows, near = nearest(base, queries, 6, metric)
    for number, query in enumerate(queries):
        by_hand = np.array(_by_hand(base, query, metric))
        assert rows[number].tolist() == np.argsort(-by_hand)[:6].tolist()
        np.testing.assert_allclose(near[number], np.sort(by_hand)[::-1][:6], rtol=1e-4, atol=1e-5)


def test_nearest_gives_no_more_than_there_is() -> None:
    assert nearest(_rows(3), _rows(2, 1), 10)[0].shape == (2, 3)


@pytest.mark.parametrize("metric", METRICS)
def test_recall_counts_true_neighbours(metric: Metric) -> None:
    base, query = _rows(40), _rows(1, 2)[0]
    true, near = nearest(base, query[None], 40, metric)
    worst = float(near[0, 9])
    assert recall(base, query, true[0, :10], worst, 10, metric) == 1.0
    assert recall(base, query, true[0, 9::-1], worst, 10, metric) == 1.0
    assert recall(base, query, true[0, 5:15], worst, 10, metric) == 0.5
    assert recall(base, query, true[0, 20:30], worst, 10, metric) == 0.0


def test_recall_is_not_fooled() -> None:
    base, query = _rows(40), _rows(1, 2)[0]
    true, near = nearest(base, query[None], 10)
    worst = float(near[0, 9])
    assert recall(base, query, np.repeat(true[0, :1], 10), worst, 10) == pytest.approx(0.1)
    assert recall(base, query, np.array([-1, 40, 1 << 62]), worst, 10) == 0.0
    late = np.concatenate([nearest(-base, query[None], 10)[0][0], true[0]])
    assert recall(base, query, late, worst, 10) == 0.0
    assert recall(base, query, np.zeros(0, np.int64), worst, 10) == 0.0


def test_an_equal_row_counts_as_found() -> None:
    base = np.repeat(_rows(4), 2, axis=0)
    _, near = nearest(base, base[:1], 1)
    assert [recall(base, base[0], np.array([row]), float(near[0, 0]), 1) for row in (0, 1, 2)] == [1.0, 1.0, 0.0]


@pytest.mark.parametrize(
    ("sizes", "expected"), [([5, 5, 5], 1.0), ([15, 0, 0], 3.0), ([1, 3], 1.25)], ids=["even", "one", "uneven"]
)
def test_imbalance(sizes: list[int], expected: float) -> None:
    assert imbalance(np.array(sizes)) == pytest.approx(expected)


def test_imbalance_of_nothing_is_no_number() -> None:
    assert np.isnan(imbalance(np.zeros(3, np.int64)))


def test_purity_and_its_floor() -> None:
    labels = np.array(["a", "a", "a", "b", "b", "c"])
    assert purity(np.array([0, 0, 0, 1, 1, 2]), labels) == 1.0
    assert purity(np.zeros(6, np.int64), labels) == 0.5
    assert purity(np.array([0, 0, 1, 1, 1, 1]), labels) == pytest.approx(4 / 6)
    assert np.isnan(purity(np.zeros(0, np.int64), labels[:0]))


def test_overlap_ignores_order() -> None:
    first = np.array([[1, 2, 3, 4], [5, 6, 7, 8]])
    assert overlap(first, first[:, ::-1]) == 1.0
    assert overlap(first, np.array([[1, 2, 9, 9], [0, 0, 0, 0]])) == pytest.approx(0.25)


def test_same_label_is_a_share() -> None:
    labels = np.array(["x", "x", "y"])
    assert same_label(np.array([[1, 2], [0, 2], [0, 1]]), labels) == pytest.approx(2 / 6)


def test_unit_leaves_nothing_at_zero() -> None:
    made = unit(np.array([[3, 4], [0, 0]], np.float32))
    np.testing.assert_allclose(made, [[0.6, 0.8], [0, 0]])
