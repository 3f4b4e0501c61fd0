"""The middle of the window: search field, the page that shows, the strip of long work, the line of notices.

Pages are built when they are first shown. A page is any widget; what it offers beyond that (`set_search`,
`show_item`, `focus_first`) is found out by asking whether it is a `Searchable`, a `Finder` or a `Landing`; Return in
the search field goes on from a `Widening` page to everything that words find.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol, runtime_checkable

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QApplication, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from app.ui.notices import Notice
from app.ui.progress_strip import ProgressStrip
from app.ui.search_field import SearchField
from app.ui.theme import Space, Theme


@runtime_checkable
class Searchable(Protocol):
    """A page that can be narrowed by words."""

    def set_search(self, text: str) -> None: ...


@runtime_checkable
class Finder(Protocol):
    """A page that can bring one Item into view."""

    def show_item(self, item: int) -> bool: ...


@runtime_checkable
class Landing(Protocol):
    """A page that knows where its keys begin; False while it has no such place."""

    def focus_first(self) -> bool: ...


@runtime_checkable
class Hinting(Protocol):
    """A page that says what can be searched for on it."""

    search_hint: str


@runtime_checkable
class Widening(Protocol):
    """A page of part of the library, whose words can be looked for in all of it and by what they mean."""

    search_widens: bool


@dataclass(frozen=True, slots=True)
class Place:
    """One page of the window: what the side bar shows, and how it is made when it is first wanted.

    `hidden` pages (similar items, say) have no line in the side bar and are opened from elsewhere.
    """

    name: str
    title: str
    icon_name: str
    make: Callable[[], QWidget]
    hidden: bool = False


class PageStack(QWidget):
    """`shown(name)` when another page comes up, `built(name, page)` once for each, `searched(text)` at typing,
    `widened(text)` at Return."""

    shown = Signal(str)
    built = Signal(str, object)
    searched = Signal(str)
    widened = Signal(str)

    def __init__(
        self, places: Sequence[Place], strip: ProgressStrip, theme: Theme, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setProperty("surface", "page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._places = {place.name: place for place in places}
        self._pages: dict[str, QWidget] = {}
        self._words: dict[str, str] = {}
        self._current = ""
        self.field = SearchField(theme)
        self.field.searched.connect(self._search)
        self.field.entered.connect(self._enter)
        self.field.left.connect(self.focus_page)
        self._stack = QStackedWidget()
        top = QHBoxLayout()
        top.setContentsMargins(Space.L, Space.S, Space.L, Space.S)
        top.addWidget(self.field, 1)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        box.addLayout(top)
        box.addWidget(self._stack, 1)
        box.addWidget(strip)
        self.notice = Notice(theme, self._stack)

    @property
    def current(self) -> str:
        """The name of the page that shows."""
        return self._current

    def page(self, name: str) -> QWidget:
        """The page of that name, built now if it was not yet. Raises KeyError for a name that is no page's."""
        page = self._pages.get(name)
        if page is None:
            place = self._places[name]
            page = self._pages[name] = place.make()
            page.setAccessibleName(place.title)
            self._stack.addWidget(page)
            self._follow_field(page)
            self.built.emit(name, page)
        return page

    def _follow_field(self, page: QWidget) -> None:
        """The Tab key goes from the search field onto the page: what is built late would come after everything."""
        stops, part = [page], page.nextInFocusChain()
        while part is not None and part is not page and page.isAncestorOf(part):
            stops.append(part)
            part = part.nextInFocusChain()
        # Qt orders only what takes the Tab key.
        tabbed = [stop for stop in stops if stop.focusPolicy() & Qt.FocusPolicy.TabFocus]
        for before, after in pairwise((self.field, *tabbed)):
            QWidget.setTabOrder(before, after)

    def has(self, name: str) -> bool:
        return name in self._places

    def built_pages(self) -> tuple[QWidget, ...]:
        return tuple(self._pages.values())

    def show_page(self, name: str) -> QWidget:
        """Bring a page up, with the words that were searched there last."""
        page = self.page(name)
        if name != self._current:
            self._current = name
            self._stack.setCurrentWidget(page)
            self.field.show_words(self._words.get(name, ""))
            title = self._places[name].title
            hint = self.tr("Search in {page}: words, or artist:… year:… rating:>=4").format(page=title)
            if isinstance(page, Hinting):
                hint = page.search_hint
            self.field.set_hint(hint if isinstance(page, Searchable) else self.tr("Search the library"))
            self.notice.raise_()
            self.shown.emit(name)
        return page

    def clear_search(self) -> None:
        """Empty the field without searching anew; the page has done so itself."""
        self._words.pop(self._current, None)
        self.field.show_words("")

    def show_words(self, text: str) -> None:
        """Put words into the field that the page which shows has searched for itself."""
        self._words[self._current] = text
        self.field.show_words(text)

    def _enter(self) -> None:
        page, text = self._pages.get(self._current), self.field.text().strip()
        if text and page is not None and isinstance(page, Widening):
            self.widened.emit(text)
        else:
            self.focus_page()

    def _search(self, text: str) -> None:
        if self._words.get(self._current, "") == text:
            return
        page = self._pages.get(self._current)
        if not isinstance(page, Searchable):
            if not text:
                return
            page = self._go_where_search_works()
        self._words[self._current] = text
        self.field.show_words(text)
        if isinstance(page, Searchable):
            page.set_search(text)
        self.searched.emit(text)

    def _go_where_search_works(self) -> QWidget:
        """On a page without search the words go to the library, which is the first page that has one."""
        for name, place in self._places.items():
            if not place.hidden and isinstance(self.page(name), Searchable):
                return self.show_page(name)
        return self.page(self._current)

    def focus_page(self) -> None:
        """Put the keyboard on the page, so that keys do not end up in the search field."""
        page = self._pages.get(self._current)
        if page is None or (isinstance(page, Landing) and page.focus_first()):
            return
        page.setFocus(Qt.FocusReason.OtherFocusReason)
        if not page.isAncestorOf(QApplication.focusWidget() or self.field):
            # A page that takes no focus itself: its first part that does.
            for part in page.findChildren(QWidget):
                if part.focusPolicy() & Qt.FocusPolicy.TabFocus and part.isVisible() and part.isEnabled():
                    part.setFocus(Qt.FocusReason.OtherFocusReason)
                    return
