"""Playlists: making, naming, filling, ordering, importing, exporting, and that all of it can be undone."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.store.items import Items
from app.ui.item_models.items_model import Dragged
from app.ui.pages.playlist_edits import PlaylistEdits
from app.ui.pages.playlists import PlaylistsPage
from tests.window import Rig

ALT = Qt.KeyboardModifier.AltModifier


@pytest.fixture
def page(rig: Rig, items: Items, edits: PlaylistEdits, qtbot: QtBot) -> PlaylistsPage:
    made = PlaylistsPage(edits, rig.lists, items, rig.actions, rig.settings, rig.theme)
    qtbot.addWidget(made)
    made.resize(900, 600)
    made.show()
    qtbot.waitExposed(made)
    return made


@pytest.fixture
def evening(page: PlaylistsPage, edits: PlaylistEdits, qtbot: QtBot) -> int:
    with qtbot.waitSignal(edits.created):
        edits.create("Evening", [1, 2, 3, 4])
    return edits.all()[0].id


def rows(edits: PlaylistEdits, playlist: int) -> list[int]:
    return [int(item) for item in edits.rows(playlist)]


def undo(rig: Rig, edits: PlaylistEdits, qtbot: QtBot) -> None:
    with qtbot.waitSignal(edits.changed):
        rig.undo.undo()


def redo(rig: Rig, edits: PlaylistEdits, qtbot: QtBot) -> None:
    with qtbot.waitSignal(edits.changed):
        rig.undo.redo()


def drop(target: QWidget, carried: QMimeData, at: QPoint) -> None:
    event = QDropEvent(
        QPointF(at),
        Qt.DropAction.CopyAction,
        carried,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    target.dropEvent(event)


def urls(*paths: Path) -> QMimeData:
    carried = QMimeData()
    carried.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return carried


def test_without_playlists_it_offers_to_make_one(page: PlaylistsPage, edits: PlaylistEdits, qtbot: QtBot) -> None:
    assert "No playlists yet" in page.empty.words
    with qtbot.waitSignal(edits.created):
        page.empty.button.click()
    assert [row.name for row in edits.all()] == ["New playlist"]
    assert page.names.isVisible()
    with qtbot.waitSignal(edits.created):
        page.new_playlist()
    assert [row.name for row in edits.all()] == ["New playlist", "New playlist 2"]


def test_a_playlist_shows_its_rows_in_its_order(page: PlaylistsPage, evening: int) -> None:
    assert list(page.rows.items_model.ids) == [1, 2, 3, 4]
    assert page.rows.items_model.index(2, 0).data() == "3"


def test_rows_move_by_keys_and_the_choice_goes_with_them(
    rig: Rig, page: PlaylistsPage, evening: int, edits: PlaylistEdits, qtbot: QtBot
) -> None:
    page.rows.select_positions([0, 1])
    with qtbot.waitSignal(edits.changed):
        qtbot.keyClick(page.rows, Qt.Key.Key_Down, ALT)
    assert rows(edits, evening) == [3, 1, 2, 4]
    assert page.rows.selected_ids() == [1, 2]
    undo(rig, edits, qtbot)
    assert rows(edits, evening) == [1, 2, 3, 4]
    redo(rig, edits, qtbot)
    assert rows(edits, evening) == [3, 1, 2, 4]


def test_rows_at_the_ends_stay(page: PlaylistsPage, evening: int, edits: PlaylistEdits, qtbot: QtBot) -> None:
    page.rows.select_positions([0])
    with qtbot.assertNotEmitted(page.rows.rows_moved):
        qtbot.keyClick(page.rows, Qt.Key.Key_Up, ALT)


def test_rows_are_removed_and_come_back(
    rig: Rig, page: PlaylistsPage, evening: int, edits: PlaylistEdits, qtbot: QtBot
) -> None:
    page.rows.select_positions([1, 3])
    with qtbot.waitSignal(edits.changed):
        qtbot.keyClick(page.rows, Qt.Key.Key_Delete)
    assert rows(edits, evening) == [1, 3]
    undo(rig, edits, qtbot)
    assert rows(edits, evening) == [1, 2, 3, 4]


def test_dropped_items_go_where_they_fall(
    page: PlaylistsPage, evening: int, edits: PlaylistEdits, qtbot: QtBot
) -> None:
    rect = page.rows.visualRect(page.rows.items_model.index(1, 1))
    with qtbot.waitSignal(edits.changed):
        drop(page.rows, Dragged((9, 9)).mime(), QPoint(40, rect.top() + 2))
    assert rows(edits, evening) == [1, 9, 9, 2, 3, 4], "an item may be there twice"


def test_dropped_files_and_folders_are_found_in_the_library(
    rig: Rig, page: PlaylistsPage, evening: int, edits: PlaylistEdits, items: Items, qtbot: QtBot
) -> None:
    unknown = rig.folder / "not in the library.mp3"
    unknown.touch()
    known = Path(items.path_of(7) or "")  # type: ignore[arg-type]
    with qtbot.waitSignal(edits.changed):
        drop(page.rows, urls(known, unknown), QPoint(5, 5000))
    assert rows(edits, evening) == [1, 2, 3, 4, 7]
    assert "not in the library.mp3" in page.report
    with qtbot.waitSignal(edits.changed):
        drop(page.rows, urls(rig.folder / "music"), QPoint(5, 5000))
    assert len(rows(edits, evening)) == 5 + 13


def test_renaming_and_deleting_can_be_undone(
    rig: Rig, page: PlaylistsPage, evening: int, edits: PlaylistEdits, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(edits.changed):
        page.names.item(0).setText("  Night & <b>day</b> ")
    assert [row.name for row in edits.all()] == ["Night & <b>day</b>"]
    undo(rig, edits, qtbot)
    assert [row.name for row in edits.all()] == ["Evening"]
    page.names.setCurrentRow(0)
    with qtbot.waitSignal(edits.changed):
        qtbot.keyClick(page.names, Qt.Key.Key_Delete)
    assert edits.all() == []
    undo(rig, edits, qtbot)
    assert [(row.id, row.name, row.count) for row in edits.all()] == [(evening, "Evening", 4)]
    redo(rig, edits, qtbot)
    assert edits.all() == []


def test_making_one_can_be_undone_and_redone(rig: Rig, evening: int, edits: PlaylistEdits, qtbot: QtBot) -> None:
    undo(rig, edits, qtbot)
    assert edits.all() == []
    redo(rig, edits, qtbot)
    assert [(row.name, row.count) for row in edits.all()] == [("Evening", 4)]


def test_an_empty_name_changes_nothing(evening: int, edits: PlaylistEdits) -> None:
    edits.rename(evening, "   ")
    assert [row.name for row in edits.all()] == ["Evening"]


def test_import_reports_what_is_missing_and_remote(
    rig: Rig, page: PlaylistsPage, edits: PlaylistEdits, items: Items, tmp_path: Path, qtbot: QtBot
) -> None:
    file = tmp_path / "mix.m3u8"
    known = [items.path_of(number) for number in (3, 1)]  # type: ignore[arg-type]
    gone = [f"/gone/{name}.mp3" for name in "abcde"]
    file.write_text("\n".join(["#EXTM3U", *map(str, known), *gone, "https://example.org/stream"]))
    with qtbot.waitSignal(edits.created):
        page.import_path(file)
    made = edits.all()[0]
    assert (made.name, rows(edits, made.id)) == ("mix", [3, 1])
    assert page.report.startswith("5 not in the library: a.mp3, b.mp3, c.mp3 and 2 more.")
    assert "1 are addresses" in page.report or "1 is an address" in page.report


def test_a_file_that_is_no_playlist_is_said(page: PlaylistsPage, tmp_path: Path, qtbot: QtBot) -> None:
    with qtbot.waitSignal(page.notice) as told:
        page.import_path(tmp_path / "nowhere.m3u8")
    assert "nowhere.m3u8" in told.args[0]


def test_what_is_exported_can_be_imported(
    page: PlaylistsPage, evening: int, edits: PlaylistEdits, tmp_path: Path, qtbot: QtBot
) -> None:
    page.open_playlist(evening)
    page.export_path(tmp_path / "out.m3u8")
    with qtbot.waitSignal(edits.created):
        page.import_path(tmp_path / "out.m3u8")
    assert [rows(edits, row.id) for row in edits.all()] == [[1, 2, 3, 4]] * 2
    assert page.report == ""


def test_a_search_shows_part_of_it_and_forbids_reordering(
    page: PlaylistsPage, evening: int, edits: PlaylistEdits, qtbot: QtBot
) -> None:
    page.set_search("title:3")
    assert list(page.rows.items_model.ids) == [3]
    page.rows.select_positions([0])
    with qtbot.assertNotEmitted(page.rows.rows_removed):
        qtbot.keyClick(page.rows, Qt.Key.Key_Delete)
    page.set_search("")
    assert len(page.rows.items_model.ids) == 4


def test_absent_entries_keep_their_places(
    page: PlaylistsPage, evening: int, items: Items, edits: PlaylistEdits
) -> None:
    items.set_online(items.folders()[0].id, False)
    page.hide()
    edits.changed.emit(evening)
    page.show()
    assert list(page.rows.items_model.ids) == [1, 2, 3, 4]


def test_playing_a_playlist_starts_where_it_was_chosen(
    rig: Rig, page: PlaylistsPage, evening: int, qtbot: QtBot
) -> None:
    page.rows.selectRow(2)
    qtbot.keyClick(page.rows, Qt.Key.Key_Return)
    assert rig.playback.current_item == 3
    assert rig.playback.queue.rows[0].context == "playlist"
    qtbot.keyClick(page.names, Qt.Key.Key_Return)
    assert rig.playback.current_item == 1
