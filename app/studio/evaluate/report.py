"""Measured results as text and as JSON: means, intervals, and the paired difference of the taste network to each rival.

Called by the command line and the studies of this package; `page.py` draws the same report as HTML.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from app.studio.evaluate.gates import gates
from app.studio.evaluate.methods import REFERENCE
from app.studio.evaluate.protocol import BASE, CEILING, ORACLE, RANDOM, SHUFFLED, Results
from models import metrics
from models.metrics import Interval

__all__ = ["TITLES", "Report", "as_json", "gates", "tables", "text"]

TITLES = {
    "auc": "AUC",
    "p10": "P@10 among the held-out",
    "all_p10": "P@10 among all unseen",
    "r10": "R@10 among the held-out",
    "all_r10": "R@10 among all unseen",
    "ndcg": "NDCG@10",
    "rmse": "RMSE in stars",
    "mae": "MAE in stars",
    "ece": "calibration error (ECE)",
    "coverage": "coverage: share of the catalogue in the top tens of 50 listeners",
    "diversity": "diversity: 1 - mean cosine within the top ten",
    "novelty": "novelty: bits of surprise of the top ten",
    "hits": "hits: share of liked tracks",
    "lift": "lift over the base rate",
    "first10": "hits among the first ten",
    "last10": "hits among the last ten",
    "streak": "longest run of skips",
    "gap": "nearest two tracks of one artist",
}
HEADLINES = ("auc", "p10", "all_p10", "hits", "last10", "streak")
LOWER_IS_BETTER = frozenset(("rmse", "mae", "ece", "streak"))
NEITHER = frozenset(("gap", "novelty", "diversity", "coverage"))
"""More of these is not simply better."""


@dataclass(frozen=True, slots=True, eq=False)
class Report:
    """Everything an evaluation found; `traces` are mean hits so far, track by track, of the radio."""

    dataset: str
    protocol: str
    items: int
    listeners: int
    people: int
    seed: int
    unit: str
    counts: tuple[int, ...]
    methods: tuple[str, ...]
    personal: tuple[str, ...]
    results: Results
    gates: tuple[str, ...]
    notes: tuple[str, ...] = ()
    traces: Mapping[str, np.ndarray] = field(default_factory=dict)

    def values(self, method: str, count: int, metric: str) -> np.ndarray | None:
        """One value per listener; None where nothing was measured."""
        found = self.results.get((method, count), {}).get(metric)
        return found if found is not None and np.isfinite(found).any() else None

    def mean(self, method: str, count: int, metric: str) -> Interval | None:
        """The mean with its interval; for coverage the range over draws of listeners."""
        found = self.values(method, count, metric)
        if found is None:
            return None
        return _drawn(found) if metric == "coverage" else metrics.bootstrap(found)

    def ahead(self, method: str, count: int, metric: str) -> Interval | None:
        """The reference minus that method on the same listeners."""
        ours, theirs = self.values(REFERENCE, count, metric), self.values(method, count, metric)
        if method == REFERENCE or ours is None or theirs is None or len(ours) != len(theirs):
            return None
        gap = ours - theirs
        if not np.isfinite(gap).any():
            return None
        return _drawn(gap) if metric == "coverage" else metrics.bootstrap(gap)

    @property
    def held(self) -> str:
        """What the gates found to be so, where none failed."""
        control = any(name == SHUFFLED for name, _ in self.results)
        return "chance is chance, perfection perfect" + (", shuffled labels teach nothing" if control else "")

    def rows(self) -> tuple[str, ...]:
        """Names of everything that stands in a table, controls first."""
        known = {name for name, _ in self.results}
        lead = [name for name in (BASE, RANDOM, CEILING, ORACLE, SHUFFLED) if name in known]
        return (*lead, *self.methods)

    def measured(self) -> tuple[str, ...]:
        """The metrics that say anything here, in the order of TITLES."""
        return tuple(
            metric
            for metric in TITLES
            if any(self.values(name, count, metric) is not None for name in self.methods for count in self.counts)
        )


def title_of(metric: str, unit: str = "stars") -> str:
    """What a metric is called where ratings are counted in `unit`."""
    return TITLES[metric].replace("stars", unit)


def text(report: Report) -> str:
    """The report for the terminal: headlines with differences, then every metric at one number of labels."""
    people = f", {report.people} others as population" if report.people else ""
    lines = [
        f"{report.dataset}, {report.protocol}: {report.items} items, {report.listeners} listeners{people}, "
        f"seed {report.seed}",
        f"In brackets: {REFERENCE} minus that method on the same listeners, 95 % interval; * where it excludes 0.",
        *report.notes,
        "",
    ]
    for metric in report.measured():
        if metric in HEADLINES:
            lines += [*_table(report, metric), ""]
    count = report.counts[len(report.counts) // 2]
    short = [metric for metric in report.measured() if metric != "gap"]
    lines.append(f"Everything at n = {count}")
    lines.append(f"{'':<18}" + "".join(f"{metric:>11}" for metric in short))
    for name in report.rows():
        cells = [report.mean(name, count, metric) for metric in short]
        lines.append(f"{name:<18}" + "".join(f"{cell.mean:>11.3f}" if cell else f"{'':>11}" for cell in cells))
    lines += ["", *_verdict(report)]
    return "\n".join(lines)


def as_json(report: Report) -> str:
    """The report as one JSON object; the same measurement gives the same bytes."""
    cells = []
    for (name, count), values in report.results.items():
        for metric in values:
            mean, ahead = report.mean(name, count, metric), report.ahead(name, count, metric)
            if mean is None:
                continue
            cells.append(
                {
                    "method": name,
                    "labels": count,
                    "metric": metric,
                    **_interval(mean),
                    "listeners": int(np.isfinite(values[metric]).sum()) if metric != "coverage" else report.listeners,
                    f"{REFERENCE}_ahead": _interval(ahead) if ahead else None,
                }
            )
    made = {
        "bowerbird": "evaluation",
        "version": 1,
        "dataset": report.dataset,
        "protocol": report.protocol,
        "items": report.items,
        "listeners": report.listeners,
        "population": report.people,
        "seed": report.seed,
        "unit": report.unit,
        "labels": list(report.counts),
        "methods": list(report.methods),
        "personal": list(report.personal),
        "sound": not report.gates,
        "gates_failed": list(report.gates),
        "notes": list(report.notes),
        "traces": {name: [round(float(hits), 4) for hits in line] for name, line in report.traces.items()},
        "cells": cells,
    }
    return json.dumps(made, indent=1, allow_nan=False) + "\n"


def tables(results: Results, counts: Sequence[int], reference: str = REFERENCE) -> str:
    """Every metric that was measured: a row per method, mean for each number of labels and, in brackets,
    the 95 % interval of `reference` minus that method on the same listeners.

    An asterisk marks an interval that excludes 0.
    """
    methods = [name for name in dict.fromkeys(name for name, _ in results) if name not in (BASE, CEILING)]
    lines: list[str] = []
    for metric, title in TITLES.items():
        rows = []
        for method in methods:
            cells = [_cell(results, method, count, metric, reference) for count in counts]
            if any(cells):
                rows.append(f"{method:<18}" + "".join(f"{cell:>28}" for cell in cells))
        if rows:
            heads = "".join(f"{f'n = {count}':>28}" for count in counts)
            lines += [f"{title}", f"{'':<18}{heads}", *rows, ""]
    return "\n".join(lines)


def wins(report: Report, metric: str) -> tuple[list[str], list[str]]:
    """Cells in which the reference is ahead of a personal rival beyond its interval, and cells in which it is not."""
    ahead: list[str] = []
    not_ahead: list[str] = []
    sign = -1.0 if metric in LOWER_IS_BETTER else 1.0
    for name in report.personal:
        for count in report.counts:
            gap = report.ahead(name, count, metric)
            if gap is None:
                continue
            low = gap.low if sign > 0 else -gap.high
            (ahead if low > 0 else not_ahead).append(f"{name} n={count} ({gap.mean:+.3f})")
    return ahead, not_ahead


def _verdict(report: Report) -> list[str]:
    lines = []
    for metric in report.measured():
        if metric in HEADLINES:
            ahead, rest = wins(report, metric)
            if ahead or rest:
                least = f"; not ahead of {', '.join(rest)}" if rest else ""
                lines.append(
                    f"{TITLES[metric]}: {REFERENCE} beats its personal rivals in {len(ahead)} of "
                    f"{len(ahead) + len(rest)} cells{least}."
                )
    if report.gates:
        lines += ["", "THIS REPORT IS NOT SOUND: its gates failed.", *(f"GATE FAILED  {line}" for line in report.gates)]
    else:
        lines.append(f"Gates: {report.held}.")
    return lines


def _table(report: Report, metric: str) -> list[str]:
    heads = "".join(f"{f'n = {count}':>28}" for count in report.counts)
    lines = [title_of(metric, report.unit), f"{'':<18}{heads}"]
    for name in report.rows():
        cells = [_cell(report.results, name, count, metric, REFERENCE) for count in report.counts]
        if any(cells):
            lines.append(f"{name:<18}" + "".join(f"{cell:>28}" for cell in cells))
    return lines


def _cell(results: Results, method: str, count: int, metric: str, reference: str) -> str:
    values = results.get((method, count), {}).get(metric)
    if values is None or not np.isfinite(values).any():
        return ""
    shown = f"{np.nanmean(values):.3f}"
    ours = results.get((reference, count), {}).get(metric)
    if method in (reference, BASE, CEILING) or ours is None or len(ours) != len(values):
        return shown
    if not np.isfinite(ours - values).any():
        return shown
    gap = _drawn(ours - values) if metric == "coverage" else metrics.bootstrap(ours - values)
    mark = "*" if gap.low > 0 or gap.high < 0 else " "
    return f"{shown} [{gap.low:+.3f}, {gap.high:+.3f}]{mark}"


def _drawn(values: np.ndarray) -> Interval:
    low, high = np.nanquantile(values, (0.025, 0.975))
    return Interval(float(np.nanmean(values)), float(low), float(high))


def _interval(found: Interval) -> dict[str, float | None]:
    parts = {"mean": found.mean, "low": found.low, "high": found.high}
    return {name: round(value, 6) if math.isfinite(value) else None for name, value in parts.items()}
