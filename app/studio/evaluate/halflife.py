"""How fast labels should fade: the half-life that best predicts a listener's later labels from the earlier
ones.

Chronological splits: at 50, 60, ... 90 % of a history, everything before trains, aged as of the split, and
the next tenth is predicted. Called by the command line of this package.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from app.studio.evaluate.datasets import Audience, Listener
from models import metrics
from models.baselines.base import LIKED_FROM
from models.taste import Labels, Taste, TasteSettings

DAYS = (7.0, 30.0, 90.0, 180.0, 365.0, 730.0, 1e9)
SPLITS = (0.5, 0.6, 0.7, 0.8, 0.9)


def areas(
    audience: Audience, *, span: float, half_lives: Sequence[float] = DAYS, most: int = 200
) -> dict[float, np.ndarray]:
    """AUC of later labels, one value per listener whose history spans at least `span` days, by half-life."""
    found: dict[float, list[float]] = {days: [] for days in half_lives}
    for listener in audience.listeners:
        if listener.days[-1] - listener.days[0] < span:
            continue
        splits = [_split(listener, share, most) for share in SPLITS]
        for days in half_lives:
            settings = replace(TasteSettings(), half_life=days)
            values = []
            for labels, rows, liked in splits:
                scores = Taste.fit(audience.features, labels, settings=settings).score(audience.features[rows])
                values.append(metrics.auc(scores.discovery, liked))
            known = [value for value in values if np.isfinite(value)]
            found[days].append(float(np.mean(known)) if known else float("nan"))
    return {days: np.array(values) for days, values in found.items()}


def _split(listener: Listener, share: float, most: int) -> tuple[Labels, np.ndarray, np.ndarray]:
    n = len(listener.rows)
    at, end = int(share * n), int((share + 0.1) * n)
    before, after = slice(max(0, at - most), at), slice(at, max(end, at + 1))
    rows = listener.rows[before]
    ages = (listener.days[at] - listener.days[before]).astype(np.float32)
    labels = Labels(rows, listener.targets[before], np.ones(len(rows), np.float32), ages)
    return labels, listener.rows[after], listener.targets[after] >= LIKED_FROM


def table(found: dict[float, np.ndarray]) -> str:
    """A line per half-life: mean AUC and the paired interval of its gain over not fading at all."""
    still = found[max(found)]
    lines = [f"{'half-life':>10}  {'AUC':>6}  gain over no fading"]
    for days, values in found.items():
        gain = metrics.bootstrap(values - still)
        name = "none" if days == max(found) else f"{days:.0f} d"
        lines.append(f"{name:>10}  {np.nanmean(values):6.3f}  {gain.mean:+.4f} [{gain.low:+.4f}, {gain.high:+.4f}]")
    return "\n".join(lines)
