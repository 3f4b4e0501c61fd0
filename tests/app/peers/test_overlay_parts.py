"""The overlay's pure parts: shelf of cards, rate limits, neighbours, spreading, reach."""

from __future__ import annotations

import pytest

from app.errors import PeerError
from app.network_messages import Reachable
from app.peers.card_shelf import SHARE, CardHead, CardShelf, Taken, digest_of
from app.peers.neighbours import (
    CROWD,
    GREET_AGAIN,
    GREET_ANYWAY,
    MOST_UNPROVEN,
    PATIENCE,
    PING_AGAIN,
    PING_EVERY,
    UNPROVEN_FOR,
    Neighbour,
    Neighbours,
)
from app.peers.overlay_messages import CardMessage, Have, Message, Want
from app.peers.rate_limits import Buckets, TokenBucket
from app.peers.reach import ENOUGH, FRESH, REMEMBERED, Reach
from app.peers.spreading import ASK_AT_ONCE, FAN, LIST_AGAIN, Spreading

A, B, C = (letter * 32 for letter in (b"a", b"b", b"c"))


def card(key: bytes, seq: int, text: bytes = b"") -> bytes:
    return key + seq.to_bytes(8, "big") + text


def read(content: bytes) -> CardHead:
    if len(content) < 40:
        raise PeerError("This is no card")
    return CardHead(content[:32], int.from_bytes(content[32:40], "big"))


# ------------------------------------------------------------------------------------ the shelf


def test_the_newest_of_each_key_is_kept_ours_first_then_held() -> None:
    shelf = CardShelf(read)
    assert shelf.take(card(A, 1), C) is Taken.NEW
    assert shelf.take(card(A, 2), C) is Taken.NEW
    assert shelf.take(card(A, 2), C) is Taken.KNOWN
    assert shelf.take(card(A, 1), C) is Taken.KNOWN
    shelf.hold([card(B, 1)])
    shelf.own(card(C, 1))
    assert [kept.card for kept in shelf.cards()] == [card(C, 1), card(B, 1), card(A, 2)]
    assert shelf.by_digest(digest_of(card(A, 1))) is None
    assert shelf.by_digest(digest_of(card(A, 2))) is not None


def test_a_held_card_is_renewed_in_its_place_and_never_made_older() -> None:
    shelf = CardShelf(read)
    shelf.hold([card(A, 1), card(B, 1)])
    assert shelf.take(card(A, 3), C) is Taken.NEW
    shelf.hold([card(A, 2), card(B, 1)])
    assert [kept.card for kept in shelf.cards()] == [card(A, 3), card(B, 1)]


def test_a_fork_and_a_newer_card_of_ours_are_told_and_not_kept() -> None:
    shelf = CardShelf(read)
    shelf.own(card(A, 5))
    assert shelf.take(card(A, 5, b"other"), C) is Taken.FORK
    assert shelf.take(card(A, 9), C) is Taken.FORK
    shelf.take(card(B, 1), C)
    assert shelf.take(card(B, 1, b"other"), C) is Taken.FORK
    assert [kept.card for kept in shelf.cards()] == [card(A, 5), card(B, 1)]


def test_what_is_no_card_is_read_once() -> None:
    calls = []
    shelf = CardShelf(lambda content: calls.append(content) or read(content))
    assert shelf.take(b"short", C) is Taken.WRONG
    assert shelf.take(b"short", C) is Taken.KNOWN
    assert shelf.take(b"x" * 2000, C) is Taken.WRONG
    assert calls == [b"short"]
    with pytest.raises(PeerError):
        shelf.own(b"short")


def test_one_sender_cannot_fill_the_shelf_nor_push_out_what_is_held() -> None:
    shelf = CardShelf(read, room=10, share=4)
    shelf.own(card(A, 1))
    shelf.hold([card(B, 1)])
    keys = [bytes([number]) * 32 for number in range(100, 160)]
    assert [shelf.take(card(key, 1), C) for key in keys[:5]] == [Taken.NEW] * 4 + [Taken.REFUSED]
    assert shelf.take(card(keys[4], 1), b"other") is Taken.NEW, "another may bring what one was refused"
    for key in keys[5:]:
        shelf.take(card(key, 1), key)  # everybody its own
    assert len(shelf.cards()) == 12
    assert [kept.card for kept in shelf.cards()][:2] == [card(A, 1), card(B, 1)]


def test_a_blocked_key_is_off_the_shelf_and_may_come_back() -> None:
    shelf = CardShelf(read)
    shelf.take(card(A, 1), C)
    shelf.hold([card(B, 1)])
    shelf.block(A)
    shelf.block(B)
    assert shelf.cards() == ()
    assert shelf.take(card(A, 2), C) is Taken.REFUSED
    shelf.hold([card(B, 2)])
    assert shelf.cards() == ()
    shelf.unblock(A)
    assert shelf.take(card(A, 2), C) is Taken.NEW


# ------------------------------------------------------------------------------------ rate limits


