"""The sentences of reasons: every code has one, and every one takes what its Reason brings."""

from __future__ import annotations

import pytest

from app.protocol import NO_REASON, Reason, ReasonKind, Trait
from app.wording import SENTENCES, TRAITS, sentence


@pytest.mark.parametrize("kind", ReasonKind)
def test_every_kind_has_a_sentence(kind: ReasonKind) -> None:
    said = sentence(Reason(kind, ("Rain", "Ferry"), days=70))
    assert bool(said) == (kind is not ReasonKind.NONE)
    assert "{" not in said
    assert ("Rain and Ferry" in said) == ("{names}" in SENTENCES[kind])
    assert ("70" in said) == ("{days}" in SENTENCES[kind])


def test_what_is_shared_is_added() -> None:
    liked = Reason(ReasonKind.BECAUSE, ("Rain",), Trait.ARTIST, "Koss")
    assert sentence(liked) == "Because you liked Rain; also by Koss"
    assert sentence(Reason(ReasonKind.SOUNDS, (), Trait.GENRE, "Lo-Fi")) == "Sounds alike; also Lo-Fi"
    assert set(TRAITS) == set(Trait) - {Trait.NONE}


def test_names_are_said_as_they_are() -> None:
    assert sentence(Reason(ReasonKind.NEAR, ("{days} %s",))) == "Close to {days} %s"
    assert sentence(Reason(ReasonKind.NEAR, ("{0}", "{x}"), Trait.ARTIST, "{y}")) == "Close to {0} and {x}; also by {y}"
    assert sentence(Reason(ReasonKind.NEAR, ("",))) == "Close to an item that is no longer there"


def test_another_language_says_all_of_it() -> None:
    known = {
        "Because you liked {names}": "Weil dir {names} gefällt",
        "{first} and {second}": "{first} und {second}",
        "{sentence}; also {shared}": "{sentence}; auch {shared}",
    }
    reason = Reason(ReasonKind.BECAUSE, ("Rain", "Ferry"), Trait.GENRE, "Jazz")
    assert sentence(reason, known.__getitem__) == "Weil dir Rain und Ferry gefällt; auch Jazz"
    assert sentence(NO_REASON, known.__getitem__) == ""
