"""The two bounds every figure is read against: chance, and what everybody likes.

Called by the laboratory.
"""

from __future__ import annotations

from typing import Self

import numpy as np

from models.baselines.base import LIKED_FROM, Prediction
from models.baselines.population import ByRow, Ratings
from models.taste import Labels
from models.types import F32, I64


class Random:
    """Chance: another order for every set of labels, the same for the same."""

    name = "random"

    def __init__(self, seed: int = 0) -> None:
        self.seed = seed
        self._labelled: tuple[int, ...] | None = None

    def fit(self, features: F32, labels: Labels) -> Self:  # noqa: ARG002
        # One order for all people would make their averages share one accident.
        self._labelled = tuple(labels.rows.tolist())
        return self

    def predict(self, features: F32, rows: I64 | None = None) -> Prediction:  # noqa: ARG002
        if self._labelled is None:
            raise ValueError("random: not fitted")
        return Prediction(np.random.default_rng((self.seed, *self._labelled)).random(len(features), np.float32))

    def get_params(self) -> dict[str, float]:
        return {"seed": self.seed}


class Popularity(ByRow):
    """Ranks by how many people like an item; rates by its mean, shrunk to that of all by `strength` ratings.

    The person's own labels do not matter.
    """

    name = "popularity"

    def __init__(self, population: Ratings, strength: float = 5.0) -> None:
        super().__init__(population)
        self.strength = strength
        self._said = Prediction(np.zeros(0, np.float32))

    def get_params(self) -> dict[str, float]:
        return {"strength": self.strength}

    def _train(self, features: F32) -> None:
        n, items, targets = len(features), self.population.items, self.population.targets
        mean = float(targets.mean()) if len(targets) else 0.5
        counts = np.bincount(items, minlength=n)
        rating = (np.bincount(items, targets, n) + self.strength * mean) / (counts + self.strength)
        likes = np.bincount(items[targets >= LIKED_FROM], minlength=n)
        # Among items liked by equally many, the better rated first.
        self._said = Prediction((likes + 0.5 * rating).astype(np.float32), rating.astype(np.float32))

    def _fold(self, labels: Labels) -> None: ...

    def _predict(self) -> Prediction:
        return self._said
