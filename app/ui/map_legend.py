"""What the colours, shapes and marks on the map mean: one line below it."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from app.ui.map_raster import STEPS, colours
from app.ui.theme import Space, TextSize, Theme
from app.ui.widgets.painting import paint_opinion

_MARK = 10
_HEIGHT = 22


class MapLegend(QWidget):
    """Leaves out from the end what there is no room for."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._words = (
            self.tr("liked less"),
            self.tr("liked more, as far as is known"),
            self.tr("track"),
            self.tr("film"),
            self.tr("you like it"),
            self.tr("you do not"),
        )
        self.setAccessibleName(self.tr("What the map's colours mean"))
        self.setAccessibleDescription(", ".join(self._words))
        theme.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(480, _HEIGHT)

    def minimumSizeHint(self) -> QSize:
        return QSize(80, _HEIGHT)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        font = self._theme.font(TextSize.SMALL)
        painter.setFont(font)
        metrics, palette = QFontMetrics(font), colours(self._theme.tones)
        less, more, track, film, likes, dislikes = self._words
        middle = self.height() / 2
        neutral = QColor(palette[STEPS])
        x = self._say(painter, metrics, 0, less)
        painter.setPen(Qt.PenStyle.NoPen)
        for step in (0, STEPS // 4, STEPS // 2, 3 * STEPS // 4, STEPS - 1):
            painter.setBrush(QColor(palette[step]))
            painter.drawEllipse(QPointF(x + 5, middle), 4.5, 4.5)
            x += 13
        x = self._say(painter, metrics, x + Space.XS, more) + Space.M
        for number, words in enumerate((track, film, likes, dislikes)):
            if x + _MARK + Space.XS + metrics.horizontalAdvance(words) > self.width():
                return
            place = QRectF(x, middle - _MARK / 2, _MARK, _MARK)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(neutral)
            if number == 0:
                painter.drawEllipse(place.adjusted(0.5, 0.5, -0.5, -0.5))
            elif number == 1:
                painter.drawRect(place.adjusted(1, 1, -1, -1))
            else:
                paint_opinion(painter, place, 1 if number == 2 else -1, self._theme.tones)
            x = self._say(painter, metrics, x + _MARK + Space.XS, words) + Space.M

    def _say(self, painter: QPainter, metrics: QFontMetrics, x: float, words: str) -> float:
        """Write words from `x` on; where they end."""
        painter.setPen(self._theme.color("muted"))
        width = metrics.horizontalAdvance(words)
        place = QRectF(x, 0, width + 2, self.height())
        painter.drawText(place, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, words)
        return x + width + Space.XS
