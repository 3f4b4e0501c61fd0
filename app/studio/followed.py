"""What followed peers told, added to the user's own scores: per source, bounded, and gone with its source.

Nothing of it enters the user's own network: it is added up when scores are made (`models/collaborative.py`), so a
profile that stops following somebody scores bit for bit as if it had never begun. Called by the taste thread.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from app.store.evidence import EvidenceRow
from models.collaborative import Evidence, Pooled, SourceShare, VoteRule, combine, explain
from models.evidence import Projection, TasteMessage
from models.evidence_file import from_bytes
from models.types import F32, I64

log = logging.getLogger(__name__)

RULE = VoteRule.SUPPORT
"""What many agree on outweighs what few do: the larger lift in the laboratory."""


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """What peers' words are measured on: `rows` float32 `(n, 32)` of Items or Offers, zero without a vector, in the
    order of the scores; and where files with a known root stand among them."""

    rows: F32
    roots: Mapping[bytes, int]

    @classmethod
    def of(cls, projection: Projection, ids: I64, space_ids: I64, vectors: F32, roots: Mapping[bytes, int]) -> Seen:
        """For `ids (n,)`, from the `vectors (m, d)` of the projection's space with their `space_ids`, ascending."""
        rows = np.zeros((len(ids), projection.directions.shape[1]), np.float32)
        if len(space_ids):
            at = np.minimum(np.searchsorted(space_ids, ids), len(space_ids) - 1)
            known = space_ids[at] == ids
            mean = np.asarray(vectors.mean(0), np.float32)
            rows[known] = projection.project(vectors[at[known]], mean)
        places = {int(one): place for place, one in enumerate(ids.tolist())}
        return cls(rows, {root: places[one] for root, one in roots.items() if one in places})


@dataclass(frozen=True, slots=True, eq=False)
class Followed:
    """The evidence of all followed peers; only what a limit lets pass."""

    evidence: Evidence

    @classmethod
    def of(cls, rows: Sequence[EvidenceRow]) -> Followed:
        """From what the store holds. A message that breaks a limit is passed over, its source's others are not."""
        evidence = Evidence()
        for row in rows:
            try:
                message = from_bytes(row.message)
                if message.seq != row.seq or isinstance(message, TasteMessage) != (row.level == 1):
                    raise ValueError("evidence: signed as another message than it is")
                evidence = evidence.receive(row.source, message)
            except ValueError as problem:
                log.warning("a message of a followed peer is passed over: %s", problem)
        return cls(evidence)

    def __bool__(self) -> bool:
        return bool(self.evidence.contributions)

    def pool(self, seen: Seen, projection: Projection) -> Pooled:
        """What they say about some Items or Offers."""
        return self.evidence.pool(self.evidence.sources, seen.rows, seen.roots, projection.name)


def shared(own: F32, labels: int, pooled: Pooled, seen: Seen) -> F32:
    """The user's own scores `(n,)` with the peers' part added; `own` itself, untouched, where they say nothing.

    The own part keeps its scale (its standard deviation over the library is about 1): it is also what is shown.
    """
    parts = combine(own, labels, pooled, seen.rows, rule=RULE)
    return np.asarray(own + parts.taste + parts.votes, np.float32)


def shares_of(row: int, labels: int, pooled: Pooled, seen: Seen) -> tuple[SourceShare, ...]:
    """Who moved one Item or Offer, and how far: together with its own score this sums to the shared one."""
    return explain(row, labels, pooled, seen.rows, rule=RULE)
