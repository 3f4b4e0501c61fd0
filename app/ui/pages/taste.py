"""Taste: how much was learned, how well it predicts, and its strongest likes and dislikes as examples.

Reads the store; export and starting over are those of the settings.
"""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QFileDialog, QFrame, QHBoxLayout, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from app.protocol import Pick
from app.store.item_lists import ListQuery, Ranking, SortKey
from app.ui.bridge import StudioBridge
from app.ui.context_menu import ItemActions
from app.ui.covers import Covers
from app.ui.item_models.items_model import Lists
from app.ui.pages.card import Shown
from app.ui.pages.ranking_choice import RankingTable
from app.ui.pages.settings_taste import RecommendationsSection, learned_words
from app.ui.pages.shelf import ShelfView
from app.ui.theme import Space, Theme
from app.ui.widgets.page_parts import as_page, page_heading

COUNT = 12


class RankedLists(Lists, Protocol):
    """Lists that also know from what their scores came."""

    def ranking(self) -> Ranking | None: ...


class TastePage(QWidget):
    """What Bowerbird thinks the user likes. `notice(text)` is for the window to say."""

    notice = Signal(str)

    def __init__(
        self,
        lists: RankedLists,
        studio: StudioBridge,
        feedback: RecommendationsSection,
        actions: ItemActions,
        covers: Covers,
        theme: Theme,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.title = self.tr("Taste")
        self.icon_name = "taste"
        self._lists, self._feedback = lists, feedback
        # The section is not shown here; it does what the two buttons ask.
        feedback.setParent(self)
        feedback.hide()
        feedback.notice.connect(self.notice)
        self._words = QLabel(self)
        self._words.setWordWrap(True)
        self._words.setContentsMargins(6, 0, 0, 0)
        self._shelves = tuple(
            ShelfView(words, actions, covers, theme, "taste", parent=self)
            for words in (
                self.tr("Of what you like, it is surest of these"),
                self.tr("Of what you dislike, it is surest of these"),
                self.tr("It expects you to like these least"),
            )
        )
        self.rankings = RankingTable(studio, theme, self)
        self._build()
        studio.scores_changed.connect(self._read_if_shown)
        actions.ratings.changed.connect(self._read_if_shown)

    @property
    def words(self) -> str:
        return self._words.text()

    @property
    def shelves(self) -> tuple[ShelfView, ...]:
        """Liked, disliked, and least expected."""
        return self._shelves

    def focus_first(self) -> bool:
        """Put the keyboard on the first card; False while there is none."""
        return any(shelf.focus_card(0) for shelf in self._shelves if not shelf.isHidden())

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._read()

    def _build(self) -> None:
        as_page(self)
        heading = page_heading(self.title, self)
        export = QPushButton(self.tr("Export feedback…"), self)
        export.clicked.connect(self._export)
        forget = QPushButton(self.tr("Forget my taste…"), self)
        forget.clicked.connect(self._feedback.ask_start_over)
        bar = QHBoxLayout()
        bar.setContentsMargins(Space.L, Space.M, Space.M, Space.S)
        bar.setSpacing(Space.S)
        bar.addWidget(heading, 1)
        bar.addWidget(export)
        bar.addWidget(forget)
        inside = QWidget(self)
        column = QVBoxLayout(inside)
        column.setContentsMargins(Space.L - 6, 0, Space.L, Space.L)
        column.setSpacing(Space.L)
        column.addWidget(self._words)
        for shelf in self._shelves:
            column.addWidget(shelf)
            shelf.left.connect(lambda direction, x, shelf=shelf: self._move(shelf, direction, x))
        column.addWidget(self.rankings)
        column.addStretch(1)
        scroll = QScrollArea(self)
        scroll.setWidget(inside)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.viewport().setAutoFillBackground(False)
        inside.setAutoFillBackground(False)
        page = QVBoxLayout(self)
        page.setContentsMargins(0, 0, 0, 0)
        page.setSpacing(0)
        page.addLayout(bar)
        page.addWidget(scroll, 1)

    def _read_if_shown(self, _event: object) -> None:
        if self.isVisible():
            self._read()

    def _read(self) -> None:
        ranking = self._lists.ranking()
        if ranking is None:
            self._words.setText(learned_words(0))
        else:
            self._words.setText(learned_words(ranking.labels, ranking.accuracy, ranking.low, ranking.high))
        learned = ranking is not None and ranking.labels > 0
        queries = (
            ListQuery(liked=1, sort=SortKey.SCORE, descending=True),
            ListQuery(liked=-1, sort=SortKey.SCORE),
            ListQuery(liked=0, sort=SortKey.SCORE) if learned else None,
        )
        for shelf, query in zip(self._shelves, queries, strict=True):
            shown = self._examples(query) if query is not None else []
            shelf.show_picks(shown)
            shelf.setVisible(bool(shown))

    def _examples(self, query: ListQuery) -> list[Shown]:
        rows = self._lists.rows(self._lists.ids(query)[:COUNT])
        return [
            Shown(row, Pick(int(row.id), row.score or 0.0, row.deviation or 0.0), row.score is not None) for row in rows
        ]

    def _export(self) -> None:
        chosen, _ = QFileDialog.getSaveFileName(
            self, self.tr("Export feedback"), "bowerbird-feedback.jsonl", self.tr("Feedback (*.jsonl)")
        )
        if chosen:
            self._feedback.export_to(Path(chosen))

    def _move(self, shelf: ShelfView, direction: int, x: int) -> None:
        at = self._shelves.index(shelf) + direction
        while 0 <= at < len(self._shelves):
            if not self._shelves[at].isHidden() and self._shelves[at].focus_card(self._shelves[at].column_at(x)):
                return
            at += direction
