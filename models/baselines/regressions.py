"""Ridge regression, a plain multilayer perceptron and eight of them, on one person's labels.

Called by the laboratory; each ranks by the features of the items alone.
"""

from __future__ import annotations

from typing import Self

import numpy as np
import torch
from sklearn.linear_model import Ridge as SklearnRidge
from torch import nn

from models.baselines.base import Prediction, with_weak_negatives
from models.taste import Labels
from models.types import F32, I64


class Ridge:
    """scikit-learn's ridge; with likes only, the catalogue serves as weak negatives."""

    name = "ridge"

    def __init__(self, penalty: float = 1.0, seed: int = 0) -> None:
        self.penalty = penalty
        self.seed = seed
        self._model: SklearnRidge | None = None

    def fit(self, features: F32, labels: Labels) -> Self:
        rows, targets, weights = with_weak_negatives(features, labels, self.seed)
        if not weights.any():
            rows, targets, weights = np.zeros_like(features[:1]), np.full(1, 0.5, np.float32), np.ones(1, np.float32)
        self._model = SklearnRidge(self.penalty).fit(rows, targets, weights)
        return self

    def predict(self, features: F32, rows: I64 | None = None) -> Prediction:  # noqa: ARG002
        if self._model is None:
            raise ValueError("ridge: not fitted")
        values = np.asarray(self._model.predict(features), np.float32)
        return Prediction(values, np.clip(values, 0, 1))

    def get_params(self) -> dict[str, float]:
        return {"penalty": self.penalty, "seed": self.seed}


class Perceptron:
    """One hidden layer of 64, 150 full-batch steps of Adam: the plain per-user network."""

    name = "mlp"

    def __init__(self, hidden: int = 64, steps: int = 150, decay: float = 1e-3, seed: int = 0) -> None:
        self.hidden = hidden
        self.steps = steps
        self.decay = decay
        self.seed = seed
        self._model: nn.Module | None = None

    def fit(self, features: F32, labels: Labels) -> Self:
        rows, targets, weights = with_weak_negatives(features, labels, self.seed)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.seed)
            model = nn.Sequential(nn.Linear(features.shape[1], self.hidden), nn.ReLU(), nn.Linear(self.hidden, 1))
        if len(rows):
            x, y, w = (torch.from_numpy(np.asarray(array, np.float32)) for array in (rows, targets, weights))
            optimiser = torch.optim.Adam(model.parameters(), lr=0.01, weight_decay=self.decay)
            for _ in range(self.steps):
                optimiser.zero_grad()
                loss = (w * (model(x)[:, 0] - y).square()).sum() / w.sum().clamp_min(1e-6)
                loss.backward()
                optimiser.step()
        self._model = model
        return self

    def predict(self, features: F32, rows: I64 | None = None) -> Prediction:  # noqa: ARG002
        if self._model is None:
            raise ValueError("mlp: not fitted")
        with torch.inference_mode():
            values = self._model(torch.from_numpy(np.ascontiguousarray(features)))[:, 0].numpy().copy()
        return Prediction(values, np.clip(values, 0, 1))

    def get_params(self) -> dict[str, float]:
        return {"hidden": self.hidden, "steps": self.steps, "decay": self.decay, "seed": self.seed}


class Committee:
    """The mean of `members` perceptrons that differ in their start, trained at once.

    Deep ensembles, Lakshminarayanan et al. 2017; each member is `Perceptron` with the same steps and decay.
    """

    name = "mlp-ensemble"

    def __init__(
        self, members: int = 8, hidden: int = 64, steps: int = 150, decay: float = 1e-3, seed: int = 0
    ) -> None:
        self.members = members
        self.hidden = hidden
        self.steps = steps
        self.decay = decay
        self.seed = seed
        self._layers: list[torch.Tensor] | None = None

    def fit(self, features: F32, labels: Labels) -> Self:
        rows, targets, weights = with_weak_negatives(features, labels, self.seed)
        generator = torch.Generator().manual_seed(self.seed)

        def start(*shape: int, width: int) -> torch.Tensor:
            # As torch.nn.Linear does: uniform within one over the root of the inputs.
            drawn: torch.Tensor = (2 * torch.rand(shape, generator=generator) - 1) / width**0.5
            return drawn.requires_grad_()

        m, p, h = self.members, features.shape[1], self.hidden
        layers = [start(m, p, h, width=p), start(m, 1, h, width=p), start(m, h, 1, width=h), start(m, 1, 1, width=h)]
        if len(rows):
            x, y, w = (torch.from_numpy(np.asarray(array, np.float32)) for array in (rows, targets, weights))
            optimiser = torch.optim.Adam(layers, lr=0.01, weight_decay=self.decay)
            for _ in range(self.steps):
                optimiser.zero_grad()
                errors = (w * (_outputs(layers, x) - y).square()).sum(1) / w.sum().clamp_min(1e-6)
                errors.sum().backward()  # type: ignore[no-untyped-call]  # torch does not say
                optimiser.step()
        self._layers = [layer.detach() for layer in layers]
        return self

    def predict(self, features: F32, rows: I64 | None = None) -> Prediction:  # noqa: ARG002
        if self._layers is None:
            raise ValueError("mlp-ensemble: not fitted")
        with torch.inference_mode():
            values = _outputs(self._layers, torch.from_numpy(np.ascontiguousarray(features))).mean(0).numpy().copy()
        return Prediction(values, np.clip(values, 0, 1))

    def get_params(self) -> dict[str, float]:
        return {
            "members": self.members,
            "hidden": self.hidden,
            "steps": self.steps,
            "decay": self.decay,
            "seed": self.seed,
        }


def _outputs(layers: list[torch.Tensor], rows: torch.Tensor) -> torch.Tensor:
    """What each member says of `rows (n, p)`: `(members, n)`."""
    inner, inner_bias, outer, outer_bias = layers
    hidden = torch.relu(torch.matmul(rows, inner) + inner_bias)
    return (torch.matmul(hidden, outer) + outer_bias)[:, :, 0]
