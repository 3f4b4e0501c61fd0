"""How long overlays on one machine take to know each other, and a new card to reach all: part of the p2p measurement.

Real overlays with real UDP sockets on 127.N.9.1 addresses, all in this process; each is told of the first alone.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from table import Absent, Row

from app.peers.card_shelf import head_of
from app.peers.cards import Card, encode_card
from app.peers.identity import Identity
from app.peers.ipv8_overlay import Ipv8Overlay
from app.peers.overlay import OverlayPeer

LIMIT = 180.0
FIRST_HOST = 101
"""Away from where tests and the demo listen."""


@dataclass(slots=True)
class Ears:
    """Remembers whose cards came."""

    cards: set[bytes] = field(default_factory=set)

    def card_came(self, card: bytes, via: bytes) -> None:  # noqa: ARG002
        self.cards.add(head_of(card).key)

    def content_wanted(self, key: bytes, root: bytes) -> int:  # noqa: ARG002
        return 0

    def connect_now(self, infohash: bytes, host: str, port: int) -> None:
        """Nothing is given here."""

    def peer_changed(self, peer: OverlayPeer) -> None:
        """It is asked for."""


def overlay_rows() -> Iterator[Row]:
    """Yield the times of five and of twenty."""
    for count in (5, 20):
        known, spread = asyncio.run(acquainted(count))
        yield Row(f"{count} peers on one machine: all know all", "s", known)
        yield Row(f"{count} peers on one machine: a new card of each is with all", "s", spread)


async def acquainted(count: int) -> tuple[float, float]:
    """Seconds until all of `count` overlays know all, and then until each has a new card of each."""
    identities = [Identity.new() for _ in range(count)]
    ears = [Ears() for _ in range(count)]
    overlays = [
        Ipv8Overlay(identity.overlay_secret(), f"127.{FIRST_HOST + at}.9.1", 0, ears[at], head_of, lambda: 0)
        for at, identity in enumerate(identities)
    ]
    try:
        for overlay in overlays:
            await overlay.start()
        begun = time.perf_counter()
        for overlay in overlays[1:]:
            overlay.walk_to(f"127.{FIRST_HOST}.9.1", overlays[0].port)
        await until(lambda: all(len(overlay.peers()) == count - 1 for overlay in overlays))
        known = time.perf_counter()
        for identity, overlay in zip(identities, overlays, strict=True):
            overlay.announce(encode_card(Card(identity.key, 1, int(time.time())), identity))
        await until(lambda: all(len(each.cards) == count - 1 for each in ears))
        return known - begun, time.perf_counter() - known
    finally:
        for overlay in overlays:
            await overlay.close()


async def until(true: Callable[[], bool]) -> None:
    """Wait for something. Raises Absent when it takes too long."""
    end = time.perf_counter() + LIMIT
    while not true():
        if time.perf_counter() > end:
            raise Absent(f"the overlays did not get there in {LIMIT:.0f} s")
        await asyncio.sleep(0.01)
