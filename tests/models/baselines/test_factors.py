"""The factor models do what their textbook loops do, and find planted structure."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit

from models.baselines.factors import BiasedFactors, ProbabilisticFactors
from models.baselines.population import Ratings
from models.baselines.projection import Projection
from models.taste import Labels
from models.types import F32


def _small() -> Ratings:
    rng = np.random.default_rng(1)
    pairs = rng.permutation(12 * 15)[:90]
    targets = rng.choice([0.0, 0.25, 0.5, 0.75, 1.0], 90).astype(np.float32)
    return Ratings(pairs // 15, pairs % 15, targets, 12, 15)


def _planted(people: int = 200, items: int = 80) -> tuple[Ratings, F32, np.ndarray]:
    """Ratings of rank 2 in features of 8, a catalogue, and the true targets of everybody."""
    rng = np.random.default_rng(2)
    features = rng.normal(size=(items, 8)).astype(np.float32)
    tastes = rng.normal(size=(people, 2)) @ rng.normal(size=(2, 8)) / 3
    truth = np.clip(0.5 + 0.25 * tastes @ features.T, 0, 1)
    pairs = rng.permutation(people * items)[: people * items // 3]
    users, rows = pairs // items, pairs % items
    return Ratings(users, rows, truth[users, rows].astype(np.float32), people, items), features, truth


def test_biased_factors_equal_the_loop_over_ratings() -> None:
    said = _small()
    model = BiasedFactors(said, factors=3, epochs=4, shuffle=False, seed=5).train(np.zeros((15, 1), np.float32))
    draws = np.random.RandomState(5)
    p = draws.normal(0, 0.01, (12, 3)).astype(np.float32)
    q = draws.normal(0, 0.01, (15, 3)).astype(np.float32)
    b, c = np.zeros(12, np.float32), np.zeros(15, np.float32)
    stars = 1 + 4 * said.targets
    for _ in range(4):
        for u, i, given in zip(said.users, said.items, stars, strict=True):
            error = given - (stars.mean() + b[u] + c[i] + p[u] @ q[i])
            p[u], q[i] = p[u] + 0.01 * (error * q[i] - 0.02 * p[u]), q[i] + 0.01 * (error * p[u] - 0.02 * q[i])
            b[u] += 0.01 * (error - 0.02 * b[u])
            c[i] += 0.01 * (error - 0.02 * c[i])
    users, items = np.divmod(np.arange(12 * 15), 15)
    expected = (stars.mean() + b[users] + c[items] + (p[users] * q[items]).sum(1) - 1) / 4
    np.testing.assert_allclose(model.expect(users, items), expected, atol=1e-5)


def test_probabilistic_factors_equal_the_loop_over_ratings() -> None:
    said = _small()
    model = ProbabilisticFactors(said, factors=2, epochs=3, shuffle=False, seed=5)
    model.train(np.zeros((15, 1), np.float32))
    draws = np.random.RandomState(5)
    p, q = draws.normal(0, 0.001, (12, 2)), draws.normal(0, 0.001, (15, 2))
    seen_p, seen_q = np.zeros_like(p), np.zeros_like(q)
    for _ in range(3):
        for u, i, given in zip(said.users, said.items, said.targets, strict=True):
            expected = expit(p[u] @ q[i])
            error = (given - expected) * expected * (1 - expected)
            for mine, other, seen in ((p[u], q[i], seen_p[u]), (q[i], p[u], seen_q[i])):
                slope = error * other - 0.001 * mine
                seen[:] = 0.9 * seen + 0.1 * slope**2
                mine += 0.001 * slope / (np.sqrt(seen) + 1e-8)  # noqa: PLW2901 - a row, changed in place
    users, items = np.divmod(np.arange(12 * 15), 15)
    np.testing.assert_allclose(model.expect(users, items), expit((p[users] * q[items]).sum(1)), atol=1e-6)


@pytest.mark.parametrize("kind", [BiasedFactors, ProbabilisticFactors])
def test_unseen_ratings_of_low_rank_are_completed(kind: type[BiasedFactors | ProbabilisticFactors]) -> None:
    said, features, truth = _planted()
    rate = 0.03 if kind is BiasedFactors else 0.005
    model = kind(said, factors=4, epochs=60, rate=rate).train(features)
    unseen = np.setdiff1d(np.arange(truth.size), said.keys())
    users, items = np.divmod(unseen, truth.shape[1])
    wrong = np.square(model.expect(users, items) - truth[users, items]).mean()
    assert wrong < 0.35 * np.square(truth[users, items] - truth.mean()).mean()


@pytest.mark.parametrize("make", [lambda s: BiasedFactors(s, epochs=80, rate=0.03), Projection])
def test_a_newcomer_is_completed_from_some_ratings(make: object) -> None:
    every, features, truth = _planted()
    known = every.users >= 20
    said = Ratings(every.users[known] - 20, every.items[known], every.targets[known], 180, every.catalogue)
    model = make(said)  # type: ignore[operator]
    wrong, plain = [], []
    for person in range(20):
        rows = np.random.default_rng(person).permutation(80)
        targets = truth[person].astype(np.float32)
        labels = Labels(rows[:25], targets[rows[:25]], np.ones(25, np.float32), np.zeros(25, np.float32))
        said_now = model.fit(features, labels).predict(features)
        wrong.append(np.square(said_now.rating[rows[25:]] - targets[rows[25:]]).mean())
        plain.append(np.square(labels.targets.mean() - targets[rows[25:]]).mean())
    assert np.mean(wrong) < 0.4 * np.mean(plain)


def test_likes_alone_still_rank() -> None:
    rng = np.random.default_rng(4)
    users, items = np.nonzero((np.arange(90)[:, None] % 3 == np.arange(60) % 3) & (rng.random((90, 60)) < 0.5))
    likes = Ratings(users, items, np.ones(len(users), np.float32), 90, 60)
    features = np.eye(3, dtype=np.float32)[np.arange(60) % 3]
    labels = Labels(np.array([0, 3, 6]), np.ones(3, np.float32), np.ones(3, np.float32), np.zeros(3, np.float32))
    for model in (BiasedFactors(likes, epochs=150), Projection(likes)):
        ranking = model.fit(features, labels).predict(features).ranking
        assert ranking[9::3].mean() > ranking[1::3].mean() + 0.02
