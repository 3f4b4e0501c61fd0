"""The exchange: which cards are believed, whose catalogues are fetched when, and what of a peer stays or goes.

The service makes one `Exchange` and hands it the overlay's cards and the user's wishes. card -> accepted? -> fetched by
rank (fetching.py) -> verified, every line and every vector (taking.py) -> offers.db (holdings.py) -> OffersChanged.
Catalogues that were fetched are given to others, and pointers of followed peers kept alive, also while their
publishers are off.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import logging
import socket
import time
from collections.abc import Callable, Coroutine
from pathlib import Path

from app.errors import BowerbirdError, PeerError, StoreError
from app.network_messages import EvidenceChanged, NetworkEvent, OffersChanged, PeersChanged
from app.peers.cards import Card, decode_card, forked, parse_card_text
from app.peers.exchange.fetching import Fetching
from app.peers.exchange.holdings import Holdings
from app.peers.exchange.ports import CardOverlay, CatalogueSwarm, PointerBook
from app.peers.identity import nickname
from app.peers.overlay import OverlayPeer
from app.store.evidence import EvidenceRows
from app.store.peers import CardVerdict, PeerAddress
from app.store.tasks import Stores, StoreTasks
from app.trust import Budget

log = logging.getLogger(__name__)

MOST_CARDS = 1000
"""Cards that wait to be looked at; more are dropped, for they come round again."""
PATIENCE = 60.0
LOOK_AGAIN = 900.0
"""Seconds between two rounds of asking the DHT for followed peers' cards, and of keeping their pointers alive."""
WRITE_HEARD = 20.0
FOLLOW_PATIENCE = 20.0


