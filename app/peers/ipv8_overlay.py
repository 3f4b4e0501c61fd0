"""The overlay on real sockets: IPv8's introductions below, our messages above.

`Ipv8Overlay` joins the parts and owns time: `introductions` (IPv8), `neighbours` (who is there), `spreading` (cards),
`arranging` (who begins to talk to whom) and `reach`. It knows only whom it is pointed at by `walk_to` and whom those
introduce; there is no bootstrap server. Everything runs on the event loop's thread, in two periodic tasks.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import socket
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from app.errors import PeerError
from app.network_messages import Reachable
from app.peers.addresses import scope_of
from app.peers.arranging import Arranging, Punch
from app.peers.card_shelf import CardShelf, ReadCard
from app.peers.introductions import Gate, Introductions, StrictEndpoint
from app.peers.neighbours import Address, Neighbour, Neighbours
from app.peers.overlay import OverlayEars, OverlayPeer
from app.peers.overlay_messages import (
    Answer,
    Bye,
    CardMessage,
    Carried,
    Forward,
    Have,
    Message,
    Number,
    Ping,
    Pong,
    Want,
    Wish,
)
from app.peers.reach import Reach
from app.peers.spreading import Spreading

log = logging.getLogger(__name__)

TICK = 1.0
STEP = 0.5
"""Seconds between two steps of the walk while there is somebody new to meet."""
SLOWEST_STEP = 30.0
"""And when nobody new was met for a while."""
ENOUGH_PEERS = 24
"""With so many, nobody is walked to any more; others may still come."""
WALK_AGAIN = 60.0
"""Seconds after which an address that did not answer is tried again, if somebody still names it."""
ASKED_TRIES = 4
"""Datagrams sent to an address that `walk_to` was asked for."""
ASKED_ROOM = 256
BYE_HOLDS = 300.0
"""Seconds by which clocks may differ for a goodbye to be believed; else the peer is missed 20 s later."""


@dataclass(frozen=True, slots=True)
class OverlayTraffic:
    """What went over the overlay's socket: bytes, and datagrams that were refused."""

    sent: int
    received: int
    dropped: int


