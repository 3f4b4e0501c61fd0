"""The closed forms against brute force and against scikit-learn."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF
from sklearn.linear_model import LogisticRegression

from models import taste_branches as branches
from models.taste_branches import Labelled


def _labelled(n: int = 30, p: int = 6, seed: int = 0) -> Labelled:
    rng = np.random.default_rng(seed)
    items = rng.normal(size=(n, p))
    items /= np.linalg.norm(items, axis=1, keepdims=True)
    targets = np.clip(0.5 + 0.4 * items[:, 0] + 0.1 * rng.normal(size=n), 0, 1)
    return Labelled(items, items - 0.05, targets, rng.uniform(0.3, 1.0, n), np.arange(n))


def _predict(labelled: Labelled, regression: branches.Regression, linear: float, sharpness: float) -> np.ndarray:
    at, straight = labelled.items[labelled.landmarks], labelled.centred[labelled.landmarks]
    gram = linear * labelled.centred @ straight.T
    gram += (1 - linear) * branches.bump(labelled.items @ at.T, sharpness)
    return np.asarray(regression.mean + gram @ regression.alpha)


def test_regression_is_the_gaussian_process_of_scikit_learn() -> None:
    labelled = _labelled()
    sharpness = 2.0
    ours = branches.regress(labelled, 0.5, linear=0.0, sharpness=sharpness, noise=0.4)
    # exp(s (cos - 1)) of unit vectors is an RBF of squared length 1 / s.
    theirs = GaussianProcessRegressor(RBF(1 / np.sqrt(sharpness)), alpha=0.4 / labelled.weights, optimizer=None).fit(
        labelled.items, labelled.targets - 0.5
    )
    expected = 0.5 + theirs.predict(labelled.items)
    np.testing.assert_allclose(_predict(labelled, ours, 0.0, sharpness), expected, atol=1e-8)


def test_left_out_predictions_are_those_of_fits_without_the_label() -> None:
    labelled = _labelled(20)
    whole = branches.regress(labelled, 0.5, linear=0.5, sharpness=2.0, noise=0.5)
    for left in range(0, 20, 4):
        keep = np.delete(np.arange(20), left)
        rest = Labelled(
            labelled.items[keep],
            labelled.centred[keep],
            labelled.targets[keep],
            labelled.weights[keep],
            np.arange(19),
        )
        without = branches.regress(rest, 0.5, linear=0.5, sharpness=2.0, noise=0.5)
        gram = 0.5 * rest.centred @ labelled.centred[left]
        gram += 0.5 * branches.bump(rest.items @ labelled.items[left], 2.0)
        assert whole.left_out[left] == pytest.approx(0.5 + gram @ without.alpha, abs=1e-8)


def test_few_landmarks_come_close_to_the_exact_solution() -> None:
    labelled = _labelled(400)
    exact = branches.regress(labelled, 0.5, linear=0.5, sharpness=2.0, noise=1.0)
    some = replace(labelled, landmarks=np.arange(0, 400, 4))
    close = branches.regress(some, 0.5, linear=0.5, sharpness=2.0, noise=1.0)
    first, second = _predict(labelled, exact, 0.5, 2.0), _predict(some, close, 0.5, 2.0)
    assert np.abs(first - second).max() < 0.03
    assert np.corrcoef(close.left_out, exact.left_out[::4])[0, 1] > 0.98


def test_catalogue_branch_minimises_what_it_says() -> None:
    labelled = _labelled()
    rng = np.random.default_rng(1)
    sample = rng.normal(size=(200, 6)) / 3
    moment = sample.T @ sample / 200
    strengths = 2 * labelled.targets - 1
    found = branches.catalogue_shares(labelled, strengths, moment, catalogue=0.7, ridge=2.0).sum(0)

    def loss(u: np.ndarray) -> float:
        w = labelled.weights
        errors = w @ np.square(strengths - labelled.centred @ u)
        return float(errors + 0.7 * w.sum() * np.square(sample @ u).mean() + 2.0 * u @ u)

    for _ in range(20):
        assert loss(found) < loss(found + 0.01 * rng.normal(size=6))


def test_shares_sum_to_the_unit_direction_of_the_mean() -> None:
    labelled = _labelled()
    strengths = np.where(labelled.targets > 0.5, labelled.targets, -1.0)
    direction = branches.mean_shares(labelled, strengths).sum(0)
    assert np.linalg.norm(direction) == pytest.approx(1.0)
    kept = np.maximum(strengths, 0) * labelled.weights
    expected = kept @ labelled.centred
    np.testing.assert_allclose(direction, expected / np.linalg.norm(expected))
    assert not branches.mean_shares(labelled, np.zeros(30)).any()


def test_landmarks_favour_fresh_labels_and_never_repeat() -> None:
    weights = np.where(np.arange(1000) < 500, 1.0, 0.1)
    rng = np.random.default_rng(0)
    picked = branches.pick_landmarks(weights, 100, rng)
    assert len(np.unique(picked)) == 100
    assert (picked < 500).mean() > 0.8
    np.testing.assert_array_equal(branches.pick_landmarks(weights[:50], 100, rng), np.arange(50))


def test_uncertainty_is_that_of_bayesian_regression() -> None:
    labelled = _labelled()
    directions = branches.known_directions(labelled, 0.5, 6)
    precision = (labelled.items.T * labelled.weights) @ labelled.items / 0.5 + np.eye(6)
    asked = labelled.items[:5]
    expected = np.einsum("ij,jk,ik->i", asked, np.linalg.inv(precision), asked)
    np.testing.assert_allclose(1 - np.square(asked @ directions).sum(1), expected, atol=1e-5)


def test_platt_agrees_with_logistic_regression_on_many_labels() -> None:
    rng = np.random.default_rng(0)
    scores = rng.normal(size=4000)
    liked = rng.random(4000) < 1 / (1 + np.exp(-(0.5 * scores - 0.7)))
    slope, offset = branches.platt(scores, liked)
    theirs = LogisticRegression(C=1e6).fit(scores[:, None], liked)
    assert slope == pytest.approx(theirs.coef_[0, 0], abs=0.03)
    assert offset == pytest.approx(theirs.intercept_[0], abs=0.03)
    slope, _ = branches.platt(scores, scores < 0)
    assert slope == 0.0


def test_the_mean_is_shrunk_to_the_prior_and_one_kind_of_label_does_not_move_it() -> None:
    labelled = replace(_labelled(4), targets=np.array([1, 1, 1, 0.0]), weights=np.ones(4))
    assert branches.shrunken_mean(labelled, 0.5, 4.0, 0.65) == pytest.approx((3 + 2) / 8)
    assert branches.shrunken_mean(replace(labelled, targets=np.ones(4)), 0.5, 4.0, 0.65) == 0.5
    assert branches.shrunken_mean(replace(labelled, targets=np.zeros(4)), 0.5, 4.0, 0.65) == 0.5
