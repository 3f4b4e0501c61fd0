"""Each method that learns from a crowd, against a second computation or what it must say of an obvious case."""

from __future__ import annotations

import numpy as np
import pytest

from models.baselines.bpr import Bpr
from models.baselines.ease import Ease
from models.baselines.implicit_als import ImplicitAls
from models.baselines.population import Ratings
from models.baselines.similar_users import SimilarUsers
from models.baselines.simple import Popularity, Random
from models.baselines.two_tower import TwoTower
from models.taste import Labels
from models.types import F32


def _labels(rows: list[int], targets: list[float]) -> Labels:
    n = len(rows)
    return Labels(np.array(rows), np.array(targets, np.float32), np.ones(n, np.float32), np.zeros(n, np.float32))


def _clubs(people: int = 120, items: int = 40) -> Ratings:
    """Even people like even items and odd people odd ones; each rated a third."""
    rng = np.random.default_rng(0)
    users, rows = np.nonzero(rng.random((people, items)) < 1 / 3)
    return Ratings(users, rows, (users % 2 == rows % 2).astype(np.float32), people, items)


@pytest.fixture
def features() -> F32:
    return np.eye(2, dtype=np.float32)[np.arange(40) % 2]


def test_chance_differs_between_people_only(features: F32) -> None:
    model = Random(1)
    one = model.fit(features, _labels([1], [1.0])).predict(features).ranking
    other = model.fit(features, _labels([2], [1.0])).predict(features).ranking
    assert (one != other).any()
    np.testing.assert_array_equal(model.fit(features, _labels([1], [0.0])).predict(features).ranking, one)


def test_popularity_counts_likes_and_shrinks_ratings() -> None:
    said = Ratings(np.array([0, 1, 2, 0]), np.array([2, 2, 0, 1]), np.array([1, 1, 0.8, 0.0], np.float32), 3, 4)
    told = Popularity(said, strength=2.0).fit(np.zeros((4, 1), np.float32), _labels([], [])).predict(np.zeros((4, 1)))
    assert np.argsort(-told.ranking).tolist()[:2] == [2, 0]
    assert told.rating is not None
    np.testing.assert_allclose(told.rating, [(0.8 + 1.4) / 3, 1.4 / 3, (2 + 1.4) / 4, 0.7], rtol=1e-6)


def test_similar_users_vote(features: F32) -> None:
    said = Ratings(
        np.array([0, 0, 1, 1, 2, 2]), np.array([0, 1, 0, 2, 5, 3]), np.array([1, 1, 0, 1, 1, 1], np.float32), 3, 40
    )
    told = SimilarUsers(said).fit(features, _labels([0, 5], [1.0, 1.0])).predict(features)
    # Persons 0 and 2 agree on one like of theirs each, person 1 disagrees and has no vote.
    vote = 1 / (np.sqrt(2) * np.sqrt(2))
    assert told.ranking[1] == pytest.approx(vote)
    assert told.ranking[3] == pytest.approx(vote)
    assert told.ranking[2] == 0


def test_ease_is_the_regression_of_each_item_on_the_others(features: F32) -> None:
    said = _clubs()
    binary = said.likes().matrix(np.ones(len(said.likes()))).toarray()
    wanted = np.zeros(40)
    for item in range(40):
        others = np.delete(np.arange(40), item)
        gram = binary[:, others].T @ binary[:, others] + 50.0 * np.eye(39)
        weights = np.linalg.solve(gram, binary[:, others].T @ binary[:, item])
        wanted[item] = np.insert(weights, item, 0.0)[[4, 6]].sum()
    told = Ease(said, penalty=50.0).fit(features, _labels([4, 6], [1.0, 1.0])).predict(features)
    np.testing.assert_allclose(told.ranking, wanted, atol=1e-5)


def test_ease_leaves_out_what_hardly_anybody_likes(features: F32, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.baselines.ease.MOST", 6)
    said = _clubs()
    few = Ratings(said.users, said.items, np.where(said.items < 6, said.targets, 0.0).astype(np.float32), 120, 40)
    ranking = Ease(few).fit(features, _labels([0, 30], [1.0, 1.0])).predict(features).ranking
    assert ranking[[2, 4]].min() > 0
    assert (ranking[6:] == 0).all()


def test_bpr_bears_thousands_of_labels() -> None:
    rng = np.random.default_rng(0)
    pairs = rng.permutation(50 * 4_000)[:4_000]
    said = Ratings(pairs // 4_000, pairs % 4_000, np.ones(4_000, np.float32), 50, 4_000)
    labels = _labels(list(range(3_000)), [1.0, 0.0] * 1_500)
    ranking = Bpr(said, epochs=2).fit(np.ones((4_000, 1), np.float32), labels).predict(np.ones((4_000, 1))).ranking
    assert np.isfinite(ranking).all()
    assert ranking[:3_000:2].mean() > ranking[1:3_000:2].mean()


def test_ease_says_when_it_cannot_be_solved(features: F32) -> None:
    with pytest.raises(ValueError, match="penalty"):
        Ease(_clubs(), penalty=-1e6).train(features)


def test_bpr_orders_the_population_and_the_newcomer(features: F32) -> None:
    said = _clubs()
    model = Bpr(said, epochs=60).train(features)
    for user in (0, 1):
        order = model.order(user)
        assert order[user::2].mean() > order[1 - user :: 2].mean()
    ranking = model.fit(features, _labels([0, 1, 2], [1.0, 0.0, 1.0])).predict(features).ranking
    assert ranking[4::2].min() > ranking[3::2].max()


def test_implicit_als_without_labels_is_what_the_crowd_likes(features: F32) -> None:
    said = _clubs()
    evens = Ratings(said.users * 2 // 2, said.items, np.where(said.items < 5, 1.0, 0.0).astype(np.float32), 120, 40)
    ranking = ImplicitAls(evens, factors=4).fit(features, _labels([], [])).predict(features).ranking
    assert ranking[:5].min() > ranking[5:].max()


def test_two_towers_rank_an_item_nobody_rated(features: F32) -> None:
    model = TwoTower(_clubs(), epochs=30).fit(features, _labels([0, 1, 2], [1.0, 0.0, 1.0]))
    strangers = model.predict(np.eye(2, dtype=np.float32), np.array([-1, -1])).ranking
    assert strangers[0] > strangers[1]
    with pytest.raises(ValueError, match="which rows"):
        model.predict(features[:3])


def test_two_towers_sample_a_large_catalogue() -> None:
    rng = np.random.default_rng(0)
    users, rows = np.arange(400) % 40, rng.permutation(5_000)[:400]
    likes = Ratings(users, rows, np.ones(400, np.float32), 40, 5_000)
    features = np.ones((5_000, 1), np.float32)
    ranking = TwoTower(likes, epochs=3).fit(features, _labels([1], [1.0])).predict(features).ranking
    assert ranking[rows].mean() > np.delete(ranking, rows).mean()
