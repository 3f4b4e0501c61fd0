"""The moving picture: painted from the player's sink by any number of widgets, and the large stage for it.

`VideoFeed` wraps the sink, `VideoView` paints it (small in the right panel, large on the stage), `VideoStage`
adds controls that hide while nobody touches anything. The main window decides where the stage stands.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QAction,
    QColor,
    QFont,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QTextLayout,
    QTextOption,
)
from PySide6.QtMultimedia import QVideoFrame, QVideoSink
from PySide6.QtWidgets import QHBoxLayout, QMenu, QToolButton, QVBoxLayout, QWidget

from app.errors import PlayerError
from app.player.base import TrackChoice
from app.ui.commands import Commands
from app.ui.playback import Playback
from app.ui.theme import Space, Theme
from app.ui.widgets.elided_label import ElidedLabel
from app.ui.widgets.icon_button import icon_button
from app.ui.widgets.sliders import ClickSlider, SeekRow

HIDE_MS = 2_500
"""So long after the last touch the controls and the pointer disappear."""


class VideoFeed(QObject):
    """The newest picture and subtitle of what plays, for everything that paints them."""

    changed = Signal()

    def __init__(self, sink: QVideoSink, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._sink = sink
        sink.videoFrameChanged.connect(lambda _frame: self.changed.emit())
        sink.subtitleTextChanged.connect(lambda _text: self.changed.emit())

    @property
    def frame(self) -> QVideoFrame:
        return self._sink.videoFrame()

    @property
    def subtitle(self) -> str:
        return self._sink.subtitleText()

    @property
    def size(self) -> QSize:
        """Of the picture as it is shown; empty while there is none."""
        return self._sink.videoSize()


class VideoView(QWidget):
    """Paints the feed, never stretched, with its subtitle; `clicked` and `double_clicked` tell of the mouse."""

    clicked = Signal()
    double_clicked = Signal()

    def __init__(self, feed: VideoFeed, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._feed = feed
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAccessibleName(self.tr("Video"))
        feed.changed.connect(self._refresh)

    def sizeHint(self) -> QSize:
        return QSize(320, 180)

    def heightForWidth(self, width: int) -> int:
        size = self._feed.size
        return round(width * size.height() / size.width()) if size.width() > 0 else round(width * 9 / 16)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), Qt.GlobalColor.black)
        frame = self._feed.frame
        if frame.isValid():
            options = QVideoFrame.PaintOptions()
            options.backgroundColor = QColor(Qt.GlobalColor.black)
            options.aspectRatioMode = Qt.AspectRatioMode.KeepAspectRatio
            options.paintFlags = QVideoFrame.PaintOptions.PaintFlag.DontDrawSubtitles
            frame.paint(painter, QRectF(self.rect()), options)
        text = self._feed.subtitle
        if text:
            paint_subtitle(painter, QRectF(self.rect()), text)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self.rect().contains(event.position().toPoint()):
            self.clicked.emit()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.double_clicked.emit()

    def _refresh(self) -> None:
        if self.isVisible():
            self.update()


def paint_subtitle(painter: QPainter, area: QRectF, text: str) -> None:
    """Paint plain text, white with a dark edge, centred near the bottom of `area`, in at most half of it."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    font = QFont(painter.font())
    font.setPixelSize(int(min(max(area.height() / 17, 10), 44)))
    font.setWeight(QFont.Weight.DemiBold)
    option = QTextOption(Qt.AlignmentFlag.AlignHCenter)
    option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
    layout = QTextLayout(text.strip()[:1000].replace("\n", "\u2028"), font)
    layout.setTextOption(option)
    layout.beginLayout()
    height, width = 0.0, area.width() * 0.9
    lines = []
    while (line := layout.createLine()).isValid() and height < area.height() / 2:
        line.setLineWidth(width)
        lines.append((line.textStart(), line.textLength(), line.naturalTextWidth(), height + line.ascent()))
        height += line.height()
    layout.endLayout()
    top = area.bottom() - height - max(area.height() * 0.04, 4)
    path = QPainterPath()
    for start, length, natural, baseline in lines:
        words = layout.text()[start : start + length].strip("\u2028 ")
        path.addText(area.center().x() - natural / 2, top + baseline, font, words)
    edge = QPen(QColor(0, 0, 0, 210), max(font.pixelSize() / 7, 2))
    edge.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    painter.setPen(edge)
    painter.drawPath(path)
    painter.fillPath(path, Qt.GlobalColor.white)
    painter.restore()


