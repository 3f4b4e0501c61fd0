"""Text encoder and the composition of an Item's text."""

from __future__ import annotations

import numpy as np
import pytest

from models.encoders.builtin_text import LONGEST_TEXT, BuiltinTextEncoder
from models.encoders.item_text import item_text


def _cosine(first: str, second: str) -> float:
    one, two = BuiltinTextEncoder().encode([first, second])
    return float(one @ two)


@pytest.mark.parametrize(
    ("first", "second"),
    [("HOLIZNA", "holizna"), ("ﬁrst ①", "first 1"), ("Ｃａｆé", "Cafe\u0301"), ("a  b\tlong", "a b long")],
)
def test_case_forms_and_spaces_do_not_matter(first: str, second: str) -> None:
    assert _cosine(first, second) == pytest.approx(1.0, abs=1e-5)


def test_shared_names_are_near_and_others_are_not() -> None:
    assert _cosine("First Snow HoliznaCC0", "Winter Blues HoliznaCC0") > 0.3
    assert abs(_cosine("First Snow HoliznaCC0", "Chibi Ninja Eric Skiff")) < 0.25


def test_misspellings_stay_near() -> None:
    assert _cosine("Tchaikovsky", "Tschaikowsky") > 0.3


def test_only_the_beginning_of_a_very_long_text_is_read() -> None:
    start = "word " * (LONGEST_TEXT // 5 + 1)
    first, second = BuiltinTextEncoder().encode([start + "alpha " * 10_000, start + "omega " * 10_000])
    assert np.array_equal(first, second)


def test_item_text_repeats_makers_and_genres_and_gives_the_decade() -> None:
    text = item_text("First Snow", "HoliznaCC0", "Winter Lo-Fi", ["lo-fi", "ambient"], 1997)
    assert text == "First Snow HoliznaCC0 HoliznaCC0 Winter Lo-Fi lo-fi lo-fi ambient ambient 1990s"


def test_item_text_leaves_out_what_is_missing() -> None:
    assert item_text("", "", "", [], None) == ""
    assert item_text(" Only \n title ", "", " ", ["", " "], None) == "Only title"


@pytest.mark.parametrize("year", [0, -5, 21, 99999])
def test_item_text_ignores_years_that_are_none(year: int) -> None:
    assert item_text("a", "", "", [], year) == "a"


def test_the_same_artist_is_nearest_through_item_text() -> None:
    items = [
        item_text("Gold Rush", "Kevin MacLeod", "incompetech", [], 2008),
        item_text("Vibe Ace", "Kevin MacLeod", "other things", [], 2014),
        item_text("Gold Fever", "Elm Shadow", "incompetent", [], 2008),
    ]
    vectors = BuiltinTextEncoder().encode(items)
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2]
