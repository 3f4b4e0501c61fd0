"""What is like one item, whatever the taste: a page the window opens for any item.

Asks the studio; reads the store for what the answers are; acts through `ItemActions`.
"""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QStackedWidget, QVBoxLayout, QWidget

from app.config import Settings
from app.protocol import Event, Failed, FindSimilar, Picks, ScoresChanged
from app.ui.bridge import StudioBridge
from app.ui.context_menu import ItemActions
from app.ui.covers import Covers
from app.ui.item_models.columns import SIMILAR_COLUMNS, Column, Layout, Placed
from app.ui.item_models.items_model import ItemsModel, Lists
from app.ui.pages.empty import EmptyState
from app.ui.pages.item_list import ItemList
from app.ui.theme import Space, TextSize, Theme
from app.ui.widgets.elided_label import ElidedLabel
from app.ui.widgets.icon_button import icon_button

COVER = 64
COUNT = 50
_SHOWN = (Column.LIKENESS, Column.TITLE, Column.ARTIST, Column.REASON, Column.TIME, Column.STARS)


class SimilarPage(QWidget):
    """`open_similar(item)` asks and shows; `back_wanted` is the button that leaves."""

    back_wanted = Signal()
    encoders_wanted = Signal()

    def __init__(
        self,
        studio: StudioBridge,
        lists: Lists,
        actions: ItemActions,
        settings: Settings,
        covers: Covers,
        theme: Theme,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.title = self.tr("More like this")
        self.icon_name = "similar"
        self._studio, self._lists, self._actions = studio, lists, actions
        self._covers, self._theme = covers, theme
        self._item = 0
        self._cover_hash, self._seed = "", ""
        self._model = ItemsModel(lists, SIMILAR_COLUMNS, actions.ratings.pending, self)
        first = Layout.first(SIMILAR_COLUMNS)
        placed = tuple(Placed(p.column, p.width, p.column in _SHOWN) for p in first.placed)
        self.list = ItemList(
            self._model,
            actions,
            settings,
            theme,
            name="similar",
            context="similar",
            first=Layout(placed),
            parent=self,
        )
        self.empty = EmptyState(theme, "similar", "", parent=self)
        self._build()
        self.list.play_wanted.connect(lambda at: actions.play(list(self._model.ids), at, "similar"))
        self.empty.acted.connect(lambda: self.open_similar(self._item))
        actions.ratings.changed.connect(self._model.update_items)
        actions.playback.current_changed.connect(self._mark_current)
        studio.scores_changed.connect(self._take_scores)
        covers.loaded.connect(self._cover_loaded)
        theme.changed.connect(self._draw_cover)

    def open_similar(self, item: int) -> None:
        """Show what is like `item`."""
        self._item = item
        row = next(iter(self._lists.rows([item])), None)
        self._heading.setText(self.tr("More like {title}").format(title=row.title) if row else self.title)
        below = (row.artist, row.album) if row else ()
        self._below.setText(" · ".join(part for part in below if part))
        self._cover_hash = row.cover if row else ""
        self._seed = f"{row.title}\n{row.artist}" if row else ""
        self._draw_cover()
        self._say(self.tr("Comparing with everything else…"))
        self._studio.ask(lambda request: FindSimilar(request, item, COUNT), lambda event: self._take(item, event))

    @property
    def heading(self) -> str:
        return self._heading.text()

    def focus_first(self) -> bool:
        """Put the keyboard on the list; while the answer is on its way it waits on the page."""
        if self._stack.currentWidget() is self.list:
            self.list.setFocus()
        elif not self.empty.focus_button():
            self.setFocus()
        return True

    # Inside

    def _build(self) -> None:
        self.setProperty("surface", "page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        back = icon_button(self._theme, "chevron-left", self.tr("Back"), self)
        back.clicked.connect(self.back_wanted)
        self._cover = QLabel(self)
        self._cover.setFixedSize(COVER, COVER)
        self._heading = ElidedLabel(self.title, self)
        self._heading.setFont(self._theme.font(TextSize.HEADING, bold=True))
        self._below = ElidedLabel("", self)
        self._below.setProperty("role", "muted")
        self._play = icon_button(self._theme, "play", self.tr("Play all of these"), self)
        self._queue = icon_button(self._theme, "enqueue", self.tr("Add all of these to the queue"), self)
        self._play.clicked.connect(lambda: self._actions.play(list(self._model.ids), 0, "similar"))
        self._queue.clicked.connect(lambda: self._actions.enqueue(list(self._model.ids)))
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addStretch(1)
        words.addWidget(self._heading)
        words.addWidget(self._below)
        words.addStretch(1)
        head = QHBoxLayout()
        head.setContentsMargins(Space.S, Space.S, Space.M, Space.M)
        head.setSpacing(Space.M)
        head.addWidget(back)
        head.addWidget(self._cover)
        head.addLayout(words, 1)
        head.addWidget(self._play)
        head.addWidget(self._queue)
        self._stack = QStackedWidget(self)
        self._stack.addWidget(self.list)
        self._stack.addWidget(self.empty)
        views = QHBoxLayout()
        views.setContentsMargins(Space.S, 0, 0, 0)
        views.addWidget(self._stack)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addLayout(views, 1)
        self._say(self.tr("Choose “More like this” on anything in your library."))

    def _take(self, item: int, event: Event) -> None:
        if item != self._item:
            return
        match event:
            case Picks():
                picks = [pick for shelf in event.shelves for pick in shelf.picks]
                self._model.show_picks(picks)
                self._mark_current()
                if not picks:
                    self._say(
                        self.tr("This has not been listened to yet. Try again in a moment."), self.tr("Try again")
                    )
                    return
                self._show_list()
            case Failed():
                self._say(event.title or event.detail, self.tr("Try again"))

    def _take_scores(self, _event: ScoresChanged) -> None:
        self._model.reread()

    def _show_list(self) -> None:
        self._play.setEnabled(True)
        self._queue.setEnabled(True)
        waiting = self.hasFocus() or self.empty.button.hasFocus()
        self._stack.setCurrentWidget(self.list)
        self.list.scrollToTop()
        if waiting:
            self.list.setFocus()

    def _say(self, words: str, button: str = "") -> None:
        self.empty.say(words, button)
        self._play.setEnabled(False)
        self._queue.setEnabled(False)
        self._stack.setCurrentWidget(self.empty)

    def _mark_current(self, _playable: object = None) -> None:
        self._model.set_current(self._actions.playback.current_item)

    def _cover_loaded(self, cover: str) -> None:
        if cover == self._cover_hash:
            self._draw_cover()

    def _draw_cover(self) -> None:
        self._cover.setVisible(bool(self._seed))
        if self._seed:
            ratio = self.devicePixelRatioF()
            self._cover.setPixmap(self._covers.pixmap(self._cover_hash, self._seed, COVER, ratio))
