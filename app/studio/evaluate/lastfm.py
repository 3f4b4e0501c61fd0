"""HetRec 2011 Last.fm: who played which artists, and who tagged them how. Non-commercial use; cite HetRec 2011.

Tags by tested listeners are left out of the features: an artist tagged by a listener is one that listener plays.
"""

from __future__ import annotations

from collections import defaultdict

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfTransformer

from app.studio.evaluate.building import Files, Sample, choose, others, words
from models.evaluation.audience import Audience, Listener
from models.features import Basis, Block
from models.types import I64

PLAYS, NAMES, TAGS = (
    "user_artists.dat|lastfm_user_artists.dat",
    "artists.dat|lastfm_artists.dat",
    "user_taggedartists.dat|lastfm_user_taggedartists.dat",
)
LEAST, LEAST_KNOWN = 30, 25


def has_lastfm(files: Files) -> bool:
    """Whether this is HetRec's Last.fm."""
    return files.has(PLAYS, NAMES, TAGS)


def load_lastfm(files: Files, sample: Sample) -> Audience:
    """A like is an artist among the listener's (up to 50) most played; the rest of the catalogue is not.

    The catalogue is every artist that somebody outside the tested listeners has tagged; features are those tags
    (TF-IDF, reduced) and the words of the name. Listeners with at least 25 artists there.
    """
    plays: dict[int, list[int]] = defaultdict(list)
    for line in files.text(PLAYS).splitlines()[1:]:
        user, artist, _count = line.split("\t")
        plays[int(user)].append(int(artist))
    people = sorted(plays)
    tested = [
        people[place] for place in choose([at for at, one in enumerate(people) if len(plays[one]) >= LEAST], sample)
    ]
    hidden = set(tested)
    names: dict[int, str] = {}
    for line in files.text(NAMES).splitlines():
        number, name, *_ = line.split("\t")
        if number.isdigit():
            names[int(number)] = name
    lines = [line.split("\t", 3)[:3] for line in files.text(TAGS).splitlines()[1:] if line]
    tags = np.array(lines, np.int64).reshape(-1, 3)
    tags = tags[~np.isin(tags[:, 0], list(hidden)) & np.isin(tags[:, 1], list(names))]
    artists, item = np.unique(tags[:, 1], return_inverse=True)
    _, tag = np.unique(tags[:, 2], return_inverse=True)
    counts = csr_matrix((np.ones(len(tags), np.float32), (item, tag)))
    weighted = TfidfTransformer(sublinear_tf=True).fit_transform(counts)
    every = np.ones(len(artists), bool)
    kept = min(256, min(weighted.shape) - 1)
    dense = TruncatedSVD(kept, random_state=sample.seed).fit_transform(weighted).astype(np.float32)
    blocks = [
        Block("tags", dense, every),
        Block("name", words([names[int(artist)] for artist in artists]), every, 0.1),
    ]
    features = Basis.fit(blocks, seed=sample.seed).project(blocks)
    row_of = {int(artist): row for row, artist in enumerate(artists)}
    known = {one: np.array([row_of[a] for a in plays[one] if a in row_of], np.int64) for one in people}
    listeners = [_likes(known[one]) for one in tested if len(known[one]) >= LEAST_KNOWN]
    rest = [known[one] for one in people if one not in hidden and len(known[one])]
    population = others([(rows, np.ones(len(rows), np.float32)) for rows in rest], len(artists), sample.seed)
    return Audience("lastfm-hetrec", features, tuple(listeners), True, population)


def _likes(rows: I64) -> Listener:
    return Listener(rows, np.ones(len(rows), np.float32), np.zeros(len(rows), np.float32))
