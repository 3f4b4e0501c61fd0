"""All that is open while the network is on, at one place: sockets, torrents, and the parts that use them.

Made by the service and by nobody else; the only place where the network process's parts are joined. `start` opens
from the outside in (swarm, overlay, DHT), then what works with them; `close` goes the other way.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path

from app.config import (
    DISCOVERABLE,
    DISK_RESERVE,
    DOWNLOADS_FOLDER,
    PEER_NAME,
    PUBLISH,
    SEED_DOWNLOADS,
    SEED_RATIO,
    SHOW_FOLLOWS,
    STRANGER_MIB,
    STRANGERS,
    Settings,
)
from app.errors import PeerError
from app.network_messages import NetworkEvent, Reachable
from app.paths import Profile
from app.peers.addresses import Scope
from app.peers.card_shelf import head_of
from app.peers.dht import Pointers, known_nodes
from app.peers.downloading import Downloading, DownloadOptions, Health
from app.peers.evidence import ToldMessage, write_told
from app.peers.exchange import Exchange
from app.peers.identity import Identity
from app.peers.ipv8_overlay import Ipv8Overlay
from app.peers.krpc import KrpcClient
from app.peers.lan import Lan
from app.peers.overlay import MemoryNetwork, MemoryOverlay, Overlay, OverlayPeer
from app.peers.place import Place
from app.peers.publishing import Publisher, PublishOptions
from app.peers.rendezvous import Rendezvous
from app.peers.stream_http import StreamServer
from app.peers.swarm import Swarm
from app.store.evidence import EvidenceRows
from app.store.tasks import StoreTasks
from app.trust import Budget

log = logging.getLogger(__name__)

MIB, GIB = 1 << 20, 1 << 30


class Presence:
    """One stay on the network. The parts are public: the service hands requests to them."""

    def __init__(
        self,
        profile: Profile,
        identity: Identity,
        stores: StoreTasks,
        settings: Settings,
        place: Place,
        say: Callable[[NetworkEvent], None],
    ) -> None:
        self.place = place
        self._identity = identity
        self._stores = stores
        self._settings = settings
        self._problem = ""
        self._closers: list[Callable[[], Awaitable[object]]] = []
        widest = _widest(place)
        self.swarm = Swarm(place, profile.root / "dht.state")
        self._krpc = KrpcClient(place.host, lambda: known_nodes(self.swarm.session), widest)
        # A proxy carries libtorrent's connections only. What would go round it and show our address stays silent.
        self._hidden = place.proxy is not None
        self._pointers = Pointers(self.swarm, None if self._hidden else self._krpc)
        self.overlay = self._overlay()
        self._rendezvous = Rendezvous(
            self.swarm,
            lambda: self.overlay.port,
            self.overlay.walk_to,
            lambda: len(self.overlay.peers()),
            widest,
            discoverable=settings.get(DISCOVERABLE),
        )
        self._lan = Lan(
            place.host, lambda: self.overlay.port, self.overlay.walk_to, discoverable=settings.get(DISCOVERABLE)
        )
        self.streams = StreamServer()
        self.exchange = Exchange(
            identity.key,
            profile.catalogues,
            stores,
            self.swarm,
            self.overlay,
            self._pointers,
            say=say,
            budget=self._budget,
        )
        self.publisher = Publisher(
            identity,
            profile.published,
            stores,
            self.swarm,
            announce=self.overlay.announce,
            put_pointer=lambda card: self._pointers.put(identity, card),
            say=say,
            options=self._publish_options,
            told=self._told,
        )
        self.downloading = Downloading(
            profile.incoming,
            stores,
            self.swarm,
            self.overlay,
            say=say,
            options=lambda: self._download_options(profile),
        )
        self.health = Health(stores, self.swarm, self.overlay, say=say)

    async def start(self) -> None:
        """Open everything. Raises PeerError or StoreError; then close it."""
        for opened, close in (
            (self.swarm.start, self.swarm.close),
            *(() if self._hidden else ((self._krpc.start, self._close_krpc),)),
            (self.overlay.start, self.overlay.close),
            (self.streams.start, self.streams.close),
            (self.exchange.start, self.exchange.close),
            (self.publisher.start, self.publisher.close),
            (self.downloading.start, self.downloading.close),
        ):
            self._closers.append(close)
            await opened()
        if self._hidden:
            return
        self._rendezvous.start()
        self._closers.append(self._rendezvous.close)
        if self.place.lan:
            try:
                await self._lan.start()
                self._closers.append(self._lan.close)
            except PeerError as error:
                # The rest of the network does without.
                self._problem = str(error)

    async def close(self) -> None:
        """Close what was opened, the last first; one part's trouble keeps no other open."""
        while self._closers:
            close = self._closers.pop()
            try:
                await close()
            except (PeerError, OSError, TimeoutError) as error:
                log.warning("a part of the network did not close in order: %s", type(error).__name__)

    def _overlay(self) -> Overlay:
        """The real one; behind a proxy one that nobody else is in."""
        if self._hidden:
            return MemoryOverlay(MemoryNetwork(), ("", 0), self._identity.key, self, head_of, lambda: 0)
        return Ipv8Overlay(
            self._identity.overlay_secret(),
            self.place.host,
            self.place.overlay_port,
            self,
            head_of,
            lambda: self.swarm.listen_port,
            punch=lambda host, port: self.swarm.session.add_dht_node((host, port)),
        )

    def renew(self, settings: Settings, place: Place) -> None:
        """Take settings that need nothing to be opened anew."""
        self._settings, self.place = settings, place
        self.swarm.limit(place.upload_limit, place.download_limit)
        self._rendezvous.discoverable = self._lan.discoverable = settings.get(DISCOVERABLE)
        self.exchange.settings_changed()
        self.publisher.changed()

    @property
    def reachable(self) -> Reachable:
        """Whether others can begin to talk to us: by either of the two ways."""
        both = (self.swarm.reachable, self.overlay.reachable)
        for verdict in (Reachable.YES, Reachable.NO):
            if verdict in both:
                return verdict
        return Reachable.UNKNOWN

    @property
    def problem(self) -> str:
        """What is wrong, in words; "" when nothing is."""
        return self._problem or self.exchange.problem or self.publisher.problem

    def address(self) -> tuple[str, int]:
        """Where a friend reaches our overlay, for a card handed over by hand; ("", 0) where that is not known."""
        host = self.place.host or (self.swarm.external_ip if self.reachable is Reachable.YES else "")
        return (host, self.overlay.port) if host else ("", 0)

    # ------------------------------------------------------------------------------- what the overlay tells

    def card_came(self, card: bytes, via: bytes) -> None:
        self.exchange.card_came(card, via)

    def content_wanted(self, key: bytes, root: bytes) -> int:
        """Our port, where what is wanted is ours to give: a published file, a catalogue, a download given back."""
        del key  # whoever is blocked does not get here
        gives = self.publisher.give(root) or self.exchange.gives(root) or self.downloading.gives(root)
        return self.swarm.listen_port if gives else 0

    def connect_now(self, infohash: bytes, host: str, port: int) -> None:
        self.swarm.connect(infohash, host, port)

    def peer_changed(self, peer: OverlayPeer) -> None:
        self.exchange.peer_changed(peer)

    # ------------------------------------------------------------------------------- what the settings say

    def _budget(self) -> Budget:
        return Budget(self._settings.get(STRANGER_MIB) * MIB, self._settings.get(STRANGERS))

    def _publish_options(self) -> PublishOptions:
        get = self._settings.get
        return PublishOptions(get(PUBLISH), get(PEER_NAME), get(SHOW_FOLLOWS))

    def _download_options(self, profile: Profile) -> DownloadOptions:
        chosen = self._settings.get(DOWNLOADS_FOLDER)
        return DownloadOptions(
            folder=Path(chosen).expanduser() if chosen else profile.downloads,
            reserve=int(self._settings.get(DISK_RESERVE) * GIB),
            seed=self._settings.get(SEED_DOWNLOADS),
            ratio=self._settings.get(SEED_RATIO),
        )

    async def _told(self) -> bytes:
        """What is told of the user's taste, signed; the studio has seen to it that it may be."""
        rows = await self._stores.run(lambda stores: EvidenceRows(stores.database).messages())
        return write_told([ToldMessage(row.seq, row.level, row.message) for row in rows], self._identity)

    async def _close_krpc(self) -> None:
        self._krpc.close()
        await asyncio.sleep(0)


def _widest(place: Place) -> Scope:
    """The scope this place speaks from, as `addresses.within` reads it: a machine of a house may go beyond it."""
    if place.isolated:
        return Scope.MACHINE
    return Scope.PRIVATE if place.private else Scope.PUBLIC
