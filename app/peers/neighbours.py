"""The peers an overlay talks to: who is there, since when, how far, and who may talk how much.

Pure: datagrams and time (seconds of a clock that only goes forward) come in, decisions go out. A peer counts once it
has answered a random number at the address its datagrams come from; before that it gets nothing but the question, so
that nobody can point us at a third party.
"""

from __future__ import annotations

import random
import secrets
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field

from app.peers.addresses import crowd_of
from app.peers.overlay_messages import NONCE
from app.peers.rate_limits import TokenBucket

Address = tuple[str, int]

MOST = 40
"""Peers talked to at one time; with more on the network, everybody knows some and the cards go round among all."""
MOST_UNPROVEN = 64
CROWD = 4
"""Peers of one /24 of the internet."""
PING_EVERY = 10.0
PING_AGAIN = 3.0
PATIENCE = 3
"""Unanswered questions in a row until a peer counts as gone: about 20 s after it went."""
GREET_ANYWAY = 1.5
"""Seconds after which a peer that did not ask us is taken to know us from before."""
GREET_AGAIN = 15.0
UNPROVEN_FOR = 6.0
CARDS_KNOWN = 1024
"""Cards remembered, per peer, as known to it: 8 bytes each."""


@dataclass(slots=True)
class Neighbour:
    """A peer and what is known of it. `heard` is Unix time; the other times are the forward clock's."""

    key: bytes
    address: Address
    proven: bool = False
    heard: float = 0.0
    trip: float = 0.0
    """Seconds there and back, as last measured."""
    nonce: bytes = b""
    asked: float = 0.0
    asked_at: Address = ("", 0)
    unanswered: int = 0
    next_ping: float = 0.0
    until: float = 0.0
    """While it is unproven: when it is given up."""
    pinged_us: bool = False
    """It asked us as well and had our answer, so it takes what we say."""
    greeted: bool = False
    """It was told which cards we have, at `greeted_at`."""
    greeted_at: float = 0.0
    knows: OrderedDict[bytes, None] = field(default_factory=OrderedDict)
    """Names of cards it has."""
    queue: OrderedDict[bytes, None] = field(default_factory=OrderedDict)
    """Names of cards it is to be given."""
    wishes: OrderedDict[bytes, None] = field(default_factory=OrderedDict)
    """Names of cards it has and we have not."""
    cards_in: TokenBucket = field(default_factory=lambda: TokenBucket(5.0, 40.0))
    cards_out: TokenBucket = field(default_factory=lambda: TokenBucket(2.0, 12.0))
    lists_in: TokenBucket = field(default_factory=lambda: TokenBucket(0.2, 4.0))
    asks_in: TokenBucket = field(default_factory=lambda: TokenBucket(1.0, 16.0))
    listed_at: float = float("-inf")
    """When it was last told which cards we have."""
    sated: bool = False
    """It brought as many strangers' cards as one peer may: it is asked for no more."""
    wrong: int = 0
    """Cards from it that were not right."""

    def begins_anew(self) -> None:
        """Take it that it knows nothing: it was started again."""
        self.knows.clear()
        self.greeted = False
        self.pinged_us = False

    def learns(self, digest: bytes) -> None:
        """Remember that it has the card of that name."""
        self.knows[digest] = None
        self.queue.pop(digest, None)
        if len(self.knows) > CARDS_KNOWN:
            self.knows.popitem(last=False)


