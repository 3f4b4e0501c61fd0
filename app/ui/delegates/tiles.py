"""How a picture with two lines of text is drawn in a grid: albums, videos, moments of films. Text is always plain.

Over a film the pointer leafs through its moments.
"""

from __future__ import annotations

from typing import Any, Protocol

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt, SignalInstance
from PySide6.QtGui import QColor, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QAbstractItemView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from app.ui.film_tiles import FilmMoments, FilmTiles
from app.ui.item_models.tile import TILE, Tile
from app.ui.theme import RADIUS, Space, TextSize, Theme
from app.ui.widgets.elided_label import one_line
from app.ui.widgets.times import clock

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
        self._films: FilmTiles | None = None
        self._pointed: tuple[int, float] = (-1, 0.0)
        """The place that is leafed through, and how far to the right the pointer is, 0..1."""
        self.cell_width = picture.width() + Space.L

    @property
    def picture(self) -> QSize:
        return self._picture

    @property
    def cell(self) -> QSize:
        return QSize(self.cell_width, self._picture.height() + Space.S + LINES + Space.L)

    def leaf_through(self, films: FilmTiles) -> None:
        """Show the moments of films under the pointer from now on."""
        self._films = films

    def point_at(self, row: int, rect: QRect, x: int) -> bool:
        """The pointer is at `x` over the cell `rect` of this row, -1 for none; True where that changes a picture."""
        left, width = rect.left() + Space.S, max(self._picture.width(), 1)
        share = min(max((x - left) / width, 0.0), 0.999)
        before, self._pointed = self._pointed, (row, share)
        return self._films is not None and before != self._pointed

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
        leafed = self._leafed(tile, index.row())
        picture = leafed[0].tile(leafed[1].item, leafed[2], self._picture, ratio) if leafed is not None else None
        if leafed is not None and picture is not None:
            _, film, number = leafed
            painter.drawPixmap(place, picture)
            self._marks(painter, place, number, len(film.ats))
            self._badge(painter, place, clock(film.ats[number]))
        else:
            painter.drawPixmap(place, self._covers.pixmap(tile.cover, tile.seed, self._picture, ratio))
            if tile.badge:
                self._badge(painter, place, tile.badge)
        self._lines(painter, place, tile)
        painter.restore()

    def _leafed(self, tile: Tile, row: int) -> tuple[FilmTiles, FilmMoments, int] | None:
        """The moment of the tile's film that the pointer is on; None where it is on none."""
        at, share = self._pointed
        if at != row or not tile.film or self._films is None:
            return None
        film = self._films.moments(tile.film)
        if film is None or not film.picture or len(film.ats) < 2:
            return None
        return self._films, film, int(share * len(film.ats))

    def _marks(self, painter: QPainter, place: QRect, number: int, count: int) -> None:
        """As many dashes as there are moments, the shown one in white, along the upper edge of the picture."""
        painter.setPen(Qt.PenStyle.NoPen)
        inner = place.adjusted(6, 0, -6, 0)
        step = inner.width() / count
        for at in range(count):
            painter.setBrush(QColor(255, 255, 255, 255 if at == number else 90))
            painter.drawRoundedRect(QRectF(inner.left() + at * step + 1, place.top() + 5, step - 2, 3), 1.5, 1.5)

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
