"""How ratings are split into what a recommender may learn from and what it is asked about.

Three ways, all giving one fixed held-out set to every number of labels, so that columns can be compared:

    few-shot       the first n of a seeded shuffle are the labels, what lies beyond the largest n is asked
    chronological  the first 70 % of a history are the past; the last n of them are the labels, aged as of the split,
                   and everything after it is asked
    item-cold      a seeded quarter of the catalogue is hidden from everybody; labels come from the rest, the
                   listener's ratings of hidden items are asked, and only hidden items are candidates

Called by the laboratory and tests; arrays in, arrays out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from models.baselines.base import LIKED_FROM
from models.evaluation.audience import Audience, Listener
from models.taste import Labels
from models.types import F32, I64, Bool

LEAST_ASKED = 5
"""Held-out ratings below which a listener is left out."""
PAST = 0.7
COLD = 0.25


class Split(StrEnum):
    """How a trial was made."""

    FEW_SHOT = "few-shot"
    CHRONOLOGICAL = "chronological"
    ITEM_COLD = "item-cold"


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """One listener with `n` labels: what is known, which rows are asked (`candidates`) and which are good."""

    labels: Labels
    held_out: I64
    targets: F32
    candidates: Bool
    relevant: Bool


def cold_items(audience: Audience, seed: int) -> Bool:
    """The seeded quarter of the catalogue that nobody has rated yet, `(N,)`."""
    cold = np.zeros(len(audience.features), bool)
    order = np.random.default_rng((seed, 77)).permutation(len(cold))
    cold[order[: int(COLD * len(cold))]] = True
    return cold


def make_trials(
    audience: Audience,
    listener: Listener,
    counts: Sequence[int],
    *,
    split: Split,
    seed: int,
    cold: Bool | None = None,
) -> list[Trial]:
    """The same listener with each number of labels of `counts`; empty where too little would be left to test.

    `seed` shuffles this listener's ratings; `cold (N,)` are the hidden items, needed for item-cold only.
    """
    match split:
        case Split.CHRONOLOGICAL:
            return _chronological(audience, listener, counts)
        case Split.ITEM_COLD if cold is not None:
            return _cold(audience, listener, counts, cold, seed)
        case Split.ITEM_COLD:
            raise ValueError("item-cold trials need the hidden items")
        case Split.FEW_SHOT:
            return _few_shot(audience, listener, counts, seed)


def shuffled(audience: Audience, trial: Trial, rng: np.random.Generator) -> tuple[Trial, ...]:
    """The trial with labels that say nothing: targets permuted, once so and once turned round, to be averaged.

    Without the turn a person who likes most of what they rate would still say something by what they rated at all
    (measured on MovieLens: AUC .52). Where all are likes there is nothing to permute: the good rows are moved to
    random ones instead (random likes would still tell the obscure from the well-known).
    """
    labels = trial.labels
    if not audience.implicit:
        targets = rng.permutation(labels.targets)
        return tuple(
            replace(trial, labels=Labels(labels.rows, empty, labels.weights, labels.ages))
            for empty in (targets, 1 - targets)
        )
    relevant = np.zeros_like(trial.relevant)
    count = int(trial.relevant.sum())
    relevant[rng.choice(np.flatnonzero(trial.candidates), count, replace=False)] = True
    return (replace(trial, relevant=relevant),)


def _few_shot(audience: Audience, listener: Listener, counts: Sequence[int], seed: int) -> list[Trial]:
    order = np.random.default_rng(seed).permutation(len(listener.rows))
    rows, targets = listener.rows[order], listener.targets[order]
    most = max(counts)
    if len(rows) < most + LEAST_ASKED:
        return []
    days = np.zeros(len(rows), np.float32)
    every = np.ones(len(audience.features), bool)
    return [
        _trial(audience, rows[:n], targets[:n], days[:n], rows[most:], targets[most:], every.copy()) for n in counts
    ]


def _cold(audience: Audience, listener: Listener, counts: Sequence[int], cold: Bool, seed: int) -> list[Trial]:
    order = np.random.default_rng(seed).permutation(len(listener.rows))
    rows, targets = listener.rows[order], listener.targets[order]
    warm = ~cold[rows]
    if int(warm.sum()) < max(counts) or int((~warm).sum()) < LEAST_ASKED:
        return []
    known, known_targets = rows[warm], targets[warm]
    days = np.zeros(len(known), np.float32)
    return [
        _trial(audience, known[:n], known_targets[:n], days[:n], rows[~warm], targets[~warm], cold.copy())
        for n in counts
    ]


def _chronological(audience: Audience, listener: Listener, counts: Sequence[int]) -> list[Trial]:
    at = int(PAST * len(listener.rows))
    if at < max(counts) or len(listener.rows) - at < LEAST_ASKED:
        return []
    out = []
    for n in counts:
        known, later = slice(at - n, at), slice(at, None)
        ages = np.maximum(listener.days[at] - listener.days[known], 0).astype(np.float32)
        # What was rated before the labels is no candidate either: it is not unseen.
        open_ = np.ones(len(audience.features), bool)
        open_[listener.rows[:at]] = False
        out.append(
            _trial(
                audience,
                listener.rows[known],
                listener.targets[known],
                ages,
                listener.rows[later],
                listener.targets[later],
                open_,
            )
        )
    return out


def _trial(
    audience: Audience, rows: I64, targets: F32, ages: F32, asked: I64, asked_targets: F32, candidates: Bool
) -> Trial:
    candidates[rows] = False
    relevant = np.zeros(len(audience.features), bool)
    relevant[asked[asked_targets >= LIKED_FROM]] = True
    return Trial(
        Labels(rows, targets, np.ones(len(rows), np.float32), ages), asked, asked_targets, candidates, relevant
    )
