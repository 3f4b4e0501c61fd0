"""What is like one Item, whatever the taste; and, with Items and words added and taken away, “more like this, but…”.

A page the window opens for any Item or several. Asks the studio; reads the store for what the answers are; acts
through `ItemActions`.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QKeySequence, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QStackedWidget, QVBoxLayout, QWidget

from app.config import Settings
from app.protocol import Failed, FindSimilar, Picks, ScoresChanged
from app.search_messages import Hits, MoreLike
from app.ui.asking import Asking
from app.ui.bridge import StudioBridge
from app.ui.context_menu import ItemActions
from app.ui.covers import Covers
from app.ui.item_models.columns import SIMILAR_COLUMNS, Column, Layout, Placed
from app.ui.item_models.items_model import ItemsModel, Lists
from app.ui.pages.direction_bar import DirectionBar
from app.ui.pages.empty import EmptyState
from app.ui.pages.found_list import FoundList
from app.ui.pages.item_list import ItemList
from app.ui.pages.meaning_note import MeaningNote
from app.ui.theme import Space, TextSize, Theme
from app.ui.widgets.elided_label import ElidedLabel
from app.ui.widgets.icon_button import icon_button
from app.ui.widgets.page_parts import as_page, status_line

COVER = 64
COUNT = 50
TYPING_MS = 300
_SHOWN = (Column.LIKENESS, Column.TITLE, Column.ARTIST, Column.REASON, Column.TIME, Column.STARS)


class SimilarPage(QWidget):
    """`open_similar(item)` asks and shows; `back_wanted` is the button that leaves, `encoders_wanted` the settings."""

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
        self._lists, self._actions = lists, actions
        self._covers, self._theme = covers, theme
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
        self.found = FoundList(lists, actions, settings, theme, name="directed", parent=self)
        self.direction = DirectionBar(lists, theme, self)
        self.note = MeaningNote(self.tr("Words count here only with a learned encoder."), self)
        self.empty = EmptyState(theme, "similar", "", parent=self)
        self._asking = Asking(studio, self, TYPING_MS)
        self._build()
        self._add_actions()
        self.list.play_wanted.connect(lambda at: actions.play(list(self._model.ids), at, "similar"))
        self.empty.acted.connect(self._take_next_step)
        self.direction.changed.connect(lambda: self._ask(at_once=True))
        self.direction.typed.connect(lambda: self._ask(at_once=False))
        self.note.encoders_wanted.connect(self.encoders_wanted)
        self._asking.answered.connect(self._take)
        self._asking.failed.connect(self._take_failure)
        actions.ratings.changed.connect(self._model.update_items)
        actions.playback.current_changed.connect(self._mark_current)
        studio.scores_changed.connect(self._take_scores)
        covers.loaded.connect(self._cover_loaded)
        theme.changed.connect(self._draw_cover)

    def open_similar(self, item: int) -> None:
        """Show what is like `item`."""
        self.open_directed((item,))

    def open_directed(self, items: Sequence[int]) -> None:
        """Show what is like all of these together, to be turned by words and other Items."""
        self.direction.start(items)
        self._ask(at_once=True)

    @property
    def heading(self) -> str:
        return self._heading.text()

    def focus_first(self) -> bool:
        """Put the keyboard on the list; while the answer is on its way it waits on the page."""
        shown = self._stack.currentWidget()
        if shown is not self.empty and shown is not None:
            shown.setFocus()
        elif not self.empty.focus_button():
            self.setFocus()
        return True

    # Inside

    def _build(self) -> None:
        as_page(self)
        back = icon_button(self._theme, "chevron-left", self.tr("Back"), self)
        back.clicked.connect(self.back_wanted)
        self._cover = QLabel(self)
        self._cover.setFixedSize(COVER, COVER)
        self._heading = ElidedLabel(self.title, self)
        self._heading.setFont(self._theme.font(TextSize.HEADING, bold=True))
        self._below = status_line(self)
        self._play = icon_button(self._theme, "play", self.tr("Play all of these"), self)
        self._queue = icon_button(self._theme, "enqueue", self.tr("Add all of these to the queue"), self)
        self._play.clicked.connect(lambda: self._actions.play(self._ids, 0, "similar"))
        self._queue.clicked.connect(lambda: self._actions.enqueue(self._ids))
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addStretch(1)
        words.addWidget(self._heading)
        words.addWidget(self._below)
        words.addStretch(1)
        head = QHBoxLayout()
        head.setContentsMargins(Space.S, Space.S, Space.M, Space.S)
        head.setSpacing(Space.M)
        head.addWidget(back)
        head.addWidget(self._cover)
        head.addLayout(words, 1)
        head.addWidget(self._play)
        head.addWidget(self._queue)
        turn = QVBoxLayout()
        turn.setContentsMargins(Space.L, 0, Space.M, Space.S)
        turn.setSpacing(Space.S)
        turn.addWidget(self.direction)
        turn.addWidget(self.note)
        self._stack = QStackedWidget(self)
        for view in (self.list, self.found, self.empty):
            self._stack.addWidget(view)
        views = QHBoxLayout()
        views.setContentsMargins(Space.S, 0, 0, 0)
        views.addWidget(self._stack)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addLayout(turn)
        column.addLayout(views, 1)
        self.direction.hide()
        self._say(self.tr("Choose “More like this” on anything in your library."))

    def _add_actions(self) -> None:
        """What the rows' menu offers here beyond the usual: to turn the direction by what was found."""
        for words, icon, key, less in (
            (self.tr("More like this one too"), "add", "+", False),
            (self.tr("Less like this one"), "remove", "-", True),
        ):
            action = QAction(words, self)
            self._theme.dress(action, icon)
            action.setShortcut(QKeySequence(key))
            action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            action.setShortcutVisibleInContextMenu(True)
            action.triggered.connect(lambda _checked=False, less=less: self._turn(less=less))
            self.addAction(action)
            for view in (self.list, self.found):
                view.extra_actions.append(action)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._asking.resume()

    @property
    def _ids(self) -> list[int]:
        """What is shown, likest first."""
        shown = self._stack.currentWidget()
        return list(shown.items_model.ids) if isinstance(shown, ItemList) else []

    def _turn(self, *, less: bool) -> None:
        shown = self._stack.currentWidget()
        if isinstance(shown, ItemList) and (chosen := shown.selected_ids()):
            self.direction.add(chosen, less=less)

    def _ask(self, *, at_once: bool) -> None:
        """Ask for what the direction is now."""
        now = self.direction.direction
        self.direction.show()
        self._name()
        if not now.words and not now.less_words:
            self.note.hide()
        if now.empty:
            self._asking.stop()
            self._say(self.tr("Say in words what it should be like, or go back and choose something."))
            return
        if at_once:
            self._say(self.tr("Comparing with everything else…"))
        if now.plain:
            item = now.items[0]
            self._asking.ask(lambda request: FindSimilar(request, item, COUNT), at_once=at_once)
        else:
            self._asking.ask(
                lambda request: MoreLike(request, now.items, now.words, now.less_items, now.less_words, COUNT),
                at_once=at_once,
            )

    def _name(self) -> None:
        """Say what the page is about: the first Item, and that there is more to it."""
        now = self.direction.direction
        row = next(iter(self._lists.rows(list(now.items[:1]))), None)
        if row is None:
            self._heading.setText(self.title)
        elif len(now.items) > 1:
            self._heading.setText(self.tr("More like these, but…"))
        elif now.plain:
            self._heading.setText(self.tr("More like {title}").format(title=row.title))
        else:
            self._heading.setText(self.tr("More like {title}, but…").format(title=row.title))
        below = (row.artist, row.album) if row is not None and len(now.items) == 1 else ()
        self._below.setText(" · ".join(part for part in below if part))
        self._below.setVisible(bool(self._below.text()))
        self._cover_hash = row.cover if row else ""
        self._seed = f"{row.title}\n{row.artist}" if row else ""
        self._draw_cover()

    def _take(self, event: object) -> None:
        match event:
            case Picks():
                self.note.hide()
                picks = [pick for shelf in event.shelves for pick in shelf.picks]
                self._model.show_picks(picks)
                self._mark_current()
                self._show_list(self.list)
            case Hits():
                now = self.direction.direction
                if now.words or now.less_words:
                    self.note.show_meaning(event.meaning)
                self.found.show_hits(event.hits)
                self._show_list(self.found)

    def _say_nothing(self) -> None:
        now = self.direction.direction
        if now.plain:
            words = self.tr("This has not been listened to yet. Try again in a moment.")
        else:
            words = self.tr("Nothing was found that is like this.")
        self._say(words, self.tr("Try again"))

    def _take_failure(self, failed: Failed) -> None:
        self._say(failed.title or failed.detail, self.tr("Try again"))

    def _take_next_step(self) -> None:
        self._say(self.tr("Comparing with everything else…"))
        self._asking.again()

    def _take_scores(self, _event: ScoresChanged) -> None:
        self._model.reread()
        self.found.items_model.reread()

    def _show_list(self, view: ItemList) -> None:
        if not view.items_model.rowCount():
            self._say_nothing()
            return
        self._play.setEnabled(True)
        self._queue.setEnabled(True)
        waiting = self.hasFocus() or self.empty.button.hasFocus() or self.list.hasFocus() or self.found.hasFocus()
        self._stack.setCurrentWidget(view)
        view.scrollToTop()
        if waiting:
            view.setFocus()

    def _say(self, words: str, button: str = "") -> None:
        comes = self.list.hasFocus() or self.found.hasFocus()
        self.empty.say(words, button)
        self._play.setEnabled(False)
        self._queue.setEnabled(False)
        if comes:
            # Hidden first, the list would hand the keyboard to any neighbour.
            self.setFocus()
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
