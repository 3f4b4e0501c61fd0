"""Learning from the peers one follows: their evidence kept per source, bounded, and added up only when read.

Nothing is ever merged into a model, so forgetting a source is exact: what is left is bit for bit what would be there
had it never been followed, in whatever order messages came. Called by the studio process with what `models.evidence`
let in, and by the laboratory; arrays in, arrays out.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from sklearn.linear_model import Ridge

from models.baselines.base import with_weak_negatives
from models.evidence import MOST_MESSAGES, WIDTH, Message, TasteMessage, VoteMessage, check
from models.taste import Labels
from models.types import F32, I64

LABELS_TRUST = 10.0
"""Own labels at which the peers' taste counts half."""
VOTES_WEIGHT = 2.0
VOTES_PRIOR = 2.0
"""Silent voters assumed on every item, so that a single vote does not count in full."""
COLUMN_WEIGHT = 0.6
MOST_PER_MESSAGE = 500.0
"""Labels a taste message may claim to stand for when a source's messages are weighed against each other."""


class VoteRule(StrEnum):
    """What the votes on an item add to its score.

    `SHARE`: 2 sum / (count + 2), which stays within 2 however many sources are followed. `SUPPORT`: sum / sqrt(count +
    2), which grows with them: what many agree on outweighs what few do.
    """

    SHARE = "share"
    SUPPORT = "support"

    def each(self, counts: np.ndarray) -> np.ndarray:
        """What one vote adds where `counts` sources voted."""
        if self is VoteRule.SHARE:
            return np.asarray(VOTES_WEIGHT / (counts + VOTES_PRIOR))
        return np.asarray(1.0 / np.sqrt(counts + VOTES_PRIOR))


@dataclass(frozen=True, slots=True)
class Contribution:
    """One message of one source (its public key)."""

    source: bytes
    message: Message

    @property
    def key(self) -> tuple[bytes, int]:
        """What it is filed under; a source's second message with the same number is the same one or a fraud."""
        return self.source, self.message.seq


@dataclass(frozen=True, slots=True)
class Evidence:
    """All contributions, sorted by source and sequence number: a function of the set of messages received."""

    contributions: tuple[Contribution, ...] = ()

    @classmethod
    def of(cls, contributions: Iterable[Contribution]) -> Evidence:
        """File any number of contributions, in any order."""
        held = cls()
        for contribution in contributions:
            held = held.receive(contribution.source, contribution.message)
        return held

    @property
    def sources(self) -> tuple[bytes, ...]:
        """Who said something, sorted."""
        return tuple(dict.fromkeys(contribution.source for contribution in self.contributions))

    def receive(self, source: bytes, message: Message) -> Evidence:
        """The evidence with one more message; the same if it is already there or too old to be kept.

        Of each source the 64 newest stay. Of two messages with one number the one that sorts first stays, whichever
        came first. Raises ValueError if the message breaks a limit (`models.evidence.check`).
        """
        check(message)
        new = Contribution(source, message)
        rows = list(self.contributions)
        at = bisect_left(rows, new.key, key=lambda row: row.key)
        if at < len(rows) and rows[at].key == new.key:
            rows[at] = min(rows[at], new, key=_content)
        else:
            rows.insert(at, new)
        first = bisect_left(rows, source, key=lambda row: row.source)
        here = sum(row.source == source for row in rows[first : first + MOST_MESSAGES + 1])
        if here > MOST_MESSAGES:
            del rows[first]
        return Evidence(tuple(rows))

    def forget(self, source: bytes) -> Evidence:
        """The evidence as if `source` had never been followed."""
        return Evidence(tuple(row for row in self.contributions if row.source != source))

    def pool(
        self, followed: Collection[bytes], catalogue: F32, rows: Mapping[bytes, int], projection: str = ""
    ) -> Pooled:
        """Add up what the `followed` sources say about a catalogue of N items.

        `catalogue (N, 32)` from `Projection.project`, and `rows` where each item id stands in it; ids it does not
        hold are passed over. Taste messages count when they are of `projection`. Whoever is not followed has no
        influence at all.
        """
        sources: list[bytes] = []
        tastes: list[np.ndarray] = []
        voters: list[int] = []
        places: list[int] = []
        signs: list[int] = []
        by_source: dict[bytes, list[Message]] = {}
        for row in self.contributions:
            if row.source in followed:
                by_source.setdefault(row.source, []).append(row.message)
        for source, messages in by_source.items():
            votes = _newest_votes(messages, rows)
            taste = _taste(messages, votes, catalogue, projection)
            voters += [len(sources)] * len(votes)
            places += votes.keys()
            signs += votes.values()
            tastes.append(taste)
            sources.append(source)
        return Pooled(
            tuple(sources),
            np.array(tastes, np.float32).reshape(len(sources), WIDTH),
            np.array(voters, np.int64),
            np.array(places, np.int64),
            np.array(signs, np.float32),
            len(catalogue),
        )


