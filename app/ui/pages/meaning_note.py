"""Says why words were not searched by what they mean, and where to get what that takes. Pages of results show it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QLabel, QPushButton, QWidget

from app.search_messages import Meaning
from app.ui.theme import Space


class MeaningNote(QWidget):
    """One line; hidden while words are searched by meaning. `without` is said where no encoder is installed."""

    encoders_wanted = Signal()

    def __init__(self, without: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._without = without
        self._words = QLabel(self)
        self._words.setProperty("role", "small")
        self.button = QPushButton(self.tr("Learned encoders…"), self)
        self.button.setProperty("link", True)
        self.button.clicked.connect(self.encoders_wanted)
        self._line = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._line.setContentsMargins(0, 0, 0, Space.S)
        self._line.setSpacing(Space.XS)
        self._line.addWidget(self._words)
        self._line.addWidget(self.button, 0, Qt.AlignmentFlag.AlignLeft)
        self._line.addStretch(1)
        self.hide()

    @property
    def words(self) -> str:
        """What it says; "" while it is hidden."""
        return "" if self.isHidden() else self._words.text()

    def show_meaning(self, meaning: Meaning) -> None:
        """Say what `meaning` asks for; nothing where all is well."""
        said = {
            Meaning.READY: "",
            Meaning.NONE: self._without,
            Meaning.LOADING: self.tr(
                "The learned encoder is being loaded; what your words mean is searched in a moment."
            ),
            Meaning.EMPTY: self.tr(
                "The learned encoder is about to go through your library; what your words mean is found from then on."
            ),
        }[meaning]
        self._words.setText(said)
        self.button.setVisible(meaning is Meaning.NONE)
        self.setVisible(bool(said))
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """The way on stands beside the words where there is room, else below them."""
        wanted = self._words.fontMetrics().horizontalAdvance(self._words.text())
        if not self.button.isHidden():
            wanted += Space.S + self.button.sizeHint().width()
        narrow = wanted > self.width()
        self._words.setWordWrap(narrow)
        direction = QBoxLayout.Direction.TopToBottom if narrow else QBoxLayout.Direction.LeftToRight
        self._line.setDirection(direction)
