"""Following somebody: paste a card, a key or an address, or open a card's file. Opened from the peers page.

What was given is looked at here only for its form; the network process says whether it is right.
"""

from __future__ import annotations

import re
from enum import Enum, auto
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QTextOption
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.network_messages import Follow
from app.protocol import Failed
from app.ui.network import NetworkBridge
from app.ui.pages.card_window import CARD_SUFFIX
from app.ui.theme import Space, TextSize, Theme

LARGEST = 16 * 1024
"""Bytes; a card is a kilobyte and a half at most."""
_CARD = re.compile(r"bowerbird:[A-Za-z0-9_=+/-]{40,}", re.IGNORECASE)
_KEY = re.compile(r"[0-9a-fA-F]{64}")
_ADDRESS = re.compile(r"(\[[0-9a-fA-F:.]+\]|[^\s:/\[\]]+):(\d{1,5})")


class Given(Enum):
    """What a pasted text is, by its form."""

    NOTHING = auto()
    CARD = auto()
    KEY = auto()
    ADDRESS = auto()
    UNKNOWN = auto()


def what_is_given(text: str) -> tuple[Given, str]:
    """Say what a text is and give it as it is sent: without the blanks and line breaks that mail programs add."""
    close = "".join(text.split())
    if not close:
        return Given.NOTHING, ""
    if _CARD.fullmatch(close):
        return Given.CARD, close
    if _KEY.fullmatch(close):
        return Given.KEY, close.lower()
    address = _ADDRESS.fullmatch(text.strip())
    if address is not None and 0 < int(address[2]) <= 65_535:
        return Given.ADDRESS, text.strip()
    return Given.UNKNOWN, ""


class FollowWindow(QDialog):
    """`followed(what)` once the network process has agreed; what went wrong stands in the window."""

    followed = Signal(str)

    def __init__(self, network: NetworkBridge, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._network, self._theme = network, theme
        self._asked = 0
        self._sent = ""
        self.setWindowTitle(self.tr("Follow somebody"))
        self._build()
        self.finished.connect(lambda _how: network.forget(self._asked))
        self._look()

    @property
    def said(self) -> str:
        """What stands below the field: what was given, or what is wrong."""
        return self._said.text()

    def give(self, text: str) -> None:
        """Put a text into the field."""
        self._field.setPlainText(text)

    def open_file(self, path: Path) -> None:
        """Take the card from a file."""
        try:
            with path.open("rb") as file:
                content = file.read(LARGEST + 1)
            if len(content) > LARGEST:
                raise ValueError
            text = content.decode("utf-8")
        except OSError as error:
            why = error.strerror or str(error)
            self._say(self.tr("{file} cannot be read: {why}").format(file=path.name, why=why), trouble=True)
            return
        except ValueError:
            self._say(self.tr("{file} is not a card.").format(file=path.name), trouble=True)
            return
        self.give(text)
        if what_is_given(text)[0] is not Given.CARD:
            self._say(self.tr("{file} is not a card.").format(file=path.name), trouble=True)

    def follow(self) -> None:
        """Ask the network process to follow what was given."""
        given, text = what_is_given(self._field.toPlainText())
        if given in (Given.NOTHING, Given.UNKNOWN) or self._asked:
            return
        self._sent = text
        self._say(
            self.tr("Asking at {address}…").format(address=text)
            if given is Given.ADDRESS
            else self.tr("Looking at it…")
        )
        self._asked = self._network.ask(lambda request: Follow(request, text), self._take)
        self._mind()

    def _build(self) -> None:
        title = QLabel(self.tr("Whom do you want to follow?"), self)
        title.setFont(self._theme.font(TextSize.TITLE, bold=True))
        words = QLabel(
            self.tr(
                "Paste a card (it begins with “bowerbird:”), a key of 64 digits and letters, or an address such as "
                "host.example:7000. What somebody you follow publishes is fetched first and kept."
            ),
            self,
        )
        words.setProperty("role", "muted")
        words.setWordWrap(True)
        self._field = QPlainTextEdit(self)
        self._field.setAccessibleName(self.tr("Card, key or address"))
        self._field.setPlaceholderText("bowerbird:…")
        self._field.setTabChangesFocus(True)
        self._field.setWordWrapMode(QTextOption.WrapMode.WrapAnywhere)
        self._field.setMinimumHeight(96)
        self._field.textChanged.connect(self._look)
        self._said = QLabel(self)
        self._said.setTextFormat(Qt.TextFormat.PlainText)
        self._said.setWordWrap(True)
        self._said.setMinimumHeight(36)
        self._said.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self._open = QPushButton(self.tr("Open a card's file…"), self)
        self._open.clicked.connect(self._choose_file)
        cancel = QPushButton(self.tr("Cancel"), self)
        cancel.clicked.connect(self.reject)
        self._follow = QPushButton(self.tr("Follow"), self)
        self._follow.setProperty("primary", True)
        self._follow.setDefault(True)
        self._follow.clicked.connect(self.follow)
        foot = QHBoxLayout()
        foot.setSpacing(Space.S)
        foot.addWidget(self._open)
        foot.addStretch(1)
        foot.addWidget(cancel)
        foot.addWidget(self._follow)
        box = QVBoxLayout(self)
        box.setContentsMargins(Space.L, Space.L, Space.L, Space.L)
        box.setSpacing(Space.S)
        box.addWidget(title)
        box.addWidget(words)
        box.addWidget(self._field, 1)
        box.addWidget(self._said)
        box.addLayout(foot)
        self.resize(480, 300)
        self._field.setFocus()

    def _look(self) -> None:
        given, text = what_is_given(self._field.toPlainText())
        match given:
            case Given.NOTHING:
                self._say("")
            case Given.CARD:
                self._say(self.tr("This is a card."))
            case Given.KEY:
                self._say(self.tr("This is a key. Its newest card is looked up in the public directory."))
            case Given.ADDRESS:
                self._say(self.tr("This is an address. Whoever answers there is followed."))
            case Given.UNKNOWN:
                self._say(self.tr("This is neither a card, nor a key, nor an address with a port."), trouble=True)
        if self._asked and text != self._sent:
            self._network.forget(self._asked)
            self._asked = 0
        self._mind()

    def _mind(self) -> None:
        given, _text = what_is_given(self._field.toPlainText())
        self._follow.setEnabled(given in (Given.CARD, Given.KEY, Given.ADDRESS) and not self._asked)

    def _say(self, words: str, *, trouble: bool = False) -> None:
        self._said.setText(words)
        self._said.setProperty("role", "danger" if trouble else "muted")
        self._said.style().unpolish(self._said)
        self._said.style().polish(self._said)

    def _take(self, event: object) -> None:
        self._asked = 0
        if isinstance(event, Failed):
            self._say(" ".join(self._sentence(part) for part in (event.title, event.detail) if part), trouble=True)
            self._mind()
            return
        self.followed.emit(self._sent)
        self.accept()

    def _sentence(self, words: str) -> str:
        return words if words.endswith((".", "!", "?", "…")) else words + "."

    def _choose_file(self) -> None:
        chosen, _ = QFileDialog.getOpenFileName(
            self,
            self.tr("Open a card"),
            "",
            self.tr("Cards (*{suffix});;All files (*)").format(suffix=CARD_SUFFIX),
        )
        if chosen:
            self.open_file(Path(chosen))
