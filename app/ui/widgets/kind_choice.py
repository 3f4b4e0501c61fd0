"""All, music or videos: three buttons of which one is down. Pages that can leave out one kind use it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QToolButton, QWidget

from app.ui.theme import Space

KINDS = ("", "track", "video")


class KindChoice(QWidget):
    """`chosen(kind)`: "" for everything, "track" or "video". `purpose` names the buttons: "Show: {kind}"."""

    chosen = Signal(str)

    def __init__(self, purpose: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.kind = ""
        self.buttons: list[QToolButton] = []
        group = QButtonGroup(self)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(Space.XS)
        for kind, words in zip(KINDS, (self.tr("All"), self.tr("Music"), self.tr("Videos")), strict=True):
            button = QToolButton(self)
            button.setText(words)
            button.setCheckable(True)
            button.setChecked(not kind)
            button.setAccessibleName(purpose.format(kind=words))
            button.clicked.connect(lambda _checked=False, kind=kind: self.choose(kind))
            group.addButton(button)
            row.addWidget(button)
            self.buttons.append(button)

    def choose(self, kind: str) -> None:
        """Choose one; nothing is told where it is chosen already."""
        self.buttons[KINDS.index(kind)].setChecked(True)
        if kind != self.kind:
            self.kind = kind
            self.chosen.emit(kind)
