"""What Discover may show: kind, licence, size, publisher, only those who are followed, and words never to be shown.

The bar wraps where the window is narrow. The words are kept in the settings, everything else for this run.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QLabel,
    QMenu,
    QPlainTextEdit,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.config import BLOCKED_WORDS, Settings
from app.ui.offer_words import licence_words
from app.ui.theme import Space, Theme
from app.ui.widgets.elided_label import one_line
from app.ui.widgets.flow import FlowLayout
from app.ui.widgets.icon_button import icon_button
from app.ui.widgets.kind_choice import KindChoice

MB = 1_000_000
SIZES = (0, 10 * MB, 50 * MB, 250 * MB, 1_000 * MB)
_MOST_LICENCES = 24


@dataclass(frozen=True, slots=True)
class Filters:
    """What is asked for; the defaults filter nothing. `largest` in bytes, `peer` a key in hex."""

    kind: str = ""
    licence: str = ""
    largest: int = 0
    followed_only: bool = False
    peer: str = ""
    with_owned: bool = False


@dataclass(frozen=True, slots=True)
class Publisher:
    """Somebody whose offers are here."""

    key: str
    name: str
    offers: int
    followed: bool = False


def blocked_words(settings: Settings) -> tuple[str, ...]:
    """The words that no offer shown may hold."""
    return split_words(settings.get(BLOCKED_WORDS))


def split_words(text: str) -> tuple[str, ...]:
    """Words separated by commas or line breaks, each once."""
    parts = (" ".join(part.split()) for part in text.replace("\n", ",").split(","))
    return tuple(dict.fromkeys(part for part in parts if part))


class FilterBar(QWidget):
    """`changed` when anything is filtered otherwise; `filters` is what holds."""

    changed = Signal()

    def __init__(self, settings: Settings, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self._publishers: tuple[Publisher, ...] = ()
        self.kinds = KindChoice(self.tr("Discover: {kind}"), self)
        self.kinds.chosen.connect(lambda _kind: self.changed.emit())
        flow = FlowLayout(Space.S, Space.XS, self)
        flow.setContentsMargins(0, 0, 0, 0)
        flow.addWidget(self.kinds)
        self.licence = self._choice(
            self.tr("Licence"),
            ((self.tr("Any licence"), ""), (self.tr("Free to share"), "free")),
        )
        self.size_choice = self._choice(
            self.tr("Size"),
            ((self.tr("Any size"), 0), *((self.tr("up to {size}").format(size=_mb(size)), size) for size in SIZES[1:])),
        )
        self.publisher = self._choice(self.tr("Publisher"), ((self.tr("All publishers"), ""),))
        self.followed = QCheckBox(self.tr("Only whom I follow"), self)
        self.more = icon_button(theme, "more", self.tr("What else is shown or not"), self)
        self.more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self)
        self.owned = menu.addAction(self.tr("Show also what I have"))
        self.owned.setCheckable(True)
        self.words = menu.addAction("")
        self.words.triggered.connect(self.edit_words)
        self.more.setMenu(menu)
        for part in (self.licence, self.size_choice, self.publisher, self.followed, self.more):
            flow.addWidget(part)
        self.followed.toggled.connect(lambda _on: self.changed.emit())
        self.owned.toggled.connect(lambda _on: self.changed.emit())
        self._name_words()

    @property
    def filters(self) -> Filters:
        return Filters(
            self.kinds.kind,
            str(self.licence.currentData()),
            int(self.size_choice.currentData()),
            self.followed.isChecked(),
            str(self.publisher.currentData()),
            self.owned.isChecked(),
        )

    def choose_kind(self, kind: str) -> None:
        """Show "track", "video", or "" for both."""
        self.kinds.choose(kind)

    def choose_publisher(self, key: str) -> None:
        """Show only what one publisher offers, whatever was filtered before; nothing where it has no offers."""
        at = self.publisher.findData(key)
        if at < 0:
            return
        before, blocked = self.filters, self.blockSignals(True)
        self.clear()
        self.publisher.setCurrentIndex(at)
        self.blockSignals(blocked)
        if self.filters != before:
            self.changed.emit()

    def show_publishers(self, publishers: Sequence[Publisher]) -> None:
        """Offer these to choose from; the one chosen stays, also when nothing of it is left."""
        if tuple(publishers) == self._publishers:
            return
        self._publishers = tuple(publishers)
        chosen, words = str(self.publisher.currentData()), self.publisher.currentText()
        self.publisher.blockSignals(True)
        self.publisher.clear()
        self.publisher.addItem(self.tr("All publishers"), "")
        for one in publishers:
            named = self.tr("{name} ({count})").format(name=one_line(one.name)[:40], count=one.offers)
            self.publisher.addItem(named, one.key)
        if chosen and self.publisher.findData(chosen) < 0:
            self.publisher.addItem(words, chosen)
        self.publisher.setCurrentIndex(max(self.publisher.findData(chosen), 0))
        self.publisher.view().setMinimumWidth(self.publisher.view().sizeHintForColumn(0) + Space.XL)
        self.publisher.blockSignals(False)

    def show_licences(self, licences: Iterable[str]) -> None:
        """Offer these licences, as offers name them, to choose from as well."""
        for licence in licences:
            if licence and self.licence.findData(licence) < 0 and self.licence.count() < _MOST_LICENCES:
                self.licence.addItem(licence_words(licence), licence)
        self.licence.view().setMinimumWidth(self.licence.view().sizeHintForColumn(0) + Space.XL)

    def clear(self) -> None:
        """Filter nothing; the words that are never shown stay."""
        before, blocked = self.filters, self.blockSignals(True)
        self.choose_kind("")
        for choice in (self.licence, self.size_choice, self.publisher):
            choice.setCurrentIndex(0)
        for box in (self.followed, self.owned):
            box.setChecked(False)
        self.blockSignals(blocked)
        if self.filters != before:
            self.changed.emit()

    def edit_words(self) -> None:
        """Open the list of words that are never shown."""
        editor = WordsEditor(blocked_words(self._settings), self)
        editor.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        editor.accepted.connect(lambda: self.keep_words(editor.words))
        editor.open()

    def keep_words(self, words: Sequence[str]) -> None:
        """Never show offers with one of these words."""
        if tuple(words) != blocked_words(self._settings):
            self._settings.set(BLOCKED_WORDS, ", ".join(words))
            self._name_words()
            self.changed.emit()

    # Inside

    def _choice(self, name: str, entries: Sequence[tuple[str, str | int]]) -> QComboBox:
        box = QComboBox(self)
        box.setAccessibleName(name)
        box.view().setAccessibleName(name)
        for words, value in entries:
            box.addItem(words, value)
        # As wide as the first choice, not as the longest: the list shows all.
        box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        box.setMinimumContentsLength(max(len(box.itemText(0)), 8))
        box.view().setMinimumWidth(box.view().sizeHintForColumn(0) + Space.XL)
        box.currentIndexChanged.connect(lambda _index: self.changed.emit())
        return box

    def _name_words(self) -> None:
        count = len(blocked_words(self._settings))
        self.words.setText(
            self.tr("Words never shown… ({count})").format(count=count) if count else self.tr("Words never shown…")
        )


class WordsEditor(QDialog):
    """One word or phrase a line; `words` is what stands there."""

    def __init__(self, words: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Words never shown"))
        self.resize(380, 320)
        said = QLabel(
            self.tr(
                "Offers with one of these in title, artist, album or tags are never shown. One word or phrase a line; "
                "capital letters and accents make no difference."
            ),
            self,
        )
        said.setWordWrap(True)
        said.setProperty("role", "muted")
        self._text = QPlainTextEdit("\n".join(words), self)
        self._text.setAccessibleName(self.windowTitle())
        self._text.setTabChangesFocus(True)
        said.setBuddy(self._text)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Save | QDialogButtonBox.StandardButton.Cancel, self)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(Space.L, Space.L, Space.L, Space.L)
        column.setSpacing(Space.M)
        column.addWidget(said)
        column.addWidget(self._text, 1)
        column.addWidget(buttons)

    @property
    def words(self) -> tuple[str, ...]:
        return split_words(self._text.toPlainText())

    def write(self, text: str) -> None:
        """Put other words in."""
        self._text.setPlainText(text)


def _mb(size: int) -> str:
    return f"{size // (1_000 * MB)} GB" if size >= 1_000 * MB else f"{size // MB} MB"
