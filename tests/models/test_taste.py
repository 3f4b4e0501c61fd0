"""Properties of the taste network: cold starts, determinism, fading, explanations, a listener who changes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from models.features import trust
from models.taste import Labels, Mix, Taste, TasteSettings, fade
from models.types import F32, I64

WIDTH = 24


def _features(n: int, seed: int = 0) -> F32:
    rows = np.random.default_rng(seed).normal(size=(n, WIDTH)).astype(np.float32)
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True))


def _labels(rows: list[int] | I64, targets: list[float] | F32, ages: float | F32 = 0.0) -> Labels:
    n = len(rows)
    return Labels(
        np.asarray(rows, np.int64),
        np.asarray(targets, np.float32),
        np.ones(n, np.float32),
        np.broadcast_to(np.float32(ages), (n,)).astype(np.float32),
    )


def _listener(features: F32, n: int, seed: int, *, shuffled: bool = False) -> Labels:
    """Labels of somebody who likes the half of the items along a hidden direction, with noise."""
    rng = np.random.default_rng(seed)
    rows = rng.choice(len(features), n, replace=False)
    felt = features[rows] @ _direction(seed) + 0.1 * rng.normal(size=n)
    targets = (felt > 0).astype(np.float32)
    return _labels(rows, rng.permutation(targets) if shuffled else targets)


def _direction(seed: int) -> F32:
    direction = np.random.default_rng(1_000 + seed).normal(size=WIDTH)
    return np.asarray(direction / np.linalg.norm(direction), np.float32)


def test_without_labels_all_is_level_and_unsure() -> None:
    features = _features(50)
    scores = Taste.fit(features, _labels([], [])).score(features)
    assert not scores.discovery.any()
    assert np.unique(scores.rating).size == np.unique(scores.like).size == 1
    np.testing.assert_allclose(scores.deviation, TasteSettings().spread)


def test_an_empty_library_can_be_fitted() -> None:
    none = np.zeros((0, WIDTH), np.float32)
    assert Taste.fit(none, _labels([], [])).score(none).rating.shape == (0,)


def test_one_like_lifts_what_resembles_it_and_one_dislike_sinks_it() -> None:
    features = _features(400)
    likeness = features @ features[7]
    near, far = np.argsort(-likeness)[1:6], np.argsort(likeness)[:5]
    for target, sign in ((1.0, 1), (0.0, -1)):
        scores = Taste.fit(features, _labels([7], [target])).score(features)
        assert sign * (scores.discovery[near].min() - scores.discovery[far].max()) > 0
        assert sign * (scores.rating[near].mean() - scores.rating[far].mean()) > 0
        assert scores.deviation[7] == scores.deviation.min()


@pytest.mark.parametrize("targets", [[1.0] * 6, [0.0] * 6, [0.5] * 6, [1, 0], [0.7] * 60, [1] * 70])
def test_odd_label_sets_give_finite_scores(targets: list[float]) -> None:
    features = _features(200)
    taste = Taste.fit(features, _labels(list(range(len(targets))), targets))
    scores = taste.score(features)
    for values in (scores.rating, scores.discovery, scores.deviation, scores.like):
        assert np.isfinite(values).all()
    assert scores.rating.min() >= 0
    assert scores.rating.max() <= 1
    assert ((scores.like > 0) & (scores.like < 1)).all()
    if set(targets) != {0.5}:
        assert scores.discovery.std() > 0.1


def test_somebody_who_only_likes_is_not_promised_to_like_everything() -> None:
    features = _features(500)
    likes = np.argsort(-(features @ features[0]))[:25].astype(np.int64)
    scores = Taste.fit(features, _labels(likes, np.ones(25, np.float32))).score(features)
    assert scores.like[likes].min() > np.quantile(scores.like, 0.8)
    assert np.median(scores.like) < 0.6


def test_items_that_are_alike_or_unknown_do_not_break_the_fit() -> None:
    features = np.repeat(_features(4), 30, axis=0)
    features[100:] = 0
    taste = Taste.fit(features, _labels([0, 1, 2, 40, 41, 110], [1, 1, 1, 0, 0, 1]))
    scores = taste.score(features)
    assert np.isfinite(scores.discovery).all()
    assert scores.discovery[:30].mean() > scores.discovery[30:60].mean()
    np.testing.assert_allclose(scores.deviation[100:], TasteSettings().spread)


@pytest.mark.parametrize("n", [3, 40, 400])
def test_same_seed_same_scores(n: int) -> None:
    features = _features(2_600)
    labels = _listener(features, n, 1)
    first, second = (Taste.fit(features, labels, seed=4).score(features) for _ in range(2))
    np.testing.assert_array_equal(first.discovery, second.discovery)
    np.testing.assert_array_equal(first.like, second.like)


def test_hidden_taste_is_found_and_shuffled_labels_say_nothing() -> None:
    features = _features(800)
    found, chance = [], []
    for seed in range(8):
        liked = features @ _direction(seed) > 0
        for shuffled, areas in ((False, found), (True, chance)):
            labels = _listener(features, 40, seed, shuffled=shuffled)
            rest = np.setdiff1d(np.arange(800), labels.rows)
            scores = Taste.fit(features, labels).score(features[rest])
            areas.append(roc_auc_score(liked[rest], scores.discovery))
    assert np.mean(found) > 0.72
    assert abs(np.mean(chance) - 0.5) < 0.1
    assert np.mean(found) > np.mean(chance) + 0.15


def test_more_labels_find_it_better_and_make_it_surer() -> None:
    features = _features(800)
    areas, doubts = [], []
    for n in (5, 50, 500):
        scores = [Taste.fit(features, _listener(features, n, seed)).score(features) for seed in range(6)]
        liked = [features @ _direction(seed) > 0 for seed in range(6)]
        areas.append(np.mean([roc_auc_score(y, s.discovery) for y, s in zip(liked, scores, strict=True)]))
        doubts.append(np.mean([s.deviation.mean() for s in scores]))
    assert areas[0] < areas[1] < areas[2]
    assert doubts[0] > doubts[1] > doubts[2]


def test_probabilities_are_calibrated_on_many_labels() -> None:
    features = _features(2000)
    gaps = []
    for seed in range(5):
        labels = _listener(features, 200, seed)
        rest = np.setdiff1d(np.arange(2000), labels.rows)
        like = Taste.fit(features, labels).score(features[rest]).like
        gaps.append(abs(like.mean() - (features[rest] @ _direction(seed) > 0).mean()))
    assert np.mean(gaps) < 0.08


def test_old_labels_fade_by_half_each_half_life() -> None:
    labels = Labels(
        np.arange(3), np.ones(3, np.float32), np.full(3, 0.8, np.float32), np.array([0, 50, 100], np.float32)
    )
    np.testing.assert_allclose(fade(labels, 50.0), [0.8, 0.4, 0.2], rtol=1e-6)


def test_ranking_follows_a_listener_who_changes() -> None:
    features = _features(1000)
    gains = []
    for seed in range(6):
        rng = np.random.default_rng(seed)
        before, after = _direction(seed), _direction(seed + 50)
        rows = rng.choice(1000, 120, replace=False)
        ages = np.linspace(1000, 0, 120).astype(np.float32)
        felt = np.where(ages > 400, features[rows] @ before, features[rows] @ after)
        labels = _labels(rows, (felt > 0).astype(np.float32), ages)
        liked_now = features @ after > 0
        fading, stubborn = (
            Taste.fit(features, labels, settings=TasteSettings(half_life=days)).score(features) for days in (120.0, 1e9)
        )
        gains.append(roc_auc_score(liked_now, fading.discovery) - roc_auc_score(liked_now, stubborn.discovery))
    assert np.mean(gains) > 0.05


def test_entirely_faded_labels_leave_a_level_taste() -> None:
    features = _features(40)
    scores = Taste.fit(features, _labels([1, 2], [1, 0], ages=1e6)).score(features)
    assert not scores.discovery.any()


@given(n=st.integers(0, 60), seed=st.integers(0, 30), row=st.integers(0, 299))
@settings(max_examples=40, deadline=None)
def test_explanations_sum_to_the_score(n: int, seed: int, row: int) -> None:
    features = _features(300)
    taste = Taste.fit(features, _listener(features, n, seed))
    split = np.stack([0.3 * features[row], 0.7 * features[row]])
    said = taste.explain(features[row], split)
    score = float(taste.score(features[row : row + 1]).discovery[0])
    assert said.total == pytest.approx(score, abs=1e-4)
    assert sum(part.amount for part in said.parts) + said.remainder == pytest.approx(said.total, abs=1e-9)
    spaces = sum(part.amount for part in said.spaces)
    assert spaces + said.typical + said.remainder == pytest.approx(said.total, abs=1e-9)
    assert said.unattributed <= 0.2
    assert abs(said.remainder) < 1e-3
    amounts = [abs(part.amount) for part in said.parts]
    assert amounts == sorted(amounts, reverse=True)
    assert len({part.label for part in said.parts}) == len(said.parts)


def test_explanations_hold_with_more_labels_than_landmarks() -> None:
    features = _features(900)
    taste = Taste.fit(features, _listener(features, 600, 2))
    for row in range(0, 900, 90):
        said = taste.explain(features[row])
        assert said.unattributed < 0.02
        assert sum(part.amount for part in said.parts) == pytest.approx(said.total, abs=1e-3)


def test_a_label_that_goes_takes_its_part_with_it() -> None:
    """What an explanation lays at a label's door is what the label did, not a story."""
    features = _features(300)
    likes = np.argsort(-(features @ features[0]))[1:9]
    with_it = Taste.fit(features, _labels(likes, [1.0] * 8))
    said = with_it.explain(features[0])
    assert all(part.amount > 0 for part in said.parts[:3])
    nearest = min(said.parts[:3], key=lambda part: part.label)
    assert nearest.likeness > 0.2


