"""How cards go round: what is new is pushed on, what was missed is asked for, and who has everything is left in peace.

A new card is queued for a few peers at random that are not known to have it (and so reaches everybody in a number of
steps that grows with the logarithm of their number); each peer is given about one a second. On meeting, and now and
then, peers tell each other the names (digests) of the cards they have and ask for what they lack: so a newcomer gets
the cards of those who are off. Where everybody has everything, only a list of names goes out every half minute.
"""

from __future__ import annotations

import random
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence

from app.peers.card_shelf import CardShelf, Taken, digest_of
from app.peers.neighbours import Neighbour, Neighbours
from app.peers.overlay_messages import DIGESTS, CardMessage, Have, Message, Want
from app.peers.rate_limits import TokenBucket

FAN = 6
"""Peers that are given a stranger's new card by us; ours goes to all."""
QUEUE = 256
ASK_AT_ONCE = 16
"""Cards asked for in one message, and answered to one."""
WISHES = 512
ASKED_FOR = 5.0
"""Seconds for which a card asked for is not asked for elsewhere."""
LIST_EVERY = 30.0
LIST_AGAIN = 5.0
OUT_RATE = 20.0
OUT_BURST = 80.0
"""Cards a second to everybody together."""
WRONG_ENOUGH = 5
"""Cards that are not right until nothing more is taken from a peer."""

Send = Callable[[Neighbour, Message], None]
Tell = Callable[[bytes, bytes], None]


class Spreading:
    """Gives and takes cards among the proven neighbours. `tell(card, via)` hears of each that is new."""

    def __init__(self, shelf: CardShelf, neighbours: Neighbours, send: Send, tell: Tell) -> None:
        self._shelf = shelf
        self._neighbours = neighbours
        self._send = send
        self._tell = tell
        self._out = TokenBucket(OUT_RATE, OUT_BURST)
        self._asked: OrderedDict[bytes, float] = OrderedDict()
        self._next_list = 0.0

    def announce(self, card: bytes, now: float) -> None:
        """Make this our own card and give it to everybody, before anything else. PeerError where it is not right."""
        digest = self._shelf.own(card).digest
        for each in self._neighbours.proven():
            each.queue[digest] = None
            each.queue.move_to_end(digest, last=False)
        self.go_on(now)

    def hold(self, cards: Sequence[bytes]) -> None:
        """Keep these and name them to the peers we have."""
        before = {held.digest for held in self._shelf.cards()}
        self._shelf.hold(cards)
        new = [held.digest for held in self._shelf.cards() if held.digest not in before]
        if new:
            for each in self._some(self._neighbours.proven()):
                self._send(each, Have(tuple(new[:DIGESTS])))

    def met(self, peer: Neighbour, now: float) -> None:
        """Begin with a peer that has just been proven: give our own card, name the others."""
        if self._shelf.mine is not None:
            self._queue(peer, self._shelf.mine.digest)
        self._name(peer, now)
        self.go_on(now)

    def card(self, peer: Neighbour, card: bytes, now: float) -> None:
        """Take a card (its rate was checked before)."""
        if peer.wrong >= WRONG_ENOUGH:
            return
        taken = self._shelf.take(card, peer.key)
        if taken is Taken.WRONG:
            peer.wrong += 1
            return
        digest = digest_of(card)
        peer.learns(digest)
        self._asked.pop(digest, None)
        if taken is Taken.REFUSED and self._shelf.lacks(digest):
            peer.sated = True
            peer.wishes.clear()
        if taken in (Taken.NEW, Taken.FORK):
            self._tell(card, peer.key)
        if taken is not Taken.NEW:
            return
        others = [each for each in self._neighbours.proven() if each is not peer and digest not in each.knows]
        for each in self._some(others):
            self._queue(each, digest)
        self.go_on(now)

    def have(self, peer: Neighbour, digests: Iterable[bytes], now: float) -> None:
        """Take names of cards it has; ask for those we lack, and name ours where it lacks some."""
        theirs = dict.fromkeys(digests)
        for digest in theirs:
            peer.learns(digest)
            if not peer.sated and self._shelf.lacks(digest) and len(peer.wishes) < WISHES:
                peer.wishes[digest] = None
        self._ask(peer, now)
        if now > peer.listed_at + LIST_AGAIN and any(held.digest not in theirs for held in self._shelf.cards()):
            self._name(peer, now)

    def want(self, peer: Neighbour, digests: Iterable[bytes], now: float) -> None:
        """Take names of cards it would like; they are given as its turn comes."""
        for digest in list(digests)[:ASK_AT_ONCE]:
            if self._shelf.by_digest(digest) is not None:
                peer.knows.pop(digest, None)
                self._queue(peer, digest)
        self.go_on(now)

    def go_on(self, now: float) -> None:
        """Give what may be given now, ask for what is still lacking, name what we have; called every second."""
        peers = self._neighbours.proven()
        random.shuffle(peers)
        for each in peers:
            self._give(each, now)
            if each.wishes:
                self._ask(each, now)
        if now >= self._next_list and peers:
            self._next_list = now + LIST_EVERY * random.uniform(0.8, 1.2)
            self._name(peers[0], now)

    def _give(self, peer: Neighbour, now: float) -> None:
        while peer.queue:
            digest = next(iter(peer.queue))
            held = self._shelf.by_digest(digest)
            if held is None or held.key == peer.key or digest in peer.knows:
                del peer.queue[digest]
                continue
            if not peer.cards_out.take(now) or not self._out.take(now):
                return
            del peer.queue[digest]
            peer.learns(digest)
            self._send(peer, CardMessage(held.card))

    def _ask(self, peer: Neighbour, now: float) -> None:
        while self._asked and next(iter(self._asked.values())) < now - ASKED_FOR:
            self._asked.popitem(last=False)
        asked: list[bytes] = []
        for digest in list(peer.wishes):
            if not self._shelf.lacks(digest):
                del peer.wishes[digest]
            elif digest not in self._asked and len(asked) < ASK_AT_ONCE and len(self._asked) < WISHES:
                del peer.wishes[digest]
                self._asked[digest] = now
                asked.append(digest)
        if asked:
            self._send(peer, Want(tuple(asked)))

    def _queue(self, peer: Neighbour, digest: bytes) -> None:
        if digest not in peer.knows and len(peer.queue) < QUEUE:
            peer.queue[digest] = None

    def _name(self, peer: Neighbour, now: float) -> None:
        cards = self._shelf.cards()
        first, rest = cards[: DIGESTS // 2], list(cards[DIGESTS // 2 :])
        random.shuffle(rest)
        peer.listed_at = now
        self._send(peer, Have(tuple(each.digest for each in (*first, *rest[: DIGESTS - len(first)]))))

    @staticmethod
    def _some(peers: list[Neighbour]) -> list[Neighbour]:
        return random.sample(peers, min(FAN, len(peers)))
