"""The figure by which the user judges the taste network: chance for noise, high for a taste it can learn."""

from __future__ import annotations

import numpy as np
import pytest

from app.studio.accuracy import UNKNOWN, _pairs, held_out
from models.taste import Labels, TasteSettings
from models.types import F32


def listener(labels: int, *, honest: bool, seed: int = 0) -> tuple[F32, Labels]:
    """A simulated listener who likes one direction, or (not honest) answers at random."""
    random = np.random.default_rng(seed)
    features = random.normal(size=(400, 12)).astype(np.float32)
    features /= np.linalg.norm(features, axis=1, keepdims=True)
    rows = random.choice(400, labels, replace=False)
    liked = features[rows, 0] > 0 if honest else random.random(labels) > 0.5
    ones = np.ones(labels, np.float32)
    return features, Labels(rows.astype(np.int64), liked.astype(np.float32), ones, 0 * ones)


def test_unknown_without_enough_words() -> None:
    features, labels = listener(9, honest=True)
    assert held_out(features, labels, TasteSettings()) == UNKNOWN
    features, labels = listener(30, honest=True)
    quiet = Labels(labels.rows, labels.targets, 0.3 * labels.weights, labels.ages)
    assert held_out(features, quiet, TasteSettings()) == UNKNOWN
    alike = Labels(labels.rows, np.ones(30, np.float32), labels.weights, labels.ages)
    assert held_out(features, alike, TasteSettings()) == UNKNOWN


def test_a_taste_that_can_be_learned_scores_high() -> None:
    features, labels = listener(80, honest=True)
    found = held_out(features, labels, TasteSettings())
    assert found.share > 0.8
    assert found.low < found.share < found.high
    assert found.pairs > 1_000


def test_answers_at_random_score_chance() -> None:
    shares = []
    for seed in range(8):
        features, labels = listener(60, honest=False, seed=seed)
        shares.append(held_out(features, labels, TasteSettings()).share)
    assert np.mean(shares) == pytest.approx(0.5, abs=0.08)


def test_a_few_pairs_all_right_are_not_certainty() -> None:
    features, labels = listener(12, honest=True, seed=3)
    found = _pairs(labels.targets, features[labels.rows, 0])
    assert found.share == 1.0
    assert 0.5 < found.low < 0.95
    assert found.high == 1.0
