"""Says beside a filtered list how many more the same words find by meaning, and leads to the page of all of them.

The library and the videos have one. Asks the studio a moment after the typing; reads the store for what is listed.
"""

from __future__ import annotations

from PySide6.QtCore import QLocale, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from app.search_messages import Hit, Hits, Meaning, Search
from app.store.item_lists import ListQuery
from app.ui.asking import Asking
from app.ui.bridge import StudioBridge
from app.ui.found_words import MEANT
from app.ui.item_models.items_model import Lists
from app.ui.pages.found import COUNT
from app.ui.theme import Space

TYPING_MS = 250


class MeaningLine(QWidget):
    """`kind` is what the page lists. `wanted(words)` is a press; `changed` when something else was found.

    It keeps its place from the first letter on: the list below would jump when the answer comes.
    """

    wanted = Signal(str)
    changed = Signal()

    def __init__(self, kind: str, lists: Lists, studio: StudioBridge, page: QWidget) -> None:
        super().__init__(page)
        self._kind, self._lists = kind, lists
        self._asked = ""
        self._more: list[Hit] = []
        self._lists_some = False
        self.meaning: Meaning | None = None
        """Whether the words could be searched by meaning; None while that is not known."""
        self.button = QPushButton(self)
        self.button.setProperty("link", True)
        self.button.clicked.connect(lambda: self.wanted.emit(self._asked))
        self.button.setFixedHeight(self.button.sizeHint().height())
        self.button.hide()
        row = QHBoxLayout(self)
        row.setContentsMargins(Space.M, 0, Space.M, Space.XS)
        row.addWidget(self.button)
        row.addStretch(1)
        self.setFixedHeight(self.button.height() + Space.XS)
        self._asking = Asking(studio, page, TYPING_MS)
        self._asking.answered.connect(self._take)
        self._asking.failed.connect(lambda _failed: self._show(()))
        self.hide()

    @property
    def more(self) -> int:
        """How many were found that the page does not list."""
        return len(self._more)

    @property
    def words(self) -> str:
        """What it says; "" where nothing more was found."""
        if not self._more:
            return ""
        meant = sum(not MEANT.isdisjoint(hit.found_by) for hit in self._more)
        all_meant = meant == len(self._more)
        if self._lists_some and all_meant:
            words = self.tr("{count} more found by meaning")
        elif self._lists_some:
            words = self.tr("{count} more found, {meant} by meaning") if meant else self.tr("{count} more found")
        elif all_meant:
            words = self.tr("{count} found by meaning")
        else:
            words = (
                self.tr("{count} found, {meant} by meaning") if meant else self.tr("Show what else was found: {count}")
            )
        number = QLocale().toString
        return words.format(count=number(len(self._more)), meant=number(meant))

    def look(self, words: str) -> None:
        """Look what else `words` find; nothing is asked for the same words again."""
        words = words.strip()
        if words == self._asked:
            return
        self._asked, self.meaning = words, None
        self.setVisible(bool(words))
        self._show(())
        if words:
            self._asking.ask(lambda request: Search(request, words, COUNT))
        else:
            self._asking.stop()

    def resume(self) -> None:
        """The page is shown: ask what was put off, and again what was asked; it may have changed meanwhile."""
        self._asking.again()

    # Inside

    def _take(self, event: object) -> None:
        if isinstance(event, Hits):
            listed = set(self._lists.ids(ListQuery(kind=self._kind, search=self._asked)))
            self.meaning, self._lists_some = event.meaning, bool(listed)
            self._show([hit for hit in event.hits if hit.item not in listed])

    def _show(self, more: list[Hit] | tuple[()]) -> None:
        self._more = list(more)
        self.button.setText(self.words)
        # Where nothing is listed, the empty page offers it as the next step.
        self.button.setVisible(bool(self._more) and self._lists_some)
        self.changed.emit()
