"""Peers in library.db: cards and their order, following, blocking, the cache, standing."""

from __future__ import annotations

from pathlib import Path

from app.store.database import Database
from app.store.offers import Offers
from app.store.peers import CardVerdict, PeerAddress, Peers
from app.trust import Rank, Standing
from tests.factories import open_database, peer_key, taken_catalogue

A, B, C = peer_key(1), peer_key(2), peer_key(3)


def test_a_newer_card_replaces_and_an_older_is_a_replay(database: Database) -> None:
    peers = Peers(database)
    assert peers.card_came(A, 5, b"five", "Anna", 10.0) is CardVerdict.NEW
    assert peers.card_came(A, 5, b"five", "Anna", 11.0) is CardVerdict.SAME
    assert peers.card_came(A, 4, b"four", "Old", 12.0) is CardVerdict.OLD
    assert peers.card_came(A, 6, b"six", "Anne", 13.0) is CardVerdict.NEW
    row = peers.row(A)
    assert row is not None
    assert (row.name, row.seq, row.first_met, row.last_heard, row.forked) == ("Anne", 6, 10.0, 13.0, False)
    assert peers.card(A) == b"six"


def test_two_cards_with_one_number_mark_their_signer(database: Database) -> None:
    peers = Peers(database)
    peers.card_came(A, 5, b"five", "Anna")
    assert peers.card_came(A, 5, b"other", "Anna") is CardVerdict.FORKED
    assert peers.card(A) == b"five"
    assert peers.cards() == []
    row = peers.row(A)
    assert row is not None
    assert row.standing is Standing.BAD
    assert peers.card_came(A, 6, b"six", "Anna") is CardVerdict.NEW
    row = peers.row(A)
    assert row is not None
    assert row.forked


def test_a_peer_followed_by_key_gets_its_card_later(database: Database) -> None:
    peers = Peers(database)
    peers.follow(A, "quiet heron")
    assert peers.followed() == [A]
    assert peers.card(A) is None
    assert peers.card_came(A, 0, b"first", "Anna") is CardVerdict.NEW
    row = peers.row(A)
    assert row is not None
    assert (row.name, row.followed, row.rank) == ("Anna", True, Rank.FOLLOWED)
    peers.follow(A, "quiet heron")
    assert peers.rows()[0].name == "Anna"
    peers.unfollow(A)
    assert peers.followed() == []


def test_blocking_leaves_nothing_but_the_block(database: Database) -> None:
    peers = Peers(database)
    peers.follow(A, "Anna")
    peers.card_came(A, 3, b"card", "Anna")
    database.execute("INSERT INTO evidence VALUES (?, 1, 1, x'00', 0)", (A,))
    peers.block(A, 20.0)
    for table, column in (("peers", "key"), ("evidence", "source")):
        assert database.all(f"SELECT * FROM {table} WHERE {column} = ?", (A,)) == []
    assert peers.blocked() == {A}
    assert peers.card_came(A, 9, b"new", "Anna") is CardVerdict.BLOCKED
    row = peers.row(A)
    assert row is not None
    assert (row.blocked, row.name, row.first_met) == (True, "", 20.0)
    peers.block(A, 30.0)
    assert [row.first_met for row in peers.rows()] == [20.0]
    peers.unblock(A)
    assert peers.rows() == []
    assert peers.card_came(A, 9, b"new", "Anna") is CardVerdict.NEW


def test_unfollowing_forgets_what_the_peer_told_of_its_taste(database: Database) -> None:
    peers = Peers(database)
    peers.follow(A)
    database.execute("INSERT INTO evidence VALUES (?, 1, 1, x'00', 0)", (A,))
    peers.unfollow(A)
    assert database.all("SELECT * FROM evidence") == []


def test_following_lifts_a_block(database: Database) -> None:
    peers = Peers(database)
    peers.block(A)
    peers.follow(A)
    assert not peers.is_blocked(A)
    assert peers.followed() == [A]


def test_the_cache_names_the_followed_first_then_the_newest(database: Database) -> None:
    peers = Peers(database)
    for number, key in enumerate((A, B, C)):
        peers.card_came(key, 1, b"%d" % number, "", 0.0)
    peers.follow(A)
    peers.heard([PeerAddress(A, "10.0.0.1", 1, 5.0), PeerAddress(B, "10.0.0.2", 2, 6.0)])
    peers.heard([PeerAddress(peer_key(9), "10.0.0.9", 9, 9.0), PeerAddress(C, "10.0.0.3", 3, 7.0)])
    assert [address.key for address in peers.addresses()] == [A, C, B]
    assert peers.addresses(1) == [PeerAddress(A, "10.0.0.1", 1, 5.0)]
    assert peers.cards() == [b"0", b"2", b"1"]


def test_promises_are_counted_and_seen(database: Database) -> None:
    peers = Peers(database)
    peers.card_came(A, 1, b"", "Anna")
    peers.note_download(A, kept=True)
    peers.note_download(A, kept=False)
    peers.note_download(B, kept=False)
    row = peers.row(A)
    assert row is not None
    assert (row.kept, row.broken, row.standing) == (1, 1, Standing.DOUBTFUL)
    assert peers.row(B) is None


def test_friends_of_friends_are_counted_anew(database: Database) -> None:
    peers = Peers(database)
    for key in (A, B):
        peers.card_came(key, 1, b"", "")
    peers.set_followed_by([(A, 2)])
    peers.set_followed_by([(B, 1), (C, 3)])
    assert {row.key: row.rank for row in peers.rows()} == {A: Rank.STRANGER, B: Rank.FRIEND_OF_FRIEND}


def test_strangers_beyond_the_limit_are_forgotten_others_never(database: Database) -> None:
    peers = Peers(database)
    for number in range(10):
        peers.card_came(peer_key(number), 1, b"", "", float(number))
    peers.follow(peer_key(0))
    peers.note_download(peer_key(1), kept=False)
    assert set(peers.forget_strangers(keep=3)) == {peer_key(number) for number in range(2, 7)}
    assert {row.key for row in peers.rows()} == {peer_key(number) for number in (0, 1, 7, 8, 9)}


def test_rows_say_what_a_peer_brought_where_offers_are_attached(tmp_path: Path) -> None:
    offers = Offers(tmp_path / "offers.db")
    offers.take(taken_catalogue(1, 10))
    offers.close()
    with open_database(tmp_path, offers=True) as database:
        peers = Peers(database)
        peers.card_came(A, 1, b"", "Anna")
        peers.card_came(B, 1, b"", "Bela")
        found = {row.key: (row.items, row.bytes, row.fetched_at) for row in peers.rows()}
        assert found == {A: (10, 9500, 1_800_000_000.0), B: (0, 0, 0.0)}
