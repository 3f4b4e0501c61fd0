"""Says beside a filtered list how many more the same words find by meaning, and leads to the page of all of them.

The library and the videos have one. Asks the studio a moment after the typing; reads the store for what is listed.
"""

from __future__ import annotations

from PySide6.QtCore import QLocale, Signal
from PySide6.QtWidgets import QPushButton, QWidget

from app.search_messages import Hit, Hits, Meaning, Search
from app.store.item_lists import ListQuery
from app.ui.asking import Asking
from app.ui.bridge import StudioBridge
from app.ui.found_words import MEANT
from app.ui.item_models.items_model import Lists
from app.ui.pages.found import COUNT

TYPING_MS = 250


class MeaningLine(QPushButton):
    """`kind` is what the page lists. `wanted(words)` is a press; `changed` when something else was found."""

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
        self.setProperty("link", True)
        self.clicked.connect(lambda: self.wanted.emit(self._asked))
        self._asking = Asking(studio, page, TYPING_MS)
        self._asking.answered.connect(self._take)
        self._asking.failed.connect(lambda _failed: self._show(()))
        self.hide()

    @property
    def more(self) -> int:
        """How many were found that the page does not list."""
        return len(self._more)

    def look(self, words: str) -> None:
        """Look what else `words` find; nothing is asked for the same words again."""
        words = words.strip()
        if words == self._asked:
            return
        self._asked, self.meaning = words, None
        self._show(())
        if words:
            self._asking.ask(lambda request: Search(request, words, COUNT))
        else:
            self._asking.stop()

    def resume(self) -> None:
        """The page is shown: ask what was put off."""
        self._asking.resume()

    # Inside

    def _take(self, event: object) -> None:
        if isinstance(event, Hits):
            listed = set(self._lists.ids(ListQuery(kind=self._kind, search=self._asked)))
            self.meaning, self._lists_some = event.meaning, bool(listed)
            self._show([hit for hit in event.hits if hit.item not in listed])

    def _show(self, more: list[Hit] | tuple[()]) -> None:
        self._more = list(more)
        self.setText(self._say())
        self.setVisible(bool(self._more))
        self.changed.emit()

    def _say(self) -> str:
        meant = sum(not MEANT.isdisjoint(hit.found_by) for hit in self._more)
        number = QLocale().toString(len(self._more))
        if meant == len(self._more) and not self._lists_some:
            return self.tr("{count} found by meaning").format(count=number)
        if meant == len(self._more):
            return self.tr("{count} more found by meaning").format(count=number)
        if meant:
            return self.tr("{count} more found, {meant} by meaning").format(
                count=number, meant=QLocale().toString(meant)
            )
        return self.tr("{count} more found").format(count=number)
