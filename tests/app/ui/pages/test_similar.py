"""More like this, but…: what is asked, what is shown, and that a late answer to another question is not."""

from __future__ import annotations

from typing import cast

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.protocol import Failed, FindSimilar, Pick, PickedShelf, Picks, Reason, ReasonKind, Shelf
from app.search_messages import FoundBy, Hit, Hits, Meaning, MoreLike
from app.ui.bridge import StudioBridge
from app.ui.item_models.items_model import Dragged
from app.ui.pages.direction_bar import Direction
from app.ui.pages.similar import SimilarPage
from tests.window import Rig


@pytest.fixture
def page(rig: Rig, qtbot: QtBot) -> SimilarPage:
    studio = cast("StudioBridge", rig.studio)
    made = SimilarPage(studio, rig.lists, rig.actions, rig.settings, rig.covers, rig.theme)
    qtbot.addWidget(made)
    made.resize(800, 500)
    made.show()
    return made


def picks(request: int, *ids: int) -> Picks:
    found = tuple(Pick(item, 0.9, 0.0, Reason(ReasonKind.SOUNDS)) for item in ids)
    return Picks(request, (PickedShelf(Shelf.SIMILAR, found, 1),), 3)


def test_it_asks_and_shows(rig: Rig, page: SimilarPage, qtbot: QtBot) -> None:
    page.open_similar(4)
    request, answer = rig.studio.asked[-1]
    assert request == FindSimilar(1, 4, 50)
    assert page.heading == "More like Title 4"
    answer(picks(1, 9, 2))
    assert list(page.list.items_model.ids) == [9, 2]
    assert page.list.isVisible()
    page.list.selectRow(1)
    qtbot.keyClick(page.list, Qt.Key.Key_Return)
    assert rig.playback.current_item == 2
    assert rig.playback.queue.rows[0].context == "similar"


def test_a_late_answer_is_not_shown(rig: Rig, page: SimilarPage) -> None:
    page.open_similar(4)
    page.open_similar(5)
    (_, first), (_, second) = rig.studio.asked
    second(picks(2, 7))
    first(picks(1, 8))
    assert list(page.list.items_model.ids) == [7]


def test_what_was_not_listened_to_yet_can_be_tried_again(rig: Rig, page: SimilarPage) -> None:
    page.open_similar(4)
    rig.studio.asked[-1][1](picks(1))
    assert "not been listened to" in page.empty.words
    page.empty.button.click()
    assert len(rig.studio.asked) == 2


def test_a_failure_is_said(rig: Rig, page: SimilarPage) -> None:
    page.open_similar(4)
    rig.studio.asked[-1][1](Failed(1, "The studio process ended"))
    assert page.empty.words == "The studio process ended"


def hits(*ids: int, meaning: Meaning = Meaning.READY) -> Hits:
    return Hits(0, tuple(Hit(item, 0.5, (FoundBy.SOUND,)) for item in ids), meaning)


def answer(rig: Rig, event: Picks | Hits) -> None:
    rig.studio.asked[-1][1](event)


def chips(page: SimilarPage) -> list[str]:
    return [chip.side.accessibleName() for chip in page.direction.chips]


def test_words_turn_it(rig: Rig, page: SimilarPage, qtbot: QtBot) -> None:
    page.open_similar(4)
    answer(rig, picks(1, 9, 2))
    assert chips(page) == [], "the heading names the one item"
    qtbot.keyClicks(page.direction.more, "calmer")
    qtbot.keyClicks(page.direction.less, "drums")
    assert page.list.isVisible(), "what was found stays while the question is put together"
    qtbot.waitUntil(lambda: len(rig.studio.asked) == 2)
    assert rig.studio.asked[-1][0] == MoreLike(2, (4,), "calmer", (), "drums", 50)
    assert page.heading == "More like Title 4, but…"
    answer(rig, hits(13, 7))
    assert page.found.isVisible()
    assert page.found.ids == [13, 7]
    page.direction.more.clear()
    page.direction.less.clear()
    qtbot.waitUntil(lambda: len(rig.studio.asked) == 3)
    assert rig.studio.asked[-1][0] == FindSimilar(3, 4, 50)


def test_words_need_an_encoder_and_it_says_so(rig: Rig, page: SimilarPage, qtbot: QtBot) -> None:
    page.open_similar(4)
    page.direction.more.setText("calmer")
    qtbot.waitUntil(lambda: len(rig.studio.asked) == 2)
    answer(rig, hits(7, meaning=Meaning.NONE))
    assert "Words count here only" in page.note.words
    with qtbot.waitSignal(page.encoders_wanted):
        page.note.button.click()
    page.direction.more.clear()
    assert page.note.words == ""


def test_several_items_are_chips_that_can_be_turned_and_left_out(rig: Rig, page: SimilarPage) -> None:
    page.open_directed((4, 5, 6))
    assert rig.studio.asked[-1][0] == MoreLike(1, (4, 5, 6), "", (), "", 50)
    assert page.heading == "More like these, but…"
    assert chips(page) == [f"More like Title {item}; press for less" for item in (4, 5, 6)]
    page.direction.chips[1].side.click()
    assert rig.studio.asked[-1][0] == MoreLike(2, (4, 6), "", (5,), "", 50)
    assert chips(page)[2] == "Less like Title 5; press for more"
    page.direction.chips[2].leave.click()
    page.direction.chips[1].leave.click()
    assert rig.studio.asked[-1][0] == FindSimilar(4, 4, 50)
    assert chips(page) == []


