"""The page of what words find: what is asked, the mixed list and why, moments of films, what is missing."""

from __future__ import annotations

from typing import cast

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from app.encoder_messages import EncodersChanged
from app.protocol import Failed, Request
from app.search_messages import FoundBy, Hit, Hits, Meaning, Search
from app.store.offer_rows import OfferRows
from app.ui.bridge import StudioBridge
from app.ui.item_models.columns import FOUND_COLUMNS, Column
from app.ui.pages.found import FoundPage
from tests.offered import offer
from tests.window import Rig

SOUNDS, MOMENT = Hit(2, 0.9, (FoundBy.SOUND,)), Hit(13, 0.8, (FoundBy.WORDS, FoundBy.MOMENT), 61.0)


@pytest.fixture
def page(rig: Rig, qtbot: QtBot) -> FoundPage:
    studio, offers = cast("StudioBridge", rig.studio), OfferRows(rig.database)
    made = FoundPage(studio, rig.lists, offers, rig.actions, rig.settings, rig.theme)
    qtbot.addWidget(made)
    made.resize(800, 500)
    made.show()
    qtbot.waitExposed(made)
    return made


def asked(rig: Rig) -> list[Request]:
    return [request for request, _answer in rig.studio.asked]


def answer(rig: Rig, *hits: Hit, meaning: Meaning = Meaning.READY) -> None:
    request, tell = rig.studio.asked[-1]
    assert isinstance(request, Search)
    tell(Hits(request.request, hits, meaning))


def cell(page: FoundPage, position: int, column: Column) -> str:
    return str(page.list.items_model.index(position, FOUND_COLUMNS.index(column)).data())


def test_tracks_and_films_are_listed_in_order_with_why(rig: Rig, page: FoundPage) -> None:
    assert "Type above" in page.empty.words
    page.look_for(" rainy night ")
    assert asked(rig) == [Search(1, "rainy night", 200, "")]
    assert page.empty.words == "Searching…"
    answer(rig, MOMENT, SOUNDS)
    assert page.list.isVisible()
    assert page.list.ids == [13, 2]
    assert page.status == "2 found for “rainy night”"
    assert cell(page, 0, Column.FOUND_BY) == "moment at 1:01, its words"
    assert cell(page, 1, Column.FOUND_BY) == "its sound"
    assert [cell(page, at, Column.KIND) for at in (0, 1)] == ["Video", "Music"]


def test_what_is_no_longer_there_is_left_out(rig: Rig, page: FoundPage) -> None:
    page.look_for("rain")
    answer(rig, Hit(999, 1.0, (FoundBy.WORDS,)), SOUNDS)
    assert page.list.ids == [2]
    assert cell(page, 0, Column.TITLE) == "Title 2"


def test_a_film_opens_at_the_moment(rig: Rig, page: FoundPage, qtbot: QtBot) -> None:
    page.look_for("dancing")
    answer(rig, MOMENT, SOUNDS)
    page.list.selectRow(0)
    qtbot.keyClick(page.list, Qt.Key.Key_Return)
    rig.player.advance(2)
    assert rig.playback.current_item == 13
    assert rig.playback.position >= 61.0
    assert rig.playback.queue.rows[0].context == "found"


def test_a_track_plays_with_what_follows(rig: Rig, page: FoundPage, qtbot: QtBot) -> None:
    page.look_for("dancing")
    answer(rig, SOUNDS, Hit(5, 0.4, (FoundBy.NEARLY,)))
    page.list.selectRow(0)
    qtbot.keyClick(page.list, Qt.Key.Key_Return)
    assert rig.playback.current_item == 2
    assert [int(row.item) for row in rig.playback.queue.rows] == [2, 5]


