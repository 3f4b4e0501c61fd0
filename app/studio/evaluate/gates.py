"""What must hold of any sound measurement: chance is chance, perfection is perfect, empty labels teach nothing.

A report whose gates fail is worth nothing, whatever its figures; it says so and the command ends with status 1.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from app.studio.evaluate.protocol import BASE, CEILING, ORACLE, RANDOM, SHUFFLED, Results
from models import metrics

EXACT = 1e-6
OURS, RIVALS = 0.03, 0.1
"""How far from .5 shuffled labels may end. In a small catalogue random likes still lean to what people in general
like (cosine on Jester's 100 jokes: .56), which is no leak; a method that knows the answers ends near 1.
"""


def slack(listeners: int) -> float:
    """How far beyond its 95 % interval a control may lie: .02, more where few listeners leave the interval unsure.

    With dozens of controls one in twenty would otherwise fail by chance.
    """
    return max(0.02, 0.25 / math.sqrt(max(1, listeners)))


def gates(results: Results, counts: Sequence[int]) -> list[str]:
    """What is wrong with the measurement, one sentence each; empty where it is sound."""
    wrong: list[str] = []
    for count in counts:
        wrong += _level(results, RANDOM, count, 0.5)
        wrong += _level(results, ORACLE, count, 1.0)
        for name, _ in [key for key in results if key[1] == count and key[0].startswith(SHUFFLED)]:
            wrong += _level(results, name, count, 0.5, OURS if name == SHUFFLED else RIVALS)
        for metric in ("p10", "all_p10"):
            wrong += _pair(results, RANDOM, BASE, count, metric)
            wrong += _pair(results, ORACLE, CEILING, count, metric)
    for (name, count), values in results.items():
        if name in (BASE, CEILING):
            continue
        empty = int(np.isnan(values["all_p10"]).sum())
        if empty:
            wrong.append(f"{name} at n = {count}: scores that are no numbers for {empty} listeners")
        top = results.get((ORACLE, count), {}).get("all_p10")
        if top is None or name.startswith(SHUFFLED) or len(top) != len(values["all_p10"]):
            continue
        gap = values["all_p10"] - top
        if np.isfinite(gap).any() and np.nanmean(gap) > EXACT:
            wrong.append(f"{name} at n = {count}: better than perfect")
    return wrong


def _level(results: Results, name: str, count: int, expected: float, least: float = 0.0) -> list[str]:
    values = results.get((name, count), {}).get("auc")
    if values is None or not np.isfinite(values).any():
        return []
    interval = metrics.bootstrap(values)
    # Chance may be off by chance; perfection may not.
    room = EXACT if name == ORACLE else max(least, slack(len(values)))
    if interval.low - room <= expected <= interval.high + room:
        return []
    return [f"{name} at n = {count}: AUC {interval.mean:.3f}, expected {expected}"]


def _pair(results: Results, name: str, standard: str, count: int, metric: str) -> list[str]:
    ours, theirs = (results.get((key, count), {}).get(metric) for key in (name, standard))
    if ours is None or theirs is None or not np.isfinite(ours - theirs).any():
        return []
    gap = metrics.bootstrap(ours - theirs)
    room = EXACT if name == ORACLE else slack(len(ours))
    if gap.low - room <= 0 <= gap.high + room:
        return []
    label = "P@10" if metric == "p10" else "P@10 among all unseen"
    return [f"{name} at n = {count}: {label} {np.nanmean(ours):.3f}, the {standard} is {np.nanmean(theirs):.3f}"]
