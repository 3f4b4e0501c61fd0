"""The commands, their keys, and the overview where they are changed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QTreeWidget, QWidget
from pytestqt.qtbot import QtBot

from app.config import SHORTCUTS, Settings
from app.ui.commands import COMMANDS, Commands
from app.ui.shortcuts import ShortcutsDialog
from app.ui.theme import Theme
from tests.window import Rig

KNOWN = {
    "play-pause": "Space",
    "previous": "Ctrl+Left",
    "next": "Ctrl+Right",
    "seek-back": "Shift+Left",
    "seek-forward": "Shift+Right",
    "search": "Ctrl+F",
    "love": "Ctrl+L",
    "undo": "Ctrl+Z",
    "redo": "Ctrl+Shift+Z",
    "jump": "Ctrl+J",
    "new-playlist": "Ctrl+N",
    "save-queue": "Ctrl+S",
    "import-playlist": "Ctrl+Shift+O",
    "mute": "Ctrl+M",
    "settings": "Ctrl+,",
    "quit": "Ctrl+Q",
    "shortcuts": "F1",
}


@pytest.fixture
def commands(qtbot: QtBot, rig: Rig) -> Iterator[Commands]:
    window = QWidget()
    qtbot.addWidget(window)
    yield Commands(rig.settings, rig.theme, window)
    window.close()


def test_the_keys_that_users_know(commands: Commands) -> None:
    assert {name: commands.action(name).shortcut().toString() for name in KNOWN} == KNOWN


def test_media_keys_work_without_mpris(commands: Commands) -> None:
    media = {
        Qt.Key.Key_MediaPlay: "play-pause",
        Qt.Key.Key_MediaTogglePlayPause: "play-pause",
        Qt.Key.Key_MediaNext: "next",
        Qt.Key.Key_MediaPrevious: "previous",
        Qt.Key.Key_MediaStop: "stop",
        Qt.Key.Key_VolumeMute: "mute",
    }
    for key, name in media.items():
        assert QKeySequence(key) in commands.action(name).shortcuts(), name


def test_no_key_means_two_things() -> None:
    keys = [QKeySequence(key).toString() for command in COMMANDS for key in command.keys]
    assert all(keys)
    assert len(keys) == len(set(keys))


def test_every_command_has_words_and_a_tip_with_its_key(commands: Commands) -> None:
    for command in COMMANDS:
        assert commands.text(command.name)
    assert commands.action("next").toolTip() == "Next (Ctrl+Right)"


def test_rebinding_is_kept(qtbot: QtBot, rig: Rig, commands: Commands, theme: Theme) -> None:
    commands.rebind("next", ("N",))
    assert commands.action("next").shortcut().toString() == "N"
    again = QWidget()
    qtbot.addWidget(again)
    fresh = Commands(Settings(rig.folder / "settings.toml"), theme, again)
    assert fresh.keys("next") == ("N",)
    fresh.reset("next")
    assert fresh.keys("next") == ("Ctrl+Right", "Media Next")
    assert Settings(rig.folder / "settings.toml").get(SHORTCUTS) == ""


def test_keys_that_are_taken_change_hands(commands: Commands) -> None:
    assert commands.holder("Ctrl+L") == "love"
    commands.rebind("jump", ("Ctrl+L",))
    assert commands.holder("Ctrl+L") == "jump"
    assert commands.keys("love") == ()
    assert commands.action("love").shortcut().isEmpty()


@pytest.mark.parametrize("kept", ["{", "[1]", '{"next": 5, "no such command": ["X"]}', "null"])
def test_damaged_keys_are_the_defaults(qtbot: QtBot, rig: Rig, theme: Theme, kept: str) -> None:
    rig.settings.set(SHORTCUTS, kept)
    window = QWidget()
    qtbot.addWidget(window)
    assert Commands(rig.settings, theme, window).keys("next") == ("Ctrl+Right", "Media Next")


def test_the_overview_lists_and_changes_them(qtbot: QtBot, commands: Commands, theme: Theme) -> None:
    dialog = ShortcutsDialog(commands, theme)
    qtbot.addWidget(dialog)
    dialog.show()
    tree = dialog.findChild(QTreeWidget)
    assert tree is not None
    (row,) = tree.findItems("Next", Qt.MatchFlag.MatchExactly | Qt.MatchFlag.MatchRecursive)
    assert row.text(1) == "Ctrl+Right, media key"
    shown = tree.findItems("*", Qt.MatchFlag.MatchWildcard | Qt.MatchFlag.MatchRecursive)
    assert len(shown) == len(COMMANDS) + 5
    tree.setCurrentItem(row)
    dialog.take_keys("Ctrl+F")
    assert commands.keys("next") == ("Ctrl+F", "Media Next"), "media keys stay"
    assert commands.keys("search") == ()
    dialog.filter("media")
    hidden = {item.text(0) for item in shown_items(tree) if item.isHidden()}
    assert "Search" in hidden
    assert "Next" not in hidden


def shown_items(tree: QTreeWidget):  # type: ignore[no-untyped-def]
    return tree.findItems("*", Qt.MatchFlag.MatchWildcard | Qt.MatchFlag.MatchRecursive)


def test_pages_have_keys_that_can_be_changed(rig: Rig, theme: Theme, qtbot: QtBot) -> None:
    window = rig.window()
    qtbot.addWidget(window)
    window.show()
    commands = window.commands
    assert commands.keys("page-library") == ("Alt+2",)
    commands.action("page-library").trigger()
    assert window.pages.current == "library"
    dialog = ShortcutsDialog(commands, theme, window)
    qtbot.addWidget(dialog)
    dialog.filter("library")
    commands.rebind("page-library", ("F8",))
    assert commands.action("page-library").shortcut().toString() == "F8"
    assert commands.holder("Alt+2") == ""
    again = rig.window()
    assert again.commands.keys("page-library") == ("F8",)
