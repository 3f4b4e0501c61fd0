"""Nearly the words: slips of letters, missing words, and what is something else."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.spelling import MOST, Spelled, allowed_slips, slips, words_of

WORD = st.text("abcdé", max_size=7)


@pytest.mark.parametrize(
    ("one", "other", "number"),
    [
        ("beatles", "beatles", 0), ("beatels", "beatles", 1), ("betles", "beatles", 1), ("beatless", "beatles", 1),
        ("baetles", "beatles", 1), ("radiohaed", "radiohead", 1), ("ca", "abc", 3), ("kitten", "sitting", 3),
        ("", "abc", 3), ("abc", "", 3),
    ],
)  # fmt: skip
def test_slips_are_counted(one: str, other: str, number: int) -> None:
    assert slips(one, other, 9) == number


@settings(deadline=None)
@given(WORD, WORD, st.integers(0, 3))
def test_a_limit_only_cuts_what_is_above_it(one: str, other: str, most: int) -> None:
    whole = slips(one, other, 20)
    assert slips(one, other, most) == min(whole, most + 1)
    assert slips(other, one, 20) == whole
    assert (whole == 0) == (one == other)


@pytest.mark.parametrize(
    ("typed", "text", "missing"),
    [
        ("beatels", "abbey road the beatles", False),
        ("bjrok joga", "joga bjork homogenic", False),
        ("night piano rain", "night piano sketches", True),
        ("the rollign stones", "paint it black the rolling stones", False),
        ("hilizna", "lofi holiznacc0", False),
        ("tchiakov lake", "swan lake tchaikovsky", False),
    ],
)
def test_nearly_the_words(typed: str, text: str, missing: bool) -> None:
    found = Spelled(words_of(typed)).within(text)
    assert found is not None
    assert found.whole is not missing
    assert 0.6 <= found.share <= 1.0


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ("beatels", "metallica"), ("cat", "dog"), ("no", "go"), ("rain", "re"), ("", "anything"),
        ("people dancing on a beach", "people get ready"), ("beatels", ""), ("caste", "kasterlee"),
    ],
)  # fmt: skip
def test_what_is_something_else(typed: str, text: str) -> None:
    assert Spelled(words_of(typed)).within(text) is None


@settings(deadline=None)
@given(WORD, WORD, st.integers(0, 3))
def test_the_beginning_of_a_word_is_the_likest_of_all_its_beginnings(one: str, other: str, most: int) -> None:
    least = min(slips(one, other[:end], 20) for end in range(len(other) + 1))
    assert slips(one, other, most, beginning=True) == min(least, most + 1)


def test_of_a_pasted_page_the_first_words_count() -> None:
    words = [letter * 5 for letter in "abcdefghijklmnopqrstuvwxyz"]
    page = Spelled(words)
    found = page.within(" ".join(words[:MOST]))
    assert found is not None
    assert found.share == 1.0
    assert page.within(" ".join(words[MOST:])) is None


def test_fewer_slips_are_nearer() -> None:
    typed = Spelled(("metalica",))
    near, far = typed.within("metallica"), typed.within("metallics")
    assert near is not None
    assert far is not None
    assert near.slips == 1 < far.slips


def test_short_words_must_be_right() -> None:
    assert [allowed_slips("x" * length) for length in (1, 2, 3, 7, 8, 20)] == [0, 0, 1, 1, 2, 2]