def test_labels_that_make_no_sense_are_refused() -> None:
    with pytest.raises(ValueError, match="twice"):
        _labels([1, 1], [0, 1])
    with pytest.raises(ValueError, match="outside"):
        _labels([1], [1.5])
    with pytest.raises(ValueError, match="lengths"):
        Labels(np.arange(2), np.ones(1, np.float32), np.ones(2, np.float32), np.ones(2, np.float32))
    with pytest.raises(ValueError, match="finite"):
        _labels([1], [float("nan")])
    features = _features(10)
    with pytest.raises(ValueError, match="outside the features"):
        Taste.fit(features, _labels([10], [1]))
    with pytest.raises(ValueError, match="features"):
        Taste.fit(features, _labels([1], [1])).score(features[:, :3])


def test_a_branch_switched_off_is_off() -> None:
    features = _features(200)
    only = replace(TasteSettings(), energy=0.0, separation=0.0, mix=Mix(likes=1, ramp=0, regression=0))
    scores = Taste.fit(features, _labels([3, 5], [1, 1]), settings=only).score(features)
    expected = features @ (features[3] + features[5] - 2 * trust(200) ** 2 * features.mean(0))
    assert np.corrcoef(scores.discovery, expected)[0, 1] > 0.99999


def test_a_prior_decides_before_the_labels_and_yields_to_them() -> None:
    features = _features(600)
    prior, own = _direction(50), _direction(51)
    empty = Taste.fit(features, _labels([], []), prior=prior).score(features)
    np.testing.assert_allclose(np.corrcoef(empty.discovery, features @ prior)[0, 1], 1.0, atol=1e-5)
    assert empty.discovery.mean() == pytest.approx(0.0, abs=1e-5)
    assert empty.discovery.std() == pytest.approx(1.0, abs=1e-3)
    closer = []
    for n in (5, 80, 400):
        labels = _listener(features, n, 51)
        with_it, without = (Taste.fit(features, labels, prior=given).score(features) for given in (prior, None))
        # Towards the prior, less and less as labels contradict it.
        closer.append(
            np.corrcoef(with_it.discovery, features @ prior)[0, 1]
            - np.corrcoef(without.discovery, features @ prior)[0, 1]
        )
    assert closer[0] > closer[1] > closer[2] > 0
    assert np.corrcoef(with_it.discovery, features @ own)[0, 1] > 0.8


