"""What one recommended thing on a page has in common, as a card or as a row: it lives up under the mouse or the
keyboard, and its reason can be pointed at.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRect, Qt, Signal
from PySide6.QtGui import QEnterEvent, QFocusEvent, QMouseEvent
from PySide6.QtWidgets import QWidget


class PickView(QWidget):
    """`left` when the mouse leaves it, `focused` when the keyboard comes to it."""

    left = Signal()
    focused = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.over_reason = False
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)

    @property
    def reason_rect(self) -> QRect:
        """Where the reason stands; a click there opens the whole account."""
        raise NotImplementedError

    @property
    def hovered(self) -> bool:
        return self.underMouse()

    @property
    def active(self) -> bool:
        """Whether mouse or keyboard are on it."""
        return self.underMouse() or self.hasFocus()

    def show_active(self) -> None:
        """`active` may have changed."""
        self.update()

    # Qt's events

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self.show_active()

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self.over_reason = False
        self.show_active()
        self.left.emit()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.show_active()
        self.focused.emit()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.show_active()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        over = self.reason_rect.contains(event.position().toPoint())
        if over != self.over_reason:
            self.over_reason = over
            self.setCursor(Qt.CursorShape.PointingHandCursor if over else Qt.CursorShape.ArrowCursor)
            self.update()