def test_what_was_found_turns_it_further(rig: Rig, page: SimilarPage, qtbot: QtBot) -> None:
    page.activateWindow()
    qtbot.waitUntil(page.isActiveWindow)
    page.open_similar(4)
    answer(rig, picks(1, 9, 2))
    page.list.setFocus()
    page.list.selectRow(0)
    qtbot.keyClick(page.list, Qt.Key.Key_Plus)
    assert rig.studio.asked[-1][0] == MoreLike(2, (4, 9), "", (), "", 50)
    answer(rig, hits(2, 3))
    assert page.found.hasFocus(), "the keys come along"
    page.found.selectRow(0)
    qtbot.keyClick(page.found, Qt.Key.Key_Minus)
    assert rig.studio.asked[-1][0] == MoreLike(3, (4, 9), "", (2,), "", 50)
    page.direction.more.setFocus()
    qtbot.keyClicks(page.direction.more, "+-")
    assert page.direction.direction.words == "+-", "in a field they are letters"


def test_with_nothing_left_it_asks_for_words(rig: Rig, page: SimilarPage, qtbot: QtBot) -> None:
    page.open_directed((4, 5))
    page.direction.remove((4, 5))
    assert "Say in words" in page.empty.words
    page.direction.more.setText("calm")
    qtbot.waitUntil(lambda: rig.studio.asked[-1][0] == MoreLike(2, (), "calm", (), "", 50))
    answer(rig, hits())
    assert "Nothing was found" in page.empty.words
    page.empty.button.click()
    assert len(rig.studio.asked) == 3


def test_the_keyboard_stays_on_the_chips(page: SimilarPage, qtbot: QtBot) -> None:
    page.open_directed((4, 5, 6))
    page.activateWindow()
    qtbot.waitUntil(page.isActiveWindow)
    bar = page.direction
    bar.chips[1].side.setFocus()
    page.focusNextChild()
    assert bar.chips[1].leave.hasFocus()
    qtbot.keyClick(bar.chips[1].leave, Qt.Key.Key_Space)
    assert bar.chips[1].side.hasFocus()
    qtbot.keyClick(bar.chips[1].side, Qt.Key.Key_Tab)
    qtbot.keyClick(bar.chips[1].leave, Qt.Key.Key_Tab)
    assert bar.more.hasFocus()
    bar.chips[0].leave.setFocus()
    qtbot.keyClick(bar.chips[0].leave, Qt.Key.Key_Space)
    assert not bar.chips
    assert bar.more.hasFocus()


def test_many_items_share_a_chip(rig: Rig, page: SimilarPage) -> None:
    page.open_directed(tuple(range(1, 13)))
    assert len(page.direction.chips) == 8
    assert page.direction.chips[-1].side.text() == "5 others"
    page.direction.chips[-1].leave.click()
    assert page.direction.direction == Direction(tuple(range(1, 8)))


def test_opening_another_begins_anew(rig: Rig, page: SimilarPage) -> None:
    page.open_directed((4, 5))
    page.direction.more.setText("calm")
    page.open_similar(7)
    assert page.direction.direction == Direction((7,))
    assert rig.studio.asked[-1][0] == FindSimilar(2, 7, 50)


def drop(page: SimilarPage, ids: tuple[int, ...], at: QPointF) -> QDropEvent:
    carried, no = Dragged(ids).mime(), Qt.KeyboardModifier.NoModifier
    place, left = at.toPoint(), Qt.MouseButton.LeftButton
    QApplication.sendEvent(page.direction, QDragEnterEvent(place, Qt.DropAction.MoveAction, carried, left, no))
    event = QDropEvent(at, Qt.DropAction.CopyAction | Qt.DropAction.MoveAction, carried, left, no)
    QApplication.sendEvent(page.direction, event)
    return event


def test_items_can_be_dropped_on_either_side(rig: Rig, page: SimilarPage) -> None:
    page.open_similar(4)
    event = drop(page, (5, -3), QPointF(page.direction.more.geometry().center()))
    assert event.dropAction() is Qt.DropAction.CopyAction
    assert page.direction.direction == Direction((4, 5))
    drop(page, (6,), QPointF(page.direction.less.geometry().center()))
    assert page.direction.direction == Direction((4, 5), "", (6,))
    assert not drop(page, (-3,), QPointF(1, 1)).isAccepted()


def test_the_keys_wait_for_the_answer(rig: Rig, page: SimilarPage, qtbot: QtBot) -> None:
    page.activateWindow()
    qtbot.waitUntil(page.isActiveWindow)
    page.open_similar(4)
    page.focus_first()
    assert page.hasFocus()
    answer(rig, picks(1, 9, 2))
    assert page.list.hasFocus()
    page.focus_first()
    assert page.list.hasFocus()
    page.open_similar(5)
    answer(rig, picks(2))
    page.focus_first()
    assert page.empty.button.hasFocus()
