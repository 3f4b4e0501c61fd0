"""Publishing: nothing by itself, the preview, licences and their warning, private items, stopping, undo."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.network_messages import NetworkProgress, NetworkState, PublicationChanged, Reachable
from app.store.items import Items
from app.store.playlists import Playlists
from app.store.publications import Publications, PublishedRow, Source
from app.ui.item_models.preview_model import PreviewColumn
from app.ui.network import NetworkBridge
from app.ui.pages.playlist_edits import PlaylistEdits
from app.ui.pages.publishing import PublishingPage
from app.ui.publishing import Publishing
from app.ui.publishing_words import exact_words
from models.ids import ItemId
from tests.factories import file_root
from tests.window import Rig

AUDIO = "builtin-audio-v1-0123456789abcdef"
CHECK = Qt.ItemDataRole.CheckStateRole


@pytest.fixture
def playlist(rig: Rig, items: Items) -> int:
    """Items 1 to 4; the first two have been listened to."""
    items.mark([(ItemId(1), AUDIO), (ItemId(2), AUDIO)], 1.0)
    return Playlists(rig.database).create("Late <b>&</b>", [ItemId(item) for item in rig.ids[:4]])


@pytest.fixture
def page(rig: Rig, playlist: int, items: Items, edits: PlaylistEdits, qtbot: QtBot) -> PublishingPage:
    network = cast("NetworkBridge", rig.network)
    deeds = Publishing(rig.database, rig.writes, network, rig.settings, rig.undo)
    made = PublishingPage(items, edits, deeds, network, rig.theme)
    deeds.setParent(made)
    qtbot.addWidget(made)
    made.resize(1200, 640)
    made.show()
    return made


def count(page: PublishingPage) -> int:
    return len(page.preview.items) if page.preview is not None else -1


def press(page: PublishingPage, words: str) -> None:
    found = next(b for b in page.findChildren(QPushButton) if b.text() == words)
    assert found.isVisible()
    found.click()


def show(page: PublishingPage, playlist: int, qtbot: QtBot) -> None:
    page.open_playlist(playlist)
    qtbot.waitUntil(lambda: count(page) == 4)


def test_nothing_is_published_and_nothing_is_ticked(rig: Rig, page: PublishingPage) -> None:
    assert page.sources.chosen == ()
    assert page.empty.words.startswith("You publish nothing.")
    assert rig.network.told == []
    assert Publications(rig.database).rows() == []


def test_the_preview_shows_what_would_leave_and_publishes_nothing(
    rig: Rig, page: PublishingPage, playlist: int, qtbot: QtBot
) -> None:
    show(page, playlist, qtbot)
    model = page.table.model()
    row = [model.index(0, column).data() for column in PreviewColumn]
    assert row == ["Title 1", "Artist 1", "Album 1", "", "", "1:41", "none named", "1.0 kB", "sound"]
    assert model.index(3, PreviewColumn.VECTORS).data() == "none yet"
    assert page.summary.startswith("4 items: a catalogue of about 2.1 kB")
    assert "4.0 kB together" in page.summary
    assert "nobody can score them: 2" in page.summary
    assert page.exact.startswith("Leaves: “Title 1” · “Artist 1” · “Album 1” · 1:41")
    assert AUDIO in page.exact
    assert "Not: the file's name (000001.flac)" in page.exact
    assert Publications(rig.database).rows() == []
    assert rig.network.told == []


def test_a_name_that_stands_for_a_title_is_said_to_leave(page: PublishingPage, playlist: int, qtbot: QtBot) -> None:
    show(page, playlist, qtbot)
    assert page.preview is not None
    row = page.preview.items[0]
    assert "the file's name stands for it and leaves" in exact_words(replace(row, title="000001"))
    assert "vector" not in exact_words(replace(row, spaces=()))
    assert "width and height" in exact_words(replace(row, kind="video"))


def test_what_lacks_a_licence_is_warned_of(rig: Rig, page: PublishingPage, playlist: int, qtbot: QtBot) -> None:
    show(page, playlist, qtbot)
    assert page.warning.startswith("4 of them name no licence")
    row = page.sources.row(playlist, True)
    assert row is not None
    row.licence.setCurrentText("CC BY 4.0")
    row.changed.emit()
    qtbot.waitUntil(lambda: page.warning == "")
    assert page.table.model().index(0, PreviewColumn.LICENCE).data() == "CC BY 4.0"


def test_publishing_is_kept_told_and_undone(rig: Rig, page: PublishingPage, playlist: int, qtbot: QtBot) -> None:
    rig.network.set_on(True)
    show(page, playlist, qtbot)
    with qtbot.waitSignal(page.notice) as told:
        press(page, "Publish 4 items")
    assert told.args == ["Published: 4 items. The catalogue is made now"]
    assert [row.playlist_id for row in Publications(rig.database).rows()] == [playlist]
    assert rig.network.told == [PublicationChanged()]
    rig.undo.undo()
    qtbot.waitUntil(lambda: len(rig.network.told) == 2)
    assert Publications(rig.database).rows() == []
    rig.undo.redo()
    qtbot.waitUntil(lambda: len(rig.network.told) == 3)
    assert len(Publications(rig.database).rows()) == 1
    with qtbot.waitSignal(page.notice) as told:
        press(page, "Stop publishing")
    assert told.args == ["Nothing is published any longer"]
    assert Publications(rig.database).rows() == []
    assert page.sources.chosen == ()


def test_without_the_network_nothing_leaves_and_it_says_so(
    rig: Rig, page: PublishingPage, playlist: int, qtbot: QtBot
) -> None:
    show(page, playlist, qtbot)
    with qtbot.waitSignal(page.notice) as told:
        press(page, "Publish 4 items")
    assert told.args[0].startswith("Kept: 4 items. Nothing leaves")
    with qtbot.waitSignal(page.settings_wanted):
        press(page, "Network settings…")


def test_single_items_are_kept_private(rig: Rig, page: PublishingPage, playlist: int, qtbot: QtBot) -> None:
    show(page, playlist, qtbot)
    model = page.table.model()
    assert model.index(1, 0).data(CHECK) == Qt.CheckState.Checked
    assert model.setData(model.index(1, 0), Qt.CheckState.Unchecked, CHECK)
    qtbot.waitUntil(lambda: page.preview is not None and page.preview.kept_private == 1)
    assert model.index(1, 0).data(CHECK) == Qt.CheckState.Unchecked
    assert Publications(rig.database).private() == {ItemId(2)}
    page.table.selectRow(1)
    assert page.exact == "Nothing of “Title 2” leaves: it stays private."
    assert "Kept private: 1." in page.summary
    rig.undo.undo()
    qtbot.waitUntil(lambda: page.preview is not None and page.preview.kept_private == 0)


def test_a_box_among_chosen_rows_acts_on_all_of_them(
    rig: Rig, page: PublishingPage, playlist: int, qtbot: QtBot
) -> None:
    show(page, playlist, qtbot)
    page.table.selectAll()
    model = page.table.model()
    model.setData(model.index(0, 0), Qt.CheckState.Unchecked, CHECK)
    qtbot.waitUntil(lambda: page.preview is not None and page.preview.kept_private == 4)
    assert len(Publications(rig.database).private()) == 4


def test_whatever_is_not_free_can_be_kept_private_at_once(
    rig: Rig, page: PublishingPage, playlist: int, qtbot: QtBot
) -> None:
    show(page, playlist, qtbot)
    press(page, "Keep these private")
    qtbot.waitUntil(lambda: page.preview is not None and page.preview.kept_private == 4)
    assert page.warning == ""


def test_folders_and_playlists_have_licences_of_their_own(
    rig: Rig, page: PublishingPage, playlist: int, items: Items, qtbot: QtBot
) -> None:
    folder = items.folders()[0].id
    show(page, playlist, qtbot)
    for number, is_playlist, licence in ((playlist, True, "CC0 1.0"), (folder, False, "CC BY-SA 4.0")):
        row = page.sources.row(number, is_playlist)
        assert row is not None
        row.box.setChecked(True)
        row.licence.setCurrentText(licence)
        row.changed.emit()
    assert page.sources.chosen == (Source(folder, False, "CC BY-SA 4.0"), Source(playlist, True, "CC0 1.0"))
    qtbot.waitUntil(lambda: count(page) == 13)
    with qtbot.waitSignal(page.notice):
        press(page, "Publish 13 items")
    assert [(row.folder_id, row.licence) for row in Publications(rig.database).rows()] == [
        (folder, "CC BY-SA 4.0"),
        (None, "CC0 1.0"),
    ]


def test_what_is_published_now_is_said(rig: Rig, page: PublishingPage, playlist: int, qtbot: QtBot) -> None:
    store = Publications(rig.database)
    store.choose([Source(playlist, True)])
    store.put([PublishedRow(ItemId(1), "/music/000001.flac", 1001, 1, file_root(1))])
    page.refresh()
    said = page.findChildren(QWidget)
    assert any("nothing leaves" in getattr(part, "text", str)() for part in said)
    rig.network.set_on(True)
    rig.network.show(NetworkState(0, 1, 1, Reachable.YES, 0, 1, True, 0.0, 0.0, 0))
    rig.network.progressed.emit(NetworkProgress("hashing", "", 3, 5))
    assert "The catalogue is being made: 3 of 5 read." in [part.text() for part in said if hasattr(part, "text")]
    rig.network.progressed.emit(NetworkProgress("hashing", "", 5, 5))
    texts = [part.text() for part in said if hasattr(part, "text")]
    assert "The catalogue is being made anew; now it holds 1 item." in texts


def test_names_of_playlists_are_plain(page: PublishingPage, playlist: int, qtbot: QtBot) -> None:
    row = page.sources.row(playlist, True)
    assert row is not None
    assert row.box.text() == "Late <b>&&</b>"
    assert row.box.accessibleName() == "Publish Late <b>&</b>"


def test_the_keyboard_reaches_it_all(page: PublishingPage, playlist: int, qtbot: QtBot) -> None:
    page.activateWindow()
    qtbot.waitUntil(page.isActiveWindow)
    assert page.focus_first()
    assert page.isAncestorOf(QApplication.focusWidget())
    show(page, playlist, qtbot)
    page.table.setFocus()
    page.table.setCurrentIndex(page.table.model().index(0, 0))
    qtbot.keyClick(page.table.viewport(), Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: page.preview is not None and page.preview.kept_private == 1)
    with qtbot.waitSignal(page.back_wanted):
        QApplication.sendEvent(page, QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_Escape, Qt.KeyboardModifier.NoModifier))
