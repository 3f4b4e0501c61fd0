"""What a page shows while it has nothing: one line that tells the next step, and one button that takes it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget

from app.ui.theme import Space, Theme

PICTURE = 40


class EmptyState(QWidget):
    """A quiet picture, a line, a button. `acted` is the button."""

    acted = Signal()

    def __init__(self, theme: Theme, icon: str, words: str, button: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._icon = icon
        self._picture = QLabel(self)
        self._picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._words = QLabel(words, self)
        self._words.setTextFormat(Qt.TextFormat.PlainText)
        self._words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._words.setWordWrap(True)
        self._words.setProperty("role", "muted")
        self._button = QPushButton(button, self)
        self._button.setVisible(bool(button))
        self._button.clicked.connect(self.acted)
        column = QVBoxLayout(self)
        column.setContentsMargins(Space.XL, Space.XL, Space.XL, Space.XL)
        column.setSpacing(Space.M)
        column.addStretch(2)
        column.addWidget(self._picture)
        column.addWidget(self._words)
        column.addWidget(self._button, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(3)
        theme.changed.connect(self._draw)
        self._draw()

    def say(self, words: str, button: str = "", icon: str = "") -> None:
        """Show another line, button and picture."""
        self._words.setText(words)
        self._button.setText(button)
        self._button.setVisible(bool(button))
        if icon:
            self._icon = icon
        self._draw()

    def focus_button(self) -> bool:
        """Give the focus to the next step; False where there is none."""
        if not self._button.isHidden():
            self._button.setFocus()
        return not self._button.isHidden()

    @property
    def words(self) -> str:
        return self._words.text()

    @property
    def button(self) -> QPushButton:
        return self._button

    def _draw(self) -> None:
        self._picture.setPixmap(self._theme.pixmap(self._icon, PICTURE, "faint", self.devicePixelRatioF()))