def house_host() -> str:
    """This machine's address in its house, as the system's routes say; nothing is sent. "127.0.0.1" without a route."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return "127.0.0.1"
        return str(probe.getsockname()[0])


class Ipv8Overlay:
    """An `Overlay` over UDP.

    `secret` is `Identity.overlay_secret()`; `host` the one address to listen on ("" for all), `port` 0 lets the system
    choose. `content_port` says where our swarm listens, `read` checks cards; `punch` sends something harmless from the
    swarm's UDP port (a DHT question: `session.add_dht_node`), see `arranging`.
    """

    def __init__(
        self,
        secret: bytes,
        host: str,
        port: int,
        ears: OverlayEars,
        read: ReadCard,
        content_port: Callable[[], int],
        punch: Punch | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._secret = secret
        self._host = host
        self._wanted_port = port
        self._ears = ears
        self._content_port = content_port
        self._punch = punch
        self._clock = clock
        self._blocked: set[bytes] = set()
        self._shelf = CardShelf(read)
        self._neighbours = Neighbours()
        self._reach = Reach()
        self._spreading = Spreading(self._shelf, self._neighbours, self._give, self._tell_card)
        self._arranging: Arranging | None = None
        self._endpoint: StrictEndpoint | None = None
        self._community: Introductions | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._asked: OrderedDict[Address, int] = OrderedDict()
        self._walked: OrderedDict[Address, float] = OrderedDict()
        self._step = STEP
        self._next_step = 0.0

    # ------------------------------------------------------------------------------ what Overlay promises

    @property
    def port(self) -> int:
        return self._endpoint.port if self._endpoint is not None else 0

    @property
    def reachable(self) -> Reachable:
        return self._reach.verdict(self._clock())

    @property
    def traffic(self) -> OverlayTraffic:
        """What went over the socket since `start`."""
        if self._endpoint is None or self._community is None:
            return OverlayTraffic(0, 0, 0)
        return OverlayTraffic(self._endpoint.bytes_up, self._endpoint.bytes_down, self._community.dropped)

    async def start(self) -> None:
        endpoint = StrictEndpoint(self._host, self._wanted_port, lambda to: self._reach.sent(to, self._clock()))
        await endpoint.open()
        gate = Gate(lambda address: self._neighbours.at(address) is not None)
        try:
            self._community = Introductions(
                self._secret,
                endpoint,
                gate,
                self,
                lambda: self._host or house_host(),
                lambda: [each.key for each in self._neighbours.proven()],
                self._clock,
            )
        except BaseException:
            endpoint.close()
            raise
        self._arranging = Arranging(
            self._community.key, self._neighbours, self._ears, self, self._content_port, self._punch
        )
        self._endpoint = endpoint
        self._task(self._every_second())
        self._task(self._walk())

    async def close(self) -> None:
        if self._community is None or self._endpoint is None or self._arranging is None:
            return
        community, endpoint = self._community, self._endpoint
        self._arranging.close()
        bye = community.sealed(Bye(int(time.time())))
        for peer in self._neighbours.proven():
            endpoint.send(peer.address, bye)
        self._community = None
        self._endpoint = None
        self._arranging = None
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await community.unload()
        endpoint.close()

    def announce(self, card: bytes) -> None:
        self._spreading.announce(card, self._clock())

    def hold(self, cards: Sequence[bytes]) -> None:
        self._spreading.hold(cards)

    def peers(self) -> tuple[OverlayPeer, ...]:
        return tuple(_value(each) for each in self._neighbours.proven())

    def walk_to(self, host: str, port: int) -> None:
        if scope_of(host) is None or not 0 < port <= 65_535:
            return
        self._asked[(host, port)] = ASKED_TRIES
        if len(self._asked) > ASKED_ROOM:
            self._asked.popitem(last=False)
        if self._community is not None and self._neighbours.at((host, port)) is None:
            self._community.walk_to((host, port))
        self._hurry()

    async def ask_content(self, key: bytes, root: bytes, infohash: bytes) -> bool:
        if self._arranging is None or key in self._blocked:
            return False
        return await self._arranging.ask(key, root, infohash)

    def block(self, key: bytes) -> None:
        self._blocked.add(key)
        self._shelf.block(key)
        gone = self._neighbours.forget(key)
        if self._community is not None:
            with contextlib.suppress(ValueError):
                self._community.forget(key)
        if gone is not None:
            asyncio.get_running_loop().call_soon(self._tell_peer, gone)

    def unblock(self, key: bytes) -> None:
        self._blocked.discard(key)
        self._shelf.unblock(key)

    # --------------------------------------------------------------------------- what the community tells

    def came(self, key: bytes, address: Address, number: int, now: float) -> bool:
        """Say whether a datagram that passed the gate is worth a signature check."""
        if key in self._blocked:
            return False
        peer = self._neighbours.at(address)
        if peer is None or peer.key != key:
            # From who has not been proven: introductions, and what proves.
            return number > max(Number) or number in (Number.PING, Number.PONG, Number.ANSWER)
        match number:
            case Number.CARD:
                return peer.cards_in.take(now)
            case Number.HAVE:
                return peer.lists_in.take(now)
            case Number.WANT | Number.WISH | Number.FORWARD:
                return peer.asks_in.take(now)
            case _:
                return True

    def message(self, key: bytes, address: Address, message: Message, now: float) -> None:
        """Take a message, signed by `key`."""
        if self._arranging is None:
            return
        self._neighbours.heard(key, address, time.time())
        match message:
            case Ping(nonce):
                self._meet(key, address, now)
                self._send(address, Pong(nonce, *address))
                self._neighbours.replied(key, address)
                self._greet(now)
                return
            case Pong(nonce, _, _):
                changed = self._neighbours.answered(key, address, nonce, now, time.time())
                if changed is not None:
                    self._asked.pop(address, None)
                    self._tell_peer(changed)
                    self._hurry()
                    self._greet(now)
                return
            case Answer():
                self._arranging.answer(key, address, message)
                return
        peer = self._neighbours.at(address)
        if peer is None or peer.key != key:
            return
        match message:
            case CardMessage(card):
                self._spreading.card(peer, card, now)
            case Have(digests):
                self._spreading.have(peer, digests, now)
            case Want(digests):
                self._spreading.want(peer, digests, now)
            case Wish():
                self._arranging.wish(key, address, message, None, now)
            case Forward():
                self._arranging.forward(peer, message, now)
            case Carried():
                self._arranging.carried(peer, message, now)
            case Bye(when):
                if abs(when - time.time()) < BYE_HOLDS:
                    self._lose(peer)

    def introduction(self, key: bytes, address: Address, now: float) -> None:
        """IPv8 heard of the peer `key` at `address`: ask whether it is there."""
        self._reach.heard(address, now)
        self._meet(key, address, now)

    def stranger_to(self, key: bytes, now: float) -> None:
        """A peer we may know does not know us."""
        self._neighbours.forgot_us(key, now)

    def told_of(self, address: Address, now: float) -> None:
        """Somebody introduced a peer at `address`."""
        self._reach.introduced(address, now)
        if self._neighbours.at(address) is None and address not in self._walked:
            self._hurry()

    # ------------------------------------------------------------------------------- what arranging needs

    def sealed(self, message: Message) -> bytes:
        """Sign a message."""
        if self._community is None:
            raise PeerError("The overlay is off")
        return self._community.sealed(message)

    def opened(self, packet: bytes) -> tuple[bytes, Message] | None:
        """Open a datagram that somebody carried; what a blocked peer signed stays closed."""
        found = self._community.opened(packet) if self._community is not None else None
        return None if found is None or found[0] in self._blocked else found

    def post(self, address: Address, packet: bytes) -> None:
        """Send a datagram."""
        if self._endpoint is not None:
            self._endpoint.send(address, packet)

    def introduce(self, key: bytes, address: Address) -> None:
        """Ask the peer `key` at `address` whether it is there."""
        self._meet(key, address, self._clock())

    # ------------------------------------------------------------------------------------------ within

    def _meet(self, key: bytes, address: Address, now: float) -> None:
        nonce = self._neighbours.meet(key, address, now)
        if nonce is not None:
            self._send(address, Ping(nonce))

    def _lose(self, peer: Neighbour) -> None:
        self._neighbours.forget(peer.key)
        if self._community is not None:
            self._community.forget(peer.key)
        self._tell_peer(peer)

    def _greet(self, now: float) -> None:
        for peer in self._neighbours.to_greet(now):
            self._spreading.met(peer, now)

    def _send(self, address: Address, message: Message) -> None:
        if self._community is not None:
            self.post(address, self._community.sealed(message))

    def _give(self, peer: Neighbour, message: Message) -> None:
        self._send(peer.address, message)

    def _tell_card(self, card: bytes, via: bytes) -> None:
        self._ears.card_came(card, via)

    def _tell_peer(self, peer: Neighbour) -> None:
        if self._community is not None:
            self._ears.peer_changed(_value(peer))

    def _task(self, work: object) -> None:
        task: asyncio.Task[None] = asyncio.get_running_loop().create_task(work)  # type: ignore[arg-type]
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _every_second(self) -> None:
        while True:
            await asyncio.sleep(TICK)
            now = self._clock()
            for peer, nonce in self._neighbours.due(now):
                self._send(peer.address, Ping(nonce))
            for gone in self._neighbours.lost(now):
                self._lose(gone)
            if self._community is not None:
                self._community.prune({each.key for each in self._neighbours.all()})
            self._greet(now)
            self._spreading.go_on(now)

    def _hurry(self) -> None:
        self._step = STEP
        self._next_step = min(self._next_step, self._clock() + STEP)

    async def _walk(self) -> None:
        while True:
            await asyncio.sleep(STEP)
            now = self._clock()
            if self._community is None or now < self._next_step - STEP / 10:
                continue
            self._step = min(self._step * 1.5, SLOWEST_STEP)
            self._next_step = now + self._step
            self._walk_once(self._community, now)

    def _walk_once(self, community: Introductions, now: float) -> None:
        for address, left in list(self._asked.items()):
            if left == 0 or self._neighbours.at(address) is not None:
                del self._asked[address]
                continue
            self._asked[address] = left - 1
            self._step = STEP
            self._next_step = now + STEP
            community.walk_to(address)
        while self._walked and next(iter(self._walked.values())) < now - WALK_AGAIN:
            self._walked.popitem(last=False)
        peers = self._neighbours.proven()
        if len(peers) >= ENOUGH_PEERS:
            return
        told = [
            (each[0], each[1])
            for each in community.get_walkable_addresses()
            if (each[0], each[1]) not in self._walked and self._neighbours.at((each[0], each[1])) is None
        ]
        for address in random.sample(told, min(3, len(told))):
            self._walked[address] = now
            community.walk_to(address)
        if peers:
            community.walk_to(random.choice(peers).address)


def _value(peer: Neighbour) -> OverlayPeer:
    return OverlayPeer(peer.key, *peer.address, peer.heard)
