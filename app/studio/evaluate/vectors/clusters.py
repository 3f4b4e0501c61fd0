"""Clusters of a space: k-means, how compact and how pure they are, and a map in two dimensions.

Called by `vectors_lab.py`. scikit-learn does the work, on samples where a space is large.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE
from sklearn.metrics import adjusted_rand_score, silhouette_score

from app.studio.evaluate.vectors.findings import Clusters, Dot
from app.studio.evaluate.vectors.sets import VectorSet
from models.evaluation.indexes import nearest, purity
from models.types import F32, I64

CLUSTERS = 12
FITTED_ON = 5_000
COMPARED = 2_000
"""Rows whose distances to each other are all taken, for the silhouette."""
DRAWN = 1_200
EXAMPLES = 5


def k_means(vectors: F32, count: int, seed: int) -> I64:
    """The cluster of each unit row `(n,)`, by k-means on at most 5,000 rows; by cosine, as the rows are unit."""
    sample = np.random.default_rng(seed).permutation(len(vectors))[:FITTED_ON]
    fitted = KMeans(min(count, len(sample)), n_init=3, random_state=seed).fit(vectors[sample])
    return np.asarray(fitted.predict(vectors), np.int64)


def silhouette(vectors: F32, clusters: I64, seed: int) -> float:
    """Mean silhouette by cosine on at most 2,000 rows: 1 compact and apart, 0 touching, below 0 wrong. NaN for one."""
    sample = np.random.default_rng(seed).permutation(len(vectors))[:COMPARED]
    found = len(np.unique(clusters[sample]))
    if not 1 < found < len(sample):
        return float("nan")
    return float(silhouette_score(vectors[sample], clusters[sample], metric="cosine"))


def look(chosen: VectorSet, *, count: int = CLUSTERS, drawn: int = DRAWN, seed: int = 0) -> Clusters:
    """Cluster a set, compare with its labels, and draw a sample of it."""
    found = k_means(chosen.vectors, count, seed)
    labels = chosen.labels
    rows, places, method = flat(chosen.vectors, drawn, seed)
    dots = tuple(
        Dot(float(x), float(y), int(found[row]), chosen.titles[row]) for row, (x, y) in zip(rows, places, strict=True)
    )
    return Clusters(
        space=chosen.name,
        count=len(np.unique(found)),
        silhouette=silhouette(chosen.vectors, found, seed),
        label=chosen.label,
        purity=purity(found, labels),
        base=purity(np.zeros(len(labels), np.int64), labels),
        rand=float(adjusted_rand_score(labels, found)),
        sizes=tuple(np.bincount(found, minlength=count).tolist()),
        examples=_examples(chosen, found),
        method=method,
        dots=dots,
    )


def flat(vectors: F32, drawn: int, seed: int) -> tuple[I64, NDArray[np.float64], str]:
    """At most `drawn` rows in two dimensions: their numbers, places `(m, 2)` in 0..1, and how they were found.

    t-SNE on the first 50 principal components from 50 rows on, the first two components below.
    """
    rows = np.sort(np.random.default_rng(seed).permutation(len(vectors))[:drawn])
    most = min(50, *vectors[rows].shape)
    reduced = PCA(most, random_state=seed).fit_transform(vectors[rows])
    method = "PCA"
    if len(rows) >= 50:
        reduced = TSNE(perplexity=min(30, len(rows) / 4), init="pca", random_state=seed).fit_transform(reduced)
        method = "t-SNE of 50 principal components" if most == 50 else "t-SNE"
    places = np.zeros((len(rows), 2))
    places[:, : min(2, reduced.shape[1])] = reduced[:, :2]
    spread = np.ptp(places, axis=0)
    return rows, (places - places.min(axis=0)) / np.where(spread > 0, spread, 1), method


def _examples(chosen: VectorSet, clusters: I64) -> tuple[tuple[str, ...], ...]:
    """The titles nearest to the middle of each cluster."""
    told = []
    for cluster in range(int(clusters.max()) + 1):
        rows = np.flatnonzero(clusters == cluster)
        middle = chosen.vectors[rows].mean(axis=0, keepdims=True) if len(rows) else None
        found = [] if middle is None else nearest(chosen.vectors[rows], middle, EXAMPLES)[0][0]
        told.append(tuple(chosen.titles[rows[place]] for place in found))
    return tuple(told)
