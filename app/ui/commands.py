"""Everything the window's menus and keys can do, by name: texts, icons, default keys, and the user's own keys.

The main window and its bars take their QActions from here; the settings page rebinds them through `rebind`. The
keys are those that users of other players know. Reads and writes the one setting SHORTCUTS.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication, QObject, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from app.config import SHORTCUTS, Settings
from app.ui.theme import Theme


@dataclass(frozen=True, slots=True)
class Command:
    """One thing that can be done. `keys` are defaults, the first is the one that menus show."""

    name: str
    group: object
    text: object
    """Marked for translation; PySide types such marks as objects."""
    keys: tuple[str, ...] = ()
    icon: str = ""
    checkable: bool = False
    title: str = ""
    """Of a page, instead of `text`: in the user's language already."""


MUSIC, LIST, VIEW, TOOLS, HELP = (
    QT_TRANSLATE_NOOP("Commands", "Music"),
    QT_TRANSLATE_NOOP("Commands", "Playlist"),
    QT_TRANSLATE_NOOP("Commands", "View"),
    QT_TRANSLATE_NOOP("Commands", "Tools"),
    QT_TRANSLATE_NOOP("Commands", "Help"),
)

COMMANDS: tuple[Command, ...] = (
    Command("add-folder", MUSIC, QT_TRANSLATE_NOOP("Commands", "Add folder…"), ("Ctrl+Shift+A",), "folder-add"),
    Command(
        "play-pause",
        MUSIC,
        QT_TRANSLATE_NOOP("Commands", "Play"),
        ("Space", "Media Play", "Toggle Media Play/Pause", "Media Pause"),
        "play",
    ),
    Command("stop", MUSIC, QT_TRANSLATE_NOOP("Commands", "Stop"), ("Ctrl+.", "Media Stop"), "stop"),
    Command(
        "previous",
        MUSIC,
        QT_TRANSLATE_NOOP("Commands", "Previous"),
        ("Ctrl+Left", "Media Previous"),
        "previous",
    ),
    Command("next", MUSIC, QT_TRANSLATE_NOOP("Commands", "Next"), ("Ctrl+Right", "Media Next"), "next"),
    Command(
        "stop-after",
        MUSIC,
        QT_TRANSLATE_NOOP("Commands", "Stop after this one"),
        ("Ctrl+Shift+.",),
        "stop-after",
        True,
    ),
    Command("seek-back", MUSIC, QT_TRANSLATE_NOOP("Commands", "5 seconds back"), ("Shift+Left",)),
    Command("seek-forward", MUSIC, QT_TRANSLATE_NOOP("Commands", "5 seconds forward"), ("Shift+Right",)),
    Command("volume-up", MUSIC, QT_TRANSLATE_NOOP("Commands", "Louder"), ("Ctrl+Up", "Volume Up")),
    Command("volume-down", MUSIC, QT_TRANSLATE_NOOP("Commands", "Quieter"), ("Ctrl+Down", "Volume Down")),
    Command("mute", MUSIC, QT_TRANSLATE_NOOP("Commands", "Mute"), ("Ctrl+M", "Volume Mute"), "volume", True),
    Command("love", MUSIC, QT_TRANSLATE_NOOP("Commands", "Like what plays"), ("Ctrl+L",), "heart"),
    Command("dislike", MUSIC, QT_TRANSLATE_NOOP("Commands", "Dislike what plays"), ("Ctrl+D",), "thumbs-down"),
    Command("private", MUSIC, QT_TRANSLATE_NOOP("Commands", "Private session"), ("Ctrl+Shift+P",), "lock", True),
    Command("quit", MUSIC, QT_TRANSLATE_NOOP("Commands", "Quit"), ("Ctrl+Q",)),
    Command("undo", LIST, QT_TRANSLATE_NOOP("Commands", "Undo"), ("Ctrl+Z",), "undo"),
    Command("redo", LIST, QT_TRANSLATE_NOOP("Commands", "Redo"), ("Ctrl+Shift+Z", "Ctrl+Y"), "redo"),
    Command("new-playlist", LIST, QT_TRANSLATE_NOOP("Commands", "New playlist"), ("Ctrl+N",), "add"),
    Command("save-queue", LIST, QT_TRANSLATE_NOOP("Commands", "Save queue as playlist"), ("Ctrl+S",), "playlist"),
    Command(
        "import-playlist",
        LIST,
        QT_TRANSLATE_NOOP("Commands", "Import playlist…"),
        ("Ctrl+Shift+O",),
        "upload",
    ),
    Command("jump", LIST, QT_TRANSLATE_NOOP("Commands", "Jump to what plays"), ("Ctrl+J",), "music"),
    Command("shuffle", LIST, QT_TRANSLATE_NOOP("Commands", "Shuffle"), ("Ctrl+U",), "shuffle", True),
    Command("repeat", LIST, QT_TRANSLATE_NOOP("Commands", "Repeat"), ("Ctrl+R",), "repeat"),
    Command("continue", LIST, QT_TRANSLATE_NOOP("Commands", "At the end, go on from taste"), (), "for-you", True),
    Command("clear-queue", LIST, QT_TRANSLATE_NOOP("Commands", "Clear queue"), ("Ctrl+K",), "trash"),
    Command("search", VIEW, QT_TRANSLATE_NOOP("Commands", "Search"), ("Ctrl+F",), "search"),
    Command("side-bar", VIEW, QT_TRANSLATE_NOOP("Commands", "Side bar"), ("Ctrl+B",), "list", True),
    Command("panel", VIEW, QT_TRANSLATE_NOOP("Commands", "Now playing and queue"), ("F9",), "queue", True),
    Command("large-video", VIEW, QT_TRANSLATE_NOOP("Commands", "Large video"), ("V",), "expand", True),
    Command("video-full-screen", VIEW, QT_TRANSLATE_NOOP("Commands", "Video on full screen"), ("F",), "fullscreen"),
    Command("similar-moments", VIEW, QT_TRANSLATE_NOOP("Commands", "Similar moments"), ("Shift+V",), "similar"),
    Command("full-screen", VIEW, QT_TRANSLATE_NOOP("Commands", "Full screen"), ("F11",), "fullscreen", True),
    Command("rescan", TOOLS, QT_TRANSLATE_NOOP("Commands", "Look for changes"), ("F5",), "refresh"),
    Command("retry", TOOLS, QT_TRANSLATE_NOOP("Commands", "Try unreadable files again"), (), "warning"),
    Command("duplicates", TOOLS, QT_TRANSLATE_NOOP("Commands", "Find duplicates"), (), "copy"),
    Command("work", TOOLS, QT_TRANSLATE_NOOP("Commands", "Work in progress"), (), "clock"),
    Command("settings", TOOLS, QT_TRANSLATE_NOOP("Commands", "Settings"), ("Ctrl+,",), "settings"),
    Command("shortcuts", HELP, QT_TRANSLATE_NOOP("Commands", "Keyboard shortcuts"), ("F1",), "keyboard"),
    Command("about", HELP, QT_TRANSLATE_NOOP("Commands", "About Bowerbird"), (), "info"),
)
KEYED_PAGES = 9
"""So many pages have a key of their own: Alt and a digit."""


