"""MovieLens in its published forms: 100k (`u.data`, `u.item`), 1M (`ratings.dat`, `movies.dat`) and the newer ones
(`ratings.csv`, `movies.csv`). Its terms: research only, no redistribution.
"""

from __future__ import annotations

import csv
import io
import re

import numpy as np

from app.studio.evaluate.building import Files, RatingTable, Sample, audience, numbers, words
from models.evaluation.audience import Audience
from models.features import Basis, Block
from models.types import F32

LEAST = 80
SMALL_RATINGS, SMALL_ITEMS = "u.data|ml100k_u.data", "u.item|ml100k_u.item"
_YEAR = re.compile(r"\((\d{4})\)\s*$")


def has_100k(files: Files) -> bool:
    """Whether this is MovieLens-100k."""
    return files.has(SMALL_RATINGS, SMALL_ITEMS)


def has_1m(files: Files) -> bool:
    """Whether this is MovieLens-1M or -10M."""
    return files.has("ratings.dat", "movies.dat")


def has_latest(files: Files) -> bool:
    """Whether this is one of the sets with headed tables."""
    return files.has("ratings.csv", "movies.csv")


def load_100k(files: Files, sample: Sample) -> Audience:
    """943 people, 1,682 films, 100,000 ratings; listeners with at least 80 ratings.

    Targets (stars - 1) / 4, so that four stars are a like. Features: genres, words of the title, and the year.
    """
    fields = [line.split("|") for line in files.text(SMALL_ITEMS, "latin-1").splitlines() if line]
    titles = [field[1].rsplit("(", 1)[0] for field in fields]
    years = [int(field[2][-4:]) if field[2] else None for field in fields]
    genres = np.array([[int(mark) for mark in field[5:24]] for field in fields], np.float32)
    features = film_features(titles, years, genres, sample.seed)
    table = numbers(files.text(SMALL_RATINGS), delimiter=None, columns=(0, 1, 2, 3))
    ratings = _ratings(table, [int(field[0]) for field in fields])
    return audience("movielens-100k", features, ratings, sample, least=LEAST, timed=True)


def load_1m(files: Files, sample: Sample) -> Audience:
    """6,040 people, 3,883 films, a million ratings."""
    fields = [line.split("::") for line in files.text("movies.dat", "latin-1").splitlines() if line]
    table = numbers(files.text("ratings.dat").replace("::", ","), delimiter=",", columns=(0, 1, 2, 3))
    return _named("movielens-1m", [(int(f[0]), f[1], f[2]) for f in fields], table, sample)


def load_latest(files: Files, sample: Sample) -> Audience:
    """The sets with headed tables (latest-small, latest, 20M, 25M, 32M); half a star counts as one."""
    reader = csv.DictReader(io.StringIO(files.text("movies.csv")))
    films = [(int(row["movieId"]), row["title"], row["genres"]) for row in reader]
    table = numbers(files.text("ratings.csv"), delimiter=",", columns=(0, 1, 2, 3), skip=1)
    return _named("movielens-latest", films, table, sample)


def film_features(titles: list[str], years: list[int | None], genres: F32, seed: int) -> F32:
    """Genres, words of the title and the year's neighbourhood as one basis."""
    every = np.ones(len(titles), bool)
    known = np.array([1995 if year is None else year for year in years])
    centres = np.arange(1920, max(2001, int(known.max()) + 1), 5)
    near_year = np.exp(-np.square((known[:, None] - centres) / 5.0)).astype(np.float32)
    blocks = [
        Block("genres", genres, every),
        Block("title", words(titles), every, 0.5),
        Block("year", near_year, every, 0.5),
    ]
    return Basis.fit(blocks, seed=seed).project(blocks)


def _named(name: str, films: list[tuple[int, str, str]], table: np.ndarray, sample: Sample) -> Audience:
    rated = set(np.unique(table[:, 1].astype(np.int64)).tolist())
    films = [film for film in films if film[0] in rated]
    kinds = sorted({kind for _, _, text in films for kind in text.split("|")})
    place = {kind: number for number, kind in enumerate(kinds)}
    genres = np.zeros((len(films), len(kinds)), np.float32)
    years: list[int | None] = []
    for row, (_, title, text) in enumerate(films):
        genres[row, [place[kind] for kind in text.split("|")]] = 1.0
        found = _YEAR.search(title)
        years.append(int(found[1]) if found else None)
    titles = [_YEAR.sub("", title) for _, title, _ in films]
    features = film_features(titles, years, genres, sample.seed)
    ratings = _ratings(table, [number for number, _, _ in films])
    return audience(name, features, ratings, sample, least=LEAST, timed=True)


def _ratings(table: np.ndarray, films: list[int]) -> RatingTable:
    order = np.argsort(films, kind="stable")
    ordered = np.array(films)[order]
    wanted = table[:, 1].astype(np.int64)
    at = np.minimum(np.searchsorted(ordered, wanted), len(ordered) - 1)
    known = ordered[at] == wanted
    table, rows = table[known], order[at[known]].astype(np.int64)
    targets = np.clip((table[:, 2] - 1) / 4, 0.0, 1.0).astype(np.float32)
    return RatingTable(table[:, 0].astype(np.int64), rows, targets, table[:, 3])
