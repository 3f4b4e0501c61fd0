"""How two peers begin to talk BitTorrent at the same moment, also when each sits behind a router that drops strangers.

Who wants something sends the holder a wish with the torrent and its own port; the holder answers and both connect at
once: what each sends first opens its own router for what the other sends. Where the two do not know each other, the
wish and the answer travel whole, as signed, through peers they share, who add at which address they see the sender.

Two connections begun at one moment may hinder each other (libtorrent keeps one by comparing ports, perhaps the one
whose first datagram a router dropped). So where there is a `punch`, the holder only opens its router with it, and
connects itself a little later, which does nothing where the asker came through. Messages are repeated while no answer
came; a holder does a wish once and answers it as often as it is asked.
"""

from __future__ import annotations

import asyncio
import logging
import random
import secrets
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from app.errors import BowerbirdError
from app.peers.addresses import may_contact
from app.peers.neighbours import Address, Neighbour, Neighbours
from app.peers.overlay_messages import NONCE, Answer, Carried, Forward, Message, Wish
from app.peers.rate_limits import Buckets

log = logging.getLogger(__name__)

TRIES = 4
TRY_EVERY = 0.8
"""Seconds between repetitions; all tries together stay below what a user waits for."""
RELAYS = 3
"""Shared peers tried where the holder is none of ours."""
REMEMBERED = 512
LONGEST_TRIP = 2.0
CONNECT_ANYWAY = 3.0
"""Seconds after which a holder that punched connects as well: the asker may be the one that can be reached."""

Punch = Callable[[str, int], None]
"""Sends something from our swarm's UDP port to an address, so that our router lets in what comes from there."""


class ArrangingEars(Protocol):
    """The part of the overlay's ears that is needed here."""

    def content_wanted(self, key: bytes, root: bytes) -> int:
        """Return the port on which we give `root` to `key`, 0 for not."""

    def connect_now(self, infohash: bytes, host: str, port: int) -> None:
        """Begin to connect."""


class Post(Protocol):
    """What signs, sends and opens datagrams for us."""

    def sealed(self, message: Message) -> bytes:
        """Return a whole signed datagram of ours."""

    def opened(self, packet: bytes) -> tuple[bytes, Message] | None:
        """Return (who signed it, what it says) of a whole datagram, None where anything about it is wrong."""

    def post(self, address: Address, packet: bytes) -> None:
        """Send a whole datagram."""

    def introduce(self, key: bytes, address: Address) -> None:
        """A peer may be met at that address."""


@dataclass(slots=True)
class _Pending:
    holder: bytes
    infohash: bytes
    agreed: asyncio.Future[bool]


