"""What can be done with an Offer, the same by button, by key and in the menu: fetch, play, never show, block, follow.

Discover acts through it. Downloads go through `Fetching`, peers through `PeerDeeds`; what is never to be shown is
written on the store's write thread and can be undone.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QWidget

from app.network_messages import DownloadState
from app.store.database import Database
from app.store.offer_rows import Dismissals
from app.store.peers import Peers
from app.trust import Rank
from app.ui.bridge import StoreWrites
from app.ui.context_menu import ItemActions
from app.ui.fetching import Fetching
from app.ui.network_words import amount
from app.ui.pages.offer_view import Offered
from app.ui.pages.peer_deeds import PeerDeeds
from app.ui.theme import Theme
from app.ui.undo import UndoList
from app.ui.widgets.elided_label import one_line

_CONTEXT = "discover"
_LONGEST = 60


class OfferDeeds(QObject):
    """`dismissed(root)` and `restored(root)` when a file is never to be shown, or is again."""

    dismissed = Signal(object)
    restored = Signal(object)
    publisher_wanted = Signal(str)
    """Show only what the peer of this key offers."""
    downloads_wanted = Signal(int)
    """Show this download on its page."""

    def __init__(
        self,
        fetching: Fetching,
        peers: Peers,
        peer_deeds: PeerDeeds,
        actions: ItemActions,
        writes: StoreWrites,
        undo: UndoList,
        theme: Theme,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.fetching, self.peer_deeds = fetching, peer_deeds
        self._peers, self._actions, self._writes, self._undo = peers, actions, writes, undo
        self._theme = theme

    def take_next_step(self, offered: Offered) -> None:
        """What the main button does: play what can be played, fetch what is not here, else show its download."""
        fetched = self.fetching.of_root(offered.row.root)
        if fetched is not None and fetched.can_play:
            self.fetching.play(fetched.id)
        elif fetched is not None and fetched.state is not DownloadState.CANCELLED:
            self.downloads_wanted.emit(fetched.id)
        elif offered.pick.owned:
            self._actions.playback.play_items([offered.pick.owned], 0, _CONTEXT)
        else:
            self.fetch(offered)

    def fetch(self, offered: Offered) -> None:
        """Download it."""
        self.fetching.start(offered.row.id)

    def fetch_and_play(self, offered: Offered) -> None:
        """Download it, and play it as soon as enough of it is here."""
        self.fetching.start(offered.row.id, play=True)

    def dismiss(self, offered: Offered) -> None:
        """Never show this file again, whoever offers it; undoable."""
        root, title = offered.row.root, _short(offered.row.title)

        def never() -> None:
            self._write(lambda dismissals: dismissals.add(root))
            self.dismissed.emit(root)

        def again() -> None:
            self._write(lambda dismissals: dismissals.remove(root), lambda: self.restored.emit(root))

        never()
        self._undo.push(self.tr("never show “{title}”").format(title=title), again, never)
        self._actions.notice.emit(self.tr("“{title}” is never shown again").format(title=title))

    def block(self, offered: Offered, parent: QWidget) -> None:
        """Ask whether everything of this publisher is to go."""
        row = self._peers.row(offered.row.peer)
        if row is not None:
            self.peer_deeds.ask_block(row, parent)

    def follow(self, offered: Offered, follow: bool) -> None:
        """Follow its publisher, or no longer."""
        row = self._peers.row(offered.row.peer)
        if row is not None:
            (self.peer_deeds.follow if follow else self.peer_deeds.unfollow)(row)

    def build_menu(self, offered: Offered, parent: QWidget, explain: Callable[[], None]) -> QMenu:
        """Everything that can be done with one offer; `explain` opens the account of its score."""
        menu = QMenu(parent)
        row = offered.row
        fetched = self.fetching.of_root(row.root)
        over = fetched is None or fetched.state in (
            DownloadState.CANCELLED,
            DownloadState.REFUSED,
            DownloadState.FAILED,
        )
        if fetched is not None and fetched.can_play:
            self._add(menu, "play", self.tr("Play"), partial(self.fetching.play, fetched.id), "Return")
        elif offered.pick.owned:
            self._add(
                menu,
                "play",
                self.tr("Play yours"),
                lambda: self._actions.playback.play_items([offered.pick.owned], 0, _CONTEXT),
                "Return",
            )
        if over:
            words = self.tr("Download, {size}").format(size=amount(row.size))
            self._add(menu, "download", words, partial(self.fetch, offered), "" if offered.pick.owned else "Return")
            words = self.tr("Download and play while it arrives")
            self._add(menu, "play", words, partial(self.fetch_and_play, offered), "Shift+Return")
        elif fetched is not None:
            if fetched.can_pause:
                self._add(menu, "pause", self.tr("Pause the download"), partial(self.fetching.pause, fetched.id))
            if fetched.can_resume:
                self._add(menu, "play", self.tr("Go on with the download"), partial(self.fetching.resume, fetched.id))
            if fetched.can_cancel:
                self._add(menu, "close", self.tr("Cancel the download"), partial(self.fetching.cancel, fetched.id))
            self._add(menu, "list", self.tr("Show in downloads"), lambda: self.downloads_wanted.emit(fetched.id))
        menu.addSeparator()
        self._add(menu, "info", self.tr("Why this score"), explain, "W")
        self._add(menu, "thumbs-down", self.tr("Never show this"), partial(self.dismiss, offered), "Ctrl+D")
        menu.addSeparator()
        name = _short(row.peer_name) or self.tr("this publisher")
        key = row.peer.hex()
        self._add(
            menu, "search", self.tr("Only from {name}").format(name=name), lambda: self.publisher_wanted.emit(key)
        )
        follows = row.rank is Rank.FOLLOWED
        self._add(
            menu,
            "heart-filled" if follows else "heart",
            self.tr("Follow {name} no longer").format(name=name)
            if follows
            else self.tr("Follow {name}").format(name=name),
            partial(self.follow, offered, not follows),
        )
        self._add(
            menu, "trash", self.tr("Nothing from {name}…").format(name=name), partial(self.block, offered, parent)
        )
        return menu

    # Inside

    def _add(self, menu: QMenu, icon: str, words: str, act: Callable[[], object], key: str = "") -> None:
        # What a publisher calls itself must not become a mnemonic.
        action = QAction(words.replace("&", "&&"), menu)
        self._theme.dress(action, icon)
        if key:
            action.setShortcut(QKeySequence(key))
            action.setShortcutVisibleInContextMenu(True)
        action.triggered.connect(lambda _checked=False: act())
        menu.addAction(action)

    def _write(self, work: Callable[[Dismissals], None], done: Callable[[], None] | None = None) -> None:
        def write(database: Database) -> None:
            work(Dismissals(database))

        self._writes.submit(write, lambda _none: done() if done is not None else None)


def _short(title: str) -> str:
    words = one_line(title)
    return words if len(words) <= _LONGEST else f"{words[: _LONGEST - 1]}…"
