"""What the exchange needs of the swarm, the overlay and the DHT, and no more: each can be stood in for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Protocol

from app.peers.krpc import SignedItem
from app.peers.overlay import OverlayPeer
from app.peers.torrent import Progress


class CatalogueSwarm(Protocol):
    """What the exchange needs of the swarm."""

    def has(self, infohash: bytes) -> bool: ...

    def drop(self, infohash: bytes) -> None: ...

    async def remove(self, infohash: bytes, *, delete: bool) -> None: ...

    def seed_catalogue(self, torrent: bytes, folder: Path) -> bytes: ...

    async def fetch_catalogue(
        self,
        infohash: bytes,
        folder: Path,
        *,
        at_most: int,
        known: Sequence[bytes] = (),
        peers: Sequence[tuple[str, int]] = (),
        progress: Callable[[Progress], None] | None = None,
        check: Callable[[Sequence[tuple[str, int]]], None] | None = None,
        patience: float = 60.0,
    ) -> Path: ...

    def block(self, hosts: Iterable[str]) -> None: ...

    def unblock(self, hosts: Iterable[str]) -> None: ...


class CardOverlay(Protocol):
    """What the exchange needs of the overlay."""

    def hold(self, cards: Sequence[bytes]) -> None: ...

    def peers(self) -> tuple[OverlayPeer, ...]: ...

    def walk_to(self, host: str, port: int) -> None: ...

    async def ask_content(self, key: bytes, root: bytes, infohash: bytes) -> bool: ...

    def block(self, key: bytes) -> None: ...

    def unblock(self, key: bytes) -> None: ...


class PointerBook(Protocol):
    """What the exchange needs of the DHT (`dht.Pointers` is one)."""

    async def get(self, key: bytes) -> tuple[bytes, ...]: ...

    def item(self, key: bytes) -> SignedItem | None: ...

    async def keep(self, items: Sequence[SignedItem]) -> int: ...