class Arranging:
    """Asks for content, answers who asks, and carries wishes and answers between peers that do not reach each other."""

    def __init__(
        self,
        key: bytes,
        neighbours: Neighbours,
        ears: ArrangingEars,
        post: Post,
        content_port: Callable[[], int],
        punch: Punch | None = None,
    ) -> None:
        self._punch = punch
        self._key = key
        self._neighbours = neighbours
        self._ears = ears
        self._post = post
        self._content_port = content_port
        self._pending: dict[bytes, _Pending] = {}
        self._done: OrderedDict[tuple[bytes, bytes], int] = OrderedDict()
        self._carried = Buckets(2.0, 12.0, 256)
        self._asked = Buckets(1.0, 16.0, 256)
        self._closed = False

    async def ask(self, key: bytes, root: bytes, infohash: bytes) -> bool:
        """Ask the holder `key`; True once it agreed and our side has been told to connect."""
        if key == self._key:
            return False
        nonce = secrets.token_bytes(NONCE)
        packet = self._post.sealed(Wish(nonce, key, root, infohash, self._content_port()))
        agreed: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._pending[nonce] = _Pending(key, infohash, agreed)
        try:
            for _ in range(TRIES):
                if not self._send(key, packet):
                    return False
                done, _waiting = await asyncio.wait((agreed,), timeout=TRY_EVERY)
                if done:
                    return agreed.result()
            return False
        finally:
            del self._pending[nonce]

    def close(self) -> None:
        """Let everybody who still waits for an answer go; nothing is begun any more."""
        self._closed = True
        for pending in self._pending.values():
            if not pending.agreed.done():
                pending.agreed.set_result(False)

    def wish(self, key: bytes, address: Address, wish: Wish, relay: Neighbour | None, now: float) -> None:
        """Take a wish of `key`, who is at `address`; `relay` brought it if it did not come by itself."""
        if wish.holder != self._key or key == self._key:
            return
        port = self._done.get((key, wish.nonce))
        if port is None:
            if not self._asked.take(key, now):
                return
            port = self._ears.content_wanted(key, wish.root)
            self._done[(key, wish.nonce)] = port
            if len(self._done) > REMEMBERED:
                self._done.popitem(last=False)
            if port and wish.port and may_contact(address[0], wish.port, address[0]):
                self._begin(wish, address[0], relay or self._neighbours.of(key))
        answer = self._post.sealed(Answer(wish.nonce, port))
        if relay is not None:
            self._post.post(relay.address, self._post.sealed(Forward(key, answer)))
            # The same to the asker itself: it opens our router, and arrives where the asker's is open already.
            self._post.introduce(key, address)
        self._post.post(address, answer)

    def answer(self, key: bytes, address: Address, answer: Answer) -> None:
        """Take the answer of `key`, who is at `address`."""
        pending = self._pending.get(answer.nonce)
        if pending is None or pending.holder != key or pending.agreed.done():
            return
        agreed = answer.port != 0 and may_contact(address[0], answer.port, address[0])
        if agreed:
            self._connect(pending.infohash, address[0], answer.port)
        pending.agreed.set_result(agreed)

    def forward(self, sender: Neighbour, forward: Forward, now: float) -> None:
        """Carry a wish or an answer of `sender` to a peer of ours."""
        target = self._neighbours.of(forward.target)
        if target is None or target is sender or not self._carried.take(sender.key, now):
            return
        opened = self._post.opened(forward.packet)
        if opened is None or opened[0] != sender.key or not isinstance(opened[1], Wish | Answer):
            return
        self._post.post(target.address, self._post.sealed(Carried(*sender.address, forward.packet)))

    def carried(self, relay: Neighbour, carried: Carried, now: float) -> None:
        """Take what `relay` carried to us."""
        address = (carried.host, carried.port)
        if not may_contact(*address, told_by=relay.address[0]) or not self._carried.take(relay.key, now):
            return
        opened = self._post.opened(carried.packet)
        if opened is None:
            return
        key, message = opened
        if isinstance(message, Wish):
            self.wish(key, address, message, relay, now)
        elif isinstance(message, Answer):
            self._post.introduce(key, address)
            self.answer(key, address, message)

    def _send(self, key: bytes, packet: bytes) -> bool:
        holder = self._neighbours.of(key)
        if holder is not None:
            self._post.post(holder.address, packet)
            return True
        peers = self._neighbours.proven()
        for relay in random.sample(peers, min(RELAYS, len(peers))):  # others with every try
            self._post.post(relay.address, self._post.sealed(Forward(key, packet)))
        return bool(peers)

    def _begin(self, wish: Wish, host: str, known: Neighbour | None) -> None:
        """Open our router for who asked, and connect."""
        if self._punch is not None:
            self._punch(host, wish.port)
            wait = CONNECT_ANYWAY
        else:
            # The answer is under way for half a round trip: then the other side begins as well.
            wait = min(known.trip, LONGEST_TRIP) / 2 if known is not None else 0.0
        asyncio.get_running_loop().call_later(wait, self._connect, wish.infohash, host, wish.port)

    def _connect(self, infohash: bytes, host: str, port: int) -> None:
        if self._closed:
            return
        try:
            self._ears.connect_now(infohash, host, port)
        except BowerbirdError as error:  # an address no peer can have: what others say is no reason to stumble
            log.debug("a connection was not begun: %s", error)
