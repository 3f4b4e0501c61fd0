"""Why something was found, in words."""

from __future__ import annotations

import pytest

from app.search_messages import FoundBy, Hit
from app.ui.found_words import found_words, offer_found_words


@pytest.mark.parametrize(
    ("found_by", "kind", "words"),
    [
        ((FoundBy.WORDS,), "track", "its words"),
        ((FoundBy.NEARLY, FoundBy.SOUND), "track", "similar words, its sound"),
        ((FoundBy.PICTURE,), "track", "its cover"),
        ((FoundBy.PICTURE,), "video", "its picture"),
        ((FoundBy.WORDS, FoundBy.MOMENT), "video", "moment at 1:03:20, its words"),
        ((), "track", ""),
    ],
)
def test_found_words(found_by: tuple[FoundBy, ...], kind: str, words: str) -> None:
    assert found_words(Hit(1, 0.5, found_by, 3800.2), kind) == words


@pytest.mark.parametrize("why", FoundBy)
def test_every_reason_has_words(why: FoundBy) -> None:
    assert found_words(Hit(1, 0.5, (why,), 1.0), "video")


@pytest.mark.parametrize(
    ("found_by", "words"),
    [
        ((), ""),
        ((FoundBy.WORDS,), ""),
        ((FoundBy.WORDS, FoundBy.NEARLY), ""),
        ((FoundBy.NEARLY,), "Nearly your words"),
        ((FoundBy.WORDS, FoundBy.SOUND), "Sounds like your words"),
        ((FoundBy.MOMENT,), "Looks like your words"),
        ((FoundBy.PICTURE, FoundBy.SOUND), "Sounds and looks like your words"),
    ],
)
def test_offers_say_what_is_not_plain_to_see(found_by: tuple[FoundBy, ...], words: str) -> None:
    assert offer_found_words(found_by) == words
