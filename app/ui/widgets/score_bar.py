"""The predicted score of one Item as a small bar of five steps whose end fades with the uncertainty."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from app.ui.theme import Theme
from app.ui.widgets.painting import paint_score


class ScoreBar(QWidget):
    """Shows a score of 0..1 with its deviation; the number is in the tooltip and for screen readers."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._score: float | None = None
        self._deviation = 0.0
        self.setAccessibleName(self.tr("Predicted score"))
        theme.changed.connect(self.update)

    def set_score(self, score: float | None, deviation: float | None = None) -> None:
        """Show this score, or nothing for None."""
        self._score, self._deviation = score, deviation or 0.0
        words = self.words(score, deviation)
        self.setToolTip(words)
        self.setAccessibleDescription(words)
        self.update()

    def words(self, score: float | None, deviation: float | None = None) -> str:
        """The score as a tooltip says it."""
        if score is None:
            return self.tr("Not scored yet")
        if not deviation:
            return self.tr("Predicted: {score} of 100").format(score=round(score * 100))
        return self.tr("Predicted: {score} of 100, give or take {deviation}").format(
            score=round(score * 100), deviation=max(round(deviation * 100), 1)
        )

    def sizeHint(self) -> QSize:
        return QSize(72, 16)

    def minimumSizeHint(self) -> QSize:
        return QSize(40, 10)

    def paintEvent(self, _event: QPaintEvent) -> None:
        if self._score is None:
            return
        painter = QPainter(self)
        height = min(self.height(), 6)
        place = QRectF(0, (self.height() - height) / 2, self.width(), height)
        paint_score(painter, place, self._score, self._deviation, self.palette())
