"""From scores to a list somebody wants to hear: diversity, spacing, recency, exploration, duplicates.

Pure functions over arrays, one element for each candidate; they return row numbers, best first. Called by the
studio's recommender (For You, radio, similar) and the laboratory. The formulas, with s the discovery score in
standard deviations over the library:

    appeal      s + explore * deviation / 0.3 - penalty
    penalty     REPEAT * 0.5 ** (days since played / REPEAT_DAYS)
                + SKIP * 0.5 ** (days since skipped / SKIP_DAYS)
    next pick   argmax of (1 - diversity) * appeal - diversity * SPAN * max cosine to what is already picked
    spacing     an artist again only `gap` picks later, and at most `most` times within the last `window`
    duplicate   a candidate whose cosine to a pick is at least DUPLICATE
    ties        in an order drawn from the seed, so that a library without labels does not open with one album
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from models.types import F32, I64, Bool

REPEAT, REPEAT_DAYS = 2.0, 7.0
SKIP, SKIP_DAYS = 1.5, 14.0
SPAN = 3.0
"""Brings a cosine to the scale of appeal: the best pick lies about three deviations above the average."""
DUPLICATE = 0.985
POOL = 600
"""Candidates looked at by the diversity step; what is not among the best 600 is not picked."""
UNKNOWN = -1
"""Artist code of an item without artist: never spaced."""


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """What is ranked, `n` items, all arrays of length n.

    `discovery`, `rating`, `deviation` as in `models.taste.Scores`; `features (n, p)` unit rows; `artists`
    int64 codes (-1 unknown); `played_days`, `skipped_days` since it was last played or skipped (inf =
    never); `liked` what the user said they like; `allowed` False for what must not appear (hidden, masked,
    disliked).
    """

    discovery: F32
    rating: F32
    deviation: F32
    features: F32
    artists: I64
    played_days: F32
    skipped_days: F32
    liked: Bool
    allowed: Bool

    def __post_init__(self) -> None:
        n = len(self.discovery)
        columns = (self.rating, self.deviation, self.artists, self.played_days)
        if any(len(column) != n for column in (*columns, self.skipped_days, self.liked, self.allowed)):
            raise ValueError("candidates: columns of different lengths")
        if self.features.ndim != 2 or len(self.features) != n:
            raise ValueError("candidates: features do not fit")


@dataclass(frozen=True, slots=True)
class Spacing:
    """The same artist at least `gap` picks apart and at most `most` times in `window` picks."""

    gap: int = 5
    most: int = 3
    window: int = 50


@dataclass(frozen=True, slots=True)
class RankSettings:
    """`diversity` of MMR (Carbonell & Goldstein 1998), `explore` of the upper confidence bound, `spacing`,
    and the `seed` that orders ties.
    """

    diversity: float = 0.2
    explore: float = 0.1
    spacing: Spacing = Spacing()
    seed: int = 0


def penalty(played_days: F32, skipped_days: F32) -> F32:
    """What recent play and recent skips take from the appeal, in standard deviations of the score, `(n,)`."""
    played = REPEAT * np.exp2(-np.maximum(played_days, 0) / REPEAT_DAYS)
    skipped = SKIP * np.exp2(-np.maximum(skipped_days, 0) / SKIP_DAYS)
    return np.asarray(played + skipped, np.float32)


def appeal(candidates: Candidates, settings: RankSettings) -> F32:
    """Discovery score with exploration and penalties, `(n,)`; minus infinity where not allowed."""
    ties = np.random.default_rng(settings.seed).random(len(candidates.discovery), np.float32)
    values = candidates.discovery + settings.explore * candidates.deviation / 0.3 + 1e-4 * ties
    values = values - penalty(candidates.played_days, candidates.skipped_days)
    return np.where(candidates.allowed, values, -np.inf).astype(np.float32)


def pick(
    values: F32,
    features: F32,
    artists: I64,
    count: int,
    *,
    settings: RankSettings,
    before: I64 | None = None,
) -> I64:
    """Rows of up to `count` picks by `values (n,)` under diversity, spacing and without duplicates.

    `before` are rows already chosen or heard, oldest first: they are not picked again, and spacing and
    duplicates look back at them. Where spacing leaves nothing, it is relaxed rather than a shorter list given
    (nobody with one artist wants an empty page): first the count in the window, then the gap. Ties go to the
    lower row.
    """
    heard = np.zeros(0, np.int64) if before is None else before
    usable = np.isfinite(values)
    usable[heard] = False
    pool = _best(np.where(usable, values, -np.inf), max(POOL, 4 * count))
    if not len(pool) or count <= 0:
        return np.zeros(0, np.int64)
    rows, codes = features[pool], artists[pool]
    likeness = np.full(len(pool), -1.0, np.float32)
    if len(heard):
        likeness = (rows @ features[heard].T).max(1)
    open_ = likeness < DUPLICATE
    # Only what is picked now diversifies: a radio should stay near what was heard.
    crowding = np.zeros(len(pool), np.float32)
    history = artists[heard].tolist()
    chosen: list[int] = []
    while len(chosen) < count and open_.any():
        gain = (1 - settings.diversity) * values[pool] - settings.diversity * SPAN * crowding
        free = _spaced(codes, history, settings.spacing, open_)
        best = int(np.where(free, gain, -np.inf).argmax())
        chosen.append(int(pool[best]))
        history.append(int(codes[best]))
        closeness = rows @ rows[best]
        crowding = closeness if len(chosen) == 1 else np.maximum(crowding, closeness)
        open_ &= closeness < DUPLICATE
        open_[best] = False
    return np.asarray(chosen, np.int64)


def you_will_love(candidates: Candidates, count: int, settings: RankSettings | None = None) -> I64:
    """The best unheard-of-late picks: not yet liked, highest appeal."""
    settings = settings or RankSettings()
    values = np.where(candidates.liked, -np.inf, appeal(candidates, settings)).astype(np.float32)
    return pick(values, candidates.features, candidates.artists, count, settings=settings)


def something_different(
    candidates: Candidates,
    count: int,
    *,
    adventure: float = 0.5,
    settings: RankSettings | None = None,
) -> I64:
    """Picks away from what is liked, yet promising. `adventure` in [0, 1]: 0 near home, 1 far out.

    (1 - 0.7 adventure) appeal + 2 adventure * distance to the nearest like + adventure * uncertainty, the
    last two in standard deviations, over the better half of the library (at adventure 1: the better 80 %).
    """
    settings = settings or RankSettings()
    adventure = min(max(adventure, 0.0), 1.0)
    base = appeal(candidates, settings)
    open_ = np.isfinite(base) & ~candidates.liked
    if not open_.any():
        return np.zeros(0, np.int64)
    floor = np.quantile(base[open_], 0.5 - 0.3 * adventure)
    distance = _standard(1.0 - nearest_like(candidates.features, candidates.liked), open_)
    doubt = _standard(candidates.deviation, open_)
    values = (1 - 0.7 * adventure) * base + adventure * (2.0 * distance + doubt)
    values = np.where(open_ & (base >= floor), values, -np.inf).astype(np.float32)
    return pick(values, candidates.features, candidates.artists, count, settings=settings)


def forgotten_favourites(
    candidates: Candidates, count: int, *, after_days: float = 60.0, settings: RankSettings | None = None
) -> I64:
    """Liked, or rated highly by prediction and once played, and not played for `after_days`.

    Value: rating (1 for a like) + 0.25 log2(1 + days / after_days), days capped at eight times
    `after_days`. An item never played counts only when it is liked (a like imported from tags).
    """
    settings = settings or RankSettings()
    ever = np.isfinite(candidates.played_days)
    days = np.where(ever, candidates.played_days, after_days)
    days = np.minimum(days, 8 * after_days)
    promising = candidates.liked | (ever & (candidates.rating >= 0.75))
    waiting = candidates.allowed & promising & (days >= after_days)
    worth = np.where(candidates.liked, 1.0, candidates.rating) + 0.25 * np.log2(1 + days / after_days)
    values = np.where(waiting, worth, -np.inf).astype(np.float32)
    return pick(values, candidates.features, candidates.artists, count, settings=settings)


def more_like(
    candidates: Candidates,
    row: int,
    count: int,
    *,
    taste: float = 0.15,
    settings: RankSettings | None = None,
) -> I64:
    """What resembles item `row`: cosine, with a pinch (`taste`) of the discovery score to break near ties."""
    settings = settings or RankSettings(diversity=0.05)
    cosines = candidates.features @ candidates.features[row]
    open_ = candidates.allowed.copy()
    open_[row] = False
    values = _standard(cosines, open_) + taste * candidates.discovery
    values = np.asarray(np.where(open_, values, -np.inf), np.float32)
    before = np.array([row], np.int64)
    loose = replace(settings, spacing=Spacing(gap=1, most=count, window=count))
    return pick(values, candidates.features, candidates.artists, count, settings=loose, before=before)


def radio_next(candidates: Candidates, heard: I64, count: int = 5, *, settings: RankSettings | None = None) -> I64:
    """What to play next after the rows `heard` in this session, oldest first.

    Call it again with new scores after each like or skip: it keeps no state. Never repeats, keeps artists
    apart across what was heard, and stays near the last three items (0.5 per standard deviation of cosine
    to their mean) so that the radio does not jump.
    """
    settings = settings or RankSettings()
    values = appeal(candidates, settings)
    if len(heard):
        near = candidates.features @ candidates.features[heard[-3:]].mean(0)
        values = (values + 0.5 * _standard(near, np.isfinite(values))).astype(np.float32)
    return pick(values, candidates.features, candidates.artists, count, settings=settings, before=heard)


def similar(features: F32, query: F32, count: int, allowed: Bool) -> I64:
    """Plain nearest rows to `query (p,)` by cosine, for search by example; no taste, no spacing."""
    return _best(np.where(allowed, features @ query, -np.inf), count)


def nearest_like(features: F32, liked: Bool, most: int = 256) -> F32:
    """Cosine to the nearest liked item, `(n,)`, over at most `most` of them evenly spaced; 0 without
    likes.
    """
    rows = np.flatnonzero(liked)
    if not len(rows):
        return np.zeros(len(features), np.float32)
    if len(rows) > most:
        rows = rows[np.linspace(0, len(rows) - 1, most).astype(np.int64)]
    return np.asarray((features @ features[rows].T).max(1), np.float32)


def _best(values: np.ndarray, count: int) -> I64:
    """Rows of the `count` highest finite values, highest first, ties to the lower row."""
    finite = np.flatnonzero(np.isfinite(values))
    if len(finite) > count > 0:
        cut = np.partition(values[finite], len(finite) - count)[len(finite) - count]
        finite = finite[values[finite] >= cut]
    order = np.lexsort((finite, -values[finite]))[: max(count, 0)]
    return np.asarray(finite[order], np.int64)


def _spaced(codes: I64, history: list[int], spacing: Spacing, open_: Bool) -> Bool:
    """Which open candidates spacing lets through; relaxed step by step while none would be left."""
    recent = [code for code in history[-max(spacing.gap - 1, 0) :] if code != UNKNOWN] if spacing.gap > 1 else []
    window = [code for code in history[-max(spacing.window - 1, 0) :] if code != UNKNOWN]
    names, counts = np.unique(np.asarray(window, np.int64), return_counts=True)
    apart = open_ & ~np.isin(codes, recent)
    strict = apart & ~np.isin(codes, names[counts >= spacing.most])
    if strict.any():
        return strict
    return apart if apart.any() else open_


def _standard(values: np.ndarray, over: Bool) -> F32:
    """Values in standard deviations from their mean over the marked rows; 0 where they do not vary."""
    if not over.any():
        return np.zeros(len(values), np.float32)
    spread = float(values[over].std())
    if spread < 1e-9:
        return np.zeros(len(values), np.float32)
    return np.asarray((values - values[over].mean()) / spread, np.float32)
