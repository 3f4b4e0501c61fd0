"""Metrics against figures worked out by hand and against each other."""

from __future__ import annotations

import math

import numpy as np
import pytest

from models import metrics


def test_auc_by_hand() -> None:
    scores = np.array([0.9, 0.8, 0.3, 0.3], np.float32)
    assert metrics.auc(scores, np.array([True, False, True, False])) == pytest.approx((1 + 1 + 0 + 0.5) / 4)
    assert math.isnan(metrics.auc(scores, np.ones(4, bool)))


def test_precision_and_recall_by_hand() -> None:
    scores = np.array([5, 4, 3, 2, 1], np.float32)
    relevant = np.array([True, False, True, False, True])
    assert metrics.precision_at(scores, relevant, 2) == 0.5
    assert metrics.precision_at(scores, relevant, 3) == pytest.approx(2 / 3)
    assert metrics.recall_at(scores, relevant, 3) == pytest.approx(2 / 3)
    assert metrics.precision_at(scores, relevant, 10) == pytest.approx(0.3)
    assert metrics.precision_at(scores[:0], relevant[:0]) == 0.0


def test_ties_give_the_expected_precision_whatever_their_order() -> None:
    scores = np.array([1, 0, 0, 0, 0], np.float32)
    for place in range(1, 5):
        relevant = np.zeros(5, bool)
        relevant[place] = True
        assert metrics.precision_at(scores, relevant, 3) == pytest.approx(0.5 / 3)


def test_ndcg_is_one_for_the_ideal_order_and_less_otherwise() -> None:
    gains = np.array([1.0, 0.5, 0.0, 0.0], np.float32)
    assert metrics.ndcg_at(gains, gains) == pytest.approx(1.0)
    assert metrics.ndcg_at(-gains, gains) < 0.8
    assert math.isnan(metrics.ndcg_at(gains, np.zeros(4, np.float32)))
    assert math.isnan(metrics.recall_at(gains, np.zeros(4, bool)))


def test_errors_by_hand() -> None:
    assert metrics.rmse(np.array([1, 3], np.float32), np.array([2, 5], np.float32)) == pytest.approx(2.5**0.5)
    chance = np.array([0.05, 0.05, 0.95, 0.95], np.float32)
    happened = np.array([False, False, True, False])
    assert metrics.expected_calibration_error(chance, happened) == pytest.approx((0.1 + 0.9) / 4)


def test_bootstrap_covers_a_known_mean_and_skips_nan() -> None:
    rng = np.random.default_rng(0)
    inside = 0
    for seed in range(60):
        values = np.append(rng.normal(1.0, 1.0, 80), np.nan)
        interval = metrics.bootstrap(values, draws=500, seed=seed)
        assert interval.low < interval.mean < interval.high
        inside += interval.low <= 1.0 <= interval.high
    assert inside >= 50
    assert math.isnan(metrics.bootstrap(np.array([np.nan])).mean)


def test_absolute_error_by_hand() -> None:
    assert metrics.mae(np.array([0.0, 1.0], np.float32), np.array([0.5, 0.5], np.float32)) == pytest.approx(0.5)


def test_diversity_by_hand() -> None:
    right_angles = np.eye(3, dtype=np.float32)
    assert metrics.diversity(right_angles) == pytest.approx(1.0)
    assert metrics.diversity(np.ones((4, 1), np.float32)) == pytest.approx(0.0)
    opposite = np.array([[1.0, 0.0], [-1.0, 0.0]], np.float32)
    assert metrics.diversity(opposite) == pytest.approx(2.0)
    assert math.isnan(metrics.diversity(right_angles[:1]))


def test_novelty_by_hand() -> None:
    # Known by 0, 1 and 3 of 7 people: 3, 2 and 1 bits.
    assert metrics.novelty(np.array([0, 1, 3]), 7) == pytest.approx(2.0)
    assert math.isnan(metrics.novelty(np.array([0]), 0))
    assert math.isnan(metrics.novelty(np.zeros(0, np.int64), 7))


def test_coverage_counts_what_half_of_the_listeners_are_shown() -> None:
    same = np.tile(np.arange(10), (20, 1))
    assert metrics.coverage(same, 100, draws=5).tolist() == [0.1] * 5
    apart = np.arange(200).reshape(20, 10)
    assert metrics.coverage(apart, 200, draws=5).tolist() == [0.5] * 5
    assert metrics.coverage(apart, 200, listeners=3, draws=5).tolist() == [0.15] * 5
    nothing = np.full((4, 10), -1)
    assert metrics.coverage(nothing, 100, draws=3).tolist() == [0.0] * 3
    assert np.isnan(metrics.coverage(same[:0], 100)).all()