def page_command(name: str) -> str:
    """The name of the command that shows a page."""
    return f"page-{name}"


def page_commands(pages: Sequence[tuple[str, str, str]]) -> tuple[Command, ...]:
    """One command for each page, (name, title, icon), in the order of the side bar."""
    return tuple(
        Command(page_command(name), VIEW, "", (f"Alt+{number}",) if number <= KEYED_PAGES else (), icon, title=title)
        for number, (name, title, icon) in enumerate(pages, 1)
    )


class Commands(QObject):
    """One QAction per command, living in `window` so that its keys work whatever is hidden."""

    rebound = Signal(str)

    def __init__(
        self, settings: Settings, theme: Theme, window: QWidget, pages: Sequence[tuple[str, str, str]] = ()
    ) -> None:
        """`pages`: (name, title, icon) of those that can be gone to, in the order of the side bar."""
        super().__init__(window)
        self._settings = settings
        self._theme = theme
        self._all = (*COMMANDS, *page_commands(pages))
        self._by_name = {command.name: command for command in self._all}
        self._own = _read(settings.get(SHORTCUTS), self._by_name.keys())
        self._actions: dict[str, QAction] = {}
        for command in self._all:
            action = QAction(self.text(command.name), window)
            action.setObjectName(command.name)
            action.setCheckable(command.checkable)
            if command.icon:
                theme.dress(action, command.icon)
            self._actions[command.name] = action
            self._bind(command.name)
            window.addAction(action)

    def action(self, name: str) -> QAction:
        return self._actions[name]

    def on(self, name: str, act: Callable[[], object]) -> QAction:
        """Do `act` when the command is given; returns its action."""
        action = self._actions[name]
        action.triggered.connect(lambda _checked=False: act())
        return action

    def text(self, name: str) -> str:
        """What the command is called, in the user's language."""
        command = self._by_name[name]
        return command.title or QCoreApplication.translate("Commands", str(command.text))

    def groups(self) -> tuple[tuple[str, tuple[Command, ...]], ...]:
        """The commands as menus and the overview of keys show them."""
        return tuple(
            (
                QCoreApplication.translate("Commands", str(group)),
                tuple(command for command in self._all if command.group == group),
            )
            for group in (MUSIC, LIST, VIEW, TOOLS, HELP)
        )

    def keys(self, name: str) -> tuple[str, ...]:
        """The keys that hold now, the shown one first."""
        return self._own.get(name, self._by_name[name].keys)

    def holder(self, keys: str) -> str:
        """The name of the command that these keys belong to; "" for none."""
        wanted = QKeySequence(keys)
        return next(
            (
                command.name
                for command in self._all
                if any(QKeySequence(held) == wanted for held in self.keys(command.name))
            ),
            "",
        )

    def rebind(self, name: str, keys: Sequence[str]) -> None:
        """Give a command other keys (none at all is allowed) and keep that; whoever held them loses them."""
        taken = {QKeySequence(key).toString() for key in keys}
        for command in self._all:
            held = self.keys(command.name)
            left = tuple(key for key in held if QKeySequence(key).toString() not in taken)
            if command.name != name and left != held:
                self._own[command.name] = left
                self._bind(command.name)
        self._own[name] = tuple(keys)
        self._keep(name)

    def reset(self, name: str) -> None:
        """Back to the default keys."""
        self._own.pop(name, None)
        self._keep(name)

    def _keep(self, name: str) -> None:
        self._bind(name)
        changed = {key: list(value) for key, value in self._own.items() if value != self._by_name[key].keys}
        self._settings.set(SHORTCUTS, json.dumps(changed, sort_keys=True) if changed else "")
        self.rebound.emit(name)

    def _bind(self, name: str) -> None:
        action = self._actions[name]
        action.setShortcuts([QKeySequence(key) for key in self.keys(name)])
        self.describe(name)

    def describe(self, name: str) -> None:
        """Make the tooltip again, from the action's text of now and its keys."""
        action = self._actions[name]
        shown = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        text = action.text().rstrip("…")
        action.setToolTip(f"{text} ({shown})" if shown else text)


def _read(kept: str, known: Collection[str]) -> dict[str, tuple[str, ...]]:
    """The user's own keys; what cannot be read, or names no command of today, is left out."""
    try:
        plain = json.loads(kept) if kept else {}
    except ValueError:
        return {}
    if not isinstance(plain, dict):
        return {}
    return {
        name: tuple(str(key) for key in keys)
        for name, keys in plain.items()
        if name in known and isinstance(keys, list)
    }