def test_a_good_prior_helps_few_labels() -> None:
    features = _features(600)
    gains = []
    for person in range(20):
        labels, truth = _listener(features, 5, person), features @ _direction(person) > 0
        hint = 0.3 * _direction(person) + 0.3 * _direction(person + 100)
        gains.append(
            roc_auc_score(truth, Taste.fit(features, labels, prior=hint).score(features).discovery)
            - roc_auc_score(truth, Taste.fit(features, labels).score(features).discovery)
        )
    assert np.mean(gains) > 0.05


def test_no_prior_is_a_prior_of_zeros_and_one_that_does_not_fit_is_refused() -> None:
    features, labels = _features(300), _listener(_features(300), 30, 2)
    plain, zeros = (Taste.fit(features, labels, prior=given) for given in (None, np.zeros(WIDTH, np.float32)))
    np.testing.assert_array_equal(plain.score(features).discovery, zeros.score(features).discovery)
    for wrong in (np.zeros(WIDTH + 1, np.float32), np.full(WIDTH, np.nan, np.float32)):
        with pytest.raises(ValueError, match="prior"):
            Taste.fit(features, labels, prior=wrong)


def _wide(n: int, width: int) -> F32:
    """Rows that mostly vary along a few of many directions, as an encoder's do."""
    rng = np.random.default_rng(9)
    rows = rng.normal(size=(n, width)) * 0.93 ** np.arange(width) @ np.linalg.qr(rng.normal(size=(width, width)))[0]
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def test_wide_features_are_folded_and_little_is_lost() -> None:
    features = _wide(2_500, 160)
    rng = np.random.default_rng(2)
    rows = rng.choice(2_500, 60, replace=False)
    labels = _labels(rows, (features[rows] @ features[5] > np.median(features @ features[5])).astype(np.float32))
    folded = Taste.fit(features, labels)
    whole = Taste.fit(features, labels, settings=replace(TasteSettings(), width=160))
    assert folded.weights.fold.shape == (160, 96)
    assert folded.weights.takes == whole.weights.takes == 160
    assert not len(whole.weights.fold)
    assert np.corrcoef(folded.score(features).discovery, whole.score(features).discovery)[0, 1] > 0.99
    with pytest.raises(ValueError, match="features"):
        folded.score(features[:, :96])
