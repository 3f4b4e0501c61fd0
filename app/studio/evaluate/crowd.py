"""People who can be each other's peers: a catalogue, everybody's labels, and who is tested with which sources.

Unlike `datasets`, which keeps the tested listeners only, this keeps everybody, since a peer may have few labels.
Called by `collaboration`; reads the same research-only files and writes nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer

from app.studio.evaluate.datasets import movielens
from models.features import Basis, Block
from models.types import F32, I64

FEWEST_TESTED = {"movielens": 80, "lastfm": 30}


@dataclass(frozen=True, slots=True, eq=False)
class Person:
    """Everything one person labelled: distinct catalogue `rows` and `targets` in [0, 1], both `(r,)`."""

    rows: I64
    targets: F32


@dataclass(frozen=True, slots=True, eq=False)
class Crowd:
    """A catalogue `features (N, p)`, all `people`, and `tested`, positions of those who are tested.

    `implicit`: people only show what they like, so whatever they did not touch counts as not liked.
    """

    name: str
    features: F32
    people: tuple[Person, ...]
    tested: tuple[int, ...]
    implicit: bool

    def sources(self, tested: int, count: int, seed: int) -> tuple[int, ...]:
        """`count` other people drawn at random for one tested person: positions in `people`."""
        others = [place for place in range(len(self.people)) if place != tested]
        drawn = np.random.default_rng((seed, tested)).choice(len(others), min(count, len(others)), replace=False)
        return tuple(others[int(place)] for place in np.sort(drawn))


def movielens_crowd(folder: Path, *, users: int, seed: int) -> Crowd:
    """All 943 people of MovieLens-100k; tested are some with at least 80 ratings. Features as `datasets.movielens`."""
    features = movielens(folder, users=1, seed=seed).features
    numbers = [line.split("|", 1)[0] for line in (folder / "ml100k_u.item").read_text("latin-1").splitlines()]
    row_of = {int(number): row for row, number in enumerate(numbers)}
    table = np.loadtxt(folder / "ml100k_u.data", dtype=np.int64)
    people = []
    for user in np.unique(table[:, 0]):
        mine = table[table[:, 0] == user]
        rows = np.array([row_of[int(item)] for item in mine[:, 1]], np.int64)
        people.append(Person(rows, ((mine[:, 2] - 1) / 4).astype(np.float32)))
    tested = _tested([len(person.rows) for person in people], FEWEST_TESTED["movielens"], users, seed)
    return Crowd("movielens-100k", features, tuple(people), tested, implicit=False)


def lastfm_crowd(folder: Path, *, users: int, seed: int) -> Crowd:
    """Everybody of HetRec Last.fm; tested are some with at least 30 artists. Features as `datasets.lastfm`.

    The tested people's own tags are left out of the features: what one tagged is what one plays.
    """
    plays: dict[int, list[int]] = defaultdict(list)
    for line in (folder / "lastfm_user_artists.dat").read_text("utf-8").splitlines()[1:]:
        user, artist, _count = line.split("\t")
        plays[int(user)].append(int(artist))
    numbers = sorted(plays)
    tested = _tested([len(plays[user]) for user in numbers], FEWEST_TESTED["lastfm"], users, seed)
    hidden = [numbers[place] for place in tested]
    names: dict[int, str] = {}
    for line in (folder / "lastfm_artists.dat").read_text("utf-8").splitlines():
        artist, name, *_ = line.split("\t")
        if artist.isdigit():
            names[int(artist)] = name
    tags = np.loadtxt(folder / "lastfm_user_taggedartists.dat", dtype=np.int64, skiprows=1, usecols=(0, 1, 2))
    tags = tags[~np.isin(tags[:, 0], hidden) & np.isin(tags[:, 1], list(names))]
    artists, item = np.unique(tags[:, 1], return_inverse=True)
    features = _lastfm_features([names[int(number)] for number in artists], item, tags[:, 2], seed)
    row_of = {int(number): row for row, number in enumerate(artists)}
    people = []
    for listener in numbers:
        rows = np.array([row_of[number] for number in plays[listener] if number in row_of], np.int64)
        people.append(Person(rows, np.ones(len(rows), np.float32)))
    kept = tuple(place for place in tested if len(people[place].rows) >= 25)
    return Crowd("lastfm-hetrec", features, tuple(people), kept, implicit=True)


def _lastfm_features(names: list[str], item: np.ndarray, tag_numbers: np.ndarray, seed: int) -> F32:
    _, tag = np.unique(tag_numbers, return_inverse=True)
    counts = csr_matrix((np.ones(len(tag), np.float32), (item, tag)))
    weighted = TfidfTransformer(sublinear_tf=True).fit_transform(counts)
    dense = TruncatedSVD(256, random_state=seed).fit_transform(weighted).astype(np.float32)
    hashed = HashingVectorizer(n_features=512, alternate_sign=False, norm=None).transform(names)
    words = np.asarray(TfidfTransformer().fit_transform(hashed).toarray(), np.float32)
    every = np.ones(len(names), bool)
    blocks = [Block("tags", dense, every), Block("name", words, every, 0.1)]
    return Basis.fit(blocks, seed=seed).project(blocks)


def _tested(counts: Sequence[int], fewest: int, users: int, seed: int) -> tuple[int, ...]:
    enough = [place for place, count in enumerate(counts) if count >= fewest]
    drawn = np.random.default_rng(seed).permutation(len(enough))[:users]
    return tuple(enough[int(place)] for place in np.sort(drawn))
