"""My card: what a friend needs to follow us, as a text, a file and a QR code. Opened from the peers page."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QTextOption
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

from app.errors import StoreError
from app.files import write_atomically
from app.network_messages import AskCard, CardText
from app.protocol import Failed
from app.ui.network import NetworkBridge
from app.ui.network_words import key_words
from app.ui.theme import Space, TextSize, Theme
from app.ui.widgets.qr_picture import QrPicture

CARD_SUFFIX = ".bowerbird"


def show_card(network: NetworkBridge, theme: Theme, parent: QWidget) -> CardWindow:
    """Open the window; it deletes itself when closed."""
    window = CardWindow(network, theme, parent)
    window.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    window.show()
    return window


class CardWindow(QDialog):
    """Asks the network process for the card when it opens; not modal."""

    def __init__(self, network: NetworkBridge, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._network, self._theme = network, theme
        self._asked = 0
        self.text = ""
        """The card as it is handed over; "" until it is there."""
        self.setWindowTitle(self.tr("My card"))
        self._build()
        network.switched.connect(self.ask)
        network.ready.connect(self.ask)
        self.ask()

    @property
    def problem(self) -> str:
        """Why there is no card; "" while there is one."""
        return "" if self.text else self._words.text()

    def ask(self, _event: object = None) -> None:
        """Ask for the card anew: name and address may have changed."""
        self._network.forget(self._asked)
        if not self._network.on:
            self._show("", self.tr("The network is off. Switch it on, and your card is made here."))
            return
        self._show("", self.tr("Your card is being made…"))
        self._asked = self._network.ask(AskCard, self._take)

    def save_as(self, path: Path) -> None:
        """Write the card to a file that a friend can open."""
        try:
            write_atomically(path, (self.text + "\n").encode())
        except (StoreError, OSError) as error:
            self._said.setText(self.tr("The card could not be saved: {why}").format(why=error))
            return
        self._said.setText(self.tr("Saved as {file}").format(file=path.name))

    def copy(self) -> None:
        """Put the card's text on the clipboard."""
        QGuiApplication.clipboard().setText(self.text)
        self._said.setText(self.tr("Your card is on the clipboard"))

    def _build(self) -> None:
        title = QLabel(self.tr("Hand this to somebody who is to follow you"), self)
        title.setFont(self._theme.font(TextSize.TITLE, bold=True))
        title.setWordWrap(True)
        self._words = QLabel(self)
        self._words.setProperty("role", "muted")
        self._words.setTextFormat(Qt.TextFormat.PlainText)
        self._words.setWordWrap(True)
        self._key = QLabel(self)
        self._key.setFont(self._theme.font(TextSize.SMALL, tabular=True))
        self._key.setProperty("role", "small")
        self._key.setTextFormat(Qt.TextFormat.PlainText)
        self._key.setWordWrap(True)
        self._key.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self._key.setAccessibleName(self.tr("Your key"))
        self._code = QrPicture(self)
        self._code.setAccessibleDescription(self.tr("Your card, to be scanned"))
        self._shown = QPlainTextEdit(self)
        self._shown.setReadOnly(True)
        self._shown.setTabChangesFocus(True)
        self._shown.setWordWrapMode(QTextOption.WrapMode.WrapAnywhere)
        self._shown.setFixedHeight(84)
        self._shown.setAccessibleName(self.tr("Your card as a text"))
        self._said = QLabel(self)
        self._said.setTextFormat(Qt.TextFormat.PlainText)
        self._said.setProperty("role", "small")
        self._copy = QPushButton(self.tr("Copy"), self)
        self._copy.setProperty("primary", True)
        self._copy.clicked.connect(self.copy)
        self._save = QPushButton(self.tr("Save as file…"), self)
        self._save.clicked.connect(self._choose_file)
        close = QPushButton(self.tr("Close"), self)
        close.clicked.connect(self.close)
        for button in (self._copy, self._save, close):
            button.setAutoDefault(False)
        foot = QHBoxLayout()
        foot.setSpacing(Space.S)
        foot.addWidget(self._said, 1)
        for button in (close, self._save, self._copy):
            foot.addWidget(button)
        box = QVBoxLayout(self)
        box.setContentsMargins(Space.L, Space.L, Space.L, Space.L)
        box.setSpacing(Space.S)
        box.addWidget(title)
        box.addWidget(self._words)
        box.addWidget(self._code, 1)
        box.addWidget(self._shown)
        box.addWidget(self._key)
        box.addSpacing(Space.XS)
        box.addLayout(foot)
        self.resize(460, 200)

    def _show(self, text: str, words: str) -> None:
        self.text = text
        self._words.setText(words)
        self._shown.setPlainText(text)
        self._code.show_text(text)
        key = key_words(self._network.key)
        self._key.setText(self.tr("Your key: {key}").format(key=key))
        for part in (self._shown, self._copy, self._save):
            part.setVisible(bool(text))
        self._key.setVisible(bool(text and key))
        if text:
            self.resize(self.sizeHint())

    def _take(self, event: object) -> None:
        self._asked = 0
        match event:
            case CardText():
                words = self.tr(
                    "It holds your key, your name and, where it is known, this machine's address. Whoever has it can "
                    "follow you and see what you publish, nothing else."
                )
                self._show(event.text, words)
                if not self._code.readable:
                    self._words.setText(words + " " + self.tr("It is too long for a QR code."))
            case Failed():
                self._show("", ": ".join(part for part in (event.title, event.detail) if part))

    def _choose_file(self) -> None:
        chosen, _ = QFileDialog.getSaveFileName(
            self,
            self.tr("Save your card"),
            f"my-card{CARD_SUFFIX}",
            self.tr("Card (*{suffix})").format(suffix=CARD_SUFFIX),
        )
        if chosen:
            self.save_as(Path(chosen))
