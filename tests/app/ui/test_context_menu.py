"""What the menu of items offers and what its keys do, wherever items are shown."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QMenu, QWidget
from pytestqt.qtbot import QtBot

from app.store.items import Items
from app.ui.context_menu import ItemActions
from app.ui.pages.playlist_edits import PlaylistEdits
from tests.window import Rig

NO, CTRL, ALT = (
    Qt.KeyboardModifier.NoModifier,
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.AltModifier,
)


@pytest.fixture
def widget(qtbot: QtBot) -> QWidget:
    made = QWidget()
    qtbot.addWidget(made)
    return made


def words(menu: QMenu) -> list[str]:
    return [action.text() for action in menu.actions() if not action.isSeparator()]


def trigger(menu: QMenu, text: str) -> None:
    next(action for action in menu.actions() if action.text() == text).trigger()


def press(rig: Rig, ids: list[int], key: Qt.Key, modifiers: Qt.KeyboardModifier = NO) -> bool:
    event = QKeyEvent(QEvent.Type.KeyPress, key, modifiers)
    assert rig.actions.knows_key(event) or not rig.actions.take_key(event, [], "library", QPoint())
    return rig.actions.take_key(event, ids, "library", QPoint(3, 4))


def test_one_item_has_everything(rig: Rig, widget: QWidget) -> None:
    menu = rig.actions.build_menu([1], QPoint(), "library", widget)
    assert words(menu) == [
        "Play",
        "Play next",
        "Add to queue",
        "Add to playlist",
        "Like",
        "Dislike",
        "Rate",
        "Not now",
        "More like this",
        "Why this score",
        "Show in folder",
        "Properties",
        "Undo",
    ]


def test_several_items_have_what_fits_several(rig: Rig, widget: QWidget) -> None:
    menu = rig.actions.build_menu([1, 2], QPoint(), "library", widget)
    assert {"Rate", "More like these, but…"} <= set(words(menu))
    assert not {"More like this", "Why this score", "Show in folder", "Properties"} & set(words(menu))


def test_a_liked_item_offers_to_take_it_back(rig: Rig, widget: QWidget) -> None:
    trigger(rig.actions.build_menu([3], QPoint(), "library", widget), "Like")
    assert rig.ratings.state(3).liked == 1
    trigger(rig.actions.build_menu([3], QPoint(), "library", widget), "Take back like")
    assert rig.ratings.state(3).liked == 0


def test_playing_and_queueing(rig: Rig, widget: QWidget) -> None:
    said: list[str] = []
    rig.actions.notice.connect(said.append)
    menu = rig.actions.build_menu([4, 5], QPoint(), "library", widget)
    trigger(menu, "Play")
    trigger(rig.actions.build_menu([6], QPoint(), "library", widget), "Play next")
    trigger(rig.actions.build_menu([7], QPoint(), "library", widget), "Add to queue")
    assert [int(row.item) for row in rig.playback.queue.rows] == [4, 6, 5, 7]
    assert rig.playback.queue.rows[0].context == "library"
    assert said == ["Plays next: 1", "Added to the queue: 1"]


@pytest.mark.parametrize("stars", range(6))
def test_digits_give_stars(rig: Rig, stars: int) -> None:
    rig.ratings.stars([2], 3.5)
    assert press(rig, [1, 2], Qt.Key(Qt.Key.Key_0 + stars))
    assert [rig.ratings.state(item).stars for item in (1, 2)] == [stars or None] * 2


def test_ctrl_l_likes_all_and_then_none(rig: Rig) -> None:
    rig.ratings.like([1])
    assert press(rig, [1, 2], Qt.Key.Key_L, CTRL)
    assert [rig.ratings.state(item).liked for item in (1, 2)] == [1, 1]
    assert press(rig, [1, 2], Qt.Key.Key_L, CTRL)
    assert [rig.ratings.state(item).liked for item in (1, 2)] == [0, 0]


def test_letters_ask_for_more_and_for_the_reason(rig: Rig, widget: QWidget) -> None:
    asked: list[object] = []
    rig.actions.show_similar.connect(asked.append)
    rig.actions.explain.connect(lambda item, at: asked.append((item, at)))
    rig.actions.show_properties.connect(lambda item: asked.append(-item))
    rig.actions.show_directed.connect(asked.append)
    assert press(rig, [5], Qt.Key.Key_S)
    assert press(rig, [5], Qt.Key.Key_W)
    assert press(rig, [5], Qt.Key.Key_Return, ALT)
    assert asked == [5, (5, QPoint(3, 4)), -5]
    assert not press(rig, [5, 6], Qt.Key.Key_W), "this is for one item"
    assert press(rig, [5, 6], Qt.Key.Key_S)
    trigger(rig.actions.build_menu([7, 8], QPoint(), "library", widget), "More like these, but…")
    assert asked[3:] == [(5, 6), (7, 8)]
    assert not press(rig, list(range(1, 202)), Qt.Key.Key_S), "the mean of so many is like everything"


@pytest.mark.parametrize(
    ("key", "modifiers"), [(Qt.Key.Key_Space, NO), (Qt.Key.Key_Q, CTRL), (Qt.Key.Key_6, NO), (Qt.Key.Key_1, CTRL)]
)
def test_other_keys_are_left_alone(rig: Rig, key: Qt.Key, modifiers: Qt.KeyboardModifier) -> None:
    assert not press(rig, [1], key, modifiers)


def test_playlists_are_offered_by_name_and_take_the_items(rig: Rig, widget: QWidget, qtbot: QtBot) -> None:
    edits = PlaylistEdits(rig.database, rig.writes, rig.undo)
    actions = ItemActions(rig.playback, rig.ratings, _items(rig), edits, rig.theme)
    with qtbot.waitSignal(edits.created):
        edits.create("Rock & <b>Roll</b>", [1])
    menu = actions.build_menu([2, 3], QPoint(), "library", widget)
    under = next(action.menu() for action in menu.actions() if action.text() == "Add to playlist")
    assert isinstance(under, QMenu)
    assert words(under) == ["New playlist", "Rock && <b>Roll</b>"]
    with qtbot.waitSignal(edits.changed):
        trigger(under, "Rock && <b>Roll</b>")
    assert edits.rows(edits.all()[0].id) == [1, 2, 3]


def test_a_file_that_is_gone_has_no_folder_to_show(rig: Rig) -> None:
    said: list[str] = []
    rig.actions.notice.connect(said.append)
    items = _items(rig)
    items.set_online(items.folders()[0].id, False)
    rig.actions.show_folder(1)
    assert said == ["The folder of this file is not connected"]


def _items(rig: Rig) -> Items:
    return Items(rig.database)


def test_undo_in_the_menu_takes_the_last_word_back(rig: Rig, widget: QWidget, qtbot: QtBot) -> None:
    rig.ratings.like([1])
    trigger(rig.actions.build_menu([1], QPoint(), "library", widget), "Undo")
    assert rig.ratings.state(1).liked == 0
