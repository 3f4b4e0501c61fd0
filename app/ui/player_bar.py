"""The bar at the window's foot: what plays and where, the buttons that everybody looks for, the user's opinion.

Buttons are the window's commands; position and volume go to the playback, opinions to the ratings.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from app.player.playable import Playable
from app.player.queue import Repeat
from app.ui.commands import Commands
from app.ui.film_tiles import FilmTiles
from app.ui.hover_preview import HoverPreview
from app.ui.playback import Playback
from app.ui.ratings import Ratings
from app.ui.theme import ICON, Space, TextSize, Theme
from app.ui.widgets.elided_label import ElidedLabel
from app.ui.widgets.icon_button import icon_button
from app.ui.widgets.like_buttons import LikeButtons
from app.ui.widgets.rating_stars import RatingStars
from app.ui.widgets.sliders import ClickSlider, SeekRow

_CONTEXT = "player-bar"
HEIGHT = 76
_ROOMY = 880
"""From this width on, in px, the opinion has a place here."""


class TitleLabel(ElidedLabel):
    """Title and artist; a click asks to be brought to it."""

    clicked = Signal()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self.text():
            self.clicked.emit()


class PlayerBar(QWidget):
    """`title_clicked` asks to be shown what plays."""

    title_clicked = Signal()

    def __init__(
        self,
        playback: Playback,
        ratings: Ratings,
        commands: Commands,
        tiles: FilmTiles,
        theme: Theme,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._playback, self._ratings, self._commands, self._theme = playback, ratings, commands, theme
        self.setProperty("surface", "frame")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedHeight(HEIGHT)
        self._title = TitleLabel()
        self._title.clicked.connect(self.title_clicked)
        self._likes = LikeButtons(theme)
        self._stars = RatingStars(theme)
        self._seek = SeekRow(theme)
        self._seek.slider.preview = HoverPreview(playback, tiles, theme, self)
        self._volume = ClickSlider(self.tr("Volume"))
        self._volume.setRange(0, 100)
        self._volume.setSingleStep(2)
        self._volume.setPageStep(10)
        self._volume.setFixedWidth(92)
        self._private = self._private_mark()
        self._full = self._button("video-full-screen")
        # Not the action's own button: it is drawn on the accent, which the menu is not.
        self._play = icon_button(theme, "play", self.tr("Play"), self, tone="on_accent")
        self._play.setProperty("primary", True)
        self._play.setFixedSize(36, 36)
        self._play.clicked.connect(commands.action("play-pause").trigger)
        self._lay_out()
        self._connect()
        self._show_current(playback.current)
        self._show_state()
        self._show_volume(playback.player.volume, playback.player.muted)
        self._show_queue()

    def _lay_out(self) -> None:
        left = self._row(("previous",))
        left.addWidget(self._play)
        self._row(("next", "stop-after"), left)
        words = QHBoxLayout()
        words.setSpacing(Space.S)
        words.addWidget(self._title, 1)
        words.addWidget(self._likes)
        words.addWidget(self._stars)
        # The same height with and without the buttons, so that the slider stays where it is.
        words.addStrut(self._stars.sizeHint().height() + Space.S)
        middle = QVBoxLayout()
        middle.setSpacing(0)
        middle.addStretch(1)
        middle.addLayout(words)
        middle.addWidget(self._seek)
        middle.addStretch(1)
        right = self._row(("shuffle", "repeat", "mute"))
        right.addWidget(self._volume)
        right.addWidget(self._full)
        self._row(("panel",), right)
        right.insertWidget(0, self._private)
        whole = QHBoxLayout(self)
        whole.setContentsMargins(Space.M, Space.XS, Space.M, Space.XS)
        whole.setSpacing(Space.L)
        transport = QWidget()
        transport.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        left.setContentsMargins(0, 0, 0, 0)
        transport.setLayout(left)
        whole.addWidget(transport)
        whole.addLayout(middle, 1)
        whole.addLayout(right)

    def _row(self, names: tuple[str, ...], row: QHBoxLayout | None = None) -> QHBoxLayout:
        row = QHBoxLayout() if row is None else row
        row.setSpacing(Space.XS)
        for name in names:
            row.addWidget(self._button(name))
        return row

    def _button(self, name: str) -> QToolButton:
        button = QToolButton()
        button.setAutoRaise(True)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setIconSize(QSize(ICON, ICON))
        button.setDefaultAction(self._commands.action(name))
        button.setObjectName(f"player-bar-{name}")
        return button

    def _private_mark(self) -> QToolButton:
        mark = QToolButton()
        mark.setDefaultAction(self._commands.action("private"))
        mark.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        mark.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        mark.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        mark.setVisible(self._ratings.private)
        return mark

    def _connect(self) -> None:
        playback, ratings = self._playback, self._ratings
        playback.current_changed.connect(self._show_current)
        playback.state_changed.connect(lambda _state: self._show_state())
        playback.position_changed.connect(self._seek.set_position)
        playback.duration_changed.connect(lambda _seconds: self._seek.set_duration(playback.duration))
        playback.volume_changed.connect(self._show_volume)
        playback.queue_changed.connect(self._show_queue)
        self._seek.seek_wanted.connect(playback.seek)
        self._volume.valueChanged.connect(lambda value: playback.set_volume(value / 100))
        self._likes.wanted.connect(self._say(lambda item, liked: ratings.want((item,), int(liked), _CONTEXT)))
        self._stars.rated.connect(self._say(lambda item, stars: ratings.stars((item,), stars, _CONTEXT)))
        ratings.changed.connect(self._show_rating)
        ratings.private_changed.connect(self._private.setVisible)

    def _say(self, act: Callable[[int, float], None]) -> Callable[[float], None]:
        """An opinion concerns what plays; without that there is none."""

        def said(value: float) -> None:
            if item := self._playback.current_item:
                act(item, value)

        return said

    def _show_current(self, playable: Playable | None) -> None:
        words = "" if playable is None else playable.title
        if playable is not None and playable.artist:
            words = f"{playable.title}  –  {playable.artist}"
        self._title.setText(words)
        self._title.setFont(self._theme.font(TextSize.BODY, bold=True))
        self._mind_width()
        self._seek.set_duration(self._playback.duration)
        self._seek.set_position(self._playback.position)
        video = playable is not None and playable.is_video
        self._full.setVisible(video)
        self._show_rating((self._playback.current_item,))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._mind_width()

    def _mind_width(self) -> None:
        """In a narrow window the title needs the room; what one thinks of it stands in the right panel too."""
        shown = self._playback.current_item > 0 and self.width() >= _ROOMY
        for part in (self._likes, self._stars):
            part.setVisible(shown)

    def _show_rating(self, ids: tuple[int, ...]) -> None:
        item = self._playback.current_item
        if item and (not ids or item in ids):
            rated = self._ratings.state(item)
            self._likes.set_liked(rated.liked)
            self._stars.set_stars(rated.stars)

    def _show_state(self) -> None:
        action: QAction = self._commands.action("play-pause")
        playing = self._playback.playing
        icon = "pause" if playing else "play"
        action.setText(self.tr("Pause") if playing else self.tr("Play"))
        self._commands.describe("play-pause")
        self._theme.dress(action, icon)
        self._theme.dress(self._play, icon, "on_accent")
        self._play.setAccessibleName(action.text())
        self._play.setToolTip(action.toolTip())
        if self._playback.current is None:
            self._seek.set_position(0.0)

    def _show_volume(self, volume: float, muted: bool) -> None:
        self._volume.blockSignals(True)
        self._volume.setValue(round(volume * 100))
        self._volume.blockSignals(False)
        self._volume.setToolTip(f"{round(volume * 100)} %")
        mute = self._commands.action("mute")
        mute.setChecked(muted)
        icon = "muted" if muted or volume == 0 else "volume-low" if volume < 0.5 else "volume"
        self._theme.dress(mute, icon)

    def _show_queue(self) -> None:
        playback, repeat = self._playback, self._playback.queue.repeat
        self._commands.action("shuffle").setChecked(playback.shuffled)
        stop = self._commands.action("stop-after")
        stop.setChecked(playback.stops_after_current)
        stop.setEnabled(playback.queue.playing is not None)
        action = self._commands.action("repeat")
        icon, words = {
            Repeat.OFF: ("repeat", self.tr("Repeat: off")),
            Repeat.LIST: ("repeat", self.tr("Repeat: list")),
            Repeat.ALBUM: ("repeat-album", self.tr("Repeat: album")),
            Repeat.TRACK: ("repeat-one", self.tr("Repeat: track")),
        }[repeat]
        action.setCheckable(True)
        action.setChecked(repeat != Repeat.OFF)
        action.setText(words)
        self._commands.describe("repeat")
        self._theme.dress(action, icon)
