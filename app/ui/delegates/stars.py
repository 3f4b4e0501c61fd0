"""The user's own opinion in a list: a heart and five stars, in halves, set with the mouse.

`StarsDelegate` asks for changes by signal; the page hands them to the ratings.
"""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractItemModel, QEvent, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter
from PySide6.QtWidgets import QAbstractItemView, QStyleOptionViewItem

from app.store.item_values import ItemRow
from app.ui.delegates.rows import Index, RowDelegate
from app.ui.item_models.columns import Column
from app.ui.item_models.items_model import ItemsModel
from app.ui.theme import Theme
from app.ui.widgets.painting import paint_opinion, paint_stars, star_rects, stars_at

LEFT = 6
HEART = 20
STAR = 13


class StarsDelegate(RowDelegate):
    """Heart and stars of a row. `rated(id, stars)` (0: no rating), `liked(id, on)` tell what was clicked."""

    rated = Signal(object, float)
    liked = Signal(object, bool)

    def __init__(self, view: QAbstractItemView, model: ItemsModel, theme: Theme) -> None:
        super().__init__(view, model, theme)
        self._pointed: tuple[int, float] | None = None
        """The item and the stars under the pointer."""

    def paint_cell(self, painter: QPainter, rect: QRect, row: ItemRow, _column: Column, at: int) -> None:
        hovered = at == self.hovered_row
        if row.liked or hovered:
            heart = QRectF(rect.left() + LEFT, rect.center().y() - 5, 12, 12)
            paint_opinion(painter, heart, row.liked, self._theme.tones, offer=hovered)
        stars = row.stars
        if hovered and self._pointed is not None and self._pointed[0] == row.id:
            stars = self._pointed[1]
        if stars or hovered:
            tones = self._theme.tones
            paint_stars(painter, _stars_rect(rect), stars or 0.0, QColor(tones.accent), QColor(tones.hairline))

    def editorEvent(
        self, event: QEvent, _model: QAbstractItemModel, option: QStyleOptionViewItem, index: Index
    ) -> bool:
        row = self._model.item_at(index.row())
        if row is None or not isinstance(event, QMouseEvent):
            return False
        view: Any = option
        place = _stars_rect(view.rect)
        x = event.position().x()
        on_stars = place.left() - 3 <= x <= star_rects(place)[-1].right() + 6
        on_heart = x < place.left() - 3
        stars = stars_at(place, max(x, place.left()))
        if event.type() == QEvent.Type.MouseMove:
            self._pointed = (row.id, stars) if on_stars else None
            self._view.viewport().update(view.rect)
            return False
        plain = event.modifiers() == Qt.KeyboardModifier.NoModifier
        if event.button() != Qt.MouseButton.LeftButton or not plain or not (on_stars or on_heart):
            return False
        if event.type() == QEvent.Type.MouseButtonRelease:
            if on_stars:
                self.rated.emit(row.id, 0.0 if stars == row.stars else stars)
            else:
                self.liked.emit(row.id, row.liked <= 0)
        return True


def _stars_rect(rect: QRect) -> QRectF:
    return QRectF(rect.left() + LEFT + HEART, rect.center().y() - STAR / 2 + 1, 5 * STAR * 1.12, STAR)
