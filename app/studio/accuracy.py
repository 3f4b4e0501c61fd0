"""How often the taste network is right about labels it has not seen, for the user to judge it by.

The share of pairs (one liked more than the other) that a fit without both of them puts in the right order: .5 is
chance, 1 is always. Five folds; the range is Hanley & McNeil's standard error of the area under the ROC curve
(Radiology 1982), which it is, generalised to graded labels.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from models.taste import Labels, Taste, TasteSettings
from models.types import F32, I64

FOLDS = 5
FROM_LABELS = 10
"""Below so many labels said outright the answer would be noise."""
AT_MOST = 400
"""Newest labels looked at: the cost stays small, and old ones say little of today's taste."""


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Share of pairs in the right order, with a 95 % range; -1 where unknown. Over `pairs` pairs."""

    share: float
    low: float
    high: float
    pairs: int


UNKNOWN = Accuracy(-1.0, -1.0, -1.0, 0)


Ranker = Callable[[F32, Labels], Callable[[F32], F32]]
"""Fits on features and labels; what it gives ranks rows, higher is better."""


def held_out(features: F32, labels: Labels, settings: TasteSettings) -> Accuracy:
    """Measure the taste network with these settings."""

    def taste(rows: F32, known: Labels) -> Callable[[F32], F32]:
        fitted = Taste.fit(rows, known, settings=settings)
        return lambda asked: fitted.score(asked).discovery

    return measure(features, labels, taste)


def measure(features: F32, labels: Labels, ranker: Ranker) -> Accuracy:
    """Measure on the labels said outright (weight 1); UNKNOWN with too few, or none that differ."""
    outright = np.flatnonzero(labels.weights >= 1.0)[-AT_MOST:]
    targets = labels.targets[outright]
    if len(outright) < FROM_LABELS or float(np.ptp(targets)) == 0.0:
        return UNKNOWN
    predicted = np.empty(len(outright), np.float32)
    folds = np.arange(len(outright)) % FOLDS
    for fold in range(FOLDS):
        left_out = outright[folds == fold]
        rest: I64 = np.setdiff1d(np.arange(len(labels)), left_out)
        rank = ranker(features, labels.take(rest))
        predicted[folds == fold] = rank(features[labels.rows[left_out]])
    return _pairs(targets, predicted)


def _pairs(targets: F32, predicted: F32) -> Accuracy:
    better = targets[:, None] > targets[None, :] + 1e-6
    right = (predicted[:, None] > predicted[None, :]) + 0.5 * (predicted[:, None] == predicted[None, :])
    pairs = int(better.sum())
    share = float(right[better].mean())
    middle = (targets.max() + targets.min()) / 2
    positive = max(1, int((targets > middle).sum()))
    negative = max(1, len(targets) - positive)
    # All pairs right (or wrong) would give a range of nothing: half a label's worth of doubt always stays.
    doubt = 0.5 / len(targets)
    area = min(max(share, doubt), 1 - doubt)
    q1, q2 = area / (2 - area), 2 * area**2 / (1 + area)
    variance = area * (1 - area) + (positive - 1) * (q1 - area**2) + (negative - 1) * (q2 - area**2)
    spread = 1.96 * float(np.sqrt(max(variance, 0.0) / (positive * negative)))
    return Accuracy(share, max(0.0, share - spread), min(1.0, share + spread), pairs)