class Exchange:
    """Owns `Profile.catalogues` and writes offers.db. All on the event loop's thread; files and databases in others."""

    def __init__(
        self,
        own: bytes,
        folder: Path,
        stores: StoreTasks,
        swarm: CatalogueSwarm,
        overlay: CardOverlay,
        pointers: PointerBook,
        *,
        say: Callable[[NetworkEvent], None],
        budget: Callable[[], Budget],
        clock: Callable[[], float] = time.time,
        patience: float = PATIENCE,
    ) -> None:
        """`own` is our public key; `budget` says what the settings allow strangers."""
        self._own = own
        self._stores = stores
        self._swarm = swarm
        self._overlay = overlay
        self._pointers = pointers
        self._say = say
        self._clock = clock
        self._holdings = Holdings(folder, stores, swarm, clock)
        self._fetching = Fetching(
            own,
            self._holdings,
            stores,
            swarm,
            overlay,
            say=say,
            taken=self._taken,
            budget=budget,
            clock=clock,
            patience=patience,
        )
        self._cards: asyncio.Queue[tuple[bytes, bytes]] = asyncio.Queue(MOST_CARDS)
        self._blocked: set[bytes] = set()
        self._blocked_hosts: dict[bytes, str] = {}
        self._heard: dict[bytes, PeerAddress] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._problem = ""

    # ---------------------------------------------------------------------------------------------- life

    async def start(self) -> None:
        """Give what was fetched before, know whom we knew, and go on with what is missing."""
        self._blocked = set(await self._stores.run(lambda stores: stores.peers.blocked()))
        for key in self._blocked:
            self._overlay.block(key)
        await self._holdings.restore()
        await self._count_followers()
        await self._hold()
        await self._want_known()
        for address in await self._stores.run(lambda stores: stores.peers.addresses()):
            self._overlay.walk_to(address.host, address.port)
        for work in (self._read_cards(), self._fetching.run(), self._look_after(), self._write_heard()):
            self._spawn(work)

    async def close(self) -> None:
        """Stop; what was fetched stays."""
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._fetching.close()
        await self._flush_heard()

    # -------------------------------------------------------------------------------------- what comes in

    def card_came(self, card: bytes, via: bytes) -> None:
        """Take a card that the overlay or the DHT brought, of whomever; wrong ones are dropped without a word."""
        with contextlib.suppress(asyncio.QueueFull):
            self._cards.put_nowait((card, via))

    def peer_changed(self, peer: OverlayPeer) -> None:
        """Note where a peer answered."""
        if peer.key not in self._blocked and peer.key != self._own:
            self._heard[peer.key] = PeerAddress(peer.key, peer.host, peer.port, peer.heard)

    @property
    def catalogues(self) -> int:
        """How many catalogues of others we hold."""
        return len(self._holdings)

    @property
    def problem(self) -> str:
        """What is wrong, in words; "" when nothing is."""
        return self._problem or self._fetching.problem

    def gives(self, infohash: bytes) -> bool:
        """Whether we can give this catalogue of another's to whoever asks."""
        return self._holdings.gives(infohash)

    async def stranger_bytes_today(self) -> int:
        """What was fetched today of strangers' catalogues."""
        now = self._clock()
        return await self._stores.run(lambda stores: stores.offers.usage(now=now))

    def settings_changed(self) -> None:
        """What was too much for a stranger may not be any longer."""
        self._fetching.try_all_again()

    # ------------------------------------------------------------------------------------- what the user wants

    async def follow(self, peer: str) -> bytes:
        """Follow a peer named by a card's text, a key of 64 hex digits, or `host:port`; returns its key.

        Raises PeerError, in words, where the text names nobody or nobody answers there.
        """
        text = peer.strip()
        card: Card | None = None
        if text.lower().startswith("bowerbird:"):
            card = decode_card(parse_card_text(text), by_hand=True)
            key = card.key
        elif len(text) == 64 and all(sign in "0123456789abcdefABCDEF" for sign in text):
            key = bytes.fromhex(text)
        else:
            key = await self._met_at(text)
        if key == self._own:
            raise PeerError("This is yourself", "Paste the card of somebody else.")
        if key in self._blocked:
            await self.unblock(key)
        name = card.name if card is not None and card.name else nickname(key)
        await self._stores.run(lambda stores: stores.peers.follow(key, name))
        self._fetching.try_again(key)
        if card is not None and card.host:
            self._overlay.walk_to(card.host, card.port)
            await self._consider(card)  # never passed on: it names an address
        elif card is not None:
            self.card_came(parse_card_text(text), b"")
        await self._count_followers()
        await self._hold()
        await self._reconsider(key)
        await self._hear(key)
        self._spawn(self._look_up(key))
        self._say(PeersChanged())
        return key

    async def unfollow(self, key: bytes) -> None:
        """What the peer offers stays, as a stranger's would."""
        await self._stores.run(lambda stores: stores.peers.unfollow(key))
        self._say(EvidenceChanged())
        await self._count_followers()
        await self._hold()
        self._say(PeersChanged())

    async def block(self, key: bytes) -> None:
        """Take everything of a peer away, now, and hear nothing from it again."""
        self._blocked.add(key)
        self._overlay.block(key)
        heard = self._heard.pop(key, None)
        known = await self._stores.run(lambda stores: stores.peers.row(key))
        host = heard.host if heard else known.host if known else ""
        if host and not _shared_address(host):
            self._blocked_hosts[key] = host
            self._swarm.block([host])
        await self._fetching.stop(key)
        await self._stores.run(lambda stores: stores.peers.block(key))
        await self._holdings.let_go(key)
        await self._count_followers()
        await self._hold()
        self._say(PeersChanged())
        self._say(OffersChanged())
        self._say(EvidenceChanged())

    async def unblock(self, key: bytes) -> None:
        """Let a peer be a stranger again."""
        await self._stores.run(lambda stores: stores.peers.unblock(key))
        self._blocked.discard(key)
        self._overlay.unblock(key)
        host = self._blocked_hosts.pop(key, "")
        if host and host not in self._blocked_hosts.values():
            self._swarm.unblock([host])
        self._say(PeersChanged())

    # -------------------------------------------------------------------------------------------- cards

    async def _read_cards(self) -> None:
        """Cards in the order they came, several at a time."""
        while True:
            came = [await self._cards.get()]
            while not self._cards.empty() and len(came) < 50:
                came.append(self._cards.get_nowait())
            new = False
            for content, via in came:
                try:
                    card = decode_card(content)
                    if card.key != self._own and card.key not in self._blocked:
                        new |= await self._take_card(card, content, via)
                except PeerError as error:
                    log.debug("a card was refused: %s", error.detail)
                except StoreError as error:
                    log.warning("a card could not be kept: %s", error.title)
                except Exception:
                    log.exception("a card could not be looked at")  # a bug; the next card is looked at all the same
            if new:
                await self._hold()
                self._say(PeersChanged())

    async def _take_card(self, card: Card, content: bytes, via: bytes) -> bool:
        name, now = card.name or nickname(card.key), self._clock()

        def take(stores: Stores) -> CardVerdict:
            known = stores.peers.card(card.key)
            with contextlib.suppress(PeerError):
                former = decode_card(known or b"")
                if former.seq == card.seq and not forked(former, card):
                    return CardVerdict.SAME
            return stores.peers.card_came(card.key, card.seq, content, name, now)

        verdict = await self._stores.run(take)
        if verdict is CardVerdict.NEW:
            await self._consider(card, via)
        elif verdict is CardVerdict.FORKED:
            log.info("a peer signed two cards with one number")
            self._fetching.forget(card.key)
        return verdict in (CardVerdict.NEW, CardVerdict.FORKED)

    async def _consider(self, card: Card, via: bytes = b"") -> None:
        """Want the catalogue a card names, let go of the one it takes back."""
        held = self._holdings.of(card.key)
        if held is not None and card.seq < held.seq:
            return
        if not card.infohash:
            self._fetching.forget(card.key)
            if held is not None:
                await self._holdings.let_go(card.key)
                self._say(OffersChanged())
        elif held is not None and held.infohash == card.infohash:
            self._fetching.forget(card.key)
        else:
            self._fetching.want(card, via)

    async def _reconsider(self, key: bytes) -> None:
        """Look at the newest card of a peer again, after what we think of the peer has changed."""
        content = await self._stores.run(lambda stores: stores.peers.card(key))
        if content is not None:
            await self._consider(decode_card(content))

    async def _want_known(self) -> None:
        """Want what was wanted before the last end."""
        for content in await self._stores.run(lambda stores: stores.peers.cards()):
            with contextlib.suppress(PeerError):
                await self._consider(decode_card(content))

    async def _taken(self, key: bytes) -> None:
        """The catalogue of a peer came."""
        await self._count_followers()
        await self._hear(key)
        self._say(OffersChanged())
        self._say(PeersChanged())

    async def _hear(self, key: bytes) -> None:
        """Take what a followed peer tells of its taste; nobody else is listened to."""
        try:
            rows = await self._holdings.told(key)
        except (BowerbirdError, OSError) as error:
            log.info("what a peer tells cannot be read: %s", type(error).__name__)
            return
        if await self._stores.run(lambda stores: EvidenceRows(stores.database).hear(key, rows)):
            self._say(EvidenceChanged())

    # ----------------------------------------------------------------------------------------- looking after

    async def _look_after(self) -> None:
        """Ask the DHT for news of followed peers, and keep what they point to alive while they are off."""
        while True:
            followed = await self._stores.run(lambda stores: stores.peers.followed())
            for key in followed:
                await self._look_up(key)
            try:
                kept = await self._holdings.pointers(followed, self._pointers.item)
                await self._pointers.keep(kept)
            except (BowerbirdError, TimeoutError, OSError) as error:
                log.info("pointers could not be kept alive: %s", type(error).__name__)
            await self._stores.run(lambda stores: stores.peers.forget_strangers())
            await asyncio.sleep(LOOK_AGAIN)

    async def _look_up(self, key: bytes) -> None:
        try:
            for content in await self._pointers.get(key):
                if decode_card(content).key == key:
                    self.card_came(content, b"")
        except (BowerbirdError, TimeoutError, OSError) as error:
            log.info("a peer's pointer could not be asked for: %s", type(error).__name__)

    async def _write_heard(self) -> None:
        while True:
            await asyncio.sleep(WRITE_HEARD)
            await self._flush_heard()

    async def _flush_heard(self) -> None:
        heard, self._heard = list(self._heard.values()), {}
        if heard:
            await self._stores.run(lambda stores: stores.peers.heard(heard))

    async def _hold(self) -> None:
        """Tell the overlay which cards to pass on."""
        self._overlay.hold(await self._stores.run(lambda stores: stores.peers.cards()))

    async def _count_followers(self) -> None:
        """By how many of those we follow each peer is followed, as their manifests say."""
        followed = await self._stores.run(lambda stores: stores.peers.followed())
        counts = [(key, count) for key, count in await self._holdings.follows(followed) if key != self._own]
        await self._stores.run(lambda stores: stores.peers.set_followed_by(counts))

    async def _met_at(self, address: str) -> bytes:
        """The key of whoever answers at `host:port`."""
        host, colon, port = address.rpartition(":")
        host = host.strip("[]")
        if not colon or not host or not port.isascii() or not port.isdigit() or not 0 < int(port) < 65_536:
            raise PeerError("This names nobody", "Paste a card, a key of 64 hex digits, or an address host:port.")
        if not _is_address(host):
            try:
                found = await asyncio.get_running_loop().getaddrinfo(host, int(port), type=socket.SOCK_DGRAM)
            except OSError as error:
                raise PeerError("This address is not known", str(error)) from error
            host = str(found[0][4][0])
        deadline = asyncio.get_running_loop().time() + FOLLOW_PATIENCE
        asked = 0.0
        while (now := asyncio.get_running_loop().time()) < deadline:
            for peer in self._overlay.peers():
                if (peer.host, peer.port) == (host, int(port)):
                    return peer.key
            if now - asked > 2:
                asked = now
                self._overlay.walk_to(host, int(port))
            await asyncio.sleep(0.05)
        raise PeerError("Nobody answers there", "Perhaps it is off, or behind a router that lets nobody in.")

    def _spawn(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("a part of the exchange ended", exc_info=task.exception())
            self._problem = "A part of the network stopped; the log says why."


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _shared_address(host: str) -> bool:
    """Whether an address may be many peers': a private one is whatever stands behind the same router."""
    try:
        address = ipaddress.ip_address(host)
        return host == "127.0.0.1" or (address.is_private and not address.is_loopback)
    except ValueError:
        return True
