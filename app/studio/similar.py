"""What sounds or looks like one Item, and what is there twice: by vectors alone, taste left out.

Called by the studio's taste thread. A track is compared by its sound, a video by its pictures; where an Item has
neither vector, by its words. Learned encoders have their say beside the built-in one, as soon as they have encoded
enough to count (`joining.py`).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from app.protocol import DuplicatePair, Pick, PickedShelf, Reason, ReasonKind, Shelf, Trait
from app.store.database import Database
from app.store.facts import Facts, ItemFacts
from app.store.items import Items
from app.store.vectors import Vectors
from app.studio.reasons import shared_trait
from app.studio.spaces import Spaces
from models.ids import ItemId
from models.types import F32, I64, Modality

TWICE = 0.985
"""Cosine of two encodings of one recording; different recordings of an album stay well below."""
SAME_LENGTH = 1.5
"""Seconds that two encodings of one recording may differ in length."""
MANY = 2_000
"""Pairs told at most."""
DEEP = 4
"""Times as many as are asked for are looked at in each space: what is behind them in one is taken for the last."""


@dataclass(frozen=True, slots=True, eq=False)
class Near:
    """What is nearest in one space, nearest first: `ids (n,)` and `cosines (n,)`; `known` are all ids of the space."""

    ids: I64
    cosines: F32
    known: I64


def find_similar(
    vectors: Vectors,
    spaces: Spaces,
    facts: dict[int, ItemFacts],
    item: int,
    count: int,
    counting: Collection[str] = (),
) -> PickedShelf:
    """The nearest present Items, nearest first, with their cosine as score, on the built-in encoder's scale.

    `counting`: the learned spaces that count besides the built-in one of the same modality.
    """
    about = facts.get(item)
    sounds, looks = (
        [space for space in spaces.of(modality) if space in spaces.built_in or space in counting]
        for modality in (Modality.AUDIO, Modality.IMAGE)
    )
    ways = [(sounds, ReasonKind.SOUNDS), ([spaces.text], ReasonKind.READS)]
    if about is not None and about.kind == "video":
        ways.insert(0, (looks, ReasonKind.LOOKS))
    for names, kind in ways:
        near = [one for name in names if (one := _near(vectors, name, item, DEEP * count + 16)) is not None]
        if near:
            ids, likeness = together(near)
            picks = [
                Pick(int(other), float(max(0.0, cosine)), 0.0, _reason(about, facts[int(other)], kind))
                for other, cosine in zip(ids, likeness, strict=True)
                if int(other) in facts
            ]
            return PickedShelf(Shelf.SIMILAR, tuple(picks[:count]), item)
    return PickedShelf(Shelf.SIMILAR, (), item)


def together(spaces: Sequence[Near]) -> tuple[I64, F32]:
    """Several spaces' opinions of what is nearest as one: ids and likeness, nearest first.

    Each encoder's cosines have a scale of their own; what is n-th nearest to one counts as much as what is n-th nearest
    to the first, whose cosine it is given. An Item's likeness is the mean over the spaces that know it.
    """
    near = [one for one in spaces if len(one.ids)]
    if not near:
        return np.zeros(0, np.int64), np.zeros(0, np.float32)
    scale = near[0].cosines
    ids = np.unique(np.concatenate([one.ids for one in near]))
    total, voices = np.zeros(len(ids)), np.zeros(len(ids))
    for one in near:
        given = scale[np.minimum(np.arange(len(one.ids)), len(scale) - 1)]
        likeness = np.where(np.isin(ids, one.known), given[-1], 0.0)
        likeness[np.searchsorted(ids, one.ids)] = given
        total += likeness
        voices += np.isin(ids, one.known)
    likeness = (total / np.maximum(voices, 1)).astype(np.float32)
    order = np.lexsort((ids, -likeness))
    return ids[order], likeness[order]


def _near(vectors: Vectors, space: str, item: int, count: int) -> Near | None:
    """None where the space does not know the Item."""
    vector = vectors.vector_of(space, ItemId(item))
    if vector is None:
        return None
    ids, cosines = vectors.search(space, vector, count)
    others = ids != item
    return Near(ids[others], cosines[others], vectors.ids(space))


def _reason(about: ItemFacts | None, other: ItemFacts, kind: ReasonKind) -> Reason:
    trait, shared = shared_trait(other, [about]) if about else (Trait.NONE, "")
    return Reason(kind, (), trait, shared)


def find_duplicates(vectors: Vectors, spaces: Spaces, database: Database) -> tuple[DuplicatePair, ...]:
    """Items in several files, and pairs whose sound is the same; likeliest first, at most 2,000."""
    pairs = [DuplicatePair(int(same.id), int(same.id), 1.0, tuple(same.paths)) for same in Items(database).same_files()]
    facts = {fact.id: fact for fact in Facts(database).present()}
    ids, rows = vectors.matrix(spaces.audio)
    kept = np.array([int(one) in facts for one in ids], bool)
    ids, rows = ids[kept], rows[kept]
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    lengths = np.array([facts[int(one)].duration for one in ids])
    order = np.argsort(lengths, kind="stable")
    ids, rows, lengths = ids[order], rows[order], lengths[order]
    # Only neighbours in length can be the same recording: a window over the sorted lengths, not all pairs.
    ends = np.searchsorted(lengths, lengths + SAME_LENGTH, side="right")
    found: list[tuple[float, int, int]] = []
    for at in range(len(ids)):
        likeness = rows[at + 1 : ends[at]] @ rows[at]
        found += [
            (float(likeness[near]), int(ids[at]), int(ids[at + 1 + near])) for near in np.flatnonzero(likeness >= TWICE)
        ]
    found.sort(reverse=True)
    pairs += [DuplicatePair(min(a, b), max(a, b), likeness) for likeness, a, b in found]
    return tuple(pairs[:MANY])
