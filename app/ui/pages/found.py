"""What words find: by the tags, by what it sounds like and by what it shows, tracks and films in one list.

Opened from the library's line and by Return in the search field. Asks the studio as the words change.
"""

from __future__ import annotations

from typing import Protocol

from PySide6.QtCore import QLocale, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from app.config import Settings
from app.protocol import Failed
from app.search_messages import Hits, Search
from app.ui.asking import Asking
from app.ui.bridge import StudioBridge
from app.ui.context_menu import ItemActions
from app.ui.item_models.items_model import Lists
from app.ui.pages.empty import EmptyState
from app.ui.pages.found_list import FoundList
from app.ui.pages.meaning_note import MeaningNote
from app.ui.theme import Space, Theme
from app.ui.widgets.icon_button import icon_button
from app.ui.widgets.kind_choice import KindChoice
from app.ui.widgets.page_parts import as_page, page_heading, status_line

COUNT = 200
TYPING_MS = 150


class Offered(Protocol):
    """Who knows how much others offer."""

    def count(self) -> int: ...


class FoundPage(QWidget):
    """`look_for(words)` asks at once, `set_search` a moment later. `encoders_wanted` leads to the settings,
    `discover_wanted(words)` to what others offer."""

    back_wanted = Signal()
    encoders_wanted = Signal()
    discover_wanted = Signal(str)

    def __init__(
        self,
        studio: StudioBridge,
        lists: Lists,
        offered: Offered,
        actions: ItemActions,
        settings: Settings,
        theme: Theme,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.title = self.tr("Found")
        self.icon_name = "search"
        self.search_hint = self.tr("Search everything: words, fields, or what it sounds like or shows")
        self._theme, self._offered = theme, offered
        self._words = ""
        self._trouble = ""
        self._asking = Asking(studio, self, TYPING_MS)
        self.list = FoundList(lists, actions, settings, theme, name="found", parent=self)
        self.kinds = KindChoice(self.tr("Show: {kind}"), self)
        self.note = MeaningNote(
            self.tr("Only tags were searched; a learned encoder also finds what words mean."),
            self,
        )
        self.empty = EmptyState(theme, "search", "", parent=self)
        self.elsewhere = QPushButton(self.tr("Look among what others offer"), self)
        self.elsewhere.setProperty("link", True)
        self.elsewhere.hide()
        self._build()
        self._asking.answered.connect(self._take)
        self._asking.failed.connect(self._take_failure)
        self.kinds.chosen.connect(lambda _kind: self.look_for(self._words))
        self.elsewhere.clicked.connect(lambda: self.discover_wanted.emit(self._words))
        self.note.encoders_wanted.connect(self.encoders_wanted)
        self.empty.acted.connect(self._take_next_step)
        for changed in (studio.scores_changed, studio.items_changed):
            changed.connect(lambda _event: self.list.items_model.reread())
        self._say_empty()

    # What the window asks

    def set_search(self, text: str) -> None:
        """Show what `text` finds, a moment after the last key."""
        if text.strip() != self._words:
            self._ask(text, at_once=False)

    def look_for(self, words: str) -> None:
        """Show what `words` find, now."""
        self._ask(words, at_once=True)

    @property
    def status(self) -> str:
        """How many were found, as the page says it."""
        return self._status.text()

    def focus_first(self) -> bool:
        """Put the keyboard on the list; while the answer is on its way it waits on the page."""
        if self._stack.currentWidget() is self.list:
            self.list.setFocus()
        elif not self.empty.focus_button():
            self.setFocus()
        return True

    # Inside

    def _build(self) -> None:
        as_page(self)
        back = icon_button(self._theme, "chevron-left", self.tr("Back"), self)
        back.clicked.connect(self.back_wanted)
        heading = page_heading(self.title, self)
        self._status = status_line(self)
        self._play = icon_button(self._theme, "play", self.tr("Play all of these"), self)
        self._queue = icon_button(self._theme, "enqueue", self.tr("Add all of these to the queue"), self)
        self._play.clicked.connect(self.list.play_all)
        self._queue.clicked.connect(self.list.enqueue_all)
        bar = QHBoxLayout()
        bar.setContentsMargins(Space.S, Space.M, Space.M, Space.S)
        bar.setSpacing(Space.S)
        bar.addWidget(back)
        bar.addWidget(heading)
        bar.addStretch(1)
        bar.addWidget(self._play)
        bar.addWidget(self._queue)
        narrowing = QHBoxLayout()
        narrowing.setSpacing(Space.M)
        narrowing.addWidget(self.kinds)
        narrowing.addWidget(self._status, 1)
        about = QVBoxLayout()
        about.setContentsMargins(Space.L, 0, Space.M, 0)
        about.setSpacing(Space.XS)
        about.addLayout(narrowing)
        about.addWidget(self.note)
        self._stack = QStackedWidget(self)
        self._stack.addWidget(self.list)
        self._stack.addWidget(self.empty)
        views = QHBoxLayout()
        # The first column's text stands under the heading.
        views.setContentsMargins(Space.S, 0, 0, 0)
        views.addWidget(self._stack)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(bar)
        column.addLayout(about)
        column.addLayout(views, 1)
        below = QHBoxLayout()
        below.setContentsMargins(Space.M, Space.XS, Space.M, Space.XS)
        below.addWidget(self.elsewhere)
        below.addStretch(1)
        column.addLayout(below)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._asking.resume()

    def _ask(self, words: str, *, at_once: bool) -> None:
        self._words, self._trouble = words.strip(), ""
        if not self._words:
            self._asking.stop()
            self.list.show_hits(())
            self.note.hide()
            self._say()
            return
        asked, kind = self._words, self.kinds.kind
        self._asking.ask(lambda request: Search(request, asked, COUNT, kind), at_once=at_once)
        if not self.list.ids:
            self._say()

    def _take(self, event: object) -> None:
        if isinstance(event, Hits):
            self.note.show_meaning(event.meaning)
            self.list.show_hits(event.hits)
            self._say()

    def _take_failure(self, failed: Failed) -> None:
        self._trouble = ": ".join(part for part in (failed.title, failed.detail) if part)
        self.list.show_hits(())
        self.note.hide()
        self._say()

    def _say(self) -> None:
        """Show the list, or say why there is none; the keys come along."""
        count = len(self.list.ids)
        for button in (self._play, self._queue):
            button.setEnabled(count > 0)
        words = self.tr("1 found for “{text}”") if count == 1 else self.tr("{count} found for “{text}”")
        self._status.setText(words.format(count=QLocale().toString(count), text=self._words[:80]) if count else "")
        self.elsewhere.setVisible(bool(self._words) and not self._asking.waits and self._offered.count() > 0)
        waiting = self.hasFocus() or self.empty.button.hasFocus()
        if count:
            self._stack.setCurrentWidget(self.list)
            if waiting:
                self.list.setFocus()
        else:
            comes = self.list.hasFocus()
            self._say_empty()
            self._stack.setCurrentWidget(self.empty)
            if comes and not self.empty.focus_button():
                self.setFocus()

    def _say_empty(self) -> None:
        if self._trouble:
            self.empty.say(self._trouble, self.tr("Try again"), "warning")
        elif not self._words:
            self.empty.say(
                self.tr("Type above what you look for: a title, an artist, or what it sounds like or shows."),
                "",
                "search",
            )
        elif self._asking.waits:
            self.empty.say(self.tr("Searching…"), "", "search")
        elif self.kinds.kind:
            self.empty.say(
                self.tr("Nothing of this kind was found for “{text}”.").format(text=self._words[:80]),
                self.tr("Search everything"),
                "search",
            )
        else:
            self.empty.say(
                self.tr("Nothing was found for “{text}”.").format(text=self._words[:80]),
                "",
                "search",
            )

    def _take_next_step(self) -> None:
        if self._trouble or not self.kinds.kind:
            self.look_for(self._words)
        else:
            self.kinds.choose("")
