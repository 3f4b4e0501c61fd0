"""The same library, ranked other ways: what the taste network is measured against, on the user's own ratings.

Called by the taste thread. What followed peers tell is a way of its own; the methods that need many people's whole
ratings (matrix factorisation, two towers ...) stay in the laboratory: nobody's ratings are here but one's own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from app.protocol import RankedBy, RankingAccuracy
from app.studio.accuracy import measure
from app.studio.trainer import Learned
from models.baselines.base import Recommender
from models.baselines.gaussian import GaussianProcess
from models.baselines.neighbours import Cosine, Neighbours
from models.baselines.ours import TasteRecommender
from models.baselines.regressions import Perceptron, Ridge
from models.taste import Labels, TasteSettings
from models.types import F32

SAMPLE = 20_000
"""Items of the library that the methods see when they are compared: enough for their averages."""

RIVALS: Mapping[RankedBy, Callable[[], Recommender]] = {
    RankedBy.COSINE: Cosine,
    RankedBy.NEIGHBOURS: Neighbours,
    RankedBy.RIDGE: Ridge,
    RankedBy.GAUSSIAN: GaussianProcess,
    RankedBy.PERCEPTRON: Perceptron,
}


def ranked_by(learned: Learned, way: RankedBy) -> Learned:
    """The same fit with its discovery scores replaced by another method's, in the same unit (deviations)."""
    if way is RankedBy.TASTE or not learned.rated:
        return learned
    if way is RankedBy.FOLLOWED:
        return replace(learned, scores=replace(learned.scores, discovery=_by_followed(learned)))
    learned = replace(learned, heard=None, said=None)
    if not len(learned.labels):
        return learned
    method = RIVALS[way]().fit(learned.features.rows, learned.fitted_on)
    ranking = method.predict(learned.features.rows).ranking.astype(np.float64)
    spread = float(ranking.std())
    shown = (ranking - ranking.mean()) / spread if spread > 1e-9 else np.zeros(len(ranking))
    return replace(learned, scores=replace(learned.scores, discovery=shown.astype(np.float32)))


def compare(learned: Learned) -> tuple[tuple[RankingAccuracy, ...], int]:
    """How well each way predicts the user's own ratings, best first, and over how many pairs."""
    features, labels = _sampled(learned)
    found = []
    pairs = 0
    for way in RankedBy:
        if way is RankedBy.FOLLOWED:
            if learned.said is None:
                continue
            # Nothing of one's own is in it, so nothing has to be left out: each row is its own prediction.
            accuracy = measure(_by_followed(learned)[:, None], learned.fitted_on, lambda *_: lambda asked: asked[:, 0])
        else:
            accuracy = measure(features, labels, _ranker(way, learned.taste.settings))
        found.append(RankingAccuracy(way, accuracy.share, accuracy.low, accuracy.high))
        pairs = accuracy.pairs
    # Ties keep the order of the list, the taste network first.
    return tuple(sorted(found, key=lambda one: -one.share)), pairs


def _by_followed(learned: Learned) -> F32:
    """What followed peers say alone; all alike where nobody tells anything."""
    nothing = np.zeros(len(learned.features), np.float32)
    return learned.said.added_to(nothing) if learned.said is not None else nothing


def _ranker(way: RankedBy, settings: TasteSettings) -> Callable[[F32, Labels], Callable[[F32], F32]]:
    def fit(features: F32, labels: Labels) -> Callable[[F32], F32]:
        method: Recommender = TasteRecommender(settings=settings) if way is RankedBy.TASTE else RIVALS[way]()
        fitted = method.fit(features, labels)
        return lambda asked: fitted.predict(asked).ranking

    return fit


def _sampled(learned: Learned) -> tuple[F32, Labels]:
    """Features and labels with the labelled rows first and a sample of the rest after them."""
    rows, labels = learned.features.rows, learned.fitted_on
    others = np.setdiff1d(np.arange(len(rows)), labels.rows)
    if len(others) > SAMPLE:
        others = np.sort(np.random.default_rng(0).choice(others, SAMPLE, replace=False))
    chosen = np.concatenate([labels.rows, others])
    at = np.arange(len(labels), dtype=np.int64)
    return rows[chosen], Labels(at, labels.targets, labels.weights, labels.ages)
