"""The search field at the window's top: says what is typed a moment after the last key.

The page stack owns it and hands the words to the page that shows.
"""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QAction, QKeyEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from app.ui.theme import Theme

DEBOUNCE_MS = 60


class SearchField(QLineEdit):
    """`searched(text)` follows the typing; `entered` at Return; `left` when Down should go to what was found."""

    searched = Signal(str)
    entered = Signal()
    left = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setClearButtonEnabled(True)
        self.setMaxLength(500)
        self.setFixedHeight(32)
        icon = QAction(self)
        theme.dress(icon, "search", "muted")
        self.addAction(icon, QLineEdit.ActionPosition.LeadingPosition)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(DEBOUNCE_MS)
        self._timer.timeout.connect(self._say)
        self.textEdited.connect(lambda _text: self._timer.start())
        # The clear button edits without textEdited.
        self.textChanged.connect(lambda text: self._timer.start() if not text else None)
        self.set_hint(self.tr("Search"))

    def set_hint(self, hint: str) -> None:
        """What can be searched here, shown while the field is empty."""
        self.setPlaceholderText(hint)
        self.setAccessibleName(hint)

    def show_words(self, text: str) -> None:
        """Put words in without searching for them."""
        self.setText(text)
        self._timer.stop()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        match event.key():
            case Qt.Key.Key_Escape if self.text():
                self.clear()
            case Qt.Key.Key_Return | Qt.Key.Key_Enter:
                self._say()
                self.entered.emit()
            case Qt.Key.Key_Down:
                self._say()
                self.left.emit()
            case _:
                super().keyPressEvent(event)

    def _say(self) -> None:
        self._timer.stop()
        self.searched.emit(self.text())
