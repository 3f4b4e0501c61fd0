"""Fitting a taste and scoring everything with it, beside scikit-learn's nearest relatives on the same labels."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, DotProduct, WhiteKernel
from table import Row, seconds

from models.taste import Labels, Taste

WIDTH, WIDE = 96, 512
"""Features as the basis gives them, and as an encoder does."""
CORES = 2


def features(count: int, rng: np.random.Generator, width: int = WIDTH) -> np.ndarray:
    """Unit vectors in clusters, as music is; float32 (count, width)."""
    centres = rng.standard_normal((40, width), np.float32)
    rows = rng.standard_normal((count, width), np.float32)
    rows += centres[rng.integers(0, 40, count)]
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return rows


def labels(count: int, of: int, rng: np.random.Generator) -> Labels:
    """Labels on random rows, of ages up to a year."""
    return Labels(
        rng.choice(of, count, replace=False).astype(np.int64),
        (rng.random(count) < 0.6).astype(np.float32),
        np.ones(count, np.float32),
        rng.uniform(0, 365, count).astype(np.float32),
    )


GOALS = {200: 0.15, 5_000: 1.0}
"""CPU seconds, by number of labels."""


def rows() -> Iterator[Row]:
    """Yield the times of fitting 20, 200 and 5,000 labels on one core, and of scoring 100,000 and 1,000,000 Items."""
    torch.set_num_threads(1)
    rng = np.random.default_rng(0)
    library = features(100_000, rng)
    kernel = ConstantKernel() * RBF() + DotProduct() + WhiteKernel()
    for count in (20, 200, 5_000):
        given = labels(count, len(library), rng)
        ours = seconds(lambda given=given: Taste.fit(library, given), cpu=True)
        regressor = GaussianProcessRegressor(kernel, optimizer=None)
        known = library[given.rows]
        repeat = 3 if count < 1000 else 1
        theirs = seconds(lambda r=regressor, k=known, g=given: r.fit(k, g.targets), repeat=repeat, cpu=True)
        yield Row(f"fit {count:,} labels", "CPU-s", ours, theirs, "sklearn GP", GOALS.get(count))

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
        del scored
    yield from wide(rng)


def wide(rng: np.random.Generator) -> Iterator[Row]:
    """Yield the time of scoring a million Items of 512 features on two cores."""
    library = features(1_000_000, rng, WIDE)
    taste = Taste.fit(library, labels(200, len(library), rng))
    ours = seconds(lambda: taste.score(library, threads=CORES), repeat=5)
    yield Row(f"score 1,000,000 Items x {WIDE}, 200 labels, {CORES} cores", "s", ours, goal=1.0)
