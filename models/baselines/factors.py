"""Low-rank completion of the ratings by squared error: biased matrix factorisation and PMF.

Both are trained one rating after the other exactly as their references do it (`models.baselines.waves`), so
published figures can be reproduced. Called by the laboratory, and by the product once followed peers share
their labels.
"""

from __future__ import annotations

from abc import abstractmethod

import numpy as np
from scipy.special import expit

from models.baselines.base import Prediction
from models.baselines.population import ByRow, Crowd, Ratings, contrast
from models.baselines.waves import waves
from models.taste import Labels
from models.types import F32, I64

STARS = 4.0
"""Ratings are completed on a scale from 1 to 5: the step sizes of the literature are meant for it."""


class Completion(ByRow):
    """What both have: `factors` per user and item, learned in `epochs` passes of `rate` with a `penalty`.

    The ratings are passed in one random order or, without `shuffle`, as they are given, which reproduces a
    published run; sorted by user that is slow, since hardly any two neighbours can be exchanged.
    A newcomer is folded in with the items fixed, as the posterior mean under the spread of the population's own
    vectors. Ranks by the rating it predicts.
    """

    def __init__(
        self, population: Ratings, factors: int, epochs: int, rate: float, penalty: float, shuffle: bool, seed: int
    ) -> None:
        super().__init__(population, seed)
        self.factors = factors
        self.epochs = epochs
        self.rate = rate
        self.penalty = penalty
        self.shuffle = shuffle
        self._crowd = Crowd(np.zeros(0), np.zeros((0, 0)))
        self._noise = 1.0
        self._said = Prediction(np.zeros(0, np.float32))

    def get_params(self) -> dict[str, float]:
        return {
            "factors": self.factors,
            "epochs": self.epochs,
            "rate": self.rate,
            "penalty": self.penalty,
            "shuffle": self.shuffle,
            "seed": self.seed,
        }

    def _steps(self, said: Ratings, values: F32) -> list[tuple[I64, I64, F32]]:
        """Users, items and `values (r,)` of ratings that can be taken at once, in the order of learning."""
        order = np.arange(len(values))
        if self.shuffle:
            order = np.random.default_rng(self.seed).permutation(order)
        users, items, values = said.users[order], said.items[order], values[order]
        return [(users[wave], items[wave], values[wave]) for wave in waves(users, items)]

    @abstractmethod
    def expect(self, users: I64, items: I64) -> F32:
        """Targets that members `users (r,)` of the population would give `items (r,)`: `(r,)`, not clipped."""
        ...

    def _predict(self) -> Prediction:
        return self._said


class BiasedFactors(Completion):
    """Biased matrix factorisation, Koren, Bell & Volinsky 2009: mean + user + item + product of factors.

    The defaults are those of Cornac's documented example on MovieLens-100k.
    """

    name = "low-rank"

    def __init__(
        self,
        population: Ratings,
        factors: int = 10,
        epochs: int = 25,
        rate: float = 0.01,
        penalty: float = 0.02,
        shuffle: bool = True,
        seed: int = 0,
    ) -> None:
        super().__init__(population, factors, epochs, rate, penalty, shuffle, seed)
        self._mean = np.float32(0)
        self._people = np.zeros((0, factors), np.float32)
        self._items = np.zeros((0, factors), np.float32)
        self._user_bias = np.zeros(0, np.float32)
        self._item_bias = np.zeros(0, np.float32)

    def expect(self, users: I64, items: I64) -> F32:
        products = np.einsum("rk,rk->r", self._people[users], self._items[items])
        stars = self._mean + self._user_bias[users] + self._item_bias[items] + products
        return np.asarray((stars - 1) / STARS, np.float32)

    def _train(self, features: F32) -> None:
        said = self.population.contrasted(self.seed)
        draws = np.random.RandomState(self.seed)
        people = draws.normal(0, 0.01, (said.people, self.factors)).astype(np.float32)
        items = draws.normal(0, 0.01, (len(features), self.factors)).astype(np.float32)
        user_bias, item_bias = np.zeros(said.people, np.float32), np.zeros(len(features), np.float32)
        stars = (1 + STARS * said.targets).astype(np.float32)
        mean = np.float32(stars.mean(dtype=np.float64)) if len(stars) else np.float32(3)
        rate, penalty = np.float32(self.rate), np.float32(self.penalty)
        steps = self._steps(said, stars)
        for _ in range(self.epochs):
            for u, i, given in steps:
                p, q, b, c = people[u], items[i], user_bias[u], item_bias[i]
                error = given - (mean + b + c + np.einsum("rk,rk->r", p, q))
                step = error[:, None]
                people[u] = p + rate * (step * q - penalty * p)
                items[i] = q + rate * (step * p - penalty * q)
                user_bias[u] = b + rate * (error - penalty * b)
                item_bias[i] = c + rate * (error - penalty * c)
        self._mean, self._people, self._items = mean, people, items
        self._user_bias, self._item_bias = user_bias, item_bias
        self._crowd = Crowd.of(np.column_stack([user_bias, people]))
        wrong = said.targets - self.expect(said.users, said.items)
        self._noise = STARS**2 * float(np.square(wrong).mean()) + 1e-3 if len(wrong) else 1.0

    def _fold(self, labels: Labels) -> None:
        labels = contrast(labels, self.population, self.seed)
        design = np.column_stack([np.ones(len(self._items)), self._items]).astype(np.float64)
        base = self._mean + self._item_bias
        here = labels.rows
        values = 1 + STARS * labels.targets - base[here]
        person = self._crowd.fold(design[here], values, labels.weights, self._noise)
        rating = ((base + design @ person - 1) / STARS).astype(np.float32)
        self._said = Prediction(rating, np.clip(rating, 0, 1))


