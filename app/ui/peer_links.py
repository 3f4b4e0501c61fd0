"""Joins the window to what belongs to peers: the pages that lead to each other, and the publisher to the library.

Made by `WindowLinks`. Whatever the user publishes is built anew when its folder or playlist has changed.
"""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from app.network_messages import PublicationChanged
from app.store.publications import Publications
from app.ui.main_window import MainWindow
from app.ui.pages.card_window import show_card
from app.ui.pages.peers import PeersPage
from app.ui.pages.playlists import PlaylistsPage
from app.ui.pages.publishing import PublishingPage
from app.ui.pages.settings import SettingsPage
from app.ui.places import PageParts


@runtime_checkable
class ShowsPublisher(Protocol):
    """A page that can be narrowed to what one peer offers."""

    def show_publisher(self, key: str) -> None: ...


class PeerLinks(QObject):
    """Connects pages when they are built."""

    def __init__(self, window: MainWindow, parts: PageParts) -> None:
        super().__init__(window)
        self._window, self._parts = window, parts
        self._publications = Publications(parts.reading)
        window.pages.built.connect(self._on_built)
        parts.network.failed.connect(window.notify_error)
        parts.studio.items_changed.connect(lambda _event: self._tell_publisher())
        parts.studio.folders_changed.connect(self._tell_publisher)
        parts.edits.changed.connect(lambda _playlist: self._tell_publisher())

    def open_network_settings(self) -> None:
        """Show the settings of the network."""
        page = self._window.show_page("settings")
        if isinstance(page, SettingsPage):
            page.open_network()

    def open_publishing(self, playlist: int = 0) -> None:
        """Show what is published; with a playlist, that one ticked."""
        page = self._window.show_page("publishing")
        if isinstance(page, PublishingPage) and playlist:
            page.open_playlist(playlist)

    def open_offers(self, key: str) -> None:
        """Show what one peer offers."""
        page = self._window.show_page("discover")
        if isinstance(page, ShowsPublisher):
            page.show_publisher(key)

    def _on_built(self, _name: str, page: QWidget) -> None:
        match page:
            case PeersPage():
                page.publishing_wanted.connect(self.open_publishing)
                page.settings_wanted.connect(self.open_network_settings)
                page.offers_wanted.connect(self.open_offers)
            case PublishingPage():
                page.settings_wanted.connect(self.open_network_settings)
                page.back_wanted.connect(lambda: self._window.show_page("peers"))
            case PlaylistsPage():
                page.publish_wanted.connect(self.open_publishing)
            case SettingsPage():
                page.network.publishing_wanted.connect(self.open_publishing)
                page.network.peers_wanted.connect(lambda: self._window.show_page("peers"))
                page.network.card_wanted.connect(self._open_card)

    def _open_card(self) -> None:
        show_card(self._parts.network, self._parts.theme, self._window)

    def _tell_publisher(self) -> None:
        # The publisher waits for quiet by itself; without a publication there is nothing to make anew.
        if self._parts.network.on and self._publications.rows():
            self._parts.network.tell(PublicationChanged())
