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
    return Labelled(items - 0.05, targets, rng.uniform(0.3, 1.0, n), np.arange(n))


def _metric(p: int = 6) -> np.ndarray:
    half = np.random.default_rng(9).normal(size=(p, p))
    return np.asarray(half @ half.T / p)


def _predict(labelled: Labelled, regression: branches.Regression, linear: float) -> np.ndarray:
    at = labelled.centred[labelled.landmarks] @ _metric()
    return np.asarray(regression.mean + branches.kernel(labelled.centred @ at.T, linear, 2.0) @ regression.alpha)


def test_regression_is_the_gaussian_process_of_scikit_learn() -> None:
    labelled = _labelled()
    labelled = replace(labelled, centred=labelled.centred / np.linalg.norm(labelled.centred, axis=1, keepdims=True))
    ours = branches.regress(labelled, np.eye(6), 0.5, linear=0.0, sharpness=2.0, noise=0.4)
    # exp(s (cos - 1)) of unit vectors is an RBF of squared length 1 / s.
    theirs = GaussianProcessRegressor(RBF(1 / np.sqrt(2.0)), alpha=0.4 / labelled.weights, optimizer=None).fit(
        labelled.centred, labelled.targets - 0.5
    )
    gram = branches.kernel(labelled.centred @ labelled.centred.T, 0.0, 2.0)
    np.testing.assert_allclose(gram @ ours.alpha, theirs.predict(labelled.centred), atol=1e-8)


def test_left_out_predictions_are_those_of_fits_without_the_label() -> None:
    labelled = _labelled(20)
    whole = branches.regress(labelled, _metric(), 0.5, linear=0.5, sharpness=2.0, noise=0.5)
    for left in range(0, 20, 4):
        keep = np.delete(np.arange(20), left)
        rest = Labelled(labelled.centred[keep], labelled.targets[keep], labelled.weights[keep], np.arange(19))
        without = branches.regress(rest, _metric(), 0.5, linear=0.5, sharpness=2.0, noise=0.5)
        gram = branches.kernel(rest.centred @ _metric() @ labelled.centred[left], 0.5, 2.0)
        assert whole.left_out[left] == pytest.approx(0.5 + gram @ without.alpha, abs=1e-8)


def test_few_landmarks_come_close_to_the_exact_solution() -> None:
    labelled = _labelled(400)
    exact = branches.regress(labelled, _metric(), 0.5, linear=0.5, sharpness=2.0, noise=1.0)
    some = replace(labelled, landmarks=np.arange(0, 400, 4))
    close = branches.regress(some, _metric(), 0.5, linear=0.5, sharpness=2.0, noise=1.0)
    first, second = _predict(labelled, exact, 0.5), _predict(some, close, 0.5)
    assert np.abs(first - second).max() < 0.03
    assert np.corrcoef(close.left_out, exact.left_out[::4])[0, 1] > 0.98


def test_the_metric_follows_the_catalogue() -> None:
    rows = np.random.default_rng(1).normal(size=(500, 6)) * np.arange(1, 7)
    spectrum = branches.Spectrum.of(rows)
    np.testing.assert_allclose(spectrum.metric(0.0), np.eye(6), atol=1e-9)
    metric = spectrum.metric(0.5)
    lengths = np.einsum("ij,jk,ik->i", rows, metric, rows)
    assert lengths.mean() == pytest.approx(np.square(rows).sum(1).mean())
    assert metric[5, 5] > 3 * metric[0, 0]
    # Where there is no catalogue to speak of, nothing breaks.
    assert np.isfinite(branches.Spectrum.of(np.zeros((3, 6))).metric(0.5)).all()


def test_labels_that_follow_the_features_are_taken_for_less_noisy() -> None:
    rng = np.random.default_rng(3)
    rows = rng.normal(size=(80, 6))
    gram, ones = rows @ rows.T / 6, np.ones(80)
    clear, noisy = rows @ rng.normal(size=6) / 6, rng.normal(size=80)
    found = [
        branches.noise_from_evidence(gram, residual, ones, branches.residual_variance(residual, ones, 0.1))
        for residual in (clear + 0.05 * noisy, noisy)
    ]
    assert found[0] < 1.0
    assert found[1] > 7.0
    # A label that has faded away counts for nothing.
    half = np.where(np.arange(80) < 40, 1.0, 1e-9)
    broken = np.where(np.arange(80) < 40, clear, 5.0)
    alone = branches.noise_from_evidence(gram[:40, :40], clear[:40], ones[:40], 0.1)
    assert branches.noise_from_evidence(gram, broken, half, 0.1) == pytest.approx(alone, rel=0.05)


def test_direction_of_the_likes_goes_from_their_mean_to_fishers_discriminant() -> None:
    rng = np.random.default_rng(1)
    sample = rng.normal(size=(400, 6)) * np.arange(1, 7)
    spectrum, moment = branches.Spectrum.of(sample), sample.T @ sample / 400
    few = _labelled(3)
    mean = few.centred.T @ few.weights
    direction = branches.likes_shares(few, np.ones(3), spectrum, energy=0.0, separation=0.0).sum(0)
    np.testing.assert_allclose(direction, mean)
    direction = branches.likes_shares(few, np.ones(3), spectrum, energy=0.0, separation=1e9).sum(0)
    fisher = np.linalg.solve(moment, mean)
    assert direction @ fisher / np.linalg.norm(direction) / np.linalg.norm(fisher) == pytest.approx(1.0)
    pushed = branches.likes_shares(few, -np.ones(3), spectrum, energy=0.5, separation=0.03)
    pulled = branches.likes_shares(few, np.ones(3), spectrum, energy=0.5, separation=0.03)
    np.testing.assert_allclose(pushed, -pulled)


def test_landmarks_favour_fresh_labels_and_never_repeat() -> None:
    weights = np.where(np.arange(1000) < 500, 1.0, 0.1)
    rng = np.random.default_rng(0)
    picked = branches.pick_landmarks(weights, 100, rng)
    assert len(np.unique(picked)) == 100
    assert (picked < 500).mean() > 0.8
    np.testing.assert_array_equal(branches.pick_landmarks(weights[:50], 100, rng), np.arange(50))


def test_uncertainty_is_that_of_bayesian_regression() -> None:
    labelled = _labelled()
    items = labelled.centred + 0.05
    directions = branches.known_directions(items, labelled.weights, 0.5, 6)
    precision = (items.T * labelled.weights) @ items / 0.5 + np.eye(6)
    asked = items[:5]
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


def test_the_mean_is_shrunk_to_the_prior_and_labels_that_are_all_the_same_do_not_move_it() -> None:
    labelled = replace(_labelled(4), targets=np.array([1, 1, 1, 0.0]), weights=np.ones(4))
    assert branches.shrunken_mean(labelled, 0.5, 4.0) == pytest.approx((3 + 2) / 8)
    assert branches.shrunken_mean(replace(labelled, targets=np.ones(4)), 0.5, 4.0) == 0.5
    assert branches.shrunken_mean(replace(labelled, targets=np.zeros(4)), 0.5, 4.0) == 0.5
    mild = branches.shrunken_mean(replace(labelled, targets=np.array([0.9, 1, 1, 0.9])), 0.5, 4.0)
    assert 0.5 < mild < 0.6