class ProbabilisticFactors(Completion):
    """PMF, Salakhutdinov & Mnih 2007, with the logistic link: target = sigmoid(product of factors).

    Gradient steps are scaled by their recent size (RMSProp with decay 0.9), as in Cornac, whose documented
    example gives the defaults.
    """

    name = "pmf"

    def __init__(
        self,
        population: Ratings,
        factors: int = 10,
        epochs: int = 100,
        rate: float = 0.001,
        penalty: float = 0.001,
        shuffle: bool = True,
        seed: int = 0,
    ) -> None:
        super().__init__(population, factors, epochs, rate, penalty, shuffle, seed)
        self._people = np.zeros((0, factors))
        self._items = np.zeros((0, factors))

    def expect(self, users: I64, items: I64) -> F32:
        return np.asarray(expit(np.einsum("rk,rk->r", self._people[users], self._items[items])), np.float32)

    def _train(self, features: F32) -> None:
        said = self.population.contrasted(self.seed)
        draws = np.random.RandomState(self.seed)
        people = draws.normal(0, 0.001, (said.people, self.factors))
        items = draws.normal(0, 0.001, (len(features), self.factors))
        recent_people, recent_items = np.zeros_like(people), np.zeros_like(items)
        steps = self._steps(said, said.targets)
        for _ in range(self.epochs):
            for u, i, given in steps:
                p, q = people[u], items[i]
                expected = expit(np.einsum("rk,rk->r", p, q))
                error = ((given - expected) * expected * (1 - expected))[:, None]
                slope = error * q - self.penalty * p
                recent = 0.9 * recent_people[u] + 0.1 * slope * slope
                p = p + self.rate * slope / (np.sqrt(recent) + 1e-8)
                recent_people[u], people[u] = recent, p
                slope = error * p - self.penalty * q
                recent = 0.9 * recent_items[i] + 0.1 * slope * slope
                items[i] = q + self.rate * slope / (np.sqrt(recent) + 1e-8)
                recent_items[i] = recent
        self._people, self._items = people, items
        self._crowd = Crowd.of(people)
        wrong = said.targets - self.expect(said.users, said.items)
        self._noise = float(np.square(wrong).mean()) + 1e-4 if len(wrong) else 0.06

    def _fold(self, labels: Labels) -> None:
        labels = contrast(labels, self.population, self.seed)
        design = self._items[labels.rows]
        person = self._crowd.mean
        for _ in range(8):
            # Gauss-Newton: the sigmoid as a line where the person stands now.
            expected = expit(design @ person)
            slopes = (expected * (1 - expected))[:, None] * design
            values = labels.targets - expected + slopes @ person
            person = self._crowd.fold(slopes, values, labels.weights, self._noise)
        rating = expit(self._items @ person).astype(np.float32)
        self._said = Prediction(rating, rating)
