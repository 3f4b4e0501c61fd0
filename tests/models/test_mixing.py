"""Standing out of a crowd, and mixing rankings by their places."""

from __future__ import annotations

import numpy as np
import pytest

from models.mixing import FEW, K, Listed, beyond_chance, deviations, highest, mix, standing_out
from models.types import F32, I64


def ids(*numbers: int) -> I64:
    return np.array(numbers, np.int64)


def noise(count: int, seed: int = 0) -> F32:
    return np.random.default_rng(seed).normal(0.2, 0.05, count).astype(np.float32)


def test_deviations_are_of_the_crowd_not_of_what_fits() -> None:
    crowd = noise(4000)
    plain = deviations(crowd)
    assert abs(float(np.median(plain))) < 1e-6
    assert np.std(plain) == pytest.approx(1.0, abs=0.05)
    with_fitting = np.concatenate([crowd, np.full(400, 0.9, np.float32)])
    assert np.std(deviations(with_fitting)[:4000]) == pytest.approx(1.0, abs=0.15)


@pytest.mark.parametrize("scores", [[], [0.5], [0.5] * 30])
def test_nothing_and_sameness_have_no_deviations(scores: list[float]) -> None:
    assert not deviations(np.array(scores, np.float32)).any()


def test_what_is_far_above_the_crowd_stands_out_best_first() -> None:
    scores = noise(500)
    scores[[7, 300, 41]] = [0.8, 0.7, 0.75]
    places, merits = standing_out(scores, 50)
    assert places.tolist()[:3] == [7, 41, 300]
    assert len(places) < 12
    assert (np.diff(merits) <= 0).all()


def test_a_crowd_alone_rarely_gives_anything() -> None:
    given = [len(standing_out(noise(300, seed), 50)[0]) for seed in range(200)]
    assert sum(count > 0 for count in given) < 200 * 0.65
    assert np.mean(given) < 4.0


def test_where_a_fourth_of_all_fits_it_is_found() -> None:
    scores = noise(1000)
    scores[:250] += 0.25
    places, _ = standing_out(scores, 1000)
    assert np.isin(places, np.arange(250)).mean() > 0.5
    assert len(np.intersect1d(places, np.arange(250))) > 225


def test_only_what_is_asked_for_is_taken_but_all_are_the_crowd() -> None:
    scores = noise(500)
    scores[[7, 300]] = 0.8
    among = np.zeros(500, bool)
    among[[300, 301, 302]] = True
    places = standing_out(scores, 50, among)[0].tolist()
    assert places[0] == 300
    assert set(places) <= {300, 301, 302}
    assert standing_out(scores, 50, np.zeros(500, bool))[0].tolist() == []
    assert standing_out(scores, 0)[0].tolist() == []


def test_of_few_what_is_above_them_is_taken_and_always_the_best() -> None:
    assert standing_out(np.array([0.1, 0.4, 0.3, 0.1, 0.12], np.float32), 9)[0].tolist() == [1, 2]
    assert standing_out(np.array([0.2], np.float32), 9)[0].tolist() == [0]
    assert all(len(standing_out(noise(FEW - 1, seed), 50)[0]) for seed in range(50))
    among = np.arange(5) == 3
    assert standing_out(np.array([0.1, 0.9, 0.1, 0.1, 0.12], np.float32), 9, among)[0].tolist() == []


def test_the_highest_are_those_a_sort_would_give() -> None:
    scores = np.random.default_rng(3).integers(0, 40, 500).astype(np.float32)
    among = np.arange(0, 500, 3)
    for most in (1, 10, 100, 1000):
        expected = sorted(among.tolist(), key=lambda at: (-scores[at], at))[:most]
        assert highest(scores, among, most).tolist() == expected


def test_what_several_rankings_have_comes_first() -> None:
    found = mix([Listed(ids(1, 2, 3), "a"), Listed(ids(4, 3, 5), "b")], 10)
    assert found.ids.tolist() == [3, 1, 4, 2, 5]
    assert found.scores[0] == pytest.approx(1 / (K + 3) + 1 / (K + 2))
    assert found.places[:, 0].tolist() == [2, 1]
    assert found.places[:, 1].tolist() == [0, -1]


def test_of_one_voice_the_better_place_counts() -> None:
    found = mix([Listed(ids(1, 2), "a"), Listed(ids(3, 1), "a"), Listed(ids(2), "b")], 10)
    assert found.ids.tolist() == [2, 1, 3]
    assert dict(zip(found.ids.tolist(), found.scores.tolist(), strict=True))[1] == pytest.approx(1 / (K + 1))


def test_a_weight_moves_a_whole_ranking() -> None:
    exact, meant = ids(*range(100)), ids(*range(1000, 1100))
    found = mix([Listed(exact, "a", 1.5), Listed(meant, "b")], 200).ids.tolist()
    assert found[:30] == list(range(30))
    assert 25 < found.index(1000) < 35


def test_equals_are_decided_by_how_far_they_stand_out_then_by_the_list() -> None:
    weak, strong = np.array([1.0, 1.0], np.float32), np.array([9.0, 0.5], np.float32)
    lists = [Listed(ids(1, 2), "a", merits=weak), Listed(ids(3, 4), "b", merits=strong)]
    assert mix(lists, 10).ids.tolist() == [3, 1, 2, 4]
    assert mix([Listed(ids(9), "a"), Listed(ids(3), "b")], 10).ids.tolist() == [9, 3]


def test_nothing_mixed_is_nothing() -> None:
    assert mix([], 10).ids.tolist() == []
    assert mix([Listed(ids(), "a")], 10).ids.tolist() == []
    assert len(mix([Listed(ids(*range(50)), "a")], 7).ids) == 7


def test_what_chance_would_give_as_well_is_not_beyond_it() -> None:
    assert beyond_chance(np.array([5.0, 4.5, 1.0, 0.2], np.float32), 1000) == 2
    assert beyond_chance(np.array([2.0, 1.0], np.float32), 50) == 0
    assert beyond_chance(np.array([], np.float32), 50) == 0
