"""The radio protocol over all listeners: one simulated evening for each method. Called by the evaluation."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from app.studio.evaluate.gates import EXACT, slack
from app.studio.evaluate.protocol import BASE, CEILING, ORACLE, RANDOM, Cell, Results, Row
from models import metrics
from models.baselines.base import LIKED_FROM, Recommender
from models.evaluation.audience import Audience
from models.evaluation.measure import NAN, Measured
from models.evaluation.radio import RADIO_METRICS, SEEDS, TRACKS, by, evening, measure_session, play


class RadioExperiment:
    """Plays `tracks` to the listeners of an audience by each of `methods`, by chance and by their own truth."""

    def __init__(
        self, audience: Audience, methods: Sequence[Recommender], *, seed: int = 0, tracks: int = TRACKS
    ) -> None:
        self.audience = audience
        self.methods = tuple(methods)
        self.seed = seed
        self.tracks = tracks

    def row(self, number: int) -> Row:
        """Measure the listener of that number."""
        audience, listener = self.audience, self.audience.listeners[number]
        tonight = evening(audience, listener, self.seed + number, self.tracks)
        if tonight is None:
            return Row(number, ())
        artists = audience.artist_codes()
        noise = np.random.default_rng((self.seed, number)).random(len(audience.features), np.float32)
        rankings = [
            (RANDOM, lambda _: noise),
            (ORACLE, lambda _: tonight.truth + 1e-3 * noise),
            *((method.name, by(method, audience.features)) for method in self.methods),
        ]
        cells = []
        for name, ranking in rankings:
            try:
                session = play(tonight, artists, ranking, self.tracks)
            except ValueError:
                # Scores that are no numbers: recorded as nothing at all, and a gate names the method.
                cells.append(Cell(name, SEEDS, Measured((NAN,) * len(RADIO_METRICS))))
                continue
            cells.append(Cell(name, SEEDS, measure_session(session, tonight, audience)))
        liked = int((tonight.truth[tonight.pool] >= LIKED_FROM).sum())
        most = min(liked, self.tracks) / self.tracks
        for name, value in ((BASE, tonight.base), (CEILING, most)):
            cells.append(Cell(name, SEEDS, Measured((value,) + (NAN,) * (len(RADIO_METRICS) - 1))))
        return Row(number, tuple(cells))


def collect_sessions(rows: Sequence[Row]) -> Results:
    """The values of all rows by method, then by metric of RADIO_METRICS."""
    found: dict[tuple[str, int], list[tuple[float, ...]]] = {}
    for row in sorted(rows, key=lambda row: row.listener):
        for cell in row.cells:
            found.setdefault((cell.method, cell.count), []).append(cell.measured.values)
    return {key: dict(zip(RADIO_METRICS, np.array(values, np.float64).T, strict=True)) for key, values in found.items()}


def radio_gates(results: Results) -> list[str]:
    """What is wrong with the measurement: chance off the base rate, truth off the ceiling, nothing but numbers."""
    wrong = []
    for name, standard in ((RANDOM, BASE), (ORACLE, CEILING)):
        ours, theirs = results[name, SEEDS]["hits"], results[standard, SEEDS]["hits"]
        gap = metrics.bootstrap(ours - theirs)
        # Spacing may keep the truth a little below the ceiling.
        room = slack(len(ours))
        if not gap.low - room <= 0 <= gap.high + 2 * room:
            wrong.append(f"{name}: hits {ours.mean():.3f}, the {standard} is {theirs.mean():.3f}")
    for (name, _), values in results.items():
        empty = int(np.isnan(values["hits"]).sum())
        if empty:
            wrong.append(f"{name}: scores that are no numbers for {empty} listeners")
        elif values["hits"].mean() > results[CEILING, SEEDS]["hits"].mean() + EXACT:
            wrong.append(f"{name}: better than perfect")
    return wrong
