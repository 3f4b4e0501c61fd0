"""The pages of peers lead to each other in a whole window, and the publisher hears what changed."""

from __future__ import annotations

from typing import cast

import pytest
from pytestqt.qtbot import QtBot

from app.network_messages import PublicationChanged
from app.paths import Profile
from app.protocol import ItemsChanged
from app.store.items import Items
from app.store.offers import Offers
from app.store.peers import Peers
from app.store.playlists import Playlists
from app.store.publications import Publications, Source
from app.ui.bridge import StudioBridge
from app.ui.main_window import MainWindow
from app.ui.network import NetworkBridge
from app.ui.pages.card_window import CardWindow
from app.ui.pages.discover import DiscoverPage
from app.ui.pages.peers import PeersPage
from app.ui.pages.playlist_edits import PlaylistEdits
from app.ui.pages.playlists import PlaylistsPage
from app.ui.pages.publishing import PublishingPage
from app.ui.pages.settings import SettingsPage
from app.ui.peer_links import PeerLinks
from app.ui.places import PageParts, places
from models.ids import ItemId
from tests.factories import peer_key, taken_catalogue
from tests.window import Rig


@pytest.fixture
def parts(rig: Rig) -> PageParts:
    return PageParts(
        profile=Profile.at(rig.folder),
        reading=rig.database,
        lists=rig.lists,
        items=Items(rig.database),
        writes=rig.writes,
        studio=cast("StudioBridge", rig.studio),
        network=cast("NetworkBridge", rig.network),
        fetching=rig.fetching,
        actions=rig.actions,
        edits=PlaylistEdits(rig.database, rig.writes, rig.undo),
        playback=rig.playback,
        ratings=rig.ratings,
        undo=rig.undo,
        settings=rig.settings,
        covers=rig.covers,
        theme=rig.theme,
        tiles=rig.tiles,
    )


@pytest.fixture
def window(rig: Rig, parts: PageParts, qtbot: QtBot) -> MainWindow:
    made = rig.window(places(parts))
    PeerLinks(made, parts)
    made.resize(1100, 700)
    made.show()
    return made


def current(window: MainWindow) -> str:
    return window.pages.current


def test_from_the_peers_to_publishing_and_back(window: MainWindow) -> None:
    peers = window.show_page("peers")
    assert isinstance(peers, PeersPage)
    peers.publishing_wanted.emit()
    assert current(window) == "publishing"
    publishing = window.pages.page("publishing")
    assert isinstance(publishing, PublishingPage)
    publishing.back_wanted.emit()
    assert current(window) == "peers"


def test_the_networks_settings_open_where_they_are_wanted(window: MainWindow) -> None:
    peers = window.show_page("peers")
    assert isinstance(peers, PeersPage)
    peers.settings_wanted.emit()
    settings = window.pages.page("settings")
    assert isinstance(settings, SettingsPage)
    assert current(window) == "settings"
    assert settings.network.isVisible()
    settings.network.card_wanted.emit()
    card = window.findChild(CardWindow)
    assert card is not None
    assert "network is off" in card.problem
    card.close()
    settings.network.peers_wanted.emit()
    assert current(window) == "peers"
    settings.network.publishing_wanted.emit()
    assert current(window) == "publishing"


def test_a_playlist_is_ticked_for_its_preview(rig: Rig, window: MainWindow, qtbot: QtBot) -> None:
    playlist = Playlists(rig.database).create("Late night", [ItemId(1), ItemId(2)])
    page = window.show_page("playlists")
    assert isinstance(page, PlaylistsPage)
    page.publish_wanted.emit(playlist)
    publishing = window.pages.page("publishing")
    assert isinstance(publishing, PublishingPage)
    assert publishing.sources.chosen == (Source(playlist, True),)
    qtbot.waitUntil(lambda: publishing.preview is not None and len(publishing.preview.items) == 2)
    assert Publications(rig.database).rows() == []


def test_a_peers_offers_open_in_discover(rig: Rig, window: MainWindow) -> None:
    Peers(rig.database).card_came(peer_key(1), 1, b"card", "Anna", 100.0)
    offers = Offers(rig.folder / "offers.db")
    offers.take(taken_catalogue(1, 3))
    offers.close()
    rig.network.set_on(True)
    peers = window.show_page("peers")
    assert isinstance(peers, PeersPage)
    peers.offers_wanted.emit(peer_key(1).hex())
    discover = window.pages.page("discover")
    assert isinstance(discover, DiscoverPage)
    assert current(window) == "discover"
    assert discover.filters.filters.peer == peer_key(1).hex()


def test_the_publisher_hears_of_changes_only_where_something_is_published(
    rig: Rig, parts: PageParts, window: MainWindow
) -> None:
    rig.network.set_on(True)
    rig.studio.items_changed.emit(ItemsChanged(1, 0, 0))
    assert rig.network.told == []
    Publications(rig.database).choose([Source(1)])
    rig.studio.items_changed.emit(ItemsChanged(1, 0, 0))
    parts.edits.changed.emit(1)
    assert rig.network.told == [PublicationChanged(), PublicationChanged()]
    rig.network.set_on(False)
    rig.studio.folders_changed.emit()
    assert len(rig.network.told) == 2
