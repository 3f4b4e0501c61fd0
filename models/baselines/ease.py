"""EASE^R: every item predicted from all others by one ridge regression, in closed form.

Called by the laboratory, and by the product once followed peers share their labels.
"""

from __future__ import annotations

import numpy as np
from scipy.linalg.lapack import spotrf, spotri

from models.baselines.base import Prediction
from models.baselines.population import ByRow, Ratings
from models.taste import Labels
from models.types import F32

MOST = 12_000


class Ease(ByRow):
    """Steck 2019, "Embarrassingly Shallow Autoencoders for Sparse Data".

    Trained on likes as ones. A person enters with 1 for a like and -`grudge` for a dislike. The weights are a
    dense matrix between items, 0.1 s for 1,682 of them and 10 s for 10,000, so of a larger catalogue only the
    most liked 12,000 take part; all others score 0.
    """

    name = "ease"

    def __init__(self, population: Ratings, penalty: float = 200.0, grudge: float = 0.25) -> None:
        super().__init__(population)
        self.penalty = penalty
        self.grudge = grudge
        self._kept = np.zeros(0, np.int64)
        self._weights = np.zeros((0, 0), np.float32)
        self._ranking = np.zeros(0, np.float32)

    def get_params(self) -> dict[str, float]:
        return {"penalty": self.penalty, "grudge": self.grudge}

    def _train(self, features: F32) -> None:  # noqa: ARG002
        likes = self.population.likes()
        binary = likes.matrix(np.ones(len(likes), np.float32))
        counts = np.bincount(likes.items, minlength=likes.catalogue)
        self._kept = np.sort(np.argsort(-counts, kind="stable")[:MOST])
        binary = binary[:, self._kept]
        gram = np.asfortranarray((binary.T @ binary).toarray())
        gram[np.diag_indices_from(gram)] += self.penalty
        # Cholesky, then the inverse's lower half in place: half the work of solving for the identity.
        factor, wrong = spotrf(gram, lower=1, overwrite_a=1)
        inverse, failed = spotri(factor, lower=1, overwrite_c=1)
        if wrong or failed:
            raise ValueError("ease: the penalty is too small for these ratings")
        lower = np.tril(inverse, -1)
        weights = (lower + lower.T) / -np.diag(inverse)
        self._weights = np.asarray(weights, np.float32)

    def _fold(self, labels: Labels) -> None:
        signs = 2 * labels.targets - 1
        signs = labels.weights * np.where(signs < 0, self.grudge * signs, signs)
        person = np.zeros(self.population.catalogue, np.float32)
        person[labels.rows] = signs
        self._ranking = np.zeros(len(person), np.float32)
        self._ranking[self._kept] = person[self._kept] @ self._weights

    def _predict(self) -> Prediction:
        return Prediction(self._ranking)
