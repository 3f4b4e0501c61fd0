"""Fitting a taste and scoring everything with it, beside scikit-learn's nearest relatives on the same labels."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, DotProduct, WhiteKernel
from table import Row, seconds

from models.taste import Labels, Taste

WIDTH = 96


def features(count: int, rng: np.random.Generator) -> np.ndarray:
    """Unit vectors in clusters, as music is; float32 (count, 96)."""
    centres = rng.standard_normal((40, WIDTH)).astype(np.float32)
    rows = centres[rng.integers(0, 40, count)] + rng.standard_normal((count, WIDTH)).astype(np.float32)
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def labels(count: int, of: int, rng: np.random.Generator) -> Labels:
    """Labels on random rows, of ages up to a year."""
    return Labels(
        rng.choice(of, count, replace=False).astype(np.int64),
        (rng.random(count) < 0.6).astype(np.float32),
        np.ones(count, np.float32),
        rng.uniform(0, 365, count).astype(np.float32),
    )


def rows() -> Iterator[Row]:
    """Yield the times of fitting 20, 200 and 5,000 labels, and of scoring 100,000 and 1,000,000 Items."""
    rng = np.random.default_rng(0)
    library = features(100_000, rng)
    kernel = ConstantKernel() * RBF() + DotProduct() + WhiteKernel()
    for count in (20, 200, 5_000):
        given = labels(count, len(library), rng)
        ours = seconds(lambda given=given: Taste.fit(library, given))
        regressor = GaussianProcessRegressor(kernel, optimizer=None)
        known = library[given.rows]
        theirs = seconds(lambda r=regressor, k=known, g=given: r.fit(k, g.targets), repeat=3 if count < 1000 else 1)
        goal = 1.0 if count == 200 else None
        yield Row(f"fit {count:,} labels", "s", ours, theirs, "sklearn GP", goal)

    given = labels(200, len(library), rng)
    taste = Taste.fit(library, given)
    regressor = GaussianProcessRegressor(kernel, optimizer=None).fit(library[given.rows], given.targets)
    for count in (100_000, 1_000_000):
        scored = library if count == len(library) else features(count, rng)
        ours = seconds(lambda scored=scored: taste.score(scored))

        def predict(scored: np.ndarray = scored) -> None:
            # In blocks, as its kernel matrix of a million by 200 would not fit; with deviations, as ours.
            for first in range(0, len(scored), 20_000):
                regressor.predict(scored[first : first + 20_000], return_std=True)

        theirs = seconds(predict, repeat=1)
        yield Row(f"score {count:,} Items, 200 labels", "s", ours, theirs, "sklearn GP")
