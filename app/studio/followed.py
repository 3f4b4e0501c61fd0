"""What followed peers told, added to the user's own scores: per source, bounded, and gone with its source.

Nothing of it enters the user's own network: it is added up when scores are made (`models/collaborative.py`), so a
profile that stops following somebody scores bit for bit as if it had never begun. Called by the threads of taste and
offers, with what the store holds of `models/evidence.py`'s messages.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from app.protocol import NO_REASON, Part, PartKind, Reason, ReasonKind
from app.store.database import Database
from app.store.evidence import EvidenceRow, EvidenceRows
from app.studio.features import VectorSource
from models.collaborative import Evidence, Pooled, VoteRule, combine, explain
from models.evidence import Projection, TasteMessage
from models.evidence_file import from_bytes
from models.types import F32, I64

log = logging.getLogger(__name__)

RULE = VoteRule.SUPPORT
"""What many agree on outweighs what few do: the larger lift in the laboratory."""


@dataclass(frozen=True, slots=True, eq=False)
class Heard:
    """The evidence of all followed peers, as far as a limit lets it pass, and what they are called."""

    evidence: Evidence
    projection: Projection
    mean: F32
    """Of the user's own vectors in the projection's space: what peers' words are centred on."""
    names: Mapping[bytes, str]

    def said_of(self, seen: Seen, labels: int) -> Said:
        """What they say about some Items or Offers to somebody with so many `labels` of his own."""
        pooled = self.evidence.pool(self.evidence.sources, seen.rows, seen.roots, self.projection.name)
        return Said(pooled, seen, labels, self.names)


def heard_from(rows: Sequence[EvidenceRow]) -> Evidence:
    """File what the store holds. A message that breaks a limit is passed over, its source's others are not."""
    evidence = Evidence()
    for row in rows:
        try:
            message = from_bytes(row.message)
            if message.seq != row.seq or isinstance(message, TasteMessage) != (row.level == 1):
                raise ValueError("evidence: signed as another message than it is")
            evidence = evidence.receive(row.source, message)
        except ValueError as problem:
            log.warning("a message of a followed peer is passed over: %s", problem)
    return evidence


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """What peers' words are measured on: `rows` float32 `(n, 32)` of Items or Offers, zero without a vector, in the
    order of the scores; and where files with a known root stand among them."""

    rows: F32
    roots: Mapping[bytes, int]

    @classmethod
    def of(
        cls, projection: Projection, mean: F32, ids: I64, known: I64, vectors: F32, roots: Mapping[bytes, int]
    ) -> Seen:
        """For `ids (n,)`, from the `vectors (m, d)` of `known (m,)` of them, ascending; `roots` by root the id."""
        rows = np.zeros((len(ids), projection.directions.shape[1]), np.float32)
        if len(known):
            at = np.minimum(np.searchsorted(known, ids), len(known) - 1)
            there = known[at] == ids
            rows[there] = projection.project(vectors[at[there]], mean)
        places = {one: place for place, one in enumerate(ids.tolist())}
        return cls(rows, {root: places[one] for root, one in roots.items() if one in places})


@dataclass(frozen=True, slots=True, eq=False)
class Said:
    """What followed peers say about `n` Items or Offers."""

    pooled: Pooled
    seen: Seen
    labels: int
    names: Mapping[bytes, str]

    def added_to(self, own: F32) -> F32:
        """The user's own scores `(n,)` with the peers' part added.

        The own part keeps its scale (its standard deviation over the library is about 1): it is also what is shown.
        """
        parts = combine(own, self.labels, self.pooled, self.seen.rows, rule=RULE)
        return np.asarray(own + parts.taste + parts.votes, np.float32)

    def parts(self, row: int) -> tuple[Part, ...]:
        """Who moved one of them, and how far, the most first: with its own score these sum to the shared one."""
        shares = explain(row, self.labels, self.pooled, self.seen.rows, rule=RULE)
        return tuple(
            Part(PartKind.PEER, self.names.get(share.source, ""), share.taste + share.vote) for share in shares
        )

    def reason(self, row: int) -> Reason:
        """That followed peers speak for it, by name; none where they do not."""
        names = tuple(part.label for part in self.parts(row) if part.amount > 0)
        return Reason(ReasonKind.FOLLOWED, names[:2]) if names else NO_REASON


class Hearing:
    """Reads what followed peers tell, and keeps between two fits what their words are measured on."""

    def __init__(self, vectors: VectorSource, space: str) -> None:
        """`space` is the one in which tastes are told."""
        self._vectors = vectors
        self._space = space
        self._measured: tuple[I64, F32, F32] | None = None

    def vectors_changed(self) -> None:
        """Measure anew at the next occasion."""
        self._measured = None

    def listen(self, database: Database) -> Heard | None:
        """What is told now; None where nobody who is followed tells anything, or there is nothing to measure it on."""
        evidence = heard_from(EvidenceRows(database).followed())
        if not evidence.contributions:
            return None
        if self._measured is None:
            ids, vectors = self._vectors.matrix(self._space)
            if not len(ids):
                return None
            order = np.argsort(ids, kind="stable")
            self._measured = ids[order], vectors[order], np.asarray(vectors.mean(0), np.float32)
        _, vectors, mean = self._measured
        names: dict[bytes, str] = dict(database.all("SELECT key, name FROM peers WHERE followed = 1"))
        return Heard(evidence, Projection.drawn(self._space, vectors.shape[1]), mean, names)

    def seen(self, heard: Heard, ids: I64, database: Database) -> Seen:
        """The library's Items `ids (n,)`, as peers' words are measured on them."""
        assert self._measured is not None
        known, vectors, mean = self._measured
        roots: dict[bytes, int] = dict(
            database.all(
                "SELECT root, item_id FROM downloads WHERE item_id IS NOT NULL "
                "UNION SELECT root, item_id FROM published WHERE root IS NOT NULL"
            )
        )
        return Seen.of(heard.projection, mean, ids, known, vectors, roots)
