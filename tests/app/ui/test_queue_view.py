"""The queue's list by keys, and its heading."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QItemSelectionModel, QPoint, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QApplication, QLabel, QMenu
from pytestqt.qtbot import QtBot

from app.player.playable import SessionMemory
from app.player.queue import Origin
from app.ui.main_window import MainWindow
from app.ui.queue_view import QueueView
from models.ids import ItemId
from tests.window import Rig

NO = Qt.KeyboardModifier.NoModifier


@pytest.fixture
def window(qtbot: QtBot, rig: Rig) -> MainWindow:
    made = rig.window()
    made.resize(1100, 800)
    made.show()
    return made


@pytest.fixture
def view(window: MainWindow) -> QueueView:
    return window.now_playing.queue


def items(rig: Rig) -> list[int]:
    return [int(row.item) for row in rig.playback.queue.rows]


def choose(view: QueueView, *rows: int) -> None:
    view.list.setCurrentIndex(view.list.model().index(rows[0], 0))
    for row in rows[1:]:
        view.list.selectionModel().select(view.list.model().index(row, 0), QItemSelectionModel.SelectionFlag.Select)


def test_an_empty_queue_tells_the_next_step(view: QueueView) -> None:
    words = [label.text() for label in view.findChildren(QLabel) if label.isVisible()]
    assert any("Nothing is queued" in text for text in words)
    assert not view.list.isVisible()


def test_heading_counts_what_is_to_come(rig: Rig, view: QueueView) -> None:
    rig.playback.play_items(rig.ids[:4])
    words = [label.text() for label in view.findChildren(QLabel)]
    assert "3 to come · 5 min" in words


def test_return_plays_and_delete_removes(qtbot: QtBot, rig: Rig, view: QueueView) -> None:
    rig.playback.play_items(rig.ids[:5])
    choose(view, 2)
    qtbot.keyClick(view.list, Qt.Key.Key_Return)
    assert rig.playback.current_item == rig.ids[2]
    choose(view, 3, 4)
    qtbot.keyClick(view.list, Qt.Key.Key_Delete)
    assert items(rig) == rig.ids[:3]
    rig.undo.undo()
    assert items(rig) == rig.ids[:5]


def test_alt_and_arrows_move(qtbot: QtBot, rig: Rig, view: QueueView) -> None:
    rig.playback.play_items(rig.ids[:5])
    choose(view, 2, 3)
    alt = Qt.KeyboardModifier.AltModifier
    qtbot.keyClick(view.list, Qt.Key.Key_Up, alt)
    assert items(rig) == [rig.ids[n] for n in (0, 2, 3, 1, 4)]
    assert view.list.ids() == [rig.ids[2], rig.ids[3]], "what was moved stays chosen"
    qtbot.keyClick(view.list, Qt.Key.Key_Down, alt)
    qtbot.keyClick(view.list, Qt.Key.Key_Down, alt)
    assert items(rig) == [rig.ids[n] for n in (0, 1, 4, 2, 3)]
    qtbot.keyClick(view.list, Qt.Key.Key_Down, alt)
    assert items(rig) == [rig.ids[n] for n in (0, 1, 4, 2, 3)]


def test_digits_rate(qtbot: QtBot, rig: Rig, view: QueueView) -> None:
    rig.playback.play_items(rig.ids[:3])
    choose(view, 1)
    qtbot.keyClick(view.list, Qt.Key.Key_4)
    assert rig.ratings.state(rig.ids[1]).stars == 4.0


def test_the_menu_opens_from_the_keyboard_too(qtbot: QtBot, rig: Rig, view: QueueView) -> None:
    rig.playback.play_items(rig.ids[:3])
    choose(view, 1)
    event = QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, QPoint(), QPoint(), NO)
    QApplication.sendEvent(view.list.viewport(), event)
    menu = next(menu for menu in view.list.findChildren(QMenu) if menu.isVisible())
    remove = next(action for action in menu.actions() if action.text() == "Remove from queue")
    remove.trigger()
    menu.close()
    assert items(rig) == [rig.ids[0], rig.ids[2]]


def test_clear_keeps_what_plays_and_offers_the_way_back(rig: Rig, window: MainWindow) -> None:
    rig.playback.play_items(rig.ids[:5], 2)
    window.commands.action("clear-queue").trigger()
    assert items(rig) == [rig.ids[2]]
    assert window.pages.notice.text == "4 taken out of the queue"
    window.pages.notice.act()
    assert items(rig) == rig.ids[:5]


def test_picks_from_taste_are_drawn_apart(rig: Rig, view: QueueView) -> None:
    rig.playback.play_items(rig.ids[:2])
    plain = view.list.rowHeight(1)
    rig.playback.session.put_back(rig.playback.queue.with_picks([(ItemId(rig.ids[5]), "slow, piano")]))
    assert view.list.rowHeight(2) > plain == view.list.rowHeight(1)
    rig.playback.enqueue(rig.ids[6:7])
    assert [view.list.rowHeight(row) > plain for row in range(4)] == [False, False, False, True]
    rig.playback.clear_queue()
    rig.playback.enqueue(rig.ids[:5])
    assert {view.list.rowHeight(row) for row in range(6)} == {plain}


def test_what_plays_is_in_the_middle_when_the_window_comes_up(rig: Rig, qtbot: QtBot) -> None:
    window = rig.window()
    qtbot.addWidget(window)
    rows = tuple((rig.ids[at % 12], str(Origin.CHOSEN), "", "") for at in range(200))
    rig.playback.session.restore(SessionMemory((rows, 120, (), "off", None), 0.0))
    window.resize(1100, 700)
    window.show()
    shown = window.now_playing.queue.list

    def in_the_middle() -> bool:
        row = shown.visualRect(shown.model().index(120, 0))
        return abs(row.center().y() - shown.viewport().rect().center().y()) <= row.height()

    qtbot.waitUntil(in_the_middle)