def test_the_menu_offers_the_moment_where_there_is_one(rig: Rig, page: FoundPage) -> None:
    page.look_for("dancing")
    answer(rig, SOUNDS, MOMENT)

    def offered(row: int) -> list[str]:
        page.list.selectRow(row)
        menu: QMenu = rig.actions.build_menu(page.list.selected_ids(), QPoint(), "found", page, page.list.extra_actions)
        return [action.text() for action in menu.actions() if action.isVisible()]

    assert not any(words.startswith("Play from") for words in offered(0))
    assert "Play from 1:01" in offered(1)
    page.list.extra_actions[0].trigger()
    rig.player.advance(1)
    assert rig.playback.position >= 61.0


def test_one_kind_can_be_left_out(rig: Rig, page: FoundPage) -> None:
    page.look_for("rain")
    answer(rig, SOUNDS)
    page.kinds.choose("video")
    assert asked(rig)[-1] == Search(2, "rain", 200, "video")
    answer(rig)
    assert "of this kind" in page.empty.words
    page.empty.button.click()
    assert page.kinds.kind == ""
    assert asked(rig)[-1] == Search(3, "rain", 200, "")


def test_without_an_encoder_it_says_what_one_would_find(rig: Rig, page: FoundPage, qtbot: QtBot) -> None:
    page.look_for("rain")
    answer(rig, SOUNDS, meaning=Meaning.NONE)
    assert "Only tags were searched" in page.note.words
    with qtbot.waitSignal(page.encoders_wanted):
        page.note.button.click()


def test_while_one_is_loading_it_says_so_and_asks_again(rig: Rig, page: FoundPage, qtbot: QtBot) -> None:
    page.look_for("rain")
    answer(rig, meaning=Meaning.LOADING)
    assert "being loaded" in page.note.words
    assert not page.note.button.isVisible()
    rig.studio.encoders_changed.emit(EncodersChanged(0, (), "cpu", ("clap",)))
    qtbot.waitUntil(lambda: len(asked(rig)) == 2)
    answer(rig, SOUNDS)
    assert page.note.words == ""
    assert page.list.ids == [2]


def test_typing_asks_a_moment_later(rig: Rig, page: FoundPage, qtbot: QtBot) -> None:
    page.set_search("ra")
    page.set_search("rain")
    assert asked(rig) == []
    qtbot.waitUntil(lambda: asked(rig) == [Search(1, "rain", 200, "")])
    answer(rig, SOUNDS)
    page.set_search("")
    assert "Type above" in page.empty.words
    assert page.list.ids == []


def test_what_was_chosen_stays_chosen(rig: Rig, page: FoundPage) -> None:
    page.look_for("rain")
    answer(rig, SOUNDS, MOMENT)
    page.list.selectRow(1)
    page.look_for("rainy")
    answer(rig, MOMENT, SOUNDS)
    assert page.list.selected_positions() == [0]


def test_the_keys_go_from_the_wait_to_the_list(rig: Rig, page: FoundPage, qtbot: QtBot) -> None:
    page.activateWindow()
    qtbot.waitUntil(page.isActiveWindow)
    page.look_for("rain")
    page.focus_first()
    assert page.hasFocus()
    answer(rig, SOUNDS)
    assert page.list.hasFocus()
    page.look_for("snow")
    answer(rig)
    assert not page.list.hasFocus()
    assert "Nothing was found" in page.empty.words


def test_a_failure_is_said_and_can_be_tried_again(rig: Rig, page: FoundPage) -> None:
    page.look_for("rain")
    rig.studio.asked[-1][1](Failed(1, "The studio process ended"))
    assert page.empty.words == "The studio process ended"
    page.empty.button.click()
    assert len(asked(rig)) == 2
    answer(rig, SOUNDS)
    assert page.list.ids == [2]


def test_what_others_offer_is_one_step_away(rig: Rig, page: FoundPage, qtbot: QtBot) -> None:
    page.look_for("rain")
    answer(rig, SOUNDS)
    assert not page.elsewhere.isVisible(), "nobody offers anything"
    offer(rig)
    page.look_for("snow")
    answer(rig)
    assert page.elsewhere.isVisible()
    with qtbot.waitSignal(page.discover_wanted) as told:
        page.elsewhere.click()
    assert told.args == ["snow"]
