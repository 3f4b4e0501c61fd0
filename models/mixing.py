"""Several rankings as one: what stands out of its crowd, and mixing by reciprocal rank.

Used by search: a library is ranked by its tags and by what each learned encoder makes of the words, and the scales of
these rankings have nothing in common. Within a ranking, scores are measured against the crowd of all scores of the same
query; between rankings only places count. Arrays in, arrays out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from models.types import F32, I64, Bool

K = 60.0
"""How slowly a place's worth falls: 1 / (K + place), the first place being 1. As in the source of `mix`."""
FEW = 100
"""Below so many scores a crowd cannot be told from what fits: then whatever is ABOVE it counts, and always the best."""
ABOVE = 2.0
CHANCE = 0.3
"""Of what stands out, at most this share is expected to be of the crowd."""
FLOOR = 1e-3
"""Cosines that differ by less do not differ: so much half precision loses."""


@dataclass(frozen=True, slots=True, eq=False)
class Listed:
    """One ranking: `ids` int64 `(n,)`, best first, none twice. Rankings of one `voice` say the same thing, and of them
    only the better place counts; `weight` is how much the voice is worth. `merits (n,)`, in deviations, decide between
    ids of equal score; without them it is known for certain."""

    ids: I64
    voice: str
    weight: float = 1.0
    merits: F32 | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Mixed:
    """`ids` int64 `(n,)`, best first, with `scores` float32 `(n,)`; `places` int64 `(lists, n)` from 0, else -1."""

    ids: I64
    scores: F32
    places: I64


def deviations(scores: F32) -> F32:
    """How far each of `n` scores lies above the crowd, in deviations of the crowd, float32 `(n,)`.

    The crowd is the lower half of the scores: what fits a query makes only the upper half wider. Its middle is the
    median, its deviation the root mean square of the distances from there downwards. Source: Efron 2004, "Large-scale
    simultaneous hypothesis testing: the choice of a null hypothesis".
    """
    if not len(scores):
        return np.zeros(0, np.float32)
    away = np.asarray(scores - np.median(scores), np.float32)
    below = away[away < 0]
    spread = float(np.sqrt(np.mean(np.square(below), dtype=np.float64))) if len(below) else 0.0
    return away / np.float32(max(spread, FLOOR))


def standing_out(scores: F32, most: int, among: Bool | None = None) -> tuple[I64, F32]:
    """The places of the scores that stand out of the crowd, best first, at most `most`, and by how many deviations.

    `scores (n,)` are all of one query; `among (n,)` says which of them are asked for (all, when left out). From the
    best downwards they are taken while chance would give at most CHANCE of them. Source: Benjamini & Hochberg 1995,
    "Controlling the false discovery rate".
    """
    asked = np.arange(len(scores)) if among is None else np.flatnonzero(among)
    if not len(asked) or most < 1:
        return np.zeros(0, np.int64), np.zeros(0, np.float32)
    above = deviations(scores)
    best = highest(scores, asked, most)
    if len(scores) < FEW:
        best = best[(above[best] >= ABOVE) | (scores[best] >= scores.max() - FLOOR)]
        return best, above[best]
    best = best[: beyond_chance(above[best], len(asked))]
    return best, above[best]


def beyond_chance(merits: F32, asked: int) -> int:
    """How many of the best, by how many deviations they stand out of `asked` scores, chance would hardly give; 0: none.

    `merits (n,)` fall.
    """
    expected = asked * ndtr(-merits.astype(np.float64))
    within = np.flatnonzero(expected <= CHANCE * np.arange(1, len(merits) + 1))
    return int(within[-1]) + 1 if len(within) else 0


def mix(lists: Sequence[Listed], most: int) -> Mixed:
    """One ranking of all that is in any of `lists`, at most `most` long.

    An id's score is the sum over the voices of weight / (K + place); of equal ones, that comes first which stands out
    most, then that of the earlier list. Source: Cormack, Clarke & Büttcher 2009, "Reciprocal rank fusion outperforms
    Condorcet and individual rank learning methods"; weights and voices are ours.
    """
    every = np.unique(np.concatenate([np.zeros(0, np.int64), *(one.ids for one in lists)]))
    places = np.full((len(lists), len(every)), -1, np.int64)
    merits = np.full(len(every), -np.inf)
    worth = {one.voice: np.zeros(len(every)) for one in lists}
    for row, one in enumerate(lists):
        at = np.searchsorted(every, one.ids)
        places[row, at] = np.arange(len(at))
        merits[at] = np.inf if one.merits is None else np.maximum(merits[at], one.merits)
        voice = worth[one.voice]
        voice[at] = np.maximum(voice[at], one.weight / (K + 1.0 + np.arange(len(at))))
    total = sum(worth.values(), np.zeros(len(every)))
    first = (places >= 0).argmax(axis=0) if lists else np.zeros(0, np.int64)
    order = np.lexsort((every, first, -merits, -total))[:most]
    return Mixed(every[order], total[order].astype(np.float32), places[:, order])


def highest(scores: F32, among: I64, most: int) -> I64:
    """The places of the highest scores among some places, best first, at most `most`; of equal ones the first."""
    count = min(most, len(among))
    if count < len(among):
        # Partitioned first: sorting everything would take longer than comparing the vectors did.
        limit = np.partition(scores[among], len(among) - count)[len(among) - count]
        among = among[scores[among] >= limit]
    return np.asarray(among[np.lexsort((among, -scores[among]))][:count], np.int64)
