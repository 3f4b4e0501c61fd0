"""The only place that builds the window's objects and joins them. Imports are local: each process loads only its own.

`compose` gives a `Running`: the window, what is to be started after the first paint, and what is to be closed, in
order, at the end.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from app.config import Settings
from app.paths import RESOURCES, Profile
from app.processes import network_command, studio_command
from app.store.database import Database

if TYPE_CHECKING:
    from app.ui.bridge import StudioBridge
    from app.ui.main_window import MainWindow
    from app.ui.playback import Playback
    from app.ui.ratings import Ratings
    from app.ui.theme import Theme

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Running:
    """The window and its collaborators. `start` after the first paint; `close` when the window is gone."""

    window: MainWindow
    studio: StudioBridge
    playback: Playback
    ratings: Ratings
    theme: Theme
    settings: Settings
    come_to_front: Callable[[], None]
    starters: list[Callable[[], object]] = field(default_factory=list)
    closers: list[Callable[[], object]] = field(default_factory=list)

    def start(self) -> None:
        """Start the studio and what else need not be there for the first paint."""
        for starter in self.starters:
            starter()
        self.starters.clear()

    def close(self) -> None:
        """Close everything, in order. A second time does nothing."""
        for closer in self.closers:
            closer()
        self.closers.clear()


def open_library(profile: Profile, *, scores: bool = False, offers: bool = False) -> Database:
    """The library of a profile, made or migrated where needed. Raises StoreError."""
    return Database.open(
        profile.library,
        RESOURCES / "migrations",
        scores=profile.scores if scores else None,
        offers=profile.offers if offers else None,
    )


def compose(profile: Profile, settings: Settings, theme: Theme) -> Running:
    """Build the window of one profile. Raises StoreError when its library cannot be used."""
    from app.player.qt import QtPlayer
    from app.player.session import PlaySession
    from app.store.downloads import Downloads
    from app.store.item_lists import ItemLists
    from app.store.items import Items
    from app.store.moments import Moments
    from app.store.offer_rows import OfferRows
    from app.store.playlists import SavedQueue
    from app.store.writer import WriteThread
    from app.ui.bridge import StoreWrites, StudioBridge
    from app.ui.context_menu import ItemActions
    from app.ui.covers import Covers
    from app.ui.fetching import Fetching
    from app.ui.film_tiles import FilmTiles
    from app.ui.main_window import MainWindow
    from app.ui.network import NetworkBridge
    from app.ui.pages.playlist_edits import PlaylistEdits
    from app.ui.places import PageParts, places
    from app.ui.play_memory import PlayMemory
    from app.ui.playback import Playback
    from app.ui.ratings import Ratings
    from app.ui.session_ports import LibrarySources, SavedPositions, StudioContinuation
    from app.ui.streams import ListsWithStreams, Streams
    from app.ui.tray import make_tray
    from app.ui.undo import UndoList
    from app.ui.video_view import VideoFeed
    from app.ui.window_links import WindowLinks

    reading = open_library(profile, scores=True, offers=True)
    writer = WriteThread(lambda: open_library(profile))
    writes = StoreWrites(writer)
    studio = StudioBridge(studio_command(profile.root))
    network = NetworkBridge(network_command(profile.root), settings)
    network.for_studio.connect(studio.tell)
    studio.for_network.connect(network.tell)
    player = QtPlayer()
    undo = UndoList()
    downloads = Downloads(reading)
    streams = Streams(downloads)
    sources = LibrarySources(reading, settings, streams)
    session = PlaySession(player, sources, SavedPositions(writes), StudioContinuation(studio, streams))
    playback = Playback(session, undo)
    fetching = Fetching(network, downloads, OfferRows(reading), writes, playback, streams)
    lists, items = ItemLists(reading), Items(reading)
    ratings = Ratings(writes, studio, lists, undo)
    covers = Covers(profile.covers, dark=theme.dark)
    tiles = FilmTiles(Moments(reading), profile.covers, covers)
    edits = PlaylistEdits(reading, writes, undo)
    actions = ItemActions(playback, ratings, items, edits, theme)
    parts = PageParts(
        profile,
        reading,
        lists,
        items,
        writes,
        studio,
        network,
        fetching,
        actions,
        edits,
        playback,
        ratings,
        undo,
        settings,
        covers,
        theme,
        tiles,
    )
    window = MainWindow(
        places=places(parts),
        playback=playback,
        ratings=ratings,
        undo=undo,
        actions=actions,
        lists=ListsWithStreams(lists, streams),
        covers=covers,
        tiles=tiles,
        studio=studio,
        feed=VideoFeed(player.video_sink),
        theme=theme,
        settings=settings,
    )
    links = WindowLinks(window, parts)
    links.welcome()
    tray = make_tray(window, links.come_to_front, settings, theme)
    if tray is not None:
        window.page_shown.connect(lambda _name: tray.follow_settings())
    memory = PlayMemory(playback, writes, settings, window)
    memory.restore(SavedQueue(reading).load())
    running = Running(window, studio, playback, ratings, theme, settings, links.come_to_front)
    running.starters += [studio.start, network.start, *links.starters]
    running.closers += [
        memory.save,
        session.close,
        player.close,
        fetching.close,
        network.close,
        studio.close,
        writes.close,
        lambda: _delete(window),
        covers.close,
        tiles.close,
        reading.close,
    ]
    return running


def _delete(window: MainWindow) -> None:
    """Delete the window and its pages now: nothing may read the library once it is closed."""
    import shiboken6

    shiboken6.delete(window)
