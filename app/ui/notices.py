"""One quiet line at the foot of the page: what was just done or went wrong, with a way back where there is one.

Never modal, never a stack: a new notice takes the place of the old. Texts from outside are shown as they are.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QRectF, Qt, QTimer
from PySide6.QtGui import QEnterEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QWidget

from app.ui.theme import RADIUS, Space, Theme
from app.ui.widgets.elided_label import one_line
from app.ui.widgets.icon_button import icon_button

SHOWN_MS = 5_000
SHOWN_WITH_ACTION_MS = 9_000
_MOST_LETTERS = 400


class Notice(QWidget):
    """Lies over the bottom of its parent; stays while the pointer is over it."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._room = parent
        self._act: Callable[[], None] | None = None
        self._icon = QLabel()
        self._text = QLabel()
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        self._text.setWordWrap(True)
        self._text.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        self._action = QPushButton()
        self._action.setProperty("link", True)
        self._action.clicked.connect(self.act)
        close = icon_button(theme, "close", self.tr("Close notice"), self)
        close.clicked.connect(self.hide)
        self._row = row = QHBoxLayout(self)
        row.setContentsMargins(Space.M, Space.XS, Space.XS, Space.XS)
        row.setSpacing(Space.S)
        row.addWidget(self._icon)
        row.addWidget(self._text, 1)
        row.addWidget(self._action)
        row.addWidget(close)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.hide)
        parent.installEventFilter(self)
        self.hide()

    @property
    def text(self) -> str:
        """What is shown; "" while nothing is."""
        return self._text.text() if self.isVisibleTo(self._room) else ""

    @property
    def goes_by_itself(self) -> bool:
        """Whether it will disappear after a while."""
        return self._timer.isActive()

    def say(self, text: str, action: str = "", act: Callable[[], None] | None = None, *, trouble: bool = False) -> None:
        """Show `text`; `action` names what `act` does. Trouble stays until it is closed or replaced."""
        self._text.setText(one_line(text)[:_MOST_LETTERS])
        self._act = act
        self._action.setText(action)
        self._action.setVisible(act is not None)
        self._icon.setVisible(trouble)
        if trouble:
            self._icon.setPixmap(self._theme.pixmap("warning", 20, "danger", self.devicePixelRatioF()))
        self.setAccessibleName(text)
        self._place()
        self.show()
        self.raise_()
        if trouble:
            self._timer.stop()
        else:
            self._timer.start(SHOWN_WITH_ACTION_MS if act is not None else SHOWN_MS)

    def eventFilter(self, _watched: object, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self._place()
        return False

    def enterEvent(self, event: QEnterEvent) -> None:
        self._timer.stop()
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        if self.isVisible() and not self._icon.isVisible():
            self._timer.start(SHOWN_MS)
        super().leaveEvent(event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(self._theme.color("frame"))
        painter.setPen(self._theme.color("hairline"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), RADIUS, RADIUS)

    def act(self) -> None:
        """Do what the button offers."""
        act = self._act
        self.hide()
        if act is not None:
            act()

    def _place(self) -> None:
        """At the bottom, in the middle, as wide as the words need and the parent has."""
        room = self._room.size()
        extra = self._row.sizeHint().width() - self._text.sizeHint().width()
        words = self._text.fontMetrics().horizontalAdvance(self._text.text()) + extra + Space.L
        width = min(words, max(room.width() - 2 * Space.L, 120), 640)
        height = max(self._row.heightForWidth(width), self.sizeHint().height() if words <= width else 0, 38)
        self.setGeometry((room.width() - width) // 2, room.height() - height - Space.M, width, height)
