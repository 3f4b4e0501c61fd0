"""Plots as inline SVG, drawn here: curves over the number of labels or tracks, and differences with intervals.

Colours come from the page's variables, so that a plot is readable in light and dark; every line is named at its end
and every mark says its figures when pointed at. Pure: values in, text out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

from models.metrics import Interval

WIDTH, LEFT, RIGHT, TOP, BOTTOM = 760, 52, 150, 14, 40
LINE = 15


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """One named line: `ys` at the places of the plot's x axis; `role` ours, rival, crowd or control."""

    name: str
    role: str
    ys: Sequence[float]
    low: Sequence[float] = ()
    high: Sequence[float] = ()


@dataclass(frozen=True, slots=True)
class Difference:
    """One rival, and how far ours is ahead of it."""

    name: str
    role: str
    gap: Interval


def curves(title: str, x_label: str, xs: Sequence[float], lines: Sequence[Curve], *, spaced: bool = True) -> str:
    """Lines over x; `spaced` puts the xs at equal distances whatever their values."""
    drawn = [line for line in lines if np.isfinite(line.ys).any()]
    height = max(300, TOP + BOTTOM + LINE * len(drawn))
    values = np.array([value for line in drawn for value in (*line.ys, *line.low, *line.high)], np.float64)
    ticks = _ticks(float(np.nanmin(values)), float(np.nanmax(values)))
    floor, ceiling = ticks[0], ticks[-1]

    def across(place: int) -> float:
        along = (xs[place] - xs[0]) / max(1e-9, xs[-1] - xs[0])
        share = place / max(1, len(xs) - 1) if spaced else along
        return LEFT + share * (WIDTH - LEFT - RIGHT)

    def up(value: float) -> float:
        return height - BOTTOM - (value - floor) / (ceiling - floor) * (height - TOP - BOTTOM)

    parts = _frame(title, height)
    for tick in ticks:
        parts.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{up(tick):.1f}" y2="{up(tick):.1f}"/>')
        parts.append(
            f'<text class="tick" x="{LEFT - 8}" y="{up(tick) + 4:.1f}" text-anchor="end">{_short(tick)}</text>'
        )
    shown = range(len(xs)) if len(xs) <= 8 else [place for place, x in enumerate(xs) if x == 1 or x % 10 == 0]
    for place in shown:
        parts.append(
            f'<text class="tick" x="{across(place):.1f}" y="{height - BOTTOM + 18}" text-anchor="middle">'
            f"{_short(xs[place])}</text>"
        )
    middle = LEFT + (WIDTH - LEFT - RIGHT) / 2
    parts.append(f'<text class="axis" x="{middle:.1f}" y="{height - 4}" text-anchor="middle">{escape(x_label)}</text>')
    for line in sorted(drawn, key=lambda line: line.role == "ours"):
        parts += _band(line, across, up)
        points = " ".join(f"{across(at):.1f},{up(y):.1f}" for at, y in enumerate(line.ys) if np.isfinite(y))
        parts.append(f'<polyline class="line {line.role}" points="{points}"/>')
        if len(xs) <= 8:
            for at, y in enumerate(line.ys):
                if np.isfinite(y):
                    tip = f"{line.name}, {_short(xs[at])}: {y:.3f}"
                    if line.low:
                        tip += f" [{line.low[at]:.3f}, {line.high[at]:.3f}]"
                    parts.append(
                        f'<circle class="dot {line.role}" cx="{across(at):.1f}" cy="{up(y):.1f}" r="3">'
                        f"<title>{escape(tip)}</title></circle>"
                    )
    parts += _names(drawn, up, height)
    return "".join((*parts, "</svg>"))


