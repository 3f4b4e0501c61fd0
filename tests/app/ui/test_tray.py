"""The tray: without one, closing always closes."""

from __future__ import annotations

from PySide6.QtWidgets import QSystemTrayIcon
from pytestqt.qtbot import QtBot

from app.config import CLOSE_TO_TRAY
from app.ui.tray import Tray, make_tray
from tests.window import Rig


def test_without_a_tray_the_window_never_hides_for_good(qtbot: QtBot, rig: Rig) -> None:
    assert not QSystemTrayIcon.isSystemTrayAvailable(), "the offscreen desktop has none"
    rig.settings.set(CLOSE_TO_TRAY, True)
    window = rig.window()
    window.stay_when_closed(True)
    assert make_tray(window, window.show, rig.settings, rig.theme) is None
    window.show()
    with qtbot.waitSignal(window.closing):
        window.close()


def test_an_icon_that_is_not_shown_keeps_nothing_open(qtbot: QtBot, rig: Rig) -> None:
    rig.settings.set(CLOSE_TO_TRAY, True)
    window = rig.window()
    tray = Tray(window, window.show, rig.settings, rig.theme)
    tray.follow_settings()
    window.show()
    with qtbot.waitSignal(window.closing):
        window.close()


def test_the_menu_holds_what_one_wants_there(rig: Rig) -> None:
    window = rig.window()
    tray = Tray(window, window.show, rig.settings, rig.theme)
    words = [action.text() for action in tray.menu.actions() if action.text()]
    assert words == ["Play", "Previous", "Next", "Like what plays", "Show window", "Quit"]