class VideoStage(QWidget):
    """The picture as large as there is room, with controls over it. `leave_wanted` and `full_screen_wanted` ask."""

    leave_wanted = Signal()
    full_screen_wanted = Signal()

    def __init__(
        self,
        feed: VideoFeed,
        playback: Playback,
        commands: Commands,
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
        self._controls = _Controls(playback, commands, theme, self)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(HIDE_MS)
        self._timer.timeout.connect(self._hide_controls)
        self._click = QTimer(self)
        self._click.setSingleShot(True)
        self._click.timeout.connect(playback.toggle)
        self._view.clicked.connect(self._clicked)
        self._view.double_clicked.connect(self._double_clicked)
        self._controls.leave.clicked.connect(self.leave_wanted)
        self._controls.full.clicked.connect(self.full_screen_wanted)
        for part in (self, self._view, *self._controls.findChildren(QWidget), self._controls):
            part.installEventFilter(self)

    @property
    def controls_shown(self) -> bool:
        return self._controls.isVisible()

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
        self._controls.raise_()
        self._view.unsetCursor()
        self._timer.start()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._view.setGeometry(self.rect())
        height = self._controls.sizeHint().height()
        margin = Space.L
        width = min(self.width() - 2 * margin, 900)
        self._controls.setGeometry((self.width() - width) // 2, self.height() - height - margin, width, height)

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
            self._timer.start()
            return
        self._controls.hide()
        self._view.setCursor(Qt.CursorShape.BlankCursor)

    def _clicked(self) -> None:
        # A double click begins with a click; wait whether the second comes before pausing.
        if not self._click.isActive():
            self._click.start(220)

    def _double_clicked(self) -> None:
        self._click.start(220)
        self._click.stop()
        self.full_screen_wanted.emit()


class _Controls(QWidget):
    """Title, position, play, volume, sound track, subtitles, full screen, back."""

    def __init__(self, playback: Playback, commands: Commands, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._playback = playback
        self._theme = theme
        self.setAutoFillBackground(False)
        self.title = ElidedLabel()
        self.title.setFont(theme.font(bold=True))
        self._seek = SeekRow(theme)
        self._seek.seek_wanted.connect(playback.seek)
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
        for name in ("previous", "play-pause", "next"):
            button = QToolButton()
            button.setAutoRaise(True)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.setDefaultAction(commands.action(name))
            row.addWidget(button)
        row.addSpacing(Space.S)
        row.addWidget(self.title, 1)
        for part in (self._audio, self._subtitles, self._volume, self.full, self.leave):
            row.addWidget(part)
        box = QVBoxLayout(self)
        box.setContentsMargins(Space.M, Space.S, Space.M, Space.S)
        box.setSpacing(Space.XS)
        box.addWidget(self._seek)
        box.addLayout(row)
        playback.position_changed.connect(self._moved)
        playback.duration_changed.connect(lambda _seconds: self._seek.set_duration(playback.duration))
        playback.current_changed.connect(lambda _playable: self._seek.set_duration(playback.duration))
        playback.volume_changed.connect(self._loudness)
        playback.tracks_changed.connect(self._mind_tracks)
        self._loudness(playback.player.volume, playback.player.muted)
        self._seek.set_duration(playback.duration)
        self._mind_tracks()

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
        self._seek.set_position(self._playback.position)

    def _menu_button(self, icon: str, name: str, fill: object) -> QToolButton:
        button = icon_button(self._theme, icon, name, self, tone="text")
        menu = QMenu(button)
        menu.aboutToShow.connect(fill)
        button.setMenu(menu)
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        return button

    def _moved(self, seconds: float) -> None:
        if self.isVisible():
            self._seek.set_position(seconds)

    def _loudness(self, volume: float, muted: bool) -> None:
        self._volume.blockSignals(True)
        self._volume.setValue(0 if muted else round(volume * 100))
        self._volume.blockSignals(False)

    def _mind_tracks(self) -> None:
        player = self._playback.player
        self._audio.setVisible(len(player.audio_tracks()) > 1)
        self._subtitles.setVisible(bool(player.subtitles()))

    def _fill_audio(self) -> None:
        player = self._playback.player
        fill_audio_menu(self._audio.menu(), self._playback, player.audio_tracks())

    def _fill_subtitles(self) -> None:
        fill_subtitle_menu(self._subtitles.menu(), self._playback)


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
    none = _choice(menu, menu.tr("No subtitles"), chosen is None)
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
