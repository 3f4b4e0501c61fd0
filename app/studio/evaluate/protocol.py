"""Few labels of each listener train, the rest test: one protocol for every recommender.

The first n of a seeded shuffle of a listener's ratings are the labels; one fixed held-out set serves every
n, so columns can be compared. Called by the commands of this package.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from app.studio.evaluate.datasets import Audience, Listener
from models import metrics
from models.baselines.base import LIKED_FROM, Recommender
from models.taste import Labels
from models.types import F32, Bool

METRICS = ("auc", "p10", "all_p10", "ndcg", "rmse", "ece")
Results = dict[tuple[str, int], dict[str, np.ndarray]]
"""One value per listener, by method and number of labels, then by metric."""


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """One listener with `n` labels: what is known, which rows are asked (`candidates`) and which are good."""

    labels: Labels
    held_out: np.ndarray
    targets: F32
    candidates: Bool
    relevant: Bool


def trials(audience: Audience, listener: Listener, counts: Sequence[int], seed: int) -> list[Trial]:
    """The same listener with each number of labels of `counts`; empty where too little would be left to
    test.
    """
    order = np.random.default_rng(seed).permutation(len(listener.rows))
    rows, targets = listener.rows[order], listener.targets[order]
    most = max(counts)
    if len(rows) < most + 5:
        return []
    held = slice(most, None)
    relevant = np.zeros(len(audience.features), bool)
    relevant[rows[held][targets[held] >= LIKED_FROM]] = True
    out = []
    for count in counts:
        open_ = np.ones(len(audience.features), bool)
        open_[rows[:count]] = False
        labels = Labels(rows[:count], targets[:count], np.ones(count, np.float32), np.zeros(count, np.float32))
        out.append(Trial(labels, rows[held], targets[held], open_, relevant))
    return out


def few_shot(
    audience: Audience,
    methods: Sequence[Recommender],
    counts: Sequence[int],
    *,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> Results:
    """Measure every method, and the gates `random`, `oracle` and `shuffled` (the last method on labels
    that say nothing).
    """
    collected: dict[tuple[str, int], list[list[float]]] = {}
    for number, listener in enumerate(audience.listeners):
        rng = np.random.default_rng((seed, number))
        for trial in trials(audience, listener, counts, seed + number):
            count = len(trial.labels)
            perfect = np.zeros(len(audience.features), np.float32)
            perfect[trial.held_out] = trial.targets
            noise = rng.random(len(audience.features), np.float32)
            for name, ranking in (("random", noise), ("oracle", perfect + 1e-3 * noise)):
                collected.setdefault((name, count), []).append(_measure(audience, trial, ranking, None, None))
            for method in methods:
                said = method.fit(audience.features, trial.labels).predict(audience.features)
                collected.setdefault((method.name, count), []).append(
                    _measure(audience, trial, said.ranking, said.rating, said.like)
                )
            empty_trial = _shuffled(audience, trial, rng)
            said = methods[-1].fit(audience.features, empty_trial.labels).predict(audience.features)
            measured = _measure(audience, empty_trial, said.ranking, None, None)
            collected.setdefault(("shuffled", count), []).append(measured)
        if progress is not None:
            progress(number + 1, len(audience.listeners))
    return {key: dict(zip(METRICS, np.array(rows).T, strict=True)) for key, rows in collected.items() if rows}


def _shuffled(audience: Audience, trial: Trial, rng: np.random.Generator) -> Trial:
    """The trial with labels that say nothing: targets permuted, or, where all are likes, the good rows
    moved to random ones (random likes would still tell the obscure from the well-known).
    """
    labels = trial.labels
    if not audience.implicit:
        mixed = Labels(labels.rows, rng.permutation(labels.targets), labels.weights, labels.ages)
        return replace(trial, labels=mixed)
    relevant = np.zeros_like(trial.relevant)
    count = int(trial.relevant.sum())
    relevant[rng.choice(np.flatnonzero(trial.candidates), count, replace=False)] = True
    return replace(trial, relevant=relevant)


def _measure(audience: Audience, trial: Trial, ranking: F32, rating: F32 | None, like: F32 | None) -> list[float]:
    open_ = trial.candidates
    all_p10 = metrics.precision_at(ranking[open_], trial.relevant[open_])
    liked = trial.targets >= LIKED_FROM
    here = ranking[trial.held_out]
    if audience.implicit:
        area = metrics.auc(ranking[open_], trial.relevant[open_])
        ndcg = metrics.ndcg_at(ranking[open_], trial.relevant[open_].astype(np.float32))
        return [area, float("nan"), all_p10, ndcg, float("nan"), float("nan")]
    missing = float("nan")
    return [
        metrics.auc(here, liked),
        metrics.precision_at(here, liked),
        all_p10,
        metrics.ndcg_at(here, trial.targets),
        4 * metrics.rmse(rating[trial.held_out], trial.targets) if rating is not None else missing,
        metrics.expected_calibration_error(like[trial.held_out], liked) if like is not None else missing,
    ]
