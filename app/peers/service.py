"""The network process's heart: takes requests, and hands cards, catalogues, downloads and wishes to whose they are.

One `Network` for a profile; a lock file sees to that. What is open while the network is on stands in `Presence`; where
a setting changes that it was built with, it is closed and another one made. All on the event loop's thread.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable, Coroutine
from dataclasses import replace

from filelock import FileLock, Timeout

from app.codec import Message
from app.config import Settings
from app.errors import BowerbirdError, Locked, PeerError
from app.network_messages import (
    AskCard,
    AskNetworkState,
    Block,
    CancelDownload,
    CardText,
    CheckHealth,
    Download,
    DownloadStarted,
    EvidenceTold,
    EvidenceWanted,
    Follow,
    Judged,
    NetworkEvent,
    NetworkReady,
    NetworkSettingsChanged,
    NetworkState,
    OwnSpacesChanged,
    PauseDownload,
    PublicationChanged,
    ResumeDownload,
    SeedDownload,
    Stream,
    StreamAt,
    TakenIn,
    Unblock,
    Unfollow,
    VectorsExported,
)
from app.paths import RESOURCES, Profile
from app.peers.cards import card_text
from app.peers.identity import Identity
from app.peers.outside import Outside, Seen
from app.peers.place import Place, place_of
from app.peers.presence import Presence
from app.protocol import Done, Event, Failed
from app.store.database import Database
from app.store.tasks import StoreTasks

log = logging.getLogger(__name__)

VERSION = "0.1.0"
STATE_EVERY = 2.0
"""Seconds between two looks at what changed: the state that is shown, and what others wrote into the library."""
TELL_EVERY = 900.0
"""Seconds between two questions whether there is something new to tell of the user's taste."""
_BYTES = 1024
"""Rates are told in steps of so many bytes a second, so that a still network says nothing."""


