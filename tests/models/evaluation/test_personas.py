"""Personas are as sparse as the study's, and the two ways of ranking give its two kinds of figures."""

from __future__ import annotations

import numpy as np
import pytest

from models.evaluation.personas import LIKED, personas, two_ways


@pytest.fixture(scope="module")
def features() -> np.ndarray:
    rows = np.random.default_rng(0).normal(size=(1_000, 16))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def test_personas_are_seeded_and_sparse(features: np.ndarray) -> None:
    first, again, other = (personas(features, 5, seed=seed) for seed in (1, 1, 2))
    for one, same, different in zip(first, again, other, strict=True):
        np.testing.assert_array_equal(one.targets, same.targets)
        assert (one.targets != different.targets).any()
        assert len(one.known) == 160
        assert len(one.held) == 40
        assert not np.intersect1d(one.known, one.held).size
        assert 0.1 < (one.targets >= LIKED).mean() < 0.55
        assert len(one.listener().rows) == 160


def test_a_perfect_ranking_looks_bad_when_ranked_over_everything(features: np.ndarray) -> None:
    found = [two_ways(one, one.truth, one.targets) for one in personas(features, 20)]
    assert np.mean([one.true for one in found]) == 1.0
    assert np.mean([one.held for one in found]) > 0.7
    # The same ranking, counted the wrong way: near likes / items.
    assert np.mean([one.mixed for one in found]) < 0.15
    assert all(one.error == pytest.approx(0.0) for one in found)


def test_a_random_ranking_comes_to_chance_both_ways(features: np.ndarray) -> None:
    rng = np.random.default_rng(0)
    crowd = personas(features, 60)
    found = [two_ways(one, rng.random(1_000).astype(np.float32), None) for one in crowd]
    likes = float(np.mean([(one.targets[one.held] >= LIKED).mean() for one in crowd]))
    assert np.mean([one.held for one in found]) == pytest.approx(likes, abs=0.06)
    assert np.mean([one.mixed for one in found]) == pytest.approx(likes * 40 / 840, abs=0.02)
    assert all(np.isnan(one.error) for one in found)
