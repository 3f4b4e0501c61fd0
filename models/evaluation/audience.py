"""Who is tested on what: a catalogue with features, the tested listeners, and everybody else's ratings.

Values only; loaders in `app/studio/evaluate` make them, the protocols of this package read them.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from models.baselines.population import Ratings
from models.types import F32, I64, Bool

UNKNOWN_ARTIST = -1


def _no_rows() -> I64:
    return np.zeros(0, np.int64)


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
    `population` are the ratings of everybody who is not tested, None where nobody else is known.
    `artists (N,)` codes, -1 where unknown; `timed`: the listeners' days mean something; `scale` how many units of
    the set's own ratings a target of 1 is away from 0 (4 for one to five stars), `unit` what they are called.
    """

    name: str
    features: F32
    listeners: tuple[Listener, ...]
    implicit: bool
    population: Ratings | None = None
    artists: I64 = field(default_factory=_no_rows)
    timed: bool = False
    scale: float = 4.0
    unit: str = "stars"

    def artist_codes(self) -> I64:
        """`artists`, or all unknown."""
        return self.artists if len(self.artists) else np.full(len(self.features), UNKNOWN_ARTIST, np.int64)

    def known(self) -> tuple[I64, int]:
        """How many people of the population rated each item, `(N,)`, and of how many."""
        if self.population is None:
            return np.zeros(len(self.features), np.int64), 0
        counts = np.bincount(self.population.items, minlength=len(self.features))
        return counts.astype(np.int64), self.population.people

    def hiding(self, cold: Bool) -> Audience:
        """The same, with the items marked in `cold (N,)` unknown to the population."""
        others = self.population
        if others is None:
            return self
        kept = ~cold[others.items]
        warm = Ratings(others.users[kept], others.items[kept], others.targets[kept], others.people, others.catalogue)
        return replace(self, population=warm)
