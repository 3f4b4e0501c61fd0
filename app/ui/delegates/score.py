"""The predicted score in a list: five small steps whose end fades as far as the prediction is uncertain."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QStyleOptionViewItem

from app.ui.delegates.rows import MARGIN, Index, RowDelegate
from app.ui.item_models.items_model import ROW
from app.ui.widgets.painting import paint_score

BAR = 56
HEIGHT = 6


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
