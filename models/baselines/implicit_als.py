"""Weighted matrix factorisation of likes, by the library `implicit`.

Called by the laboratory, and by the product once followed peers share their labels.
"""

from __future__ import annotations

import warnings

import numpy as np
from scipy.sparse import csr_matrix

from models.baselines.base import LIKED_FROM, Prediction
from models.baselines.population import ByRow, Ratings
from models.taste import Labels
from models.types import F32

GRUDGE = 0.25


class ImplicitAls(ByRow):
    """Hu, Koren & Volinsky 2008: a like is a 1 held with `confidence`, everything else a 0 held with 1.

    A newcomer's vector is solved with the items' fixed (the library's `recalculate_user`); a dislike is a 0
    held with a quarter of that confidence: it was rated low, but chosen.
    """

    name = "implicit-als"

    def __init__(
        self,
        population: Ratings,
        factors: int = 32,
        confidence: float = 5.0,
        penalty: float = 20.0,
        epochs: int = 15,
        seed: int = 0,
    ) -> None:
        super().__init__(population, seed)
        self.factors = factors
        self.confidence = confidence
        self.penalty = penalty
        self.epochs = epochs
        self._items = np.zeros((0, factors), np.float32)
        self._ranking = np.zeros(0, np.float32)

    def get_params(self) -> dict[str, float]:
        return {
            "factors": self.factors,
            "confidence": self.confidence,
            "penalty": self.penalty,
            "epochs": self.epochs,
            "seed": self.seed,
        }

    def _train(self, features: F32) -> None:  # noqa: ARG002
        likes = self.population.likes()
        with warnings.catch_warnings():
            # Advice about the threads of the BLAS, which are not this module's to set.
            warnings.simplefilter("ignore", RuntimeWarning)
            from implicit.cpu.als import AlternatingLeastSquares

            model = AlternatingLeastSquares(
                factors=self.factors,
                regularization=self.penalty,
                alpha=1.0,
                iterations=self.epochs,
                num_threads=1,
                random_state=self.seed,
            )
            model.fit(likes.matrix(np.full(len(likes), self.confidence, np.float32)), show_progress=False)
        self._model = model
        self._items = np.asarray(model.item_factors)

    def _fold(self, labels: Labels) -> None:
        liked = labels.targets >= LIKED_FROM
        if liked.any():
            self._ranking = self._items @ self._solve(labels, np.where(liked, 1.0, -GRUDGE))
            return
        # Without a like the solution is 0. Then: like everybody, less like somebody who likes what is disliked.
        person = np.asarray(self._model.user_factors).mean(0)
        if len(labels):
            person = person - self._solve(labels, np.ones(len(labels)))
        self._ranking = self._items @ person

    def _solve(self, labels: Labels, signs: np.ndarray) -> F32:
        held = (signs * self.confidence * labels.weights).astype(np.float32)
        places = (np.zeros(len(held), np.int64), labels.rows)
        return np.asarray(self._model.recalculate_user(0, csr_matrix((held, places), (1, len(self._items)))))

    def _predict(self) -> Prediction:
        return Prediction(np.asarray(self._ranking, np.float32))
