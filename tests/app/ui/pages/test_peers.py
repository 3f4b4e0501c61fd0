"""The peers page: who is shown, what is said of them, and what each deed asks or writes."""

from __future__ import annotations

from typing import cast

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QMessageBox, QPushButton, QTableView
from pytestqt.qtbot import QtBot

from app.network_messages import (
    AskNetworkState,
    Block,
    Follow,
    NetworkProgress,
    NetworkState,
    Reachable,
    Unblock,
    Unfollow,
)
from app.protocol import Done, Failed
from app.store.offers import Offers
from app.store.peer_effects import PeerEffects
from app.store.peers import PeerAddress, Peers
from app.ui.item_models.peers_model import PeerColumn
from app.ui.network import NetworkBridge
from app.ui.pages.peer_deeds import PeerDeeds
from app.ui.pages.peers import PeersPage, Which
from tests.factories import peer_key, taken_catalogue
from tests.window import Rig

ANNA, BEN, CLEO, DORA = (peer_key(number) for number in range(1, 5))
STATE = NetworkState(0, 212, 4, Reachable.YES, 3, 12, False, 0.0, 0.0, 0)


@pytest.fixture
def peers(rig: Rig) -> Peers:
    """Anna is followed and has a catalogue of ten; Ben broke his word; Cleo is nobody; Dora is blocked."""
    peers = Peers(rig.database)
    peers.card_came(ANNA, 1, b"card", "Anna <b>&amp;", 100.0)
    peers.card_came(BEN, 1, b"card", "Ben", 300.0)
    peers.card_came(CLEO, 1, b"card", "calm wren 88ab", 200.0)
    peers.follow(ANNA)
    peers.note_download(ANNA, True)
    for _ in range(4):
        peers.note_download(BEN, False)
    peers.block(DORA)
    offers = Offers(rig.folder / "offers.db")
    offers.take(taken_catalogue(1, 10))
    offers.close()
    return peers


@pytest.fixture
def page(rig: Rig, peers: Peers, qtbot: QtBot) -> PeersPage:
    network = cast("NetworkBridge", rig.network)
    deeds = PeerDeeds(network, rig.writes, rig.undo)
    made = PeersPage(peers, PeerEffects(rig.database), deeds, network, rig.theme)
    deeds.setParent(made)
    qtbot.addWidget(made)
    made.resize(1000, 640)
    made.show()
    return made


def shown(page: PeersPage, column: PeerColumn = PeerColumn.NAME) -> list[str]:
    model = page.table.model()
    return [model.index(row, column).data() for row in range(model.rowCount())]


def press(page: PeersPage, words: str) -> None:
    found = next(b for b in page.detail.findChildren(QPushButton) if b.text() == words and not b.isHidden())
    found.click()


def test_the_followed_come_first_and_the_blocked_last(page: PeersPage) -> None:
    assert shown(page) == ["Anna <b>&amp;", "Ben", "calm wren 88ab", f"{DORA.hex()[:16]}…"]
    assert shown(page, PeerColumn.RELATION) == ["followed", "known", "known", "blocked"]
    assert shown(page, PeerColumn.STANDING) == ["kept", "not trusted", "not tried", ""]
    assert shown(page, PeerColumn.ITEMS) == ["10", "", "", ""]


def test_kinds_words_and_orders(page: PeersPage) -> None:
    page.choose(Which.KNOWN)
    assert shown(page) == ["Ben", "calm wren 88ab"]
    page.set_search("WREN")
    assert shown(page) == ["calm wren 88ab"]
    page.set_search(CLEO.hex()[:10])
    assert shown(page) == ["calm wren 88ab"]
    page.set_search("nobody of that name")
    assert page.empty.words == "No peer is called “nobody of that name”."
    page.set_search("")
    page.choose(Which.ALL)
    page.table.sortByColumn(PeerColumn.HEARD, Qt.SortOrder.DescendingOrder)
    assert shown(page)[:3] == ["Ben", "calm wren 88ab", "Anna <b>&amp;"]
    page.table.sortByColumn(PeerColumn.NAME, Qt.SortOrder.DescendingOrder)
    assert shown(page)[:2] == ["calm wren 88ab", "Ben"]