def differences(title: str, rows: Sequence[Difference]) -> str:
    """A row per rival: the interval of the difference, with 0 marked; right of it ours is better."""
    height = TOP + BOTTOM + 24 * len(rows)
    left, right = 170, 110
    lows, highs = [row.gap.low for row in rows], [row.gap.high for row in rows]
    ticks = _ticks(min(0.0, *lows), max(0.0, *highs))
    floor, ceiling = ticks[0], ticks[-1]

    def across(value: float) -> float:
        return left + (value - floor) / (ceiling - floor) * (WIDTH - left - right)

    parts = _frame(title, height)
    for tick in ticks:
        kind = "zero" if abs(tick) < 1e-12 else "grid"
        parts.append(
            f'<line class="{kind}" x1="{across(tick):.1f}" x2="{across(tick):.1f}" y1="{TOP}" y2="{height - BOTTOM}"/>'
        )
        parts.append(
            f'<text class="tick" x="{across(tick):.1f}" y="{height - BOTTOM + 18}" text-anchor="middle">'
            f"{tick:+.3g}</text>"
        )
    for number, row in enumerate(rows):
        y = TOP + 24 * number + 14
        verdict = "ahead" if row.gap.low > 0 else "behind" if row.gap.high < 0 else "open"
        tip = f"{row.name}: {row.gap.mean:+.3f} [{row.gap.low:+.3f}, {row.gap.high:+.3f}]"
        parts.append(
            f'<text class="name {row.role}" x="{left - 10}" y="{y + 4}" text-anchor="end">{escape(row.name)}</text>'
        )
        parts.append(
            f'<g class="{verdict}"><title>{escape(tip)}</title>'
            f'<line class="range" x1="{across(row.gap.low):.1f}" x2="{across(row.gap.high):.1f}" y1="{y}" y2="{y}"/>'
            f'<circle class="mean" cx="{across(row.gap.mean):.1f}" cy="{y}" r="4.5"/></g>'
        )
        parts.append(f'<text class="tick" x="{WIDTH - right + 12}" y="{y + 4}">{row.gap.mean:+.3f}</text>')
    return "".join((*parts, "</svg>"))


def _frame(title: str, height: int) -> list[str]:
    return [
        f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(title, quote=True)}" '
        f'xmlns="http://www.w3.org/2000/svg"><title>{escape(title)}</title>'
    ]


def _band(line: Curve, across: Callable[[int], float], up: Callable[[float], float]) -> list[str]:
    """The interval around our own line only: all at once would hide each other."""
    if line.role != "ours" or not line.low or not np.isfinite([*line.low, *line.high]).all():
        return []
    over = [f"{across(at):.1f},{up(y):.1f}" for at, y in enumerate(line.high)]
    under = [f"{across(at):.1f},{up(y):.1f}" for at, y in enumerate(line.low)]
    return [f'<polygon class="band" points="{" ".join((*over, *reversed(under)))}"/>']


def _names(lines: Sequence[Curve], up: Callable[[float], float], height: int) -> list[str]:
    """Each line's name at its right end, moved apart where they would overlap."""
    ends = sorted(
        ((up(float(line.ys[-1])), line) for line in lines if np.isfinite(line.ys[-1])), key=lambda end: end[0]
    )
    places = [y for y, _ in ends]
    for at in range(1, len(places)):
        places[at] = max(places[at], places[at - 1] + LINE)
    overhang = max(0.0, places[-1] - (height - BOTTOM)) if places else 0.0
    if overhang:
        places[-1] -= overhang
        for at in range(len(places) - 2, -1, -1):
            places[at] = min(places[at], places[at + 1] - LINE)
    parts = []
    x = WIDTH - RIGHT
    for (y, line), place in zip(ends, places, strict=True):
        parts.append(f'<line class="leader" x1="{x + 4}" x2="{x + 16}" y1="{y:.1f}" y2="{place:.1f}"/>')
        parts.append(f'<text class="name {line.role}" x="{x + 20}" y="{place + 4:.1f}">{escape(line.name)}</text>')
    return parts


def _ticks(low: float, high: float) -> list[float]:
    """Round values that enclose the range, three to nine of them."""
    span = max(high - low, 1e-6)
    rough = 10.0 ** np.floor(np.log10(span / 4))
    step = next(rough * factor for factor in (1, 2, 5, 10) if span / (rough * factor) <= 6)
    first, last = np.floor(low / step + 1e-9), np.ceil(high / step - 1e-9)
    return [float(round(step * number, 10)) for number in range(int(first), int(max(last, first + 1)) + 1)]


def _short(value: float) -> str:
    return f"{value:.4g}"
