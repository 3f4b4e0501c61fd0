"""Discover: what others publish and the user would love, ranked by the studio; fetched only at a press of a button.

Asks the studio when shown and when offers or scores are new, at most once at a time. Reads the attached offers on the
window's thread; acts through `OfferDeeds`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from PySide6.QtCore import QLocale, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from app.config import Settings
from app.errors import BowerbirdError
from app.network_messages import CheckHealth, Discover, ExplainOffer, HealthChanged, OfferPick, OfferPicks
from app.protocol import Explanation, Failed
from app.store.offer_rows import OfferRows
from app.store.peers import Peers
from app.ui.bridge import StudioBridge
from app.ui.covers import Covers
from app.ui.item_models.items_model import Lists
from app.ui.item_models.peers_model import peer_name
from app.ui.network import NetworkBridge
from app.ui.pages.discover_filters import FilterBar, Publisher, blocked_words
from app.ui.pages.empty import EmptyState
from app.ui.pages.network_consent import NetworkConsent
from app.ui.pages.network_line import NetworkLine
from app.ui.pages.offer_deeds import OfferDeeds
from app.ui.pages.offer_list import OfferList
from app.ui.pages.offer_view import Offered
from app.ui.theme import Space, Theme
from app.ui.why_panel import WhyPanel
from app.ui.widgets.page_parts import as_page, page_heading, status_line

COUNT = 30
MOST = 240
SETTLE_MS = 300
COUNTED_AGAIN = 30 * 60.0
"""Seconds; who has a file is counted again only after so long."""


class DiscoverPage(QWidget):
    """`downloads_wanted(id)`, `peers_wanted` ask the window for other pages."""

    downloads_wanted = Signal(int)
    peers_wanted = Signal()
    search_cleared = Signal()
    notice = Signal(str)

    def __init__(
        self,
        studio: StudioBridge,
        network: NetworkBridge,
        offers: OfferRows,
        peers: Peers,
        deeds: OfferDeeds,
        lists: Lists,
        settings: Settings,
        covers: Covers,
        theme: Theme,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.title = self.tr("Discover")
        self.icon_name = "discover"
        self.search_hint = self.tr("Search what others offer: words, or what it sounds like; -word leaves out")
        self._studio, self._network, self._offers, self._peers = studio, network, offers, peers
        self._deeds, self._lists, self._settings, self._theme = deeds, lists, settings, theme
        self._why: WhyPanel | None = None
        self._search = ""
        self._count = COUNT
        self._picks: Sequence[OfferPick] = ()
        self._gone: set[bytes] = set()
        """Files that were dismissed; an answer on its way may still hold them."""
        self._total = self._labels = -1
        self._there = 0
        """How many offers there are, whatever is filtered."""
        self._trouble = ""
        self._asking = False
        self._stale = True
        self._lands = False
        self._counted: dict[int, float] = {}
        self._settling = QTimer(self)
        self._settling.setSingleShot(True)
        self._settling.setInterval(SETTLE_MS)
        self._settling.timeout.connect(self.refresh)
        self._build(covers)
        self._connect()
        self._mind()

    # What the window asks

    def set_search(self, text: str) -> None:
        """Show what `text` finds among the offers."""
        if text != self._search:
            self._search = text
            self._ask_anew()

    def show_publisher(self, key: str) -> None:
        """Show only what the peer of that key (64 hex digits) offers."""
        self._show_publishers()
        self.filters.choose_publisher(key)

    @property
    def status(self) -> str:
        """What the page says of the ranking."""
        return self._status.text()

    def refresh(self) -> None:
        """Ask for picks now (or as soon as the page is shown)."""
        if self._asking or not self.isVisible():
            self._stale = True
            return
        self._there = self._offers.count()
        if not self._there:
            self._stale = True
            self._show_picks((), 0, self._labels)
            return
        self._stale, self._asking = False, True
        if self._total < 0:
            self._status.setText(self.tr("choosing for you…"))
        asked, words, count, search = self.filters.filters, blocked_words(self._settings), self._count, self._search
        self._studio.ask_of_offers(
            lambda request: Discover(
                request,
                count,
                asked.kind,
                asked.licence,
                asked.largest,
                asked.followed_only,
                asked.peer,
                search,
                words,
                asked.with_owned,
            ),
            self._take,
        )

    def focus_first(self) -> bool:
        """Put the keyboard on the first row, or on the next step where there is none."""
        shown = self._stack.currentWidget()
        if shown is self.consent:
            return self.consent.focus_button()
        if shown is self.empty and self.empty.focus_button():
            return True
        if not self.list.focus_row(0):
            self.setFocus()
            self._lands = True
        return True

    # Building

    def _build(self, covers: Covers) -> None:
        as_page(self)
        heading = page_heading(self.title, self)
        self._status = status_line(self)
        bar = QHBoxLayout()
        bar.setContentsMargins(Space.L, Space.M, Space.L, Space.XS)
        bar.setSpacing(Space.S)
        bar.addWidget(heading)
        bar.addWidget(self._status, 1)
        self.line = NetworkLine(self._network, self._theme, self)
        self.filters = FilterBar(self._settings, self._theme, self)
        self._head = QWidget(self)
        head = QVBoxLayout(self._head)
        head.setContentsMargins(Space.L, 0, Space.L, Space.S)
        head.setSpacing(Space.S)
        head.addWidget(self.line)
        head.addWidget(self.filters)
        self.list = OfferList(covers, self._theme, self)
        self.empty = EmptyState(self._theme, "discover", "", parent=self)
        self.consent = NetworkConsent(self._settings, self._theme, self)
        self._stack = QStackedWidget(self)
        for part in (self.list, self.empty, self.consent):
            self._stack.addWidget(part)
        page = QVBoxLayout(self)
        page.setContentsMargins(0, 0, 0, 0)
        page.setSpacing(0)
        page.addLayout(bar)
        page.addWidget(self._head)
        page.addWidget(self._stack, 1)

    def _connect(self) -> None:
        studio, network, deeds = self._studio, self._network, self._deeds
        studio.offer_scores_changed.connect(lambda _event: self._ask_soon())
        studio.ready.connect(lambda _ready: self._ask_soon())
        network.offers_changed.connect(self._take_offers)
        network.peers_changed.connect(self._show_publishers)
        network.health_changed.connect(self._take_health)
        network.switched.connect(self._take_switch)
        network.state_changed.connect(lambda _state: self._mind())
        network.progressed.connect(lambda _progress: self._mind())
        deeds.dismissed.connect(self._take_dismissed)
        deeds.restored.connect(self._take_restored)
        deeds.publisher_wanted.connect(self.show_publisher)
        deeds.downloads_wanted.connect(self.downloads_wanted)
        deeds.peer_deeds.done.connect(self._take_offers)
        deeds.fetching.changed.connect(self._take_download)
        deeds.fetching.listed.connect(self._show_rows)
        self.filters.changed.connect(self._ask_anew)
        self.line.details_wanted.connect(self.peers_wanted)
        self.line.switch_wanted.connect(self.explain_network)
        self.consent.agreed.connect(self._switch_on)
        self.consent.declined.connect(self._take_no)
        self.empty.acted.connect(self._take_next_step)
        self.list.wanted.connect(self._with(deeds.take_next_step))
        self.list.play_wanted.connect(self._with(deeds.fetch_and_play))
        self.list.dismissed.connect(self._with(deeds.dismiss))
        self.list.explain_wanted.connect(self._explain)
        self.list.menu_wanted.connect(self._open_menu)
        self.list.more_wanted.connect(self._show_more)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._show_publishers()
        self.line.ask()
        if self._stale:
            self.refresh()
        self._count_health()

    # Asking

    def _ask_anew(self) -> None:
        """Something else is wanted: from the top."""
        self._count = COUNT
        self.list.verticalScrollBar().setValue(0)
        self._ask_soon()

    def _ask_soon(self) -> None:
        self._stale = True
        self._settling.start()

    def _show_more(self) -> None:
        self._count = min(self._count * 2, MOST)
        self.refresh()

    def _take(self, event: OfferPicks | Explanation | Failed) -> None:
        self._asking = False
        match event:
            case OfferPicks():
                self._trouble = ""
                self._show_picks(event.picks, event.total, event.labels)
            case Failed():
                self._trouble = ": ".join(part for part in (event.title, event.detail) if part)
                self._mind()
        if self._stale:
            self._settling.start()

    def _show_picks(self, picks: Sequence[OfferPick], total: int, labels: int) -> None:
        self._picks, self._total, self._labels = picks, total, labels
        self._show_rows()
        self._say_status()
        self._mind()
        self._count_health()
        if self._lands and self.hasFocus():
            self._lands = not self.list.focus_row(0)

    # Showing

    def _show_rows(self) -> None:
        """The picks as they are in the store now, with their downloads."""
        rows = {row.id: row for row in self._offers.rows([pick.offer for pick in self._picks])}
        blocked = self._peers.blocked() if rows else frozenset()
        fetching = self._deeds.fetching
        offered = [
            Offered(row, pick, fetching.of_root(row.root), self._labels > 0)
            for pick in self._picks
            if (row := rows.get(pick.offer)) is not None and row.root not in self._gone and row.peer not in blocked
        ]
        self.filters.show_licences(one.row.licence for one in offered)
        more = self._total > len(self._picks) and self._count < MOST and len(self._picks) >= self._count
        self.list.show_offers(offered, more=more, note="" if more else self._left_out())

    def _left_out(self) -> str:
        """Why not all that pass the filters are shown: strangers have a few places of a page each."""
        left_out = self._total - len(self._picks)
        if left_out <= 0 or not self._picks or self.filters.filters.peer:
            return ""
        words = (
            self.tr("1 more offer is from a stranger, and strangers have a few places each.")
            if left_out == 1
            else self.tr("{count} more offers are from strangers, who have a few places each.").format(
                count=QLocale().toString(left_out)
            )
        )
        return words + " " + self.tr("Choose a publisher above to see all of theirs, or follow somebody.")

    def _show_publishers(self) -> None:
        rows = [row for row in self._peers.rows() if row.items and not row.blocked]
        self.filters.show_publishers(
            [Publisher(row.key.hex(), peer_name(row), row.items, row.followed) for row in rows]
        )

    def _say_status(self) -> None:
        if self._total <= 0:
            self._status.setText("")
            return
        number = QLocale().toString
        found = self.tr("1 offer") if self._total == 1 else self.tr("{count} offers").format(count=number(self._total))
        if self._labels <= 0:
            self._status.setText(
                self.tr("{offers} · rate a few things, and these are ranked for you").format(offers=found)
            )
            return
        trained = (
            self.tr("trained on 1 rating")
            if self._labels == 1
            else self.tr("trained on {count} ratings").format(count=number(self._labels))
        )
        self._status.setText(self.tr("{offers} · {trained}").format(offers=found, trained=trained))

    def _mind(self) -> None:
        """Show the list, or say why there is none and what the next step is."""
        off = not self._network.on
        if self.list.offered:
            self._head.show()
            self.filters.show()
            self._stack.setCurrentWidget(self.list)
            return
        nothing = not self._there
        self._head.setVisible(not (off and nothing))
        self.filters.setVisible(not nothing)
        if off and nothing:
            self._stack.setCurrentWidget(self.consent)
            return
        if self._trouble:
            words, step = self.tr("No offers could be chosen: {what}").format(what=self._trouble), self.tr("Try again")
        elif nothing:
            words, step = self._nothing_yet(), self.tr("Follow somebody…")
        elif self._asking or self._total < 0:
            words, step = self.tr("Choosing from {count} offers…").format(count=QLocale().toString(self._there)), ""
        elif self._search:
            words = self.tr("{count} offers are here, but none fits “{text}”.").format(
                count=QLocale().toString(self._there), text=self._search[:80]
            )
            step = self.tr("Clear the search")
        else:
            words = self.tr("{count} offers are here, but none passes what is filtered.").format(
                count=QLocale().toString(self._there)
            )
            step = self.tr("Filter nothing")
        if (words, step) != (self.empty.words, self.empty.button.text()):
            self.empty.say(words, step, "warning" if self._trouble else "discover")
        self._stack.setCurrentWidget(self.empty)

    def _nothing_yet(self) -> str:
        """What is being done while nothing was found."""
        state = self._network.state
        if self.line.work:
            doing = self.line.work
        elif state is None:
            doing = self.tr("The network is starting…")
        elif not state.dht_nodes and not state.peers:
            doing = self.tr("Looking for a first contact; that takes a minute or two.")
        elif not state.peers:
            doing = self.tr("In touch with the public directory; looking there for other Bowerbirds.")
        else:
            doing = self.tr("Other Bowerbirds are there; their catalogues are fetched as they come.")
        return (
            self.tr("Nothing was found yet. {doing}").format(doing=doing)
            + "\n"
            + self.tr("Whom you follow comes first: a friend’s card is all it takes.")
        )

    # What comes

    def _take_offers(self) -> None:
        """Catalogues came or went: what is gone goes now, what is new comes with the next answer."""
        self._there = self._offers.count()
        self._show_publishers()
        self._show_rows()
        self._mind()
        self._ask_soon()

    def _take_switch(self, on: bool) -> None:
        self.consent.start_over()
        self._there = self._offers.count()
        self._mind()
        if on:
            self._ask_soon()
        if self.isVisible():
            self.focus_first()

    def _take_health(self, event: HealthChanged) -> None:
        if any(pick.offer in event.offers for pick in self._picks):
            self._show_rows()

    def _take_download(self, download: int) -> None:
        fetched = self._deeds.fetching.get(download)
        if fetched is not None:
            self.list.show_download(fetched)

    def _take_dismissed(self, root: bytes) -> None:
        self._gone.add(root)
        self._show_rows()
        self._mind()

    def _take_restored(self, root: bytes) -> None:
        self._gone.discard(root)
        self._show_rows()
        self._mind()
        self._ask_soon()

    def _count_health(self) -> None:
        """Have counted who has what is shown, where that was long ago."""
        if not self._network.on or not self.isVisible():
            return
        now = time.time()
        wanted = [
            one.row.id
            for one in self.list.offered
            if max(one.row.checked_at, self._counted.get(one.row.id, 0.0)) < now - COUNTED_AGAIN
        ]
        if wanted:
            self._counted.update(dict.fromkeys(wanted, now))
            self._network.tell(CheckHealth(tuple(wanted)))

    # What the user does

    def _with(self, deed: Callable[[Offered], None]) -> Callable[[int], None]:
        """The deed for an offer that is named by its id."""

        def act(offer: int) -> None:
            offered = self._find(offer)
            if offered is not None:
                deed(offered)

        return act

    def _find(self, offer: int) -> Offered | None:
        return next((one for one in self.list.offered if one.row.id == offer), None)

    def _explain(self, offer: int, at: QPoint) -> None:
        offered = self._find(offer)
        if offered is None:
            return
        if self._why is None:
            self._why = WhyPanel(self._studio, self._lists, self._theme, self)
        answer = self._why.expect(offered.row.title, at)
        self._studio.ask_of_offers(lambda request: ExplainOffer(request, offer), answer)

    def _open_menu(self, offer: int, at: QPoint) -> None:
        offered = self._find(offer)
        if offered is not None:
            menu = self._deeds.build_menu(offered, self, lambda: self._explain(offer, at))
            menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            menu.popup(at)

    def explain_network(self) -> None:
        """Say what becomes visible once the network is on, and offer the switch."""
        if self._network.on:
            return
        self.consent.explain()
        self._stack.setCurrentWidget(self.consent)
        self._head.hide()
        self.consent.focus_button()

    def _switch_on(self) -> None:
        try:
            self._network.set_on(True)
        except (BowerbirdError, OSError) as error:
            self.notice.emit(self.tr("The network could not be switched on: {error}").format(error=error))

    def _take_no(self) -> None:
        self.consent.start_over()
        self._mind()
        self.focus_first()

    def _take_next_step(self) -> None:
        if self._trouble:
            self.refresh()
        elif not self._there:
            self.peers_wanted.emit()
        elif self._search:
            self.search_cleared.emit()
            self.set_search("")
        else:
            self.filters.clear()