def test_what_a_peer_brought_is_said(rig: Rig, page: PeersPage) -> None:
    page.select(ANNA)
    words = page.detail.words
    assert "10 items of 11.0 MB" in words
    assert "9.5 kB of catalogue fetched" in words
    assert "kept in 1 of 1 downloads" in words
    assert ANNA.hex()[:8] in words
    page.select(BEN)
    assert "kept in 0 of 4 downloads; the rest was not what it had promised" in page.detail.words
    page.select(DORA)
    assert "nothing but its key" in page.detail.words


def test_foreign_names_are_never_markup(page: PeersPage) -> None:
    page.select(ANNA)
    labels = [label for label in page.detail.findChildren(QLabel) if "Anna" in label.text()]
    assert labels
    assert all(label.textFormat() is Qt.TextFormat.PlainText for label in labels)


def test_following_and_not_following_ask_the_network(rig: Rig, page: PeersPage, qtbot: QtBot) -> None:
    rig.network.set_on(True)
    rig.network.asked.clear()
    page.select(BEN)
    press(page, "Follow")
    request, answer = rig.network.asked[-1]
    assert request == Follow(request.request, BEN.hex())  # type: ignore[union-attr]
    with qtbot.waitSignal(page.notice) as told:
        answer(Done(1))
    assert told.args == ["You follow Ben now"]
    rig.undo.undo()
    assert isinstance(rig.network.asked[-1][0], Unfollow)
    page.select(ANNA)
    press(page, "Do not follow any longer")
    request, answer = rig.network.asked[-1]
    assert request == Unfollow(request.request, ANNA.hex())  # type: ignore[union-attr]
    with qtbot.waitSignal(page.notice) as told:
        answer(Failed(1, "The library is locked", "Try again"))
    assert told.args == ["The library is locked: Try again"]
    rig.undo.redo()
    assert rig.undo.undo_text == "following Ben"


def test_without_the_network_the_store_is_written(rig: Rig, page: PeersPage, peers: Peers, qtbot: QtBot) -> None:
    page.select(CLEO)
    with qtbot.waitSignal(page.notice):
        press(page, "Follow")
    assert CLEO in peers.followed()
    page.select(DORA)
    with qtbot.waitSignal(page.notice):
        press(page, "Unblock")
    assert peers.blocked() == frozenset()
    assert rig.network.asked == []
    assert DORA.hex()[:16] not in "".join(shown(page))


def test_a_block_is_asked_for_first(rig: Rig, page: PeersPage, qtbot: QtBot) -> None:
    rig.network.set_on(True)
    rig.network.asked.clear()
    page.select(ANNA)
    press(page, "Block…")
    box = page.findChild(QMessageBox)
    assert box is not None
    assert "10 offers" in box.informativeText()
    assert box.textFormat() is Qt.TextFormat.PlainText
    assert rig.network.asked == []
    next(button for button in box.buttons() if button.text() == "Block").click()
    request, answer = rig.network.asked[-1]
    assert isinstance(request, Block)
    assert request.peer == ANNA.hex()
    with qtbot.waitSignal(page.notice) as told:
        answer(Done(1))
    assert "all it brought is gone" in told.args[0]
    page.select(DORA)
    press(page, "Unblock")
    assert isinstance(rig.network.asked[-1][0], Unblock)


def test_everything_is_also_in_the_menu(page: PeersPage) -> None:
    rows = {row.key: row for row in page.table.model().rows}  # type: ignore[attr-defined]
    words = {key: [action.text() for action in page.menu_for(rows[key]).actions()] for key in (ANNA, CLEO, DORA)}
    assert words[ANNA] == ["Do not follow any longer", "Show what it offers", "Block…", "Copy its key"]
    assert words[CLEO] == ["Follow", "Block…", "Copy its key"]
    assert words[DORA] == ["Unblock", "Copy its key"]


