"""A layout that sets its parts side by side and goes on in the next line where the room ends, as words do."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtWidgets import QLayout, QLayoutItem, QStyle, QWidget


class FlowLayout(QLayout):
    """Parts keep their size hints; each line is as high as its highest part, and all stand centred in it."""

    def __init__(self, gap: int, line_gap: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._gap, self._line_gap = gap, line_gap
        self._parts: list[QLayoutItem] = []

    def addItem(self, part: QLayoutItem) -> None:
        self._parts.append(part)

    def count(self) -> int:
        return len(self._parts)

    def itemAt(self, index: int) -> QLayoutItem | None:
        return self._parts[index] if 0 <= index < len(self._parts) else None

    def takeAt(self, index: int) -> QLayoutItem | None:
        return self._parts.pop(index) if 0 <= index < len(self._parts) else None

    def expandingDirections(self) -> Qt.Orientation:
        return Qt.Orientation(0)

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return self._place(QRect(0, 0, width, 0), only_measure=True)

    def setGeometry(self, rect: QRect) -> None:
        super().setGeometry(rect)
        self._place(rect, only_measure=False)

    def sizeHint(self) -> QSize:
        return self.minimumSize()

    def minimumSize(self) -> QSize:
        margins = self.contentsMargins()
        widest = max((part.minimumSize().width() for part in self._shown()), default=0)
        highest = max((part.minimumSize().height() for part in self._shown()), default=0)
        return QSize(widest + margins.left() + margins.right(), highest + margins.top() + margins.bottom())

    def _shown(self) -> list[QLayoutItem]:
        return [part for part in self._parts if not part.isEmpty()]

    def _place(self, rect: QRect, *, only_measure: bool) -> int:
        """Lay out within `rect`; returns the height that takes."""
        margins = self.contentsMargins()
        room = rect.marginsRemoved(margins)
        lines: list[list[QLayoutItem]] = []
        used = 0
        for part in self._shown():
            width = part.sizeHint().width()
            if lines and used + self._gap + width <= room.width():
                lines[-1].append(part)
                used += self._gap + width
            else:
                lines.append([part])
                used = width
        top = room.top()
        for line in lines:
            height = max(part.sizeHint().height() for part in line)
            if not only_measure:
                self._place_line(line, QRect(room.left(), top, room.width(), height))
            top += height + self._line_gap
        total = top - self._line_gap if lines else top
        return total - rect.top() + margins.bottom()

    def _place_line(self, line: list[QLayoutItem], room: QRect) -> None:
        owner = self.parentWidget()
        direction = owner.layoutDirection() if owner is not None else Qt.LayoutDirection.LeftToRight
        left = room.left()
        for part in line:
            size = part.sizeHint()
            width = min(size.width(), room.width())
            place = QRect(QPoint(left, room.top() + (room.height() - size.height()) // 2), QSize(width, size.height()))
            part.setGeometry(QStyle.visualRect(direction, room, place))
            left += width + self._gap
