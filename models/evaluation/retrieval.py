"""How well a space finds what belongs together: nearest neighbours and rankings by example.

Called by `packaging/retrieval.py` and tests. Arrays in, numbers out; similarity is the cosine of unit rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from models.types import F32, I64, Bool

Labels = NDArray[np.str_]


def neighbours(vectors: F32) -> I64:
    """For each of n unit rows the others by falling cosine (ties by index): int64 `(n, n - 1)`."""
    similarity = np.asarray(vectors @ vectors.T, dtype=np.float64)
    np.fill_diagonal(similarity, -np.inf)
    return np.argsort(-similarity, axis=1, kind="stable")[:, :-1].astype(np.int64)


def precision_at(vectors: F32, labels: Labels, k: int) -> float:
    """Mean share of the k nearest that have the row's label: of k, or of as many others as the label has.

    Only rows whose label at least min(k, 3) others have are asked about; NaN where there is no such row,
    rather than a number about nothing.
    """
    same = labels[neighbours(vectors)[:, :k]] == labels[:, None]
    others = (labels[:, None] == labels[None]).sum(axis=1) - 1
    asked = others >= min(k, 3)
    return (
        float((same.sum(axis=1) / np.minimum(k, np.maximum(others, 1)))[asked].mean()) if asked.any() else float("nan")
    )


def area_under_curve(wanted: Sequence[float] | F32, others: Sequence[float] | F32) -> float:
    """Chance that a wanted score is above another one, ties counting half (Mann-Whitney)."""
    first, second = np.asarray(wanted, dtype=np.float64), np.asarray(others, dtype=np.float64)
    if not len(first) or not len(second):
        raise ValueError("an area under the curve needs both wanted and other scores")
    above = (first[:, None] > second[None]).mean()
    level = (first[:, None] == second[None]).mean()
    return float(above + 0.5 * level)


def liking_auc(vectors: F32, wanted: Bool, likes: int = 3, most: int = 2000) -> float:
    """Mean AUC of finding the other wanted rows from a few liked ones, over all ways to like so few.

    Ranks by cosine to the mean of the liked rows; the liked rows themselves are not ranked. vectors: float32
    unit rows `(n, d)`; wanted: bool `(n,)` with more than `likes` true. Where there are more than `most`
    combinations, `most` of them are drawn with a fixed seed.
    """
    mine, rest = np.flatnonzero(wanted), np.flatnonzero(~wanted)
    if len(mine) <= likes:
        raise ValueError("more rows must be wanted than are liked")
    chosen = list(combinations(mine.tolist(), likes))
    if len(chosen) > most:
        picks = np.random.default_rng(0).choice(len(chosen), most, replace=False)
        chosen = [chosen[pick] for pick in picks]
    similarity = np.asarray(vectors @ vectors.T, dtype=np.float64)
    areas = []
    for liked in chosen:
        # The mean's length does not change the ranking: sums of cosines do.
        score = similarity[list(liked)].sum(axis=0)
        areas.append(area_under_curve(score[np.setdiff1d(mine, liked)], score[rest]))
    return float(np.mean(areas))


def mean_cosine(vectors: F32) -> float:
    """Mean cosine between different rows: near 1 means a collapsed space."""
    n = len(vectors)
    if n < 2:
        raise ValueError("needs two rows")
    return float(((vectors @ vectors.T).sum() - (vectors**2).sum()) / (n * (n - 1)))
