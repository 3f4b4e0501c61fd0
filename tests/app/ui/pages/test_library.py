"""The library page: list and covers, search, absent items, empty states, what is remembered."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QApplication, QLabel, QMenu
from pytestqt.qtbot import QtBot

from app.config import COLUMNS, LIBRARY_VIEW, Settings
from app.protocol import ItemsChanged, Job, JobEnded, Progress, ScoresChanged
from app.store.item_lists import SortKey
from app.store.items import Items
from app.ui.bridge import StudioBridge
from app.ui.item_models.columns import TRACK_COLUMNS, Column, read_layouts
from app.ui.pages.library import LibraryPage
from app.ui.theme import Theme
from tests.factories import found_item
from tests.window import Rig


def make(rig: Rig, items: Items, qtbot: QtBot, kind: str = "track") -> LibraryPage:
    studio = cast("StudioBridge", rig.studio)
    page = LibraryPage(kind, rig.lists, items, studio, rig.actions, rig.settings, rig.covers, rig.theme)
    qtbot.addWidget(page)
    page.resize(900, 600)
    page.show()
    qtbot.waitExposed(page)
    return page


@pytest.fixture
def page(rig: Rig, items: Items, qtbot: QtBot) -> LibraryPage:
    return make(rig, items, qtbot)


def shown(page: LibraryPage) -> list[int]:
    return list(page.list.items_model.ids)


def test_all_tracks_are_listed_and_counted(page: LibraryPage) -> None:
    assert len(shown(page)) == 12
    assert page.count_words == "12 tracks"


def test_videos_are_a_page_of_their_own(rig: Rig, items: Items, qtbot: QtBot) -> None:
    page = make(rig, items, qtbot, "video")
    assert shown(page) == [13]
    assert page.count_words == "1 video"
    assert page.grid.isVisible()


def test_search_narrows_and_the_empty_state_leads_back(page: LibraryPage, qtbot: QtBot) -> None:
    page.set_search("title 1")
    assert 0 < len(shown(page)) < 12
    assert page.count_words.endswith("found")
    page.set_search("nothing like it")
    assert shown(page) == []
    assert "nothing like it" in page.empty.words
    with qtbot.waitSignal(page.search_cleared):
        page.empty.button.click()
    assert len(shown(page)) == 12


def test_an_empty_library_asks_for_a_folder(tmp_path: Path, theme: Theme, qtbot: QtBot) -> None:
    rig = Rig.make(tmp_path / "empty", theme, [])
    page = make(rig, Items(rig.database), qtbot)
    assert "Add a folder" in page.empty.words
    with qtbot.waitSignal(page.add_folder_wanted):
        page.empty.button.click()
    rig.studio.progressed.emit(Progress(Job.SCAN, 3, 0, 0.0, -1.0))
    assert "Looking through" in page.empty.words
    assert not page.empty.button.isVisible()
    rig.studio.job_ended.emit(JobEnded(Job.SCAN, 3, 0, 1.0))
    assert "Add a folder" in page.empty.words
    rig.close()


def test_enter_plays_from_here_in_the_order_shown(rig: Rig, page: LibraryPage, qtbot: QtBot) -> None:
    page.list.selectRow(3)
    qtbot.keyClick(page.list, Qt.Key.Key_Return)
    assert [int(row.item) for row in rig.playback.queue.rows] == shown(page)
    assert rig.playback.current_item == shown(page)[3]
    assert rig.playback.queue.rows[0].context == "library"


def test_digits_and_ctrl_l_rate_what_is_chosen(rig: Rig, page: LibraryPage, qtbot: QtBot) -> None:
    page.list.selectRow(0)
    qtbot.keyClick(page.list, Qt.Key.Key_4)
    qtbot.keyClick(page.list, Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier)
    state = rig.ratings.state(shown(page)[0])
    assert (state.stars, state.liked) == (4.0, 1)
    stars = page.list.items_model.index(0, TRACK_COLUMNS.index(Column.STARS)).data()
    assert stars == "4"


def test_the_menu_key_opens_the_menu_at_the_row(page: LibraryPage) -> None:
    page.list.selectRow(2)
    at = page.list.rect().center()
    event = QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, at, page.list.mapToGlobal(at))
    QApplication.sendEvent(page.list, event)
    menu = next(menu for menu in page.list.findChildren(QMenu) if menu.isVisible())
    assert menu.actions()[0].text() == "Play"
    menu.close()


def test_sorting_by_a_header_is_remembered(rig: Rig, page: LibraryPage, items: Items, qtbot: QtBot) -> None:
    header = page.list.horizontalHeader()
    at = TRACK_COLUMNS.index(Column.TIME)
    header.setSortIndicator(at, Qt.SortOrder.DescendingOrder)
    assert page.list.items_model.query is not None
    assert page.list.items_model.query.sort is SortKey.DURATION
    assert shown(page) == sorted(shown(page), reverse=True), "longer items have higher numbers here"
    qtbot.waitUntil(lambda: bool(rig.settings.get(COLUMNS)))
    rig.settings = Settings(rig.folder / "settings.toml")
    fresh = make(rig, items, qtbot)
    assert fresh.list.items_model.query is not None
    assert fresh.list.items_model.query.sort is SortKey.DURATION
    assert shown(fresh) == shown(page)


def test_a_column_without_an_order_leaves_the_order(page: LibraryPage) -> None:
    header = page.list.horizontalHeader()
    before = (header.sortIndicatorSection(), header.sortIndicatorOrder())
    header.setSortIndicator(TRACK_COLUMNS.index(Column.CODEC), Qt.SortOrder.AscendingOrder)
    assert (header.sortIndicatorSection(), header.sortIndicatorOrder()) == before


def test_pressing_a_header_chooses_no_rows(page: LibraryPage, qtbot: QtBot) -> None:
    header = page.list.horizontalHeader()
    at = QPoint(header.sectionViewportPosition(0) + 20, 10)
    qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert page.list.items_model.query is not None
    assert page.list.items_model.query.sort is SortKey.TITLE
    assert not page.list.selectionModel().hasSelection()


def test_columns_can_be_chosen_and_are_remembered(rig: Rig, page: LibraryPage, qtbot: QtBot) -> None:
    codec = TRACK_COLUMNS.index(Column.CODEC)
    assert page.list.isColumnHidden(codec)
    menu = page.list.column_menu()
    next(action for action in menu.actions() if action.text() == "Format").setChecked(True)
    assert not page.list.isColumnHidden(codec)
    qtbot.waitUntil(lambda: bool(rig.settings.get(COLUMNS)))
    layout = read_layouts(rig.settings.get(COLUMNS))["library"]
    assert next(placed for placed in layout.placed if placed.column is Column.CODEC).shown
    reset = next(action for action in menu.actions() if action.text() == "Columns as at first")
    reset.trigger()
    assert page.list.isColumnHidden(codec)


def test_columns_yield_until_the_user_chooses(page: LibraryPage, qtbot: QtBot) -> None:
    genre, year = TRACK_COLUMNS.index(Column.GENRE), TRACK_COLUMNS.index(Column.YEAR)
    page.resize(1300, 500)
    qtbot.waitUntil(lambda: not page.list.isColumnHidden(genre))
    page.resize(700, 500)
    qtbot.waitUntil(lambda: page.list.isColumnHidden(genre) and page.list.isColumnHidden(year))
    menu = page.list.column_menu()
    next(action for action in menu.actions() if action.text() == "Genre").setChecked(True)
    assert not page.list.isColumnHidden(genre)
    page.resize(640, 500)
    page.resize(1300, 500)
    assert not page.list.isColumnHidden(genre)
    assert page.list.isColumnHidden(year), "it was away when the user chose"


def test_the_count_yields_before_the_heading(page: LibraryPage, qtbot: QtBot) -> None:
    heading = next(label for label in page.findChildren(QLabel) if label.text() == page.title)
    page.resize(260, 500)
    qtbot.waitUntil(lambda: page.width() == 260)
    assert heading.width() >= heading.sizeHint().width()


@pytest.mark.parametrize("width", [640, 703, 1500])
def test_columns_fill_the_list_and_no_more(page: LibraryPage, width: int, qtbot: QtBot) -> None:
    page.resize(width, 500)
    qtbot.waitUntil(lambda: page.list.horizontalHeader().length() == page.list.viewport().width(), timeout=2000)


def test_the_grid_shows_albums_and_opens_one(rig: Rig, page: LibraryPage, qtbot: QtBot) -> None:
    page.show_as_grid()
    assert page.grid.isVisible()
    assert rig.settings.get(LIBRARY_VIEW) == "grid"
    assert page.count_words.endswith("albums")
    page.grid.setCurrentIndex(page.grid.model().index(0, 0))
    qtbot.keyClick(page.grid, Qt.Key.Key_Return)
    assert page.list.isVisible()
    rows = rig.lists.rows(shown(page))
    assert len({row.album for row in rows}) == 1
    qtbot.keyClick(page, Qt.Key.Key_Escape)
    assert page.grid.isVisible()


def test_absent_items_are_said_and_can_be_shown(page: LibraryPage, items: Items, rig: Rig, qtbot: QtBot) -> None:
    assert not page.absent_line.isVisible()
    items.set_online(items.folders()[0].id, False)
    rig.studio.items_changed.emit(ItemsChanged(0, 0, 13))
    qtbot.waitUntil(page.absent_line.isVisible)
    assert shown(page) == []
    page.show_absent(True)
    assert len(shown(page)) == 12


def test_where_everything_is_absent_the_next_step_shows_it(
    page: LibraryPage, items: Items, rig: Rig, qtbot: QtBot
) -> None:
    page.activateWindow()
    qtbot.waitUntil(page.isActiveWindow)
    page.focus_first()
    items.set_online(items.folders()[0].id, False)
    rig.studio.items_changed.emit(ItemsChanged(0, 0, 13))
    qtbot.waitUntil(page.empty.isVisible)
    assert "not connected" in page.empty.words
    assert page.empty.button.hasFocus(), "the keys come along"
    page.empty.button.click()
    assert len(shown(page)) == 12
    items.set_online(items.folders()[0].id, True)
    rig.studio.items_changed.emit(ItemsChanged(0, 0, 13))
    assert page.list.hasFocus()


def test_new_items_appear_and_the_choice_stays(page: LibraryPage, items: Items, rig: Rig, qtbot: QtBot) -> None:
    page.list.selectRow(5)
    chosen = page.list.selected_ids()
    items.save_found([found_item(40, items.folders()[0].id, str(rig.folder / "music"), title="AAA", artist="AAA")])
    rig.studio.items_changed.emit(ItemsChanged(1, 0, 0))
    qtbot.waitUntil(lambda: len(shown(page)) == 13)
    assert page.list.selected_ids() == chosen
    assert page.list.selected_positions() != [5], "the new item stands before it"


def test_a_hidden_page_reads_when_it_is_shown(page: LibraryPage, items: Items, rig: Rig, qtbot: QtBot) -> None:
    page.hide()
    items.save_found([found_item(40, items.folders()[0].id, str(rig.folder / "music"))])
    rig.studio.items_changed.emit(ItemsChanged(1, 0, 0))
    assert len(shown(page)) == 12
    page.show()
    assert len(shown(page)) == 13


def test_a_new_ranking_is_followed_where_it_is_the_order(page: LibraryPage, rig: Rig) -> None:
    resets: list[None] = []
    page.list.items_model.modelReset.connect(lambda: resets.append(None))
    rig.studio.scores_changed.emit(ScoresChanged(1, 0.1))
    assert resets == [], "the order did not change"


def test_one_item_can_be_shown_whatever_was_searched(page: LibraryPage, qtbot: QtBot) -> None:
    page.set_search("nothing like it")
    with qtbot.waitSignal(page.search_cleared):
        assert page.show_item(7)
    assert page.list.selected_ids() == [7]
    assert not page.show_item(13), "a video is not in the library's list"


def test_what_plays_is_marked(page: LibraryPage, rig: Rig) -> None:
    rig.playback.play_items([4], 0)
    rig.player.advance()
    assert page.list.items_model.current == 4


def test_the_first_step_chooses_the_row_with_the_ring(page: LibraryPage, qtbot: QtBot) -> None:
    page.activateWindow()
    qtbot.waitUntil(page.isActiveWindow)
    assert page.focus_first()
    assert page.list.hasFocus()
    assert page.list.currentIndex().row() == 0
    assert page.list.selected_positions() == []
    qtbot.keyClick(page.list, Qt.Key.Key_Down)
    assert page.list.selected_positions() == [0]
    qtbot.keyClick(page.list, Qt.Key.Key_Down)
    assert page.list.selected_positions() == [1]
