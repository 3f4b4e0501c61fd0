"""What every overlay promises, on the one in memory and the real one on sockets of this machine."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import pytest

from app.errors import PeerError
from app.network_messages import Reachable
from app.peers.card_shelf import head_of
from app.peers.cards import Card, encode_card
from app.peers.identity import Identity
from app.peers.ipv8_overlay import Ipv8Overlay
from app.peers.overlay import MemoryNetwork, MemoryOverlay, Overlay, OverlayPeer

FIRST = 51
PATIENCE = 30.0
INFOHASH = b"i" * 32
ROOT = b"r" * 32


@dataclass
class Ears:
    """Remembers what it was told; gives what is in `gives`."""

    gives: int = 0
    cards: list[tuple[bytes, bytes]] = field(default_factory=list)
    wanted: list[tuple[bytes, bytes]] = field(default_factory=list)
    connects: list[tuple[bytes, str, int]] = field(default_factory=list)
    changed: list[OverlayPeer] = field(default_factory=list)

    def card_came(self, card: bytes, via: bytes) -> None:
        self.cards.append((card, via))

    def content_wanted(self, key: bytes, root: bytes) -> int:
        self.wanted.append((key, root))
        return self.gives

    def connect_now(self, infohash: bytes, host: str, port: int) -> None:
        self.connects.append((infohash, host, port))

    def peer_changed(self, peer: OverlayPeer) -> None:
        self.changed.append(peer)


@dataclass
class One:
    """A peer of the test."""

    identity: Identity
    host: str
    overlay: Overlay
    ears: Ears
    content_port: int

    @property
    def key(self) -> bytes:
        return self.identity.key

    @property
    def address(self) -> tuple[str, int]:
        return self.host, self.overlay.port

    def card(self, seq: int, name: str = "") -> bytes:
        return encode_card(Card(self.key, seq, 1_700_000_000 + seq, name=name), self.identity)

    def sees(self, other: One) -> bool:
        return any(peer.key == other.key for peer in self.overlay.peers())

    def heard(self, card: bytes) -> bool:
        return any(came == card for came, _ in self.ears.cards)


class Town:
    """Makes peers of one kind, and closes them."""

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._memory = MemoryNetwork()
        self._all: list[One] = []

    async def one(self) -> One:
        number = FIRST + len(self._all)
        identity, ears, host = Identity.new(), Ears(), f"127.{number}.9.1"
        port = 7_000 + number
        overlay: Overlay
        if self._kind == "memory":
            overlay = MemoryOverlay(self._memory, (host, 9_000), identity.key, ears, head_of, lambda: port)
        else:
            overlay = Ipv8Overlay(identity.overlay_secret(), host, 0, ears, head_of, lambda: port)
        await overlay.start()
        made = One(identity, host, overlay, ears, port)
        self._all.append(made)
        return made

    async def some(self, count: int) -> list[One]:
        """Return that many, all walking to the first."""
        found = [await self.one() for _ in range(count)]
        for each in found[1:]:
            each.overlay.walk_to(*found[0].address)
        return found

    async def close(self) -> None:
        for each in self._all:
            await each.overlay.close()


async def until(true: Callable[[], bool], what: str = "it") -> None:
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, f"{what} did not come true"
        await asyncio.sleep(0.01)


Story = Callable[[Town], Awaitable[None]]
Play = Callable[[Story], None]


@pytest.fixture(params=["memory", "ipv8"])
def play(request: pytest.FixtureRequest) -> Play:
    def run(story: Story) -> None:
        async def whole() -> None:
            town = Town(request.param)
            try:
                await story(town)
            finally:
                await town.close()

        asyncio.run(whole())

    return run


def test_two_that_walk_know_each_other_with_key_and_address(play: Play) -> None:
    async def story(town: Town) -> None:
        a, b = await town.some(2)
        await until(lambda: a.sees(b) and b.sees(a))
        (peer,) = a.overlay.peers()
        assert (peer.key, peer.host, peer.port) == (b.key, *b.address)
        assert peer.heard > time.time() - 60
        assert [changed.key for changed in a.ears.changed] == [b.key]

    play(story)


def test_nobody_knows_anybody_without_walking(play: Play) -> None:
    async def story(town: Town) -> None:
        a, b = await town.one(), await town.one()
        a.overlay.announce(a.card(1))
        a.overlay.walk_to(a.host, a.overlay.port)
        a.overlay.walk_to("nowhere.example", 5)
        a.overlay.walk_to("127.0.0.1", 0)
        c, d = await town.some(2)
        await until(lambda: c.sees(d))
        assert a.overlay.peers() == b.overlay.peers() == ()
        assert a.overlay.reachable is Reachable.UNKNOWN
        assert b.ears.cards == []
        assert not d.heard(a.card(1))

    play(story)


def test_all_come_to_know_all_through_the_one_they_walked_to(play: Play) -> None:
    async def story(town: Town) -> None:
        everybody = await town.some(5)
        await until(lambda: all(len(each.overlay.peers()) == 4 for each in everybody))

    play(story)


def test_cards_reach_everybody_once_with_who_passed_them_on(play: Play) -> None:
    async def story(town: Town) -> None:
        everybody = await town.some(4)
        for each in everybody:
            each.overlay.announce(each.card(1))
        await until(lambda: all(len(each.ears.cards) == 3 for each in everybody))
        a, b = everybody[0], everybody[1]
        b.overlay.announce(b.card(2))
        await until(lambda: all(each.heard(b.card(2)) for each in everybody if each is not b))
        for each in everybody:
            came = [card for card, _ in each.ears.cards]
            assert len(came) == len(set(came))
            assert {via for _, via in each.ears.cards} <= {other.key for other in everybody} - {each.key}
        assert not any(card.startswith(a.card(1)[:35]) for card, _ in a.ears.cards)

    play(story)


def test_a_newcomer_learns_the_newest_card_of_one_who_is_gone(play: Play) -> None:
    async def story(town: Town) -> None:
        a, b = await town.some(2)
        await until(lambda: a.sees(b) and b.sees(a))
        b.overlay.announce(b.card(1))
        b.overlay.announce(b.card(2))
        await until(lambda: a.heard(b.card(2)))
        await b.overlay.close()
        late = await town.one()
        late.overlay.walk_to(*a.address)
        await until(lambda: late.heard(b.card(2)))
        assert not late.heard(b.card(1))

    play(story)


def test_held_cards_are_passed_on(play: Play) -> None:
    async def story(town: Town) -> None:
        a, b = await town.some(2)
        gone = Identity.new()
        before, after = (encode_card(Card(gone.key, seq, 1_700_000_000), gone) for seq in (1, 2))
        a.overlay.hold([before, b"no card"])
        await until(lambda: b.heard(before))
        a.overlay.hold([after])
        await until(lambda: b.heard(after))

    play(story)


def test_an_older_card_is_not_told_again(play: Play) -> None:
    async def story(town: Town) -> None:
        a, b = await town.some(2)
        a.overlay.announce(a.card(5))
        await until(lambda: b.heard(a.card(5)))
        late = await town.one()
        late.overlay.hold([a.card(4)])
        late.overlay.walk_to(*b.address)
        await until(lambda: late.heard(a.card(5)))
        assert not b.heard(a.card(4))

    play(story)


def test_a_fork_is_told_and_not_passed_on(play: Play) -> None:
    async def story(town: Town) -> None:
        a, b = await town.some(2)
        forger = Identity.new()
        one, other = (encode_card(Card(forger.key, 3, 1_700_000_000, name=name), forger) for name in ("one", "other"))
        a.overlay.hold([one])
        await until(lambda: b.heard(one))
        c = await town.one()
        c.overlay.hold([other])
        c.overlay.walk_to(*b.address)
        await until(lambda: b.heard(other) and c.heard(one))
        # Who met c has it from c itself, but nobody passed it on.
        assert all(via == c.key for each in (a, b) for card, via in each.ears.cards if card == other)

    play(story)


def test_a_card_that_is_not_right_is_not_announced(play: Play) -> None:
    async def story(town: Town) -> None:
        a = await town.one()
        with pytest.raises(PeerError):
            a.overlay.announce(a.card(1)[:-1] + b"x")

    play(story)


def test_content_is_arranged_and_both_sides_connect(play: Play) -> None:
    async def story(town: Town) -> None:
        a, b = await town.some(2)
        await until(lambda: a.sees(b) and b.sees(a))
        b.ears.gives = b.content_port
        assert await a.overlay.ask_content(b.key, ROOT, INFOHASH)
        assert a.ears.connects == [(INFOHASH, b.host, b.content_port)]
        await until(lambda: b.ears.connects == [(INFOHASH, a.host, a.content_port)])
        assert b.ears.wanted == [(a.key, ROOT)]

    play(story)


def test_content_that_is_not_given_connects_nobody(play: Play) -> None:
    async def story(town: Town) -> None:
        a, b = await town.some(2)
        await until(lambda: a.sees(b) and b.sees(a))
        assert not await a.overlay.ask_content(b.key, ROOT, INFOHASH)
        assert b.ears.wanted == [(a.key, ROOT)]
        assert not await a.overlay.ask_content(Identity.new().key, ROOT, INFOHASH)
        assert not await a.overlay.ask_content(a.key, ROOT, INFOHASH)
        assert a.ears.connects == b.ears.connects == []

    play(story)


def test_a_blocked_peer_is_gone_and_unheard_until_it_is_unblocked(play: Play) -> None:
    async def story(town: Town) -> None:
        a, b, c = await town.some(3)
        await until(lambda: a.sees(b) and a.sees(c) and c.sees(b))
        b.overlay.announce(b.card(1))
        await until(lambda: a.heard(b.card(1)))
        a.overlay.block(b.key)
        assert not a.sees(b)
        await until(lambda: len(a.ears.changed) > 2)
        b.ears.gives = b.content_port
        assert not await a.overlay.ask_content(b.key, ROOT, INFOHASH)
        a.ears.gives = a.content_port
        assert not await b.overlay.ask_content(a.key, ROOT, INFOHASH)
        assert a.ears.wanted == a.ears.connects == []
        b.overlay.announce(b.card(2))
        await until(lambda: c.heard(b.card(2)))
        c.overlay.announce(c.card(1))
        await until(lambda: a.heard(c.card(1)))
        assert not a.heard(b.card(2))
        late = await town.one()
        late.overlay.walk_to(*a.address)
        await until(lambda: late.heard(c.card(1)))
        assert not any(via == a.key and card == b.card(1) for card, via in late.ears.cards)
        a.overlay.unblock(b.key)
        a.overlay.walk_to(*b.address)
        await until(lambda: a.sees(b) and a.heard(b.card(2)))

    play(story)


def test_after_closing_nothing_is_told(play: Play) -> None:
    async def story(town: Town) -> None:
        a, b = await town.some(2)
        await until(lambda: a.sees(b) and b.sees(a))
        await a.overlay.close()
        told = len(a.ears.changed)
        assert a.overlay.port == 0
        b.overlay.announce(b.card(1))
        assert not await a.overlay.ask_content(b.key, ROOT, INFOHASH)
        await until(lambda: not b.sees(a))
        assert (len(a.ears.changed), a.ears.cards) == (told, [])
        await a.overlay.close()

    play(story)
