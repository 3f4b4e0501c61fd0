"""Sentences against weighted features on songs: what each says is near, and how its clusters differ.

Called by `vectors_lab.py`. The table has artists, eleven figures of sound, lengths and streams, but no titles: what a
sentence can say is the artist's name and kind of album, or the figures put into words.
"""

from __future__ import annotations

import csv
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
    "Energy": ("very calm", "calm", "moderate", "energetic", "very energetic"),
    "Danceability": ("not danceable", "hardly danceable", "somewhat danceable", "danceable", "very danceable"),
    "Valence": ("very sad", "sad", "neutral in mood", "cheerful", "very cheerful"),
    "Acousticness": ("electronic", "mostly electronic", "partly acoustic", "acoustic", "purely acoustic"),
    "Tempo": ("very slow", "slow", "mid-tempo", "fast", "very fast"),
    "Speechiness": ("", "", "", "with spoken parts", "spoken or rapped"),
    "Instrumentalness": ("sung", "sung", "sung", "partly instrumental", "instrumental"),
    "Loudness": ("quiet", "", "", "", "loud"),
    "Stream": ("obscure", "", "", "popular", "a hit"),
}


@dataclass(frozen=True, slots=True, eq=False)
class Songs:
    """Songs as figures: `ranks (n, 12)` in 0..1 by column of WEIGHTS, keys `(n,)` 0..11, artists, kinds of album."""

    ranks: F32
    keys: I64
    artists: NDArray[np.str_]
    kinds: tuple[str, ...]

    def described(self, row: int) -> str:
        """The figures in words: fifths of each column."""
        fifth = np.minimum((self.ranks[row] * 5).astype(int), 4)
        words = [_WORDS[name][fifth[column]] for column, name in enumerate(WEIGHTS) if name in _WORDS]
        return f"A {self.kinds[row]} song, {', '.join(word for word in words if word)}, in {_KEYS[self.keys[row]]}"


def songs(folder: Path, size: int, seed: int = 0) -> Songs:
    """The songs of whole artists, about `size` (0: all): a sample of single songs would have no neighbours left.

    Each figure is its rank among the songs, ties at their mean, because most are far from normal. Rows with a figure
    missing are left out. Raises BowerbirdError where the table is not in `folder`.
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
    ranks = ((rankdata(figures, axis=0) - 0.5) / len(rows)).astype(np.float32)
    return Songs(
        ranks,
        figures[:, list(WEIGHTS).index("Key")].astype(np.int64) % 12,
        np.array([row["Artist"] for row in rows]),
        tuple(row["Album_type"] or "single" for row in rows),
    )


def weighted(table: Songs, weights: Sequence[float]) -> F32:
    """Unit rows `(n, 13)`: ranks about 0 times their weights, the key as a point on a circle, in their place."""
    columns: list[NDArray[np.floating]] = []
    for column, (name, weight) in enumerate(zip(WEIGHTS, weights, strict=True)):
        if name == "Key":
            turn = 2 * np.pi * table.keys / 12
            columns += [weight * np.cos(turn) / 2, weight * np.sin(turn) / 2]
        else:
            columns.append(weight * (table.ranks[:, column] - 0.5))
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
