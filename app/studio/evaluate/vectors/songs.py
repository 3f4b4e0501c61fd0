"""Sentences against weighted features on songs: what each says is near, and how its clusters differ.

Called by `vectors_lab.py`. The table has artists, eleven figures of sound, lengths and streams, but no titles: what a
sentence can say is the artist's name and kind of album, or the figures put into words.
"""

from __future__ import annotations

import csv
from bisect import bisect
from collections.abc import Sequence
from dataclasses import dataclass
from io import StringIO
from itertools import combinations
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata
from sklearn.metrics import adjusted_rand_score

from app.studio.evaluate.vectors.clusters import CLUSTERS, k_means, silhouette
from app.studio.evaluate.vectors.findings import Agreement, Near, SongViews, View
from app.studio.evaluate.vectors.sets import TextEncoder, VectorSet, read
from models.evaluation.indexes import nearest, overlap, same_label, unit
from models.types import F32, I64

WEIGHTS = {
    "Energy": 1.0,
    "Acousticness": 1.0,
    "Danceability": 1.0,
    "Valence": 1.0,
    "Instrumentalness": 1.0,
    "Speechiness": 0.7,
    "Tempo": 0.7,
    "Loudness": 0.5,
    "Liveness": 0.3,
    "Duration_ms": 0.3,
    "Stream": 0.3,
    "Key": 0.2,
}
"""By judgement, not fitted: what one hears at once counts most; the key is a circle and counts least."""

_KEYS = ("C", "C sharp", "D", "E flat", "E", "F", "F sharp", "G", "A flat", "A", "B flat", "B")
_WORDS = {
    "Energy": ((0.2, 0.4, 0.6, 0.8), ("very calm", "calm", "moderate", "energetic", "very energetic")),
    "Danceability": ((0.35, 0.5, 0.65, 0.8), ("not danceable", "hardly danceable", "", "danceable", "very danceable")),
    "Valence": ((0.2, 0.4, 0.6, 0.8), ("very sad", "sad", "", "cheerful", "very cheerful")),
    "Acousticness": ((0.05, 0.3, 0.7), ("electric", "mostly electric", "partly acoustic", "acoustic")),
    "Tempo": ((80, 100, 125, 150), ("very slow", "slow", "mid-tempo", "fast", "very fast")),
    "Speechiness": ((0.1, 0.33), ("", "with spoken parts", "spoken or rapped")),
    "Instrumentalness": ((0.1, 0.5), ("sung", "partly instrumental", "instrumental")),
    "Liveness": ((0.6,), ("", "played live")),
    "Loudness": ((-14, -4), ("quiet", "", "loud")),
    "Stream": ((3e6, 3e8), ("little known", "", "a hit")),
}
"""Words for what a figure lies between, by the sound of it: a column's cuts and one word more."""
_RANKED = ("Loudness", "Tempo", "Duration_ms", "Stream")
"""Figures without a scale of 0..1 count by their rank; the others are Spotify's own shares."""
_LIFT = 3.0
"""A constant coordinate beside the figures makes the angle between two songs nearly proportional to their distance."""
_KINDS = {"album": "Album track", "single": "Single", "compilation": "Track of a compilation"}


@dataclass(frozen=True, slots=True, eq=False)
class Songs:
    """Songs as `figures (n, 12)` by column of WEIGHTS as the table has them, artists and kinds of album `(n,)`."""

    figures: NDArray[np.float64]
    artists: NDArray[np.str_]
    kinds: tuple[str, ...]

    def figure(self, name: str) -> NDArray[np.float64]:
        """One column `(n,)`."""
        return self.figures[:, list(WEIGHTS).index(name)]

    def described(self, row: int) -> str:
        """The figures of one song in words."""
        words = [told[bisect(cuts, self.figure(name)[row])] for name, (cuts, told) in _WORDS.items()]
        key = _KEYS[int(self.figure("Key")[row]) % 12]
        return f"{_KINDS.get(self.kinds[row], 'Song')}: {', '.join(word for word in words if word)}, in {key}"


def songs(folder: Path, size: int, seed: int = 0) -> Songs:
    """The songs of whole artists, about `size` (0: all): a sample of single songs would have no neighbours left.

    Rows with a figure missing are left out. Raises BowerbirdError where the table is not in `folder`.
    """
    table = csv.DictReader(StringIO(read(folder / "Spotify_Youtube_reduced.csv", "utf-8")))
    rows = [row for row in table if all(row[name] for name in WEIGHTS)]
    if size and size < len(rows):
        artists = np.unique([row["Artist"] for row in rows])
        chosen: set[str] = set()
        order = np.random.default_rng(seed).permutation(artists)
        counts = dict(zip(*np.unique([row["Artist"] for row in rows], return_counts=True), strict=True))
        total = 0
        for artist in order:
            if total >= size:
                break
            chosen.add(str(artist))
            total += counts[artist]
        rows = [row for row in rows if row["Artist"] in chosen]
    figures = np.array([[float(row[name]) for name in WEIGHTS] for row in rows])
    return Songs(figures, np.array([row["Artist"] for row in rows]), tuple(row["Album_type"] for row in rows))


