"""Menus of the sound tracks and subtitles inside and beside what plays; filled when they open."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu

from app.errors import PlayerError
from app.player.base import TrackChoice
from app.ui.playback import Playback


def fill_audio_menu(menu: QMenu, playback: Playback, tracks: tuple[TrackChoice, ...]) -> None:
    """Put the sound tracks of what plays into a menu, the chosen one marked."""
    menu.clear()
    for track in tracks:
        action = _choice(menu, track.label, track.index == playback.player.audio_track)
        action.triggered.connect(lambda _checked=False, index=track.index: choose_audio(playback, index))


def fill_subtitle_menu(menu: QMenu, playback: Playback) -> None:
    """Put the subtitles of what plays into a menu, "none" among them."""
    menu.clear()
    chosen = playback.player.subtitle
    none = _choice(menu, QCoreApplication.translate("TrackMenus", "No subtitles"), chosen is None)
    none.triggered.connect(lambda _checked=False: choose_subtitle(playback, None))
    for track in playback.player.subtitles():
        action = _choice(menu, track.label, track.index == chosen)
        action.triggered.connect(lambda _checked=False, index=track.index: choose_subtitle(playback, index))


def choose_audio(playback: Playback, index: int) -> None:
    """Play this sound track; a track that is gone by now is told as a failure."""
    try:
        playback.player.choose_audio(index)
    except PlayerError as error:
        playback.failed.emit(error)


def choose_subtitle(playback: Playback, index: int | None) -> None:
    """Show these subtitles, or none; subtitles that cannot be read are told as a failure."""
    try:
        playback.player.choose_subtitle(index)
    except PlayerError as error:
        playback.failed.emit(error)


def _choice(menu: QMenu, text: str, chosen: bool) -> QAction:
    # An ampersand in a name from a file is a letter, not a shortcut.
    action = menu.addAction(text[:80].replace("&", "&&"))
    action.setCheckable(True)
    action.setChecked(chosen)
    return action
