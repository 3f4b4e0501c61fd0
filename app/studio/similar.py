"""What sounds or looks like one Item, and what is there twice: by vectors alone, taste left out.

Called by the studio's taste thread. A track is compared by its sound, a video by its pictures; where an Item has
neither vector, by its words.
"""

from __future__ import annotations

import numpy as np

from app.protocol import DuplicatePair, Pick, PickedShelf, Reason, ReasonKind, Shelf, Trait
from app.store.database import Database
from app.store.facts import Facts, ItemFacts
from app.store.items import Items
from app.store.vectors import Vectors
from app.studio.reasons import shared_trait
from app.studio.spaces import Spaces
from models.ids import ItemId

TWICE = 0.985
"""Cosine of two encodings of one recording; different recordings of an album stay well below."""
SAME_LENGTH = 1.5
"""Seconds that two encodings of one recording may differ in length."""
MANY = 2_000
"""Pairs told at most."""


def find_similar(vectors: Vectors, spaces: Spaces, facts: dict[int, ItemFacts], item: int, count: int) -> PickedShelf:
    """The nearest present Items, nearest first, with their cosine as score."""
    about = facts.get(item)
    ways = [(spaces.audio, ReasonKind.SOUNDS), (spaces.text, ReasonKind.READS)]
    if about is not None and about.kind == "video":
        ways.insert(0, (spaces.image, ReasonKind.LOOKS))
    for space, kind in ways:
        vector = vectors.vector_of(space, ItemId(item))
        if vector is None:
            continue
        ids, likeness = vectors.search(space, vector, count * 2 + 16)
        picks = [
            Pick(int(other), float(max(0.0, cosine)), 0.0, _reason(about, facts[int(other)], kind))
            for other, cosine in zip(ids, likeness, strict=True)
            if int(other) != item and int(other) in facts
        ]
        return PickedShelf(Shelf.SIMILAR, tuple(picks[:count]), item)
    return PickedShelf(Shelf.SIMILAR, (), item)


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
