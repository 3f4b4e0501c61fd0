"""What is said of offers in words."""

from __future__ import annotations

import pytest

from app.trust import Rank, Standing
from app.ui.offer_words import format_words, have_words, licence_words, publisher_words, rate_words


@pytest.mark.parametrize(
    ("mime", "words"),
    [
        ("audio/flac", "FLAC"),
        ("audio/x-flac", "FLAC"),
        ("audio/mpeg", "MP3"),
        ("video/x-matroska", "Matroska"),
        ("audio/ogg; codecs=opus", "OGG"),
        ("video/webm", "WEBM"),
        ("", ""),
    ],
)
def test_formats(mime: str, words: str) -> None:
    assert format_words(mime) == words


@pytest.mark.parametrize(
    ("licence", "words"),
    [
        ("http://creativecommons.org/licenses/by/4.0/", "CC BY 4.0"),
        ("2019 Anna. https://creativecommons.org/licenses/by-nc-sa/3.0/de/", "CC BY-NC-SA 3.0"),
        ("https://creativecommons.org/publicdomain/zero/1.0/", "CC0 1.0"),
        ("https://creativecommons.org/publicdomain/mark/1.0/", "public domain"),
        ("CC BY-SA 3.0", "CC BY-SA 3.0"),
        ("cc-by 4.0", "CC BY 4.0"),
        ("CC0", "CC0"),
        ("Ask\nthe   label", "Ask the label"),
        ("x" * 60, "x" * 39 + "…"),
        ("", ""),
    ],
)
def test_licences(licence: str, words: str) -> None:
    assert licence_words(licence) == words


@pytest.mark.parametrize(
    ("seeds", "others", "age", "words"),
    [
        (-1, -1, 0, "not counted yet who has it"),
        (0, 0, 600, "nobody there has it, counted 10 min ago"),
        (0, 2, 600, "nobody has all of it, 2 have parts, counted 10 min ago"),
        (1, 1, 5, "1 has it, counted just now"),
        (12, 40, 86_400 * 3, "12 have it, counted 3 days ago"),
    ],
)
def test_who_has_it_and_when_that_was_counted(seeds: int, others: int, age: int, words: str) -> None:
    now = 1_800_000_000.0
    assert have_words(seeds, others, now - age if seeds >= 0 else 0.0, now) == words


def test_publishers() -> None:
    assert publisher_words("Anna", Rank.FOLLOWED, Standing.GOOD) == "from Anna, whom you follow (kept its word so far)"
    assert publisher_words("Bea", Rank.FRIEND_OF_FRIEND, Standing.UNKNOWN) == "from Bea, known to those you follow"
    assert publisher_words("", Rank.STRANGER, Standing.BAD) == (
        "from somebody without a name, a stranger (has broken its word)"
    )


def test_rates() -> None:
    assert rate_words(1_200_000) == "1.2 MB/s"
    assert rate_words(0.2) == ""