@dataclass(frozen=True, slots=True, eq=False)
class Pooled:
    """What K sources say of a catalogue of `items` items, every source bounded.

    `tastes (K, 32)` rows of length 1, or 0 where a source told none; and `v` votes, at most one for each source and
    item: `voters (v,)` positions in `sources`, `places (v,)` rows of the catalogue, `signs (v,)` 1 or -1.
    """

    sources: tuple[bytes, ...]
    tastes: F32
    voters: I64
    places: I64
    signs: F32
    items: int

    @property
    def taste(self) -> F32:
        """The mean taste `(32,)` of the sources that told one; zero without any."""
        telling = self.tastes.any(axis=1)
        total = self.tastes[telling].sum(0, dtype=np.float64)
        return np.asarray(total / max(int(telling.sum()), 1), np.float32)

    @property
    def counts(self) -> I64:
        """How many sources voted on each item, `(N,)`."""
        return np.bincount(self.places, minlength=self.items).astype(np.int64)

    def voted(self, rule: VoteRule = VoteRule.SHARE) -> F32:
        """What the votes add to every item's score, `(N,)`."""
        return np.asarray(np.bincount(self.places, self.signs, self.items) * rule.each(self.counts), np.float32)

    def columns(self) -> F32:
        """A feature for each source, `(N, K)`: 0.6 vote / sqrt(count + 2).

        Beside the item's own features in the user's own regression they learn how far each source is to be
        believed.
        """
        out = np.zeros((self.items, len(self.sources)), np.float32)
        out[self.places, self.voters] = COLUMN_WEIGHT * self.signs / np.sqrt(self.counts[self.places] + VOTES_PRIOR)
        return out


@dataclass(frozen=True, slots=True, eq=False)
class Combined:
    """Scores of N items, `(N,)` each: `total` is the sum of `own`, `taste` and `votes`."""

    total: F32
    own: F32
    taste: F32
    votes: F32


@dataclass(frozen=True, slots=True)
class SourceShare:
    """What one source adds to the score of one item by its taste and by its vote."""

    source: bytes
    taste: float
    vote: float


def source_weights(features: F32, labels: Labels, pooled: Pooled, *, penalty: float = 1.0, seed: int = 0) -> F32:
    """How far each source is to be believed, `(K,)`, learned from the user's own `labels`.

    A ridge regression of the labels on the items' `features (N, p)` beside the sources' columns; the sources'
    coefficients, in units of the regression's spread over the catalogue. Zero without labels.
    """
    columns = pooled.columns()
    if not len(labels) or not len(pooled.sources):
        return np.zeros(len(pooled.sources), np.float32)
    design = np.concatenate([features, columns], axis=1)
    rows, targets, weights = with_weak_negatives(design, labels, seed)
    fitted = Ridge(penalty).fit(rows, targets, weights)
    spread = float((design @ fitted.coef_).std())
    found = fitted.coef_[features.shape[1] :] / spread if spread > 1e-6 else np.zeros(columns.shape[1])
    return np.asarray(found, np.float32)


def combine(
    own: F32,
    labels: int,
    pooled: Pooled,
    catalogue: F32,
    weights: F32 | None = None,
    *,
    rule: VoteRule = VoteRule.SHARE,
) -> Combined:
    """Score N items: z(own) + 10 / (10 + labels) z(catalogue . mean taste) + 2 sum(votes) / (count + 2).

    `own (N,)` what the user's own network says after `labels` labels; z standardises over the catalogue and is 0
    where everything is equal. `weights (K,)` from `source_weights`, if given, add columns . weights to the votes;
    `rule` SUPPORT puts sum(votes) / sqrt(count + 2) in the last term's place.
    """
    direction, offset = _direction(labels, pooled, catalogue)
    votes = pooled.voted(rule)
    if weights is not None:
        votes = votes + pooled.columns() @ weights
    parts = [standard(own), catalogue @ direction - np.float32(offset), votes]
    own_part, taste, voted = (np.asarray(part, np.float32) for part in parts)
    return Combined(own_part + taste + voted, own_part, taste, voted)


