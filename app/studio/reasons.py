"""Why a Pick was picked, in codes and names. Pure; called by the recommender and the search for what is similar.

A Reason names what carries the score: the liked Items whose contribution is largest (which are often, but not
always, the nearest ones), and what the Pick shares with them in the tags.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from app.protocol import Reason, ReasonKind, Trait
from app.store.facts import ItemFacts
from models.taste_explain import Explanation
from models.types import F32

ENOUGH = 0.15
"""A liked Item is named when it gives at least this share of all that speaks for the Pick."""


def strongest_likes(
    explanation: Explanation, items: Sequence[int], targets: Sequence[float], *, but: int = 0
) -> tuple[int, ...]:
    """Up to two Items the user likes that speak most for the Pick; `items` and `targets` by label.

    `but` is the Item itself: that it speaks for itself is no reason.
    """
    positive = [part for part in explanation.parts if part.amount > 0]
    whole = sum(part.amount for part in positive)
    liked = [part for part in positive if targets[part.label] > 0.6 and items[part.label] != but]
    strong = [part for part in liked if part.amount >= ENOUGH * whole] or liked[:1]
    return tuple(int(items[part.label]) for part in strong[:2])


def said_outright(targets: Sequence[float] | F32) -> Reason | None:
    """What stands for an Item that the user rated: his own word. None where he said nothing clear."""
    if len(targets) and targets[0] >= 0.75:
        return Reason(ReasonKind.LIKED)
    if len(targets) and targets[0] <= 0.25:
        return Reason(ReasonKind.DISLIKED)
    return None


def because_of(
    likes: Sequence[int], pick: ItemFacts, facts: Mapping[int, ItemFacts], explanation: Explanation
) -> Reason:
    """The Reason from what `strongest_likes` found; without any, what else can be said."""
    known = [facts[item] for item in likes if item in facts]
    if known:
        trait, shared = shared_trait(pick, known)
        return Reason(ReasonKind.BECAUSE, tuple(fact.title for fact in known), trait, shared)
    if likes:
        return Reason(ReasonKind.ABSENT)
    # Without a like, what raises a score is distance from dislikes.
    unlike = any(part.amount > 0 for part in explanation.parts)
    return Reason(ReasonKind.UNLIKE if unlike else ReasonKind.UNKNOWN)


def shared_trait(pick: ItemFacts, others: Sequence[ItemFacts]) -> tuple[Trait, str]:
    """What the tags have in common, and its name: the artist or else a genre."""
    if pick.artist and any(pick.artist == other.artist for other in others):
        return Trait.ARTIST, pick.artist
    genres = {genre.strip().casefold(): genre.strip() for genre in pick.genre.split(";") if genre.strip()}
    for other in others:
        for genre in other.genre.split(";"):
            if genre.strip().casefold() in genres:
                return Trait.GENRE, genres[genre.strip().casefold()]
    return Trait.NONE, ""
