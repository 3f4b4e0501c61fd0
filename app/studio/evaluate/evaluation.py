"""One evaluation from end to end: what is asked, the rows, kept while they come, and the report.

Called by `bowerbird evaluate`. A run that was killed goes on with `resume` and ends with the same report, bit for bit.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

import numpy as np

from app.errors import SettingsError
from app.studio.evaluate.gates import gates
from app.studio.evaluate.methods import choose, personal
from app.studio.evaluate.partial import Partial, digest_of
from app.studio.evaluate.protocol import COUNTS, Experiment, Results, Row, collect, usable_counts
from app.studio.evaluate.report import Report
from app.studio.evaluate.sessions import RadioExperiment, collect_sessions, radio_gates
from models.baselines.base import Recommender
from models.baselines.population import Collaborative
from models.evaluation.audience import Audience
from models.evaluation.radio import SEEDS
from models.evaluation.trials import Split, cold_items

SLOW = ("pmf",)
"""Left out unless named: minutes of training for a method kept to reproduce its published error."""
SLOW_AT_RADIO = ("pmf", "mlp", "mlp-ensemble", "anchored")
"""Fifty fits a session."""


class Protocol(StrEnum):
    """What the command offers."""

    FEW_SHOT = "few-shot"
    CHRONOLOGICAL = "chronological"
    ITEM_COLD = "item-cold"
    RADIO = "radio"


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be evaluated: `methods` by name, none for all; `counts` None for those the audience allows; `draws`
    how often each listener's ratings are shuffled anew, to be averaged.
    """

    protocol: Protocol = Protocol.FEW_SHOT
    methods: tuple[str, ...] = ()
    counts: tuple[int, ...] | None = None
    seed: int = 0
    draws: int = 1


Progress = Callable[[str, int, int], None]
"""Told what is being done, how much of it is, and of how much."""


def evaluate(
    audience: Audience,
    asked: Asked,
    *,
    folder: Path,
    resume: bool = False,
    progress: Progress | None = None,
    recommenders: Sequence[Recommender] | None = None,
) -> Report:
    """Measure; rows are kept below `folder` until the report is there.

    `recommenders` replaces the methods by name (tests put broken ones there). Raises SettingsError where protocol
    and audience do not fit.
    """
    tell = progress or (lambda *_: None)
    audience, counts = _fitting(audience, asked)
    methods = list(recommenders or choose(asked.methods, audience, seed=asked.seed, without=_slow(asked.protocol)))
    experiment = _experiment(audience, asked, methods, counts)
    kept = Partial(folder / f"{audience.name}-{asked.protocol}-{digest_of(audience, methods, asked, counts)}.jsonl")
    if not resume:
        kept.forget()
    rows = {row.listener: row for row in (kept.take_up() if resume else [])}
    total = len(audience.listeners)
    try:
        if len(rows) < total:
            for number, method in enumerate(methods):
                if isinstance(method, Collaborative):
                    tell(f"learning from the population: {method.name}", number, len(methods))
                    method.train(audience.features)
        tell("listeners", len(rows), total)
        for number in range(total):
            if number not in rows:
                rows[number] = experiment.row(number)
                kept.keep(rows[number])
                tell("listeners", len(rows), total)
    finally:
        kept.close(finished=len(rows) == total)
    return _report(audience, asked, methods, counts, [rows[number] for number in range(total)])


def _fitting(audience: Audience, asked: Asked) -> tuple[Audience, tuple[int, ...]]:
    """The audience as the protocol shows it, and the numbers of labels."""
    if asked.protocol is Protocol.CHRONOLOGICAL and not audience.timed:
        raise SettingsError("This data set does not say when ratings were given", "Chronological needs that.")
    if asked.protocol is Protocol.RADIO:
        return audience, (SEEDS,)
    split = Split(asked.protocol.value)
    if asked.protocol is Protocol.CHRONOLOGICAL and len(set(map(id, audience.listeners))) == 1:
        # One person has one past: splitting it again would give the same figures again.
        audience = replace(audience, listeners=audience.listeners[:1])
    counts = usable_counts(audience, split, asked.seed, asked.counts or COUNTS)
    if not counts:
        raise SettingsError(
            "No listener has enough ratings", f"{asked.protocol} with {min(asked.counts or COUNTS)} labels needs more."
        )
    if split is Split.ITEM_COLD:
        audience = audience.hiding(cold_items(audience, asked.seed))
    return audience, counts


