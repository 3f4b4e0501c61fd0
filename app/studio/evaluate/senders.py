"""What each person of a crowd would send, built once by the product's own code, and what it weighs on the wire.

Called by `collaboration` and `attacks`. Item ids are hashes of catalogue rows, standing for v2 file roots.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property

import numpy as np

from app.studio.evaluate.crowd import Crowd
from models.baselines.base import LIKED_FROM
from models.collaborative import Contribution, Evidence, Pooled
from models.evidence import (
    FEWEST,
    MOST_MESSAGES,
    MOST_VOTES,
    Message,
    Projection,
    TasteMessage,
    VoteMessage,
    taste_message,
    vote_message,
)
from models.types import F32, Bool

FIXED_BYTES = 124
"""Key 32, signature 64, version and level 2, projection 8, number 8, day 4, epsilon 4, count 2."""


CERTAIN = 1e3
"""The epsilon written on votes that no coin has turned."""


class Told(StrEnum):
    """The ways of telling that are compared; what a person has is told in one message where it fits."""

    TASTE = "level 1"
    SMALL_TASTES = "level 1, batches of 20"
    EXACT_TASTE = "level 1, no noise"
    VOTES = "level 2"
    EXACT_VOTES = "level 2, no noise"


def item_id(row: int) -> bytes:
    """A 32-byte id for a catalogue row."""
    return hashlib.sha256(f"item {row}".encode()).digest()


def weight(message: Message) -> int:
    """Bytes of a signed message in a packed form, before transport."""
    if isinstance(message, TasteMessage):
        return FIXED_BYTES + 2 * len(message.vector)
    return FIXED_BYTES + 2 + 32 * (len(message.up) + len(message.down))


@dataclass(frozen=True, eq=False)
class Senders:
    """The people of a crowd as senders; what each tells in each way is built once and kept."""

    crowd: Crowd
    projection: Projection
    seed: int
    _kept: dict[tuple[Told, int], tuple[Message, ...]] = field(default_factory=dict)

    @cached_property
    def catalogue(self) -> F32:
        """The receiver's projected catalogue, `(N, 32)`."""
        return self.projection.project(self.crowd.features, self.crowd.features.mean(0))

    @cached_property
    def ids(self) -> tuple[bytes, ...]:
        """The id of every catalogue row."""
        return tuple(item_id(row) for row in range(len(self.crowd.features)))

    @cached_property
    def row_of(self) -> dict[bytes, int]:
        """Where each id stands."""
        return {item: row for row, item in enumerate(self.ids)}

    def source(self, person: int) -> bytes:
        """The public key of a person."""
        return hashlib.sha256(f"key {self.seed} {person}".encode()).digest()

    def secret(self, person: int) -> bytes:
        """The local secret of a person."""
        return hashlib.sha256(f"secret {self.seed} {person}".encode()).digest()

    def likes(self, person: int) -> Bool:
        """Which of a person's labels are likes."""
        return np.asarray(self.crowd.people[person].targets >= LIKED_FROM)

    def told(self, way: Told, person: int) -> tuple[Message, ...]:
        """Everything a person tells in one way; nothing from whoever has fewer than 20 labels."""
        key = way, person
        if key not in self._kept:
            build = self._votes if way in (Told.VOTES, Told.EXACT_VOTES) else self._tastes
            self._kept[key] = build(way, person) if len(self.crowd.people[person].rows) >= FEWEST else ()
        return self._kept[key]

    def _tastes(self, way: Told, person: int) -> tuple[Message, ...]:
        rows, likes = self.rows(person), self.likes(person)
        order = np.random.default_rng((self.seed, person)).permutation(len(rows))
        count = min(len(rows) // FEWEST, MOST_MESSAGES) if way is Told.SMALL_TASTES else 1
        out: list[Message] = []
        for seq, chosen in enumerate(np.array_split(order, count)):
            message = taste_message(
                rows[chosen], likes[chosen], self.projection, secret=self.secret(person), seq=seq, day=0
            )
            if way is Told.EXACT_TASTE:
                exact = np.where(likes[chosen, None], rows[chosen], -rows[chosen]).mean(0)
                message = replace(message, vector=tuple(float(value) for value in exact))
            out.append(message)
        return tuple(out)

    def _votes(self, way: Told, person: int) -> tuple[Message, ...]:
        rows, likes = self.crowd.people[person].rows, self.likes(person)
        out: list[Message] = []
        for seq, chosen in enumerate(np.array_split(np.arange(len(rows)), -(-len(rows) // MOST_VOTES))):
            labels = {self.ids[int(rows[place])]: bool(likes[place]) for place in chosen}
            if way is Told.VOTES:
                out.append(vote_message(labels, self.row_of, secret=self.secret(person), seq=seq, day=0))
                continue
            up = tuple(sorted(item for item, liked in labels.items() if liked))
            down = tuple(sorted(item for item, liked in labels.items() if not liked))
            out.append(VoteMessage(seq, 0, CERTAIN, up, down))
        return tuple(out)

    def evidence(self, way: Told, people: Iterable[int]) -> Evidence:
        """What a receiver holds after these people told everything in one way."""
        return Evidence.of(
            Contribution(self.source(person), message) for person in people for message in self.told(way, person)
        )

    def pool(self, evidence: Evidence) -> Pooled:
        """What a receiver who follows everybody in `evidence` reads from it."""
        return evidence.pool(frozenset(evidence.sources), self.catalogue, self.row_of, self.projection.name)

    def rows(self, person: int) -> F32:
        """A person's labelled items projected, `(r, 32)`, centred by their own catalogue's mean.

        Where people only show likes their catalogue is not known; everybody's stands in.
        """
        vectors = self.crowd.features[self.crowd.people[person].rows]
        mean = self.crowd.features.mean(0) if self.crowd.implicit or not len(vectors) else vectors.mean(0)
        return self.projection.project(vectors, mean)