def test_a_peers_key_can_be_copied_and_its_offers_opened(page: PeersPage, qtbot: QtBot) -> None:
    page.select(ANNA)
    page.detail.copy_key()
    assert QApplication.clipboard().text() == ANNA.hex()
    with qtbot.waitSignal(page.offers_wanted) as told:
        press(page, "Show what it offers")
    assert told.args == [ANNA.hex()]
    page.table.setFocus()
    with qtbot.waitSignal(page.offers_wanted):
        qtbot.keyClick(page.table, Qt.Key.Key_Return)


def test_the_list_follows_what_changes_and_keeps_the_chosen(
    rig: Rig, page: PeersPage, peers: Peers, qtbot: QtBot
) -> None:
    page.select(CLEO)
    peers.card_came(peer_key(9), 1, b"card", "Zoe", 900.0)
    rig.network.peers_changed.emit()
    qtbot.waitUntil(lambda: "Zoe" in shown(page))
    assert page.chosen is not None
    assert page.chosen.key == CLEO


def test_health_and_progress_are_said(rig: Rig, page: PeersPage) -> None:
    assert page.health.words.startswith("The network is off")
    rig.network.set_on(True)
    rig.network.show(STATE)
    assert "4 peers heard of lately" in page.health.words
    rig.network.progressed.emit(NetworkProgress("catalogue", ANNA.hex(), 0, 0))
    assert page.health.work == "Looking for whoever has a catalogue…"
    rig.network.progressed.emit(NetworkProgress("catalogue", ANNA.hex(), 1_000_000, 4_000_000))
    assert page.health.work == "Fetching a catalogue: 1.0 MB of 4.0 MB"
    rig.network.progressed.emit(NetworkProgress("catalogue", ANNA.hex(), 4_000_000, 4_000_000))
    assert page.health.work == ""
    rig.network.lost.emit("killed")
    assert page.health.words == "The network process ended: killed"


def test_showing_the_page_asks_how_the_network_is(rig: Rig, page: PeersPage) -> None:
    rig.network.set_on(True)
    page.hide()
    page.show()
    assert isinstance(rig.network.asked[-1][0], AskNetworkState)


def test_the_empty_page_leads_on(rig: Rig, qtbot: QtBot) -> None:
    network = cast("NetworkBridge", rig.network)
    deeds = PeerDeeds(network, rig.writes, rig.undo)
    page = PeersPage(Peers(rig.database), PeerEffects(rig.database), deeds, network, rig.theme)
    qtbot.addWidget(page)
    page.show()
    assert "The network is off" in page.empty.words
    with qtbot.waitSignal(page.settings_wanted):
        page.empty.button.click()
    rig.network.set_on(True)
    assert page.empty.words.startswith("Nobody was heard of yet")
    page.choose(Which.BLOCKED)
    assert page.empty.words == "You have blocked nobody."


def test_narrow_lists_leave_columns_out(page: PeersPage, qtbot: QtBot) -> None:
    table: QTableView = page.table
    assert not table.isColumnHidden(PeerColumn.SIZE)
    page.resize(620, 600)
    qtbot.waitUntil(lambda: table.isColumnHidden(PeerColumn.SIZE) and table.isColumnHidden(PeerColumn.HEARD))
    assert not table.isColumnHidden(PeerColumn.STANDING)
    page.resize(1000, 600)
    qtbot.waitUntil(lambda: not table.isColumnHidden(PeerColumn.SIZE))


def test_a_look_does_not_move_the_list(rig: Rig, peers: Peers, page: PeersPage, qtbot: QtBot) -> None:
    for number in range(10, 110):
        peers.card_came(peer_key(number), 1, b"card", f"Peer {number}", 50.0 + number)
    page.refresh()
    page.select(ANNA)
    scroll = page.table.verticalScrollBar()
    scroll.setValue(scroll.maximum())
    before = scroll.value()
    assert before > 0
    peers.heard([PeerAddress(CLEO, "127.0.0.1", 7000, 5000.0)])
    page.refresh()
    assert scroll.value() == before
    assert page.chosen is not None
    assert page.chosen.key == ANNA
