"""Other people's ratings, and what every recommender that learns from them has in common.

A method is trained once on the population; a new person is then folded in from their labels alone, in closed
form or a few steps, so that testing 180 people trains one model. Called by the other modules of this
package and by whoever holds ratings: the laboratory now, peers' evidence later.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy.sparse import csr_matrix

from models.baselines.base import LIKED_FROM, Prediction
from models.taste import Labels
from models.types import F32, I64

WEAK = 200
"""Random items that stand in for the missing kind of label."""


@dataclass(frozen=True, slots=True, eq=False)
class Ratings:
    """What `people` persons said of the items of one catalogue: `r` ratings, at most one of an item each.

    `users (r,)` in [0, people), `items (r,)` rows of the catalogue of `catalogue` items, `targets (r,)` in
    [0, 1] as in `Labels`. The order is kept: it is the order in which gradient descent sees them. The person
    to be recommended to must not be among them. Raises ValueError if that does not hold.
    """

    users: I64
    items: I64
    targets: F32
    people: int
    catalogue: int

    def __post_init__(self) -> None:
        n = len(self.users)
        if self.items.shape != (n,) or self.targets.shape != (n,):
            raise ValueError("ratings: arrays of different lengths")
        if not n:
            return
        if min(self.users.min(), self.items.min()) < 0:
            raise ValueError("ratings: a negative user or item")
        if self.users.max() >= self.people or self.items.max() >= self.catalogue:
            raise ValueError("ratings: a user or an item that does not exist")
        if not np.isfinite(self.targets).all() or self.targets.min() < 0 or self.targets.max() > 1:
            raise ValueError("ratings: a target outside [0, 1]")
        if len(np.unique(self.keys())) != n:
            raise ValueError("ratings: somebody rated an item twice")

    def __len__(self) -> int:
        return len(self.users)

    def keys(self) -> I64:
        """One number for each pair of user and item, `(r,)`."""
        return np.asarray(self.users * self.catalogue + self.items, np.int64)

    def matrix(self, values: np.ndarray) -> csr_matrix:
        """`values (r,)` in place of the targets: sparse `(people, catalogue)`."""
        return csr_matrix((values, (self.users, self.items)), shape=(self.people, self.catalogue))

    def one_sided(self) -> bool:
        """Whether everybody only likes, or only dislikes: then a regression on the targets learns nothing."""
        liked = self.targets >= LIKED_FROM
        return bool(len(liked)) and bool(liked.all() or not liked.any())

    def contrasted(self, seed: int) -> Ratings:
        """The same or, where one-sided, with about as many ratings of the other kind, of random items.

        What a person did not touch then stands in for what they would not have chosen.
        """
        if not self.one_sided():
            return self
        rng = np.random.default_rng(seed)
        drawn = np.unique(self.users * self.catalogue + rng.integers(0, self.catalogue, len(self)))
        drawn = rng.permutation(drawn[~np.isin(drawn, self.keys())])
        other = 0.0 if self.targets[0] >= LIKED_FROM else 1.0
        return Ratings(
            np.concatenate([self.users, drawn // self.catalogue]),
            np.concatenate([self.items, drawn % self.catalogue]),
            np.concatenate([self.targets, np.full(len(drawn), other, np.float32)]),
            self.people,
            self.catalogue,
        )

    def likes(self) -> Ratings:
        """Only what was liked, in the same order."""
        liked = self.targets >= LIKED_FROM
        return Ratings(self.users[liked], self.items[liked], self.targets[liked], self.people, self.catalogue)


class Collaborative(ABC):
    """A recommender that is trained on a population and then folds a person in.

    `fit` trains when it meets a catalogue for the first time, recognised by being the same array object;
    `train` does so beforehand. Raises ValueError if the catalogue is not the one that was rated.
    """

    def __init__(self, population: Ratings, seed: int = 0) -> None:
        self.population = population
        self.seed = seed
        self._catalogue: F32 | None = None
        self._fitted = False

    def train(self, features: F32) -> Self:
        """Learn from the population over the catalogue `features (N, p)`."""
        if len(features) != self.population.catalogue:
            raise ValueError(f"ratings of {self.population.catalogue} items, a catalogue of {len(features)}")
        if features is not self._catalogue:
            self._fitted = False
            self._train(features)
            self._catalogue = features
        return self

    def fit(self, features: F32, labels: Labels) -> Self:
        """Fold in the person who gave `labels` on rows of the catalogue `features (N, p)`."""
        self.train(features)
        self._fold(labels)
        self._fitted = True
        return self

    @abstractmethod
    def predict(self, features: F32, rows: I64 | None = None) -> Prediction:
        """Rank items; see `Recommender`."""
        ...

    @abstractmethod
    def _train(self, features: F32) -> None: ...

    @abstractmethod
    def _fold(self, labels: Labels) -> None: ...


class ByRow(Collaborative):
    """One that knows an item by what was said of it alone, and so scores the whole catalogue at once."""

    def predict(self, features: F32, rows: I64 | None = None) -> Prediction:
        """Rank the items at `rows` of the catalogue; one outside it (-1) stands where the median item does."""
        if self._catalogue is None or not self._fitted:
            raise ValueError("not fitted")
        if rows is None and len(features) != len(self._catalogue):
            raise ValueError("an item is known by its row: say which rows of the catalogue these are")
        every = self._predict()
        if rows is None:
            return every
        rating = None if every.rating is None else _at(every.rating, rows)
        return Prediction(_at(every.ranking, rows), rating)

    @abstractmethod
    def _predict(self) -> Prediction:
        """Score the whole catalogue."""


def contrast(labels: Labels, population: Ratings, seed: int) -> Labels:
    """A newcomer's labels as the trained population has them: with some of the other kind where it is one-sided.

    Up to 200 random items, together as heavy as the labels.
    """
    if not population.one_sided() or not len(labels):
        return labels
    liked = labels.targets >= LIKED_FROM
    if liked.any() and not liked.all():
        return labels
    open_ = np.setdiff1d(np.arange(population.catalogue), labels.rows)
    drawn = np.random.default_rng(seed).choice(open_, min(WEAK, len(open_)), replace=False)
    light = np.full(len(drawn), labels.weights.sum() / max(1, len(drawn)), np.float32)
    other = np.full(len(drawn), 0.0 if liked.any() else 1.0, np.float32)
    return Labels(
        np.concatenate([labels.rows, drawn]),
        np.concatenate([labels.targets, other]),
        np.concatenate([labels.weights, light]),
        np.concatenate([labels.ages, np.zeros(len(drawn), np.float32)]),
    )


def _at(values: F32, rows: I64) -> F32:
    return np.where(rows >= 0, values[rows], np.median(values)).astype(np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Crowd:
    """How the trained vectors of a population are spread: `mean (k,)` and inverse covariance `precision (k, k)`.

    The prior of a newcomer, from whose labels `fold` makes a vector.
    """

    mean: np.ndarray
    precision: np.ndarray

    @classmethod
    def of(cls, vectors: np.ndarray) -> Crowd:
        """Estimate from `vectors (people, k)`, with a little of the average variance on the diagonal."""
        width = vectors.shape[1]
        if len(vectors) < 2:
            return cls(np.zeros(width), np.eye(width))
        covariance = np.cov(vectors.astype(np.float64), rowvar=False).reshape(width, width)
        covariance += (1e-2 * np.trace(covariance) / width + 1e-8) * np.eye(width)
        return cls(vectors.mean(0, dtype=np.float64), np.linalg.inv(covariance))

    def fold(self, design: np.ndarray, values: np.ndarray, weights: np.ndarray, noise: float) -> np.ndarray:
        """Posterior mean `(k,)` of x given `values (n,)` = `design (n, k)` x + noise of variance noise / weight."""
        heavy = design * weights[:, None]
        left = noise * self.precision + heavy.T @ design
        return np.asarray(np.linalg.solve(left, noise * (self.precision @ self.mean) + heavy.T @ values))
