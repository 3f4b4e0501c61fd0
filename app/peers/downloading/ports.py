"""What downloading needs of the swarm and the overlay, and no more: each can be stood in for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from app.peers.overlay import OverlayPeer
from app.peers.torrent import Progress


class FileTransfer(Protocol):
    """A content on its way (`Transfer` is one)."""

    @property
    def infohash(self) -> bytes: ...

    @property
    def progress(self) -> Progress: ...

    @property
    def playable(self) -> bool: ...

    def on_progress(self, heard: Callable[[Progress], None]) -> Callable[[], None]: ...

    async def read(self, start: int, stop: int) -> bytes: ...

    async def resume_data(self) -> bytes: ...

    async def wait_complete(self) -> Path: ...

    async def cancel(self) -> None: ...

    async def release(self) -> None: ...


class FileSwarm(Protocol):
    """What downloading needs of the swarm."""

    def has(self, infohash: bytes) -> bool: ...

    def drop(self, infohash: bytes) -> None: ...

    def progress(self, infohash: bytes) -> Progress | None: ...

    async def download(
        self, root: bytes, size: int, extension: str, folder: Path, *, resume: bytes | None = None
    ) -> FileTransfer: ...

    async def seed_content(
        self, path: Path, root: bytes, size: int, extension: str, *, linger: float | None = 600.0
    ) -> bytes: ...

    async def scrape(self, infohash: bytes) -> tuple[int, int]: ...


class HolderOverlay(Protocol):
    """What downloading needs of the overlay."""

    def peers(self) -> tuple[OverlayPeer, ...]: ...

    async def ask_content(self, key: bytes, root: bytes, infohash: bytes) -> bool: ...
