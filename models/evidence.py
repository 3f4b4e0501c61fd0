"""What a user may tell those who follow them: noisy taste vectors (level 1) or noisy votes (level 2).

Level 0, the default, tells nothing. Built here from labels the caller has already rid of private items; signed and
sent elsewhere. `check` is what a receiver asks of a message before keeping it. Arrays and values in, values out; the
figures behind every constant are those of the laboratory's `evaluate collaboration`.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np

from models.privacy import flip_chance, gaussian_sigma, memoised_normals, memoised_uniforms
from models.types import F32

WIDTH = 32
ITEM_BYTES = 32
FEWEST = 20
"""Labels in one message, at least: a vector of few labels names them."""
MOST_VOTES = 500
MOST_LABELS = 10_000
MOST_MESSAGES = 64
"""Messages kept of one source; the newest stay."""
TASTE_EPSILON = 4.0
TASTE_DELTA = 1e-5
VOTE_EPSILON = 2.0
LATEST = 2**53
"""Above every sequence number and day: what every JSON reader can hold exactly."""


class Level(IntEnum):
    """How much of a label is told."""

    NOTHING = 0
    TASTE = 1
    VOTES = 2


@dataclass(frozen=True, slots=True, eq=False)
class Projection:
    """A public linear map from a space to 32 numbers, the same for everybody: `directions (d, 32)`.

    `name` tells one projection from another; messages of different projections are never added up.
    """

    name: str
    directions: F32

    @classmethod
    def drawn(cls, space: str, dimension: int) -> Projection:
        """Random signs derived from the name of the space: needs no training material and cannot leak any.

        Lengths are kept on average (Achlioptas, "Database-friendly random projections", 2003).
        """
        count = dimension * WIDTH
        stream = hashlib.shake_256(f"bowerbird projection 1 {space} {dimension}".encode()).digest((count + 7) // 8)
        bits = np.unpackbits(np.frombuffer(stream, np.uint8))[:count].reshape(dimension, WIDTH)
        return cls._named(space, np.where(bits, 1.0, -1.0) / math.sqrt(WIDTH))

    @classmethod
    def fitted(cls, space: str, vectors: F32) -> Projection:
        """The 32 main directions of public `vectors (n, d)`, scaled so that a centred row has length 1 on average.

        For a space whose projection ships with the program; never fit it on somebody's library.
        """
        centred = vectors.astype(np.float64) - vectors.mean(0)
        _, main = np.linalg.eigh(centred.T @ centred)
        directions = np.zeros((vectors.shape[1], WIDTH))
        kept = main[:, ::-1][:, :WIDTH]
        # A fixed sign, so that every machine gives the same directions.
        kept = kept * np.where(kept[np.abs(kept).argmax(0), np.arange(kept.shape[1])] < 0, -1.0, 1.0)
        directions[:, : kept.shape[1]] = kept
        length = np.linalg.norm(centred @ directions, axis=1).mean()
        return cls._named(space, directions / max(float(length), 1e-9))

    @classmethod
    def _named(cls, space: str, directions: np.ndarray) -> Projection:
        exact = np.ascontiguousarray(directions, np.float32)
        return cls(f"{space}/{hashlib.sha256(exact.tobytes()).hexdigest()[:16]}", exact)

    def project(self, vectors: F32, mean: F32) -> F32:
        """Rows `(n, 32)` of length at most 1 of `vectors (n, d)` less the catalogue's `mean (d,)`.

        A row that is all zero (an item without a vector) stays zero. Raises ValueError if d does not fit.
        """
        if vectors.ndim != 2 or vectors.shape[1] != len(self.directions) or mean.shape != vectors.shape[1:]:
            raise ValueError(f"projection: {vectors.shape} vectors, {mean.shape} mean, {self.directions.shape} known")
        rows = (vectors - mean) @ self.directions
        rows[~vectors.any(axis=1)] = 0.0
        return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1.0), np.float32)


@dataclass(frozen=True, slots=True)
class TasteMessage:
    """Level 1: `vector`, 32 numbers of half precision, the noisy mean over `labels` labels of sign times item."""

    projection: str
    seq: int
    day: int
    epsilon: float
    labels: int
    vector: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class VoteMessage:
    """Level 2: items said to be liked (`up`) and disliked (`down`), each sign turned with a known chance.

    Both sorted, no item twice.
    """

    seq: int
    day: int
    epsilon: float
    up: tuple[bytes, ...]
    down: tuple[bytes, ...]


Message = TasteMessage | VoteMessage


def check(message: Message) -> None:
    """What a receiver asks of any message: raises ValueError with the reason when it breaks a limit."""
    if not (0 <= message.seq <= LATEST and 0 <= message.day <= LATEST):
        raise ValueError("evidence: a number out of range")
    if not (math.isfinite(message.epsilon) and message.epsilon > 0):
        raise ValueError("evidence: epsilon must be positive")
    if isinstance(message, TasteMessage):
        if not FEWEST <= message.labels <= MOST_LABELS:
            raise ValueError(f"evidence: {message.labels} labels")
        if len(message.vector) != WIDTH or not all(math.isfinite(value) for value in message.vector):
            raise ValueError("evidence: not a vector of 32 finite numbers")
        return
    items = (*message.up, *message.down)
    if not FEWEST <= len(items) <= MOST_VOTES:
        raise ValueError(f"evidence: {len(items)} votes")
    if any(len(item) != ITEM_BYTES for item in items) or len(set(items)) != len(items):
        raise ValueError("evidence: an item id of wrong length, or an item twice")
    if list(message.up) != sorted(message.up) or list(message.down) != sorted(message.down):
        raise ValueError("evidence: votes out of order")


@dataclass(frozen=True, slots=True)
class Spent:
    """Which items' labels have been told, and at which level: a label is spent once.

    Only a changed mind is told again, and only as a vote; its two signs have memoised coins, so all votes ever
    cast on an item cost at most twice the epsilon of one.
    """

    levels: Mapping[bytes, Level] = field(default_factory=dict)
    signs: Mapping[bytes, bool] = field(default_factory=dict)

    def open(self, labels: Mapping[bytes, bool], level: Level) -> dict[bytes, bool]:
        """Those of `labels` (item: liked) that may still be told at `level`, in the order of their ids."""
        return {item: labels[item] for item in sorted(labels) if self._may(item, labels[item], level)}

    def spend(self, labels: Mapping[bytes, bool], level: Level) -> Spent:
        """The same with `labels` told at `level`. Raises ValueError if one may not be."""
        if not all(self._may(item, liked, level) for item, liked in labels.items()):
            raise ValueError("evidence: a label would be spent twice")
        return Spent({**self.levels, **dict.fromkeys(labels, level)}, {**self.signs, **labels})

    def _may(self, item: bytes, liked: bool, level: Level) -> bool:
        if level is Level.NOTHING:
            return False
        if item not in self.levels:
            return True
        return level is Level.VOTES and self.levels[item] is Level.VOTES and self.signs[item] != liked


def taste_message(
    rows: F32,
    likes: np.ndarray,
    projection: Projection,
    *,
    secret: bytes,
    seq: int,
    day: int,
    epsilon: float = TASTE_EPSILON,
    delta: float = TASTE_DELTA,
) -> TasteMessage:
    """Tell `n` >= 20 labels as one vector: the mean of sign times row, plus Gaussian noise.

    `rows (n, 32)` from `projection.project`; `likes` bool `(n,)`. One label replaced by any other moves the mean
    by at most 2 / n, which the noise hides to (epsilon, delta). The noise depends on `secret` and the exact
    contributions only: the same batch is the same message, another batch has other noise. Raises ValueError for
    too few labels, other shapes, or a row longer than 1.
    """
    n = len(rows)
    if n < FEWEST or n > MOST_LABELS or rows.shape != (n, WIDTH) or likes.shape != (n,):
        raise ValueError(f"evidence: {rows.shape} rows and {likes.shape} labels; at least {FEWEST} are needed")
    said = np.where(likes[:, None], rows, -rows).astype(np.float64)
    # Not finite is not <= either.
    if not (np.linalg.norm(said, axis=1) <= 1 + 1e-5).all():
        raise ValueError("evidence: a row is longer than 1")
    said = said[np.lexsort(said.T)]
    sigma = gaussian_sigma(epsilon, delta, 2.0 * (1 + 1e-5) / n)
    question = f"taste {projection.name} {epsilon} {delta} ".encode() + said.astype(np.float32).tobytes()
    noisy = said.mean(0) + sigma * memoised_normals(secret, question, WIDTH)
    # Half precision on the wire; what no half can hold (at an absurdly small epsilon) is cut off.
    vector = tuple(float(value) for value in np.clip(noisy, -6e4, 6e4).astype(np.float16))
    return TasteMessage(projection.name, seq, day, epsilon, n, vector)


def vote_message(
    labels: Mapping[bytes, bool],
    published: Collection[bytes],
    *,
    secret: bytes,
    seq: int,
    day: int,
    epsilon: float = VOTE_EPSILON,
) -> VoteMessage:
    """Tell 20 to 500 `labels` (item: liked) as votes, each turned with chance `flip_chance(epsilon)`.

    Only items of the `published` catalogue, which everybody can see already. The coin of an item and a sign is
    memoised from `secret` (as RAPPOR's permanent response, Erlingsson 2014). Raises ValueError for an item that
    is not published, ids of wrong length, or too few or too many labels.
    """
    if any(item not in published for item in labels):
        raise ValueError("evidence: a vote on an item that is not published")
    chance = flip_chance(epsilon)
    told: tuple[list[bytes], list[bytes]] = ([], [])
    for item in sorted(labels):
        question = f"vote {epsilon} {int(labels[item])} ".encode() + item
        turned = bool(memoised_uniforms(secret, question, 1)[0] < chance)
        told[labels[item] == turned].append(item)
    message = VoteMessage(seq, day, epsilon, tuple(told[0]), tuple(told[1]))
    check(message)
    return message