def explain(
    row: int,
    labels: int,
    pooled: Pooled,
    catalogue: F32,
    weights: F32 | None = None,
    *,
    rule: VoteRule = VoteRule.SHARE,
) -> tuple[SourceShare, ...]:
    """Who moved item `row`, and how far; together with `Combined.own` the shares sum to its total.

    Sources that add nothing are left out; those who moved it most come first.
    """
    direction, _ = _direction(labels, pooled, catalogue)
    centre = catalogue.mean(0, dtype=np.float64)
    mean = pooled.taste.astype(np.float64)
    telling = max(int(pooled.tastes.any(axis=1).sum()), 1)
    # The direction is the mean taste times one number; each source holds its part of that mean.
    scale = float(direction @ mean) / max(float(mean @ mean), 1e-30)
    tastes = scale * (pooled.tastes.astype(np.float64) @ (catalogue[row] - centre)) / telling
    chosen = pooled.places == row
    votes = np.zeros(len(pooled.sources))
    votes[pooled.voters[chosen]] = pooled.signs[chosen] * rule.each(pooled.counts[row])
    if weights is not None:
        votes += pooled.columns()[row] * weights
    order = np.argsort(-np.abs(tastes + votes), kind="stable")
    return tuple(
        SourceShare(pooled.sources[k], float(tastes[k]), float(votes[k]))
        for k in order.tolist()
        if tastes[k] or votes[k]
    )


def standard(values: F32) -> F32:
    """`values (N,)` with mean 0 and deviation 1; all 0 where they are all equal."""
    spread = float(values.std(dtype=np.float64)) if len(values) else 0.0
    if spread < 1e-9:
        return np.zeros(len(values), np.float32)
    return np.asarray((values - values.mean(dtype=np.float64)) / spread, np.float32)


def _direction(labels: int, pooled: Pooled, catalogue: F32) -> tuple[np.ndarray, float]:
    """The taste part as a linear score: direction `(32,)` and offset."""
    mean = pooled.taste
    raw = catalogue @ mean
    spread = float(raw.std(dtype=np.float64)) if len(raw) else 0.0
    if spread < 1e-9:
        return np.zeros(WIDTH, np.float32), 0.0
    weight = LABELS_TRUST / (LABELS_TRUST + labels) / spread
    return np.asarray(weight * mean, np.float32), weight * float(raw.mean(dtype=np.float64))


def _content(contribution: Contribution) -> tuple[str, str]:
    return type(contribution.message).__name__, repr(contribution.message)


def _newest_votes(messages: Iterable[Message], rows: Mapping[bytes, int]) -> dict[int, int]:
    """The last sign (1 or -1) a source gave to each row, by row; `messages` sorted by number."""
    newest: dict[int, int] = {}
    for message in messages:
        if isinstance(message, VoteMessage):
            for items, sign in ((message.up, 1), (message.down, -1)):
                newest.update((rows[item], sign) for item in items if item in rows)
    return dict(sorted(newest.items()))


def _taste(messages: Iterable[Message], votes: Mapping[int, int], catalogue: F32, projection: str) -> np.ndarray:
    """A source's whole taste at length 1, from its vectors and its votes; zero when it told neither."""
    total = np.zeros(WIDTH)
    for message in messages:
        if isinstance(message, TasteMessage) and message.projection == projection:
            vector = np.array(message.vector)
            bounded = vector / max(float(np.linalg.norm(vector)), 1.0)
            total += min(float(message.labels), MOST_PER_MESSAGE) * bounded
    if votes:
        signs = np.fromiter(votes.values(), np.float64, len(votes))
        total += signs @ catalogue[np.fromiter(votes, np.int64, len(votes))]
    length = float(np.linalg.norm(total))
    return total / length if length > 1e-9 else total * 0.0
