"""Ratings of a population, the contrast they get, and the folding in of a newcomer."""

from __future__ import annotations

import numpy as np
import pytest

from models.baselines.population import Crowd, Ratings, contrast
from models.baselines.simple import Popularity
from models.taste import Labels


def _ratings(users: list[int], items: list[int], targets: list[float], people: int = 3, catalogue: int = 5) -> Ratings:
    return Ratings(np.array(users), np.array(items), np.array(targets, np.float32), people, catalogue)


def _labels(rows: list[int], targets: list[float]) -> Labels:
    n = len(rows)
    return Labels(np.array(rows), np.array(targets, np.float32), np.ones(n, np.float32), np.zeros(n, np.float32))


@pytest.mark.parametrize(
    ("users", "items", "targets"),
    [
        ([0, 1], [0], [1.0, 1.0]),
        ([0, -1], [0, 1], [1.0, 1.0]),
        ([0, 3], [0, 1], [1.0, 1.0]),
        ([0, 1], [0, 5], [1.0, 1.0]),
        ([0, 1], [0, 1], [1.0, 1.5]),
        ([0, 1], [0, 1], [1.0, float("nan")]),
        ([1, 1], [2, 2], [1.0, 0.0]),
    ],
)
def test_refuses_what_is_no_rating(users: list[int], items: list[int], targets: list[float]) -> None:
    with pytest.raises(ValueError, match="ratings: "):
        _ratings(users, items, targets)


def test_matrix_and_likes() -> None:
    ratings = _ratings([0, 2, 2], [1, 4, 0], [1.0, 0.5, 0.75])
    assert ratings.matrix(ratings.targets).toarray()[2].tolist() == [0.75, 0.0, 0.0, 0.0, 0.5]
    assert ratings.likes().items.tolist() == [1, 0]
    assert len(_ratings([], [], []).likes()) == 0


def test_contrast_only_where_one_sided() -> None:
    mixed = _ratings([0, 1], [0, 1], [1.0, 0.0])
    assert mixed.contrasted(0) is mixed
    likes = Ratings(np.arange(40) % 8, np.arange(40) // 8, np.ones(40, np.float32), 8, 200)
    made = likes.contrasted(0)
    assert 60 < len(made) <= 80
    np.testing.assert_array_equal(made.items[:40], likes.items)
    assert (made.targets[40:] == 0).all()
    assert _ratings([0, 1], [0, 1], [0.0, 0.25]).contrasted(0).targets.max() == 1.0


def test_a_newcomer_is_contrasted_like_the_population() -> None:
    likes, mixed = _ratings([0, 1], [0, 1], [1.0, 1.0]), _ratings([0, 1], [0, 1], [1.0, 0.0])
    mine = _labels([2, 3], [1.0, 1.0])
    assert contrast(mine, mixed, 0) is mine
    added = contrast(mine, likes, 0)
    assert sorted(added.rows.tolist()) == [0, 1, 2, 3, 4]
    assert added.weights[2:].sum() == pytest.approx(2.0)
    assert contrast(_labels([], []), likes, 0).rows.size == 0
    both = _labels([2, 3], [1.0, 0.0])
    assert contrast(both, likes, 0) is both


def test_folding_starts_at_the_mean_and_ends_at_the_labels() -> None:
    rng = np.random.default_rng(0)
    crowd = Crowd.of(rng.normal([1.0, -2.0, 0.5], [1.0, 0.5, 2.0], (4_000, 3)))
    nobody = crowd.fold(np.zeros((0, 3)), np.zeros(0), np.zeros(0), 0.1)
    np.testing.assert_allclose(nobody, [1.0, -2.0, 0.5], atol=0.1)
    design, person = rng.normal(size=(200, 3)), np.array([2.0, 0.0, -3.0])
    told = crowd.fold(design, design @ person, np.ones(200), 0.01)
    np.testing.assert_allclose(told, person, atol=0.01)
    unheard = crowd.fold(design, design @ person, np.zeros(200), 0.01)
    np.testing.assert_allclose(unheard, nobody)


def test_a_crowd_of_one_says_nothing() -> None:
    crowd = Crowd.of(np.ones((1, 4)))
    np.testing.assert_array_equal(crowd.mean, np.zeros(4))
    np.testing.assert_array_equal(crowd.precision, np.eye(4))


def test_training_happens_once_per_catalogue() -> None:
    features = np.zeros((5, 2), np.float32)

    class Counting(Popularity):
        trained = 0

        def _train(self, features: np.ndarray) -> None:
            self.trained += 1
            super()._train(features)

    model = Counting(_ratings([0, 1], [0, 1], [1.0, 0.0]))
    for targets in ([1.0], [0.0]):
        model.fit(features, _labels([2], targets))
    assert model.trained == 1
    model.fit(features.copy(), _labels([2], [1.0]))
    assert model.trained == 2
    model.train(np.ones((5, 2), np.float32))
    with pytest.raises(ValueError, match="not fitted"):
        model.predict(features)


def test_another_catalogue_is_refused() -> None:
    model = Popularity(_ratings([0, 1], [0, 1], [1.0, 0.0]))
    with pytest.raises(ValueError, match="ratings of 5 items, a catalogue of 4"):
        model.fit(np.zeros((4, 2), np.float32), _labels([], []))
    model.fit(np.zeros((5, 2), np.float32), _labels([], []))
    with pytest.raises(ValueError, match="which rows"):
        model.predict(np.zeros((2, 2), np.float32))
