"""Library care: what is being worked on, which files could not be read and why, what is there twice.

Three tabs of one page; reachable from the settings and from the strip of long work.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedWidget, QTabBar, QVBoxLayout, QWidget

from app.ui.pages.duplicates import DuplicatesView
from app.ui.pages.problems import ProblemsView
from app.ui.pages.work import WorkView
from app.ui.theme import Space
from app.ui.widgets.page_parts import as_page, page_heading

TABS = ("work", "problems", "duplicates")


class CarePage(QWidget):
    """`open_tab(name)` shows "work", "problems" or "duplicates"."""

    notice = Signal(str)

    def __init__(
        self, work: WorkView, problems: ProblemsView, duplicates: DuplicatesView, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.title = self.tr("Library care")
        self.icon_name = "refresh"
        self.work, self.problems, self.duplicates = work, problems, duplicates
        views: Sequence[QWidget] = (work, problems, duplicates)
        as_page(self)
        heading = page_heading(self.title, self)
        heading.setContentsMargins(Space.L, Space.M, Space.L, Space.S)
        self._tabs = QTabBar(self)
        self._tabs.setAccessibleName(self.title)
        self._tabs.setDrawBase(False)
        self._tabs.setExpanding(False)
        self._stack = QStackedWidget(self)
        for view, words in zip(
            views, (self.tr("Work"), self.tr("Unreadable files"), self.tr("Duplicates")), strict=True
        ):
            self._tabs.addTab(words)
            self._stack.addWidget(view)
        self._tabs.currentChanged.connect(self._stack.setCurrentIndex)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(heading)
        tabs = QVBoxLayout()
        tabs.setContentsMargins(Space.S, 0, Space.L, Space.S)
        tabs.addWidget(self._tabs)
        column.addLayout(tabs)
        column.addWidget(self._stack, 1)
        problems.counted.connect(self._count_problems)
        problems.notice.connect(self.notice)
        duplicates.notice.connect(self.notice)
        self._count_problems(problems.count)

    def open_tab(self, name: str) -> None:
        """Show one of the TABS."""
        self._tabs.setCurrentIndex(TABS.index(name))

    def focus_first(self) -> bool:
        """Put the keyboard on the tabs."""
        self._tabs.setFocus()
        return True

    def _count_problems(self, count: int) -> None:
        words = self.tr("Unreadable files")
        self._tabs.setTabText(1, self.tr("{words} ({count})").format(words=words, count=count) if count else words)
