"""The moments of one film side by side, as small tiles: the strip on the stage.

A click or Enter on a tile goes there; its menu also asks for moments like it. Painted by hand: one widget, however
many tiles there are.
"""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QFocusEvent,
    QKeyEvent,
    QLinearGradient,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QMenu, QSizePolicy, QWidget

from app.ui.film_tiles import FilmMoments, FilmTiles
from app.ui.theme import RADIUS, Space, TextSize, Theme
from app.ui.widgets.times import clock

TILE_HEIGHT = 54
NARROWEST, WIDEST = 40, 128
"""Of one tile, in px: a film of any shape leaves room for others."""
_GAP = Space.XS
_EDGE = 2
"""Room for the outline around a tile."""
_FADE = 28


class FilmStrip(QWidget):
    """`seek_wanted(seconds)` for a tile that was chosen; `similar_wanted(item, seconds)` for moments like one."""

    seek_wanted = Signal(float)
    similar_wanted = Signal(int, float)

    def __init__(self, tiles: FilmTiles, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tiles, self._theme = tiles, theme
        self._film: FilmMoments | None = None
        self._position = 0.0
        self._chosen = 0
        self._hovered = -1
        self._offset = 0
        # Time runs from left to right in every script, as on the slider below.
        self.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(self.tr("Moments of this film"))
        tiles.loaded.connect(self._on_loaded)
        theme.changed.connect(self.update)

    # What is shown

    @property
    def film(self) -> FilmMoments | None:
        return self._film

    @property
    def chosen(self) -> int:
        """The number of the tile that the keys are on."""
        return self._chosen

    @property
    def running(self) -> int:
        """The number of the tile whose scene plays; -1 without a film."""
        return self._film.running(self._position) if self._film is not None else -1

    def set_film(self, item: int) -> bool:
        """Show the moments of this film; False, and nothing to see, where there are none."""
        film = self._tiles.moments(item)
        if film is not None and not film.picture:
            film = None
        if film != self._film:
            self._film, self._hovered, self._position = film, -1, 0.0
            self._choose(0)
            self._scroll(0)
            self.update()
        return film is not None

    def set_position(self, seconds: float) -> None:
        """Where the film is: its tile is outlined, and comes into view unless the strip is in use."""
        before, self._position = self.running, seconds
        if self.running != before:
            if not self.hasFocus():
                self._choose(self.running)
                if self._hovered < 0:
                    self._bring(self.running)
            self.update()

    def place_of(self, number: int) -> QRect:
        """Where a tile stands in the widget."""
        size = self._tile_size()
        return QRect(QPoint(_EDGE + number * (size.width() + _GAP) - self._offset, _EDGE), size)

    def number_at(self, point: QPoint) -> int:
        """The tile under a point, -1 for none."""
        count = len(self._film.ats) if self._film is not None else 0
        return next((number for number in range(count) if self.place_of(number).contains(point)), -1)

    def build_menu(self, number: int) -> QMenu:
        """What can be done with a tile."""
        menu = QMenu(self)
        film = self._film
        if film is None:
            return menu
        at = film.ats[number]
        go = menu.addAction(self._theme.icon("play"), self.tr("Go to {time}").format(time=clock(at)))
        go.triggered.connect(lambda: self.seek_wanted.emit(at))
        similar = menu.addAction(self._theme.icon("similar"), self.tr("Similar moments"))
        similar.triggered.connect(lambda: self.similar_wanted.emit(film.item, at))
        return menu

    def sizeHint(self) -> QSize:
        return QSize(400, TILE_HEIGHT + 2 * _EDGE)

    def minimumSizeHint(self) -> QSize:
        return QSize(0, TILE_HEIGHT + 2 * _EDGE)

    # Painting

    def paintEvent(self, _event: QPaintEvent) -> None:
        film = self._film
        if film is None:
            return
        ratio = self.devicePixelRatioF()
        row = QPixmap(self.size() * ratio)
        row.setDevicePixelRatio(ratio)
        row.fill(Qt.GlobalColor.transparent)
        painter = QPainter(row)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        running = self.running
        for number, at in enumerate(film.ats):
            place = self.place_of(number)
            if place.right() < 0 or place.left() > self.width():
                continue
            marked = number == running
            painter.setOpacity(1.0 if marked or number in (self._hovered, self._focused()) else 0.78)
            self._paint_tile(painter, place, number, clock(at))
            painter.setOpacity(1.0)
            if number == self._focused():
                self._outline(painter, place, "text")
            if marked:
                self._outline(painter, place.adjusted(1, 1, -1, -1) if number == self._focused() else place, "accent")
        self._fade_ends(painter)
        painter.end()
        QPainter(self).drawPixmap(0, 0, row)

    def _paint_tile(self, painter: QPainter, place: QRect, number: int, words: str) -> None:
        assert self._film is not None
        picture = self._tiles.tile(self._film.item, number, place.size(), self.devicePixelRatioF())
        if picture is not None:
            painter.drawPixmap(place, picture)
        else:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._theme.color("hover"))
            painter.drawRoundedRect(place, RADIUS, RADIUS)
        painter.setFont(self._theme.font(TextSize.SMALL, tabular=True))
        width = painter.fontMetrics().horizontalAdvance(words) + 8
        if width + 4 > place.width():
            return
        box = QRectF(place.right() - width - 2, place.bottom() - 17, width, 15)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(0, 0, 0, 170))
        painter.drawRoundedRect(box, 4, 4)
        painter.setPen(QColor(255, 255, 255))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, words)

    def _outline(self, painter: QPainter, place: QRect, tone: str) -> None:
        painter.setPen(QPen(self._theme.color(tone), 2))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(QRectF(place), RADIUS, RADIUS)

    def _fade_ends(self, painter: QPainter) -> None:
        """Where there is more to either side, the tiles fade away."""
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_DestinationIn)
        width = self.width()
        for more, left, inner, outer in (
            (self._offset > 0, 0, _FADE, 0),
            (self._offset < self._most(), width - _FADE, width - _FADE, width),
        ):
            if more:
                fade = QLinearGradient(inner, 0, outer, 0)
                fade.setColorAt(0, QColor(0, 0, 0, 255))
                fade.setColorAt(1, QColor(0, 0, 0, 0))
                painter.fillRect(QRect(left, 0, _FADE, self.height()), fade)

    # Pointer and keys

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._hover(self.number_at(event.position().toPoint()))

    def leaveEvent(self, _event: object) -> None:
        self._hover(-1)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        number = self.number_at(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and number >= 0:
            self._choose(number)
            self._go()

    def wheelEvent(self, event: QWheelEvent) -> None:
        turned = event.angleDelta().x() or event.angleDelta().y()
        self._scroll(self._offset - turned)
        self._hover(self.number_at(event.position().toPoint()))
        event.accept()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        by_key = event.reason() == QContextMenuEvent.Reason.Keyboard
        number = self._chosen if by_key else self.number_at(event.pos())
        if self._film is None or number < 0:
            return
        menu = self.build_menu(number)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(self.mapToGlobal(self.place_of(number).center()) if by_key else event.globalPos())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        last = len(self._film.ats) - 1 if self._film is not None else -1
        steps = {
            Qt.Key.Key_Left: self._chosen - 1,
            Qt.Key.Key_Right: self._chosen + 1,
            Qt.Key.Key_Home: 0,
            Qt.Key.Key_End: last,
        }
        plain = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier == Qt.KeyboardModifier.NoModifier
        key = Qt.Key(event.key())
        if plain and key in steps:
            self._choose(min(max(steps[key], 0), max(last, 0)))
            self._bring(self._chosen)
        elif plain and key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._go()
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        self._choose(max(self.running, 0))
        self._bring(self._chosen)
        super().focusInEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._bring(self._chosen)

    # Inside

    def _go(self) -> None:
        if self._film is not None:
            self.seek_wanted.emit(self._film.ats[self._chosen])

    def _focused(self) -> int:
        return self._chosen if self.hasFocus() else -1

    def _tile_size(self) -> QSize:
        if self._film is None:
            return QSize(NARROWEST, TILE_HEIGHT)
        width = self._film.fitted(10_000, TILE_HEIGHT).width()
        return QSize(min(max(width, NARROWEST), WIDEST), TILE_HEIGHT)

    def _most(self) -> int:
        count = len(self._film.ats) if self._film is not None else 0
        return max(count * (self._tile_size().width() + _GAP) - _GAP + 2 * _EDGE - self.width(), 0)

    def _scroll(self, offset: int) -> None:
        self._offset = min(max(offset, 0), self._most())
        self.update()

    def _bring(self, number: int) -> None:
        """Scroll a tile to the middle."""
        place = self.place_of(number)
        self._scroll(place.center().x() + self._offset - self.width() // 2)

    def _hover(self, number: int) -> None:
        if number != self._hovered:
            self._hovered = number
            self.setCursor(Qt.CursorShape.PointingHandCursor if number >= 0 else Qt.CursorShape.ArrowCursor)
            self.update()

    def _choose(self, number: int) -> None:
        self._chosen = max(number, 0)
        film = self._film
        if film is not None:
            words = self.tr("Moment {number} of {count}, at {time}")
            at = clock(film.ats[self._chosen])
            self.setAccessibleDescription(words.format(number=self._chosen + 1, count=len(film.ats), time=at))
        self.update()

    def _on_loaded(self, picture: str) -> None:
        if self._film is not None and picture == self._film.picture:
            self.update()
