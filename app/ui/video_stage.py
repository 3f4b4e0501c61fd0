"""The picture as large as there is room, with controls over it that hide while nobody touches anything.

`LargeVideo` decides where the picture stands (panel, middle of the window, whole screen) and makes the stage when
it is first wanted.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QMenu, QStackedWidget, QToolButton, QVBoxLayout, QWidget

from app.player.playable import Playable
from app.ui.commands import Commands
from app.ui.film_strip import FilmStrip
from app.ui.film_tiles import FilmTiles
from app.ui.hover_preview import HoverPreview
from app.ui.playback import Playback
from app.ui.theme import ICON, Space, Theme
from app.ui.track_menus import fill_audio_menu, fill_subtitle_menu
from app.ui.video_view import VideoFeed, VideoView
from app.ui.widgets.elided_label import ElidedLabel
from app.ui.widgets.icon_button import icon_button
from app.ui.widgets.sliders import ClickSlider, SeekRow

HIDE_MS = 2_500
"""So long after the last touch the controls and the pointer disappear."""
_ROOMY, _NARROW = 440, 320
"""Widths of the controls, in px, from which on the volume, and all but the most needed buttons, have a place."""


class VideoStage(QWidget):
    """The picture as large as there is room, with controls over it.

    `leave_wanted` and `full_screen_wanted` ask, `similar_wanted(item, seconds)` for moments like one of the strip.
    """

    leave_wanted = Signal()
    full_screen_wanted = Signal()
    similar_wanted = Signal(int, float)

    def __init__(
        self,
        feed: VideoFeed,
        playback: Playback,
        commands: Commands,
        tiles: FilmTiles,
        theme: Theme,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._playback = playback
        self._theme = theme
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(self.tr("Large video"))
        self._view = VideoView(feed, self)
        self._view.setMouseTracking(True)
        self._controls = _Controls(playback, commands, tiles, theme, self)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._hide_controls)
        self._doubled = False
        self._click = QTimer(self)
        self._click.setSingleShot(True)
        self._click.timeout.connect(playback.toggle)
        self._view.clicked.connect(self._clicked)
        self._view.double_clicked.connect(self._double_clicked)
        self._controls.leave.clicked.connect(self.leave_wanted)
        self._controls.full.clicked.connect(self.full_screen_wanted)
        self._controls.strip.similar_wanted.connect(self.similar_wanted)
        self._controls.grown.connect(self._place_controls)
        for part in (self, self._view, *self._controls.findChildren(QWidget), self._controls):
            part.installEventFilter(self)

    @property
    def controls_shown(self) -> bool:
        return self._controls.isVisible()

    @property
    def strip(self) -> FilmStrip:
        """The tiles of the film's moments."""
        return self._controls.strip

    def set_title(self, title: str) -> None:
        self._controls.title.setText(title)

    def set_full_screen(self, full: bool) -> None:
        """Say what the button does now."""
        name = self.tr("Leave full screen") if full else self.tr("Full screen")
        self._theme.dress(self._controls.full, "fullscreen-exit" if full else "fullscreen", "text")
        self._controls.full.setAccessibleName(name)
        self._controls.full.setToolTip(name)

    def show_controls(self) -> None:
        """Show them, and hide them again after a while without a touch."""
        self._controls.show()
        self._view.set_covered(self.height() - self._controls.y())
        self._view.unsetCursor()
        self.hide_soon(HIDE_MS)

    def hide_soon(self, milliseconds: int) -> None:
        """Hide the controls after so long, unless they are in use then."""
        self._timer.start(milliseconds)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._view.setGeometry(self.rect())
        self._place_controls()

    def _place_controls(self) -> None:
        height = self._controls.sizeHint().height()
        margin = Space.L
        width = min(self.width() - 2 * margin, 900)
        self._controls.setGeometry((self.width() - width) // 2, self.height() - height - margin, width, height)
        if self._controls.isVisible():
            self._view.set_covered(self.height() - self._controls.y())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (
            QEvent.Type.MouseMove,
            QEvent.Type.MouseButtonPress,
            QEvent.Type.KeyPress,
            QEvent.Type.FocusIn,
            QEvent.Type.Show,
        ):
            if watched is self._controls and event.type() == QEvent.Type.Show:
                return False
            self.show_controls()
        return False

    def _hide_controls(self) -> None:
        if self._controls.isAncestorOf(self.focusWidget() or self._view) or self._controls.in_use():
            self.hide_soon(HIDE_MS)
            return
        self._controls.hide()
        self._view.set_covered(0)
        self._view.setCursor(Qt.CursorShape.BlankCursor)

    def _clicked(self) -> None:
        # A double click is press, release, double click, release: only a lone release pauses, a moment later.
        if self._doubled:
            self._doubled = False
        else:
            self._click.start(QApplication.doubleClickInterval())

    def _double_clicked(self) -> None:
        self._doubled = True
        self._click.stop()
        self.full_screen_wanted.emit()


class _Controls(QWidget):
    """Moments, position, play, title, similar moments, volume, sound track, subtitles, full screen, back.

    `grown` when the strip of moments comes or goes.
    """

    grown = Signal()

    def __init__(self, playback: Playback, commands: Commands, tiles: FilmTiles, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._playback = playback
        self._theme = theme
        self.setAutoFillBackground(False)
        self.strip = FilmStrip(tiles, theme)
        self.strip.seek_wanted.connect(playback.seek)
        self.title = ElidedLabel()
        self.title.setFont(theme.font(bold=True))
        self._seek = SeekRow(theme)
        self._seek.seek_wanted.connect(playback.seek)
        self._seek.slider.preview = HoverPreview(playback, tiles, theme, self, over=self.strip)
        self.leave = icon_button(theme, "shrink", self.tr("Back to the page"), self, tone="text")
        self.full = icon_button(theme, "fullscreen", self.tr("Full screen"), self, tone="text")
        self._audio = self._menu_button("audio-track", self.tr("Sound track"), self._fill_audio)
        self._subtitles = self._menu_button("subtitles", self.tr("Subtitles"), self._fill_subtitles)
        self._volume = ClickSlider(self.tr("Volume"))
        self._volume.setRange(0, 100)
        self._volume.setFixedWidth(96)
        self._volume.valueChanged.connect(lambda value: playback.set_volume(value / 100))
        row = QHBoxLayout()
        row.setSpacing(Space.XS)
        self._previous = self._command_button(commands, "previous")
        row.addWidget(self._previous)
        for name in ("play-pause", "next"):
            row.addWidget(self._command_button(commands, name))
        row.addSpacing(Space.S)
        row.addWidget(self.title, 1)
        self._similar = self._command_button(commands, "similar-moments")
        row.addWidget(self._similar)
        for part in (self._audio, self._subtitles, self._volume, self.full, self.leave):
            row.addWidget(part)
        box = QVBoxLayout(self)
        box.setContentsMargins(Space.M, Space.S, Space.M, Space.S)
        box.setSpacing(Space.XS)
        box.addWidget(self.strip)
        box.addWidget(self._seek)
        box.addLayout(row)
        playback.position_changed.connect(self._moved)
        playback.duration_changed.connect(lambda _seconds: self._seek.set_duration(playback.duration))
        playback.current_changed.connect(lambda _playable: self._seek.set_duration(playback.duration))
        playback.current_changed.connect(lambda _playable: self._mind_film())
        tiles.changed.connect(self._mind_film)
        playback.volume_changed.connect(self._loudness)
        playback.tracks_changed.connect(self._mind_tracks)
        self._loudness(playback.player.volume, playback.player.muted)
        self._seek.set_duration(playback.duration)
        self._mind_tracks()
        self._mind_film()

    def in_use(self) -> bool:
        """Whether a menu is open, a slider held or the pointer over the controls."""
        menus = (self._audio.menu(), self._subtitles.menu())
        return self.underMouse() or any(menu is not None and menu.isVisible() for menu in menus)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ground = self._theme.color("frame")
        ground.setAlphaF(0.92)
        painter.setBrush(ground)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.drawRoundedRect(QRectF(self.rect()), 8, 8)

    def showEvent(self, _event: QEvent) -> None:
        self._moved(self._playback.position, shown=True)

    def _command_button(self, commands: Commands, name: str) -> QToolButton:
        button = QToolButton()
        button.setAutoRaise(True)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setIconSize(QSize(ICON, ICON))
        button.setDefaultAction(commands.action(name))
        return button

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        # In a narrow window the bar below and the menus still have what has no place here.
        self._volume.setVisible(self.width() >= _ROOMY)
        for part in (self._previous, self.title, self._similar):
            part.setVisible(self.width() >= _NARROW)
        self._mind_tracks()

    def _menu_button(self, icon: str, name: str, fill: Callable[[], None]) -> QToolButton:
        button = icon_button(self._theme, icon, name, self, tone="text")
        menu = QMenu(button)
        menu.aboutToShow.connect(fill)
        button.setMenu(menu)
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        return button

    def _moved(self, seconds: float, *, shown: bool = False) -> None:
        if shown or self.isVisible():
            self._seek.set_position(seconds)
            self.strip.set_position(seconds)

    def _mind_film(self) -> None:
        """The strip is there for a film whose moments are known."""
        shown = self.strip.set_film(self._playback.current_item)
        if shown:
            self.strip.set_position(self._playback.position)
        if shown == self.strip.isHidden():
            self.strip.setVisible(shown)
            self.grown.emit()

    def _loudness(self, volume: float, muted: bool) -> None:
        self._volume.blockSignals(True)
        self._volume.setValue(0 if muted else round(volume * 100))
        self._volume.blockSignals(False)

    def _mind_tracks(self) -> None:
        player, wide = self._playback.player, self.width() >= _NARROW
        self._audio.setVisible(wide and len(player.audio_tracks()) > 1)
        self._subtitles.setVisible(wide and bool(player.subtitles()))

    def _fill_audio(self) -> None:
        player = self._playback.player
        fill_audio_menu(self._audio.menu(), self._playback, player.audio_tracks())

    def _fill_subtitles(self) -> None:
        fill_subtitle_menu(self._subtitles.menu(), self._playback)


class LargeVideo(QObject):
    """Where the video stands: in the "panel", "large" in the middle, or "full" on the whole screen.

    `changed(large)` tells when the stage comes or goes; `only_video(only)` asks the window to hide or show all
    the rest; `similar_wanted(item, seconds)` asks for moments like one of a film.
    """

    changed = Signal(bool)
    only_video = Signal(bool)
    similar_wanted = Signal(int, float)

    def __init__(
        self,
        centre: QStackedWidget,
        feed: VideoFeed,
        playback: Playback,
        commands: Commands,
        tiles: FilmTiles,
        theme: Theme,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._centre, self._feed, self._playback = centre, feed, playback
        self._commands, self._tiles, self._theme = commands, tiles, theme
        self._stage: VideoStage | None = None
        self._where = "panel"
        commands.on("similar-moments", self._ask_similar)
        playback.current_changed.connect(self._on_current)
        self._on_current(playback.current)

    @property
    def where(self) -> str:
        return self._where

    @property
    def large(self) -> bool:
        return self._where != "panel"

    @property
    def stage(self) -> VideoStage | None:
        """The stage, once it was wanted."""
        return self._stage

    def show(self, where: str) -> None:
        """Put the video there; nothing happens while no video plays."""
        current = self._playback.current
        if where == self._where or (where != "panel" and (current is None or not current.is_video)):
            return
        before, self._where = self._where, where
        if where == "panel":
            self._centre.setCurrentIndex(0)
        else:
            stage = self._made_stage()
            stage.set_full_screen(where == "full")
            self._centre.setCurrentWidget(stage)
            stage.setFocus(Qt.FocusReason.OtherFocusReason)
            stage.show_controls()
        self._commands.action("large-video").setChecked(self.large)
        if "full" in (before, where):
            self.only_video.emit(where == "full")
        self.changed.emit(self.large)

    def toggle_full(self) -> None:
        """Between the whole screen and the window."""
        self.show("large" if self._where == "full" else "full")

    def step_back(self) -> None:
        """From the whole screen to the window, from there to the panel."""
        self.show("large" if self._where == "full" else "panel")

    def leave(self) -> None:
        self.show("panel")

    def _made_stage(self) -> VideoStage:
        if self._stage is None:
            self._stage = stage = VideoStage(self._feed, self._playback, self._commands, self._tiles, self._theme)
            stage.leave_wanted.connect(self.leave)
            stage.full_screen_wanted.connect(self.toggle_full)
            stage.similar_wanted.connect(self.similar_wanted)
            self._centre.addWidget(stage)
            self._on_current(self._playback.current)
        return self._stage

    def _ask_similar(self) -> None:
        """Moments like the one that is seen now: it stands for its scene from where that begins."""
        item, position = self._playback.current_item, self._playback.position
        film = self._tiles.moments(item)
        self.similar_wanted.emit(item, position if film is None else film.ats[film.running(position)])

    def _on_current(self, playable: Playable | None) -> None:
        video = playable is not None and playable.is_video
        for name in ("large-video", "video-full-screen"):
            self._commands.action(name).setEnabled(video)
        # What is still arriving was not indexed yet: it has no moments.
        self._commands.action("similar-moments").setEnabled(video and self._playback.current_item > 0)
        if self._stage is not None and playable is not None:
            self._stage.set_title(playable.title)
        if not video:
            self.leave()
