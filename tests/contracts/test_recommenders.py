"""The promises of `models.baselines.base.Recommender`, kept by every recommender."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from models.baselines.base import Recommender
from models.baselines.neighbours import Cosine, Neighbours
from models.baselines.ours import TasteRecommender
from models.baselines.regressions import Perceptron, Ridge
from models.taste import Labels
from models.types import F32

KINDS = (Cosine, Neighbours, Ridge, Perceptron, TasteRecommender)


@pytest.fixture(params=KINDS, ids=lambda kind: kind.__name__)
def recommender(request: pytest.FixtureRequest) -> Recommender:
    made: Recommender = request.param()
    return made


@pytest.fixture(scope="module")
def features() -> F32:
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(6, 16))
    rows = centres[np.arange(300) % 6] + 0.6 * rng.normal(size=(300, 16))
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def _labels(rows: range, targets: list[float]) -> Labels:
    n = len(rows)
    return Labels(
        np.array(rows, np.int64),
        np.array(targets, np.float32),
        np.ones(n, np.float32),
        np.zeros(n, np.float32),
    )


def test_finds_the_style_that_is_liked(recommender: Recommender, features: F32) -> None:
    labels = _labels(range(12), [1.0, 0.0, 0.25, 0.0, 0.5, 0.0] * 2)
    ranking = recommender.fit(features, labels).predict(features[12:]).ranking
    assert roc_auc_score(np.arange(12, 300) % 6 == 0, ranking) > 0.9


def test_finds_it_from_likes_alone(recommender: Recommender, features: F32) -> None:
    labels = _labels(range(0, 18, 6), [1.0, 1.0, 1.0])
    ranking = recommender.fit(features, labels).predict(features[18:]).ranking
    assert roc_auc_score(np.arange(18, 300) % 6 == 0, ranking) > 0.75


def test_avoids_from_dislikes_alone(recommender: Recommender, features: F32) -> None:
    labels = _labels(range(0, 18, 6), [0.0, 0.0, 0.0])
    ranking = recommender.fit(features, labels).predict(features[18:]).ranking
    assert roc_auc_score(np.arange(18, 300) % 6 == 0, ranking) < 0.3


@pytest.mark.parametrize("n", [0, 1, 2, 30])
def test_any_number_of_labels_gives_finite_float32(recommender: Recommender, features: F32, n: int) -> None:
    said = recommender.fit(features, _labels(range(n), [1.0, 0.0] * (n // 2) + [1.0] * (n % 2))).predict(features)
    for values in (said.ranking, said.rating, said.like):
        if values is not None:
            assert values.shape == (300,)
            assert values.dtype == np.float32
            assert np.isfinite(values).all()
    for values in (said.rating, said.like):
        if values is not None:
            assert values.min() >= 0
            assert values.max() <= 1


def test_deterministic_and_forgetful(recommender: Recommender, features: F32) -> None:
    one, other = _labels(range(4), [1, 0, 1, 0]), _labels(range(9), [0.0] * 9)
    first = recommender.fit(features, one).predict(features).ranking
    recommender.fit(features, other)
    np.testing.assert_array_equal(recommender.fit(features, one).predict(features).ranking, first)
    again = type(recommender)(**recommender.get_params())
    np.testing.assert_array_equal(again.fit(features, one).predict(features).ranking, first)


def test_predict_before_fit_is_refused(recommender: Recommender, features: F32) -> None:
    with pytest.raises(ValueError, match="not fitted"):
        recommender.predict(features)