def weighted(table: Songs, weights: Sequence[float]) -> F32:
    """Unit rows `(n, 14)`: figures about their mean times `weights`, the key as a point on a circle, and a constant."""
    columns: list[NDArray[np.floating]] = [np.full(len(table.artists), _LIFT)]
    for name, weight in zip(WEIGHTS, weights, strict=True):
        figure = table.figure(name)
        if name == "Key":
            turn = 2 * np.pi * figure / 12
            columns += [weight * np.cos(turn) / 2, weight * np.sin(turn) / 2]
            continue
        scaled = (rankdata(figure) - 0.5) / len(figure) if name in _RANKED else figure
        columns.append(weight * (scaled - scaled.mean()))
    return unit(np.stack(columns, axis=1).astype(np.float32))


def spaces(table: Songs, encoder: TextEncoder, encoder_name: str) -> tuple[VectorSet, ...]:
    """Four views of the same songs, as vector sets with the artists as labels; the first is the weighted features."""
    count = len(table.artists)
    named = [f"{artist}, {kind}" for artist, kind in zip(table.artists, table.kinds, strict=True)]
    told = [table.described(row) for row in range(count)]
    titles = tuple(f"{artist}: {words}" for artist, words in zip(table.artists, told, strict=True))
    even = [1.0] * len(WEIGHTS)
    made = (
        ("weighted features", "twelve figures, weighted", weighted(table, list(WEIGHTS.values()))),
        ("plain features", "twelve figures, all alike", weighted(table, even)),
        ("sentence: name", f"artist and kind of album by {encoder_name}", encoder.encode(named)),
        ("sentence: described", f"the figures in words by {encoder_name}", encoder.encode(told)),
    )
    old = np.arange(count) < max(1, count // 10)
    return tuple(
        VectorSet(name, sort, vectors, "artist", table.artists, titles, old, np.ones(count, np.float32))
        for name, sort, vectors in made
    )


def compare(
    views: tuple[VectorSet, ...], encoder_name: str, *, k: int = 10, count: int = CLUSTERS, seed: int = 0
) -> SongViews:
    """How far the views agree: neighbours and clusters of each, and of each pair, on all songs."""
    artists = views[0].labels
    others = {view.name: _others(view.vectors, k) for view in views}
    found = {view.name: k_means(view.vectors, count, seed) for view in views}
    told = tuple(
        View(
            view.name,
            view.sort,
            same_label(others[view.name], artists),
            silhouette(view.vectors, found[view.name], seed),
        )
        for view in views
    )
    agreements = tuple(
        Agreement(
            one.name,
            two.name,
            float(adjusted_rand_score(found[one.name], found[two.name])),
            overlap(others[one.name], others[two.name]),
        )
        for one, two in combinations(views, 2)
    )
    songs_of = np.unique(artists, return_counts=True)[1]
    total = len(artists)
    asked = np.random.default_rng(seed).permutation(total)[:4]
    return SongViews(
        songs=total,
        artists=len(songs_of),
        clusters=count,
        k=k,
        encoder=encoder_name,
        views=told,
        agreements=agreements,
        chance_overlap=others[views[0].name].shape[1] / (total - 1),
        chance_artist=float((songs_of * (songs_of - 1)).sum() / (total * (total - 1))),
        near=tuple(_near(views, others, int(row)) for row in asked),
    )


def _near(views: tuple[VectorSet, ...], others: dict[str, I64], row: int) -> Near:
    shown = tuple((view.name, tuple(view.titles[place] for place in others[view.name][row, :3])) for view in views)
    return Near(views[0].titles[row], shown)


def _others(vectors: F32, k: int) -> I64:
    """The k nearest other rows of each row `(n, k)`.

    Rows that are equal are in no order; a fixed random one is taken, or the table's order, in which an artist's songs
    stand together, would decide.
    """
    order = np.random.default_rng(0).permutation(len(vectors))
    shuffled = vectors[order]
    k = min(k, len(vectors) - 1)
    found = np.zeros((len(vectors), k), np.int64)
    for start in range(0, len(vectors), 500):
        part = np.arange(start, min(start + 500, len(vectors)))
        near = nearest(shuffled, shuffled[part], k + 1)[0]
        # The row itself is among them unless more than k others equal it: then the last one goes.
        mine = near == part[:, None]
        mine[~mine.any(axis=1), -1] = True
        found[order[part]] = order[near[~mine].reshape(len(part), k)]
    return found
