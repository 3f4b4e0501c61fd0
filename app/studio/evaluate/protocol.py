"""Runs one protocol over all listeners, method by method, with the controls that its gates need.

A listener's measurements are one row, computed from the settings and its number alone: rows can be computed in any
order, by several processes, kept, and taken up again after an interruption (`app/studio/evaluate/partial.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from app.studio.evaluate.methods import REFERENCE
from models import metrics
from models.baselines.base import Prediction, Recommender
from models.evaluation.audience import Audience
from models.evaluation.measure import METRICS, NAN, TOP, Measured, Ruler
from models.evaluation.trials import Split, Trial, cold_items, make_trials, shuffled

COUNTS = (5, 10, 20, 50)
Results = dict[tuple[str, int], dict[str, np.ndarray]]
"""One value per listener, by method and number of labels, then by metric; `coverage` has one value per draw."""
ANOTHER = 1_000_003
"""Between the seeds of two draws: more than there are listeners."""
RANDOM, ORACLE, BASE, CEILING, SHUFFLED = "random", "oracle", "base rate", "ceiling", "shuffled"


@dataclass(frozen=True, slots=True)
class Cell:
    """What one method got from one listener with `count` labels."""

    method: str
    count: int
    measured: Measured


@dataclass(frozen=True, slots=True)
class Row:
    """All cells of one listener; none where the listener has too few ratings."""

    listener: int
    cells: tuple[Cell, ...]


class Experiment:
    """Measures `methods` on the listeners of an audience.

    `controls` are the names of methods that learn from the labels alone: they are also run on shuffled labels, where
    nothing can be learned. `draws` is how many times a listener's ratings are shuffled anew (few-shot and item-cold):
    a row then holds averages over them, which takes the luck of the draw out of the comparison of two methods.
    """

    def __init__(
        self,
        audience: Audience,
        methods: Sequence[Recommender],
        counts: Sequence[int],
        *,
        split: Split = Split.FEW_SHOT,
        seed: int = 0,
        controls: frozenset[str] | None = None,
        draws: int = 1,
    ) -> None:
        self.audience = audience
        self.methods = tuple(methods)
        self.counts = tuple(counts)
        self.split = split
        self.seed = seed
        names = [method.name for method in self.methods]
        self.reference = REFERENCE if REFERENCE in names else names[-1]
        self.controls = frozenset({self.reference}) if controls is None else controls
        self.draws = 1 if split is Split.CHRONOLOGICAL else draws
        self._cold = cold_items(audience, seed) if split is Split.ITEM_COLD else None
        self._ruler = Ruler.of(audience)

    def row(self, number: int) -> Row:
        """Measure the listener of that number."""
        return Row(number, _averaged([self._draw(number, draw) for draw in range(self.draws)]))

    def _draw(self, number: int, draw: int) -> tuple[Cell, ...]:
        listener = self.audience.listeners[number]
        rng = np.random.default_rng((self.seed, number, draw) if draw else (self.seed, number))
        seed = self.seed + number + ANOTHER * draw
        trials = make_trials(self.audience, listener, self.counts, split=self.split, seed=seed, cold=self._cold)
        middle = self.counts[len(self.counts) // 2]
        cells: list[Cell] = []
        for trial in trials:
            cells += self._bounds(trial, rng)
            for method in self.methods:
                cells.append(self._cell(method, trial, method.name))
            empty = shuffled(self.audience, trial, rng)
            for method in self.methods:
                if method.name == self.reference:
                    cells.append(self._average(method, empty, SHUFFLED))
                elif method.name in self.controls and len(trial.labels) == middle:
                    cells.append(self._average(method, empty, f"{SHUFFLED} {method.name}"))
        return tuple(cells)

    def _bounds(self, trial: Trial, rng: np.random.Generator) -> list[Cell]:
        """Chance, perfection, and what both should come to."""
        count, items = len(trial.labels), len(self.audience.features)
        noise = rng.random(items, np.float32)
        perfect = np.zeros(items, np.float32)
        perfect[trial.held_out] = trial.targets
        if self.audience.implicit:
            perfect[trial.relevant] = 1.0
        base, ceiling = self._ruler.expected(trial)
        return [
            Cell(RANDOM, count, self._ruler.measure(trial, Prediction(noise))),
            Cell(ORACLE, count, self._ruler.measure(trial, Prediction(perfect + 1e-3 * noise))),
            Cell(BASE, count, base),
            Cell(CEILING, count, ceiling),
        ]

    def _average(self, method: Recommender, trials: Sequence[Trial], name: str) -> Cell:
        cells = [self._cell(method, trial, name) for trial in trials]
        values = np.mean([cell.measured.values for cell in cells], axis=0)
        return Cell(name, cells[0].count, Measured(tuple(float(value) for value in values)))

    def _cell(self, method: Recommender, trial: Trial, name: str) -> Cell:
        said = method.fit(self.audience.features, trial.labels).predict(self.audience.features)
        if not np.isfinite(said.ranking).all():
            # Recorded as nothing at all: a gate of the report names the method.
            return Cell(name, len(trial.labels), Measured((NAN,) * len(METRICS)))
        return Cell(name, len(trial.labels), self._ruler.measure(trial, said))


def _averaged(draws: Sequence[tuple[Cell, ...]]) -> tuple[Cell, ...]:
    """The cells of several draws as one each; what was shown is that of the first."""
    if len(draws) == 1:
        return draws[0]
    out = []
    for same in zip(*draws, strict=True):
        values = np.array([cell.measured.values for cell in same])
        known = np.isfinite(values)
        total = np.where(known, values, 0.0).sum(0)
        means = np.divide(total, known.sum(0), out=np.full(len(total), NAN), where=known.any(0))
        first = same[0]
        out.append(Cell(first.method, first.count, Measured(tuple(float(one) for one in means), first.measured.top)))
    return tuple(out)


def usable_counts(audience: Audience, split: Split, seed: int = 0, counts: Sequence[int] = COUNTS) -> tuple[int, ...]:
    """The numbers of labels that at least half of the listeners have, with enough left to ask about."""
    cold = cold_items(audience, seed) if split is Split.ITEM_COLD else None

    def fits(most: int) -> bool:
        enough = [
            bool(make_trials(audience, listener, (most,), split=split, seed=seed + number, cold=cold))
            for number, listener in enumerate(audience.listeners)
        ]
        return bool(enough) and sum(enough) >= 0.5 * len(enough)

    return tuple(count for count in counts if fits(count))


def collect(rows: Sequence[Row], items: int) -> Results:
    """The values of all rows by method and number of labels; `items` is the size of the catalogue."""
    found: dict[tuple[str, int], list[Measured]] = {}
    for row in sorted(rows, key=lambda row: row.listener):
        for cell in row.cells:
            found.setdefault((cell.method, cell.count), []).append(cell.measured)
    results: Results = {}
    for key, measured in found.items():
        columns = np.array([one.values for one in measured], np.float64)
        results[key] = dict(zip(METRICS, columns.T, strict=True))
        if key[0] not in (BASE, CEILING, ORACLE) and not key[0].startswith(SHUFFLED):
            tops = np.full((len(measured), TOP), -1, np.int64)
            for place, one in enumerate(measured):
                tops[place, : len(one.top)] = one.top
            results[key]["coverage"] = metrics.coverage(tops, items)
    return results


def few_shot(
    audience: Audience,
    methods: Sequence[Recommender],
    counts: Sequence[int],
    *,
    seed: int = 0,
    draws: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> Results:
    """Measure every method few-shot, and the controls, in this process."""
    experiment = Experiment(audience, methods, counts, seed=seed, draws=draws)
    rows = []
    for number in range(len(audience.listeners)):
        rows.append(experiment.row(number))
        if progress is not None:
            progress(number + 1, len(audience.listeners))
    return collect(rows, len(audience.features))
