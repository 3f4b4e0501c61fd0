"""The noise hides what it promises: exact accounting, more privacy for more noise, memoised and unbiased coins."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import kstest, norm

from models.privacy import flip_chance, gaussian_delta, gaussian_sigma, memoised_normals, memoised_uniforms

SECRET = bytes(range(32))
EPSILONS = st.floats(0.05, 20.0)
DELTAS = st.floats(1e-10, 0.5)


@settings(max_examples=60, deadline=None)
@given(EPSILONS, DELTAS)
def test_sigma_is_enough_and_not_too_much(epsilon: float, delta: float) -> None:
    sigma = gaussian_sigma(epsilon, delta)
    assert gaussian_delta(epsilon, sigma) <= delta
    assert gaussian_delta(epsilon, sigma * 0.999) > delta


@settings(max_examples=60, deadline=None)
@given(EPSILONS, EPSILONS, DELTAS, DELTAS)
def test_more_privacy_takes_more_noise(epsilon: float, more: float, delta: float, other: float) -> None:
    assert (gaussian_sigma(epsilon, delta) - gaussian_sigma(epsilon + more, delta)) > 0
    low, high = sorted((delta, other))
    assert gaussian_sigma(epsilon, low) >= gaussian_sigma(epsilon, high)
    assert flip_chance(epsilon) >= flip_chance(epsilon + more)


@settings(max_examples=60, deadline=None)
@given(EPSILONS, st.floats(0.05, 20.0), st.floats(0.01, 10.0))
def test_delta_falls_with_noise_and_rises_with_sensitivity(epsilon: float, sigma: float, more: float) -> None:
    assert gaussian_delta(epsilon, sigma + more) <= gaussian_delta(epsilon, sigma)
    assert gaussian_delta(epsilon, sigma, 1 + more) >= gaussian_delta(epsilon, sigma)
    assert gaussian_delta(epsilon, sigma * 3, 3.0) == pytest.approx(gaussian_delta(epsilon, sigma), rel=1e-6, abs=1e-12)


def test_delta_agrees_with_integrating_the_two_densities() -> None:
    # delta is the mass by which one density exceeds e^epsilon times the other, wherever it does.
    for epsilon, sigma in ((0.5, 1.0), (1.0, 2.0), (4.0, 0.6)):
        x = np.linspace(-40, 40, 800_001)
        excess = norm.pdf(x, 1.0, sigma) - np.exp(epsilon) * norm.pdf(x, 0.0, sigma)
        mass = np.maximum(excess, 0.0).sum() * (x[1] - x[0])
        assert gaussian_delta(epsilon, sigma) == pytest.approx(mass, rel=1e-4)


def test_the_shipped_constants_need_less_noise_than_the_classical_bound() -> None:
    assert gaussian_sigma(4.0, 1e-5) == pytest.approx(1.0812, abs=1e-4)
    assert gaussian_sigma(4.0, 1e-5) < np.sqrt(2 * np.log(1.25e5)) / 4.0
    assert flip_chance(2.0) == pytest.approx(0.1192, abs=1e-4)


def test_randomised_response_keeps_its_promise() -> None:
    for epsilon in (0.5, 2.0, 8.0):
        chance = flip_chance(epsilon)
        assert (1 - chance) / chance == pytest.approx(np.exp(epsilon))


def test_noise_is_memoised_and_follows_its_law() -> None:
    first = memoised_uniforms(SECRET, b"question", 4_000)
    np.testing.assert_array_equal(first, memoised_uniforms(SECRET, b"question", 4_000))
    np.testing.assert_array_equal(first[:10], memoised_uniforms(SECRET, b"question", 10))
    for other in (memoised_uniforms(SECRET, b"another", 4_000), memoised_uniforms(bytes(32), b"question", 4_000)):
        assert abs(np.corrcoef(first, other)[0, 1]) < 0.1
    assert 0 < first.min() <= first.max() < 1
    assert kstest(first, "uniform").pvalue > 1e-4
    assert kstest(memoised_normals(SECRET, b"question", 4_000), "norm").pvalue > 1e-4


@pytest.mark.parametrize(
    ("epsilon", "delta", "sensitivity"), [(0, 1e-5, 1), (1, 0, 1), (1, 1, 1), (1, 1e-5, 0), (float("nan"), 1e-5, 1)]
)
def test_impossible_promises_are_refused(epsilon: float, delta: float, sensitivity: float) -> None:
    with pytest.raises(ValueError, match="privacy"):
        gaussian_sigma(epsilon, delta, sensitivity)


def test_impossible_arguments_are_refused() -> None:
    with pytest.raises(ValueError, match="positive"):
        gaussian_delta(1.0, 0.0)
    with pytest.raises(ValueError, match="positive"):
        flip_chance(0.0)
    with pytest.raises(ValueError, match="32 bytes"):
        memoised_uniforms(b"short", b"", 1)
