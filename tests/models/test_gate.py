"""The gate chooses settings that predict, keeps what works, and never judges on too little."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from models import gate
from models.taste import Labels, TasteSettings
from models.types import F32


def _features(n: int = 800, p: int = 24) -> F32:
    rows = np.random.default_rng(0).normal(size=(n, p))
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def _labels(features: F32, n: int, seed: int, *, turn_at: float | None = None) -> Labels:
    """Labels over 600 days of a taste that, `turn_at` days ago, turned into its opposite."""
    rng = np.random.default_rng(seed)
    rows = rng.choice(len(features), n, replace=False)
    ages = np.linspace(600, 0, n).astype(np.float32)
    felt = features[rows] @ rng.normal(size=features.shape[1])
    if turn_at is not None:
        felt = np.where(ages > turn_at, -felt, felt)
    return Labels(rows, (felt > 0).astype(np.float32), np.ones(n, np.float32), ages)


def test_too_few_labels_or_one_kind_leave_the_settings() -> None:
    features, current = _features(), TasteSettings()
    assert gate.judge(features, _labels(features, 49, 0), current) == gate.Verdict(current, False, (), ())
    labels = _labels(features, 80, 0)
    likes = Labels(labels.rows, np.ones(80, np.float32), labels.weights, labels.ages)
    assert not gate.judge(features, likes, current).changed


def test_a_listener_who_turned_is_given_a_shorter_memory() -> None:
    features, current = _features(), TasteSettings(half_life=2_000.0)
    tried = (current, replace(current, half_life=60.0))
    chosen = [
        gate.judge(features, _labels(features, 200, seed, turn_at=350), current, tried).settings for seed in range(5)
    ]
    assert sum(settings.half_life == 60.0 for settings in chosen) >= 4


def test_a_worse_or_equal_candidate_is_not_adopted() -> None:
    features, current = _features(), TasteSettings()
    hopeless = replace(current, half_life=3.0)
    for seed in range(4):
        labels = _labels(features, 120, seed)
        verdict = gate.judge(features, labels, current, (current, hopeless, current))
        assert verdict.settings == current
        assert not verdict.changed
        assert len(verdict.area) == len(verdict.log_loss) == 3
        assert verdict.area[0] > verdict.area[1]


def test_the_verdict_is_deterministic_whatever_the_order_of_the_labels() -> None:
    features, current = _features(), TasteSettings()
    labels = _labels(features, 90, 3)
    mixed = labels.take(np.random.default_rng(1).permutation(90))
    assert gate.judge(features, labels, current) == gate.judge(features, mixed, current)


def test_the_settings_in_use_come_first() -> None:
    features = _features()
    with pytest.raises(ValueError, match="first"):
        gate.judge(features, _labels(features, 60, 0), TasteSettings(), (TasteSettings(half_life=9.0),))


def test_when_it_is_due() -> None:
    assert not gate.due(49, 0)
    assert gate.due(50, 0)
    assert not gate.due(59, 50)
    assert gate.due(60, 50)


def test_every_candidate_differs() -> None:
    tried = gate.candidates(TasteSettings())
    assert tried[0] == TasteSettings()
    assert len(set(tried)) == len(tried)
