"""One torrent while it is in the session: what the alerts said of it, and the few things done to it.

Made and fed by `swarm`; `transfer` and the fetching of catalogues wait on its pulse. It owns no thread and no file.
"""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import libtorrent as lt

from app.errors import BowerbirdError, DiskFull, PeerError, StoreError
from app.peers.alerts import Pulse

_MET = 50
SLOW = 30.0
"""Seconds within which the disk answers."""


class Purpose(StrEnum):
    """What a torrent is for. Their payload is counted apart: ranking a stranger's catalogue takes no content."""

    CATALOGUE = "catalogue"
    CONTENT = "content"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a torrent is. Bytes and bytes/s; `received` and `given` count payload on the wire in this session."""

    done: int = 0
    size: int = 0
    rate: float = 0.0
    up_rate: float = 0.0
    peers: int = 0
    seeds: int = 0
    received: int = 0
    given: int = 0
    given_ever: int = 0
    """Also in earlier sessions, as far as resume data tells."""
    refused: int = 0
    """Bytes that came and were not what they should be."""
    complete: bool = False
    paused: bool = False
    checking: bool = False
    """Looking at what lies on the disk already."""


class Torrent:
    """A torrent's handle with what is known of it; all on the loop's thread."""

    def __init__(self, infohash: bytes, purpose: Purpose, handle: Any) -> None:
        self.infohash = infohash
        self.purpose = purpose
        self.handle = handle
        self.announced = time.monotonic()
        self.pulse = Pulse()
        self.progress = Progress()
        self.described = False
        """The description (metadata) is here."""
        self.checked = False
        """What lay on the disk has been looked at."""
        self.removed = False
        self.problem: BowerbirdError | None = None
        self.have: set[int] = set()
        self.pieces: dict[int, bytes | BowerbirdError] = {}
        """Pieces read on request, until they are fetched from here."""
        self.flushed = 0
        self.resume: bytes | None = None
        self._lost = 0
        """How often alerts were lost."""
        self._met: set[tuple[str, int]] = set()
        self.listeners: list[Callable[[Progress], None]] = []
        self.files: dict[bytes, Path] = {}
        """Whole files of a catalogue by their root, which a newer catalogue may have too."""

    @property
    def moving(self) -> bool:
        """Whether somebody wants to know how it is, often."""
        progress = self.progress
        underway = not (progress.complete or progress.paused)
        return underway or self.pulse.awaited or bool(self.listeners) or progress.rate > 0

    def meet(self, address: tuple[str, int]) -> None:
        """Connect to a peer now; it is remembered for when the torrent has to begin again."""
        if len(self._met) < _MET:
            self._met.add(address)
        self.handle.connect_peer(address)

    # ------------------------------------------------------------------------------- from the alerts

    def note(self, status: Any) -> None:
        """Take a `torrent_status`; copied at once."""
        before = self.progress
        states = type(status).states
        self.progress = Progress(
            done=status.total_wanted_done,
            size=status.total_wanted,
            rate=float(status.download_payload_rate),
            up_rate=float(status.upload_payload_rate),
            peers=status.num_peers,
            seeds=status.num_seeds,
            received=status.total_payload_download,
            given=status.total_payload_upload,
            given_ever=status.all_time_upload,
            refused=status.total_failed_bytes,
            complete=status.state in (states.seeding, states.finished)
            and 0 < status.total_wanted == status.total_wanted_done,
            paused=bool(status.flags & lt.torrent_flags.paused),
            checking=status.state in (states.checking_files, states.checking_resume_data),
        )
        if self.progress != before:
            self.changed()

    def look(self) -> None:
        """Ask for the status now instead of waiting for the next round."""
        if not self.removed and self.handle.is_valid():
            self.note(self.handle.status(0))

    def begin_again(self, handle: Any) -> None:
        """It was taken out of the session and put in again as `handle`; nothing is known of it yet."""
        self.handle = handle
        self.progress = Progress()
        self.checked = False
        self.problem = None
        self.have.clear()
        for address in self._met:
            handle.connect_peer(address)
        self.changed()

    def catch_up(self) -> None:
        """Alerts were lost: look at all that they might have said."""
        self._lost += 1
        if not self.removed and self.handle.is_valid():
            status = self.handle.status(0)
            self.described = self.described or bool(status.has_metadata)
            if status.state in (status.states.downloading, status.states.finished, status.states.seeding):
                self.checked_disk()
            self.changed()

    def checked_disk(self) -> None:
        """What lay on the disk has been looked at: note which pieces are right."""
        self.checked = True
        status = self.handle.status(lt.torrent_handle.query_pieces)
        self.have = {piece for piece, here in enumerate(status.pieces) if here}
        self.note(status)
        self.changed()

    def failed(self, code: Any, what: str) -> None:
        """The torrent stopped for an error of the disk or of libtorrent's."""
        if code.value() == errno.ENOSPC:
            self.problem = DiskFull("The disk is full", "Make room, then try again.")
        elif code.category().name() == "libtorrent":  # not the disk's fault: what came cannot be used
            self.problem = PeerError(what, str(code.message()))
        else:
            self.problem = StoreError(what, str(code.message()))
        self.handle.pause()  # until the user says to try again; libtorrent would try by itself, in vain
        self.changed()

    def changed(self) -> None:
        self.pulse.beat()
        for listener in tuple(self.listeners):
            listener(self.progress)

    # ------------------------------------------------------------------------------------- waiting

    async def until(self, true: Callable[[], bool], patience: float, what: str) -> None:
        """Wait for `true()`. Raises the torrent's problem, PeerError when it was dropped, TimeoutError."""
        await self.pulse.until(lambda: true() or self.removed or self.problem is not None, patience, what)
        if self.problem is not None:
            raise self.problem
        if self.removed and not true():
            raise PeerError("The transfer was ended")

    async def advance(self, true: Callable[[], bool], patience: float, what: str) -> None:
        """Wait for `true()` as long as bytes keep coming; TimeoutError after `patience` seconds without any."""
        while True:
            done = self.progress.done
            try:
                await self.until(lambda: true() or self.progress.done > done, patience, what)  # noqa: B023 - awaited here
            except TimeoutError:
                if self.progress.done > done:
                    continue
                raise
            if true():
                return

    async def flush(self) -> None:
        """Wait until what was received has left libtorrent's cache: a finished torrent is not yet on the disk."""
        for _ in range(2):  # libtorrent flushes by itself too: the first answer may be to that, the second is to ours
            before = self.flushed
            await self._answered(
                self.handle.flush_cache,
                lambda: self.flushed > before,  # noqa: B023 - awaited here
                "The disk did not take the download",
            )

    async def resume_data(self) -> bytes:
        """All that is needed to go on after a restart; what was received has left libtorrent's cache by then."""
        await self.flush()  # the flag below does not wait for it: 27 of 27 pieces were missing from the data
        self.resume = None
        flags = lt.torrent_handle.flush_disk_cache | lt.torrent_handle.save_info_dict
        await self._answered(
            lambda: self.handle.save_resume_data(flags),
            lambda: self.resume is not None,
            "The state of the download could not be saved",
        )
        return self.resume or b""

    async def read_piece(self, piece: int) -> bytes:
        """A piece that is here, through libtorrent's cache. Raises the problem with reading it."""
        while True:
            await self._answered(
                lambda: self.handle.read_piece(piece),
                lambda: piece in self.pieces,
                "The disk did not give a piece",
            )
            got = self.pieces.pop(piece, None)
            if isinstance(got, BowerbirdError):
                raise got
            if got is not None:  # else another reader of the same piece took it
                return got

    async def _answered(self, ask: Callable[[], object], there: Callable[[], bool], what: str) -> None:
        """Ask libtorrent and wait for its answer; ask again where alerts were lost meanwhile."""
        while not there():
            lost = self._lost
            ask()
            await self.until(lambda: there() or self._lost != lost, SLOW, what)  # noqa: B023 - awaited here


def sync_file(path: Path) -> None:
    """Make a file's bytes survive a loss of power; slow, for a worker thread."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
