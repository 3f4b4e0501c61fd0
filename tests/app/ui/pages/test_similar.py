"""More like this: what is asked, what is shown, and that a late answer to another question is not."""

from __future__ import annotations

from typing import cast

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.protocol import Failed, FindSimilar, Pick, PickedShelf, Picks, Reason, ReasonKind, Shelf
from app.ui.bridge import StudioBridge
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
