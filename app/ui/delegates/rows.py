"""How one row of a list of items is drawn: ground, focus and text.

`RowDelegate` is the base of every delegate of a list. Drawn by hand, because a style sheet's item drawing costs
several times as much at a full screen of cells. Text is always plain.
"""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRect, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPolygonF
from PySide6.QtWidgets import QAbstractItemView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from app.ui.item_models.items_model import ABSENT, CURRENT, QUIET
from app.ui.theme import Theme
from app.ui.widgets.elided_label import one_line

Index = QModelIndex | QPersistentModelIndex
MARGIN = 8
ROW_HEIGHT = 28


class RowDelegate(QStyledItemDelegate):
    """Draws the ground of a row across all its cells, then the cell's text; subclasses replace `paint_cell`."""

    def __init__(self, view: QAbstractItemView, theme: Theme) -> None:
        super().__init__(view)
        self._view = view
        self._theme = theme
        self.hovered_row = -1
        self._plain = theme.font(tabular=True)
        self._strong = theme.font(bold=True)
        self._absent = theme.font(tabular=True)
        self._absent.setItalic(True)

    def sizeHint(self, _option: QStyleOptionViewItem, _index: Index) -> QSize:
        return QSize(80, ROW_HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        painter.save()
        self._ground(painter, option, index)
        self.paint_cell(painter, option, index)
        painter.restore()

    def paint_cell(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw what stands in the cell."""
        view: Any = option
        tones = self._theme.tones
        rect: QRect = view.rect.adjusted(MARGIN, 0, -MARGIN, 0)
        current = bool(index.data(CURRENT)) and not index.data(QUIET)
        painter.setFont(self._strong if current else self._absent if index.data(ABSENT) else self._plain)
        painter.setPen(QColor(tones.accent if current else tones.muted if index.data(QUIET) else tones.text))
        if current:
            _play_mark(painter, QPointF(rect.left(), rect.center().y() + 1), QColor(tones.accent))
            rect = rect.adjusted(14, 0, 0, 0)
        words = one_line(str(index.data() or ""))
        shown = painter.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, max(rect.width(), 0))
        alignment = Qt.AlignmentFlag(index.data(Qt.ItemDataRole.TextAlignmentRole))
        painter.drawText(rect, alignment | Qt.TextFlag.TextSingleLine, shown)

    def _ground(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        view: Any = option
        rect: QRect = view.rect
        if view.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(rect, QColor(self._theme.tones.selected))
        elif index.row() == self.hovered_row:
            painter.fillRect(rect, QColor(self._theme.tones.hover))
        if self._view.hasFocus() and index.row() == self._view.currentIndex().row():
            # The current row is outlined across its cells, so that keyboard users see where they are.
            painter.setPen(QColor(self._theme.tones.accent))
            painter.drawLine(rect.topLeft(), rect.topRight())
            painter.drawLine(rect.bottomLeft(), rect.bottomRight())


def _play_mark(painter: QPainter, at: QPointF, colour: QColor) -> None:
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    painter.drawPolygon(QPolygonF([at + QPointF(0, -4.5), at + QPointF(8, 0), at + QPointF(0, 4.5)]))
    painter.restore()
