"""The promises of `models.baselines.base.Recommender`, kept by every recommender.

Those that learn from a population get one whose people each like one of six styles and dislike the others, so
there is something to be found in the features and in other people's ratings alike.
"""

from __future__ import annotations

import inspect

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from models.baselines import every
from models.baselines.base import Recommender
from models.baselines.population import Collaborative, Ratings
from models.taste import Labels
from models.types import F32

STYLES, ITEMS, PEOPLE = 6, 300, 480
INDIFFERENT = ("random", "popularity")
"""Those that do not listen to the person."""


def _population() -> Ratings:
    rng = np.random.default_rng(3)
    rated = rng.random((PEOPLE, ITEMS)) < 0.15
    users, items = np.nonzero(rated)
    order = rng.permutation(len(users))
    users, items = users[order], items[order]
    liked = users % STYLES == items % STYLES
    liked ^= rng.random(len(liked)) < 0.05
    targets = np.where(liked, rng.choice([0.75, 1.0], len(liked)), rng.choice([0.0, 0.25, 0.5], len(liked)))
    return Ratings(users, items, targets.astype(np.float32), PEOPLE, ITEMS)


POPULATION = _population()
MADE = {one.name: one for one in (*every.alone(), *every.among(POPULATION))}
LISTENING = [name for name in MADE if name not in INDIFFERENT]


def _again(recommender: Recommender) -> Recommender:
    """Another one with the same parameters, not fitted."""
    kind, given = type(recommender), recommender.get_params()
    return kind(POPULATION, **given) if isinstance(recommender, Collaborative) else kind(**given)


@pytest.fixture(params=MADE)
def recommender(request: pytest.FixtureRequest) -> Recommender:
    return MADE[request.param]


@pytest.fixture(params=LISTENING)
def listening(request: pytest.FixtureRequest) -> Recommender:
    return MADE[request.param]


@pytest.fixture(scope="module")
def features() -> F32:
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(STYLES, 16))
    rows = centres[np.arange(ITEMS) % STYLES] + 0.6 * rng.normal(size=(ITEMS, 16))
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def _labels(rows: range, targets: list[float]) -> Labels:
    n = len(rows)
    return Labels(
        np.array(rows, np.int64),
        np.array(targets, np.float32),
        np.ones(n, np.float32),
        np.zeros(n, np.float32),
    )


def _finds(recommender: Recommender, features: F32, labels: Labels, style: int = 0) -> float:
    """Area under the curve of the items of one style among those without a label."""
    rest = np.setdiff1d(np.arange(ITEMS), labels.rows)
    ranking = recommender.fit(features, labels).predict(features[rest], rest).ranking
    return float(roc_auc_score(rest % STYLES == style, ranking))


def test_finds_the_style_that_is_liked(listening: Recommender, features: F32) -> None:
    for style in (0, 4):
        targets = [0.0, 0.0, 0.25, 0.0, 0.5, 0.0]
        targets[style] = 1.0
        # Others share two of these twelve labels on average: that tells less than features do.
        enough = 0.7 if isinstance(listening, Collaborative) else 0.9
        assert _finds(listening, features, _labels(range(12), targets * 2), style) > enough


def test_finds_it_from_likes_alone(listening: Recommender, features: F32) -> None:
    assert _finds(listening, features, _labels(range(0, 18, 6), [1.0, 1.0, 1.0])) > 0.75


def test_avoids_from_dislikes_alone(listening: Recommender, features: F32) -> None:
    assert _finds(listening, features, _labels(range(0, 18, 6), [0.0, 0.0, 0.0])) < 0.3


@pytest.mark.parametrize("name", INDIFFERENT)
def test_what_does_not_listen_finds_nothing(name: str, features: F32) -> None:
    areas = [
        _finds(MADE[name], features, _labels(range(first, first + 6), [1.0, 0.0, 0.0, 0.0, 0.0, 0.0]), first % STYLES)
        for first in range(0, 120, 7)
    ]
    assert abs(float(np.mean(areas)) - 0.5) < 0.06


@pytest.mark.parametrize("n", [0, 1, 2, 30])
def test_any_number_of_labels_gives_finite_float32(recommender: Recommender, features: F32, n: int) -> None:
    said = recommender.fit(features, _labels(range(n), [1.0, 0.0] * (n // 2) + [1.0] * (n % 2))).predict(features)
    for values in (said.ranking, said.rating, said.like):
        if values is not None:
            assert values.shape == (ITEMS,)
            assert values.dtype == np.float32
            assert np.isfinite(values).all()
    for values in (said.rating, said.like):
        if values is not None:
            assert values.min() >= 0
            assert values.max() <= 1


def test_a_label_without_weight_says_nothing_bad(recommender: Recommender, features: F32) -> None:
    labels = _labels(range(4), [1.0, 0.0, 1.0, 0.0])
    silent = Labels(labels.rows, labels.targets, np.zeros(4, np.float32), labels.ages)
    assert np.isfinite(recommender.fit(features, silent).predict(features).ranking).all()


def test_deterministic_and_forgetful(recommender: Recommender, features: F32) -> None:
    one, other = _labels(range(4), [1, 0, 1, 0]), _labels(range(9), [0.0] * 9)
    first = recommender.fit(features, one).predict(features).ranking.copy()
    recommender.fit(features, other)
    np.testing.assert_array_equal(recommender.fit(features, one).predict(features).ranking, first)
    again = _again(recommender)
    assert again.get_params() == recommender.get_params()
    np.testing.assert_array_equal(again.fit(features, one).predict(features).ranking, first)


def test_every_parameter_is_told(recommender: Recommender) -> None:
    asked = set(inspect.signature(type(recommender)).parameters) - {"population", "settings", "name"}
    assert set(recommender.get_params()) == asked


def test_some_rows_score_as_in_the_whole_catalogue(listening: Recommender, features: F32) -> None:
    listening.fit(features, _labels(range(6), [1.0, 0.0, 0.0, 0.0, 0.0, 0.0]))
    rows = np.array([7, 250, 31], np.int64)
    some, whole = listening.predict(features[rows], rows), listening.predict(features)
    np.testing.assert_allclose(some.ranking, whole.ranking[rows], rtol=1e-4, atol=1e-5)


def test_an_item_nobody_knows_is_ranked(recommender: Recommender, features: F32) -> None:
    recommender.fit(features, _labels(range(6), [1.0, 0.0, 0.0, 0.0, 0.0, 0.0]))
    ranking = recommender.predict(features[:3], np.array([-1, 5, -1])).ranking
    assert ranking.shape == (3,)
    assert np.isfinite(ranking).all()


def test_predict_before_fit_is_refused(recommender: Recommender, features: F32) -> None:
    with pytest.raises(ValueError, match="not fitted"):
        _again(recommender).predict(features)
