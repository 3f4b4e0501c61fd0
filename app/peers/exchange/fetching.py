"""Fetching catalogues: which is wanted, which comes next, how much strangers may have, when to try again.

Used by the exchange alone, on the event loop's thread.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import shutil
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial

from app.errors import BowerbirdError, DiskFull, PeerError
from app.network_messages import NetworkEvent, NetworkProgress
from app.peers.cards import Card
from app.peers.catalogue import MAX_CATALOGUE
from app.peers.exchange.holdings import Holdings
from app.peers.exchange.ports import CardOverlay, CatalogueSwarm
from app.peers.torrent import Progress
from app.peers.wire import check_names
from app.store.peers import PeerRow
from app.store.tasks import Stores, StoreTasks
from app.trust import Budget, Rank, Standing

log = logging.getLogger(__name__)

AT_ONCE = 2
"""Catalogues fetched at the same time."""
ASK_AGAIN = 3.0
"""Seconds after which holders are asked again for a catalogue, then twice as long, and so on."""
BACKOFF = (60.0, 300.0, 1800.0, 7200.0)
"""Seconds until a catalogue that nobody gave is tried again."""
STALE = 7 * 86_400.0
"""Seconds without a word after which a stranger's catalogue makes room for another's."""
_ROUND = 30.0


@dataclass(slots=True)
class _Tried:
    """What became of the attempts to fetch one catalogue."""

    infohash: bytes
    times: int = 0
    not_before: float = 0.0
    refused: bool = False


class Fetching:
    """The wanted catalogues, and those on their way."""

    def __init__(
        self,
        own: bytes,
        holdings: Holdings,
        stores: StoreTasks,
        swarm: CatalogueSwarm,
        overlay: CardOverlay,
        *,
        say: Callable[[NetworkEvent], None],
        taken: Callable[[bytes], Awaitable[None]],
        budget: Callable[[], Budget],
        clock: Callable[[], float],
        patience: float,
    ) -> None:
        """`taken` is awaited after a catalogue came."""
        self._own = own
        self._holdings = holdings
        self._stores = stores
        self._swarm = swarm
        self._overlay = overlay
        self._say = say
        self._taken = taken
        self._budget = budget
        self._clock = clock
        self._patience = patience
        self._wanted: dict[bytes, Card] = {}
        self._via: dict[bytes, bytes] = {}
        self._tried: dict[bytes, _Tried] = {}
        self._on_way: dict[bytes, asyncio.Task[None]] = {}
        self._look = asyncio.Event()
        self.problem = ""

    def want(self, card: Card, via: bytes = b"") -> None:
        """Fetch the catalogue a card names when its turn comes; `via` brought the card and may have it, too."""
        self._wanted[card.key] = card
        if via:
            self._via[card.key] = via
        self._look.set()

    def forget(self, key: bytes) -> None:
        """Want nothing of a peer any longer."""
        for memory in (self._wanted, self._via, self._tried):
            memory.pop(key, None)

    def try_again(self, key: bytes) -> None:
        """Forget what was tried in vain: the user wants this peer now."""
        self._tried.pop(key, None)
        self._look.set()

    def try_all_again(self) -> None:
        """Forget what was tried in vain: the settings may allow more now."""
        for key in self._tried.keys() - self._on_way.keys():
            del self._tried[key]
        self._look.set()

    async def stop(self, key: bytes) -> None:
        """Forget a peer, and end what is on its way from it."""
        self.forget(key)
        task = self._on_way.get(key)
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def close(self) -> None:
        """End what is on its way; it is begun again the next time."""
        for task in self._on_way.values():
            task.cancel()
        await asyncio.gather(*self._on_way.values(), return_exceptions=True)

    async def run(self) -> None:
        """Fetch what is wanted, the nearest peers first, a few at a time; ends when cancelled."""
        while True:
            self._look.clear()
            for row in await self._in_order():
                if len(self._on_way) >= AT_ONCE:
                    break
                card = self._wanted.get(row.key)
                if card is not None and row.key not in self._on_way and not self._comes(card.infohash):
                    self._begin(card, row)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._look.wait(), _ROUND)

    async def _in_order(self) -> list[PeerRow]:
        """The peers whose catalogues may be fetched now, best first."""
        now = self._clock()
        ready = [
            key
            for key, card in self._wanted.items()
            if key not in self._on_way and self._may_try(key, card.infohash, now)
        ]
        if not ready:
            return []
        rows = await self._stores.run(lambda stores: [stores.peers.row(key) for key in ready])
        found = [row for row in rows if row is not None and not row.blocked and row.key in self._wanted]
        # A stranger whose word is bad is not fetched from; a followed one is, and marked.
        found = [row for row in found if row.followed or row.standing is not Standing.BAD]
        return sorted(found, key=lambda row: (-row.rank, self._holdings.of(row.key) is None, -row.last_heard, row.key))

    def _comes(self, infohash: bytes) -> bool:
        """Whether this very catalogue is on its way because of another peer's card: one of the two lies."""
        return any(self._tried[key].infohash == infohash for key in self._on_way if key in self._tried)

    def _may_try(self, key: bytes, infohash: bytes, now: float) -> bool:
        tried = self._tried.get(key)
        if tried is None or tried.infohash != infohash:
            return True
        return not tried.refused and now >= tried.not_before

    def _begin(self, card: Card, row: PeerRow) -> None:
        tried = self._tried.get(card.key)
        if tried is None or tried.infohash != card.infohash:
            tried = self._tried[card.key] = _Tried(card.infohash)
        task = asyncio.get_running_loop().create_task(self._fetch(card, row, tried))
        self._on_way[card.key] = task

        def over(_: object) -> None:
            if self._on_way.get(card.key) is task:
                del self._on_way[card.key]
            self._look.set()

        task.add_done_callback(over)

    async def _fetch(self, card: Card, row: PeerRow, tried: _Tried) -> None:
        key = card.key
        try:
            if self._swarm.has(card.infohash):
                # A catalogue is one peer's, whose key stands in it: this card names ours, or one that we hold.
                raise PeerError("This card names another peer's catalogue")
            most = await self._room(row)
            if most <= 0:
                tried.not_before = self._clock() + BACKOFF[1]
                return
            await self._fetch_now(card, row, most)
            if self._wanted.get(key) is card:  # else a newer one came meanwhile
                self.forget(key)
            self.problem = ""
        except PeerError as error:
            log.info("a catalogue was refused: %s", error.title)
            tried.refused = True
        except TimeoutError:
            tried.not_before = self._clock() + BACKOFF[min(tried.times, len(BACKOFF) - 1)]
            tried.times += 1
        except DiskFull as error:
            self.problem = str(error)
            tried.not_before = self._clock() + BACKOFF[1]
        except (BowerbirdError, OSError) as error:
            log.warning("a catalogue could not be taken: %s", type(error).__name__)
            tried.not_before = self._clock() + BACKOFF[1]
        except Exception:
            log.exception("fetching a catalogue failed")
            tried.refused = True

    async def _room(self, row: PeerRow) -> int:
        """Bytes that this catalogue may have, 0 for none: strangers share a budget."""
        if row.rank is Rank.FOLLOWED:
            return MAX_CATALOGUE
        budget, now = self._budget(), self._clock()
        if self._holdings.of(row.key) is None and not await self._make_room(budget.catalogues, now):
            return 0

        def left(stores: Stores) -> int:
            used, own = stores.offers.usage(now=now), stores.offers.usage(row.key, now)
            return budget.room(row.rank, used, own, MAX_CATALOGUE)

        return await self._stores.run(left)

    async def _make_room(self, most: int, now: float) -> bool:
        """Whether one more stranger's catalogue may be kept; one long unheard of makes room."""
        known = await self._stores.run(lambda stores: stores.peers.rows())
        strangers = [row for row in known if self._holdings.of(row.key) is not None and not row.followed]
        strangers.sort(key=lambda row: row.last_heard)
        if len(strangers) < most:
            return True
        if most > 0 and strangers and now - strangers[0].last_heard > STALE:
            await self._holdings.let_go(strangers[0].key)
            return True
        return False

    async def _fetch_now(self, card: Card, row: PeerRow, most: int) -> None:
        """Fetch, verify, take, and let the former version go. Raises what the swarm and `Holdings.take` raise."""
        key, held = card.key, self._holdings.of(card.key)
        folder = self._holdings.place(card)
        await asyncio.to_thread(shutil.rmtree, folder, True)
        received = 0

        def progress(now: Progress) -> None:
            nonlocal received
            received = now.received
            self._say(NetworkProgress("catalogue", key.hex(), now.done, now.size))

        asking = asyncio.get_running_loop().create_task(self._ask_holders(card))
        try:
            files = await self._swarm.fetch_catalogue(
                card.infohash,
                folder,
                at_most=most,
                known=[held.infohash] if held else [],
                progress=progress,
                check=partial(check_names, at_most=most),
                patience=self._patience,
            )
        finally:
            asking.cancel()
            if row.rank is not Rank.FOLLOWED and received:
                now = self._clock()
                await self._stores.run(lambda stores: stores.offers.note_usage(key, received, now))
        try:
            await self._holdings.take(card, files)
        except BaseException:
            await self._swarm.remove(card.infohash, delete=True)
            await asyncio.to_thread(shutil.rmtree, folder, True)
            raise
        await self._taken(card.key)

    async def _ask_holders(self, card: Card) -> None:
        """Ask the publisher, and whoever brought its card, to give it; both sides connect at the same moment."""
        while not self._swarm.has(card.infohash):
            await asyncio.sleep(0.01)
        wait = ASK_AGAIN
        while True:
            others = [peer.key for peer in self._overlay.peers() if peer.key != card.key][:3]
            asked = dict.fromkeys((card.key, self._via.get(card.key, b""), *others))
            for key in asked:
                if key and key != self._own and await self._overlay.ask_content(key, card.infohash, card.infohash):
                    break
            await asyncio.sleep(wait)
            wait = min(2 * wait, 120.0)
