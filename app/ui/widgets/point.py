"""One point of an explanation: a small picture, what is said, and below it what that means."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.ui.theme import Space, TextSize, Theme

SIDE = 20


class Point(QWidget):
    """`quiet` for one beside settings: nothing bold, and small words."""

    def __init__(
        self, theme: Theme, icon: str, said: str, meaning: str, parent: QWidget | None = None, *, quiet: bool = False
    ) -> None:
        super().__init__(parent)
        self._theme, self._icon = theme, icon
        self._picture = QLabel(self)
        self._picture.setFixedWidth(SIDE + 4)
        self._said, self._meaning = QLabel(said, self), QLabel(meaning, self)
        for label in (self._said, self._meaning):
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setWordWrap(True)
        if not quiet:
            self._said.setFont(theme.font(TextSize.BODY, bold=True))
        self._meaning.setProperty("role", "small" if quiet else "muted")
        down = QVBoxLayout()
        down.setSpacing(2)
        down.addWidget(self._said)
        down.addWidget(self._meaning)
        across = QHBoxLayout(self)
        across.setContentsMargins(0, 0, 0, 0)
        across.setSpacing(Space.M)
        across.addWidget(self._picture, 0, Qt.AlignmentFlag.AlignTop)
        across.addLayout(down, 1)
        theme.changed.connect(self._draw)
        self._draw()

    def say(self, said: str, meaning: str) -> None:
        """Say something else."""
        self._said.setText(said)
        self._meaning.setText(meaning)

    def _draw(self) -> None:
        self._picture.setPixmap(self._theme.pixmap(self._icon, SIDE, "muted", self.devicePixelRatioF()))
