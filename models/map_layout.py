"""Places for a map of Items: features in, points of the unit square out, so that what is alike lies together.

Landmarks, spread over the features, are laid out by t-SNE from their two principal axes; everything else lies between
its nearest landmarks. Former places are where a new layout begins, and it is turned and scaled back onto them. Called
by the studio's map thread; arrays only.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from models.types import F32, I64

LANDMARKS = 2_000
"""t-SNE grows with n log n and has to end within seconds on one core."""
NEAREST = 6
"""Landmarks between which an Item is placed."""
PERPLEXITY = 30.0
SPREAD_SAMPLE = 8_192
"""Of more rows than these, landmarks are chosen from so many."""
FEWEST = 12
"""Below, neighbourhoods mean nothing and the principal axes are the map."""
ROUNDS = 2
"""After the first, which gathers groups, each 250 steps that arrange them; the work can be cancelled in between."""
SPAN = 0.94
"""Of the unit square, along the longer side."""
_STEPS = 250
_WARM_SPREAD = 20.0
"""Standard deviation at which former places are handed to t-SNE: near what it ends with."""
_CHUNK = 2_048

Step = Callable[[float], None]


def lay_out(
    rows: F32, former: F32 | None = None, *, landmarks: int = LANDMARKS, seed: int = 0, step: Step = lambda _: None
) -> F32:
    """Places float32 `(n, 2)` in [0, 1] for rows float32 `(n, p)`. Deterministic under `seed` on one machine.

    `former`, float32 `(n, 2)`, has the places of an earlier map, NaN for rows that are new. `step` is told the share
    that is done and may raise to end the work. Source: van der Maaten 2014, "Accelerating t-SNE using tree-based
    algorithms"; placing by landmarks after van der Maaten & Hinton 2008, section 5, simplified.
    """
    n = len(rows)
    if n == 0:
        return np.zeros((0, 2), np.float32)
    known = np.zeros(n, np.bool_)
    if former is not None:
        known[:] = np.isfinite(former).all(axis=1)
    step(0.0)
    if n < FEWEST:
        return fitted(_principal(rows, seed))
    chosen = spread(rows, min(landmarks, n), seed)
    step(0.2)
    marks = np.ascontiguousarray(rows[chosen])
    start = None
    held = known[chosen]
    if former is not None and held.sum() >= FEWEST:
        start = np.empty((len(chosen), 2), np.float32)
        start[held] = former[chosen[held]]
        start[~held] = between(marks[~held], marks[held], start[held], seed=seed)
    laid = _arranged(marks, start, seed, step)
    if start is not None and former is not None:
        laid = _turned_back(laid, held, former[chosen])
    laid = spaced(laid)
    places = np.empty((n, 2), np.float32)
    places[chosen] = laid
    rest = np.setdiff1d(np.arange(n), chosen)
    for at in range(0, len(rest), _CHUNK):
        part = rest[at : at + _CHUNK]
        places[part] = between(rows[part], marks, laid, seed=seed)
        step(0.9 + 0.1 * (at + len(part)) / max(len(rest), 1))
    step(1.0)
    return np.clip(places, 0.0, 1.0)


def between(rows: F32, marks: F32, places: F32, *, nearest: int = NEAREST, seed: int = 0) -> F32:
    """Places `(n, 2)` for rows `(n, p)` between the places `(m, 2)` of their nearest marks `(m, p)`, m at least 1.

    The nearest decides; others count as far as they lie near it on the map, so that nothing comes to lie in the gap
    between two groups. A trace of noise keeps equal rows apart.
    """
    k = min(nearest, len(marks))
    placed = np.empty((len(rows), 2), np.float32)
    squares = np.einsum("ij,ij->i", marks, marks)
    reach = _typical_gap(places)
    random = np.random.default_rng(seed)
    for at in range(0, len(rows), _CHUNK):
        part = rows[at : at + _CHUNK]
        # Without the row's own square, which changes no order.
        far = squares[None, :] - 2.0 * (part @ marks.T)
        found = np.argpartition(far, k - 1, axis=1)[:, :k]
        gaps = np.take_along_axis(far, found, axis=1)
        order = np.argsort(gaps, axis=1, kind="stable")
        found, gaps = np.take_along_axis(found, order, axis=1), np.take_along_axis(gaps, order, axis=1)
        own = np.einsum("ij,ij->i", part, part)
        true = np.maximum(gaps + own[:, None], 0.0)
        weight = np.exp(-4.0 * (true - true[:, :1]) / (true[:, -1:] - true[:, :1] + 1e-9)) + 1e-3
        there = places[found]
        away = np.linalg.norm(there - there[:, :1], axis=2)
        weight *= away <= 8.0 * reach
        weight /= weight.sum(axis=1, keepdims=True)
        placed[at : at + _CHUNK] = np.einsum("nk,nkd->nd", weight, there)
    return np.asarray(placed + random.normal(0.0, reach * 0.15, placed.shape), np.float32)


def spread(rows: F32, count: int, seed: int = 0) -> I64:
    """`count` different rows, ascending, chosen one after the other, far from those chosen (k-means++)."""
    n = len(rows)
    if count >= n:
        return np.arange(n, dtype=np.int64)
    from sklearn.cluster import kmeans_plusplus

    random = np.random.default_rng(seed)
    sample = np.arange(n)
    if n > SPREAD_SAMPLE:
        sample = np.sort(random.choice(n, max(SPREAD_SAMPLE, count), replace=False))
    _, chosen = kmeans_plusplus(rows[sample], count, n_local_trials=1, random_state=seed)
    different = np.unique(chosen)
    if len(different) < count:  # more equal rows than different ones: any of the others
        others = np.setdiff1d(np.arange(len(sample)), different)
        different = np.concatenate([different, random.choice(others, count - len(different), replace=False)])
    return np.asarray(np.sort(sample[different]), np.int64)


def fitted(points: F32) -> F32:
    """Points `(n, 2)` moved and scaled, the same both ways, into the middle of the unit square."""
    low, high = points.min(axis=0), points.max(axis=0)
    extent = float((high - low).max())
    if extent <= 0:
        return np.full(points.shape, 0.5, np.float32)
    return np.asarray(0.5 + (points - (low + high) / 2) * (SPAN / extent), np.float32)


def spaced(points: F32) -> F32:
    """Points `(n, 2)` in the unit square, groups wider and the gaps between them narrower than they were.

    Along each axis a place is half where it was and half its rank: that keeps the order of all, left to right and top
    to bottom, and uses the room, which t-SNE leaves empty where groups are distinct.
    """
    ranks = np.argsort(np.argsort(points, axis=0, kind="stable"), axis=0, kind="stable")
    even = (1 - SPAN) / 2 + SPAN * ranks / max(len(points) - 1, 1)
    return np.asarray(0.5 * fitted(points) + 0.5 * even, np.float32)


def _arranged(marks: F32, start: F32 | None, seed: int, step: Step) -> F32:
    from sklearn.manifold import TSNE

    perplexity = min(PERPLEXITY, (len(marks) - 1) / 3)
    if start is None:
        axes = _principal(marks, seed)
        places, groups = axes / (axes.std() + 1e-12) * 1e-4, 12.0
    else:
        places, groups = (start - start.mean(axis=0)) / (start.std() + 1e-12) * _WARM_SPREAD, 1.0
    places = np.asarray(places, np.float32)
    for number in range(ROUNDS + 1):
        made = TSNE(
            init=places,
            early_exaggeration=groups,
            perplexity=perplexity,
            max_iter=_STEPS,
            random_state=seed,
            n_jobs=1,
        )
        places, groups = np.asarray(made.fit_transform(marks), np.float32), 1.0
        step(0.2 + 0.7 * (number + 1) / (ROUNDS + 1))
    return places


def _principal(rows: F32, seed: int) -> F32:
    """The rows along their two principal axes, each axis turned so that its largest part is positive."""
    centred = rows - rows.mean(axis=0)
    _, _, axes = np.linalg.svd(centred, full_matrices=False)
    axes = axes[:2]
    axes = axes * np.where(axes[np.arange(len(axes)), np.abs(axes).argmax(axis=1)] < 0, -1.0, 1.0)[:, None]
    points = np.zeros((len(rows), 2), np.float32)
    points[:, : len(axes)] = centred @ axes.T
    # Equal rows must not lie on one point: nothing could part them.
    noise = np.random.default_rng(seed).normal(0.0, 1e-3 * float(points.std()) + 1e-6, points.shape)
    return np.asarray(points + noise, np.float32)


def _turned_back(laid: F32, held: np.ndarray, former: F32) -> F32:
    """All places `laid`, moved, turned and scaled so that those `held` lie as near their former ones as can be.

    The similarity transform with the least squares (Umeyama 1991), without mirroring.
    """
    ours, theirs = laid[held].astype(np.float64), former[held].astype(np.float64)
    middle, target = ours.mean(axis=0), theirs.mean(axis=0)
    ours, theirs = ours - middle, theirs - target
    left, sizes, right = np.linalg.svd(theirs.T @ ours)
    turn = np.diag([1.0, np.sign(np.linalg.det(left @ right)) or 1.0])
    scale = float((sizes * turn.diagonal()).sum() / max((ours**2).sum(), 1e-12))
    return np.asarray((laid - middle) @ (left @ turn @ right).T * scale + target, np.float32)


def _typical_gap(places: F32) -> float:
    """How far apart neighbours lie on a map of so many, were they spread evenly."""
    extent = float(np.ptp(places, axis=0).max()) if len(places) else 0.0
    return extent / max(float(np.sqrt(len(places))), 1.0)
