"""The line beside a filtered list: how many more words find by meaning, and the way to them."""

from __future__ import annotations

from typing import cast

import pytest
from pytestqt.qtbot import QtBot

from app.protocol import Failed
from app.search_messages import FoundBy, Hit, Hits, Meaning, Search
from app.store.items import Items
from app.ui.bridge import StudioBridge
from app.ui.pages.library import LibraryPage
from tests.window import Rig

FILM = Hit(13, 0.8, (FoundBy.MOMENT,), 61.0)


@pytest.fixture
def page(rig: Rig, items: Items, qtbot: QtBot) -> LibraryPage:
    studio = cast("StudioBridge", rig.studio)
    made = LibraryPage("track", rig.lists, items, studio, rig.actions, rig.settings, rig.covers, rig.theme)
    qtbot.addWidget(made)
    made.resize(900, 600)
    made.show()
    qtbot.waitExposed(made)
    return made


def search(page: LibraryPage, words: str, rig: Rig, qtbot: QtBot) -> None:
    """Type words, and wait until the studio is asked."""
    before = len(rig.studio.asked)
    page.set_search(words)
    assert not page.meaning.button.isVisible(), "what was found for other words goes at once"
    qtbot.waitUntil(lambda: len(rig.studio.asked) == before + 1)
    assert rig.studio.asked[-1][0] == Search(before + 1, words, 200)


def answer(rig: Rig, *hits: Hit, meaning: Meaning = Meaning.READY) -> None:
    rig.studio.asked[-1][1](Hits(len(rig.studio.asked), hits, meaning))


@pytest.mark.parametrize(
    ("hits", "words"),
    [
        ((FILM,), "1 more found by meaning"),
        ((FILM, Hit(2, 0.7, (FoundBy.NEARLY,))), "2 more found, 1 by meaning"),
        ((Hit(13, 0.8, (FoundBy.WORDS,)),), "1 more found"),
        ((Hit(11, 0.9, (FoundBy.WORDS, FoundBy.SOUND)),), ""),
    ],
)
def test_it_counts_what_the_list_lacks(
    page: LibraryPage, rig: Rig, qtbot: QtBot, hits: tuple[Hit, ...], words: str
) -> None:
    search(page, "title 11", rig, qtbot)
    answer(rig, *hits)
    assert page.meaning.button.isVisible() is bool(words)
    if words:
        assert page.meaning.button.text() == words


def test_it_leads_to_everything_found(page: LibraryPage, rig: Rig, qtbot: QtBot) -> None:
    search(page, "title 1", rig, qtbot)
    answer(rig, FILM)
    with qtbot.waitSignal(page.found_wanted) as told:
        page.meaning.button.click()
    assert told.args == ["title 1"]


def test_an_empty_list_offers_what_was_found_as_the_next_step(page: LibraryPage, rig: Rig, qtbot: QtBot) -> None:
    search(page, "rainy night", rig, qtbot)
    assert page.empty.button.text() == "Clear the search"
    answer(rig, FILM, Hit(2, 0.1, (FoundBy.NEARLY,)))
    assert page.empty.button.text() == "2 found, 1 by meaning"
    assert not page.meaning.button.isVisible(), "once is enough"
    with qtbot.waitSignal(page.found_wanted):
        page.empty.button.click()


@pytest.mark.parametrize(
    ("hit", "words"), [(FILM, "1 found by meaning"), (Hit(2, 0.1, (FoundBy.NEARLY,)), "Show what else was found: 1")]
)
def test_an_empty_list_says_how_much_was_found(page: LibraryPage, rig: Rig, qtbot: QtBot, hit: Hit, words: str) -> None:
    search(page, "rainy night", rig, qtbot)
    answer(rig, hit)
    assert page.empty.button.text() == words


def test_an_empty_list_names_encoders_where_there_is_none(page: LibraryPage, rig: Rig, qtbot: QtBot) -> None:
    search(page, "rainy night", rig, qtbot)
    answer(rig, meaning=Meaning.NONE)
    assert "learned encoder" in page.empty.words
    page.empty.button.click()
    assert len(page.list.items_model.ids) == 12


def test_without_words_nothing_is_asked(page: LibraryPage, rig: Rig, qtbot: QtBot) -> None:
    search(page, "title", rig, qtbot)
    answer(rig, FILM)
    page.set_search("")
    assert not page.meaning.button.isVisible()
    page.show_item(3)
    assert len(rig.studio.asked) == 1


def test_a_failure_says_nothing_here(page: LibraryPage, rig: Rig, qtbot: QtBot) -> None:
    search(page, "title", rig, qtbot)
    rig.studio.asked[-1][1](Failed(1, "The studio process ended"))
    assert not page.meaning.button.isVisible()


def test_coming_back_asks_again(page: LibraryPage, rig: Rig, qtbot: QtBot) -> None:
    search(page, "title 1", rig, qtbot)
    answer(rig)
    assert not page.meaning.button.isVisible()
    page.hide()
    page.show()
    assert len(rig.studio.asked) == 2
    answer(rig, FILM)
    assert page.meaning.button.isVisible()
    assert page.meaning.button.text() == "1 more found by meaning"
