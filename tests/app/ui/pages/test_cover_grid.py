"""The grid of films: the pointer leafs through their moments, and the cover comes back when it leaves."""

from __future__ import annotations

from typing import cast

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QMouseEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.store.items import Items
from app.ui.bridge import StudioBridge
from app.ui.pages.cover_grid import CoverGrid
from app.ui.pages.library import VIDEO_PICTURE, LibraryPage
from tests.known_moments import COLOURS, know_moments, near
from tests.window import Rig

FILM = 13


@pytest.fixture
def grid(rig: Rig, qtbot: QtBot) -> CoverGrid:
    studio = cast("StudioBridge", rig.studio)
    items = Items(rig.database)
    page = LibraryPage("video", rig.lists, items, studio, rig.actions, rig.settings, rig.covers, rig.theme)
    qtbot.addWidget(page)
    page.grid.leaf_through(rig.tiles)
    page.resize(800, 500)
    page.show()
    page.show_as_grid()
    return page.grid


def point_at(grid: CoverGrid, at: QPoint) -> None:
    where, none = QPointF(at), Qt.MouseButton.NoButton
    view = grid.viewport()
    move = QMouseEvent(
        QEvent.Type.MouseMove, where, view.mapToGlobal(where), none, none, Qt.KeyboardModifier.NoModifier
    )
    QApplication.sendEvent(view, move)


def colour(grid: CoverGrid) -> QColor:
    """What the middle of the first tile's picture shows."""
    place = grid.visualRect(grid.model().index(0, 0)).topLeft() + QPoint(8 + VIDEO_PICTURE.width() // 2, 60)
    return grid.viewport().grab().toImage().pixelColor(place)


def test_the_pointer_leafs_through_a_film(rig: Rig, grid: CoverGrid, qtbot: QtBot) -> None:
    know_moments(rig, FILM, [0.0, 10.0, 20.0, 30.0])
    cover = colour(grid)
    first = grid.visualRect(grid.model().index(0, 0)).topLeft()
    with qtbot.waitSignal(rig.tiles.loaded):
        point_at(grid, first + QPoint(10, 60))
        grid.viewport().grab()
    assert near(colour(grid), COLOURS[0])
    point_at(grid, first + QPoint(8 + VIDEO_PICTURE.width() * 5 // 8, 60))
    assert near(colour(grid), COLOURS[2])
    QApplication.sendEvent(grid.viewport(), QEvent(QEvent.Type.Leave))
    assert colour(grid) == cover


def test_a_film_of_one_scene_and_one_not_looked_at_keep_their_cover(rig: Rig, grid: CoverGrid) -> None:
    cover = colour(grid)
    first = grid.visualRect(grid.model().index(0, 0)).topLeft()
    point_at(grid, first + QPoint(60, 60))
    assert colour(grid) == cover
    know_moments(rig, FILM, [0.0])
    point_at(grid, first + QPoint(70, 60))
    assert colour(grid) == cover
    assert rig.tiles.reading == 0
