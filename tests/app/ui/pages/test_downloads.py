"""Downloads: how each stands in words, what its buttons mean now, and where it leads when it has come."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QDesktopServices
from pytestqt.qtbot import QtBot

from app.network_messages import (
    CancelDownload,
    Download,
    DownloadChanged,
    DownloadState,
    PauseDownload,
    ResumeDownload,
    SeedDownload,
)
from app.store.downloads import Downloads, WantedFile
from app.ui.item_models.downloads_model import DownloadColumn
from app.ui.pages.downloads import DownloadsPage
from tests.offered import GOOD, download, downloads_page, offer
from tests.window import Rig


@pytest.fixture
def on(rig: Rig) -> Rig:
    rig.network.on = True
    rig.network.state = GOOD
    return rig


@pytest.fixture
def page(on: Rig, qtbot: QtBot) -> DownloadsPage:
    made = downloads_page(on)
    qtbot.addWidget(made)
    made.resize(1000, 500)
    made.show()
    return made


def cells(page: DownloadsPage, at: int) -> list[str]:
    model = page.table.model()
    return [str(model.index(at, column).data()) for column in DownloadColumn]


def test_nothing_yet_leads_to_discover(page: DownloadsPage, qtbot: QtBot) -> None:
    assert page.empty.isVisible()
    with qtbot.waitSignal(page.discover_wanted):
        page.empty.button.click()


def test_a_row_says_how_far_how_fast_how_long(page: DownloadsPage, on: Rig) -> None:
    row = download(on, offer(on)[0])
    on.network.download_changed.emit(
        DownloadChanged(row.id, DownloadState.RUNNING, row.size // 2 + 1, row.size, 1.2e6, 130.0, 3, True)
    )
    assert cells(page, 0) == ["Title 100 – Artist 2", "50 %", "1.0 MB", "1.2 MB/s", "2 min", "3", "Peer 1"]
    assert page.status == "1 under way · 1.2 MB/s"
    page.resize(520, 500)
    assert page.table.isColumnHidden(DownloadColumn.RATE)
    assert cells(page, 0)[1] == "50 % · 1.2 MB/s · 2 min"


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (DownloadState.WAITING, "waiting for somebody who has it"),
        (DownloadState.PAUSED, "0 %, paused"),
        (DownloadState.CHECKING, "being compared with what was promised"),
        (DownloadState.REFUSED, "refused: it sounds like something else"),
        (DownloadState.FAILED, "did not work: it sounds like something else"),
        (DownloadState.CANCELLED, "cancelled"),
    ],
)
def test_every_state_has_words_and_a_reason_where_something_is_wrong(
    page: DownloadsPage, on: Rig, state: DownloadState, words: str
) -> None:
    row = download(on, offer(on)[0], state, "it sounds like something else")
    page.show_download(row.id)
    assert cells(page, 0)[1] == words
    assert words in page.details


def test_the_keyboard_lands_on_a_chosen_row(page: DownloadsPage, on: Rig) -> None:
    row = download(on, offer(on)[0])
    assert page.focus_first()
    assert [one.id for one in page.table.chosen_rows()] == [row.id]
    assert page.pause_button.isEnabled()


def test_what_is_under_way_stands_first(page: DownloadsPage, on: Rig) -> None:
    offers = offer(on)
    download(on, offers[0])
    download(on, offers[1], DownloadState.CANCELLED)
    assert [cells(page, at)[0].split(" –")[0] for at in range(2)] == ["Title 100", "Title 101"]


def test_pause_go_on_try_again(page: DownloadsPage, on: Rig) -> None:
    row = download(on, offer(on)[0])
    page.show_download(row.id)
    assert page.pause_button.accessibleName() == "Pause"
    page.pause_button.click()
    on.network.download_changed.emit(DownloadChanged(row.id, DownloadState.PAUSED, 10, row.size))
    assert page.pause_button.accessibleName() == "Go on"
    page.pause_button.click()
    on.network.download_changed.emit(DownloadChanged(row.id, DownloadState.FAILED, 10, row.size, reason="disk full"))
    assert page.pause_button.accessibleName() == "Try again"
    page.pause_button.click()
    assert on.network.told == [PauseDownload(row.id), ResumeDownload(row.id), ResumeDownload(row.id)]


def test_what_was_refused_can_be_tried_again(page: DownloadsPage, on: Rig) -> None:
    one = offer(on)[0]
    row = download(on, one, DownloadState.REFUSED, "no")
    page.show_download(row.id)
    assert page.pause_button.accessibleName() == "Try again"
    page.pause_button.click()
    assert on.network.asked[-1][0] == Download(1, one.id)


def test_delete_cancels_and_then_forgets(page: DownloadsPage, on: Rig, qtbot: QtBot) -> None:
    row = download(on, offer(on)[0])
    page.show_download(row.id)
    qtbot.keyClick(page.table, Qt.Key.Key_Delete)  # type: ignore[no-untyped-call]
    assert on.network.told == [CancelDownload(row.id)]
    Downloads(on.database).set_state(row.id, DownloadState.CANCELLED)
    on.network.download_changed.emit(DownloadChanged(row.id, DownloadState.CANCELLED, 0, row.size))
    qtbot.waitUntil(lambda: page.remove_button.accessibleName() == "Take out of the list")
    on.fetching.read()
    page.remove_button.click()
    qtbot.waitUntil(lambda: Downloads(on.database).rows() == [])
    qtbot.waitUntil(page.empty.isVisible)


def test_what_came_plays_is_shown_and_given(page: DownloadsPage, on: Rig, qtbot: QtBot) -> None:
    row = download(on, offer(on)[0], DownloadState.DONE)
    store = Downloads(on.database)
    store.keep(row.id, str(on.folder / "music" / "000001.flac"))
    store.set_item(row.id, on.ids[4])
    on.fetching.read()
    page.show_download(row.id)
    qtbot.keyClick(page.table, Qt.Key.Key_Return)  # type: ignore[no-untyped-call]
    assert [int(one.item) for one in on.playback.queue.rows] == [on.ids[4]]
    with qtbot.waitSignal(page.item_wanted) as told:
        page.library_button.click()
    assert told.args == [on.ids[4]]
    page.give_button.click()
    assert page.give_button.accessibleName() == "Give no longer"
    page.give_button.click()
    assert on.network.told == [SeedDownload(row.id, True), SeedDownload(row.id, False)]


def test_the_folder_opens(page: DownloadsPage, on: Rig, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(url.toLocalFile()))
    with qtbot.waitSignal(page.notice):
        page.folder_button.click()
    (on.folder / "downloads").mkdir()
    page.folder_button.click()
    row = download(on, offer(on)[0], DownloadState.DONE)
    Downloads(on.database).keep(row.id, str(on.folder / "music" / "000001.flac"))
    on.fetching.read()
    page.show_download(row.id)
    page.folder_button.click()
    assert opened == [str(on.folder / "downloads"), str(on.folder / "music")]


def test_what_is_not_here_yet_does_not_pretend_to_play(page: DownloadsPage, on: Rig, qtbot: QtBot) -> None:
    row = download(on, offer(on)[0])
    page.show_download(row.id)
    assert not page.play_button.isEnabled()
    with qtbot.waitSignal(page.notice) as told:
        page.play()
    assert told.args == ["Not enough of it is here to play yet"]
    assert on.network.asked == []


def test_clearing_leaves_what_is_under_way(page: DownloadsPage, on: Rig, qtbot: QtBot) -> None:
    offers = offer(on)
    moving = download(on, offers[0])
    download(on, offers[1], DownloadState.REFUSED, "no")
    page.clear_button.click()
    qtbot.waitUntil(lambda: [row.id for row in Downloads(on.database).rows()] == [moving.id])
    qtbot.waitUntil(lambda: not page.clear_button.isVisible())


def test_the_menu_says_the_same_as_the_buttons(page: DownloadsPage, on: Rig) -> None:
    row = download(on, offer(on)[0])
    page.show_download(row.id)
    menu = page.build_menu()
    named = {action.text(): action.isEnabled() for action in menu.actions()}
    assert named == {
        "Play": False,
        "Pause": True,
        "Cancel": True,
        "Give to others": False,
        "Show in the library": False,
        "Open the folder": True,
    }


def test_foreign_words_are_shown_as_they_are(page: DownloadsPage, on: Rig) -> None:
    odd = "<b>bold</b>\nand more"
    one = offer(on)[0]
    row = Downloads(on.database).add(WantedFile(one.root, one.peer, 5, "audio/flac", odd))
    on.fetching.read()
    page.show_download(row.id)
    assert cells(page, 0)[0] == "<b>bold</b> and more"
    assert "&lt;b&gt;" in str(page.table.model().index(0, 0).data(Qt.ItemDataRole.ToolTipRole))
    assert "<b>bold</b> and more" in page.details
