"""A simulated evening of radio: five seed labels, then track after track with feedback after each.

Only what the listener really rated is played where ratings are explicit (nobody knows what they would have said of
the rest); where people only show likes the whole catalogue may be played and what they did not show is a skip. The
same artist is at least five tracks apart and at most three times among the last fifty; nothing is played twice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from models import metrics
from models.baselines.base import LIKED_FROM, Recommender
from models.evaluation.audience import Audience, Listener
from models.evaluation.measure import NAN, Measured
from models.taste import Labels
from models.types import F32, I64, Bool

SEEDS = 5
TRACKS = 50
SPARE = 20
"""Ratings beyond seeds and tracks that a listener must have: a radio needs something to choose from."""
GAP, MOST, WINDOW = 5, 3, 50
RADIO_METRICS = ("hits", "lift", "first10", "last10", "streak", "diversity", "gap")
"""`hits` share of the tracks; `gap` the least distance between two tracks of one artist (nan: none twice)."""

Ranking = Callable[[Labels], F32]
"""From the labels so far to scores of the whole catalogue."""


@dataclass(frozen=True, slots=True, eq=False)
class Evening:
    """What one listener can be played: `seeds` (rows), `pool (N,)` and `truth (N,)` targets."""

    seeds: I64
    pool: Bool
    truth: F32

    @property
    def base(self) -> float:
        """Share of likes in the pool."""
        return float((self.truth[self.pool] >= LIKED_FROM).mean())


@dataclass(frozen=True, slots=True, eq=False)
class Session:
    """The rows played, in order, and which of them were liked."""

    rows: I64
    hits: Bool


def evening(audience: Audience, listener: Listener, seed: int, tracks: int = TRACKS) -> Evening | None:
    """Draw the seeds; None where the listener has rated too little."""
    needed = SEEDS + SPARE if audience.implicit else SEEDS + tracks + SPARE
    if len(listener.rows) < needed:
        return None
    seeds = np.random.default_rng(seed).permutation(listener.rows)[:SEEDS]
    pool = np.ones(len(audience.features), bool) if audience.implicit else np.zeros(len(audience.features), bool)
    truth = np.zeros(len(audience.features), np.float32)
    pool[listener.rows], truth[listener.rows] = True, listener.targets
    pool[seeds] = False
    return Evening(seeds, pool, truth)


def play(tonight: Evening, artists: I64, ranking: Ranking, tracks: int = TRACKS) -> Session:
    """Play the best of what spacing allows, hear what the listener says, and learn it before the next."""
    open_ = tonight.pool.copy()
    heard = [int(row) for row in tonight.seeds]
    played: list[int] = []
    while len(played) < tracks and open_.any():
        rows = np.array(heard, np.int64)
        labels = Labels(rows, tonight.truth[rows], np.ones(len(rows), np.float32), np.zeros(len(rows), np.float32))
        free = np.flatnonzero(_spaced(open_, artists, played))
        best = int(free[int(ranking(labels)[free].argmax())])
        open_[best] = False
        heard.append(best)
        played.append(best)
    chosen = np.array(played, np.int64)
    return Session(chosen, tonight.truth[chosen] >= LIKED_FROM)


def by(method: Recommender, features: F32) -> Ranking:
    """The ranking of a recommender that learns anew after every track. Raises ValueError if it is not finite."""

    def ranking(labels: Labels) -> F32:
        values = method.fit(features, labels).predict(features).ranking
        if not np.isfinite(values).all():
            raise ValueError(f"{method.name}: scores that are no numbers")
        return values

    return ranking


def measure_session(session: Session, tonight: Evening, audience: Audience) -> Measured:
    """The values of RADIO_METRICS; the hits, 0 or 1 track by track, stand where a ranking has its top."""
    hits, base = session.hits, tonight.base
    share = float(hits.mean()) if len(hits) else NAN
    return Measured(
        (
            share,
            share / base if base > 0 else NAN,
            float(hits[:10].mean()) if len(hits) else NAN,
            float(hits[-10:].mean()) if len(hits) else NAN,
            float(longest_streak(~hits)),
            metrics.diversity(audience.features[session.rows]),
            nearest_repeat(audience.artist_codes()[session.rows]),
        ),
        tuple(int(hit) for hit in hits),
    )


def longest_streak(marked: Bool) -> int:
    """Length of the longest run of True."""
    longest = run = 0
    for mark in marked:
        run = run + 1 if mark else 0
        longest = max(longest, run)
    return longest


def nearest_repeat(codes: I64) -> float:
    """The least distance between two places with the same known artist; nan where none comes twice."""
    last: dict[int, int] = {}
    nearest: list[int] = []
    for place, code in enumerate(codes.tolist()):
        if code >= 0 and code in last:
            nearest.append(place - last[code])
        last[code] = place
    return float(min(nearest)) if nearest else NAN


def _spaced(open_: Bool, artists: I64, played: Sequence[int]) -> Bool:
    """What may be played next; the rules are relaxed one by one where nothing would be left."""
    codes = artists[np.array(played, np.int64)] if played else np.zeros(0, np.int64)
    recent = codes[-(GAP - 1) :]
    apart = open_ & ~np.isin(artists, recent[recent >= 0])
    window = codes[-(WINDOW - 1) :]
    names, counts = np.unique(window[window >= 0], return_counts=True)
    strict = apart & ~np.isin(artists, names[counts >= MOST])
    if strict.any():
        return strict
    return apart if apart.any() else open_
