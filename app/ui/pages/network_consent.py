"""Switching the network on: first what it is, then, before anything is switched, what becomes visible to whom.

Shown by Discover while the network is off. Nothing connects until the last button is pressed.
"""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.config import STRANGER_MIB, Settings
from app.ui.pages.empty import EmptyState
from app.ui.theme import Space, TextSize, Theme
from app.ui.widgets.point import Point

_WIDEST = 640


class NetworkConsent(QStackedWidget):
    """`agreed` when the user has read and wants it, `declined` when not."""

    agreed = Signal()
    declined = Signal()

    def __init__(self, settings: Settings, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._settings, self._theme = settings, theme
        self.first = EmptyState(
            theme,
            "discover",
            self.tr(
                "Discover shows what other people publish and you would love, ranked on this machine by your own "
                "taste. The network is off: Bowerbird sends nothing and fetches nothing."
            ),
            self.tr("Switch the network on…"),
            parent=self,
        )
        self.first.acted.connect(self.explain)
        self.addWidget(self.first)
        self.addWidget(self._explanation())

    @property
    def explains(self) -> bool:
        """Whether the explanation shows."""
        return self.currentIndex() == 1

    def explain(self) -> None:
        """Say what becomes visible, and offer the switch."""
        self.setCurrentIndex(1)
        self.switch.setFocus(Qt.FocusReason.OtherFocusReason)

    def start_over(self) -> None:
        """Back to the first words."""
        self.setCurrentIndex(0)

    def focus_button(self) -> bool:
        """Put the keyboard on the next step."""
        if self.explains:
            self.switch.setFocus()
            return True
        return self.first.focus_button()

    # Inside

    def _explanation(self) -> QWidget:
        inside = QWidget(self)
        inside.setMaximumWidth(_WIDEST)
        column = QVBoxLayout(inside)
        column.setContentsMargins(Space.XL, Space.XL, Space.XL, Space.XL)
        column.setSpacing(Space.L)
        title = QLabel(self.tr("Before the network is switched on"), inside)
        title.setFont(self._theme.font(TextSize.TITLE, bold=True))
        column.addWidget(title)
        for icon, said, more in self._said():
            column.addWidget(Point(self._theme, icon, said, more, inside))
        self.switch = QPushButton(self.tr("Switch the network on"), inside)
        self.switch.setProperty("primary", True)
        self.switch.clicked.connect(self.agreed)
        self.not_now = QPushButton(self.tr("Not now"), inside)
        self.not_now.clicked.connect(self.declined)
        row = QHBoxLayout()
        row.setSpacing(Space.S)
        row.addWidget(self.switch)
        row.addWidget(self.not_now)
        row.addStretch(1)
        column.addLayout(row)
        column.addStretch(1)
        room = QWidget(self)
        across = QHBoxLayout(room)
        across.setContentsMargins(0, 0, 0, 0)
        across.addStretch(1)
        across.addWidget(inside, 20)
        across.addStretch(1)
        scroll = QScrollArea(self)
        scroll.setWidget(room)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.viewport().setAutoFillBackground(False)
        room.setAutoFillBackground(False)
        return scroll

    def _said(self) -> tuple[tuple[str, str, str], ...]:
        a_day = self.tr("{count} MB").format(count=self._settings.get(STRANGER_MIB))
        return (
            (
                "discover",
                self.tr("What it is"),
                self.tr(
                    "Bowerbirds talk to each other directly, without a server or an account. Each may publish a "
                    "catalogue: titles and how things sound, not the media. Yours picks what fits your taste."
                ),
            ),
            (
                "map",
                self.tr("What others see"),
                self.tr(
                    "Your internet address, as with every BitTorrent program; the key by which other Bowerbirds know "
                    "yours; and from whom you fetch which catalogue or file."
                ),
            ),
            (
                "lock",
                self.tr("What stays here"),
                self.tr(
                    "Likes, ratings, plays and skips, and your whole library. Nothing is published or told until you "
                    "choose it: folders or playlists to publish, or what to tell of your taste."
                ),
            ),
            (
                "download",
                self.tr("What it costs"),
                self.tr(
                    "A few megabytes for a catalogue; from strangers at most {amount} a day. Media come only when you "
                    "press download, and each button says how much that is."
                ).format(amount=a_day),
            ),
        )
