"""Messages tell no more than they say: limits, noise rates, memoised coins, labels spent once."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest

from models.evidence import (
    FEWEST,
    MOST_VOTES,
    WIDTH,
    Level,
    Message,
    Projection,
    Spent,
    TasteMessage,
    VoteMessage,
    check,
    taste_message,
    vote_message,
)
from models.privacy import flip_chance, gaussian_sigma
from models.types import F32

SECRET = bytes(range(32))
PROJECTION = Projection.drawn("space-v1-00000000", 64)


def item(number: int) -> bytes:
    return hashlib.sha256(str(number).encode()).digest()


def rows_of(count: int, seed: int = 0) -> F32:
    vectors = np.random.default_rng(seed).normal(size=(count, 64)).astype(np.float32)
    return PROJECTION.project(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.zeros(64, np.float32))


def taste(count: int = 30, seq: int = 0, seed: int = 0, **options: float) -> TasteMessage:
    likes = np.arange(count) % 3 != 0
    return taste_message(rows_of(count, seed), likes, PROJECTION, secret=SECRET, seq=seq, day=1, **options)


def votes(count: int = 30, seq: int = 0) -> VoteMessage:
    labels = {item(number): number % 2 == 0 for number in range(count)}
    return vote_message(labels, labels, secret=SECRET, seq=seq, day=1)


def test_a_drawn_projection_is_the_same_everywhere_and_keeps_lengths() -> None:
    again = Projection.drawn("space-v1-00000000", 64)
    assert again.name == PROJECTION.name == "space-v1-00000000/" + PROJECTION.name.split("/")[1]
    np.testing.assert_array_equal(again.directions, PROJECTION.directions)
    # Known answer: the projection is part of the protocol and may not drift between versions.
    assert PROJECTION.name.endswith("/8c9d12f78ed49925")
    assert Projection.drawn("other-v1-00000000", 64).name != PROJECTION.name
    vectors = np.random.default_rng(0).normal(size=(500, 64))
    kept = np.linalg.norm(vectors @ PROJECTION.directions, axis=1) / np.linalg.norm(vectors, axis=1)
    assert kept.mean() == pytest.approx(1.0, abs=0.1)


def test_a_fitted_projection_finds_the_main_directions() -> None:
    rng = np.random.default_rng(0)
    vectors = (rng.normal(size=(300, 8)) @ rng.normal(size=(8, 64))).astype(np.float32)
    fitted = Projection.fitted("space", vectors)
    assert fitted.directions.shape == (64, WIDTH)
    centred = vectors - vectors.mean(0)
    assert np.linalg.norm(centred @ fitted.directions, axis=1).mean() == pytest.approx(1.0, abs=1e-3)
    few = Projection.fitted("space", vectors[:, :5])
    assert few.directions.shape == (5, WIDTH)
    assert not few.directions[:, 5:].any()


def test_projected_rows_are_bounded_and_nothing_stays_nothing() -> None:
    vectors = np.random.default_rng(0).normal(size=(40, 64)).astype(np.float32) * 100
    vectors[3] = 0
    rows = PROJECTION.project(vectors, vectors.mean(0))
    assert np.linalg.norm(rows, axis=1).max() <= 1 + 1e-6
    assert not rows[3].any()
    with pytest.raises(ValueError, match="projection"):
        PROJECTION.project(vectors[:, :10], np.zeros(10, np.float32))


def test_a_taste_message_is_memoised_whatever_the_order() -> None:
    rows, likes = rows_of(25), np.arange(25) % 2 == 0
    order = np.random.default_rng(1).permutation(25)
    one = taste_message(rows, likes, PROJECTION, secret=SECRET, seq=3, day=9)
    assert one == taste_message(rows[order], likes[order], PROJECTION, secret=SECRET, seq=3, day=9)
    assert one.vector == taste_message(rows, likes, PROJECTION, secret=SECRET, seq=4, day=9).vector
    assert one.vector != taste_message(rows, ~likes, PROJECTION, secret=SECRET, seq=3, day=9).vector
    assert one.vector != taste_message(rows, likes, PROJECTION, secret=bytes(32), seq=3, day=9).vector
    check(one)


def test_taste_noise_has_the_calibrated_spread() -> None:
    residuals = []
    for seed in range(60):
        rows = rows_of(20, seed)
        likes = np.arange(20) % 2 == 0
        told = taste_message(rows, likes, PROJECTION, secret=SECRET, seq=0, day=0)
        residuals.append(np.array(told.vector) - np.where(likes[:, None], rows, -rows).mean(0))
    noise = np.concatenate(residuals)
    sigma = gaussian_sigma(4.0, 1e-5, 2.0 / 20)
    assert noise.std() == pytest.approx(sigma, rel=0.06)
    assert abs(noise.mean()) < 4 * sigma / np.sqrt(len(noise))


def test_an_absurd_epsilon_still_gives_a_message() -> None:
    check(taste(epsilon=1e-6))


@pytest.mark.parametrize("count", [0, FEWEST - 1])
def test_too_few_labels_are_never_told(count: int) -> None:
    with pytest.raises(ValueError, match="at least 20"):
        taste(count)
    with pytest.raises(ValueError, match="votes"):
        votes(count)


def test_what_breaks_the_noise_is_refused() -> None:
    rows, likes = rows_of(20), np.ones(20, bool)
    for bad in (rows * 9, rows * np.nan):
        with pytest.raises(ValueError, match="longer than 1"):
            taste_message(bad.astype(np.float32), likes, PROJECTION, secret=SECRET, seq=0, day=0)
    with pytest.raises(ValueError, match="not published"):
        vote_message({item(n): True for n in range(20)}, {item(0)}, secret=SECRET, seq=0, day=0)


def test_votes_are_turned_at_the_promised_rate_and_memoised() -> None:
    turned = total = 0
    for block in range(8):
        labels = {item(number): number % 3 == 0 for number in range(block * 500, block * 500 + 500)}
        told = vote_message(labels, labels, secret=SECRET, seq=block, day=0)
        assert told == vote_message(labels, labels, secret=SECRET, seq=block, day=0)
        turned += sum(not labels[one] for one in told.up) + sum(labels[one] for one in told.down)
        total += len(labels)
    assert binomtest(turned, total, flip_chance(2.0)).pvalue > 1e-3


def test_the_two_signs_of_an_item_have_coins_of_their_own() -> None:
    # With one coin for both, a changed mind would be told without any noise.
    likes = dict.fromkeys((item(number) for number in range(500)), True)
    dislikes = dict.fromkeys(likes, False)
    first = vote_message(likes, likes, secret=SECRET, seq=0, day=0)
    second = vote_message(dislikes, likes, secret=SECRET, seq=1, day=0)
    same = len(set(first.up) & set(second.up)) + len(set(first.down) & set(second.down))
    chance = flip_chance(2.0)
    assert binomtest(same, 500, 2 * chance * (1 - chance)).pvalue > 1e-3


def test_a_vote_does_not_depend_on_what_else_is_told() -> None:
    labels = {item(number): number % 2 == 0 for number in range(60)}
    some = {one: labels[one] for one in list(labels)[:25]}
    every = vote_message(labels, labels, secret=SECRET, seq=0, day=0)
    part = vote_message(some, labels, secret=SECRET, seq=0, day=0)
    assert set(part.up) == set(every.up) & set(some)


LABELS = st.dictionaries(st.integers(0, 30).map(item), st.booleans(), max_size=20)


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(LABELS, st.sampled_from(Level)), max_size=6))
def test_a_label_is_spent_once_at_one_level(rounds: list[tuple[dict[bytes, bool], Level]]) -> None:
    spent = Spent()
    told: list[tuple[bytes, bool, Level]] = []
    for labels, level in rounds:
        open_ = spent.open(labels, level)
        assert list(open_) == sorted(open_)
        spent = spent.spend(open_, level)
        told += [(one, liked, level) for one, liked in open_.items()]
        for one in open_:
            assert one not in spent.open({one: labels[one]}, level)
    for one in {entry[0] for entry in told}:
        here = [entry for entry in told if entry[0] == one]
        assert len({entry[2] for entry in here}) == 1
        assert Level.NOTHING not in {entry[2] for entry in here}
        if here[0][2] is Level.TASTE:
            assert len(here) == 1
        assert all(before[1] != after[1] for before, after in pairwise(here))


def test_spending_twice_is_refused() -> None:
    labels = {item(1): True}
    spent = Spent().spend(labels, Level.TASTE)
    with pytest.raises(ValueError, match="twice"):
        spent.spend(labels, Level.VOTES)


BAD: list[tuple[Message, str]] = [
    (replace(taste(), labels=FEWEST - 1), "labels"),
    (replace(taste(), labels=10**9), "labels"),
    (replace(taste(), vector=(0.0,) * 31), "vector"),
    (replace(taste(), vector=(float("nan"),) * WIDTH), "vector"),
    (replace(taste(), vector=(float("inf"),) * WIDTH), "vector"),
    (replace(taste(), seq=-1), "range"),
    (replace(taste(), day=2**60), "range"),
    (replace(taste(), epsilon=0.0), "epsilon"),
    (replace(votes(), epsilon=float("nan")), "epsilon"),
    (replace(votes(), up=(), down=()), "0 votes"),
    (replace(votes(), up=tuple(sorted(item(n) for n in range(MOST_VOTES + 1))), down=()), "votes"),
    (replace(votes(), up=(b"short", *votes().up)), "length"),
    (replace(votes(), up=tuple(sorted((*votes().up, votes().down[0])))), "twice"),
    (replace(votes(), up=votes().up[::-1]), "order"),
]


@pytest.mark.parametrize(("message", "reason"), BAD, ids=range(len(BAD)))
def test_a_message_that_breaks_a_limit_is_refused(message: Message, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        check(message)
