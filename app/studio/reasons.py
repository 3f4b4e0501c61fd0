"""Why a Pick was picked, as one short sentence. Pure; called by the recommender and the command line.

The sentence names what carries the score: the liked Items whose contribution is largest (which is often, but not
always, the nearest ones), and what the Pick shares with them in the tags.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

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


def said_outright(targets: Sequence[float] | F32) -> str:
    """What stands for an Item that the user rated: his own word. "" where he said nothing clear."""
    if len(targets) and targets[0] >= 0.75:
        return "You like this"
    if len(targets) and targets[0] <= 0.25:
        return "You do not like this"
    return ""


def because_of(likes: Sequence[int], pick: ItemFacts, facts: Mapping[int, ItemFacts]) -> str:
    """ "Because you liked A and B; both Lo-Fi" - or what can be said without a like."""
    known = [facts[item] for item in likes if item in facts]
    if not known:
        return "It stands out from what you turned down" if likes else "Worth a try: little is known about this yet"
    names = " and ".join(fact.title for fact in known)
    shared = shared_traits(pick, known)
    return f"Because you liked {names}" + (f"; {shared}" if shared else "")


def shared_traits(pick: ItemFacts, likes: Sequence[ItemFacts]) -> str:
    """What the tags have in common: the artist, the album or a genre."""
    if pick.artist and any(pick.artist == like.artist for like in likes):
        return f"also by {pick.artist}"
    genres = {genre.strip().casefold(): genre.strip() for genre in pick.genre.split(";") if genre.strip()}
    for like in likes:
        for genre in like.genre.split(";"):
            if genre.strip().casefold() in genres:
                return f"also {genres[genre.strip().casefold()]}"
    return ""
