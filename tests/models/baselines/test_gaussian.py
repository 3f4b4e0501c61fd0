"""The Gaussian process against its closed form."""

from __future__ import annotations

import numpy as np
import pytest

from models.baselines.gaussian import GaussianProcess
from models.taste import Labels


def test_agrees_with_the_closed_form() -> None:
    rng = np.random.default_rng(0)
    features = rng.normal(size=(30, 5)).astype(np.float32)
    targets = rng.choice([0.0, 0.5, 1.0], 12).astype(np.float32)
    weights = rng.uniform(0.5, 1, 12).astype(np.float32)
    labels = Labels(np.arange(12), targets, weights, np.zeros(12, np.float32))
    said = GaussianProcess(width=1.5).fit(features, labels).predict(features)

    def kernel(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return 0.09 * np.exp(-np.square(a[:, None] - b).sum(2) / (2 * 1.5**2))

    mean = (3 * 0.6 + weights @ targets) / (3 + weights.sum())
    alpha = np.linalg.solve(kernel(features[:12], features[:12]) + np.diag(0.06 / weights), targets - mean)
    np.testing.assert_allclose(said.ranking, mean + kernel(features, features[:12]) @ alpha, atol=1e-5)
    assert said.like is not None
    assert said.rating is not None


def test_without_labels_everything_is_as_expected() -> None:
    features = np.eye(4, dtype=np.float32)
    nothing = Labels(np.zeros(0, np.int64), *(np.zeros(0, np.float32) for _ in range(3)))
    said = GaussianProcess().fit(features, nothing).predict(features)
    np.testing.assert_allclose(said.ranking, 0.6)
    assert said.like is not None
    assert said.like[0] == pytest.approx(0.45, abs=0.05)
