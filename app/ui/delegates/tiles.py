"""How a cover with two lines of text is drawn in a grid: albums and videos. Text is always plain."""

from __future__ import annotations

from typing import Any, Protocol

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt, SignalInstance
from PySide6.QtGui import QColor, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QAbstractItemView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from app.ui.item_models.tile import TILE, Tile
from app.ui.theme import RADIUS, Space, TextSize, Theme
from app.ui.widgets.elided_label import one_line

Index = QModelIndex | QPersistentModelIndex
LINES = 40
"""Height of the two lines of text."""


class Pictures(Protocol):
    """Where tiles get their pictures: the covers, or the tiles of films. `loaded` tells that one more has been read."""

    @property
    def loaded(self) -> SignalInstance: ...

    def pixmap(self, cover: str, seed: str, size: int | QSize, dpr: float = 1.0) -> QPixmap: ...


class TileDelegate(QStyledItemDelegate):
    """Draws tiles whose picture has `picture` logical pixels; the cell may be wider."""

    def __init__(self, view: QAbstractItemView, covers: Pictures, theme: Theme, picture: QSize) -> None:
        super().__init__(view)
        self._view = view
        self._covers = covers
        self._theme = theme
        self._picture = picture
        self.cell_width = picture.width() + Space.L

    @property
    def picture(self) -> QSize:
        return self._picture

    @property
    def cell(self) -> QSize:
        return QSize(self.cell_width, self._picture.height() + Space.S + LINES + Space.L)

    def sizeHint(self, _option: QStyleOptionViewItem, _index: Index) -> QSize:
        return self.cell

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        view: Any = option
        tile = index.data(TILE)
        if tile is None:
            return
        tones = self._theme.tones
        rect: QRect = view.rect
        place = QRect(rect.left() + Space.S, rect.top() + Space.S, self._picture.width(), self._picture.height())
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ground = QRectF(place).adjusted(-6, -6, 6, LINES + 10)
        state = view.state
        if state & QStyle.StateFlag.State_Selected:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(tones.selected))
            painter.drawRoundedRect(ground, RADIUS, RADIUS)
        elif state & QStyle.StateFlag.State_MouseOver:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(tones.hover))
            painter.drawRoundedRect(ground, RADIUS, RADIUS)
        if self._view.hasFocus() and index.row() == self._view.currentIndex().row():
            painter.setPen(QPen(QColor(tones.accent), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(ground.adjusted(1, 1, -1, -1), RADIUS, RADIUS)
        ratio = painter.device().devicePixelRatioF()
        painter.drawPixmap(place, self._covers.pixmap(tile.cover, tile.seed, self._picture, ratio))
        if tile.badge:
            self._badge(painter, place, tile.badge)
        self._lines(painter, place, tile)
        painter.restore()

    def _lines(self, painter: QPainter, place: QRect, tile: Tile) -> None:
        tones = self._theme.tones
        top = place.bottom() + Space.S
        strong = QColor(tones.accent if tile.current else tones.text)
        for text, size, colour, offset in (
            (tile.title, TextSize.BODY, strong, 0),
            (tile.below, TextSize.SMALL, QColor(tones.muted), 20),
        ):
            painter.setFont(self._theme.font(size, bold=size == TextSize.BODY and tile.current, tabular=True))
            painter.setPen(colour)
            line = QRect(place.left(), top + offset, place.width(), 18)
            shown = painter.fontMetrics().elidedText(one_line(text), Qt.TextElideMode.ElideRight, line.width())
            painter.drawText(
                line, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine, shown
            )

    def _badge(self, painter: QPainter, place: QRect, words: str) -> None:
        painter.setFont(self._theme.font(TextSize.SMALL, tabular=True))
        width = painter.fontMetrics().horizontalAdvance(words) + 10
        box = QRectF(place.right() - width - 5, place.bottom() - 22, width, 18)
        painter.setPen(Qt.PenStyle.NoPen)
        # On a picture of any colour: always light on dark.
        painter.setBrush(QColor(0, 0, 0, 170))
        painter.drawRoundedRect(box, 4, 4)
        painter.setPen(QColor(255, 255, 255))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, words)
