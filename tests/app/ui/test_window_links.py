"""The window with all its pages: each can be built and shown, and leads to where it says."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.network_messages import DownloadChanged, DownloadState
from app.paths import Profile
from app.protocol import Failed, ItemsChanged
from app.search_messages import FindMoments, FoundBy, Hit, Hits, Meaning, Search
from app.store.items import Items
from app.store.moments import ItemMoments, Moments
from app.ui.bridge import StudioBridge
from app.ui.main_window import MainWindow
from app.ui.network import NetworkBridge
from app.ui.page_stack import Place
from app.ui.pages.discover import DiscoverPage
from app.ui.pages.downloads import DownloadsPage
from app.ui.pages.found import FoundPage
from app.ui.pages.library import LibraryPage
from app.ui.pages.moments import MomentsPage
from app.ui.pages.playlist_edits import PlaylistEdits
from app.ui.places import PageParts, places
from app.ui.window_links import WindowLinks
from models.ids import ItemId
from tests.known_moments import know_moments
from tests.offered import GOOD, answer, download, offer, picks_of
from tests.window import Rig

Make = Callable[[], tuple[MainWindow, WindowLinks]]


@pytest.fixture
def parts(rig: Rig) -> PageParts:
    rig.network.on = True
    rig.network.state = GOOD
    return PageParts(
        Profile.at(rig.folder),
        rig.database,
        rig.lists,
        Items(rig.database),
        rig.writes,
        cast("StudioBridge", rig.studio),
        cast("NetworkBridge", rig.network),
        rig.fetching,
        rig.actions,
        PlaylistEdits(rig.database, rig.writes, rig.undo),
        rig.playback,
        rig.ratings,
        rig.undo,
        rig.settings,
        rig.covers,
        rig.theme,
        rig.tiles,
    )


@pytest.fixture
def window(rig: Rig, parts: PageParts) -> MainWindow:
    made = rig.window(places(parts))
    WindowLinks(made, parts)
    made.resize(1100, 700)
    made.show()
    return made


def all_places(parts: PageParts) -> list[Place]:
    return list(places(parts))


def test_every_page_can_be_shown(window: MainWindow, parts: PageParts) -> None:
    for place in all_places(parts):
        page = window.show_page(place.name)
        assert page.isVisible()
        assert window.pages.current == place.name
        assert not window.grab().isNull()


def test_discover_leads_to_the_download_and_that_to_the_library(window: MainWindow, rig: Rig, qtbot: QtBot) -> None:
    offers = offer(rig)
    discover = window.show_page("discover")
    assert isinstance(discover, DiscoverPage)
    answer(rig, picks_of(offers))
    row = download(rig, offers[1])
    discover.list.views[1].button.click()
    downloads = window.pages.page("downloads")
    assert isinstance(downloads, DownloadsPage)
    assert window.pages.current == "downloads"
    assert [one.id for one in downloads.table.chosen_rows()] == [row.id]
    rig.network.download_changed.emit(DownloadChanged(row.id, DownloadState.DONE, row.size, row.size, item=rig.ids[2]))
    downloads.library_button.click()
    library = window.pages.page("library")
    assert isinstance(library, LibraryPage)
    assert window.pages.current == "library"
    assert library.list.selected_ids() == [rig.ids[2]]


def test_switching_on_is_always_explained_first(window: MainWindow, rig: Rig) -> None:
    rig.network.set_on(False)
    downloads = window.show_page("downloads")
    assert isinstance(downloads, DownloadsPage)
    downloads.line.switch_wanted.emit()
    discover = window.pages.page("discover")
    assert isinstance(discover, DiscoverPage)
    assert window.pages.current == "discover"
    assert discover.consent.explains
    assert discover.consent.isVisible()
    assert not rig.network.on


def test_the_side_bar_counts_what_is_under_way(window: MainWindow, rig: Rig) -> None:
    row = download(rig, offer(rig)[0])
    assert window.side_bar.badge("downloads") == "1"
    rig.network.download_changed.emit(DownloadChanged(row.id, DownloadState.CANCELLED, 0, row.size))
    assert window.side_bar.badge("downloads") == ""


def test_what_goes_wrong_with_a_download_is_said(window: MainWindow, rig: Rig) -> None:
    rig.fetching.start(offer(rig)[0].id)
    rig.network.asked[-1][1](Failed(1, "This offer is gone", "Its publisher took it back, or is blocked."))
    assert window.pages.notice.text == "This offer is gone: Its publisher took it back, or is blocked."


def test_coming_and_being_refused_is_said_with_a_way_on(window: MainWindow, rig: Rig) -> None:
    first, second = (download(rig, one) for one in offer(rig)[:2])
    rig.network.download_changed.emit(
        DownloadChanged(first.id, DownloadState.DONE, first.size, first.size, item=rig.ids[0])
    )
    assert window.pages.notice.text == f"“{first.title}” is in your library now"
    window.pages.notice.act()
    assert [int(row.item) for row in rig.playback.queue.rows] == [rig.ids[0]]
    rig.network.download_changed.emit(
        DownloadChanged(second.id, DownloadState.REFUSED, second.size, second.size, reason="It sounds otherwise.")
    )
    assert window.pages.notice.text == f"“{second.title}” was refused: It sounds otherwise."
    window.pages.notice.act()
    assert window.pages.current == "downloads"


def test_a_dislike_offers_its_way_back(window: MainWindow, rig: Rig, qtbot: QtBot) -> None:
    offers = offer(rig)
    discover = window.show_page("discover")
    assert isinstance(discover, DiscoverPage)
    answer(rig, picks_of(offers))
    discover.list.views[0].dislike.click()
    assert window.pages.notice.text == f"“{offers[0].title}” is never shown again"
    window.pages.notice.act()
    qtbot.waitUntil(lambda: len(discover.list.views) == len(offers))


def test_a_search_on_discover_asks_for_offers(window: MainWindow, rig: Rig, qtbot: QtBot) -> None:
    offers = offer(rig)
    window.show_page("discover")
    answer(rig, picks_of(offers))
    assert "what others offer" in window.pages.field.placeholderText()
    window.pages.field.setText("rain")
    window.pages.field.left.emit()
    window.pages.field.searched.emit("rain")
    qtbot.waitUntil(lambda: getattr(rig.studio.asked_of_offers[-1][0], "search", "") == "rain")


def test_return_in_the_search_field_finds_in_everything(window: MainWindow, rig: Rig, qtbot: QtBot) -> None:
    window.show_page("library")
    qtbot.keyClicks(window.pages.field, "rain")
    qtbot.keyClick(window.pages.field, Qt.Key.Key_Return)
    assert window.pages.current == "found"
    assert window.pages.field.text() == "rain"
    request, tell = rig.studio.asked[-1]
    assert isinstance(request, Search)
    assert request.words == "rain"
    tell(Hits(request.request, (Hit(3, 1.0, (FoundBy.SOUND,)),), Meaning.NONE))
    page = window.pages.page("found")
    assert isinstance(page, FoundPage)
    assert page.list.ids == [3]
    qtbot.keyClick(window.pages.field, Qt.Key.Key_Return)
    assert window.pages.current == "found"
    page.note.button.click()
    assert window.pages.current == "settings"
    window.show_page("found")
    page.back_wanted.emit()
    assert window.pages.current == "library"
    assert window.pages.field.text() == "rain"


def test_the_line_of_the_library_leads_to_what_was_found(window: MainWindow, rig: Rig) -> None:
    library = window.show_page("library")
    assert isinstance(library, LibraryPage)
    library.found_wanted.emit("snow")
    assert window.pages.current == "found"
    assert window.pages.field.text() == "snow"


def test_what_words_find_here_leads_to_what_they_find_elsewhere(window: MainWindow, rig: Rig, qtbot: QtBot) -> None:
    offer(rig)
    page = window.show_page("found")
    assert isinstance(page, FoundPage)
    page.discover_wanted.emit("snow")
    assert window.pages.current == "discover"
    assert window.pages.field.text() == "snow"
    qtbot.waitUntil(lambda: any(getattr(asked, "search", "") == "snow" for asked, _ in rig.studio.asked_of_offers))


def test_return_on_a_page_with_its_own_search_goes_to_what_was_found_there(window: MainWindow, qtbot: QtBot) -> None:
    window.show_page("playlists")
    qtbot.keyClicks(window.pages.field, "rain")
    qtbot.keyClick(window.pages.field, Qt.Key.Key_Return)
    assert window.pages.current == "playlists"
    assert not window.pages.field.hasFocus()


def test_a_film_leads_to_moments_like_one_of_it_and_back(window: MainWindow, rig: Rig) -> None:
    know_moments(rig, rig.ids[12], [0.0, 30.0])
    window.show_page("videos")
    rig.playback.play_items([rig.ids[12]])
    rig.player.advance(35)
    window.video.show("large")
    window.commands.action("similar-moments").trigger()
    assert (window.pages.current, window.video.large) == ("moments", False)
    assert rig.studio.asked[-1][0] == FindMoments(len(rig.studio.asked), rig.ids[12], 30.0, 24)
    page = window.pages.page("moments")
    assert isinstance(page, MomentsPage)
    page.go_back()
    assert window.pages.current == "videos"


def test_moments_are_read_anew_when_items_changed(window: MainWindow, rig: Rig) -> None:
    assert rig.tiles.moments(rig.ids[12]) is None
    Moments(rig.database).put(ItemId(rig.ids[12]), ItemMoments((0.0, 4.0)))
    rig.studio.items_changed.emit(ItemsChanged(0, 1, 0))
    found = rig.tiles.moments(rig.ids[12])
    assert found is not None
    assert found.ats == (0.0, 4.0)
