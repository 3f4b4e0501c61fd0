"""Following, not following, blocking and unblocking: through the network process, or in the store while it is off.

The peers page and whoever shows a peer act through it; every step but a block can be undone.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QMessageBox, QWidget

from app.network_messages import Block, Follow, NetworkRequest, Unblock, Unfollow
from app.protocol import Failed
from app.store.database import Database
from app.store.peers import PeerRow, Peers
from app.ui.bridge import StoreWrites
from app.ui.item_models.peers_model import peer_name
from app.ui.network import NetworkBridge
from app.ui.network_words import number
from app.ui.undo import UndoList


class PeerDeeds(QObject):
    """`done` after each step; `said(text)` is for the window to say."""

    done = Signal()
    said = Signal(str)

    def __init__(
        self, network: NetworkBridge, writes: StoreWrites, undo: UndoList, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._network, self._writes, self._undo = network, writes, undo

    def follow(self, row: PeerRow) -> None:
        """Follow a peer that is known."""
        name = peer_name(row)
        self._do(
            row.key,
            True,
            self.tr("You follow {name} now").format(name=name),
            self.tr("following {name}").format(name=name),
        )

    def unfollow(self, row: PeerRow) -> None:
        """Follow a peer no longer; what it offers stays as a stranger's would."""
        name = peer_name(row)
        said = self.tr("You do not follow {name} any longer").format(name=name)
        self._do(row.key, False, said, self.tr("no longer following {name}").format(name=name))

    def block(self, row: PeerRow) -> None:
        """Take everything of a peer away, now."""
        said = self.tr("{name} is blocked; all it brought is gone").format(name=peer_name(row))
        key = row.key.hex()
        self._run(lambda request: Block(request, key), lambda database: Peers(database).block(row.key), said)

    def unblock(self, row: PeerRow) -> None:
        """Let a blocked peer be met again."""
        said = self.tr("No longer blocked: it can be met again, as a stranger")
        key = row.key.hex()
        self._run(lambda request: Unblock(request, key), lambda database: Peers(database).unblock(row.key), said)

    def ask_block(self, row: PeerRow, parent: QWidget) -> QMessageBox:
        """Ask whether a peer is to be blocked, and do it: what goes does not come back by itself."""
        box = QMessageBox(parent)
        box.setIcon(QMessageBox.Icon.NoIcon)
        box.setWindowTitle(self.tr("Block"))
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setText(self.tr("Block {name}?").format(name=peer_name(row)))
        gone = self.tr("What it brought goes at once: its catalogue, its offers and their vectors.")
        if row.items:
            gone = self.tr("What it brought goes at once: its catalogue, {count} offers and their vectors.").format(
                count=number(row.items)
            )
        box.setInformativeText(
            gone + " " + self.tr("You hear nothing from it again. Files you downloaded stay; unblocking is possible.")
        )
        block = box.addButton(self.tr("Block"), QMessageBox.ButtonRole.DestructiveRole)
        box.addButton(QMessageBox.StandardButton.Cancel)
        box.setDefaultButton(QMessageBox.StandardButton.Cancel)
        box.buttonClicked.connect(lambda button: self.block(row) if button is block else None)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.open()
        return box

    # Inside

    def _do(self, key: bytes, follow: bool, said: str = "", step: str = "") -> None:
        """Follow or not; `step` names it for undo, once it is done."""
        name = key.hex()

        def done() -> None:
            if step:
                self._undo.push(step, lambda: self._do(key, not follow), lambda: self._do(key, follow))

        if follow:
            self._run(lambda request: Follow(request, name), lambda database: Peers(database).follow(key), said, done)
        else:
            self._run(
                lambda request: Unfollow(request, name), lambda database: Peers(database).unfollow(key), said, done
            )

    def _run(
        self,
        make: Callable[[int], NetworkRequest],
        work: Callable[[Database], None],
        said: str,
        done: Callable[[], None] | None = None,
    ) -> None:
        if self._network.on:
            self._network.ask(make, lambda event: self._take(event, said, done))
        else:
            self._writes.submit(work, lambda _none: self._take(None, said, done))

    def _take(self, event: object, said: str, done: Callable[[], None] | None) -> None:
        if isinstance(event, Failed):
            self.said.emit(": ".join(part for part in (event.title, event.detail) if part))
        else:
            if done is not None:
                done()
            if said:
                self.said.emit(said)
        self.done.emit()
