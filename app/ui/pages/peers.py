"""Peers: whom the user follows, knows and has blocked, what each brought, and how the network is.

Reads the store on the window's thread, acts through `PeerDeeds`; follows the network process's `peers_changed`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Protocol

from PySide6.QtCore import QItemSelectionModel, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QButtonGroup,
    QHBoxLayout,
    QHeaderView,
    QMenu,
    QPushButton,
    QSplitter,
    QStackedWidget,
    QTableView,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.store.peer_effects import PeerEffect
from app.store.peers import PeerRow
from app.ui.item_models.peers_model import PeerColumn, PeersModel, peer_name
from app.ui.network import NetworkBridge
from app.ui.network_words import number
from app.ui.pages.card_window import CardWindow, show_card
from app.ui.pages.empty import EmptyState
from app.ui.pages.follow_window import FollowWindow
from app.ui.pages.network_health import NetworkHealth
from app.ui.pages.peer_deeds import PeerDeeds
from app.ui.pages.peer_detail import PeerDetail
from app.ui.theme import Space, Theme
from app.ui.widgets.page_parts import as_page, page_heading

SETTLE_MS = 400
"""Cards may come many a second; the list is read anew at most so often."""
LOOK_MS = 10_000
"""When a peer was heard of last is noted without a word: while the page shows, it looks so often."""
_WIDTHS = {
    PeerColumn.RELATION: 136,
    PeerColumn.ITEMS: 66,
    PeerColumn.SIZE: 82,
    PeerColumn.STANDING: 122,
    PeerColumn.HEARD: 104,
}
_ROOM = {PeerColumn.SIZE: 630, PeerColumn.ITEMS: 550, PeerColumn.HEARD: 480}
"""A column is left out where the list is narrower than this: the name needs its room."""


class PeerReader(Protocol):
    """Who knows the peers."""

    def rows(self) -> list[PeerRow]: ...


class EffectReader(Protocol):
    """Who knows what a peer brought."""

    def of(self, key: bytes) -> PeerEffect: ...


class Which(StrEnum):
    """Which peers are shown."""

    ALL = "all"
    FOLLOWED = "followed"
    KNOWN = "known"
    BLOCKED = "blocked"


class PeersPage(QWidget):
    """`offers_wanted(key)` (64 hex digits), `publishing_wanted` and `settings_wanted` are for the window to open."""

    notice = Signal(str)
    offers_wanted = Signal(str)
    publishing_wanted = Signal()
    settings_wanted = Signal()

    def __init__(
        self,
        reader: PeerReader,
        effects: EffectReader,
        deeds: PeerDeeds,
        network: NetworkBridge,
        theme: Theme,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.title = self.tr("Peers")
        self.icon_name = "peers"
        self.search_hint = self.tr("Search in Peers: names or keys")
        self._reader, self._effects, self._deeds = reader, effects, deeds
        self._network, self._theme = network, theme
        self._all: Sequence[PeerRow] = ()
        self._which = Which.ALL
        self._search = ""
        self._chosen = b""
        self._buttons: dict[Which, QToolButton] = {}
        self._settling = QTimer(self)
        self._settling.setSingleShot(True)
        self._settling.setInterval(SETTLE_MS)
        self._settling.timeout.connect(self._refresh_shown)
        self._looking = QTimer(self)
        self._looking.setInterval(LOOK_MS)
        self._looking.timeout.connect(self._refresh_shown)
        self._model = PeersModel(self)
        self.health = NetworkHealth(network, theme, self)
        self.table = QTableView(self)
        self.detail = PeerDetail(theme, self)
        self.empty = EmptyState(theme, "peers", "", parent=self)
        self._build()
        self._connect()

    # What the window asks

    def set_search(self, text: str) -> None:
        """Show only peers whose name or key holds these words."""
        self._search = text
        self._show()

    def refresh(self) -> None:
        """Read the peers anew."""
        self._all = self._reader.rows()
        self._show()

    def focus_first(self) -> bool:
        """Put the keyboard on the list, or on the next step where it is empty."""
        if self._stack.currentWidget() is self.empty:
            return self.empty.focus_button()
        self.table.setFocus()
        return True

    def choose(self, which: Which) -> None:
        """Show all peers, or those of one kind."""
        self._which = which
        self._buttons[which].setChecked(True)
        self._show()

    def select(self, key: bytes) -> bool:
        """Bring one peer into view; False where it is not among those shown."""
        at = self._model.row_of(key)
        if at < 0:
            return False
        index = self._model.index(at, 0)
        flags = QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
        self.table.selectionModel().setCurrentIndex(index, flags)
        return True

    @property
    def chosen(self) -> PeerRow | None:
        """The peer beside the list."""
        return next((row for row in self._model.rows if row.key == self._chosen), None)

    def open_follow(self) -> FollowWindow:
        """Ask for the card, key or address of somebody to follow."""
        window = FollowWindow(self._network, self._theme, self)
        window.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        window.followed.connect(self._take_followed)
        window.open()
        return window

    def open_card(self) -> CardWindow:
        """Show our own card."""
        return show_card(self._network, self._theme, self)

    # Inside

    def _build(self) -> None:
        as_page(self)
        heading = page_heading(self.title, self)
        card = QPushButton(self.tr("My card…"), self)
        card.clicked.connect(lambda _checked=False: self.open_card())
        publish = QPushButton(self.tr("Publish…"), self)
        publish.clicked.connect(lambda _checked=False: self.publishing_wanted.emit())
        self._follow = QPushButton(self.tr("Follow somebody…"), self)
        self._follow.setProperty("primary", True)
        self._follow.clicked.connect(lambda _checked=False: self.open_follow())
        bar = QHBoxLayout()
        bar.setContentsMargins(Space.L, Space.M, Space.L, Space.S)
        bar.setSpacing(Space.S)
        bar.addWidget(heading)
        bar.addStretch(1)
        for button in (publish, card, self._follow):
            bar.addWidget(button)
        strip = QVBoxLayout()
        strip.setContentsMargins(Space.L, 0, Space.L, Space.S)
        strip.addWidget(self.health)
        self._dress_table()
        split = QSplitter(Qt.Orientation.Horizontal, self)
        split.setHandleWidth(1)
        split.setChildrenCollapsible(False)
        split.addWidget(self.table)
        split.addWidget(self.detail)
        split.setStretchFactor(0, 1)
        split.setSizes([560, 280])
        self._split = split
        self._stack = QStackedWidget(self)
        self._stack.addWidget(split)
        self._stack.addWidget(self.empty)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(bar)
        column.addLayout(strip)
        column.addLayout(self._kinds())
        column.addWidget(self._stack, 1)
        self._name_kinds()

    def _kinds(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setContentsMargins(Space.L - 6, 0, Space.L, Space.XS)
        row.setSpacing(Space.XS)
        group = QButtonGroup(self)
        for which in Which:
            button = self._buttons[which] = QToolButton(self)
            button.setCheckable(True)
            button.setChecked(which is self._which)
            button.clicked.connect(lambda _checked=False, which=which: self.choose(which))
            group.addButton(button)
            row.addWidget(button)
        row.addStretch(1)
        return row

    def _dress_table(self) -> None:
        table = self.table
        table.setModel(self._model)
        table.setAccessibleName(self.tr("Peers"))
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        table.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        table.setShowGrid(False)
        table.setWordWrap(False)
        table.setTabKeyNavigation(False)
        table.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        table.setStyleSheet("QTableView::item { padding: 0 6px; }")
        table.verticalHeader().hide()
        table.verticalHeader().setDefaultSectionSize(30)
        header = table.horizontalHeader()
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        header.setSortIndicatorClearable(True)
        header.setSectionResizeMode(PeerColumn.NAME, QHeaderView.ResizeMode.Stretch)
        header.setMinimumSectionSize(48)
        for column, width in _WIDTHS.items():
            table.setColumnWidth(column, width)
        table.setSortingEnabled(True)
        table.sortByColumn(-1, Qt.SortOrder.AscendingOrder)

    def _connect(self) -> None:
        self.table.horizontalHeader().geometriesChanged.connect(self._mind_width)
        self.table.selectionModel().currentRowChanged.connect(lambda now, _before: self._take_row(now.row()))
        self.table.activated.connect(lambda _index: self._on_chosen(self._open_offers))
        self.table.customContextMenuRequested.connect(self._open_menu)
        self.empty.acted.connect(self._take_next_step)
        self.health.settings_wanted.connect(self.settings_wanted)
        self.detail.follow_wanted.connect(lambda: self._on_chosen(self._deeds.follow))
        self.detail.unfollow_wanted.connect(lambda: self._on_chosen(self._deeds.unfollow))
        self.detail.unblock_wanted.connect(lambda: self._on_chosen(self._deeds.unblock))
        self.detail.block_wanted.connect(lambda: self._on_chosen(lambda row: self._deeds.ask_block(row, self)))
        self.detail.offers_wanted.connect(lambda: self._on_chosen(self._open_offers))
        self.detail.said.connect(self.notice)
        self._deeds.said.connect(self.notice)
        self._deeds.done.connect(self._refresh_shown)
        self._network.peers_changed.connect(self._refresh_soon)
        self._network.offers_changed.connect(self._refresh_soon)
        self._network.switched.connect(self._refresh_shown)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.refresh()
        self.health.ask()
        self._looking.start()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._looking.stop()

    def _mind_width(self) -> None:
        width = self.table.viewport().width()
        for column, room in _ROOM.items():
            if self.table.isColumnHidden(column) != (width < room):
                self.table.setColumnHidden(column, width < room)

    def _refresh_soon(self) -> None:
        if not self._settling.isActive():
            self._settling.start()

    def _refresh_shown(self, _on: object = None) -> None:
        if self.isVisible():
            self.refresh()

    def _show(self) -> None:
        words = self._search.casefold().split()
        of_kind = [row for row in self._all if self._fits(row)]
        shown = [
            row for row in of_kind if all(word in f"{peer_name(row)} {row.key.hex()}".casefold() for word in words)
        ]
        key, scroll = self._chosen, self.table.verticalScrollBar()
        place = scroll.value()
        self._model.show_rows(shown)
        if key and self.select(key):
            # Somebody may be looking elsewhere in the list.
            scroll.setValue(place)
        elif shown:
            self.select(self._model.rows[0].key)
        self._name_kinds()
        self.detail.setVisible(bool(shown))
        self._stack.setCurrentWidget(self._split if shown else self.empty)
        if shown:
            self._take_row(self.table.currentIndex().row())
        else:
            self._say_empty(bool(of_kind))

    def _fits(self, row: PeerRow) -> bool:
        match self._which:
            case Which.FOLLOWED:
                return row.followed
            case Which.KNOWN:
                return not row.followed and not row.blocked
            case Which.BLOCKED:
                return row.blocked
            case _:
                return True

    def _name_kinds(self) -> None:
        counts = {
            Which.ALL: len(self._all),
            Which.FOLLOWED: sum(row.followed for row in self._all),
            Which.KNOWN: sum(not row.followed and not row.blocked for row in self._all),
            Which.BLOCKED: sum(row.blocked for row in self._all),
        }
        names = {
            Which.ALL: self.tr("All"),
            Which.FOLLOWED: self.tr("Followed"),
            Which.KNOWN: self.tr("Known"),
            Which.BLOCKED: self.tr("Blocked"),
        }
        for which, button in self._buttons.items():
            count = number(counts[which]) if counts[which] else ""
            button.setText(f"{names[which]} {count}".strip())
            button.setAccessibleName(self.tr("Show: {which}").format(which=button.text()))

    def _say_empty(self, searched: bool) -> None:
        if searched:
            self.empty.say(self.tr("No peer is called “{text}”.").format(text=self._search[:80]))
        elif self._which is Which.BLOCKED:
            self.empty.say(self.tr("You have blocked nobody."))
        elif self._which is Which.FOLLOWED:
            self.empty.say(
                self.tr("You follow nobody yet. A friend's card, a key or an address is enough."),
                self.tr("Follow somebody…"),
            )
        elif not self._network.on:
            self.empty.say(
                self.tr("Peers are other listeners who publish what they have. The network is off."),
                self.tr("See what switching it on means…"),
            )
        else:
            self.empty.say(
                self.tr("Nobody was heard of yet; it takes a minute or two. A friend's card leads in at once."),
                self.tr("Follow somebody…"),
            )

    def _take_next_step(self) -> None:
        if not self._network.on and self._which is not Which.FOLLOWED:
            self.settings_wanted.emit()
        else:
            self.open_follow()

    def _take_row(self, at: int) -> None:
        if 0 <= at < len(self._model.rows):
            row = self._model.rows[at]
            self._chosen = row.key
            self.detail.show_peer(row, self._effects.of(row.key))

    def _take_followed(self, given: str) -> None:
        self.notice.emit(self.tr("You follow them now. Their catalogue is fetched as soon as they are found."))
        if len(given) == 64:
            self._chosen = bytes.fromhex(given)
        self._refresh_shown()

    def _on_chosen(self, act: Callable[[PeerRow], object]) -> None:
        row = self.chosen
        if row is not None:
            act(row)

    def _open_offers(self, row: PeerRow) -> None:
        if row.items:
            self.offers_wanted.emit(row.key.hex())

    def _open_menu(self, at: QPoint) -> None:
        row = self.chosen
        if row is None:
            return
        menu = self.menu_for(row)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        place = at if at.x() >= 0 else self.table.visualRect(self.table.currentIndex()).bottomLeft()
        menu.popup(self.table.viewport().mapToGlobal(place))

    def menu_for(self, row: PeerRow) -> QMenu:
        """What can be done about a peer."""
        menu = QMenu(self)
        acts: list[tuple[str, str, Callable[[], object]]] = []
        if row.blocked:
            acts.append(("undo", self.tr("Unblock"), lambda: self._deeds.unblock(row)))
        else:
            if row.followed:
                acts.append(("remove", self.tr("Do not follow any longer"), lambda: self._deeds.unfollow(row)))
            else:
                acts.append(("add", self.tr("Follow"), lambda: self._deeds.follow(row)))
            if row.items:
                acts.append(("discover", self.tr("Show what it offers"), lambda: self._open_offers(row)))
            acts.append(("lock", self.tr("Block…"), lambda: self._deeds.ask_block(row, self)))
        acts.append(("copy", self.tr("Copy its key"), self.detail.copy_key))
        for icon, words, act in acts:
            action = menu.addAction(self._theme.icon(icon), words)
            action.triggered.connect(lambda _checked=False, act=act: act())
        return menu
