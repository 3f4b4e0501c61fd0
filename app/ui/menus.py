"""The menu bar, built from the window's commands: Music, Playlist, View, Tools, Help.

Only the main window calls this. Menus that depend on what plays fill themselves when they open.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QMenuBar

from app.config import THEME, Settings
from app.player.queue import Repeat
from app.ui.commands import Commands, page_command
from app.ui.playback import Playback
from app.ui.ratings import Ratings
from app.ui.theme import Theme
from app.ui.track_menus import fill_audio_menu, fill_subtitle_menu

_MUSIC = (
    "add-folder",
    "",
    "play-pause",
    "stop",
    "previous",
    "next",
    "stop-after",
    "seek-back",
    "seek-forward",
    "",
    "volume-up",
    "volume-down",
    "mute",
    "",
    "love",
    "dislike",
    "rate",
    "",
    "private",
    "quit",
)
_PLAYLIST = (
    "undo",
    "redo",
    "",
    "new-playlist",
    "save-queue",
    "import-playlist",
    "",
    "jump",
    "shuffle",
    "repeat",
    "continue",
    "",
    "clear-queue",
)
_VIEW_END = ("large-video", "video-full-screen", "similar-moments", "full-screen")
_TOOLS = ("rescan", "retry", "duplicates", "work", "", "settings")
_HELP = ("shortcuts", "about")


class Menus(QObject):
    """Fills a menu bar and keeps what it needs alive."""

    def __init__(
        self,
        bar: QMenuBar,
        commands: Commands,
        playback: Playback,
        ratings: Ratings,
        theme: Theme,
        settings: Settings,
        pages: Sequence[tuple[str, str, str]],
        show_page: Callable[[str], object],
    ) -> None:
        """`pages`: (name, title, icon) in the order of the side bar."""
        super().__init__(bar)
        self._bar, self._commands, self._playback, self._ratings = bar, commands, playback, ratings
        self._theme, self._settings = theme, settings
        music, playlist, view, tools, help_menu = (bar.addMenu(title) for title, _ in commands.groups())
        self._fill(music, _MUSIC, {"rate": self._rate_menu})
        self._fill(playlist, _PLAYLIST, {"repeat": self._repeat_menu})
        self._fill_view(view, pages, show_page)
        self._fill(tools, _TOOLS, {})
        self._fill(help_menu, _HELP, {})

    def _fill(self, menu: QMenu, names: Sequence[str], own: dict[str, Callable[[QMenu], QMenu]]) -> None:
        for name in names:
            if not name:
                menu.addSeparator()
            elif name in own:
                menu.addMenu(own[name](menu))
            else:
                menu.addAction(self._commands.action(name))

    def _fill_view(
        self, view: QMenu, pages: Sequence[tuple[str, str, str]], show_page: Callable[[str], object]
    ) -> None:
        for name, _title, _icon in pages:
            view.addAction(self._commands.on(page_command(name), partial(show_page, name)))
        view.addSeparator()
        self._fill(view, ("search", "side-bar", "panel", ""), {})
        view.addMenu(self._theme_menu(view))
        view.addSeparator()
        self._fill(view, _VIEW_END, {})
        self._audio = view.addMenu(self._theme.icon("audio-track"), self.tr("Sound track"))
        self._subtitles = view.addMenu(self._theme.icon("subtitles"), self.tr("Subtitles"))
        view.aboutToShow.connect(self._fill_tracks)

    def _fill_tracks(self) -> None:
        player = self._playback.player
        tracks = player.audio_tracks()
        fill_audio_menu(self._audio, self._playback, tracks)
        fill_subtitle_menu(self._subtitles, self._playback)
        self._audio.setEnabled(len(tracks) > 1)
        self._subtitles.setEnabled(bool(player.subtitles()))

    def _rate_menu(self, parent: QMenu) -> QMenu:
        menu = QMenu(self.tr("Rate what plays"), parent)
        self._theme.dress(menu.menuAction(), "star")
        for stars in (5, 4, 3, 2, 1, 0):
            action = menu.addAction("★" * stars or self.tr("No rating"))
            action.triggered.connect(lambda _checked=False, stars=stars: self._rate(stars))
        return menu

    def _rate(self, stars: int) -> None:
        if item := self._playback.current_item:
            self._ratings.stars((item,), float(stars), "player-bar")

    def _repeat_menu(self, parent: QMenu) -> QMenu:
        menu = QMenu(self.tr("Repeat"), parent)
        self._theme.dress(menu.menuAction(), "repeat")
        group = QActionGroup(menu)
        choices: dict[Repeat, QAction] = {}
        for repeat, words in (
            (Repeat.OFF, self.tr("Off")),
            (Repeat.TRACK, self.tr("Track")),
            (Repeat.ALBUM, self.tr("Album")),
            (Repeat.LIST, self.tr("List")),
        ):
            action = choices[repeat] = menu.addAction(words)
            action.setCheckable(True)
            group.addAction(action)
            action.triggered.connect(lambda _checked=False, repeat=repeat: self._playback.set_repeat(repeat))
        menu.addSeparator()
        menu.addAction(self._commands.action("repeat"))
        menu.aboutToShow.connect(lambda: choices[self._playback.queue.repeat].setChecked(True))
        return menu

    def _theme_menu(self, parent: QMenu) -> QMenu:
        menu = QMenu(self.tr("Theme"), parent)
        self._theme.dress(menu.menuAction(), "sun")
        group = QActionGroup(menu)
        for mode, words in (
            ("system", self.tr("As the desktop has it")),
            ("light", self.tr("Light")),
            ("dark", self.tr("Dark")),
        ):
            action = menu.addAction(words)
            action.setCheckable(True)
            action.setChecked(self._settings.get(THEME) == mode)
            group.addAction(action)
            action.triggered.connect(lambda _checked=False, mode=mode: self._wear(mode))

        def mark() -> None:
            for action, mode in zip(group.actions(), ("system", "light", "dark"), strict=True):
                action.setChecked(mode == self._theme.mode)

        menu.aboutToShow.connect(mark)
        return menu

    def _wear(self, mode: str) -> None:
        self._settings.set(THEME, mode)
        self._theme.wear(mode)
