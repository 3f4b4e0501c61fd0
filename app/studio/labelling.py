"""From what the user did to what the taste network learns from: Feedback rows to one label per Item.

Pure; called by the trainer. What was said outright (like, dislike, stars) stands alone, the newest word
winning; without it, plays and skips add up to a weak label:

    like 1.0, dislike 0.0, stars s/5                                   weight 1
    a play to >= 90 %  target 0.75,  weight 0.25 each
    a partial play     target 0.5 + 0.25 * fraction,  weight 0.1 each
    a skip             target 0.2,  weight 0.2 in radio and For You, where Bowerbird chose it, else 0.1

The weak weights of one Item sum to at most 0.6, so a habit never outweighs a word. "Not now" is no label: it
says something about the moment, not about taste.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from app.store.feedback import FeedbackRow
from models.types import F32, I64

PLAYED = 0.9
IMPLICIT_LIMIT = 0.6
OURS = frozenset({"radio", "for-you", "taste"})
"""Contexts in which Bowerbird chose the Item: a skip there is a word about the choice."""
DAY = 86_400.0


@dataclass(frozen=True, slots=True, eq=False)
class ItemLabels:
    """One label per Item, oldest first: ids int64 `(n,)`; targets in [0, 1], weights, ages in days float32."""

    items: I64
    targets: F32
    weights: F32
    ages: F32
    explicit: int
    """How many of them the user said outright."""

    def __len__(self) -> int:
        return len(self.items)

    def take(self, chosen: I64) -> ItemLabels:
        """The labels at positions `chosen`."""
        return ItemLabels(
            self.items[chosen],
            self.targets[chosen],
            self.weights[chosen],
            self.ages[chosen],
            min(self.explicit, len(chosen)),
        )


@dataclass(frozen=True, slots=True)
class _Word:
    """What was said outright: a target, or None when it was taken back."""

    target: float | None
    at: float
    from_tag: bool = False


@dataclass(slots=True)
class _Sum:
    liking: _Word | None = None
    stars: _Word | None = None
    target: float = 0.0
    weight: float = 0.0
    heard_at: float = 0.0

    def hear(self, target: float, weight: float, at: float) -> None:
        self.target += target * weight
        self.weight += weight
        self.heard_at = max(self.heard_at, at)

    def rate(self, word: _Word) -> None:
        # Stars found in a file's tags stand only where the user gave none.
        if self.stars is None or self.stars.from_tag or not word.from_tag:
            self.stars = word

    @property
    def word(self) -> _Word | None:
        """The newest word that stands."""
        words = [word for word in (self.liking, self.stars) if word is not None and word.target is not None]
        return max(words, key=lambda word: word.at, default=None)


def labels_from(rows: Iterable[FeedbackRow], now: float) -> ItemLabels:
    """Merge effective feedback, oldest first, into labels aged at `now` (Unix seconds)."""
    sums: dict[int, _Sum] = {}
    for row in rows:
        _add(sums.setdefault(row.item_id, _Sum()), row)
    return _arrays(sums, now)


def _add(total: _Sum, row: FeedbackRow) -> None:
    value = row.value if row.value is not None else 0.0
    match row.kind:
        case "like":
            total.liking = _Word(1.0, row.at)
        case "dislike":
            total.liking = _Word(0.0, row.at)
        case "clear":
            total.liking = _Word(None, row.at)
        case "stars":
            total.rate(_Word(value / 5.0 if value > 0 else None, row.at, row.origin == "tag"))
        case "play" if value >= PLAYED:
            total.hear(0.75, 0.25, row.at)
        case "play":
            total.hear(0.5 + 0.25 * value, 0.1, row.at)
        case "skip":
            total.hear(0.2, 0.2 if row.context in OURS else 0.1, row.at)


def _arrays(sums: Mapping[int, _Sum], now: float) -> ItemLabels:
    merged: list[tuple[float, int, float, float]] = []
    explicit = 0
    for item, total in sums.items():
        word = total.word
        if word is not None and word.target is not None:
            merged.append((word.at, item, word.target, 1.0))
            explicit += 1
        elif total.weight > 0:
            weight = min(total.weight, IMPLICIT_LIMIT)
            merged.append((total.heard_at, item, total.target / total.weight, weight))
    merged.sort()
    return ItemLabels(
        np.array([item for _, item, _, _ in merged], np.int64),
        np.array([target for _, _, target, _ in merged], np.float32),
        np.array([weight for _, _, _, weight in merged], np.float32),
        np.array([max(0.0, now - at) / DAY for at, _, _, _ in merged], np.float32),
        explicit,
    )
