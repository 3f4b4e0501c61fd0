"""Five stars to rate with, in halves: by pointer, by arrow keys, by the digits 0 to 5."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QEnterEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QToolTip, QWidget

from app.ui.theme import Theme
from app.ui.widgets.painting import STARS, paint_stars, stars_at

_STEPS = {Qt.Key.Key_Right: 0.5, Qt.Key.Key_Up: 0.5, Qt.Key.Key_Left: -0.5, Qt.Key.Key_Down: -0.5}
_CONTROL = Qt.KeyboardModifier.ControlModifier
_MARGIN = 3


class RatingStars(QWidget):
    """Shows a rating and asks for a new one through `rated` (0.5..5, or 0 to take it back).

    The widget does not change by itself: whoever listens to `rated` calls `set_stars`.
    """

    rated = Signal(float)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._stars = 0.0
        self._hovered: float | None = None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName(self.tr("Your rating"))
        self._describe()
        theme.changed.connect(self.update)

    @property
    def stars(self) -> float:
        """0 where there is no rating."""
        return self._stars

    def set_stars(self, stars: float | None) -> None:
        """Show this rating; None and 0 are none."""
        self._stars = stars or 0.0
        self._describe()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(5 * 18 + 4 * 2 + 2 * _MARGIN, 18 + 2 * _MARGIN)

    def minimumSizeHint(self) -> QSize:
        return QSize(5 * 15 + 2 * _MARGIN, 15 + 2 * _MARGIN)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        shown = self._stars if self._hovered is None else self._hovered
        if not self.isEnabled():
            painter.setOpacity(0.5)
        paint_stars(painter, self._area(), shown, self._theme.color("accent"), self._theme.color("faint"))
        if self.hasFocus():
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(self._theme.color("accent"), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 4, 4)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._hover(stars_at(self._area(), event.position().x()))

    def enterEvent(self, event: QEnterEvent) -> None:
        self._hover(stars_at(self._area(), event.position().x()))

    def leaveEvent(self, _event: QEvent) -> None:
        self._hovered = None
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            return
        wanted = stars_at(self._area(), event.position().x())
        # The rating that is already there, clicked again, is taken back.
        self.rated.emit(0.0 if wanted == self._stars else wanted)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if key in _STEPS:
            step = _STEPS[key]
            if self.layoutDirection() == Qt.LayoutDirection.RightToLeft and key in (
                Qt.Key.Key_Left,
                Qt.Key.Key_Right,
            ):
                step = -step
            self.rated.emit(min(max(self._stars + step, 0.0), float(STARS)))
        elif Qt.Key.Key_0 <= key <= Qt.Key.Key_5 and not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.rated.emit(float(key - Qt.Key.Key_0))
        elif key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace, Qt.Key.Key_Home):
            self.rated.emit(0.0)
        elif key == Qt.Key.Key_End:
            self.rated.emit(float(STARS))
        else:
            super().keyPressEvent(event)

    def _area(self) -> QRectF:
        return QRectF(self.rect()).adjusted(_MARGIN, _MARGIN, -_MARGIN, -_MARGIN)

    def _hover(self, stars: float) -> None:
        if stars == self._hovered:
            return
        self._hovered = stars
        self.update()
        if self.underMouse() and self.isVisible():
            QToolTip.showText(self.mapToGlobal(QPoint(0, self.height())), self._words(stars), self)

    def _describe(self) -> None:
        self.setAccessibleDescription(self._words(self._stars))
        self.setToolTip(self._words(self._stars))

    def _words(self, stars: float) -> str:
        if not stars:
            return self.tr("Not rated")
        return self.tr("{stars} of 5 stars").format(stars=f"{stars:g}")
