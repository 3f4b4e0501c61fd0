"""How good a ranking or a prediction is, and how sure one can be of a difference.

Pure functions over arrays, called by the laboratory and the tests; scikit-learn where it has the metric.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.metrics import ndcg_score, roc_auc_score

from models.types import F32, I64, Bool


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean with its 95 % bootstrap interval."""

    mean: float
    low: float
    high: float


def auc(scores: F32, liked: Bool) -> float:
    """Chance that a liked item scores above one that is not, ties half; nan unless both kinds are there."""
    if liked.all() or not liked.any():
        return float("nan")
    return float(roc_auc_score(liked, scores))


def precision_at(scores: F32, relevant: Bool, k: int = 10) -> float:
    """Share of relevant items among the k best, in expectation over the order of tied scores.

    Divides by k even when fewer items are ranked, so a full-catalogue figure is comparable between users.
    """
    k_here = min(k, len(scores))
    if k_here == 0:
        return 0.0
    cut = np.partition(scores, len(scores) - k_here)[len(scores) - k_here]
    above, tied = scores > cut, scores == cut
    places = k_here - int(above.sum())
    return float((relevant[above].sum() + places * relevant[tied].mean()) / k)


def recall_at(scores: F32, relevant: Bool, k: int = 10) -> float:
    """Share of the relevant items that are among the k best; nan without relevant items."""
    total = int(relevant.sum())
    return precision_at(scores, relevant, k) * k / total if total else float("nan")


def ndcg_at(scores: F32, gains: F32, k: int = 10) -> float:
    """Normalised discounted cumulative gain of the k best (linear gains, Jarvelin & Kekalainen 2002)."""
    if len(scores) < 2 or not gains.any():
        return float("nan")
    return float(ndcg_score(gains[None, :], scores[None, :], k=k))


def rmse(predicted: F32, actual: F32) -> float:
    """Root of the mean squared error."""
    return float(np.sqrt(np.mean(np.square(predicted.astype(np.float64) - actual))))


def mae(predicted: F32, actual: F32) -> float:
    """Mean absolute error."""
    return float(np.mean(np.abs(predicted.astype(np.float64) - actual)))


def diversity(features: F32) -> float:
    """One minus the mean cosine between different rows of `features (k, p)`; nan for fewer than two rows.

    Rows are unit or zero (intra-list diversity, Ziegler et al. 2005).
    """
    k = len(features)
    if k < 2:
        return float("nan")
    rows = features.astype(np.float64)
    total = float(np.square(rows.sum(0)).sum() - np.square(rows).sum())
    return 1.0 - total / (k * (k - 1))


def novelty(counts: I64, people: int) -> float:
    """Mean surprise in bits of items that `counts (k,)` of `people` others know, log2((people + 1) / (count + 1)).

    nan where there are no others or no items (Zhou et al., PNAS 2010, smoothed by one).
    """
    if people < 1 or not len(counts):
        return float("nan")
    return float(np.mean(np.log2((people + 1) / (counts + 1))))


def coverage(tops: I64, items: int, *, listeners: int = 50, draws: int = 200, seed: int = 0) -> np.ndarray:
    """Share of a catalogue of `items` that appears in the lists of some listeners, one value per draw.

    `tops (u, k)` the rows each of u listeners is shown, -1 for none. Each draw takes `listeners` of them (half, where
    there are fewer than twice as many) without replacement: a bootstrap would count repeated listeners and report
    too little.
    """
    users = len(tops)
    if users == 0:
        return np.full(draws, np.nan)
    taken = max(1, min(listeners, users // 2))
    rng = np.random.default_rng(seed)
    shares = np.empty(draws)
    for draw in range(draws):
        shown = np.unique(tops[rng.choice(users, taken, replace=False)])
        shares[draw] = (shown >= 0).sum() / items
    return shares


def expected_calibration_error(chance: F32, happened: Bool, bins: int = 10) -> float:
    """Mean gap between stated chance and frequency over equally wide bins, weighted by count (Naeini
    2015).
    """
    place = np.minimum((chance * bins).astype(np.int64), bins - 1)
    counts = np.bincount(place, minlength=bins)
    gaps = np.abs(np.bincount(place, chance, bins) - np.bincount(place, happened, bins))
    return float(gaps[counts > 0].sum() / len(chance)) if len(chance) else float("nan")


def bootstrap(values: np.ndarray, *, draws: int = 2_000, seed: int = 0) -> Interval:
    """Mean of one value per user with its percentile interval; nan values are left out.

    For a paired comparison give the differences between two methods on the same users.
    """
    known = values[np.isfinite(values)]
    if not len(known):
        return Interval(float("nan"), float("nan"), float("nan"))
    rng = np.random.default_rng(seed)
    means = known[rng.integers(0, len(known), (draws, len(known)))].mean(1)
    low, high = np.quantile(means, (0.025, 0.975))
    return Interval(float(known.mean()), float(low), float(high))
