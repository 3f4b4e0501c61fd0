"""Stars of other players."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.library import tag_ratings


@pytest.mark.parametrize(
    ("byte", "writer", "stars"),
    [
        (0, "Windows Media Player 9 Series", None),
        (1, "Windows Media Player 9 Series", 1.0),
        (64, "Windows Media Player 9 Series", 2.0),
        (128, "Windows Media Player 9 Series", 3.0),
        (196, "Windows Media Player 9 Series", 4.0),
        (255, "Windows Media Player 9 Series", 5.0),
        (200, "somebody", 4.0),
        (13, "no@email", 0.5),
        (54, "no@email", 1.5),
        (242, "no@email", 4.5),
        (51, "users@musicbrainz.org", 1.0),
        (153, "users@musicbrainz.org", 3.0),
        (204, "quodlibet@lists.sacredchao.net", 4.0),
        (255, "Banshee", 5.0),
        (300, "x", None),
        (-1, "x", None),
    ],
)
def test_popularimeter(byte: int, writer: str, stars: float | None) -> None:
    assert tag_ratings.from_popm(byte, writer) == stars


@pytest.mark.parametrize(
    ("text", "stars"),
    [("0.9", 4.5), ("1", 5.0), ("0", None), ("0,5", 2.5), ("nan", None), ("2", None), ("many", None)],
)
def test_fmps(text: str, stars: float | None) -> None:
    assert tag_ratings.from_fmps(text) == stars


@pytest.mark.parametrize(
    ("text", "stars"),
    [("1", 1.0), ("5", 5.0), ("3.5", 3.5), ("80", 4.0), ("100", 5.0), ("0.6", 3.0), ("0", None), ("101", None)],
)
def test_bare_rating(text: str, stars: float | None) -> None:
    assert tag_ratings.from_words(text) == stars


def test_the_other_scales() -> None:
    assert [tag_ratings.from_asf(value) for value in (0, 1, 25, 50, 75, 99)] == [None, 1.0, 2.0, 3.0, 4.0, 5.0]
    assert [tag_ratings.from_hundred(value) for value in (0, 20, 90, 100, 200)] == [None, 1.0, 4.5, 5.0, None]


@given(st.one_of(st.floats(), st.integers(-1000, 1000).map(float)))
def test_stars_are_halves_or_nothing(value: float) -> None:
    for stars in (
        tag_ratings.in_halves(value),
        tag_ratings.from_words(repr(value)),
        tag_ratings.from_fmps(repr(value)),
        tag_ratings.from_asf(value),
        tag_ratings.from_hundred(value),
    ):
        assert stars is None or (math.isfinite(stars) and 0.5 <= stars <= 5 and stars * 2 == int(stars * 2))
