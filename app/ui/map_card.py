"""What lies under the pointer on the map: cover, title, artist and score, beside the dot."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.store.item_values import ItemRow
from app.ui.covers import Covers
from app.ui.theme import RADIUS, Space, TextSize, Theme
from app.ui.widgets.elided_label import ElidedLabel
from app.ui.widgets.score_bar import ScoreBar

COVER = 56
WIDTH = 260
_AWAY = 16
"""Px between the pointer and the card."""


class MapCard(QFrame):
    """A child of the map, so that it stands right on every desktop; it takes neither pointer nor keys."""

    def __init__(self, covers: Covers, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._covers, self._theme, self._over = covers, theme, parent
        self._row: ItemRow | None = None
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._cover = QLabel(self)
        self._cover.setFixedSize(COVER, COVER)
        self._title, self._artist = ElidedLabel("", self), ElidedLabel("", self)
        self._title.setFont(theme.font(TextSize.BODY, bold=True))
        self._artist.setProperty("role", "muted")
        self._score = ScoreBar(theme, self)
        words = QVBoxLayout()
        words.setSpacing(2)
        for part in (self._title, self._artist, self._score):
            words.addWidget(part)
        across = QHBoxLayout(self)
        across.setContentsMargins(Space.S, Space.S, Space.M, Space.S)
        across.setSpacing(Space.S)
        across.addWidget(self._cover)
        across.addLayout(words, 1)
        self.setFixedSize(WIDTH, COVER + 2 * Space.S)
        self.hide()
        covers.loaded.connect(self._draw_cover)
        theme.changed.connect(self._draw_cover)

    @property
    def title(self) -> str:
        """The title that is shown."""
        return self._title.text()

    def show_row(self, row: ItemRow, at: QPointF) -> None:
        """Show an Item beside a point of the map, on the side where there is room."""
        self._row = row
        self._title.setText(row.title)
        self._artist.setText(row.artist or row.album)
        self._score.set_score(row.score, row.deviation)
        self._score.setVisible(row.score is not None)
        self._draw_cover()
        room = self._over.rect()
        left = at.x() + _AWAY
        if left + self.width() > room.right() - Space.S:
            left = at.x() - _AWAY - self.width()
        top = min(max(at.y() - self.height() / 2, Space.S), room.bottom() - self.height() - Space.S)
        self.move(round(min(max(left, Space.S), max(room.right() - self.width(), 0))), round(top))
        self.show()
        self.raise_()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self._theme.color("hairline"), 1))
        painter.setBrush(self._theme.color("frame"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), RADIUS + 2, RADIUS + 2)

    def _draw_cover(self, _cover: str = "") -> None:
        if self._row is not None:
            seed = f"{self._row.title}\n{self._row.artist}"
            self._cover.setPixmap(self._covers.pixmap(self._row.cover, seed, COVER, self.devicePixelRatioF()))
