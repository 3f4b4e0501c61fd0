"""Low-rank projection: completion of the ratings where an item's factors are a projection of its features.

Called by the laboratory, and by the product once followed peers share their labels.
"""

from __future__ import annotations

import numpy as np
import torch

from models.baselines.base import Prediction
from models.baselines.population import Collaborative, Crowd, Ratings, contrast
from models.taste import Labels
from models.types import F32, I64


class Projection(Collaborative):
    """rating = mean + user + slope . features + user's factors . (features x projection).

    Squared error by full-batch Adam. Since an item is nothing but its features, one that nobody rated is ranked
    like any other. A newcomer is folded in as the posterior mean under the spread of the population's vectors.
    """

    name = "projection"

    def __init__(
        self,
        population: Ratings,
        factors: int = 10,
        epochs: int = 150,
        rate: float = 0.02,
        penalty: float = 0.01,
        seed: int = 0,
    ) -> None:
        super().__init__(population, seed)
        self.factors = factors
        self.epochs = epochs
        self.rate = rate
        self.penalty = penalty
        self._mean = 0.5
        self._slope = np.zeros(0, np.float32)
        self._directions = np.zeros((0, factors), np.float32)
        self._crowd = Crowd(np.zeros(0), np.zeros((0, 0)))
        self._noise = 1.0
        self._features = np.zeros((0, 0), np.float32)
        self._person = np.zeros(0)

    def get_params(self) -> dict[str, float]:
        return {
            "factors": self.factors,
            "epochs": self.epochs,
            "rate": self.rate,
            "penalty": self.penalty,
            "seed": self.seed,
        }

    def predict(self, features: F32, rows: I64 | None = None) -> Prediction:  # noqa: ARG002
        """Rank any items by their features."""
        if not self._fitted:
            raise ValueError("projection: not fitted")
        design = self._design(features)
        rating = (self._mean + features @ self._slope + design @ self._person).astype(np.float32)
        return Prediction(rating, np.clip(rating, 0, 1))

    def _train(self, features: F32) -> None:
        said, width = self.population.contrasted(self.seed), features.shape[1]
        self._features = features
        self._mean = float(said.targets.mean()) if len(said) else 0.5
        draws = torch.Generator().manual_seed(self.seed)
        items = torch.from_numpy(np.ascontiguousarray(features, np.float32))
        people = (0.1 * torch.randn(said.people, self.factors, generator=draws)).requires_grad_()
        directions = (torch.randn(width, self.factors, generator=draws) / width**0.5).requires_grad_()
        biases, slope = torch.zeros(said.people, requires_grad=True), torch.zeros(width, requires_grad=True)
        users, rows = torch.from_numpy(said.users), torch.from_numpy(said.items)
        values = torch.from_numpy(said.targets - np.float32(self._mean))
        learned = [people, directions, biases, slope]
        optimiser = torch.optim.Adam(learned, lr=self.rate)
        for _ in range(self.epochs if len(said) else 0):
            optimiser.zero_grad()
            # Gathering rows of the small product is cheaper than multiplying gathered rows.
            products = (people[users] * (items @ directions)[rows]).sum(1)
            error = values - biases[users] - (items @ slope)[rows] - products
            loss = error.square().mean() + self.penalty * (
                people.square().sum(1).mean() + biases.square().mean() + slope.square().mean()
            )
            loss.backward()
            optimiser.step()
        self._slope, self._directions = slope.detach().numpy().copy(), directions.detach().numpy().copy()
        trained = np.column_stack([biases.detach().numpy(), people.detach().numpy()])
        self._crowd = Crowd.of(trained)
        base = self._mean + features @ self._slope
        expected = base[said.items] + (self._design(features)[said.items] * trained[said.users]).sum(1)
        self._noise = float(np.square(said.targets - expected).mean()) + 1e-4 if len(said) else 0.06

    def _design(self, features: F32) -> np.ndarray:
        return np.column_stack([np.ones(len(features), np.float32), features @ self._directions])

    def _fold(self, labels: Labels) -> None:
        labels = contrast(labels, self.population, self.seed)
        known = self._features[labels.rows]
        values = labels.targets - self._mean - known @ self._slope
        self._person = self._crowd.fold(self._design(known), values, labels.weights, self._noise)
