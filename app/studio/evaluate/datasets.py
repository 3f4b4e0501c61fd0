"""Data sets of other people's ratings, read for measuring only: nothing learned on them ships.

Each loader turns files into an `Audience`: a catalogue with features and the listeners to be tested. Where
item features come from people (Last.fm's tags), the tested listeners' own tags are left out: an artist
tagged by a listener is an artist that listener plays.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer

from models.features import Basis, Block
from models.types import F32, I64


@dataclass(frozen=True, slots=True, eq=False)
class Listener:
    """One tested person: distinct catalogue `rows`, `targets` in [0, 1] and `days` (time, rising), all
    `(r,)`.
    """

    rows: I64
    targets: F32
    days: F32


@dataclass(frozen=True, slots=True, eq=False)
class Audience:
    """A catalogue `features (N, p)` and the listeners tested on it.

    `implicit`: listeners only show what they like, so whatever they did not touch counts as not liked.
    """

    name: str
    features: F32
    listeners: tuple[Listener, ...]
    implicit: bool


def movielens(folder: Path, *, users: int = 180, seed: int = 0, half: int | None = None) -> Audience:
    """MovieLens-100k: targets (stars - 1) / 4; listeners with at least 80 ratings.

    Features: genres, words of the title, and the year. `half` 0 or 1 restricts to one half of all users (by
    parity of a seeded shuffle), so that what is tuned on one can be reported on the other.
    """
    lines = (folder / "ml100k_u.item").read_text(encoding="latin-1").splitlines()
    fields = [line.split("|") for line in lines]
    names = [field[1] for field in fields]
    years = np.array([int(field[2][-4:]) if field[2] else 1995 for field in fields])
    genres = np.array([[int(mark) for mark in field[5:24]] for field in fields], np.float32)
    centres = np.arange(1920, 2001, 5)
    near_year = np.exp(-np.square((years[:, None] - centres) / 5.0)).astype(np.float32)
    every = np.ones(len(fields), bool)
    blocks = [
        Block("genres", genres, every),
        Block("title", _words([name.rsplit("(", 1)[0] for name in names]), every, 0.5),
        Block("year", near_year, every, 0.5),
    ]
    features = Basis.fit(blocks, seed=seed).project(blocks)
    table = np.loadtxt(folder / "ml100k_u.data", dtype=np.int64)
    row_of = {int(field[0]): row for row, field in enumerate(fields)}
    histories = [table[table[:, 0] == user] for user in np.unique(table[:, 0])]
    listeners = []
    for history in _choose([h for h in histories if len(h) >= 80], users, seed, half):
        ordered = history[np.argsort(history[:, 3], kind="stable")]
        rows = np.array([row_of[int(item)] for item in ordered[:, 1]], np.int64)
        days = (ordered[:, 3] / 86400.0 - ordered[0, 3] / 86400.0).astype(np.float32)
        listeners.append(Listener(rows, ((ordered[:, 2] - 1) / 4).astype(np.float32), days))
    return Audience("movielens-100k", features, tuple(listeners), implicit=False)


def lastfm(folder: Path, *, users: int = 180, seed: int = 0, half: int | None = None) -> Audience:
    """HetRec Last.fm: a like is an artist among the listener's most played; the rest of the catalogue is
    not.

    The catalogue is every artist that somebody outside the tested listeners has tagged; features are those
    tags (TF-IDF) and the words of the name. Listeners with at least 30 artists there.
    """
    plays: dict[int, list[int]] = defaultdict(list)
    for line in (folder / "lastfm_user_artists.dat").read_text(encoding="utf-8").splitlines()[1:]:
        user, artist, _count = line.split("\t")
        plays[int(user)].append(int(artist))
    candidates = [np.array([user, *artists]) for user, artists in sorted(plays.items()) if len(artists) >= 30]
    tested = _choose(candidates, users, seed, half)
    hidden = {int(history[0]) for history in tested}
    names: dict[int, str] = {}
    for line in (folder / "lastfm_artists.dat").read_text(encoding="utf-8").splitlines():
        number, name, *_ = line.split("\t")
        if number.isdigit():
            names[int(number)] = name
    tags = np.loadtxt(folder / "lastfm_user_taggedartists.dat", dtype=np.int64, skiprows=1, usecols=(0, 1, 2))
    tags = tags[~np.isin(tags[:, 0], list(hidden)) & np.isin(tags[:, 1], list(names))]
    artists, item = np.unique(tags[:, 1], return_inverse=True)
    _, tag = np.unique(tags[:, 2], return_inverse=True)
    counts = csr_matrix((np.ones(len(tags), np.float32), (item, tag)))
    weighted = TfidfTransformer(sublinear_tf=True).fit_transform(counts)
    every = np.ones(len(artists), bool)
    dense = TruncatedSVD(256, random_state=seed).fit_transform(weighted).astype(np.float32)
    blocks = [
        Block("tags", dense, every),
        Block("name", _words([names[int(artist)] for artist in artists]), every, 0.1),
    ]
    features = Basis.fit(blocks, seed=seed).project(blocks)
    row_of = {int(artist): row for row, artist in enumerate(artists)}
    listeners = []
    for history in tested:
        rows = np.array([row_of[int(a)] for a in history[1:] if int(a) in row_of], np.int64)
        if len(rows) >= 25:
            ones = np.ones(len(rows), np.float32)
            listeners.append(Listener(rows, ones, np.zeros(len(rows), np.float32)))
    return Audience("lastfm-hetrec", features, tuple(listeners), implicit=True)


def _words(texts: list[str]) -> F32:
    """Hashed words of each text, `(n, 512)`, weighted by rarity."""
    hashed = HashingVectorizer(n_features=512, alternate_sign=False, norm=None).transform(texts)
    return np.asarray(TfidfTransformer().fit_transform(hashed).toarray(), np.float32)


def _choose(histories: list[np.ndarray], users: int, seed: int, half: int | None) -> list[np.ndarray]:
    order = np.random.default_rng(seed).permutation(len(histories))
    if half is not None:
        order = order[half::2]
    return [histories[int(place)] for place in np.sort(order[:users])]