def test_a_bucket_lets_a_burst_pass_and_then_its_rate() -> None:
    bucket = TokenBucket(2.0, 5.0)
    assert [bucket.take(10.0) for _ in range(6)] == [True] * 5 + [False]
    assert [bucket.take(11.0) for _ in range(3)] == [True, True, False]
    assert not bucket.take(5.0), "time that goes back gives nothing"
    bucket.drain()
    assert not bucket.take(11.0)
    assert bucket.take(1000.0, 5.0)


def test_buckets_are_bounded() -> None:
    buckets = Buckets(1.0, 1.0, room=3)
    assert [buckets.take(sender, 0.0) for sender in (1, 1, 2, 3, 4)] == [True, False, True, True, True]
    assert len(buckets) == 3


# ------------------------------------------------------------------------------------ neighbours


def proven(peers: Neighbours, key: bytes, host: str, now: float = 0.0) -> Neighbour:
    address = (host, 5000)
    nonce = peers.meet(key, address, now)
    assert nonce is not None
    found = peers.answered(key, address, nonce, now, now)
    assert found is not None
    return found


def test_only_the_right_answer_from_the_right_place_proves() -> None:
    peers = Neighbours()
    nonce = peers.meet(A, ("10.0.0.1", 5000), 0.0)
    assert nonce is not None
    assert peers.meet(A, ("10.0.0.1", 5000), 0.5) is None, "it has just been asked"
    assert peers.answered(A, ("10.0.0.2", 5000), nonce, 1.0, 1.0) is None
    assert peers.answered(A, ("10.0.0.1", 5000), b"x" * 8, 1.0, 1.0) is None
    assert peers.answered(B, ("10.0.0.1", 5000), nonce, 1.0, 1.0) is None
    assert peers.proven() == []
    found = peers.answered(A, ("10.0.0.1", 5000), nonce, 1.0, 77.0)
    assert found is not None
    assert (found.trip, found.heard) == (1.0, 77.0)
    assert peers.answered(A, ("10.0.0.1", 5000), nonce, 1.0, 1.0) is None, "a nonce counts once"


def test_a_peer_that_moved_is_followed_only_when_it_answers_there() -> None:
    peers = Neighbours()
    proven(peers, A, "10.0.0.1")
    nonce = peers.meet(A, ("10.0.0.9", 6000), 5.0)
    assert nonce is not None
    assert peers.at(("10.0.0.9", 6000)) is None
    assert peers.answered(A, ("10.0.0.9", 6000), nonce, 5.1, 5.1) is not None
    assert peers.at(("10.0.0.1", 5000)) is None
    assert peers.at(("10.0.0.9", 6000)) is peers.of(A)


def test_silence_is_asked_into_and_then_the_peer_is_gone() -> None:
    peers = Neighbours()
    proven(peers, A, "10.0.0.1")
    now, asked = 0.0, 0
    while not (gone := peers.lost(now)):
        asked += len(list(peers.due(now)))
        now += 0.5
        assert now < 60
    assert [each.key for each in gone] == [A]
    assert asked == PATIENCE
    assert now <= 1.2 * PING_EVERY + PATIENCE * PING_AGAIN + 1


def test_strangers_that_never_answer_are_bounded_and_forgotten() -> None:
    peers = Neighbours()
    for number in range(200):
        peers.meet(number.to_bytes(32, "big"), (f"10.0.{number}.1", 5000), 0.0)
    assert len(peers.all()) == MOST_UNPROVEN
    assert peers.lost(UNPROVEN_FOR) == []
    assert peers.all() == []


def test_a_crowd_of_one_network_gets_few_places() -> None:
    peers = Neighbours()
    for number in range(20):
        peers.meet(bytes([number]) * 32, (f"8.8.8.{number}", 5000), 0.0)
    assert len(peers.all()) == CROWD


def test_with_all_places_taken_nobody_more_is_met() -> None:
    peers = Neighbours(most=2)
    proven(peers, A, "10.0.0.1")
    proven(peers, B, "10.0.0.2")
    assert peers.full()
    assert peers.meet(C, ("10.0.0.3", 5000), 0.0) is None


def test_who_asked_us_too_is_greeted_at_once_and_others_a_little_later() -> None:
    peers = Neighbours()
    first, second = proven(peers, A, "10.0.0.1"), proven(peers, B, "10.0.0.2")
    peers.replied(A, ("10.0.0.1", 5000))
    assert peers.to_greet(0.1) == [first]
    assert peers.to_greet(0.2) == []
    assert peers.to_greet(GREET_ANYWAY + 0.1) == [second]
    peers.forgot_us(A, 1.0)
    assert peers.to_greet(5.0) == [], "not so soon again"
    peers.forgot_us(A, GREET_AGAIN + 1)
    assert peers.to_greet(GREET_AGAIN + 2) == [first]


# ------------------------------------------------------------------------------------ spreading


class Room:
    """A spreading with some peers, and what it sent."""

    def __init__(self, count: int) -> None:
        self.shelf = CardShelf(read)
        self.peers = Neighbours()
        self.sent: list[tuple[bytes, Message]] = []
        self.told: list[bytes] = []
        self.spreading = Spreading(
            self.shelf,
            self.peers,
            lambda peer, message: self.sent.append((peer.key, message)),
            lambda content, via: self.told.append(content),
        )
        self.all = [proven(self.peers, bytes([number]) * 32, f"10.0.0.{number}") for number in range(1, count + 1)]

    def cards(self) -> list[tuple[bytes, bytes]]:
        return [(key, message.card) for key, message in self.sent if isinstance(message, CardMessage)]


