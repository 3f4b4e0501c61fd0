"""The pages of the window: their names, and how each is made when it is first shown. Called by the composition.

A new page is one line in `places`; the side bar shows only what stands here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QWidget

from app.config import Settings
from app.paths import Profile
from app.store.database import Database
from app.store.item_lists import ItemLists
from app.store.items import Items
from app.ui.bridge import StoreWrites, StudioBridge
from app.ui.context_menu import ItemActions
from app.ui.covers import Covers
from app.ui.fetching import Fetching
from app.ui.film_tiles import FilmTiles
from app.ui.network import NetworkBridge
from app.ui.page_stack import Place
from app.ui.pages.playlist_edits import PlaylistEdits
from app.ui.playback import Playback
from app.ui.ratings import Ratings
from app.ui.theme import Theme
from app.ui.undo import UndoList


@dataclass(frozen=True, slots=True)
class PageParts:
    """What pages are built from."""

    profile: Profile
    reading: Database
    lists: ItemLists
    items: Items
    writes: StoreWrites
    studio: StudioBridge
    network: NetworkBridge
    fetching: Fetching
    actions: ItemActions
    edits: PlaylistEdits
    playback: Playback
    ratings: Ratings
    undo: UndoList
    settings: Settings
    covers: Covers
    theme: Theme
    tiles: FilmTiles


def places(parts: PageParts) -> Sequence[Place]:
    """All pages, in the order of the side bar; each module is imported when its page is first shown."""
    translate = QCoreApplication.translate

    def for_you() -> QWidget:
        from app.ui.pages.for_you import ForYouPage

        p = parts
        return ForYouPage(p.studio, p.lists, p.actions, p.settings, p.covers, p.theme)

    def library(kind: str) -> QWidget:
        from app.ui.pages.library import LibraryPage

        p = parts
        page = LibraryPage(kind, p.lists, p.items, p.studio, p.actions, p.settings, p.covers, p.theme)
        if kind == "video":
            page.grid.leaf_through(p.tiles)
        return page

    def playlists() -> QWidget:
        from app.ui.pages.playlists import PlaylistsPage

        p = parts
        return PlaylistsPage(p.edits, p.lists, p.items, p.actions, p.settings, p.theme)

    def discover() -> QWidget:
        from app.store.offer_rows import OfferRows
        from app.store.peers import Peers
        from app.ui.pages.discover import DiscoverPage
        from app.ui.pages.offer_deeds import OfferDeeds
        from app.ui.pages.peer_deeds import PeerDeeds

        p, peers = parts, Peers(parts.reading)
        peer_deeds = PeerDeeds(p.network, p.writes, p.undo)
        peer_deeds.said.connect(p.actions.notice)
        deeds = OfferDeeds(p.fetching, peers, peer_deeds, p.actions, p.writes, p.undo, p.theme)
        offers = OfferRows(p.reading)
        return DiscoverPage(p.studio, p.network, offers, peers, deeds, p.lists, p.settings, p.covers, p.theme)

    def downloads() -> QWidget:
        from app.ui.pages.downloads import DownloadsPage

        p = parts
        return DownloadsPage(p.fetching, p.network, p.settings, p.profile.downloads, p.theme)

    def similar() -> QWidget:
        from app.ui.pages.similar import SimilarPage

        p = parts
        return SimilarPage(p.studio, p.lists, p.actions, p.settings, p.covers, p.theme)

    def found() -> QWidget:
        from app.store.offer_rows import OfferRows
        from app.ui.pages.found import FoundPage

        p = parts
        return FoundPage(p.studio, p.lists, OfferRows(p.reading), p.actions, p.settings, p.theme)

    def moments() -> QWidget:
        from app.ui.pages.moments import MomentsPage

        p = parts
        return MomentsPage(p.studio, p.lists, p.actions, p.tiles, p.theme)

    def settings() -> QWidget:
        from app.paths import RESOURCES
        from app.ui.pages.settings import SettingsPage
        from app.ui.pages.settings_encoders import EncodersSection
        from app.ui.pages.settings_folders import FoldersSection
        from app.ui.pages.settings_network import NetworkSection
        from app.ui.pages.settings_taste import RecommendationsSection
        from app.ui.pages.settings_window import AppearanceSection, PlaybackSection

        p = parts
        return SettingsPage(
            FoldersSection(p.items, p.studio, p.undo, p.settings, p.theme),
            AppearanceSection(p.settings, p.theme, RESOURCES / "translations"),
            PlaybackSection(p.settings, p.playback, p.theme),
            RecommendationsSection(p.writes, p.studio, p.ratings, p.undo, p.theme),
            EncodersSection(p.studio, p.theme),
            NetworkSection(p.settings, p.network, p.profile.downloads, p.theme),
            p.theme,
        )

    def peers() -> QWidget:
        from app.store.peer_effects import PeerEffects
        from app.store.peers import Peers
        from app.ui.pages.peer_deeds import PeerDeeds
        from app.ui.pages.peers import PeersPage

        p = parts
        deeds = PeerDeeds(p.network, p.writes, p.undo)
        page = PeersPage(Peers(p.reading), PeerEffects(p.reading), deeds, p.network, p.theme)
        deeds.setParent(page)
        return page

    def publishing() -> QWidget:
        from app.ui.pages.publishing import PublishingPage
        from app.ui.publishing import Publishing

        p = parts
        deeds = Publishing(p.reading, p.writes, p.network, p.settings, p.undo)
        page = PublishingPage(p.items, p.edits, deeds, p.network, p.theme)
        deeds.setParent(page)
        return page

    def care() -> QWidget:
        from app.ui.pages.care import CarePage
        from app.ui.pages.duplicates import DuplicatesView
        from app.ui.pages.problems import ProblemsView
        from app.ui.pages.work import WorkView

        p = parts
        return CarePage(
            WorkView(p.items, p.studio, p.theme),
            ProblemsView(p.items, p.studio, p.theme),
            DuplicatesView(p.lists, p.studio, p.actions, p.theme),
        )

    def taste() -> QWidget:
        from app.ui.pages.settings_taste import RecommendationsSection
        from app.ui.pages.taste import TastePage

        p = parts
        feedback = RecommendationsSection(p.writes, p.studio, p.ratings, p.undo, p.theme)
        return TastePage(p.lists, p.studio, feedback, p.actions, p.covers, p.theme)

    def the_map() -> QWidget:
        from app.store.map_layout import MapReading
        from app.ui.pages.map import MapPage

        p = parts
        return MapPage(MapReading(p.reading), p.lists, p.studio, p.actions, p.covers, p.theme)

    def welcome() -> QWidget:
        from app.ui.pages.welcome import WelcomePage

        return WelcomePage(parts.studio, parts.theme)

    return (
        Place("for-you", translate("Places", "For You"), "for-you", for_you),
        Place("library", translate("Places", "Library"), "library", lambda: library("track")),
        Place("videos", translate("Places", "Videos"), "video", lambda: library("video")),
        Place("map", translate("Places", "Map"), "map", the_map),
        Place("discover", translate("Places", "Discover"), "discover", discover),
        Place("playlists", translate("Places", "Playlists"), "playlist", playlists),
        Place("downloads", translate("Places", "Downloads"), "download", downloads),
        Place("taste", translate("Places", "Taste"), "taste", taste),
        Place("peers", translate("Places", "Peers"), "peers", peers),
        Place("settings", translate("Places", "Settings"), "settings", settings),
        Place("found", translate("Places", "Found"), "search", found, hidden=True),
        Place("similar", translate("Places", "More like this"), "similar", similar, hidden=True),
        Place("moments", translate("Places", "Similar moments"), "similar", moments, hidden=True),
        Place("publishing", translate("Places", "Publishing"), "upload", publishing, hidden=True),
        Place("care", translate("Places", "Library care"), "refresh", care, hidden=True),
        Place("welcome", translate("Places", "Welcome"), "bowerbird", welcome, hidden=True),
    )