class Network:
    """`start`, then `handle` requests, then `close`."""

    def __init__(self, profile: Profile, say: Callable[[NetworkEvent | Event], None]) -> None:
        self._profile = profile
        self._say = say
        self._lock = FileLock(profile.root / "network.lock")
        self._tasks: set[asyncio.Task[None]] = set()
        self._told: NetworkState | None = None
        self._changing = asyncio.Lock()
        self._messages = 0
        """How many messages of ours stand, as the studio said last."""

    async def start(self) -> None:
        """Lock the profile and go on the network. Raises Locked, StoreError, SettingsError, PeerError."""
        self._profile.make()
        try:
            self._lock.acquire(timeout=0)
        except Timeout as error:
            raise Locked(
                "The network is already on for this library", "Close the other one first.", self._profile.root
            ) from error
        self._identity = Identity.load(self._profile.identity)
        self._stores = StoreTasks(self._open, self._profile.offers)
        self._outside = Outside(self._stores)
        self._settings = Settings(self._profile.settings)
        self._presence = self._made(place_of(self._settings))
        await self._presence.start()
        await self._outside.remember()
        self._say(NetworkReady(VERSION, os.getpid(), self._identity.key.hex()))
        self._spawn(self._watch())
        self._spawn(self._tell_now_and_then())

    async def close(self) -> None:
        """Leave the network, in order, and give the profile back."""
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if hasattr(self, "_presence"):
            await self._presence.close()
        if hasattr(self, "_stores"):
            await self._stores.close()
        self._lock.release()

    def handle(self, message: Message) -> None:
        """Take one request; answers, events and errors come through `say`."""
        self._spawn(self._guarded(self._take(message), getattr(message, "request", 0)))

    # ---------------------------------------------------------------------------------------- requests

    async def _take(self, message: Message) -> None:
        here = self._presence
        match message:
            case NetworkSettingsChanged():
                await self._read_settings()
            case AskNetworkState():
                self._say(replace(await self._state(), request=message.request))
            case AskCard():
                card = here.publisher.card_by_hand(*here.address())
                self._say(CardText(message.request, card_text(card)))
            case Follow():
                await here.exchange.follow(message.peer)
                await self._outside.remember()
                self._say(Done(message.request))
            case Unfollow() | Block() | Unblock():
                await self._think(message)
            case PublicationChanged() | OwnSpacesChanged():
                here.publisher.changed()
            case VectorsExported():
                here.publisher.exported(message)
            case EvidenceTold():
                if message.messages != self._messages:
                    self._messages = message.messages
                    here.publisher.changed()
            case _:
                await self._take_of_downloads(message)

    async def _take_of_downloads(self, message: Message) -> None:
        downloads = self._presence.downloading
        match message:
            case Download():
                number = await downloads.begin(message.offer)
                self._say(DownloadStarted(message.request, number))
            case PauseDownload():
                await downloads.pause(message.download)
            case ResumeDownload():
                await downloads.resume(message.download)
            case CancelDownload():
                await downloads.cancel(message.download)
            case SeedDownload():
                await downloads.seed(message.download, message.seed)
            case Stream():
                arriving = downloads.stream(message.download)
                self._say(StreamAt(message.request, self._presence.streams.offer(arriving)))
            case CheckHealth():
                await self._presence.health.check(message.offers)
            case Judged():
                await downloads.judged(message)
            case TakenIn():
                await downloads.taken_in(message)
            case _:
                log.warning("a request that is not for the network: %s", type(message).__name__)

    async def _think(self, message: Unfollow | Block | Unblock) -> None:
        """What the user thinks of a peer changed."""
        key = _key(message.peer)
        exchange = self._presence.exchange
        match message:
            case Unfollow():
                await exchange.unfollow(key)
            case Block():
                await self._block(key)
            case Unblock():
                await exchange.unblock(key)
        await self._outside.remember()
        self._say(Done(message.request))

    async def _block(self, key: bytes) -> None:
        """Take all of a peer away; what was only on its way from it is given up."""
        await self._presence.exchange.block(key)
        await self._presence.downloading.peer_blocked(key)

    async def _read_settings(self) -> None:
        """Take changed settings: limits at once; where listening, routers or a proxy change, by starting anew."""
        async with self._changing:
            self._settings = Settings(self._profile.settings)
            place = place_of(self._settings)
            former = self._presence.place
            if replace(place, upload_limit=0, download_limit=0) == replace(former, upload_limit=0, download_limit=0):
                self._presence.renew(self._settings, place)
                self._say(EvidenceWanted())
                return
            await self._presence.close()
            self._presence = self._made(place)
            try:
                await self._presence.start()
            except BowerbirdError:
                # Better where it was than nowhere.
                await self._presence.close()
                self._presence = self._made(former)
                await self._presence.start()
                raise
        self._say(EvidenceWanted())

    # --------------------------------------------------------------------------------------- by itself

    async def _watch(self) -> None:
        """Say how the network is where that changed, and notice what others wrote into the library."""
        while True:
            try:
                state = await self._state()
                if state != self._told:
                    self._told = state
                    self._say(state)
                self._follow_outside(await self._outside.look())
            except BowerbirdError as error:
                log.warning("the network could not be looked at: %s", error.title)
            await asyncio.sleep(STATE_EVERY)

    def _follow_outside(self, seen: Seen) -> None:
        """Do what the command line, or a window that wrote by itself, wants."""
        exchange = self._presence.exchange
        for key in seen.followed:
            self._spawn(self._guarded(_ignore(exchange.follow(key.hex()))))
        for key in seen.unfollowed:
            self._spawn(self._guarded(exchange.unfollow(key)))
        for key in seen.blocked:
            self._spawn(self._guarded(self._block(key)))
        for key in seen.unblocked:
            self._spawn(self._guarded(exchange.unblock(key)))
        if seen.publish:
            self._presence.publisher.changed()

    async def _tell_now_and_then(self) -> None:
        while True:
            self._say(EvidenceWanted())
            await asyncio.sleep(TELL_EVERY)

    async def _state(self) -> NetworkState:
        here = self._presence
        down, up = here.swarm.rates
        return NetworkState(
            request=0,
            dht_nodes=here.swarm.dht_nodes,
            peers=len(here.overlay.peers()),
            reachable=here.reachable,
            catalogues=here.exchange.catalogues,
            published=here.publisher.items,
            publishing=here.publisher.busy,
            download_rate=down // _BYTES * _BYTES,
            upload_rate=up // _BYTES * _BYTES,
            stranger_bytes_today=await here.exchange.stranger_bytes_today(),
            problem=here.problem,
        )

    # ------------------------------------------------------------------------------------------- inside

    def _made(self, place: Place) -> Presence:
        return Presence(self._profile, self._identity, self._stores, self._settings, place, self._say)

    def _open(self) -> Database:
        return Database.open(self._profile.library, RESOURCES / "migrations")

    async def _guarded(self, work: Coroutine[object, object, None], request: int = 0) -> None:
        """Do it; whatever goes wrong is told, and the network lives."""
        try:
            await work
        except BowerbirdError as error:
            self._say(Failed(request, error.title, error.detail, str(error.path or "")))
        except Exception as error:
            log.exception("a request failed")
            self._say(Failed(request, "Something went wrong in the network process", type(error).__name__))

    def _spawn(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _ignore(work: Coroutine[object, object, bytes]) -> None:
    await work


def _key(text: str) -> bytes:
    """A peer's key from its 64 hex digits. Raises PeerError."""
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != 32:
        raise PeerError("This names no peer", "A key has 64 hex digits.")
    return key