def test_our_card_goes_to_all_and_a_strangers_to_some() -> None:
    room = Room(12)
    room.spreading.announce(card(A, 1), 0.0)
    assert sorted(key for key, _ in room.cards()) == sorted(peer.key for peer in room.all)
    room.sent.clear()
    room.spreading.card(room.all[0], card(B, 1), 100.0)
    assert room.told == [card(B, 1)]
    assert len(room.cards()) == FAN
    assert room.all[0].key not in {key for key, _ in room.cards()}


def test_a_card_is_never_given_to_whose_it_is_or_who_has_it() -> None:
    room = Room(2)
    one, other = room.all
    room.spreading.have(other, [digest_of(card(one.key, 1))], 0.0)
    room.sent.clear()
    room.spreading.card(other, card(one.key, 1), 1.0)
    assert room.cards() == []


def test_what_is_lacking_is_asked_for_once_and_in_portions() -> None:
    room = Room(2)
    names = [digest_of(card(bytes([number]) * 32, 1)) for number in range(40)]
    room.spreading.have(room.all[0], names, 0.0)
    room.spreading.have(room.all[1], names[6:26], 0.0)
    wants = [(key, message.digests) for key, message in room.sent if isinstance(message, Want)]
    assert [len(digests) for _, digests in wants] == [ASK_AT_ONCE, 10]
    assert [*wants[0][1], *wants[1][1]] == names[:26]


def test_who_brought_as_much_as_one_may_is_asked_no_more() -> None:
    room = Room(1)
    giver = room.all[0]
    cards = [card(number.to_bytes(32, "big"), 1) for number in range(1000, 1000 + SHARE + 5)]
    for turn, content in enumerate(cards):
        room.spreading.card(giver, content, float(turn))
    assert len(room.told) == SHARE
    room.sent.clear()
    room.spreading.have(giver, [digest_of(content) for content in cards[-5:]], 1000.0)
    assert not [message for _, message in room.sent if isinstance(message, Want)]


def test_what_a_peer_lacks_is_named_to_it_now_and_then() -> None:
    room = Room(1)
    room.spreading.announce(card(A, 1), 0.0)
    room.sent.clear()
    room.spreading.have(room.all[0], [], 10.0)
    room.spreading.have(room.all[0], [], 10.0 + LIST_AGAIN / 2)
    assert [message for _, message in room.sent] == [Have((digest_of(card(A, 1)),))]
    room.spreading.want(room.all[0], [digest_of(card(A, 1)), b"unknown!"], 11.0)
    assert room.cards() == [(room.all[0].key, card(A, 1))], "given again: it may have been lost"


def test_a_peer_gets_no_more_than_its_share_a_second() -> None:
    room = Room(1)
    for number in range(60):
        room.shelf.take(card(bytes([number]) * 32, 1), bytes([number]) * 32)
    for held in room.shelf.cards():
        room.spreading.want(room.all[0], [held.digest], 0.0)
    assert len(room.cards()) == 12
    for second in range(1, 11):
        room.spreading.go_on(float(second))
    assert len(room.cards()) == 12 + 20


def test_where_all_have_all_only_a_list_goes_out() -> None:
    room = Room(3)
    room.spreading.announce(card(A, 1), 0.0)
    room.spreading.go_on(0.0)
    room.sent.clear()
    for second in range(1, 21):
        room.spreading.go_on(float(second))
    assert room.sent == []
    room.spreading.go_on(60.0)
    assert [type(message) for _, message in room.sent] == [Have]


# ------------------------------------------------------------------------------------ reach


def test_what_comes_by_itself_proves_that_we_can_be_reached_for_a_while() -> None:
    reach = Reach()
    assert reach.verdict(0.0) is Reachable.UNKNOWN
    reach.sent(("10.0.0.1", 1), 0.0)
    reach.heard(("10.0.0.1", 1), 1.0)
    assert reach.verdict(1.0) is Reachable.UNKNOWN
    reach.heard(("10.0.0.2", 1), 2.0)
    assert reach.verdict(3.0) is Reachable.YES
    assert reach.verdict(3.0 + FRESH) is Reachable.UNKNOWN
    reach.heard(("10.0.0.1", 1), REMEMBERED + 100)
    assert reach.verdict(REMEMBERED + 101) is Reachable.YES


def test_peers_that_had_to_be_begun_with_say_no() -> None:
    reach = Reach()
    for number in range(ENOUGH):
        assert reach.verdict(1.0) is Reachable.UNKNOWN
        address = (f"10.0.0.{number}", 1)
        reach.introduced(address, 0.0)
        reach.sent(address, 0.5)
        reach.heard(address, 0.6)
    assert reach.verdict(1.0) is Reachable.NO
    reach.heard(("10.9.9.9", 1), 2.0)
    assert reach.verdict(2.0) is Reachable.YES
