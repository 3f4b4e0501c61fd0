"""Every control of every page has a name for screen readers, and foreign words are never taken for markup."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QScrollArea, QScrollBar, QWidget
from pytestqt.qtbot import QtBot

from app.paths import RESOURCES
from app.protocol import Pick, PickedShelf, Picks, Shelf
from app.store.feedback import Feedback
from app.store.item_values import ItemRow
from app.store.items import Items
from app.store.map_layout import MapReading
from app.store.offer_rows import OfferRows
from app.store.peer_effects import PeerEffects
from app.store.peers import Peers
from app.ui.bridge import StudioBridge
from app.ui.network import NetworkBridge
from app.ui.page_stack import Landing
from app.ui.pages.care import CarePage
from app.ui.pages.duplicates import DuplicatesView
from app.ui.pages.for_you import ForYouPage
from app.ui.pages.found import FoundPage
from app.ui.pages.library import LibraryPage
from app.ui.pages.map import MapPage
from app.ui.pages.moments import MomentsPage
from app.ui.pages.peer_deeds import PeerDeeds
from app.ui.pages.peers import PeersPage
from app.ui.pages.playlist_edits import PlaylistEdits
from app.ui.pages.playlists import PlaylistsPage
from app.ui.pages.problems import ProblemsView
from app.ui.pages.properties import PropertiesWindow
from app.ui.pages.publishing import PublishingPage
from app.ui.pages.settings import SettingsPage
from app.ui.pages.settings_encoders import EncodersSection
from app.ui.pages.settings_folders import FoldersSection
from app.ui.pages.settings_network import NetworkSection
from app.ui.pages.settings_taste import RecommendationsSection
from app.ui.pages.settings_window import AppearanceSection, PlaybackSection
from app.ui.pages.similar import SimilarPage
from app.ui.pages.taste import TastePage
from app.ui.pages.welcome import WelcomePage
from app.ui.pages.work import WorkView
from app.ui.publishing import Publishing
from tests.offered import discover_page, downloads_page
from tests.window import Rig

Make = Callable[[Rig, StudioBridge, Items, PlaylistEdits], QWidget]


def recommendations(rig: Rig, studio: StudioBridge) -> RecommendationsSection:
    return RecommendationsSection(rig.writes, studio, rig.ratings, rig.undo, rig.theme)


def network(rig: Rig) -> NetworkBridge:
    return cast("NetworkBridge", rig.network)


def peers(rig: Rig) -> PeersPage:
    deeds = PeerDeeds(network(rig), rig.writes, rig.undo)
    return PeersPage(Peers(rig.database), PeerEffects(rig.database), deeds, network(rig), rig.theme)


def publishing(rig: Rig, items: Items, edits: PlaylistEdits) -> PublishingPage:
    deeds = Publishing(rig.database, rig.writes, network(rig), rig.settings, rig.undo)
    return PublishingPage(items, edits, deeds, network(rig), rig.theme)


MAKERS: dict[str, Make] = {
    "discover": lambda r, s, i, e: discover_page(r),
    "downloads": lambda r, s, i, e: downloads_page(r),
    "peers": lambda r, s, i, e: peers(r),
    "publishing": lambda r, s, i, e: publishing(r, i, e),
    "for-you": lambda r, s, i, e: ForYouPage(s, r.lists, r.actions, r.settings, r.covers, r.theme),
    "library": lambda r, s, i, e: LibraryPage("track", r.lists, i, s, r.actions, r.settings, r.covers, r.theme),
    "videos": lambda r, s, i, e: LibraryPage("video", r.lists, i, s, r.actions, r.settings, r.covers, r.theme),
    "playlists": lambda r, s, i, e: PlaylistsPage(e, r.lists, i, r.actions, r.settings, r.theme),
    "found": lambda r, s, i, e: FoundPage(s, r.lists, OfferRows(r.database), r.actions, r.settings, r.theme),
    "similar": lambda r, s, i, e: SimilarPage(s, r.lists, r.actions, r.settings, r.covers, r.theme),
    "moments": lambda r, s, i, e: MomentsPage(s, r.lists, r.actions, r.tiles, r.theme),
    "map": lambda r, s, i, e: MapPage(MapReading(r.database), r.lists, s, r.actions, r.covers, r.theme),
    "welcome": lambda r, s, i, e: WelcomePage(s, r.theme),
    "taste": lambda r, s, i, e: TastePage(r.lists, s, recommendations(r, s), r.actions, r.covers, r.theme),
    "care": lambda r, s, i, e: CarePage(
        WorkView(i, s, r.theme), ProblemsView(i, s, r.theme), DuplicatesView(r.lists, s, r.actions, r.theme)
    ),
    "settings": lambda r, s, i, e: SettingsPage(
        FoldersSection(i, s, r.undo, r.settings, r.theme),
        AppearanceSection(r.settings, r.theme, RESOURCES / "translations"),
        PlaybackSection(r.settings, r.playback, r.theme),
        recommendations(r, s),
        EncodersSection(s, r.theme),
        NetworkSection(r.settings, network(r), r.folder / "downloads", r.theme),
        r.theme,
    ),
}


def unnamed(page: QWidget) -> list[str]:
    """Controls that take the focus, or are buttons, and tell a screen reader nothing."""
    found = []
    for widget in page.findChildren(QWidget):
        if isinstance(widget, QScrollBar | QScrollArea) or widget.objectName().startswith("qt_"):
            continue
        focusable = widget.focusPolicy() != Qt.FocusPolicy.NoFocus or isinstance(widget, QAbstractButton)
        text = widget.text() if isinstance(widget, QAbstractButton | QLabel) else ""
        # An empty state without a next step keeps its button, hidden.
        if focusable and not widget.accessibleName() and not text and not widget.isHidden():
            found.append(f"{type(widget).__name__} in {type(widget.parentWidget()).__name__}")
    return found


@pytest.mark.parametrize("name", MAKERS)
def test_every_control_has_a_name(name: str, rig: Rig, items: Items, edits: PlaylistEdits, qtbot: QtBot) -> None:
    Feedback(rig.database).like(3)  # type: ignore[arg-type]
    page = MAKERS[name](rig, cast("StudioBridge", rig.studio), items, edits)
    qtbot.addWidget(page)
    page.show()
    for request, answer in rig.studio.asked:
        picks = (Pick(1, 0.5, 0.1), Pick(2, 0.4, 0.1))
        answer(Picks(request.request, (PickedShelf(Shelf.LOVE, picks),), 9))  # type: ignore[union-attr]
    assert unnamed(page) == []


@pytest.mark.parametrize("name", MAKERS)
def test_pages_say_what_they_are(name: str, rig: Rig, items: Items, edits: PlaylistEdits, qtbot: QtBot) -> None:
    page = MAKERS[name](rig, cast("StudioBridge", rig.studio), items, edits)
    qtbot.addWidget(page)
    assert page.title  # type: ignore[attr-defined]
    assert not rig.theme.icon(page.icon_name).isNull()  # type: ignore[attr-defined]


def test_properties_show_foreign_words_as_they_are(rig: Rig, qtbot: QtBot) -> None:
    row = rig.lists.rows([1])[0]
    odd = ItemRow(**{name: getattr(row, name) for name in row.__slots__} | {"title": "<img src=x> & <b>bold</b>"})
    window = PropertiesWindow(odd, rig.covers, rig.theme)
    qtbot.addWidget(window)
    label = next(label for label in window.findChildren(QLabel) if "bold" in label.text())
    assert label.text() == odd.title
    assert label.textFormat() is Qt.TextFormat.PlainText
    assert unnamed(window) == []


@pytest.mark.parametrize("name", MAKERS)
def test_every_page_knows_where_its_keys_begin(
    name: str, rig: Rig, items: Items, edits: PlaylistEdits, qtbot: QtBot
) -> None:
    edits.create("mine", [1, 2])
    page = MAKERS[name](rig, cast("StudioBridge", rig.studio), items, edits)
    qtbot.addWidget(page)
    page.show()
    page.activateWindow()
    qtbot.waitUntil(page.isActiveWindow)
    assert isinstance(page, Landing)
    page.focus_first()
    focus = QApplication.focusWidget()
    assert focus is None or focus is page or page.isAncestorOf(focus)
    for request, answer in rig.studio.asked:
        picks = (Pick(1, 0.5, 0.1), Pick(2, 0.4, 0.1))
        answer(Picks(request.request, (PickedShelf(Shelf.LOVE, picks),), 9))  # type: ignore[union-attr]
    if name in ("for-you", "library", "settings", "care", "welcome"):
        focus = QApplication.focusWidget()
        assert focus not in (None, page), "what waited for an answer went on to it"
