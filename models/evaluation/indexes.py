"""What an index of vectors is judged by: exact search, recall, balance of its partitions, agreement of two spaces.

Called by the index experiments and tests. Arrays in, numbers out; brute force on purpose, because everything else is
measured against it.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from models.types import F32, I64

Metric = Literal["cosine", "dot", "l2"]
METRICS: tuple[Metric, ...] = ("cosine", "dot", "l2")

TIE = 1e-5
"""Answers this little worse than the k-th true one count as found: titles of the same n-grams tie, but for rounding."""

_ROWS = 65_536


def unit(vectors: F32) -> F32:
    """The rows `(n, d)` at length 1; zero rows stay zero."""
    norms = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.where(norms > 0, norms, 1), np.float32)


def likeness(base: F32, query: F32, metric: Metric) -> F32:
    """How near each row of `base (n, d)` is to `query (d,)`, larger is nearer: cosine, dot, or minus L2 squared."""
    if metric == "cosine":
        return np.asarray(unit(base) @ unit(query), np.float32)
    if metric == "dot":
        return np.asarray(base @ query, np.float32)
    return np.asarray(-np.square(base - query).sum(axis=1), np.float32)


def nearest(base: F32, queries: F32, k: int, metric: Metric = "cosine") -> tuple[I64, F32]:
    """The k nearest rows of `base (n, d)` to each of `queries (q, d)`: rows `(q, k)` and likeness, nearest first.

    k is cut to n. Equals stand in the order of their rows; which of them are left out at the k-th place is not defined.
    """
    if metric == "cosine":
        base, queries = unit(base), unit(queries)
    k = min(k, len(base))
    rows = np.zeros((len(queries), 0), np.int64)
    best = np.zeros((len(queries), 0), np.float32)
    for start in range(0, len(base), _ROWS):
        part = base[start : start + _ROWS]
        found = queries @ part.T
        if metric == "l2":
            found = 2 * found - np.square(part).sum(axis=1) - np.square(queries).sum(axis=1, keepdims=True)
        kept = np.argpartition(-found, min(k, len(part)) - 1, axis=1)[:, :k]
        best = np.hstack([best, np.take_along_axis(found, kept, 1)])
        rows = np.hstack([rows, kept + start])
        order = np.lexsort((rows, -best), axis=1)[:, :k]
        best, rows = np.take_along_axis(best, order, 1), np.take_along_axis(rows, order, 1)
    return rows.astype(np.int64), best.astype(np.float32)


def recall(base: F32, query: F32, answer: I64, worst: float, k: int, metric: Metric = "cosine") -> float:
    """Share of k that `answer` (rows of `base`) holds of true neighbours: different rows at least as near as `worst`.

    `worst` is the likeness of the k-th true neighbour. Rows that do not exist (negative ones mark "nothing found" in
    several libraries) count as not found, and so do repetitions and whatever stands after the k-th answer.
    """
    kept = np.unique(answer[:k])
    kept = kept[(kept >= 0) & (kept < len(base))]
    near = likeness(base[kept], query, metric) >= worst - TIE * max(1.0, abs(worst))
    return int(np.count_nonzero(near)) / k


def imbalance(sizes: I64) -> float:
    """How uneven partitions of these sizes `(p,)` are: p * sum(s^2) / sum(s)^2, 1 when even, p when all is in one.

    Equals the rows a random row's own partition holds, over the mean (FAISS calls it the imbalance factor).
    """
    total = float(sizes.sum())
    return float(len(sizes) * np.square(sizes.astype(np.float64)).sum() / (total * total)) if total else float("nan")


def purity(clusters: I64, labels: NDArray[np.str_]) -> float:
    """Share of rows whose label is the commonest of their cluster; both `(n,)`.

    One cluster scores the commonest label's share of all rows, which is what a purity is to be compared with.
    """
    if not len(labels):
        return float("nan")
    commonest = 0
    for cluster in np.unique(clusters):
        commonest += int(np.unique(labels[clusters == cluster], return_counts=True)[1].max())
    return commonest / len(labels)


def overlap(first: I64, second: I64) -> float:
    """Mean share of neighbours two spaces have in common: both `(n, k)` rows of the same items, any order."""
    shared = [len(np.intersect1d(one, other)) for one, other in zip(first, second, strict=True)]
    return float(np.mean(shared) / first.shape[1])


def same_label(neighbours: I64, labels: NDArray[np.str_]) -> float:
    """Mean share of each row's neighbours `(n, k)` that have its label `(n,)`."""
    return float((labels[neighbours] == labels[:, None]).mean())
