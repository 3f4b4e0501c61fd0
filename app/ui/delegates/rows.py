"""How one row of a list of items is drawn: ground, focus and text.

`RowDelegate` is the base of every delegate of a list. Drawn by hand, because a style sheet's item drawing costs
several times as much at a full screen of cells. Text is always plain.
"""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRect, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPolygonF
from PySide6.QtWidgets import QAbstractItemView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from app.store.item_values import ItemRow
from app.ui.item_models.columns import SPECS, Column
from app.ui.item_models.items_model import ItemsModel
from app.ui.theme import Theme
from app.ui.widgets.elided_label import one_line

Index = QModelIndex | QPersistentModelIndex
MARGIN = 8
ROW_HEIGHT = 28
FILM = 14
_VERTICAL = Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine
_LEFT, _RIGHT = Qt.AlignmentFlag.AlignLeft | _VERTICAL, Qt.AlignmentFlag.AlignRight | _VERTICAL


class RowDelegate(QStyledItemDelegate):
    """Draws the ground of a row across all its cells, then the cell's text; subclasses replace `paint_cell`.

    Asks the model directly: through Qt's roles a cell would cost several crossings between C++ and Python.
    """

    def __init__(self, view: QAbstractItemView, model: ItemsModel, theme: Theme) -> None:
        super().__init__(view)
        self._view, self._model, self._theme = view, model, theme
        self.hovered_row = -1
        self._plain = theme.font(tabular=True)
        self._strong = theme.font(bold=True)
        self._absent = theme.font(tabular=True)
        self._absent.setItalic(True)
        theme.changed.connect(self._take_tones)
        self._take_tones()

    def _take_tones(self) -> None:
        tones = self._theme.tones
        self._accent, self._text, self._muted = QColor(tones.accent), QColor(tones.text), QColor(tones.muted)
        self._selected, self._hover = QColor(tones.selected), QColor(tones.hover)

    def sizeHint(self, _option: QStyleOptionViewItem, _index: Index) -> QSize:
        return QSize(80, ROW_HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        view: Any = option
        rect: QRect = view.rect
        at = index.row()
        if view.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(rect, self._selected)
        elif at == self.hovered_row:
            painter.fillRect(rect, self._hover)
        if self._view.hasFocus() and at == self._view.currentIndex().row():
            # The current row is outlined across its cells, so that keyboard users see where they are.
            painter.setPen(self._accent)
            painter.drawLine(rect.topLeft(), rect.topRight())
            painter.drawLine(rect.bottomLeft(), rect.bottomRight())
        row = self._model.item_at(at)
        if row is not None:
            self.paint_cell(painter, rect, row, self._model.shown_columns[index.column()], at)

    def paint_cell(self, painter: QPainter, rect: QRect, row: ItemRow, column: Column, at: int) -> None:
        """Draw what stands in the cell of `row`, which is row `at` of the list."""
        place = rect.adjusted(MARGIN, 0, -MARGIN, 0)
        title = column is Column.TITLE
        current = title and row.id == self._model.current
        painter.setFont(self._strong if current else self._plain if row.present else self._absent)
        painter.setPen(self._accent if current else self._text if title and row.present else self._muted)
        if current:
            _play_mark(painter, QPointF(place.left(), place.center().y() + 1), self._accent)
            place = place.adjusted(14, 0, 0, 0)
        if title and row.kind == "video" and self._model.mixes_kinds:
            # At the end of the cell, so that titles stay in line.
            icon = self._theme.pixmap("video", FILM, "muted", painter.device().devicePixelRatioF())
            painter.drawPixmap(place.right() - FILM, place.center().y() - FILM // 2, icon)
            place = place.adjusted(0, 0, -FILM - MARGIN, 0)
        words = self._model.text(column, row, at)
        if not words:
            return
        shown = painter.fontMetrics().elidedText(one_line(words), Qt.TextElideMode.ElideRight, max(place.width(), 0))
        painter.drawText(place, _RIGHT if SPECS[column].right else _LEFT, shown)


def _play_mark(painter: QPainter, at: QPointF, colour: QColor) -> None:
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    painter.drawPolygon(QPolygonF([at + QPointF(0, -4.5), at + QPointF(8, 0), at + QPointF(0, 4.5)]))
    painter.restore()
