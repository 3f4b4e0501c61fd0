"""What is measured of one ranking for one listener, and what the gates compare it with.

Called by the laboratory for every method, listener and number of labels; arrays in, numbers out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models import metrics
from models.baselines.base import LIKED_FROM, Prediction
from models.evaluation.audience import Audience
from models.evaluation.trials import Trial
from models.types import F32, I64

METRICS = (
    "auc", "p10", "r10", "ndcg", "all_p10", "all_r10", "rmse", "mae", "ece", "diversity", "novelty",
)  # fmt: skip
"""One value per listener each; `coverage` is of all listeners together and comes from their top ten."""
TOP = 10
NAN = float("nan")


@dataclass(frozen=True, slots=True)
class Measured:
    """The values of METRICS in their order (nan where one does not apply), and the ten unseen rows ranked best."""

    values: tuple[float, ...]
    top: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Ruler:
    """Measures against one audience; `known (N,)` how many of `people` others rated each item."""

    audience: Audience
    known: I64
    people: int

    @classmethod
    def of(cls, audience: Audience) -> Ruler:
        """The ruler of an audience."""
        return cls(audience, *audience.known())

    def measure(self, trial: Trial, said: Prediction) -> Measured:
        """Measure what a recommender said of the whole catalogue.

        Where listeners only show likes, the held-out items are all good and everything unseen is ranked instead.
        """
        audience, open_ = self.audience, np.flatnonzero(trial.candidates)
        ranking = np.asarray(said.ranking, np.float32)
        relevant = trial.relevant[open_]
        best = _best(ranking, open_)
        all_p10, all_r10 = metrics.precision_at(ranking[open_], relevant), metrics.recall_at(ranking[open_], relevant)
        shown = (metrics.diversity(audience.features[best]), metrics.novelty(self.known[best], self.people))
        top = tuple(int(row) for row in best)
        if audience.implicit:
            area = metrics.auc(ranking[open_], relevant)
            ndcg = metrics.ndcg_at(ranking[open_], relevant.astype(np.float32))
            return Measured((area, NAN, NAN, ndcg, all_p10, all_r10, NAN, NAN, NAN, *shown), top)
        here, liked = ranking[trial.held_out], trial.targets >= LIKED_FROM
        values = (
            metrics.auc(here, liked),
            metrics.precision_at(here, liked),
            metrics.recall_at(here, liked),
            metrics.ndcg_at(here, trial.targets),
            all_p10,
            all_r10,
            *self._errors(trial, said),
            *shown,
        )
        return Measured(values, top)

    def expected(self, trial: Trial) -> tuple[Measured, Measured]:
        """What chance gives and the most there is to get: AUC and both P@10 of a random and of a perfect ranking."""
        liked = trial.targets >= LIKED_FROM
        asked, good = len(liked), int(liked.sum())
        open_, relevant = int(trial.candidates.sum()), int(trial.relevant.sum())
        one_kind = (not good or good == asked) if not self.audience.implicit else not relevant
        base = {"auc": NAN if one_kind else 0.5, "all_p10": relevant / max(open_, 10)}
        ceiling = {"auc": NAN if one_kind else 1.0, "all_p10": min(relevant, 10) / 10}
        if not self.audience.implicit:
            base["p10"], ceiling["p10"] = good / max(asked, 10), min(good, 10) / 10
        return tuple(Measured(tuple(part.get(name, NAN) for name in METRICS)) for part in (base, ceiling))  # type: ignore[return-value]

    def _errors(self, trial: Trial, said: Prediction) -> tuple[float, float, float]:
        square = absolute = calibration = NAN
        if said.rating is not None:
            rating = said.rating[trial.held_out]
            square = self.audience.scale * metrics.rmse(rating, trial.targets)
            absolute = self.audience.scale * metrics.mae(rating, trial.targets)
        if said.like is not None:
            chance = np.clip(said.like[trial.held_out], 0.0, 1.0)
            calibration = metrics.expected_calibration_error(chance, trial.targets >= LIKED_FROM)
        return square, absolute, calibration


def _best(ranking: F32, open_: I64) -> I64:
    """The TOP open rows by rank, ties to the lower row."""
    values = ranking[open_]
    k = min(TOP, len(values))
    if not k:
        return open_[:0]
    cut = np.partition(values, len(values) - k)[len(values) - k]
    near = np.flatnonzero(values >= cut)
    return open_[near[np.argsort(-values[near], kind="stable")][:k]]
