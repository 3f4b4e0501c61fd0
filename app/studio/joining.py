"""Which spaces count, for the taste and for the catalogue: the built-in ones always, a learned one when it has encoded
enough.

Pure. An Item that lacks a vector stands at the mean of its space and says nothing
there, so a space that knows only half of a library would set its two halves apart by who was encoded first.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from app.studio.spaces import LearnedSpace, Spaces
from models.types import Modality

JOINS = 0.9
"""Share of what the built-in encoder of the same modality has encoded, from which a learned space counts."""
STAYS = 0.5
"""Share below which one that counted leaves: a large import shall not turn the ranking over and back."""


def joined(spaces: Spaces, counts: Mapping[str, int], before: Collection[str] = ()) -> tuple[str, ...]:
    """The spaces that count, built-in ones first. `counts`: vectors of each space; `before`: the last time's."""
    return (*spaces.built_in, *(one.name for one in spaces.learned if _counts(one, spaces, counts, before)))


def _counts(one: LearnedSpace, spaces: Spaces, counts: Mapping[str, int], before: Collection[str]) -> bool:
    beside = spaces.audio if one.modality is Modality.AUDIO else spaces.image
    here, there = counts.get(one.name, 0), counts.get(beside, 0)
    return here > 0 and here >= (STAYS if one.name in before else JOINS) * there
