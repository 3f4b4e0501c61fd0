"""Small made-up audiences with a taste that can be found, for the laboratory's tests."""

from __future__ import annotations

import numpy as np

from models.baselines.population import Ratings
from models.evaluation.audience import Audience, Listener


def made_up(
    *, implicit: bool = False, users: int = 25, items: int = 400, crowd: int = 0, artists: int = 0, rated: int = 100
) -> Audience:
    """Listeners who like one direction of a random space; the same for the same arguments."""
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(items, 16))
    features = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    tested = tuple(_listener(features, rng, implicit, rated) for _ in range(users))
    others = [_listener(features, rng, implicit, rated) for _ in range(crowd)]
    population = None
    if others:
        people = np.repeat(np.arange(crowd), [len(one.rows) for one in others]).astype(np.int64)
        said = np.concatenate([one.targets for one in others])
        population = Ratings(people, np.concatenate([one.rows for one in others]), said, crowd, items)
    codes = rng.integers(0, artists, items).astype(np.int64) if artists else np.zeros(0, np.int64)
    return Audience("made up", features, tested, implicit, population, codes, timed=True)


def _listener(features: np.ndarray, rng: np.random.Generator, implicit: bool, rated: int) -> Listener:
    felt = features @ rng.normal(size=features.shape[1])
    pool = np.argsort(-felt)[: rated + 20] if implicit else np.arange(len(features))
    rows = rng.permutation(pool)[:rated].astype(np.int64)
    targets = np.ones(rated) if implicit else np.clip(0.5 + 0.3 * felt[rows], 0, 1)
    return Listener(rows, targets.astype(np.float32), np.arange(rated, dtype=np.float32))
