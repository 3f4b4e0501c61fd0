"""Ranks, standings, the page's places and the strangers' budget."""

from __future__ import annotations

import pytest

from app.trust import Budget, Rank, Standing, rank, reliability, standing, stranger_places

LARGEST = 1 << 30


def test_the_followed_come_before_their_friends_and_those_before_strangers() -> None:
    assert rank(True, 0) > rank(False, 1) > rank(False, 0)
    assert rank(True, 9) is Rank.FOLLOWED


@pytest.mark.parametrize(
    ("kept", "broken", "forked", "expected"),
    [
        (0, 0, False, Standing.UNKNOWN),
        (1, 0, False, Standing.GOOD),
        (0, 1, False, Standing.DOUBTFUL),
        (50, 3, False, Standing.DOUBTFUL),
        (0, 3, False, Standing.BAD),
        (5, 4, False, Standing.BAD),
        (100, 0, True, Standing.BAD),
    ],
)
def test_broken_promises_lower_the_standing(kept: int, broken: int, forked: bool, expected: Standing) -> None:
    assert standing(kept, broken, forked) is expected


def test_every_broken_promise_costs_and_every_kept_one_gains() -> None:
    assert reliability(0, 0) == 1.0
    assert reliability(5, 2) < reliability(5, 1) < reliability(6, 1) < 1.0


def test_strangers_have_a_third_of_a_page_and_never_none() -> None:
    assert [stranger_places(page) for page in (60, 10, 2)] == [20, 3, 1]


def test_the_followed_are_not_counted() -> None:
    assert Budget(0, 0).room(Rank.FOLLOWED, 1 << 40, 1 << 40, LARGEST) == LARGEST


def test_one_stranger_cannot_use_up_the_day_and_all_together_not_more_than_it() -> None:
    budget = Budget(50_000_000, 20)
    assert budget.room(Rank.STRANGER, 0, 0, LARGEST) == 20_000_000
    assert budget.room(Rank.STRANGER, 15_000_000, 15_000_000, LARGEST) == 5_000_000
    assert budget.room(Rank.STRANGER, 45_000_000, 0, LARGEST) == 5_000_000
    assert budget.room(Rank.STRANGER, 60_000_000, 0, LARGEST) == 0
    assert budget.room(Rank.STRANGER, 0, 0, 1000) == 1000
    assert budget.room(Rank.FRIEND_OF_FRIEND, 0, 30_000_000, LARGEST) == 50_000_000
