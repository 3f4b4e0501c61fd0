"""What every recommender promises, the taste network and the baselines alike.

`tests/contracts/test_recommenders.py` runs the same checks on each. Called by the laboratory.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np

from models.taste import Labels
from models.types import F32, I64

LIKED_FROM = 0.65
SAMPLE = 1_000


@dataclass(frozen=True, slots=True, eq=False)
class Prediction:
    """What a recommender says of `n` items, float32 `(n,)`.

    `ranking` orders them, higher is better; `rating` is the expected target in [0, 1] and `like` the
    probability of a like, None from a method that knows neither.
    """

    ranking: F32
    rating: F32 | None = None
    like: F32 | None = None


class Recommender(Protocol):
    """Fitted on one person's labels, ranks items of the same catalogue. Deterministic.

    Construction takes hyper-parameters, which `get_params` returns, and, before them, the ratings of other
    people where a method learns from a population (`models.baselines.population`). `fit` returns the
    recommender itself and forgets whose labels it was fitted on before. Any number of labels is welcome,
    none included.
    """

    @property
    def name(self) -> str: ...

    def fit(self, features: F32, labels: Labels) -> Self:
        """Learn from `labels` on the rows of `features (N, p)`, the whole catalogue."""
        ...

    def predict(self, features: F32, rows: I64 | None = None) -> Prediction:
        """Rank the items `features (n, p)`, which stand at `rows (n,)` of the catalogue, -1 outside it.

        Without `rows` a method that knows items only by what others said takes `features` for the whole
        catalogue, in order, and raises ValueError if its length differs.
        """
        ...

    def get_params(self) -> dict[str, float]:
        """Hyper-parameters by name."""
        ...


def with_weak_negatives(features: F32, labels: Labels, seed: int, most: int = SAMPLE) -> tuple[F32, F32, F32]:
    """Rows, targets and weights to regress on.

    When all labels are of one kind a regression learns nothing; a sample of `most` catalogue items then
    stands in as weak examples of the other kind, together as heavy as the labels.
    """
    rows, targets, weights = features[labels.rows], labels.targets, labels.weights
    liked = targets >= LIKED_FROM
    if len(labels) and liked.any() != (~liked).any():
        rng = np.random.default_rng(seed)
        count = min(most, len(features))
        drawn = features[np.sort(rng.choice(len(features), count, replace=False))]
        other = 0.0 if liked.any() else 1.0
        rows = np.concatenate([rows, drawn])
        targets = np.concatenate([targets, np.full(count, other, np.float32)])
        weights = np.concatenate([weights, np.full(count, weights.sum() / count, np.float32)])
    return rows, targets, weights
