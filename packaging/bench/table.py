"""The rows of the benchmark and how they are printed: ours beside theirs, the ratio, the goal, and whether it is met.

A measurement is a function that yields `Row`s; one whose part is not there raises `Absent`. Nothing is estimated:
what cannot be measured on this machine prints "absent" with the reason.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path


class Absent(Exception):  # noqa: N818 - a fact, not an error
    """A part needed for a measurement is not there; the text says which."""


@dataclass(frozen=True, slots=True)
class Row:
    """One figure. `goal` is compared with `ours`; `small` says that less is better. `theirs` may be None."""

    name: str
    unit: str
    ours: float
    theirs: float | None = None
    whose: str = ""
    goal: float | None = None
    small: bool = True

    @property
    def met(self) -> bool | None:
        """Whether the goal is met, None without one."""
        if self.goal is None:
            return None
        return self.ours <= self.goal if self.small else self.ours >= self.goal

    @property
    def ratio(self) -> float | None:
        """How many times better ours is than theirs."""
        if not self.theirs or not self.ours:
            return None
        return self.theirs / self.ours if self.small else self.ours / self.theirs


HEADINGS = ("what", "ours", "theirs", "ratio", "goal", "met")


def figure(value: float | None) -> str:
    """A number with three significant digits, at most."""
    if value is None:
        return "-"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def cells(row: Row) -> tuple[str, ...]:
    """The row as text, a cell for each heading."""
    theirs = f"{figure(row.theirs)} {row.whose}".strip() if row.theirs is not None else "-"
    ratio = f"{figure(row.ratio)}x" if row.ratio is not None else "-"
    goal = "-" if row.goal is None else f"{'<' if row.small else '>='} {figure(row.goal)}"
    met = {None: "-", True: "yes", False: "NO"}[row.met]
    return row.name, f"{figure(row.ours)} {row.unit}", theirs, ratio, goal, met


def lines(rows: Iterable[tuple[str, ...]]) -> list[str]:
    """Set rows of cells in columns."""
    table = [HEADINGS, *rows]
    widths = [max(len(row[column]) for row in table) for column in range(len(HEADINGS))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in table]


def seconds(work: Callable[[], object], *, repeat: int = 3, cpu: bool = False) -> float:
    """The best of `repeat` times `work` took, in seconds of the wall clock or of processor time."""
    clock = time.process_time if cpu else time.perf_counter
    best = float("inf")
    for _ in range(repeat):
        begun = clock()
        work()
        best = min(best, clock() - begun)
    return best


def machine() -> str:
    """One line on where this was measured."""
    said = Path("/proc/cpuinfo")
    text = said.read_text(encoding="utf-8") if said.exists() else ""
    model = next((line.partition(":")[2].strip() for line in text.splitlines() if line.startswith("model name")), "")
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    return f"{os.cpu_count()} cores{', ' + model if model else ''}{load}"
