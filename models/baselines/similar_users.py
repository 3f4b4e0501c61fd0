"""User-based collaborative filtering: what people with similar labels like.

Called by the laboratory, and by the product once followed peers share their labels.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_matrix

from models.baselines.base import Prediction
from models.baselines.population import ByRow, Ratings
from models.taste import Labels
from models.types import F32


class SimilarUsers(ByRow):
    """Votes of the `k` people whose labels lie nearest in cosine (Resnick et al. 1994, without centring).

    A label counts as 2 target - 1, so that likes alone or dislikes alone still tell people apart. Ranking
    sums the votes, similarity times label: an item few of them know gets few votes, which ranks unseen items
    well, where the average would put an item with a single like first. `rating` is that average, shrunk to
    the item's own mean by `strength` units of similarity.
    """

    name = "user-cf"

    def __init__(self, population: Ratings, k: int = 80, strength: float = 1.0) -> None:
        super().__init__(population)
        self.k = k
        self.strength = strength
        self._votes = csr_matrix((0, 0))
        self._rated = csr_matrix((0, 0))
        self._lengths = np.zeros(0)
        self._means = np.zeros(0)
        self._said = Prediction(np.zeros(0, np.float32))

    def get_params(self) -> dict[str, float]:
        return {"k": self.k, "strength": self.strength}

    def _train(self, features: F32) -> None:
        targets, items = self.population.targets.astype(np.float64), self.population.items
        self._votes = self.population.matrix(2 * targets - 1)
        self._rated = self.population.matrix(np.ones_like(targets))
        self._lengths = np.sqrt(np.asarray(self._votes.multiply(self._votes).sum(1)).ravel())
        mean = float(targets.mean()) if len(targets) else 0.5
        counts = np.bincount(items, minlength=len(features))
        self._means = (np.bincount(items, targets, len(features)) + 5 * mean) / (counts + 5)

    def _fold(self, labels: Labels) -> None:
        person = np.zeros(self.population.catalogue)
        person[labels.rows] = labels.weights * (2 * labels.targets - 1)
        length = float(np.linalg.norm(person))
        near = (self._votes @ person) / np.maximum(self._lengths * length, 1e-9)
        if self.k < len(near):
            near = np.where(near >= np.partition(near, -self.k)[-self.k], near, 0.0)
        near = np.maximum(near, 0.0)
        votes = self._votes.T @ near
        heard = self._rated.T @ near
        # A vote is 2 target - 1: back to targets.
        rating = (0.5 * (votes + heard) + self.strength * self._means) / (heard + self.strength)
        self._said = Prediction(votes.astype(np.float32), np.clip(rating, 0, 1).astype(np.float32))

    def _predict(self) -> Prediction:
        return self._said
