"""Arithmetic with meanings, on vectors whose parts are known."""

from __future__ import annotations

import numpy as np

from models.directions import bearing, centred, centred_cosines, held_mean, unit
from models.types import F32

DIMENSION = 64


def axis(at: int) -> F32:
    return np.eye(DIMENSION, dtype=np.float32)[at]


def things(*parts: tuple[int, ...], cone: float = 2.0, noise: float = 0.05, seed: int = 0) -> F32:
    """Things that are made of some axes each, all turned the same way, as the vectors of one space are."""
    rng = np.random.default_rng(seed)
    rows = [np.sum([axis(at) for at in some], axis=0) + cone * axis(63) for some in parts]
    return unit(np.stack(rows) + rng.normal(0, noise, (len(rows), DIMENSION)).astype(np.float32))


def cosines(parts: F32, rows: F32, mean: F32) -> F32:
    reach = np.linalg.norm(rows - mean, axis=1)
    return centred_cosines(parts @ rows.T, parts @ mean, reach)


def test_centred_cosines_are_cosines_of_what_is_centred() -> None:
    rows = things((1,), (2,), (1, 2), (3,))
    mean = held_mean(rows.mean(axis=0), 1000)
    parts = centred(rows[:2], mean)
    np.testing.assert_allclose(cosines(parts, rows, mean), parts @ centred(rows, mean).T, atol=1e-5)


def test_what_all_have_in_common_does_not_make_them_alike() -> None:
    rows = things(*[(at % 8,) for at in range(64)])
    plain = rows @ rows.T
    mean = held_mean(rows.mean(axis=0), len(rows))
    parts = centred(rows, mean)
    assert plain[0, 1] > 0.7
    assert parts[0] @ parts[1] < 0.3
    assert parts[0] @ parts[8] > 0.7


def test_of_few_vectors_the_mean_is_mostly_themselves() -> None:
    mean = axis(0)
    assert held_mean(mean, 1)[0] < 0.2
    assert held_mean(mean, 1000)[0] > 0.98


def test_zeros_stay_zeros() -> None:
    assert not unit(np.zeros((2, 4), np.float32)).any()


def library() -> F32:
    """Things of one part, of two, and many of none that is asked for."""
    return things((1,), (1, 2), (2,), (1, 3), (3,), *[(10 + at % 40,) for at in range(300)])


def bearing_of(plus: list[F32], minus: list[F32], words: list[F32] | None = None) -> F32:
    rows = library()
    mean = held_mean(rows.mean(axis=0), len(rows))

    def likeness(parts: list[F32]) -> F32:
        made = np.stack(parts) if parts else np.zeros((0, DIMENSION), np.float32)
        return cosines(unit(made), rows, mean)

    return bearing(likeness(plus), likeness(words or []), likeness(minus))


def test_nearest_to_one_part_is_what_has_it() -> None:
    score = bearing_of([axis(1)], [])
    assert set(np.argsort(-score)[:3].tolist()) == {0, 1, 3}


def test_nearest_to_two_parts_is_what_has_both_not_what_has_twice_the_one() -> None:
    score = bearing_of([axis(1), axis(2)], [])
    assert int(np.argmax(score)) == 1


def test_what_is_taken_away_sinks_and_its_contrary_does_not_rise() -> None:
    score = bearing_of([axis(1)], [axis(3)])
    assert score[0] > score[3]
    assert score[1] > score[3]
    plain = bearing_of([axis(1)], [])
    assert (score <= plain + 1e-6).all()


def test_taking_away_alone_leaves_nothing_above_the_rest() -> None:
    score = bearing_of([], [axis(1)])
    assert score.max() <= 0
    assert set(np.argsort(score)[:3].tolist()) == {0, 1, 3}


def test_words_count_beside_many_things() -> None:
    things = [axis(1)] * 9
    assert set(np.argsort(-bearing_of(things, [], [axis(2)]))[:3].tolist()) >= {1}
    score = bearing_of(things, [], [axis(2)])
    assert score[1] > score[2] > score[10]
    assert score[2] >= score[0]
