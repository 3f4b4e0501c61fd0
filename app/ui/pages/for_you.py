"""For You: shelves of what the taste network recommends, each pick with its reason.

Asks the studio when shown and after every new ranking, at most once at a time; new picks take the place of the old
without flicker. Reads the store for what the picks are; acts through `ItemActions`.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QSlider,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.config import ADVENTURE, Settings
from app.protocol import Event, Failed, ItemsChanged, PickedShelf, Picks, Recommend, ScoresChanged, Shelf
from app.store.item_lists import ListQuery
from app.ui.bridge import StudioBridge
from app.ui.context_menu import ItemActions
from app.ui.covers import Covers
from app.ui.item_models.items_model import Lists
from app.ui.pages.card import Shown
from app.ui.pages.empty import EmptyState
from app.ui.pages.ranking_choice import RankingChoice
from app.ui.pages.shelf import ShelfView
from app.ui.theme import Space, Theme
from app.ui.widgets.kind_choice import KindChoice
from app.ui.widgets.page_parts import as_page, page_heading, status_line
from models.ids import ItemId

SHELVES = (Shelf.LOVE, Shelf.DIFFERENT, Shelf.FORGOTTEN, Shelf.MORE)
COUNT = 12
FEW_LABELS = 5
"""Up to so many ratings the page says that more of them help."""
RERANKED_MS = 2500


class ForYouPage(QWidget):
    """`add_folder_wanted` comes from the page while the library is empty."""

    add_folder_wanted = Signal()

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
        self.title = self.tr("For You")
        self.icon_name = "for-you"
        self._studio, self._lists, self._actions = studio, lists, actions
        self._settings, self._theme = settings, theme
        self._kinds = KindChoice(self.tr("Recommend: {kind}"), self)
        self._asking = False
        self._stale = True
        self._labels = -1
        self._lands = False
        self._ranked_again = False
        self._settling = QTimer(self)
        self._settling.setSingleShot(True)
        self._settling.setInterval(250)
        self._settling.timeout.connect(self._adventure_settled)
        self._quiet = QTimer(self)
        self._quiet.setSingleShot(True)
        self._quiet.setInterval(RERANKED_MS)
        self._quiet.timeout.connect(self._say_status)
        self._shelves: dict[Shelf, ShelfView] = {}
        self._build(covers)
        studio.scores_changed.connect(self._take_scores)
        studio.items_changed.connect(self._take_items_changed)
        studio.ready.connect(self._ask_soon)
        actions.ratings.changed.connect(self._take_feedback)
        actions.playback.current_changed.connect(self._mark_current)

    # What the window asks

    @property
    def status(self) -> str:
        """What the page says of the ranking."""
        return self._status.text()

    @property
    def intro(self) -> str:
        """How to begin, "" once there is enough."""
        return "" if self._intro.isHidden() else self._intro.text()

    def shelf(self, shelf: Shelf) -> ShelfView:
        return self._shelves[shelf]

    def choose_kind(self, kind: str) -> None:
        """Recommend "track", "video", or "" for both."""
        self._kinds.choose(kind)

    def refresh(self) -> None:
        """Ask for new picks now (or as soon as the page is shown)."""
        if not self.isVisible():
            self._stale = True
            return
        if self._asking:
            # One question at a time: the answer to this one would be old at once.
            self._stale = True
            return
        self._stale, self._asking = False, True
        if self._labels < 0:
            self._status.setText(self.tr("choosing for you…"))
        adventure = self.adventure.value() / 100
        kind, way = self._kinds.kind, self.ranking.way
        self._studio.ask(
            lambda request: Recommend(request, SHELVES, COUNT, adventure, kind, way),
            self._take,
        )

    def focus_first(self) -> bool:
        """Put the keyboard on the first card; while the first picks are on their way it waits on the page."""
        if self._stack.currentWidget() is self.empty:
            return self.empty.focus_button()
        if not any(view.focus_card(0) for view in self._shelves.values() if not view.isHidden()):
            self.setFocus()
            self._lands = True
        return True

    # Inside

    def _build(self, covers: Covers) -> None:
        as_page(self)
        heading = page_heading(self.title, self)
        self._status = status_line(self)
        bar = QHBoxLayout()
        bar.setContentsMargins(Space.L, Space.M, Space.L, Space.S)
        bar.setSpacing(Space.XS)
        # Below the heading, where it has the room that the choices leave: beside it, it was cut.
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(heading)
        words.addWidget(self._status)
        bar.addLayout(words, 1)
        self.ranking = RankingChoice(self)
        self.ranking.chosen.connect(lambda _way: self._ask_soon())
        bar.addWidget(self.ranking)
        bar.addSpacing(Space.S)
        self._kinds.chosen.connect(lambda _kind: self._ask_soon())
        bar.addWidget(self._kinds)
        self._intro = QLabel(self)
        self._intro.setProperty("role", "muted")
        self._intro.setWordWrap(True)
        self._intro.setContentsMargins(6, 0, 0, 0)
        self._intro.hide()
        inside = QWidget(self)
        column = QVBoxLayout(inside)
        column.setContentsMargins(Space.L - 6, 0, Space.L, Space.L)
        column.setSpacing(Space.L)
        column.addWidget(self._intro)
        for shelf in SHELVES:
            view = ShelfView(
                self._shelf_title(shelf, 0),
                self._actions,
                covers,
                self._theme,
                "for-you",
                extra=self._adventure_slider() if shelf is Shelf.DIFFERENT else None,
                parent=inside,
            )
            view.hide()
            view.left.connect(lambda direction, x, shelf=shelf: self._move(shelf, direction, x))
            self._shelves[shelf] = view
            column.addWidget(view)
        column.addStretch(1)
        self._scroll = QScrollArea(self)
        self._scroll.setWidget(inside)
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.viewport().setAutoFillBackground(False)
        inside.setAutoFillBackground(False)
        self.empty = EmptyState(self._theme, "for-you", "", parent=self)
        self.empty.acted.connect(self._take_next_step)
        self._stack = QStackedWidget(self)
        self._stack.addWidget(self._scroll)
        self._stack.addWidget(self.empty)
        page = QVBoxLayout(self)
        page.setContentsMargins(0, 0, 0, 0)
        page.setSpacing(0)
        page.addLayout(bar)
        page.addWidget(self._stack, 1)

    def _adventure_slider(self) -> QWidget:
        box = QWidget(self)
        row = QHBoxLayout(box)
        row.setContentsMargins(Space.L, 0, 0, 0)
        row.setSpacing(Space.S)
        label = QLabel(self.tr("adventure"), box)
        label.setProperty("role", "small")
        self.adventure = QSlider(Qt.Orientation.Horizontal, box)
        self.adventure.setRange(0, 100)
        self.adventure.setPageStep(25)
        self.adventure.setSingleStep(5)
        self.adventure.setFixedWidth(120)
        self.adventure.setValue(round(self._settings.get(ADVENTURE) * 100))
        self.adventure.setAccessibleName(self.tr("How far from home “Something different” goes"))
        self.adventure.setToolTip(self.adventure.accessibleName())
        label.setBuddy(self.adventure)
        row.addWidget(label)
        row.addWidget(self.adventure)
        self.adventure.valueChanged.connect(lambda _value: self._settling.start())
        return box

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._stale:
            self.refresh()

    def _take_scores(self, event: ScoresChanged) -> None:
        """A new ranking stands: ask again."""
        self._labels = event.labels
        self._ranked_again = True
        self._ask_soon()

    def _take_items_changed(self, _event: ItemsChanged) -> None:
        """The library changed: ask again where there was nothing to show."""
        if not any(shelf.ids for shelf in self._shelves.values()):
            self._ask_soon()

    def _ask_soon(self, _ready: object = None) -> None:
        self._stale = True
        self.refresh()

    def _take(self, event: Event) -> None:
        self._asking = False
        match event:
            case Picks():
                self._show_picks(event)
            case Failed():
                if not any(shelf.ids for shelf in self._shelves.values()):
                    words = self.tr("No recommendations: {what}").format(what=event.title or event.detail)
                    self.empty.say(words, self.tr("Try again"), "warning")
                    self._stack.setCurrentWidget(self.empty)
        if self._stale:
            self.refresh()

    def _show_picks(self, picks: Picks) -> None:
        self._labels = picks.labels
        answered = {shelf.shelf: shelf for shelf in picks.shelves}
        for name, view in self._shelves.items():
            shelf = answered.get(name)
            shown = self._shown(shelf) if shelf is not None else []
            view.set_title(self._shelf_title(name, shelf.about if shelf is not None else 0))
            view.show_picks(shown)
            view.setVisible(bool(shown))
        nothing = not any(view.ids for view in self._shelves.values())
        if nothing:
            self._say_empty()
        self._say_intro()
        self._stack.setCurrentWidget(self.empty if nothing else self._scroll)
        self._say_status()
        if self._lands and self.hasFocus() and not nothing:
            # The keyboard waited here for the first cards.
            self.focus_first()
            self._lands = False

    def _shown(self, shelf: PickedShelf) -> list[Shown]:
        rows = {row.id: row for row in self._lists.rows([pick.item for pick in shelf.picks])}
        scored = self._labels > 0
        return [Shown(rows[ItemId(pick.item)], pick, scored) for pick in shelf.picks if pick.item in rows]

    def _shelf_title(self, shelf: Shelf, about: int) -> str:
        match shelf:
            case Shelf.LOVE:
                return self.tr("Rate a few of these") if self._labels == 0 else self.tr("You will love")
            case Shelf.DIFFERENT:
                return self.tr("Something different")
            case Shelf.FORGOTTEN:
                return self.tr("Forgotten favourites")
            case _:
                row = next(iter(self._lists.rows([about])), None) if about else None
                return self.tr("More like {title}").format(title=row.title) if row else self.tr("More like this")

    def _say_intro(self) -> None:
        """How to begin, in one line, while there are few ratings."""
        if self._labels == 0:
            self._intro.setText(
                self.tr("Like or dislike a few of these, and recommendations start with the first one.")
            )
        elif 0 < self._labels < FEW_LABELS:
            self._intro.setText(self.tr("A good start. A few more likes and dislikes make the picks yours."))
        self._intro.setVisible(0 <= self._labels < FEW_LABELS)

    def _say_status(self) -> None:
        if self._labels <= 0:
            self._status.setText("")
            return
        words = (
            self.tr("trained on 1 rating")
            if self._labels == 1
            else self.tr("trained on {count} ratings").format(count=self._labels)
        )
        if self._ranked_again:
            self._ranked_again = False
            words = self.tr("{status} · re-ranked").format(status=words)
            self._quiet.start()
        self._status.setText(words)

    def _say_empty(self) -> None:
        if len(self._lists.ids(ListQuery(kind=self._kinds.kind))):
            self.empty.say(
                self.tr("Bowerbird is still listening to your library; the first picks appear very soon."),
                "",
                "for-you",
            )
        elif self._kinds.kind == "video":
            self.empty.say(self.tr("There are no videos to recommend yet."), self.tr("Add a folder…"), "video")
        else:
            self.empty.say(
                self.tr("Recommendations come from your own files. Begin with a folder of music or videos."),
                self.tr("Add a folder…"),
                "for-you",
            )

    def _take_next_step(self) -> None:
        if len(self._lists.ids(ListQuery(kind=self._kinds.kind))):
            self.refresh()
        else:
            self.add_folder_wanted.emit()

    def _adventure_settled(self) -> None:
        self._settings.set(ADVENTURE, self.adventure.value() / 100)
        self._ask_soon()

    def _mark_current(self, _playable: object) -> None:
        self._take_feedback(())

    def _take_feedback(self, ids: Sequence[int]) -> None:
        for view in self._shelves.values():
            view.show_feedback(ids)

    def _move(self, shelf: Shelf, direction: int, x: int) -> None:
        """Up and down go to the next shelf that has cards, keeping the place on the screen."""
        at = SHELVES.index(shelf) + direction
        while 0 <= at < len(SHELVES):
            view = self._shelves[SHELVES[at]]
            if not view.isHidden() and view.focus_card(view.column_at(x)):
                self._scroll.ensureWidgetVisible(view, 0, Space.S)
                return
            at += direction
