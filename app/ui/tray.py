"""The icon in the desktop's tray, where there is a tray: play, next, show, quit.

The window may hide instead of closing only while this icon is there to bring it back.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QMenu, QSystemTrayIcon

from app.config import CLOSE_TO_TRAY, Settings
from app.ui.main_window import MainWindow
from app.ui.theme import Theme

_COMMANDS = ("play-pause", "previous", "next", "love")


class Tray(QObject):
    """The icon and its menu; `follow_settings` after the user changed whether closing hides."""

    def __init__(self, window: MainWindow, come_to_front: Callable[[], None], settings: Settings, theme: Theme) -> None:
        super().__init__(window)
        self._window, self._settings, self._theme = window, settings, theme
        self._icon = QSystemTrayIcon(self._picture(), self)
        self._icon.setToolTip("Bowerbird")
        self.menu = QMenu()
        for name in _COMMANDS:
            self.menu.addAction(window.commands.action(name))
        self.menu.addSeparator()
        self.menu.addAction(self.tr("Show window")).triggered.connect(lambda _checked=False: come_to_front())
        self.menu.addAction(window.commands.action("quit"))
        self._icon.setContextMenu(self.menu)
        self._icon.activated.connect(lambda reason: self._activated(reason, come_to_front))
        theme.changed.connect(lambda: self._icon.setIcon(self._picture()))
        window.windowTitleChanged.connect(self._icon.setToolTip)
        window.closing.connect(self._icon.hide)
        self._icon.show()
        self.follow_settings()

    def follow_settings(self) -> None:
        """Hide on closing only where the user wants it and the tray is there."""
        there = self._icon.isVisible() and QSystemTrayIcon.isSystemTrayAvailable()
        self._window.stay_when_closed(there and self._settings.get(CLOSE_TO_TRAY))

    def _picture(self) -> QIcon:
        return self._theme.icon("bowerbird", "accent")

    def _activated(self, reason: QSystemTrayIcon.ActivationReason, come_to_front: Callable[[], None]) -> None:
        if reason != QSystemTrayIcon.ActivationReason.Trigger:
            return
        if self._window.isActiveWindow():
            self._window.hide()
        else:
            come_to_front()


def make_tray(window: MainWindow, come_to_front: Callable[[], None], settings: Settings, theme: Theme) -> Tray | None:
    """The icon, or None where the desktop has no tray: then closing always closes."""
    if not QSystemTrayIcon.isSystemTrayAvailable():
        window.stay_when_closed(False)
        return None
    return Tray(window, come_to_front, settings, theme)
