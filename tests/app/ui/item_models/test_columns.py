"""How values are written, and how a list's columns are remembered."""

from __future__ import annotations

import time

import pytest
from PySide6.QtWidgets import QApplication

from app.ui.item_models import columns
from app.ui.item_models.columns import TRACK_COLUMNS, VIDEO_COLUMNS, Column, Layout, Placed


@pytest.mark.parametrize(
    ("seconds", "words"), [(0, "–"), (-1, "–"), (59.6, "1:00"), (61, "1:01"), (3600, "1:00:00"), (7325, "2:02:05")]
)
def test_durations(seconds: float, words: str) -> None:
    assert columns.duration(seconds) == words


def test_days(qapp: QApplication) -> None:
    now = time.mktime((2026, 3, 1, 12, 0, 0, 0, 0, -1))
    assert columns.day(now - 60, now) == "today"
    assert columns.day(now - 86_400, now) == "yesterday"
    assert columns.day(now - 2 * 86_400, now) == "2026-02-27"
    assert columns.day(None) == ""


def test_layouts_survive_writing_and_reading() -> None:
    layout = Layout((Placed(Column.ARTIST, 91, True), Placed(Column.TITLE, 300, True)), Column.SCORE, True)
    kept = columns.write_layouts({"library": layout, "videos": Layout.first(VIDEO_COLUMNS)})
    assert columns.read_layouts(kept)["library"] == layout
    assert columns.read_layouts(kept)["videos"] == Layout.first(VIDEO_COLUMNS)


@pytest.mark.parametrize(
    "kept",
    [
        "",
        "{",
        "[1]",
        '{"library": 3}',
        '{"library": {"columns": [["title"]]}}',
        '{"library": {"columns": [["gone", 40, true]]}}',
        '{"library": {"columns": [["title", "wide", true]]}}',
    ],
)
def test_damaged_layouts_are_left_out(kept: str) -> None:
    assert columns.read_layouts(kept) == {}


def test_widths_from_the_file_are_kept_within_reason() -> None:
    kept = '{"library": {"columns": [["title", -9, true], ["artist", 99999, true]]}}'
    assert [placed.width for placed in columns.read_layouts(kept)["library"].placed] == [24, 4000]


def test_new_columns_join_an_old_layout_hidden() -> None:
    old = Layout((Placed(Column.ARTIST, 50, True), Placed(Column.POSITION, 40, True)), Column.POSITION)
    merged = old.merged(TRACK_COLUMNS)
    assert merged.placed[0] == Placed(Column.ARTIST, 50, True)
    assert {placed.column for placed in merged.placed} == set(TRACK_COLUMNS)
    assert not any(placed.shown for placed in merged.placed[1:])
    assert merged.sort is None
