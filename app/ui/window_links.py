"""Joins the window to the rest: folders that are dropped, pages that open from elsewhere, what was heard, media keys.

Made by the composition once the window stands. Whatever needs two rooms of the window to know each other is here.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QUrl
from PySide6.QtWidgets import QWidget

from app.errors import MediaError
from app.network_messages import DownloadState
from app.player.mpris import Mpris
from app.player.playable import Playable
from app.protocol import AddFolder, Event, Failed
from app.ui.main_window import MainWindow
from app.ui.moment_links import MomentLinks
from app.ui.pages.care import CarePage
from app.ui.pages.discover import DiscoverPage
from app.ui.pages.downloads import DownloadsPage
from app.ui.pages.found import FoundPage
from app.ui.pages.library import LibraryPage
from app.ui.pages.playlists import PlaylistsPage
from app.ui.pages.properties import PropertiesWindow
from app.ui.pages.settings import SettingsPage
from app.ui.pages.similar import SimilarPage
from app.ui.pages.welcome import WelcomePage
from app.ui.peer_links import PeerLinks
from app.ui.places import PageParts
from models.ids import ItemId

log = logging.getLogger(__name__)


class WindowLinks(QObject):
    """`starters` are to be called after the first paint."""

    def __init__(self, window: MainWindow, parts: PageParts) -> None:
        super().__init__(window)
        self._window, self._parts = window, parts
        self._before_similar = "for-you"
        self._before_found = "library"
        studio, playback, actions = parts.studio, parts.playback, parts.actions
        self._mpris = Mpris(playback.session, show=self.come_to_front, leave=window.quit, art=self._art)
        self.starters: tuple[Callable[[], object], ...] = (self._mpris.start,)
        self._peers = PeerLinks(window, parts)
        self._moments = MomentLinks(window, parts)
        window.folders_dropped.connect(self.add_folders)
        window.new_playlist_wanted.connect(lambda: self._playlists().new_playlist())
        window.save_queue_wanted.connect(self._save_queue)
        window.import_playlist_wanted.connect(lambda: self._playlists().import_file())
        window.duplicates_wanted.connect(lambda: self.open_care("duplicates"))
        window.work_wanted.connect(lambda: self.open_care("work"))
        window.pages.built.connect(self._on_built)
        window.pages.widened.connect(self.open_found)
        window.closing.connect(self._mpris.close)
        actions.show_similar.connect(lambda item: self.open_similar((item,)))
        actions.show_directed.connect(self.open_similar)
        actions.show_properties.connect(self.open_properties)
        parts.edits.said.connect(window.notify)
        studio.items_changed.connect(lambda _event: window.refresh())
        studio.scores_changed.connect(lambda _event: self._on_scores())
        parts.writes.failed.connect(window.notify_error)
        parts.fetching.failed.connect(window.notify_error)
        parts.fetching.arrived.connect(self._tell_arrival)
        parts.fetching.went_wrong.connect(self._tell_refusal)
        parts.fetching.listed.connect(self._count_downloads)
        parts.fetching.changed.connect(lambda _download: self._count_downloads())
        self._count_downloads()
        playback.session.events.played.add(lambda played: parts.ratings.heard(parts.fetching.heard(played)))
        for notice in parts.settings.notices:
            window.notify(notice, trouble=True)

    def add_folders(self, paths: Sequence[str]) -> None:
        """Take folders (or the folders of files) into the library."""
        folders = {str(path if path.is_dir() else path.parent) for path in map(Path, paths) if path.exists()}
        if not folders:
            self._window.notify_error(MediaError("Nothing to add", "Drop a folder with music or videos."))
        for folder in sorted(folders):
            self._parts.studio.ask(partial(AddFolder, path=folder), self._told)
        if folders and self._window.pages.current == "welcome":
            self._window.show_page("library")

    def open_similar(self, items: Sequence[int]) -> None:
        """Show what is like one Item, or like several together."""
        if self._window.pages.current != "similar":
            self._before_similar = self._window.pages.current
        page = self._window.show_page("similar")
        if isinstance(page, SimilarPage):
            page.open_directed(items)

    def open_found(self, words: str) -> None:
        """Show everything that words find, by tags and by meaning."""
        if self._window.pages.current != "found":
            self._before_found = self._window.pages.current
        page = self._window.show_page("found")
        if isinstance(page, FoundPage):
            self._window.pages.show_words(words)
            page.look_for(words)

    def search_offers(self, words: str) -> None:
        """Show what words find among what others offer."""
        page = self._window.pages.page("discover")
        if isinstance(page, DiscoverPage):
            page.set_search(words)
            self._window.show_page("discover")
            self._window.pages.show_words(words)

    def open_encoders(self) -> None:
        """Show the settings where learned encoders can be got."""
        page = self._window.show_page("settings")
        if isinstance(page, SettingsPage):
            page.open_encoders()

    def open_properties(self, item: int) -> None:
        """Show everything known about one Item in a small window of its own."""
        row = next(iter(self._parts.lists.rows([item])), None)
        if row is not None:
            PropertiesWindow(row, self._parts.covers, self._parts.theme, self._window).show()

    def open_item(self, item: int) -> None:
        """Show one Item in the library."""
        row = next(iter(self._parts.lists.rows([ItemId(item)])), None)
        page = self._window.show_page("videos" if row is not None and row.kind == "video" else "library")
        if isinstance(page, LibraryPage):
            page.show_item(item)

    def explain_network(self) -> None:
        """Show what switching the network on means, with the switch."""
        page = self._window.show_page("discover")
        if isinstance(page, DiscoverPage):
            page.explain_network()

    def open_download(self, download: int) -> None:
        """Show one download among the others."""
        page = self._window.show_page("downloads")
        if isinstance(page, DownloadsPage):
            page.show_download(download)

    def open_care(self, tab: str) -> None:
        """Show the work under way, what could not be read, or what is there twice."""
        page = self._window.show_page("care")
        if isinstance(page, CarePage):
            page.open_tab(tab)

    def welcome(self) -> None:
        """Where there is nothing yet, show how to begin; the first Items lead on to the library."""
        if not self._parts.items.folders():
            self._window.show_page("welcome")

    def come_to_front(self) -> None:
        """Show the window over the others."""
        self._window.setWindowState(self._window.windowState() & ~self._window.windowState().WindowMinimized)
        self._window.show()
        self._window.raise_()
        self._window.activateWindow()

    def _told(self, event: Event) -> None:
        if isinstance(event, Failed):
            self._window.notify_error(event)

    def _on_built(self, _name: str, page: QWidget) -> None:
        if isinstance(page, SimilarPage):
            page.back_wanted.connect(lambda: self._window.show_page(self._before_similar))
            page.encoders_wanted.connect(self.open_encoders)
        elif isinstance(page, FoundPage):
            page.back_wanted.connect(lambda: self._window.show_page(self._before_found))
            page.discover_wanted.connect(self.search_offers)
            page.encoders_wanted.connect(self.open_encoders)
        elif isinstance(page, LibraryPage):
            page.found_wanted.connect(self.open_found)
        elif isinstance(page, SettingsPage):
            page.care_wanted.connect(self.open_care)
            page.shortcuts_wanted.connect(self._window.commands.action("shortcuts").trigger)
            page.about_wanted.connect(self._window.commands.action("about").trigger)
        elif isinstance(page, DiscoverPage):
            page.downloads_wanted.connect(self.open_download)
            page.peers_wanted.connect(lambda: self._open("peers"))
        elif isinstance(page, DownloadsPage):
            page.item_wanted.connect(self.open_item)
            page.switch_wanted.connect(self.explain_network)
            page.discover_wanted.connect(lambda: self._open("discover"))
            page.peers_wanted.connect(lambda: self._open("peers"))
        elif isinstance(page, WelcomePage):
            page.folders_dropped.connect(self.add_folders)
            page.demo_started.connect(lambda: self._window.show_page("library"))

    def _open(self, name: str) -> None:
        if self._window.pages.has(name):
            self._window.show_page(name)

    def _count_downloads(self) -> None:
        count = self._parts.fetching.under_way
        self._window.set_badge("downloads", str(count) if count else "")

    def _tell_arrival(self, download: int) -> None:
        fetching = self._parts.fetching
        fetched = fetching.get(download)
        if fetched is not None:
            words = self.tr("“{title}” is in your library now").format(title=fetched.row.title)
            self._window.notify(words, self.tr("Play"), lambda: fetching.play(download))

    def _tell_refusal(self, download: int) -> None:
        fetched = self._parts.fetching.get(download)
        if fetched is not None:
            words = (
                self.tr("“{title}” was refused: {reason}")
                if fetched.state is DownloadState.REFUSED
                else self.tr("“{title}” could not be downloaded: {reason}")
            )
            words = words.format(title=fetched.row.title, reason=fetched.reason)
            self._window.notify(words, self.tr("Downloads"), lambda: self.open_download(download), trouble=True)

    def _on_scores(self) -> None:
        self._window.refresh()
        self._parts.playback.session.taste_changed()

    def _playlists(self) -> PlaylistsPage:
        page = self._window.show_page("playlists")
        assert isinstance(page, PlaylistsPage)
        return page

    def _save_queue(self) -> None:
        ids = [int(row.item) for row in self._parts.playback.queue.rows]
        if ids:
            self._playlists()
            self._parts.edits.create_with(ids)

    def _art(self, playable: Playable) -> str:
        row = self._parts.items.item(playable.item)
        if row is None or not row.cover:
            return ""
        path = self._parts.profile.covers / f"{row.cover}.jpg"
        return QUrl.fromLocalFile(str(path)).toString() if path.exists() else ""
