"""One content on its way to us: progress, pause, resume, cancel, and reading it while it arrives.

Made by `Swarm.download`, held by `downloading`; `stream_http` reads through it. All on the loop's thread.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import libtorrent as lt

from app.errors import PeerError, StoreError
from app.peers.mime import MIMES
from app.peers.roots import file_root, piece_length
from app.peers.torrent import Progress, Torrent, sync_file

if TYPE_CHECKING:
    from app.peers.session import Session

HEAD = 1024 * 1024
TAIL = 256 * 1024
"""Bytes that players want first: headers and the first seconds, and the index that some formats keep at the end. Of a
smaller file less: an eighth and a thirty-second part, so that a song need not be half here before it begins."""
LEAST = 128 * 1024
AHEAD = 256 * 1024
"""What is asked for at once beyond a place somebody reads at, little: over a slow link what is urgent together comes
together, and the first bytes as late as the last (4.7 s instead of 1.7 s at 250 KiB/s with 2 MiB)."""
PATIENCE = 120.0
_LOOKS = 3
_MIMES = {extension: mime for mime, extension in MIMES.items()}


class Transfer:
    """A content being fetched to `path`. `size` in bytes, `root` its v2 root."""

    def __init__(
        self, session: Session, torrent: Torrent, params: Callable[[], Any], root: bytes, size: int, path: Path
    ) -> None:
        """`params` makes libtorrent's parameters for beginning anew with what lies on the disk."""
        self._params = params
        self._session = session
        self._torrent = torrent
        self._piece = piece_length(size)
        self._last: tuple[int, bytes] | None = None
        self._reading = asyncio.Lock()
        self._verified = False
        self.root = root
        self.size = size
        self.path = path

    @property
    def mime(self) -> str:
        """What a player is told it is."""
        return _MIMES.get(self.path.suffix, "application/octet-stream")

    @property
    def infohash(self) -> bytes:
        return self._torrent.infohash

    @property
    def progress(self) -> Progress:
        """As of the last half second."""
        return self._torrent.progress

    def on_progress(self, heard: Callable[[Progress], None]) -> Callable[[], None]:
        """Call `heard` whenever the progress changes, at most a few times a second. Returns how to stop it."""
        listeners = self._torrent.listeners
        listeners.append(heard)

        def off() -> None:
            if heard in listeners:
                listeners.remove(heard)

        return off

    @property
    def playable(self) -> bool:
        """Whether the head and the tail are here, so that a player can begin."""
        head, tail = wanted_first(self.size)
        return self.have(0, head) and self.have(self.size - tail, self.size)

    # ------------------------------------------------------------------------------- what the user does

    def pause(self) -> None:
        """Let it rest; connections end."""
        self._torrent.handle.pause()

    def resume(self) -> None:
        """Go on after a pause, or after a problem (a disk that was full)."""
        self._torrent.problem = None
        self._torrent.handle.clear_error()
        self._torrent.handle.unset_flags(lt.torrent_flags.upload_mode)  # set by libtorrent when a disk was full
        self._torrent.handle.resume()

    async def cancel(self) -> None:
        """End it and delete what came."""
        await self._session.remove(self.infohash, delete=True)

    async def release(self) -> None:
        """End it and keep the file, which nobody holds open any longer: it can be moved."""
        await self._session.remove(self.infohash, delete=False)

    async def resume_data(self) -> bytes:
        """What `Swarm.download` wants to go on after a restart."""
        resume = await self._torrent.resume_data()
        if self.path.exists():
            await asyncio.to_thread(sync_file, self.path)
        return resume

    async def wait_complete(self) -> Path:
        """Wait, however long, until the file is whole, hash-checked, read back right, and on the disk.

        Raises DiskFull or StoreError (a disk's problem, also one that does not keep what is written to it), and
        PeerError when it was cancelled. After `resume` it can be waited for again.
        """
        for _ in range(_LOOKS):
            await self._whole()
            if self._verified:
                return self.path
            await self._torrent.flush()
            if await asyncio.to_thread(_synced_root, self.path) == self.root:
                self._verified = True
                return self.path
            # Seen after a disk was full: libtorrent counts pieces that never were written. It reads all again.
            self._last = None
            await self._session.read_again(self._torrent, self._params())
            self.play_soon()
        raise StoreError("The disk does not keep what is written to it", "", self.path)

    async def _whole(self) -> None:
        torrent = self._torrent
        while not torrent.progress.complete:
            if torrent.problem is not None:
                raise torrent.problem
            if torrent.removed:
                raise PeerError("The download was cancelled")
            await torrent.pulse.next(5.0)

    # -------------------------------------------------------------------------------- while it arrives

    def play_soon(self) -> None:
        """Ask for the head and the tail before the rest, which follows in order."""
        head, tail = wanted_first(self.size)
        self._hurry(0, head, 0)
        self._hurry(self.size - tail, self.size, 500)

    def prioritise(self, start: int, stop: int) -> None:
        """Ask for the bytes from `start` to before `stop` before all others: somebody reads there now."""
        self._hurry(start, min(stop, self.size), 0)

    def have(self, start: int, stop: int) -> bool:
        """Whether all bytes from `start` to before `stop` are here and right."""
        return all(piece in self._torrent.have for piece in self._pieces(start, stop))

    async def available(self, start: int, stop: int, patience: float = PATIENCE) -> None:
        """Wait for the bytes from `start` to before `stop`. Raises TimeoutError, PeerError, StoreError."""
        if not self.have(start, stop):
            self.prioritise(start, stop)
        await self._torrent.advance(lambda: self.have(start, stop), patience, "No more of the file arrives")

    async def read(self, start: int, stop: int) -> bytes:
        """At least one of the bytes from `start` to before `stop`, at most up to the end of a piece.

        Waits for what is not here yet and asks for what follows. Raises as `available`, ValueError beyond the file.
        """
        if not 0 <= start < stop <= self.size:
            raise ValueError("not a range of the file")
        piece = start // self._piece
        end = min(stop, (piece + 1) * self._piece, self.size)
        self.prioritise(start, min(start + AHEAD, self.size))
        await self.available(start, end)
        async with self._reading:
            if self._last is None or self._last[0] != piece:
                self._last = piece, await self._torrent.read_piece(piece)
            content = self._last[1]
        base = piece * self._piece
        return content[start - base : end - base]

    def _pieces(self, start: int, stop: int) -> range:
        return range(start // self._piece, -(-stop // self._piece))

    def _hurry(self, start: int, stop: int, first: int) -> None:
        for at, piece in enumerate(self._pieces(start, stop)):
            if piece not in self._torrent.have:
                self._torrent.handle.set_piece_deadline(piece, first + 20 * at)


def wanted_first(size: int) -> tuple[int, int]:
    """How many bytes of a file's head and tail a player wants before it can begin."""
    head, tail = max(LEAST, min(HEAD, size // 8)), max(LEAST // 2, min(TAIL, size // 32))
    return min(head, size), min(tail, size)


def _synced_root(path: Path) -> bytes:
    sync_file(path)
    return file_root(path)
