"""Why a Pick was picked, in one sentence."""

from __future__ import annotations

from app.protocol import Reason, ReasonKind, Trait
from app.store.facts import ItemFacts
from app.studio.reasons import because_of, said_outright, shared_trait, strongest_likes
from models.taste_explain import Explanation, Part


def fact(number: int, title: str, artist: str = "", genre: str = "") -> ItemFacts:
    return ItemFacts(number, title, artist, "", genre, "track", 60.0)


def explanation(*amounts: float) -> Explanation:
    parts = tuple(sorted((Part(at, amount, 0.5) for at, amount in enumerate(amounts)), key=lambda p: -abs(p.amount)))
    return Explanation(sum(amounts), parts, 0.0, (), 0.0)


def test_the_likes_that_carry_the_score_are_named() -> None:
    assert strongest_likes(explanation(0.1, 2.0, 1.0), [7, 8, 9], [1, 1, 1]) == (8, 9)
    assert strongest_likes(explanation(0.1, 2.0), [7, 8], [1, 1]) == (8,)


def test_a_dislike_that_speaks_for_a_pick_is_no_like() -> None:
    assert strongest_likes(explanation(2.0, 0.1), [7, 8], [0, 1]) == (8,)
    assert strongest_likes(explanation(2.0), [7], [0]) == ()


def test_an_item_is_no_reason_for_itself() -> None:
    assert strongest_likes(explanation(2.0, 1.0), [7, 8], [1, 1], but=7) == (8,)


def test_what_is_named_and_what_is_shared() -> None:
    facts = {1: fact(1, "Rain", "Koss", "Folk"), 2: fact(2, "Ferry", "Arden", "Jazz; Lo-Fi")}
    found, because = explanation(1.0), ReasonKind.BECAUSE
    assert because_of([1, 2], fact(3, "Lamp"), facts, found) == Reason(because, ("Rain", "Ferry"))
    by_koss = Reason(because, ("Rain",), Trait.ARTIST, "Koss")
    assert because_of([1], fact(3, "Lamp", "Koss"), facts, found) == by_koss
    slow = Reason(because, ("Ferry",), Trait.GENRE, "lo-fi")
    assert because_of([2], fact(3, "Lamp", "Else", "lo-fi"), facts, found) == slow
    assert shared_trait(fact(3, "Lamp"), [facts[1]]) == (Trait.NONE, "")


def test_without_a_like_to_name() -> None:
    assert because_of([9], fact(3, "Lamp"), {}, explanation(1.0)) == Reason(ReasonKind.ABSENT)
    assert because_of([], fact(3, "Lamp"), {}, explanation(1.0)) == Reason(ReasonKind.UNLIKE)
    assert because_of([], fact(3, "Lamp"), {}, explanation(-1.0)) == Reason(ReasonKind.UNKNOWN)


def test_the_user_s_own_word_stands_first() -> None:
    assert said_outright([1.0]) == Reason(ReasonKind.LIKED)
    assert said_outright([0.0]) == Reason(ReasonKind.DISLIKED)
    assert said_outright([0.5]) is None
    assert said_outright([]) is None
