"""Measured results as text: one table per metric, with the paired difference to the taste network.

Called by the command line of this package.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from app.studio.evaluate.protocol import Results
from models import metrics

TITLES = {
    "auc": "AUC",
    "p10": "P@10 among the held-out",
    "all_p10": "P@10 among all unseen",
    "ndcg": "NDCG@10",
    "rmse": "RMSE in stars",
    "ece": "calibration error (ECE)",
}


def tables(results: Results, counts: Sequence[int], reference: str = "taste") -> str:
    """Every metric that was measured: a row per method, mean for each number of labels and, in brackets,
    the 95 % interval of `reference` minus that method on the same listeners.

    An asterisk marks an interval that excludes 0.
    """
    methods = list(dict.fromkeys(name for name, _ in results))
    lines: list[str] = []
    for metric, title in TITLES.items():
        rows = []
        for method in methods:
            cells = [_cell(results, method, count, metric, reference) for count in counts]
            if any(cells):
                rows.append(f"{method:<12}" + "".join(f"{cell:>34}" for cell in cells))
        if rows:
            heads = "".join(f"{f'n = {count}':>34}" for count in counts)
            lines += [f"{title}", f"{'':<12}{heads}", *rows, ""]
    return "\n".join(lines)


def gates(results: Results, counts: Sequence[int], metric: str = "auc") -> list[str]:
    """What is wrong with the measurement itself: random or shuffled labels not at chance, or an imperfect
    oracle.
    """
    wrong = []
    for count in counts:
        for name, expected in (("random", 0.5), ("shuffled", 0.5), ("oracle", 1.0)):
            if (name, count) not in results:
                continue
            interval = metrics.bootstrap(results[name, count][metric])
            if not interval.low - 0.02 <= expected <= interval.high + 0.02:
                wrong.append(f"{name} at n = {count}: {metric} {interval.mean:.3f}, expected {expected}")
    return wrong


def _cell(results: Results, method: str, count: int, metric: str, reference: str) -> str:
    values = results.get((method, count), {}).get(metric)
    if values is None or not np.isfinite(values).any():
        return ""
    text = f"{np.nanmean(values):.3f}"
    ours = results.get((reference, count), {}).get(metric)
    if method == reference or ours is None or not np.isfinite(ours).any():
        return text
    gap = metrics.bootstrap(ours - values)
    mark = "*" if gap.low > 0 or gap.high < 0 else " "
    return f"{text}  [{gap.low:+.3f}, {gap.high:+.3f}]{mark}"
