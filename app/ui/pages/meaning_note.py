"""Says why words were not searched by what they mean, and where to get what that takes. Pages of results show it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QWidget

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
        self._words.setWordWrap(True)
        self._words.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)
        self.button = QPushButton(self.tr("Learned encoders…"), self)
        self.button.setProperty("link", True)
        self.button.clicked.connect(self.encoders_wanted)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(Space.S)
        line.addWidget(self._words, 1)
        line.addWidget(self.button)
        line.addStretch(1)
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
