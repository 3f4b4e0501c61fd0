"""The benchmark's table: ratios the right way round, goals judged, nothing invented where a figure is missing."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "packaging" / "bench"))

import table  # noqa: E402


@pytest.mark.parametrize(
    ("small", "ours", "theirs", "ratio"),
    [(True, 2.0, 6.0, 3.0), (False, 300.0, 100.0, 3.0), (True, 2.0, None, None), (True, 0.0, 5.0, None)],
)
def test_ratio_says_how_many_times_better_ours_is(
    small: bool, ours: float, theirs: float | None, ratio: float | None
) -> None:
    assert table.Row("x", "s", ours, theirs, small=small).ratio == ratio


@pytest.mark.parametrize(
    ("small", "ours", "goal", "met"),
    [
        (True, 0.4, 0.5, True),
        (True, 0.6, 0.5, False),
        (False, 160, 150, True),
        (False, 90, 150, False),
        (True, 1, None, None),
    ],
)
def test_goal_is_met_or_not(small: bool, ours: float, goal: float | None, met: bool | None) -> None:
    assert table.Row("x", "s", ours, goal=goal, small=small).met is met


def test_missing_figures_are_dashes() -> None:
    assert table.cells(table.Row("start", "s", 0.25)) == ("start", "0.25 s", "-", "-", "-", "-")
    assert table.cells(table.Row("start", "s", 0.25, 0.5, "other", 0.2)) == (
        "start",
        "0.25 s",
        "0.5 other",
        "2x",
        "< 0.2",
        "NO",
    )


def test_columns_line_up() -> None:
    head, first, second = table.lines([("a", "1 s", "-", "-", "-", "-"), ("longer", "12 s", "-", "-", "-", "-")])
    assert head.index("ours") == first.index("1 s") == second.index("12 s")


def test_best_of_several_runs_counts() -> None:
    waits = iter([0.0, 0.0, 0.0])
    assert 0 <= table.seconds(lambda: next(waits), repeat=3) < 1
    with pytest.raises(StopIteration):
        next(waits)
