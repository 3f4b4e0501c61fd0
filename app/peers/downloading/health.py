"""How many have what is offered: counted on request, a few swarms at a time, and written to offers.db with the hour."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence

from app.errors import BowerbirdError
from app.network_messages import HealthChanged, NetworkEvent
from app.peers.downloading.ports import FileSwarm, HolderOverlay
from app.peers.mime import extension_of
from app.peers.torrents import file_infohash
from app.store.offer_values import Health as Count
from app.store.offer_values import TakenOffer
from app.store.tasks import Stores, StoreTasks

log = logging.getLogger(__name__)

MOST = 100
"""Offers counted for one request: a page and a little more."""
AT_ONCE = 8


class Health:
    """Counts seeds and peers of offers."""

    def __init__(
        self,
        stores: StoreTasks,
        swarm: FileSwarm,
        overlay: HolderOverlay,
        *,
        say: Callable[[NetworkEvent], None],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._stores = stores
        self._swarm = swarm
        self._overlay = overlay
        self._say = say
        self._clock = clock
        self._places = asyncio.Semaphore(AT_ONCE)

    async def check(self, offers: Sequence[int]) -> None:
        """Count, write, and say HealthChanged for those that could be counted, a few at a time: some are seen soon."""

        def places(stores: Stores) -> list[tuple[int, TakenOffer, list[bytes]]]:
            found = [(offer, stores.offers.place_of(offer)) for offer in offers[:MOST]]
            return [
                (offer, place[1], stores.offers.holders(place[1].root)) for offer, place in found if place is not None
            ]

        wanted = await self._stores.run(places)
        for start in range(0, len(wanted), AT_ONCE):
            counted = await asyncio.gather(*(self._count(*each) for each in wanted[start : start + AT_ONCE]))
            await self._note([count for count in counted if count is not None])

    async def _note(self, found: Sequence[Count]) -> None:
        if found:
            await self._stores.run(lambda stores: stores.offers.set_health(found))
            self._say(HealthChanged(tuple(count.offer for count in found)))

    async def _count(self, offer: int, taken: TakenOffer, holders: Sequence[bytes]) -> Count | None:
        try:
            infohash = file_infohash(taken.root, taken.size, extension_of(taken.mime) or "")
            async with self._places:
                seeds, peers = await self._swarm.scrape(infohash)
        except (BowerbirdError, OSError) as error:
            log.info("a swarm could not be counted: %s", type(error).__name__)
            return None
        # A publisher gives its files on request: while it answers in the overlay, there is one who has it.
        online = {peer.key for peer in self._overlay.peers()}
        here = sum(key in online for key in holders)
        return Count(offer, max(seeds, here), max(peers, here), self._clock())
