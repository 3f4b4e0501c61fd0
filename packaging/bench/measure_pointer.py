"""How long a newcomer takes to find a peer's card in the DHT by its key alone: part of the p2p measurement."""

from __future__ import annotations

import asyncio
import time

from table import Absent

from app.errors import PeerError
from app.peers.cards import decode_card
from app.peers.dht import Pointers
from app.peers.place import Place
from app.peers.swarm import Swarm

LIMIT = 60.0


async def pointer_seconds(host: str, router: tuple[str, int], key: bytes) -> float:
    """Seconds from asking for the card of `key` to having it, for a node at `host` that the router has let in.

    Raises Absent when the DHT does not have it.
    """
    swarm = Swarm(Place(host=host, bootstrap=(router,)))
    await swarm.start()
    try:
        end = time.perf_counter() + LIMIT
        while time.perf_counter() < end:
            begun = time.perf_counter()
            if swarm.dht_nodes and any(_is_of(key, card) for card in await Pointers(swarm).get(key)):
                return time.perf_counter() - begun
            await asyncio.sleep(0.1)
    finally:
        await swarm.close()
    raise Absent(f"the DHT gave no card in {LIMIT:.0f} s")


def _is_of(key: bytes, card: bytes) -> bool:
    try:
        return decode_card(card).key == key
    except PeerError:
        return False
