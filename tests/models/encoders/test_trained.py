"""The two signs of a network that was never trained."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from models.encoders.trained import refuse_collapsed, refuse_untrained
from models.encoders.weights import WeightsError


def network() -> torch.nn.Module:
    return torch.nn.Sequential(torch.nn.Linear(4, 4), torch.nn.LayerNorm(4), torch.nn.LayerNorm(4))


def test_layer_norms_as_born_are_refused() -> None:
    with pytest.raises(WeightsError, match="layer norms"):
        refuse_untrained(network())


def test_one_layer_norm_that_moved_is_enough() -> None:
    trained = network()
    with torch.no_grad():
        trained[2].weight[1] = 1.01  # type: ignore[index]
    refuse_untrained(trained)


def test_a_network_without_layer_norms_says_nothing() -> None:
    refuse_untrained(torch.nn.Sequential(torch.nn.Linear(4, 4), torch.nn.LayerNorm(4, elementwise_affine=False)))


def test_one_direction_for_everything_is_refused() -> None:
    rng = np.random.default_rng(0)
    apart = rng.normal(size=(8, 64)).astype(np.float32)
    apart /= np.linalg.norm(apart, axis=1, keepdims=True)
    refuse_collapsed(apart)
    alike = apart + 5 * apart[:1]
    alike /= np.linalg.norm(alike, axis=1, keepdims=True)
    with pytest.raises(WeightsError, match="nearly the same vector"):
        refuse_collapsed(alike)


def test_vectors_that_are_no_numbers_are_refused() -> None:
    vectors = np.eye(4, dtype=np.float32)
    vectors[2] = np.nan
    with pytest.raises(WeightsError):
        refuse_collapsed(vectors)
