"""A heart and a thumb down: like and dislike, either of which can be taken back by pressing it again."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QWidget

from app.ui.theme import Space, Theme
from app.ui.widgets.icon_button import icon_button


class LikeButtons(QWidget):
    """Shows like (1), dislike (-1) or neither (0); asks for a change through `wanted` with the same numbers.

    The buttons do not change by themselves: whoever listens to `wanted` calls `set_liked`.
    """

    wanted = Signal(int)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._liked = 0
        self._like = icon_button(theme, "heart", self.tr("Like"), self)
        self._dislike = icon_button(theme, "thumbs-down", self.tr("Dislike"), self)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(Space.XS)
        for button, value in ((self._like, 1), (self._dislike, -1)):
            button.setCheckable(True)
            button.clicked.connect(lambda _checked=False, value=value: self._ask(value))
            row.addWidget(button)
        self.set_liked(0)

    @property
    def liked(self) -> int:
        return self._liked

    def set_liked(self, liked: int) -> None:
        """Show like (1), dislike (-1) or neither (0)."""
        self._liked = liked
        self._show(self._like, "heart", liked > 0, self.tr("Like"), self.tr("Liked; press again to take it back"))
        self._show(
            self._dislike,
            "thumbs-down",
            liked < 0,
            self.tr("Dislike"),
            self.tr("Disliked; press again to take it back"),
        )

    def _show(self, button: QToolButton, icon: str, mine: bool, no: str, yes: str) -> None:
        button.setChecked(mine)
        self._theme.dress(button, f"{icon}-filled" if mine else icon)
        button.setToolTip(yes if mine else no)

    def buttons(self) -> tuple[QToolButton, QToolButton]:
        return self._like, self._dislike

    def _ask(self, value: int) -> None:
        # A checkable button has already flipped itself; what it shows is decided by set_liked alone.
        wanted = 0 if self._liked == value else value
        self.set_liked(self._liked)
        self.wanted.emit(wanted)