class Neighbours:
    """All of them, by key and by address."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._by_key: dict[bytes, Neighbour] = {}
        self._by_address: dict[Address, Neighbour] = {}

    def proven(self) -> list[Neighbour]:
        """Return those that answered."""
        return [each for each in self._by_key.values() if each.proven]

    def all(self) -> list[Neighbour]:
        """Return all, also those that have not answered yet."""
        return list(self._by_key.values())

    def of(self, key: bytes) -> Neighbour | None:
        """Return the peer of that key if it has answered."""
        found = self._by_key.get(key)
        return found if found is not None and found.proven else None

    def at(self, address: Address) -> Neighbour | None:
        """Return the peer that answered at that address."""
        found = self._by_address.get(address)
        return found if found is not None and found.proven else None

    def meet(self, key: bytes, address: Address, now: float) -> bytes | None:
        """Take note of a signed datagram of `key` from `address`: return a nonce to ask it for there, if it is new.

        A known peer at a new address is asked there as well, and moves when it answers.
        """
        known = self._by_key.get(key)
        if known is not None:
            if (known.proven and known.address == address) or now < known.asked + 1.0:
                return None
            return self._ask(known, address, now)
        if not self._room_for(address):
            return None
        made = Neighbour(key, address, until=now + UNPROVEN_FOR)
        self._by_key[key] = made
        return self._ask(made, address, now)

    def answered(self, key: bytes, address: Address, nonce: bytes, now: float, unix: float) -> Neighbour | None:
        """Take an answer: return the peer if it is proven or moved by it, None if nothing changed or it was wrong."""
        found = self._by_key.get(key)
        if found is None or not found.nonce or found.nonce != nonce or found.asked_at != address:
            return None
        found.nonce = b""
        found.trip = now - found.asked
        found.unanswered = 0
        found.heard = unix
        found.next_ping = now + PING_EVERY * random.uniform(0.8, 1.2)
        if found.proven and found.address == address:
            return None
        if not found.proven and len(self.proven()) >= self._most:
            self.forget(key)
            return None
        self._by_address.pop(found.address, None)
        other = self._by_address.get(address)
        if other is not None:
            self.forget(other.key)
        if found.proven:
            found.begins_anew()
            found.pinged_us = True
        found.address = address
        found.proven = True
        self._by_address[address] = found
        return found

    def replied(self, key: bytes, address: Address) -> None:
        """Take note that we answered a question of the peer from that address."""
        found = self._by_key.get(key)
        if found is not None and found.asked_at == address:
            found.pinged_us = True

    def to_greet(self, now: float) -> list[Neighbour]:
        """Return those that take what we say by now and have not been greeted; they count as greeted from here on."""
        ready = [
            each
            for each in self.proven()
            if not each.greeted and (each.pinged_us or now > each.asked + each.trip + GREET_ANYWAY)
        ]
        for each in ready:
            each.greeted = True
            each.greeted_at = now
        return ready

    def forgot_us(self, key: bytes, now: float) -> None:
        """Take note that the peer does not know us: it is greeted once more, now and then."""
        found = self.of(key)
        if found is not None and found.greeted and now > found.greeted_at + GREET_AGAIN:
            found.begins_anew()

    def heard(self, key: bytes, address: Address, unix: float) -> None:
        """Take note that a proven peer said something, from where it is known to be."""
        found = self.of(key)
        if found is not None and found.address == address:
            found.heard = unix

    def due(self, now: float) -> Iterator[tuple[Neighbour, bytes]]:
        """Yield (peer, nonce) for each that is to be asked whether it is still there."""
        for each in list(self._by_key.values()):
            if each.proven and now >= each.next_ping and each.unanswered < PATIENCE:
                yield each, self._ask(each, each.address, now)
                each.unanswered += 1
                each.next_ping = now + PING_AGAIN

    def lost(self, now: float) -> list[Neighbour]:
        """Forget those that do not answer, and return the proven ones of them."""
        gone = []
        for each in list(self._by_key.values()):
            silent = each.unanswered >= PATIENCE and now >= each.next_ping
            if silent if each.proven else now >= each.until:
                self.forget(each.key)
                if each.proven:
                    gone.append(each)
        return gone

    def forget(self, key: bytes) -> Neighbour | None:
        """Forget a peer; return it if it had answered."""
        found = self._by_key.pop(key, None)
        if found is None:
            return None
        if self._by_address.get(found.address) is found:
            del self._by_address[found.address]
        return found if found.proven else None

    def full(self) -> bool:
        """Whether there is no place for another."""
        return len(self.proven()) >= self._most

    def _room_for(self, address: Address) -> bool:
        unproven = sum(not each.proven for each in self._by_key.values())
        if unproven >= MOST_UNPROVEN or len(self._by_key) - unproven >= self._most:
            return False
        crowd = crowd_of(address[0])
        return not crowd or sum(crowd_of(each.address[0]) == crowd for each in self._by_key.values()) < CROWD

    def _ask(self, peer: Neighbour, address: Address, now: float) -> bytes:
        peer.nonce = secrets.token_bytes(NONCE)
        peer.asked = now
        peer.asked_at = address
        return peer.nonce
