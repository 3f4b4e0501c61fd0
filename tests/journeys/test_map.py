"""Somebody takes in a folder, opens the map, walks over it and plays along a line; the map stands at the next start."""

from __future__ import annotations

import contextlib
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.composition import open_library
from app.paths import Profile
from app.store.items import Items
from app.store.map_layout import LaidOut, MapLayout
from app.ui.pages.map import MapPage
from tests.factories import found_item
from tests.journeys.conftest import Evening
from tests.studio_run import write_sound

pytestmark = pytest.mark.journey

COUNT = 12


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "music"
    made.mkdir()
    for number in range(COUNT):
        style = number % 2
        write_sound(made / f"{number}.wav", pitch=220 + 20 * number, noise=(0.02, 0.9)[style], seed=number)
    return made


def evening_library(profile: Profile) -> list[int]:
    """Put Items and their map into the profile, as an earlier evening left them."""
    with open_library(profile) as database:
        items = Items(database)
        folder = items.add_folder("/music")
        items.save_found([found_item(number, folder.id) for number in range(COUNT)])
        ids = [int(item) for item in items.present_ids()]
    with contextlib.closing(MapLayout(profile.scores)) as layout:
        places = np.random.default_rng(0).random((COUNT, 2), np.float32)
        layout.write(LaidOut(np.array(ids, np.int64), places, ("a",), COUNT))
    return ids


def the_map(evening: Evening) -> MapPage:
    page = evening.window.show_page("map")
    assert isinstance(page, MapPage)
    return page


def test_a_library_becomes_a_map(evening: Evening, folder: Path, qtbot: QtBot) -> None:
    page = the_map(evening)
    assert page.empty.isVisible()
    evening.window.folders_dropped.emit([str(folder)])
    evening.until(lambda: len(page.canvas.dots) == COUNT)
    assert page.canvas.isVisible()
    page.canvas.setFocus()
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Plus, Qt.Key.Key_Home, Qt.Key.Key_Return):
        qtbot.keyClick(page.canvas, key)
    playback = evening.running.playback
    evening.until(lambda: playback.current_item in page.canvas.chosen)
    ids = page.canvas.dots.ids.tolist()
    points = [page.canvas.point_of(item) for item in ids[:4]]
    QTest.mousePress(page.canvas, Qt.MouseButton.RightButton, pos=points[0].toPoint())  # type: ignore[union-attr]
    for point in points[1:]:
        QTest.mouseMove(page.canvas, point.toPoint())  # type: ignore[union-attr]
    QTest.mouseRelease(page.canvas, Qt.MouseButton.RightButton, pos=points[-1].toPoint())  # type: ignore[union-attr]
    played = [int(row.item) for row in playback.queue.rows]
    assert played[0] == ids[0]
    assert len(played) > 1


def test_the_map_of_last_time_is_there_at_once(evening: Evening, profile: Profile) -> None:
    ids = evening_library(profile)
    page = the_map(evening)
    # Read from the disk, in the call that shows the page: no studio has been heard since.
    assert page.canvas.isVisible()
    assert page.canvas.dots.ids.tolist() == ids
