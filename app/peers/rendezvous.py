"""First contact without a server of ours: an infohash of the mainline DHT under which Bowerbirds are found.

Who is discoverable announces its overlay port there; everybody looks there and walks to whom it finds. What is
announced before the DHT knows anybody is lost without a word, so it is announced again, soon at first and then as
often as the DHT forgets (half an hour). Anybody can announce anything: addresses are only walked to, a few at a time.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
import random
from collections.abc import Callable
from typing import Any, Protocol

import libtorrent as lt

from app.peers.addresses import Scope, within

log = logging.getLogger(__name__)

INFOHASH = hashlib.sha1(b"bowerbird rendezvous 1", usedforsecurity=False).digest()
AT_ONCE = 16
"""Addresses walked to from one answer."""
LONELY = 4
"""With fewer peers, we look again soon."""
SOON = (1.0, 3.0, 5.0, 10.0, 20.0)
"""Seconds between the first searches, and between all while we are lonely (the last number)."""
SELDOM = 600.0
ANNOUNCE_EVERY = 900.0


class RendezvousDht(Protocol):
    """What is needed of the swarm."""

    @property
    def session(self) -> Any:
        """The `lt.session`."""

    @property
    def dht_nodes(self) -> int:
        """How many nodes its DHT knows, as last counted."""

    def on(self, kind: str, heard: Callable[[Any], None]) -> Callable[[], None]:
        """Hear alerts; returns how to stop."""


class Rendezvous:
    """Looks for peers, and lets itself be found where `discoverable`.

    `port` is our overlay's; `walk` is called with each address found; `peers` says how many peers we have; `widest`
    how far an address may reach.
    """

    def __init__(
        self,
        dht: RendezvousDht,
        port: Callable[[], int],
        walk: Callable[[str, int], None],
        peers: Callable[[], int],
        widest: Scope,
        *,
        discoverable: bool,
    ) -> None:
        self._dht = dht
        self._port = port
        self._walk = walk
        self._peers = peers
        self._widest = widest
        self.discoverable = discoverable
        """May be changed at any time; what the DHT learned before it forgets within half an hour."""
        self._running: asyncio.Task[None] | None = None
        self._off: Callable[[], None] | None = None
        self._announced = float("-inf")
        self._met_somebody = False

    def start(self) -> None:
        """Begin to look."""
        self._off = self._dht.on("dht_get_peers_reply_alert", self._heard)
        self._running = asyncio.get_running_loop().create_task(self._run())

    async def close(self) -> None:
        """Stop."""
        if self._off is not None:
            self._off()
            self._off = None
        if self._running is not None:
            self._running.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._running
            self._running = None

    async def _run(self) -> None:
        turn = 0
        while True:
            self._look(turn)
            lonely = self._peers() < LONELY
            pause = SOON[min(turn, len(SOON) - 1)] if lonely or turn < len(SOON) else SELDOM
            turn += 1
            await asyncio.sleep(pause * random.uniform(0.8, 1.2))

    def _look(self, turn: int) -> None:
        now = asyncio.get_running_loop().time()
        name = lt.sha1_hash(INFOHASH)
        # The first ones may go out before the DHT knows anybody, and then they are lost.
        if self.discoverable and self._port() and (turn < len(SOON) or now - self._announced >= ANNOUNCE_EVERY):
            if self._dht.dht_nodes:
                self._announced = now
            self._dht.session.dht_announce(name, self._port(), 0)
        self._dht.session.dht_get_peers(name)

    def _heard(self, alert: Any) -> None:
        if alert.info_hash.to_bytes() != INFOHASH:
            return
        found = {(str(host), int(port)) for host, port in alert.peers()}
        able = [address for address in sorted(found) if within(*address, widest=self._widest)]
        for host, port in random.sample(able, min(AT_ONCE, len(able))):
            self._walk(host, port)
