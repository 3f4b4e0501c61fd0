"""The map itself: dots that can be looked at from near and far, pointed at, chosen, and joined by a line.

Paints from one picture of the dots (`map_raster.py`) that is larger than what is seen, so that moving it is one copy;
what changes with the pointer is painted over it. Knows dots and regions, not what they stand for: the page does.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QNativeGestureEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QApplication, QWidget

from app.store.map_layout import Dots, Region
from app.ui.map_index import MapIndex
from app.ui.map_marks import MOST_MARKS, paint_names, paint_opinions, paint_rings, regions_at
from app.ui.map_raster import DotsPainter, View, colour_codes, colours, radius_for
from app.ui.theme import TextSize, Theme
from models.types import I64

CLOSEST = 250.0
"""How many times nearer than the whole one may look."""
STEP = 1.4
"""Of a key or a notch of the wheel."""
EDGE = 28
"""Px around the whole map."""
REACH = 14.0
"""Px within which the pointer finds a dot."""
MOST_ON_A_PATH = 40
NAME_ABOVE = 12
"""Px between the edge of a dot in the middle of a region and the middle of its name: a small group stays in sight."""
_MARGIN = 0.2
"""Of the picture beyond each side of what is seen."""
_FAR, _NEAR = 1.7, 4.5
"""Magnifications from which the smaller regions are named."""
_ROUND = QPainter.RenderHint.Antialiasing


class MapCanvas(QWidget):
    """`hovered(id, point)` (0: none), `chosen_changed(ids)`, `opened(id)`, `menu_wanted(point)`, `path_drawn(ids)`.

    `looked` comes when something else is looked at than before.
    """

    hovered = Signal(int, QPointF)
    chosen_changed = Signal(object)
    opened = Signal(int)
    menu_wanted = Signal(QPointF)
    path_drawn = Signal(object)
    looked = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        nothing = np.zeros(0, np.int8)
        places = np.zeros((0, 2), np.float32)
        self._dots = Dots(np.zeros(0, np.int64), places, nothing.astype(bool), nothing, nothing.astype(np.float32))
        self._index = MapIndex(places)
        self._painter: DotsPainter | None = None
        self._regions: Sequence[Region] = ()
        self._matching: np.ndarray | None = None
        self._view = View(0.5, 0.5, 0.0)
        """Scale 0: not looked at yet, and then the whole is shown."""
        self._picture: tuple[View, QImage] | None = None
        self._chosen: list[int] = []
        """Ids; the last is the one that keys act from."""
        self._playing = 0
        self._hover = -1
        self._pressed: tuple[Qt.MouseButton, Qt.KeyboardModifier, QPointF] | None = None
        self._seen_from = self._view
        self._band: QRectF | None = None
        self._line: list[QPointF] = []
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(160, 120)
        self.setAccessibleName(self.tr("Map of your library"))
        theme.changed.connect(self._look_changed)

    # What is shown

    @property
    def dots(self) -> Dots:
        return self._dots

    @property
    def view(self) -> View:
        """What is seen of the map."""
        return self._view

    @property
    def chosen(self) -> tuple[int, ...]:
        """The ids of the chosen dots."""
        return tuple(self._chosen)

    def show_dots(self, dots: Dots, regions: Sequence[Region]) -> None:
        """Show these; what is looked at and what is chosen stays."""
        self._dots, self._regions = dots, regions
        self._matching, self._hover = None, -1
        self._index = MapIndex(dots.places)
        there = set(dots.ids.tolist())
        kept = [item for item in self._chosen if item in there]
        self._look_changed()
        if kept != self._chosen:
            self._choose(kept)

    def set_liked(self, item: int, liked: int) -> None:
        """Show at once what the user just said of an Item."""
        row = self._row_of(item)
        if row >= 0:
            self._dots.liked[row] = liked
            self._picture = None
            self.update()

    def set_matching(self, items: Sequence[int] | None) -> int:
        """Let these stand out, or nothing for None; how many of them are on the map."""
        self._matching = None if items is None else np.isin(self._dots.ids, np.asarray(items, np.int64))
        self._look_changed()
        return 0 if self._matching is None else int(self._matching.sum())

    def set_playing(self, item: int) -> None:
        """Put the ring around what plays; 0 for nothing."""
        self._playing = item
        self.update()

    def show_item(self, item: int) -> bool:
        """Choose one Item and bring it into the middle; False where it is not on the map."""
        row = self._row_of(item)
        if row < 0:
            return False
        x, y = self._dots.places[row].tolist()
        self.look(View(x, y, max(self._view.scale, self._whole().scale * 3)))
        self._choose([item])
        return True

    def choose(self, items: Sequence[int]) -> None:
        """Choose these Items and no others."""
        self._choose([item for item in items if self._row_of(item) >= 0])

    def zoom(self, factor: float, at: QPointF | None = None) -> None:
        """Look from nearer (factor above 1) or further; the place under `at` stays where it is seen."""
        point = QPointF(self.width() / 2, self.height() / 2) if at is None else at
        whole = self._whole().scale
        scale = min(max(self._view.scale * factor, whole), whole * CLOSEST)
        x, y = self._place(point)
        self.look(View(x - (point.x() - self.width() / 2) / scale, y - (point.y() - self.height() / 2) / scale, scale))

    def show_all(self) -> None:
        """Look at the whole map."""
        self.look(self._whole())

    def point_of(self, item: int) -> QPointF | None:
        """Where an Item is seen, in the widget's px; None where it is not on the map."""
        row = self._row_of(item)
        return self._point(row) if row >= 0 else None

    # Events

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._picture = None
        if event.oldSize().isEmpty() or not self._view.scale:
            self._view = self._whole()
            return
        # The same part stays in view: as much nearer or further as the whole is.
        before = min(event.oldSize().width(), event.oldSize().height()) - 2 * EDGE
        factor = self._whole().scale / max(before, 1)
        self.look(View(self._view.x, self._view.y, max(self._view.scale * factor, self._whole().scale)))

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QNativeGestureEvent) and event.gestureType() == Qt.NativeGestureType.ZoomNativeGesture:
            self.zoom(1.0 + event.value(), event.position())
            return True
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and self._own(event):
            event.accept()
            return True
        if event.type() == QEvent.Type.Leave:
            self._set_hover(-1, QPointF())
        return super().event(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        turned = event.angleDelta().y() / 120 or event.pixelDelta().y() / 60
        if turned:
            self.zoom(STEP**turned, event.position())
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._pressed = (event.button(), event.modifiers(), event.position())
        self._seen_from = self._view
        self._line, self._band = [event.position()], None

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at = event.position()
        if self._pressed is None:
            self._set_hover(self._dot_at(at), at)
            return
        button, modifiers, start = self._pressed
        far = (at - start).manhattanLength() >= QApplication.startDragDistance()
        if button == Qt.MouseButton.RightButton and (far or len(self._line) > 1):
            self._line.append(at)
        elif button == Qt.MouseButton.LeftButton and modifiers & Qt.KeyboardModifier.ShiftModifier:
            self._band = QRectF(start, at).normalized()
        elif button in (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton) and (
            far or self._view is not self._seen_from
        ):
            self._set_hover(-1, at)
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
            moved, seen = at - start, self._seen_from
            self.look(View(seen.x - moved.x() / seen.scale, seen.y - moved.y() / seen.scale, seen.scale))
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._pressed is None:
            return
        button, modifiers, _ = self._pressed
        band, line, moved = self._band, self._line, self._view is not self._seen_from
        self._pressed, self._band, self._line = None, None, []
        self.unsetCursor()
        if band is not None:
            left, top = self._place(band.topLeft())
            right, bottom = self._place(band.bottomRight())
            found = self._dots.ids[self._index.inside(left, top, right, bottom)].tolist()
            before = self._chosen if modifiers & Qt.KeyboardModifier.ControlModifier else []
            self._choose(list(dict.fromkeys([*before, *found])))
        elif button == Qt.MouseButton.RightButton and len(line) > 1:
            self._finish_line(line)
        elif button == Qt.MouseButton.RightButton:
            row = self._dot_at(event.position())
            if row >= 0 and self._id(row) not in self._chosen:
                self._choose([self._id(row)])
            self.menu_wanted.emit(event.position())
        elif button == Qt.MouseButton.LeftButton and not moved:
            self._click(self._dot_at(event.position()), modifiers)
        self.update()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        row = self._dot_at(event.position())
        if row >= 0 and event.button() == Qt.MouseButton.LeftButton:
            self.opened.emit(self._id(row))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        # By the pointer it opens when the button is let go: until then it may become a line.
        if event.reason() != QContextMenuEvent.Reason.Mouse and self._chosen:
            self.menu_wanted.emit(self.point_of(self._chosen[-1]) or QPointF(self.rect().center()))
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self._own(event):
            super().keyPressEvent(event)
            return
        match event.key():
            case Qt.Key.Key_Left:
                self._step(-1, 0)
            case Qt.Key.Key_Right:
                self._step(1, 0)
            case Qt.Key.Key_Up:
                self._step(0, -1)
            case Qt.Key.Key_Down:
                self._step(0, 1)
            case Qt.Key.Key_Plus | Qt.Key.Key_Equal:
                self.zoom(STEP, self._last_point())
            case Qt.Key.Key_Minus:
                self.zoom(1 / STEP, self._last_point())
            case Qt.Key.Key_Home:
                self.show_all()
            case Qt.Key.Key_Escape:
                self._choose([])
            case Qt.Key.Key_Return | Qt.Key.Key_Enter if self._chosen:
                self.opened.emit(self._chosen[-1])

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        if self._view.scale and len(self._dots):
            offset, picture = self._drawn()
            painter.drawImage(offset, picture)
        painter.setRenderHint(_ROUND)
        self._paint_names(painter)
        self._paint_rings(painter)
        accent = self._theme.color("accent")
        if self._band is not None:
            painter.setPen(QPen(accent, 1))
            fill = QColor(accent)
            fill.setAlpha(36)
            painter.setBrush(fill)
            painter.drawRect(self._band)
        if len(self._line) > 1:
            painter.setPen(QPen(accent, 2, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin))
            painter.drawPolyline(self._line)
        if self.hasFocus():
            painter.setPen(QPen(accent, 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5))

    # Inside: looking

    def _whole(self) -> View:
        side = max(min(self.width(), self.height()) - 2 * EDGE, 40)
        return View(0.5, 0.5, float(side))

    def look(self, view: View) -> None:
        """Look at this; the map never leaves the window altogether."""
        x, y = (min(max(value, -0.1), 1.1) for value in (view.x, view.y))
        self._view = View(x, y, view.scale)
        self.looked.emit()
        self.update()

    def _look_changed(self) -> None:
        self._picture, self._painter = None, None
        self.update()

    @property
    def _nearness(self) -> float:
        return self._view.scale / self._whole().scale

    def _radius(self) -> float:
        """Of dots, in px: larger the nearer one looks, up to where the eye needs no more."""
        whole = self._whole().scale
        seen = len(self._dots) / max(self._nearness, 1.0) ** 2
        return radius_for(max(round(seen), 1), whole * whole)

    def _drawn(self) -> tuple[QPointF, QImage]:
        """The picture of the dots, and where it has to be put."""
        width, height = self.width(), self.height()
        extra_x, extra_y = round(width * _MARGIN), round(height * _MARGIN)
        held = self._picture
        if held is not None:
            seen, picture = held
            dx, dy = ((a - b) * seen.scale for a, b in ((seen.x, self._view.x), (seen.y, self._view.y)))
            if seen.scale == self._view.scale and abs(dx) <= extra_x and abs(dy) <= extra_y:
                return QPointF(round(dx) - extra_x, round(dy) - extra_y), picture
        if self._painter is None:
            codes = colour_codes(self._dots.scores, self._matching)
            self._painter = DotsPainter(self._dots.places, codes, self._dots.films, colours(self._theme.tones))
        ratio = self.devicePixelRatioF()
        picture = self._painter.paint(self._view, width + 2 * extra_x, height + 2 * extra_y, ratio, self._radius())
        self._paint_marks(picture, extra_x, extra_y)
        self._picture = (self._view, picture)
        return QPointF(-extra_x, -extra_y), picture

    def _paint_marks(self, picture: QImage, extra_x: int, extra_y: int) -> None:
        shown = self._dots.liked != 0
        rated = np.flatnonzero(shown if self._matching is None else shown & self._matching).tolist()
        aside = QPointF(extra_x, extra_y)
        marks = [(self._point(row) + aside, int(self._dots.liked[row])) for row in rated]
        paint_opinions(picture, marks, self._radius(), self._theme)

    def _paint_rings(self, painter: QPainter) -> None:
        near = QRectF(self.rect()).adjusted(-EDGE, -EDGE, EDGE, EDGE)
        rows = np.searchsorted(self._dots.ids, self._chosen[-MOST_MARKS:]).tolist()
        chosen = [point for point in map(self._point, rows) if near.contains(point)]
        hover = self._point(self._hover) if self._hover >= 0 else None
        paint_rings(painter, chosen, hover, self.point_of(self._playing), self._radius(), self._theme)

    def _paint_names(self, painter: QPainter) -> None:
        level = 0 if self._nearness < _FAR else 1 if self._nearness < _NEAR else 2
        above = QPointF(0, self._radius() + NAME_ABOVE)
        named = [
            (region.name, QPointF(*self._view.to_pixels(region.x, region.y, self.width(), self.height())) - above)
            for region in regions_at(level, self._regions)
        ]
        font = self._theme.font(TextSize.BODY if level < 2 else TextSize.SMALL, bold=True)
        paint_names(painter, named, QRectF(self.rect()), font, self._theme)

    # Inside: finding and choosing

    def _place(self, point: QPointF) -> tuple[float, float]:
        return self._view.to_place(point.x(), point.y(), self.width(), self.height())

    def _point(self, row: int) -> QPointF:
        x, y = self._dots.places[row].tolist()
        return QPointF(*self._view.to_pixels(x, y, self.width(), self.height()))

    def _id(self, row: int) -> int:
        return int(self._dots.ids[row])

    def _row_of(self, item: int) -> int:
        ids: I64 = self._dots.ids
        row = int(np.searchsorted(ids, item))
        return row if row < len(ids) and int(ids[row]) == item else -1

    def _dot_at(self, point: QPointF) -> int:
        if not len(self._dots) or not self._view.scale:
            return -1
        return self._index.nearest(*self._place(point), REACH / self._view.scale)

    def _last_point(self) -> QPointF | None:
        return self.point_of(self._chosen[-1]) if self._chosen else None

    def _set_hover(self, row: int, at: QPointF) -> None:
        if row != self._hover:
            self._hover = row
            self.hovered.emit(self._id(row) if row >= 0 else 0, at)
            self.update()

    def _click(self, row: int, modifiers: Qt.KeyboardModifier) -> None:
        if row < 0:
            self._choose([])
            return
        item = self._id(row)
        if not modifiers & Qt.KeyboardModifier.ControlModifier:
            self._choose([item])
        elif item in self._chosen:
            self._choose([other for other in self._chosen if other != item])
        else:
            self._choose([*self._chosen, item])

    def _choose(self, items: list[int]) -> None:
        if items != self._chosen:
            self._chosen = items
            self.chosen_changed.emit(tuple(items))
            self.update()

    def _step(self, across: int, down: int) -> None:
        """Go to the next dot in a direction; the first step chooses the one nearest to the middle."""
        if not len(self._dots):
            return
        if not self._chosen:
            middle = QPointF(self.width() / 2, self.height() / 2)
            row = self._index.nearest(*self._place(middle), 2.0)
        else:
            row = self._index.towards(self._row_of(self._chosen[-1]), across, down)
        if row < 0:
            return
        if not QRectF(self.rect()).adjusted(EDGE, EDGE, -EDGE, -EDGE).contains(self._point(row)):
            x, y = self._dots.places[row].tolist()
            self.look(View(x, y, self._view.scale))
        self._choose([self._id(row)])

    def _finish_line(self, line: Sequence[QPointF]) -> None:
        rows = self._index.along([self._place(point) for point in line], 3 * REACH / self._view.scale, MOST_ON_A_PATH)
        if rows:
            self.path_drawn.emit(tuple(self._id(row) for row in rows))

    @staticmethod
    def _own(event: QKeyEvent) -> bool:
        """Whether a key means the map."""
        shift = Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.KeypadModifier
        key = event.key()
        if key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal, Qt.Key.Key_Minus):
            return not event.modifiers() & ~shift
        arrows = (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down)
        others = (Qt.Key.Key_Home, Qt.Key.Key_Escape, Qt.Key.Key_Return, Qt.Key.Key_Enter)
        return key in (*arrows, *others) and not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
