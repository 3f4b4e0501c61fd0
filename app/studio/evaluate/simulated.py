"""Listeners with a hidden taste, on material whose terms allow learning from it.

What suits these decides the shipped defaults of the taste network (see `TasteSettings`). A hidden taste is a
few interests around real songs, in a space of audio features or in the sound of a library, some loyalty to artists, a
general leaning, and noise; it may drift. Called by the commands of this package and by tests.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
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
    `artists (N,)` as tastes see it.
    """

    features: F32
    hidden: F32
    artists: I64


@dataclass(frozen=True, slots=True)
class World:
    """How listeners are drawn: `implicit` ones only show likes; `drift` moves the interests over `days`."""

    users: int = 60
    labels: int = 120
    implicit: bool = False
    drift: float = 0.0
    days: float = 0.0


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
    return Songs(Basis.fit(blocks, seed=seed).project(blocks), hidden, artists.astype(np.int64))


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
    """Draw `world.users` listeners with `world.labels` labels each, in the order they were given."""
    made = tuple(_listener(songs, world, np.random.default_rng((seed, number))) for number in range(world.users))
    name = "simulated likes" if world.implicit else "simulated stars"
    return Audience(name, songs.features, made, world.implicit)


def _listener(songs: Songs, world: World, rng: np.random.Generator) -> Listener:
    before, after = _utility(songs, rng), _utility(songs, rng)
    moment = np.linspace(0.0, 1.0, world.labels)
    if world.implicit:
        liked = np.argsort(-(before + 0.5 * rng.normal(size=len(before))), kind="stable")
        rows = rng.permutation(liked[: 2 * world.labels])[: world.labels].astype(np.int64)
        return Listener(rows, np.ones(len(rows), np.float32), (moment * world.days).astype(np.float32))
    rows = rng.choice(len(before), world.labels, replace=False).astype(np.int64)
    mix = np.clip(world.drift * moment, 0, 1)
    felt = (1 - mix) * before[rows] + mix * after[rows] + rng.uniform(0.3, 0.8) * rng.normal(size=len(rows))
    cuts = np.quantile(before, (0.15, 0.4, 0.65, 0.88)) + 0.4 * rng.normal()
    stars = np.searchsorted(cuts, felt)
    return Listener(rows, (stars / 4).astype(np.float32), (moment * world.days).astype(np.float32))


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
