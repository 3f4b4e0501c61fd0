"""Content-based cosine and nearest neighbours: the baselines that need no training.

Called by the laboratory; each ranks by the features of the items alone.
"""

from __future__ import annotations

from typing import Self

import numpy as np

from models.baselines.base import LIKED_FROM, Prediction
from models.taste import Labels
from models.types import F32, I64


class Cosine:
    """Cosine to the weighted mean of the liked items (away from the disliked ones where nothing is liked)."""

    name = "cosine"

    def __init__(self) -> None:
        self._direction: F32 | None = None

    def fit(self, features: F32, labels: Labels) -> Self:
        liked = labels.targets >= LIKED_FROM
        sign, chosen = (1.0, liked) if liked.any() else (-1.0, ~liked)
        total = (features[labels.rows[chosen]] * labels.weights[chosen, None]).sum(0)
        self._direction = np.asarray(sign * total / max(float(np.linalg.norm(total)), 1e-9), np.float32)
        return self

    def predict(self, features: F32, rows: I64 | None = None) -> Prediction:  # noqa: ARG002
        if self._direction is None:
            raise ValueError("cosine: not fitted")
        return Prediction(features @ self._direction)

    def get_params(self) -> dict[str, float]:
        return {}


class Neighbours:
    """Sum over the k nearest labelled items of cosine times (2 target - 1)."""

    name = "knn"

    def __init__(self, k: int = 10) -> None:
        self.k = k
        self._items: F32 | None = None
        self._signs = np.zeros(0, np.float32)

    def fit(self, features: F32, labels: Labels) -> Self:
        self._items = features[labels.rows]
        self._signs = (2 * labels.targets - 1) * labels.weights
        return self

    def predict(self, features: F32, rows: I64 | None = None) -> Prediction:  # noqa: ARG002
        if self._items is None:
            raise ValueError("knn: not fitted")
        cosines = features @ self._items.T
        k = min(self.k, len(self._items))
        if k < len(self._items):
            cut = np.partition(cosines, len(self._items) - k, axis=1)[:, -k][:, None]
            cosines = np.where(cosines >= cut, cosines, 0.0)
        return Prediction(np.asarray(cosines @ self._signs, np.float32))

    def get_params(self) -> dict[str, float]:
        return {"k": self.k}