def _slow(protocol: Protocol) -> Sequence[str]:
    return SLOW_AT_RADIO if protocol is Protocol.RADIO else SLOW


def _experiment(
    audience: Audience, asked: Asked, methods: Sequence[Recommender], counts: tuple[int, ...]
) -> Experiment | RadioExperiment:
    if asked.protocol is Protocol.RADIO:
        return RadioExperiment(audience, methods, seed=asked.seed)
    alone = personal(asked.seed)
    # A method nobody knows counts as personal: what it cannot have learned it must not know.
    strangers = {method.name for method in methods if not isinstance(method, Collaborative)}
    return Experiment(
        audience,
        methods,
        counts,
        split=Split(asked.protocol.value),
        seed=asked.seed,
        controls=alone | strangers,
        draws=asked.draws,
    )


def _report(
    audience: Audience, asked: Asked, methods: Sequence[Recommender], counts: tuple[int, ...], rows: Sequence[Row]
) -> Report:
    tested = sum(bool(row.cells) for row in rows)
    if not tested:
        raise SettingsError("No listener has enough ratings", f"{asked.protocol} needs more.")
    results: Results
    if asked.protocol is Protocol.RADIO:
        results = collect_sessions(rows)
        wrong = radio_gates(results)
    else:
        results = collect(rows, len(audience.features))
        wrong = gates(results, counts)
    names = tuple(method.name for method in methods)
    notes = _notes(audience, asked, rows)
    people = 0 if audience.population is None else audience.population.people
    return Report(
        dataset=audience.name,
        protocol=asked.protocol.value,
        items=len(audience.features),
        listeners=tested,
        people=people,
        seed=asked.seed,
        unit=audience.unit,
        counts=counts,
        methods=names,
        personal=tuple(name for name in names if name in personal(asked.seed)),
        results=results,
        gates=tuple(wrong),
        notes=notes,
        traces=_traces(rows) if asked.protocol is Protocol.RADIO else {},
    )


def _traces(rows: Sequence[Row]) -> dict[str, np.ndarray]:
    """Hits so far after each track, averaged over the listeners, by method."""
    found: dict[str, list[tuple[int, ...]]] = {}
    for row in rows:
        for cell in row.cells:
            if cell.measured.top:
                found.setdefault(cell.method, []).append(cell.measured.top)
    return {
        name: np.mean([np.cumsum(hits) for hits in lines if len(hits) == max(map(len, lines))], axis=0)
        for name, lines in found.items()
    }


def _notes(audience: Audience, asked: Asked, rows: Sequence[Row]) -> tuple[str, ...]:
    notes, protocol = [], asked.protocol
    if asked.draws > 1 and protocol in (Protocol.FEW_SHOT, Protocol.ITEM_COLD):
        notes.append(f"Each listener's ratings were shuffled {asked.draws} times; a listener's figure is the average.")
    if protocol is Protocol.CHRONOLOGICAL and audience.population is not None:
        notes.append(
            "Other people's ratings are taken whole, whenever they were given: that favours methods using them."
        )
    left = sum(not row.cells for row in rows)
    if left:
        notes.append(f"{left} listeners have too few ratings for the largest number of labels and are left out.")
    if len(set(map(id, audience.listeners))) == 1 and len(audience.listeners) > 1:
        notes.append(
            "One person, split anew many times: the intervals say how much the split matters, not what another "
            "person would get."
        )
    if audience.implicit:
        notes.append(
            "Listeners only show what they like: everything they did not touch is ranked and counts as not liked."
        )
    if audience.population is None:
        notes.append("Nobody else's ratings are known: methods that learn from other people are left out.")
    return tuple(notes)
