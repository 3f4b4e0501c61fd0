"""The predicted score in a list: five small steps whose end fades as far as the prediction is uncertain."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF
from PySide6.QtGui import QPainter

from app.store.item_values import ItemRow
from app.ui.delegates.rows import MARGIN, RowDelegate
from app.ui.item_models.columns import Column
from app.ui.widgets.painting import paint_score

BAR = 56
HEIGHT = 6


class ScoreDelegate(RowDelegate):
    """Draws the predicted score of a row; an unscored row stays empty."""

    def paint_cell(self, painter: QPainter, rect: QRect, row: ItemRow, _column: Column, _at: int) -> None:
        if row.score is not None:
            top = rect.center().y() - HEIGHT / 2 + 1
            where = QRectF(rect.left() + MARGIN, top, BAR, HEIGHT)
            paint_score(painter, where, row.score, row.deviation or 0.0, self._view.palette())
