"""The map page: every Item a dot; looking, choosing, playing, searching; and what it says while there is nothing."""

from __future__ import annotations

import contextlib
from typing import cast

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QPointingDevice, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from app.map_messages import MakeMap, MapChanged
from app.protocol import Job, JobEnded, Progress, ScoresChanged
from app.store.items import Items
from app.store.map_layout import LaidOut, MapLayout, MapReading, Region
from app.store.scores import Scores
from app.ui.bridge import StudioBridge
from app.ui.pages.map import MapPage
from models.ids import ItemId
from tests.window import Rig

PLACES = np.array([[0.1 + 0.2 * (row % 4), 0.1 + 0.25 * (row // 4)] for row in range(13)], np.float32)
LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton
NO = Qt.KeyboardModifier.NoModifier
SHIFT, CONTROL = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier


def lay(rig: Rig) -> None:
    """Put the map of the rig's thirteen Items into scores.db, as the studio would."""
    with contextlib.closing(MapLayout(rig.folder / "scores.db")) as layout:
        layout.write(LaidOut(np.array(rig.ids, np.int64), PLACES, ("a",), 13))
        layout.write_regions([Region(0, 0.2, 0.2, "<b>Jazz</b>", 9), Region(2, 0.3, 0.2, "Ada", 3)])


def made(rig: Rig, qtbot: QtBot) -> MapPage:
    studio = cast("StudioBridge", rig.studio)
    page = MapPage(MapReading(rig.database), rig.lists, studio, rig.actions, rig.covers, rig.theme)
    qtbot.addWidget(page)
    page.resize(700, 560)
    page.show()
    return page


@pytest.fixture
def page(rig: Rig, qtbot: QtBot) -> MapPage:
    lay(rig)
    return made(rig, qtbot)


def at(page: MapPage, item: int) -> QPoint:
    point = page.canvas.point_of(item)
    assert point is not None
    return point.toPoint()


def drag(page: MapPage, button: Qt.MouseButton, points: list[QPoint], keys: Qt.KeyboardModifier = NO) -> None:
    QTest.mousePress(page.canvas, button, keys, points[0])
    for point in points[1:]:
        QTest.mouseMove(page.canvas, point)
    QTest.mouseRelease(page.canvas, button, keys, points[-1])


def turn(page: MapPage, notches: int, where: QPoint) -> None:
    point = QPointF(where)
    event = QWheelEvent(
        point,
        QPointF(page.canvas.mapToGlobal(where)),
        QPoint(),
        QPoint(0, 120 * notches),
        Qt.MouseButton.NoButton,
        NO,
        Qt.ScrollPhase.NoScrollPhase,
        False,
        device=QPointingDevice.primaryPointingDevice(),
    )
    QApplication.sendEvent(page.canvas, event)


def test_every_item_is_a_dot(page: MapPage) -> None:
    assert page.canvas.dots.ids.tolist() == list(range(1, 14))
    assert page.canvas.dots.films.sum() == 1
    assert "13" in page.status
    assert "too few" in page.status
    inside = page.canvas.rect()
    assert all(inside.contains(at(page, item)) for item in range(1, 14))
    page.grab()


def test_pointing_at_a_dot_says_what_it_is(page: MapPage, rig: Rig) -> None:
    QTest.mouseMove(page.canvas, at(page, 4))
    assert page.card.isVisible()
    assert page.card.title == "Title 4"
    QTest.mouseMove(page.canvas, QPoint(2, 2))
    assert not page.card.isVisible()


def test_a_click_chooses_and_a_double_click_plays(page: MapPage, rig: Rig) -> None:
    QTest.mouseClick(page.canvas, LEFT, NO, at(page, 4))
    assert page.canvas.chosen == (4,)
    QTest.mouseClick(page.canvas, LEFT, CONTROL, at(page, 6))
    assert page.canvas.chosen == (4, 6)
    QTest.mouseClick(page.canvas, LEFT, CONTROL, at(page, 4))
    assert page.canvas.chosen == (6,)
    QTest.mouseDClick(page.canvas, LEFT, NO, at(page, 5))
    assert rig.playback.current_item == 5
    assert rig.playback.queue.rows[0].context == "map"
    QTest.mouseClick(page.canvas, LEFT, NO, QPoint(2, 2))
    assert page.canvas.chosen == ()


def test_a_drag_moves_the_map_and_chooses_nothing(page: MapPage) -> None:
    page.canvas.zoom(4.0)
    before = at(page, 6)
    drag(page, LEFT, [QPoint(200, 200), QPoint(230, 220), QPoint(260, 240)])
    assert at(page, 6) == before + QPoint(60, 40)
    assert page.canvas.chosen == ()
    page.grab()


def test_the_wheel_looks_nearer_where_the_pointer_is(page: MapPage) -> None:
    where = at(page, 7)
    turn(page, 3, where)
    assert (at(page, 7) - where).manhattanLength() <= 2
    assert page.canvas.view.scale > 1.5 * 400
    turn(page, -30, where)
    page.canvas.show_all()
    whole = page.canvas.view
    turn(page, -3, where)
    assert page.canvas.view.scale == whole.scale


def test_a_band_chooses_several(page: MapPage) -> None:
    corner, other = at(page, 1) - QPoint(10, 10), at(page, 6) + QPoint(10, 10)
    drag(page, LEFT, [corner, QPoint(150, 120), other], SHIFT)
    assert set(page.canvas.chosen) == {1, 2, 5, 6}
    assert "4" in page.status
    page.grab()


def test_a_line_plays_what_lies_along_it(page: MapPage, rig: Rig, qtbot: QtBot) -> None:
    with qtbot.waitSignal(page.notice):
        drag(page, RIGHT, [at(page, 5), at(page, 6), at(page, 7), at(page, 8)])
    assert [int(row.item) for row in rig.playback.queue.rows] == [5, 6, 7, 8]
    assert rig.playback.current_item == 5


def test_the_menu_is_that_of_the_lists(page: MapPage, rig: Rig) -> None:
    QTest.mouseClick(page.canvas, RIGHT, NO, at(page, 4))
    menu = page.canvas.findChildren(QMenu)[0]
    assert page.canvas.chosen == (4,)
    assert "More like this" in [action.text() for action in menu.actions()]
    menu.close()


def test_by_key_the_menu_of_two_offers_the_way_between_them(page: MapPage, rig: Rig) -> None:
    page.canvas.choose([1, 4])
    event = QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, QPoint(), QPoint())
    QApplication.sendEvent(page.canvas, event)
    menu = page.canvas.findChildren(QMenu)[0]
    way = next(action for action in menu.actions() if action.text().startswith("Play the way"))
    way.trigger()
    assert [int(row.item) for row in rig.playback.queue.rows] == [1, 2, 3, 4]
    menu.close()


def test_keys_walk_look_and_play(page: MapPage, rig: Rig, qtbot: QtBot) -> None:
    page.canvas.choose([1])
    for key, chosen in ((Qt.Key.Key_Right, 2), (Qt.Key.Key_Down, 6), (Qt.Key.Key_Left, 5), (Qt.Key.Key_Up, 1)):
        qtbot.keyClick(page.canvas, key)
        assert page.canvas.chosen == (chosen,)
    assert page.card.title == "Title 1"
    assert page.canvas.accessibleDescription() == "Title 1 – Artist 1"
    scale = page.canvas.view.scale
    qtbot.keyClick(page.canvas, Qt.Key.Key_Plus)
    assert page.canvas.view.scale > scale
    qtbot.keyClick(page.canvas, Qt.Key.Key_Minus)
    assert page.canvas.view.scale == pytest.approx(scale)
    qtbot.keyClick(page.canvas, Qt.Key.Key_Plus)
    qtbot.keyClick(page.canvas, Qt.Key.Key_Home)
    assert page.canvas.view.scale == pytest.approx(scale)
    qtbot.keyClick(page.canvas, Qt.Key.Key_Return)
    assert rig.playback.current_item == 1
    qtbot.keyClick(page.canvas, Qt.Key.Key_Q)
    assert [int(row.item) for row in rig.playback.queue.rows] == [1, 1]
    qtbot.keyClick(page.canvas, Qt.Key.Key_Escape)
    assert page.canvas.chosen == ()
    qtbot.keyClick(page.canvas, Qt.Key.Key_Right)
    assert len(page.canvas.chosen) == 1


def test_its_keys_are_not_the_windows(page: MapPage) -> None:
    for key, own in ((Qt.Key.Key_Left, True), (Qt.Key.Key_Home, True), (Qt.Key.Key_Space, False)):
        event = QKeyEvent(QEvent.Type.ShortcutOverride, key, NO)
        event.ignore()
        QApplication.sendEvent(page.canvas, event)
        assert event.isAccepted() is own


def test_words_let_what_they_match_stand_out(page: MapPage) -> None:
    page.set_search("is:video")
    assert page.status == "1 of 13 match"
    page.grab()
    page.set_search("")
    assert "13 items" in page.status


def test_a_like_shows_at_once_and_scores_when_they_come(page: MapPage, rig: Rig, qtbot: QtBot) -> None:
    rig.ratings.like([3])
    assert page.canvas.dots.liked[2] == 1
    page.grab()
    with contextlib.closing(Scores(rig.folder / "scores.db")) as scores:
        scores.write(np.array([3], np.int64), np.array([0.8], np.float32), np.array([0.1], np.float32))
    page.canvas.choose([5])
    page.canvas.zoom(2.0)
    view = page.canvas.view
    rig.studio.scores_changed.emit(ScoresChanged(1, 0.1))
    qtbot.waitUntil(lambda: page.canvas.dots.scores[2] > 0.7)
    assert page.canvas.view == view
    assert page.canvas.chosen == (5,)
    assert page.canvas.dots.liked[2] == 1


def test_one_item_can_be_shown_in_the_middle(page: MapPage) -> None:
    assert page.show_item(13)
    middle = page.canvas.rect().center()
    assert (at(page, 13) - middle).manhattanLength() <= 3
    assert not page.show_item(99)


def test_the_whole_can_be_arranged_anew(page: MapPage, rig: Rig) -> None:
    again = next(button for button in page._buttons if button.accessibleName() == "Arrange the map anew")
    again.click()
    assert rig.studio.told == [MakeMap()]
    rig.studio.progressed.emit(Progress(Job.MAP, 3, 13, 0.0, -1.0))
    assert not again.isEnabled()
    rig.studio.job_ended.emit(JobEnded(Job.MAP, 13, 0, 1.0))
    assert again.isEnabled()


def test_what_is_encoded_and_not_arranged_can_be_arranged(rig: Rig, qtbot: QtBot) -> None:
    Items(rig.database).mark([(ItemId(1), "a")])
    page = made(rig, qtbot)
    assert "being arranged" in page.empty.words
    page.empty.button.click()
    assert rig.studio.told == [MakeMap()]
    lay(rig)
    rig.studio.map_changed.emit(MapChanged(13))
    qtbot.waitUntil(page.canvas.isVisible)
    assert page.focus_first()


def test_before_anything_is_encoded_it_says_so(rig: Rig, qtbot: QtBot) -> None:
    page = made(rig, qtbot)
    assert "listened to yet" in page.empty.words
    assert page.empty.button.isHidden()
    assert not page.focus_first()


def test_without_a_library_the_next_step_is_a_folder(rig: Rig, qtbot: QtBot) -> None:
    Items(rig.database).set_online(1, False)
    page = made(rig, qtbot)
    with qtbot.waitSignal(page.add_folder_wanted):
        page.empty.button.click()


def test_it_follows_the_theme_and_a_small_window(page: MapPage, rig: Rig) -> None:
    rig.theme.wear("dark")
    page.resize(320, 260)
    page.grab()
    inside = page.canvas.rect()
    assert all(inside.contains(at(page, item)) for item in range(1, 14))
    rig.theme.wear("light")
