"""The predicted score as five small steps whose end fades as far as the prediction is uncertain.

Used by the list's delegate, the score bar widget, the cards of For You and the why panel.
"""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QLinearGradient, QPainter, QPainterPath, QPalette
from PySide6.QtWidgets import QStyleOptionViewItem

from app.ui.delegates.rows import MARGIN, Index, RowDelegate
from app.ui.item_models.items_model import ROW

STEPS = 5
GAP = 2.0
BAR = 56
HEIGHT = 6


def paint_score(painter: QPainter, rect: QRectF, score: float, deviation: float, palette: QPalette) -> None:
    """Draw a score of 0..1 with its deviation: solid up to score - deviation, gone at score + deviation."""
    path = QPainterPath()
    step = (rect.width() - GAP * (STEPS - 1)) / STEPS
    for number in range(STEPS):
        path.addRoundedRect(
            QRectF(rect.left() + number * (step + GAP), rect.top(), step, rect.height()), 1.5, 1.5
        )
    low, high = max(score - deviation, 0.0), min(score + deviation, 1.0)
    ink = palette.color(QPalette.ColorRole.PlaceholderText)
    clear = QColor(ink)
    clear.setAlpha(0)
    fade = QLinearGradient(rect.topLeft(), rect.topRight())
    fade.setColorAt(0.0, ink)
    fade.setColorAt(min(low, 0.998), ink)
    fade.setColorAt(min(max(high, low + 0.001), 0.999), clear)
    fade.setColorAt(1.0, clear)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.fillPath(path, palette.color(QPalette.ColorRole.Mid))
    painter.fillPath(path, fade)
    painter.restore()


class ScoreDelegate(RowDelegate):
    """Draws the predicted score of a row; an unscored row stays empty."""

    def paint_cell(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        view: Any = option
        row = index.data(ROW)
        if row is None or row.score is None:
            return
        top = view.rect.center().y() - HEIGHT / 2 + 1
        where = QRectF(view.rect.left() + MARGIN, top, BAR, HEIGHT)
        paint_score(painter, where, row.score, row.deviation or 0.0, view.palette)
