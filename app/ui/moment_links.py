"""Joins the window to the page of similar moments: opened from the stage, its strip and the menu.

Made by `window_links.WindowLinks`.
"""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from app.ui.main_window import MainWindow
from app.ui.pages.moments import MomentsPage
from app.ui.places import PageParts


class MomentLinks(QObject):
    """Lives as long as the window; also has the tiles of films read anew when Items change."""

    def __init__(self, window: MainWindow, parts: PageParts) -> None:
        super().__init__(window)
        self._window = window
        self._before = "videos"
        window.moments_wanted.connect(self.open_moments)
        window.pages.built.connect(self._on_built)
        parts.studio.items_changed.connect(lambda _event: parts.tiles.forget())

    def open_moments(self, item: int, seconds: float) -> None:
        """Show the moments of films that look like this one."""
        if self._window.pages.current != "moments":
            self._before = self._window.pages.current
        page = self._window.show_page("moments")
        if isinstance(page, MomentsPage):
            page.open_moments(item, seconds)

    def _on_built(self, _name: str, page: QWidget) -> None:
        if isinstance(page, MomentsPage):
            page.back_wanted.connect(lambda: self._window.show_page(self._before))
