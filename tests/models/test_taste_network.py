"""The network computes what its weights say, in chunks or at once, and refuses weights that do not fit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from models.taste_network import CHUNK, TasteNetwork, Weights


def _weights(p: int = 8, m: int = 5) -> Weights:
    rng = np.random.default_rng(0)

    def normal(*shape: int) -> np.ndarray:
        return rng.normal(size=shape).astype(np.float32)

    return Weights(normal(p, 2), normal(2), normal(m, p), normal(m, 2), 0.2 * normal(p, 3), normal(p), normal(2))


def test_forward_is_the_formula_over_several_chunks() -> None:
    weights = _weights()
    rows = np.random.default_rng(1).normal(size=(2 * CHUNK + 7, 8)).astype(np.float32) / 4
    heads, variance = TasteNetwork(weights, 2.0).run(rows)
    wide = rows.astype(np.float64)
    bumps = np.exp(2.0 * (wide @ weights.landmarks.T - 1))
    assumed = wide @ weights.linear + weights.bias + bumps @ weights.bumps
    assumed[:, 1] += weights.ramp_bias[1] * np.logaddexp(0, wide @ weights.ramp + weights.ramp_bias[0])
    np.testing.assert_allclose(heads, assumed, atol=1e-4)
    expected = np.clip(1 - np.square(wide @ weights.known).sum(1), 0, 1)
    np.testing.assert_allclose(variance, expected, atol=1e-5)


def test_threads_change_no_bit() -> None:
    network = TasteNetwork(_weights(), 2.0)
    rows = np.random.default_rng(1).normal(size=(5 * CHUNK + 7, 8)).astype(np.float32) / 4
    alone, together = network.run(rows), network.run(rows, threads=2)
    for one, other in zip(alone, together, strict=True):
        np.testing.assert_array_equal(one, other)


def test_without_landmarks_it_is_linear() -> None:
    weights = replace(_weights(), landmarks=np.zeros((0, 8), np.float32), bumps=np.zeros((0, 2), np.float32))
    rows = np.eye(8, dtype=np.float32)
    heads, _ = TasteNetwork(weights, 2.0).run(rows)
    expected = weights.linear + weights.bias
    expected[:, 1] += weights.ramp_bias[1] * np.logaddexp(0, weights.ramp + weights.ramp_bias[0])
    np.testing.assert_allclose(heads, expected, atol=1e-6)


@pytest.mark.parametrize(
    "wrong",
    [
        {"bias": np.zeros(3, np.float32)},
        {"bumps": np.zeros((4, 2), np.float32)},
        {"landmarks": np.zeros((5, 7), np.float32)},
        {"linear": np.zeros((8, 2), np.float64)},
        {"known": np.full((8, 1), np.inf, np.float32)},
        {"ramp": np.zeros((8, 1), np.float32)},
        {"ramp_bias": np.zeros(1, np.float32)},
    ],
)
def test_weights_that_do_not_fit_are_refused(wrong: dict[str, np.ndarray]) -> None:
    with pytest.raises(ValueError, match="taste network"):
        TasteNetwork(replace(_weights(), **wrong), 1.0)
