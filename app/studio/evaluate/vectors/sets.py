"""The vectors that are measured on: real names, the same as sentences, synthetic clusters, a profile's own spaces.

Called by `vectors_lab.py`. Each set says which rows are of an old domain (a tenth, what an index was built on) and
which of a new one. Real rows are read from the data sets beside the project; synthetic ones flatter every index.
"""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from app.errors import BowerbirdError
from app.paths import RESOURCES, Profile
from app.store.database import Database
from app.store.items import Items
from app.store.vectors import Vectors
from models.encoders.builtin_text import BuiltinTextEncoder
from models.evaluation.indexes import unit
from models.types import F32, Bool, ItemId

OLD_SHARE = 0.1


class TextEncoder(Protocol):
    """Anything that turns texts into unit rows."""

    def encode(self, texts: Sequence[str], /) -> F32:
        """Float32 `(n, d)`."""


@dataclass(frozen=True, slots=True, eq=False)
class VectorSet:
    """Unit `vectors (n, d)`, a label and a title each, which are of the `old` domain, and natural `lengths (n,)`.

    `sort` says where they come from, `label` what the labels are.
    """

    name: str
    sort: str
    vectors: F32
    label: str
    labels: NDArray[np.str_]
    titles: tuple[str, ...]
    old: Bool
    lengths: F32


def names(folder: Path, size: int, encoder: TextEncoder | None = None, name: str = "real", seed: int = 0) -> VectorSet:
    """Titles of films (old domain) and names of artists (new): MovieLens-100k, HetRec Last.fm and the Spotify table.

    At most `size` different ones (0: all, about 20,000), a tenth of them films where there are as many. Encoded by the
    built-in text encoder unless another is given. Lengths are the square root of the number of letters, as n-gram
    counts would have. Raises BowerbirdError where the files are not in `folder`.
    """
    films, artists = _films(folder), _artists(folder)
    shuffle = np.random.default_rng(seed)
    if size:
        kept = min(len(films), max(1, round(size * OLD_SHARE)))
        films = [films[place] for place in np.sort(shuffle.permutation(len(films))[:kept])]
        artists = [artists[place] for place in np.sort(shuffle.permutation(len(artists))[: size - kept])]
    texts = [text for text, _ in films + artists]
    vectors = (encoder or BuiltinTextEncoder()).encode(texts)
    said = np.asarray(vectors.any(axis=1), bool)
    titles = tuple(text for text, kept in zip(texts, said, strict=True) if kept)
    return VectorSet(
        name,
        f"titles of films and names of artists by the {'built-in text' if encoder is None else 'sentence'} encoder",
        unit(vectors[said]),
        "source",
        np.array([source for _, source in films + artists])[said],
        titles,
        (np.arange(len(texts)) < len(films))[said],
        np.sqrt([len(text) for text in titles]).astype(np.float32),
    )


def synthetic(size: int, *, dimension: int = 512, clusters: int = 2_000, seed: int = 0) -> VectorSet:
    """Clusters whose sizes fall as 1 / rank: a unit centre each, rows at cosine about .8 to it.

    The old domain is whole clusters, about a tenth of the rows. Lengths are log-normal (sigma .3).
    """
    shuffle = np.random.default_rng(seed)
    clusters = min(clusters, max(2, size // 10))
    share = 1 / np.arange(1, clusters + 1)
    cluster = np.sort(shuffle.choice(clusters, size, p=share / share.sum()))
    centres = unit(shuffle.standard_normal((clusters, dimension), dtype=np.float32))
    noise = unit(shuffle.standard_normal((size, dimension), dtype=np.float32))
    vectors = unit(centres[cluster] + np.float32(0.75) * noise)
    counts = np.bincount(cluster, minlength=clusters)
    order = shuffle.permutation(clusters)
    chosen = order[np.cumsum(counts[order]) <= max(size * OLD_SHARE, counts[order[0]])]
    return VectorSet(
        "synthetic",
        f"{clusters} clusters with sizes as 1/rank, drawn with seed {seed}",
        vectors,
        "cluster",
        cluster.astype(np.str_),
        tuple(f"cluster {number}" for number in cluster),
        np.isin(cluster, chosen),
        shuffle.lognormal(0, 0.3, size).astype(np.float32),
    )


def of_profile(root: Path, scratch: Path, size: int = 0) -> Iterator[VectorSet]:
    """Each space of a profile that holds at least 20 vectors, with the artists as labels. The profile is only read.

    The old domain is the tenth that was taken in first. `scratch` takes a copy of its vectors while this
    runs, because a studio may be writing to it. Raises BowerbirdError where there is none.
    """
    profile = Profile.at(root)
    if not profile.vectors.is_dir():
        raise BowerbirdError("No vectors in this profile", "Scan something first: bowerbird scan DIR", profile.root)
    artists: dict[int, tuple[str, str]] = {}
    if profile.library.is_file():
        with _reading(profile) as database:
            artists = {text.id: (text.artist, text.title) for text in Items(database).texts()}
    copied = scratch / "vectors"
    shutil.copytree(profile.vectors, copied)
    vectors = Vectors(copied)
    try:
        for space in vectors.spaces():
            ids, matrix = vectors.matrix(space)
            ids, matrix = (ids[:size], matrix[:size]) if size else (ids, matrix)
            if len(ids) < 20:
                continue
            known = [artists.get(ItemId(item), ("", f"item {item}")) for item in ids.tolist()]
            yield VectorSet(
                space.rsplit("-v", 1)[0],
                f"a profile's space {space}",
                unit(matrix),
                "artist",
                np.array([artist or "?" for artist, _ in known]),
                tuple(f"{artist} - {title}" if artist else title for artist, title in known),
                np.arange(len(ids)) < max(1, round(len(ids) * OLD_SHARE)),
                np.linalg.norm(matrix, axis=1).astype(np.float32),
            )
    finally:
        vectors.close()


def _reading(profile: Profile) -> Database:
    return Database.open(profile.library, RESOURCES / "migrations", readonly=True)


def _films(folder: Path) -> list[tuple[str, str]]:
    lines = read(folder / "ml100k_u.item", "latin-1").splitlines()
    return _distinct((line.split("|")[1], "film") for line in lines)


def _artists(folder: Path) -> list[tuple[str, str]]:
    lines = read(folder / "lastfm_artists.dat", "utf-8").splitlines()
    found = [(fields[1], "artist (Last.fm)") for fields in (line.split("\t") for line in lines) if fields[0].isdigit()]
    table = csv.DictReader(StringIO(read(folder / "Spotify_Youtube_reduced.csv", "utf-8")))
    return _distinct(found + [(row["Artist"], "artist (Spotify)") for row in table])


def _distinct(named: Iterator[tuple[str, str]] | list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Without empty names and those spelled alike but for case: equal vectors have no first neighbour."""
    first: dict[str, tuple[str, str]] = {}
    for text, source in named:
        if text.strip():
            first.setdefault(text.strip().casefold(), (text.strip(), source))
    return list(first.values())


def read(path: Path, encoding: str) -> str:
    """A data set's file as text. Raises BowerbirdError where it is not there."""
    try:
        return path.read_text(encoding=encoding)
    except FileNotFoundError as error:
        raise BowerbirdError("This set is not here", "Name the folder of the data sets: --data DIR", path) from error
