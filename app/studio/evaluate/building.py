"""From ratings as files have them to an `Audience`: who is tested, who is the population, and words as features.

Used by every loader of this package.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer, TfidfVectorizer

from app.errors import MediaError
from models.baselines.population import Ratings
from models.evaluation.audience import Audience, Listener
from models.types import F32, I64

MOST_RATINGS = 120_000
"""Ratings of the population; where a set has more, people are drawn by the seed: training on them takes minutes."""
MOST_BYTES = 4 << 30


@dataclass(frozen=True, slots=True)
class Sample:
    """Whom to test: at most `users`, drawn by `seed`; `half` 0 or 1 takes them from one half of all users only, so
    that what is tuned on one can be reported on the other.
    """

    users: int = 180
    seed: int = 0
    half: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class RatingTable:
    """Ratings as they stand in a file, arrays `(r,)`: who, which catalogue row, target in [0, 1], Unix seconds."""

    people: I64
    rows: I64
    targets: F32
    times: np.ndarray

    def histories(self) -> list[RatingTable]:
        """One per person, by rising number, each in the order of time; a second rating of an item replaces the
        first.
        """
        order = np.lexsort((self.times, self.people))
        ordered = RatingTable(self.people[order], self.rows[order], self.targets[order], self.times[order])
        starts = np.flatnonzero(np.diff(ordered.people, prepend=-1))
        ends = np.append(starts[1:], len(ordered.people))
        return [ordered._cut(int(start), int(end)) for start, end in zip(starts, ends, strict=True)]

    def _cut(self, start: int, end: int) -> RatingTable:
        rows = self.rows[start:end]
        # The last of each item: the first one when looked at from the end.
        _, last = np.unique(rows[::-1], return_index=True)
        kept = np.sort(end - 1 - last)
        return RatingTable(self.people[kept], self.rows[kept], self.targets[kept], self.times[kept])


class Files:
    """The files of a data set by name, in a folder (and one below) or a zip; `a|b` tries one name after the other."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def has(self, *names: str) -> bool:
        """Whether every one of them is there."""
        return all(self._place(name) is not None for name in names)

    def text(self, name: str, encoding: str = "utf-8") -> str:
        """A file's text. Raises MediaError where it is missing or unreadable."""
        return self.raw(name).decode(encoding, "replace")

    def raw(self, name: str) -> bytes:
        """A file's bytes. Raises MediaError where it is missing, unreadable or larger than 4 GiB."""
        place = self._place(name)
        if place is None:
            raise MediaError(f"{name.replace('|', ' or ')} is missing", "The data set needs it.", self.path)
        try:
            if isinstance(place, Path):
                return place.read_bytes()
            with zipfile.ZipFile(self.path) as archive:
                if archive.getinfo(place).file_size > MOST_BYTES:
                    raise MediaError(f"{name} is larger than 4 GiB", "", self.path)
                return archive.read(place)
        except (OSError, zipfile.BadZipFile, KeyError, RuntimeError) as error:
            raise MediaError(f"{name} cannot be read", str(error), self.path) from error

    def _place(self, name: str) -> Path | str | None:
        wanted = [part.lower() for part in name.split("|")]
        found: dict[str, Path | str] = {}
        for place in self._places():
            base = (place.name if isinstance(place, Path) else place.rsplit("/", 1)[-1]).lower()
            found.setdefault(base, place)
        return next((found[part] for part in wanted if part in found), None)

    def _places(self) -> Iterator[Path | str]:
        if self.path.is_dir():
            yield from (one for pattern in ("*", "*/*") for one in sorted(self.path.glob(pattern)) if one.is_file())
        elif zipfile.is_zipfile(self.path):
            with zipfile.ZipFile(self.path) as archive:
                yield from sorted(archive.namelist(), key=lambda name: (name.count("/"), name))


def numbers(text: str, *, delimiter: str | None, columns: Sequence[int], skip: int = 0) -> np.ndarray:
    """Columns of a table of numbers, float64 `(r, columns)`. Raises ValueError where something else stands there."""
    table = np.loadtxt(io.StringIO(text), delimiter=delimiter, usecols=columns, skiprows=skip, ndmin=2, comments=None)
    return np.asarray(table, np.float64)


def audience(
    name: str,
    features: F32,
    ratings: RatingTable,
    sample: Sample,
    *,
    least: int,
    implicit: bool = False,
    timed: bool = False,
    scale: float = 4.0,
    unit: str = "stars",
    artists: I64 | None = None,
) -> Audience:
    """Test people with at least `least` ratings; everybody who is not tested is the population."""
    histories = ratings.histories()
    tested = choose([place for place, history in enumerate(histories) if len(history.rows) >= least], sample)
    listeners = []
    for place in tested:
        history = histories[place]
        days = (history.times - history.times[0]) / 86_400.0 if timed else np.zeros(len(history.rows))
        listeners.append(Listener(history.rows, history.targets, days.astype(np.float32)))
    hidden = set(tested)
    rest = [(one.rows, one.targets) for place, one in enumerate(histories) if place not in hidden]
    population = others(rest, len(features), sample.seed)
    codes = np.zeros(0, np.int64) if artists is None else artists
    return Audience(name, features, tuple(listeners), implicit, population, codes, timed, scale, unit)


def others(histories: Sequence[tuple[I64, F32]], items: int, seed: int) -> Ratings | None:
    """The histories (rows, targets), up to MOST_RATINGS, as a population; None where there is nobody."""
    drawn = np.random.default_rng((seed, 5)).permutation(len(histories))
    sizes = np.cumsum([len(histories[int(place)][0]) for place in drawn])
    drawn = np.sort(drawn[: int(np.searchsorted(sizes, MOST_RATINGS, side="right"))])
    histories = [histories[int(place)] for place in drawn]
    if not histories:
        return None
    people = np.repeat(np.arange(len(histories)), [len(rows) for rows, _ in histories]).astype(np.int64)
    rows = np.concatenate([rows for rows, _ in histories])
    targets = np.concatenate([targets for _, targets in histories])
    return Ratings(people, rows, targets, len(histories), items)


def choose(places: Sequence[int], sample: Sample) -> list[int]:
    """At most `sample.users` of the places, drawn by the seed, in their order."""
    order = np.random.default_rng(sample.seed).permutation(len(places))
    if sample.half is not None:
        order = order[sample.half :: 2]
    return [places[int(position)] for position in np.sort(order[: sample.users])]


def words(texts: Sequence[str]) -> F32:
    """Hashed words of each text, `(n, 512)`, weighted by rarity."""
    hashed = HashingVectorizer(n_features=512, alternate_sign=False, norm=None).transform(texts)
    return np.asarray(TfidfTransformer().fit_transform(hashed).toarray(), np.float32)


def meanings(texts: Sequence[str], *, width: int = 256, seed: int = 0) -> F32:
    """Latent semantic analysis of longer texts, `(n, width)` at most: words weighted by rarity, then reduced."""
    weighted = TfidfVectorizer(sublinear_tf=True, stop_words="english").fit_transform(texts)
    kept = min(width, min(weighted.shape) - 1)
    if kept < 2:
        return np.asarray(weighted.toarray(), np.float32)
    return np.asarray(TruncatedSVD(kept, random_state=seed).fit_transform(weighted), np.float32)
