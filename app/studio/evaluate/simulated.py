"""Listeners with a hidden taste, on material whose terms allow learning from it.

What suits these decides the shipped defaults of the taste network (see `TasteSettings`). A hidden taste is a
few interests around real songs, in a space of audio features or in the sound of a library, some loyalty to artists, a
general leaning, and noise; it may drift. Most listeners of a world rate what comes; in another they choose what they
hear, by how well known it is and by what they like, as people do. Called by the commands of this package and by tests.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from sklearn.decomposition import PCA
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.preprocessing import QuantileTransformer

from models.evaluation.audience import Audience, Listener
from models.features import Basis, Block
from models.types import F32, I64

AUDIO = (
    "Danceability",
    "Energy",
    "Loudness",
    "Speechiness",
    "Acousticness",
    "Instrumentalness",
    "Liveness",
    "Valence",
    "Tempo",
)


@dataclass(frozen=True, slots=True, eq=False)
class Songs:
    """A catalogue to be simulated on: `features (N, p)` as the network sees it, `hidden (N, h)` and
    `artists (N,)` as tastes see it; `fame (N,)` from -1 to 3, how well known each is, empty where that is unknown.
    """

    features: F32
    hidden: F32
    artists: I64
    fame: F32 = field(default_factory=lambda: np.zeros(0, np.float32))


@dataclass(frozen=True, slots=True)
class World:
    """How listeners are drawn: `implicit` ones only show likes; `choosy` ones rate what they chose to hear; `drift`
    moves the interests over `days`.
    """

    users: int = 60
    labels: int = 120
    implicit: bool = False
    drift: float = 0.0
    days: float = 0.0
    choosy: bool = False


def spotify_songs(folder: Path, *, count: int = 6_000, seed: int = 0) -> Songs:
    """Songs of the CC0 table of Spotify's audio features: sound (nine figures) and words (artist, album
    type).
    """
    with (folder / "Spotify_Youtube_reduced.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if all(row[name] for name in AUDIO)]
    chosen = np.sort(np.random.default_rng(seed).permutation(len(rows))[:count])
    rows = [rows[int(place)] for place in chosen]
    raw = np.array([[float(row[name]) for name in AUDIO] for row in rows])
    hidden = QuantileTransformer(
        n_quantiles=min(1_000, len(raw)), output_distribution="normal", random_state=seed
    ).fit_transform(raw)
    hidden = np.clip(hidden, -2.5, 2.5).astype(np.float32)
    _, artists = np.unique([row["Artist"] for row in rows], return_inverse=True)
    words = [f"{row['Artist']} {row['Album_type']}" for row in rows]
    hashed = HashingVectorizer(n_features=512, alternate_sign=False).transform(words).toarray()
    # An encoder does not hear the nine figures themselves but a crumpled image of them.
    rng = np.random.default_rng(seed + 1)
    mixing = rng.normal(size=(hidden.shape[1], 128)) / 3.0
    heard = np.tanh(hidden @ mixing + 0.3 * rng.normal(size=128)) + 0.3 * rng.normal(size=(len(rows), 128))
    every = np.ones(len(rows), bool)
    blocks = [
        Block("audio", heard.astype(np.float32), every),
        Block("text", hashed.astype(np.float32), every),
    ]
    features = Basis.fit(blocks, seed=seed).project(blocks)
    return Songs(features, hidden, artists.astype(np.int64), _fame([float(row["Stream"] or 0) for row in rows]))


def _fame(streams: Sequence[float]) -> F32:
    """Ranks of streams as a few very well known songs among many: exponential, mean about 0."""
    share = np.argsort(np.argsort(streams, kind="stable"), kind="stable") / max(1, len(streams))
    return np.clip(-np.log1p(-0.999 * share) - 1.0, -1.0, 3.0).astype(np.float32)


def library_songs(sound: tuple[I64, F32], others: Sequence[tuple[str, I64, F32]] = (), *, seed: int = 0) -> Songs:
    """Items of a real library by the vectors encoders gave them; tastes hide in what the sound differs by most.

    `sound` ids `(n,)` and vectors `(n, d)`, as `Vectors.matrix` gives; `others` name, ids and vectors of further
    spaces, which the network sees but tastes do not. Nobody's artist is known: what loyalty there is goes to single
    items, as noise. Raises ValueError for fewer than 20 items.
    """
    ids, vectors = sound
    if len(ids) < 20:
        raise ValueError(f"a library of {len(ids)} items with sound is too small to hide tastes in")
    blocks = [Block("audio", vectors, np.ones(len(ids), bool))]
    for name, known, rows in others:
        at = {int(number): row for row, number in enumerate(known)}
        present = np.array([int(number) in at for number in ids])
        filled = np.zeros((len(ids), rows.shape[1]), np.float32)
        filled[present] = rows[[at[int(number)] for number in ids[present]]]
        blocks.append(Block(name, filled, present))
    unit = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    parts = PCA(min(9, len(ids) - 1), random_state=seed).fit_transform(unit)
    hidden = QuantileTransformer(n_quantiles=len(parts), output_distribution="normal", random_state=seed).fit_transform(
        parts
    )
    hidden = np.clip(hidden, -2.5, 2.5).astype(np.float32)
    return Songs(Basis.fit(blocks, seed=seed).project(blocks), hidden, np.arange(len(ids), dtype=np.int64))


def listeners(songs: Songs, world: World, *, seed: int = 0) -> Audience:
    """Draw `world.users` listeners with `world.labels` labels each, in the order they were given.

    Raises ValueError for choosy listeners of songs whose fame is unknown.
    """
    if world.choosy and len(songs.fame) != len(songs.features):
        raise ValueError("listeners who choose need to know how well known each song is")
    made = tuple(_listener(songs, world, np.random.default_rng((seed, number))) for number in range(world.users))
    name = "simulated likes" if world.implicit else "simulated choices" if world.choosy else "simulated stars"
    return Audience(name, songs.features, made, world.implicit)


def _listener(songs: Songs, world: World, rng: np.random.Generator) -> Listener:
    before, after = _utility(songs, rng), _utility(songs, rng)
    moment = np.linspace(0.0, 1.0, world.labels)
    if world.implicit:
        liked = np.argsort(-(before + 0.5 * rng.normal(size=len(before))), kind="stable")
        rows = rng.permutation(liked[: 2 * world.labels])[: world.labels].astype(np.int64)
        return Listener(rows, np.ones(len(rows), np.float32), (moment * world.days).astype(np.float32))
    if world.choosy:
        return _choosy(songs, world, before, rng)
    rows = rng.choice(len(before), world.labels, replace=False).astype(np.int64)
    mix = np.clip(world.drift * moment, 0, 1)
    felt = (1 - mix) * before[rows] + mix * after[rows] + rng.uniform(0.3, 0.8) * rng.normal(size=len(rows))
    cuts = np.quantile(before, (0.15, 0.4, 0.65, 0.88)) + 0.4 * rng.normal()
    stars = np.searchsorted(cuts, felt)
    return Listener(rows, (stars / 4).astype(np.float32), (moment * world.days).astype(np.float32))


def _choosy(songs: Songs, world: World, taste: np.ndarray, rng: np.random.Generator) -> Listener:
    """Hears what is famous and what suits, and likes what is famous a little better for it; most ratings are good."""
    felt = taste + rng.uniform(0.0, 0.5) * songs.fame
    felt = (felt - felt.mean()) / felt.std()
    drawn = rng.uniform(0.5, 1.5) * songs.fame + rng.uniform(0.3, 1.2) * taste + rng.gumbel(size=len(taste))
    rows = rng.permutation(np.argsort(-drawn, kind="stable")[: world.labels]).astype(np.int64)
    felt = felt[rows] + rng.uniform(0.3, 0.8) * rng.normal(size=len(rows))
    cuts = np.quantile(felt, (0.07, 0.2, 0.45, 0.8)) + 0.2 * rng.normal()
    days = (np.linspace(0.0, 1.0, len(rows)) * world.days).astype(np.float32)
    return Listener(rows, (np.searchsorted(cuts, felt) / 4).astype(np.float32), days)


def _utility(songs: Songs, rng: np.random.Generator) -> np.ndarray:
    """One hidden taste over all songs, mean 0 and deviation 1."""
    hidden = songs.hidden.astype(np.float64)
    centres = hidden[rng.choice(len(hidden), rng.integers(1, 6), replace=False)]
    width = rng.uniform(0.8, 2.2)
    distance = np.square(hidden[:, None, :] - centres).sum(2)
    strength = rng.uniform(0.5, 1.5, len(centres))
    interests = (strength * np.exp(-distance / (2 * width**2))).max(1)
    direction = rng.normal(size=hidden.shape[1])
    leaning = hidden @ (direction / np.linalg.norm(direction))
    loyalty = rng.normal(size=songs.artists.max() + 1)[songs.artists]
    parts = (interests, leaning, loyalty)
    shares = (1.0, rng.uniform(0.0, 0.7), rng.uniform(0.2, 0.7))
    total = sum(share * (part - part.mean()) / part.std() for share, part in zip(shares, parts, strict=True))
    return np.asarray((total - total.mean()) / total.std())
