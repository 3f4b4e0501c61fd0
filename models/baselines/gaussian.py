"""A Gaussian process on one person's labels, scikit-learn's.

Called by the laboratory; ranks by the features of the items alone.
"""

from __future__ import annotations

from typing import Self

import numpy as np
from scipy.special import ndtr
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel

from models.baselines.base import LIKED_FROM, Prediction, with_weak_negatives
from models.taste import Labels
from models.types import F32, I64

WEAK = 200
"""Catalogue items that stand in for the missing kind of label: the cost grows with their cube."""
CHUNK = 8_192
PRIOR = 0.6
"""Where ratings are expected before the first label, worth `SHRINK` labels."""
SHRINK = 3.0


class GaussianProcess:
    """Bumps of `width` around the labels, of deviation `spread`; a label's noise has variance `noise` / weight.

    Hyper-parameters are fixed: a few labels cannot choose them. Rasmussen & Williams 2006.
    """

    name = "gp"

    def __init__(self, width: float = 1.0, spread: float = 0.3, noise: float = 0.06, seed: int = 0) -> None:
        self.width = width
        self.spread = spread
        self.noise = noise
        self.seed = seed
        self._mean: float | None = None
        self._process: GaussianProcessRegressor | None = None

    def fit(self, features: F32, labels: Labels) -> Self:
        rows, targets, weights = with_weak_negatives(features, labels, self.seed, WEAK)
        used = weights > 0
        rows, targets, weights = rows[used], targets[used], weights[used].astype(np.float64)
        self._mean = float((SHRINK * PRIOR + weights @ targets) / (SHRINK + weights.sum()))
        self._process = None
        if len(rows):
            kernel = ConstantKernel(self.spread**2) * RBF(self.width)
            process = GaussianProcessRegressor(kernel, alpha=self.noise / weights, optimizer=None)
            self._process = process.fit(rows.astype(np.float64), targets - self._mean)
        return self

    def predict(self, features: F32, rows: I64 | None = None) -> Prediction:  # noqa: ARG002
        if self._mean is None:
            raise ValueError("gp: not fitted")
        mean = np.full(len(features), self._mean)
        deviation = np.full(len(features), self.spread)
        if self._process is not None:
            for start in range(0, len(features), CHUNK):
                part = slice(start, start + CHUNK)
                said, wide = self._process.predict(features[part].astype(np.float64), return_std=True)
                mean[part] += said
                deviation[part] = wide
        like = ndtr((mean - LIKED_FROM) / np.sqrt(deviation**2 + self.noise))
        return Prediction(mean.astype(np.float32), np.clip(mean, 0, 1).astype(np.float32), like.astype(np.float32))

    def get_params(self) -> dict[str, float]:
        return {"width": self.width, "spread": self.spread, "noise": self.noise, "seed": self.seed}
