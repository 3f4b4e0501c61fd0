"""Bayesian personalised ranking: factors learned from pairs, what a person likes above what they did not touch.

Called by the laboratory, and by the product once followed peers share their labels.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from scipy.optimize import minimize
from scipy.special import expit

from models.baselines.base import LIKED_FROM, Prediction
from models.baselines.population import ByRow, Crowd, Ratings
from models.taste import Labels
from models.types import F32, I64

BATCH = 512
OTHERS = 256
"""Catalogue items a newcomer's labels are compared with."""
HEAVY = 4.0
"""How much a newcomer's label weighs against the spread of the population, and ..."""
GRUDGE = 0.25
"""... how much standing above all dislikes does against standing above the catalogue."""


class Bpr(ByRow):
    """Rendle et al. 2009, with item biases, by gradient descent in batches of 512 pairs.

    `epochs` passes over as many pairs as there are likes; a pair whose second item is liked too is skipped.
    A newcomer's factors minimise the same loss, each like above a sample of the catalogue and above the dislikes
    (where nothing is liked, the sample above the dislikes), held by the spread of the population's own.
    """

    name = "bpr"

    def __init__(
        self,
        population: Ratings,
        factors: int = 10,
        epochs: int = 30,
        rate: float = 0.05,
        penalty: float = 0.01,
        seed: int = 0,
    ) -> None:
        super().__init__(population, seed)
        self.factors = factors
        self.epochs = epochs
        self.rate = rate
        self.penalty = penalty
        self._people = np.zeros((0, factors), np.float32)
        self._items = np.zeros((0, factors), np.float32)
        self._biases = np.zeros(0, np.float32)
        self._crowd = Crowd(np.zeros(0), np.zeros((0, 0)))
        self._others = np.zeros(0, np.int64)
        self._ranking = np.zeros(0, np.float32)

    def get_params(self) -> dict[str, float]:
        return {
            "factors": self.factors,
            "epochs": self.epochs,
            "rate": self.rate,
            "penalty": self.penalty,
            "seed": self.seed,
        }

    def order(self, user: int) -> F32:
        """Scores of the whole catalogue for member `user` of the population, `(N,)`."""
        return np.asarray(self._biases + self._items @ self._people[user], np.float32)

    def _train(self, features: F32) -> None:
        likes, n = self.population.likes(), len(features)
        rng = np.random.default_rng(self.seed)
        people = torch.from_numpy(((rng.random((likes.people, self.factors)) - 0.5) / self.factors).astype(np.float32))
        items = torch.from_numpy(((rng.random((n, self.factors)) - 0.5) / self.factors).astype(np.float32))
        biases = torch.zeros(n)
        liked = np.sort(likes.keys())
        for _ in range(self.epochs if len(likes) else 0):
            drawn = rng.integers(0, len(likes), len(likes))
            users, better = likes.users[drawn], likes.items[drawn]
            worse = rng.integers(0, n, len(likes))
            asked = users * n + worse
            place = np.minimum(np.searchsorted(liked, asked), len(liked) - 1)
            open_ = np.flatnonzero(liked[place] != asked)
            triples = (torch.from_numpy(array[open_]) for array in (users, better, worse))
            for u, i, j in zip(*(torch.split(array, BATCH) for array in triples), strict=True):
                self._step(people, items, biases, u, i, j)
        self._people, self._items, self._biases = people.numpy(), items.numpy(), biases.numpy()
        self._crowd = Crowd.of(self._people)
        self._others = rng.choice(n, min(OTHERS, n), replace=False)

    def _step(
        self,
        people: torch.Tensor,
        items: torch.Tensor,
        biases: torch.Tensor,
        u: torch.Tensor,
        i: torch.Tensor,
        j: torch.Tensor,
    ) -> None:
        """Move users `u`, their liked items `i` and the others `j`, all `(b,)`, by one step, in place."""
        p, q, o = people[u], items[i], items[j]
        apart = q - o
        wrong = torch.sigmoid(biases[j] - biases[i] - (p * apart).sum(1))
        push = self.rate * wrong[:, None] * p
        pull = self.rate * self.penalty
        people.index_add_(0, u, self.rate * wrong[:, None] * apart - pull * p)
        items.index_add_(0, i, push - pull * q)
        items.index_add_(0, j, -push - pull * o)
        bias_i, bias_j = biases[i], biases[j]
        biases.index_add_(0, i, self.rate * wrong - pull * bias_i)
        biases.index_add_(0, j, -self.rate * wrong - pull * bias_j)

    def _fold(self, labels: Labels) -> None:
        items, biases = self._items.astype(np.float64), self._biases.astype(np.float64)
        liked, weights = labels.targets >= LIKED_FROM, HEAVY * labels.weights
        rest = np.ones(len(self._others)) / max(1, len(self._others))
        if liked.all():
            blocks = [_Block(labels.rows, self._others, np.outer(weights, rest))]
        elif not liked.any():
            blocks = [_Block(self._others, labels.rows, np.outer(rest, weights))]
        else:
            better, worse = labels.rows[liked], labels.rows[~liked]
            heavy, light = weights[liked], weights[~liked]
            # What was rated low was still chosen: it is below the likes, not below what was never touched.
            light = GRUDGE * light / max(float(light.sum()), 1e-9)
            blocks = [
                _Block(better, self._others, np.outer(heavy, rest)),
                _Block(better, worse, np.outer(heavy, light)),
            ]
        crowd = self._crowd

        def loss(person: np.ndarray) -> tuple[float, np.ndarray]:
            scores = biases + items @ person
            away = crowd.precision @ (person - crowd.mean)
            value, slope = 0.5 * float((person - crowd.mean) @ away), away
            for block in blocks:
                margin = scores[block.better][:, None] - scores[block.worse]
                value += float((block.weights * np.logaddexp(0, -margin)).sum())
                wrong = block.weights * expit(-margin)
                slope = slope - wrong.sum(1) @ items[block.better] + wrong.sum(0) @ items[block.worse]
            return value, slope

        person = crowd.mean
        if len(labels):
            person = minimize(loss, crowd.mean, jac=True, method="L-BFGS-B", options={"maxiter": 50}).x
        self._ranking = (biases + items @ person).astype(np.float32)

    def _predict(self) -> Prediction:
        return Prediction(self._ranking)


@dataclass(frozen=True, slots=True, eq=False)
class _Block:
    """Catalogue rows `better (a,)`, each of which should stand above each of `worse (b,)`: `weights (a, b)`."""

    better: I64
    worse: I64
    weights: np.ndarray
