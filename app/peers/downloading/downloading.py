"""Downloads: what the user clicked is fetched, checked, judged, and only then becomes a file of the library.

The service makes one `Downloading` and hands it the window's wishes and the studio's judgements.
waiting/running -> hash right, on the disk, the type it was said to be -> checking (the studio decodes, encodes and
compares) -> moved to the downloads folder under a safe name -> the studio takes it in. Until then it lies in
quarantine, which is no folder of the library. What is not what was promised is deleted, and counts against its peer.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import shutil
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path

from app.errors import BowerbirdError, DiskFull, MediaError, PeerError
from app.network_messages import (
    Arrived,
    DownloadKept,
    DownloadState,
    Judged,
    NetworkEvent,
    PeersChanged,
    TakenIn,
)
from app.peers.downloading.arriving import Arriving
from app.peers.downloading.ports import FileSwarm, FileTransfer, HolderOverlay
from app.peers.downloading.safe_names import file_name, keep_file
from app.peers.downloading.saying import of_progress, of_row
from app.peers.downloading.seeding import Seeding
from app.peers.mime import HEAD_BYTES, agrees, extension_of
from app.peers.torrent import Progress
from app.peers.torrents import file_torrent_name
from app.store.downloads import DownloadRow, WantedFile
from app.store.tasks import Stores, StoreTasks

log = logging.getLogger(__name__)

AT_ONCE = 3
LIKENESS = 0.9
"""The lowest cosine between what was promised and what was found that keeps a promise."""
NOT_COMPARED = -1.0
ASK_AGAIN = 10.0
JUDGE_AGAIN = 300.0
"""Seconds after which a judgement is asked for again: the studio may have died over it."""
SAY_EVERY = 0.5
SAVE_EVERY = 20.0
_MENDED = 3
"""Times that a file which does not read back from the disk as it was received is fetched again."""


@dataclass(frozen=True, slots=True)
class DownloadOptions:
    """What the settings say: where kept files go, how much room (bytes) stays on the disk, whether to give back."""

    folder: Path
    reserve: int = 0
    seed: bool = False
    ratio: float = 2.0


@dataclass(slots=True)
class _Active:
    """A download that is under way."""

    row: DownloadRow
    arriving: Arriving
    task: asyncio.Task[None] | None = None
    content: FileTransfer | None = None
    state: DownloadState = DownloadState.WAITING
    said_at: float = 0.0
    saved_at: float = field(default_factory=time.monotonic)


class Downloading:
    """Owns `Profile.incoming` and the table of downloads. All on the event loop's thread."""

    def __init__(
        self,
        incoming: Path,
        stores: StoreTasks,
        swarm: FileSwarm,
        overlay: HolderOverlay,
        *,
        say: Callable[[NetworkEvent], None],
        options: Callable[[], DownloadOptions],
        free: Callable[[Path], int] = lambda path: shutil.disk_usage(path).free,
    ) -> None:
        """`free` says how many bytes are free on the disk of a folder."""
        self._incoming = incoming
        self._stores = stores
        self._swarm = swarm
        self._overlay = overlay
        self._say = say
        self._options = options
        self._free = free
        self._active: dict[int, _Active] = {}
        self._places = asyncio.Semaphore(AT_ONCE)
        self._tasks: set[asyncio.Task[None]] = set()
        self._seeding = Seeding(stores, swarm, say=self._say_row, ratio=lambda: self._options().ratio)

    # ---------------------------------------------------------------------------------------------- life

    async def start(self) -> None:
        """Go on with what was under way, ask again for judgements that never came, give back what is given back."""
        await asyncio.to_thread(self._incoming.mkdir, parents=True, exist_ok=True, mode=0o700)
        rows = await self._stores.run(lambda stores: stores.downloads.rows())
        there = {str(row.id) for row in rows if row.under_way or row.state is DownloadState.FAILED}
        await asyncio.to_thread(_sweep, self._incoming, there)
        for row in reversed(rows):
            if row.state in (DownloadState.WAITING, DownloadState.RUNNING):
                self._go(row)
            elif row.state is DownloadState.CHECKING:
                await self._check_again(row)
            elif row.state is DownloadState.DONE and row.item is None and row.path:
                self._say(DownloadKept(row.id, str(Path(row.path).parent), row.path))
        await self._seeding.start()
        self._task(self._ask_again())

    async def close(self) -> None:
        """Stop everything, so that the next start goes on from there."""
        for active in tuple(self._active.values()):
            await self._halt(active)
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._seeding.close()

    # ------------------------------------------------------------------------------------ what the user wants

    async def begin(self, offer: int) -> int:
        """Download the file of an offer; returns the download's number. Asked twice it is one download.

        Raises PeerError when the offer is gone, or the file is one that we publish ourselves.
        """
        found = await self._stores.run(lambda stores: stores.offers.place_of(offer))
        if found is None:
            raise PeerError("This offer is gone", "Its publisher took it back, or is blocked.")
        peer, taken = found
        if await self._stores.run(lambda stores: stores.publications.published_file(taken.root)) is not None:
            raise PeerError("You have this file already", "It is among those that you publish.")
        wanted = WantedFile(
            taken.root, peer, taken.size, taken.mime, taken.title, taken.artist, taken.album, taken.licence,
            taken.duration,
        )  # fmt: skip
        row = await self._stores.run(lambda stores: stores.downloads.add(wanted))
        if row.state is DownloadState.DONE and not await asyncio.to_thread(Path(row.path).is_file):
            gone = row.id
            await self._stores.run(lambda stores: stores.downloads.remove([gone]))
            row = await self._stores.run(lambda stores: stores.downloads.add(wanted))
        if row.state in (DownloadState.PAUSED, DownloadState.FAILED):
            await self.resume(row.id)
        elif row.under_way and row.id not in self._active:
            self._go(row)
        else:
            self._say_row(row)
        return row.id

    async def pause(self, download: int) -> None:
        """Let it rest; its place goes to another."""
        row = await self._row(download)
        if row is None or row.state not in (DownloadState.WAITING, DownloadState.RUNNING):
            return
        active = self._active.get(download)
        if active is not None:
            await self._halt(active)
            self._active.pop(download, None)
        await self._set_state(download, DownloadState.PAUSED)

    async def resume(self, download: int) -> None:
        """Go on with a paused one, or try a failed one again."""
        row = await self._row(download)
        if row is not None and row.state in (DownloadState.PAUSED, DownloadState.FAILED):
            await self._set_state(download, DownloadState.WAITING)
            self._go(row)

    async def cancel(self, download: int) -> None:
        """Stop it and delete what came of it. What is kept already stays."""
        row = await self._row(download)
        if row is None or not (row.under_way or row.state is DownloadState.FAILED):
            return
        active = self._active.pop(download, None)
        if active is not None:
            await self._halt(active, delete=True)
        await asyncio.to_thread(shutil.rmtree, self._place(download), True)
        await self._set_state(download, DownloadState.CANCELLED)

    async def seed(self, download: int, wanted: bool) -> None:
        """Give a kept download to others, or no longer."""
        await self._seeding.set(download, wanted)

    def stream(self, download: int) -> Arriving:
        """What a player reads while it arrives. Raises PeerError when the download is not under way."""
        active = self._active.get(download)
        if active is None:
            raise PeerError("This download does not run")
        return active.arriving

    def gives(self, root: bytes) -> bool:
        """Whether a kept download with this root is given to others."""
        return self._seeding.gives(root)

    async def peer_blocked(self, key: bytes) -> None:
        """Drop what was wanted of a peer that is blocked now, but for files that were kept: they are the user's."""
        rows = await self._stores.run(lambda stores: stores.downloads.rows())
        theirs = [row for row in rows if row.peer == key and row.state is not DownloadState.DONE]
        for row in theirs:
            await self.cancel(row.id)
        await self._stores.run(lambda stores: stores.downloads.remove([row.id for row in theirs]))

    # ---------------------------------------------------------------------------------- what the studio says

    async def judged(self, verdict: Judged) -> None:
        """Keep or refuse what the studio looked at."""
        row = await self._row(verdict.download)
        if row is None or row.state is not DownloadState.CHECKING:
            return
        if not verdict.playable:
            await self._refuse(row, verdict.reason or "Nothing in it can be played.")
        elif verdict.likeness == NOT_COMPARED or verdict.likeness >= LIKENESS:
            await self._keep(row, verdict.likeness != NOT_COMPARED)
        else:
            await self._refuse(row, "It does not sound or look as its publisher had said.")

    async def taken_in(self, taken: TakenIn) -> None:
        """Note the Item that a kept download became."""
        await self._stores.run(lambda stores: stores.downloads.set_item(taken.download, taken.item))
        row = await self._row(taken.download)
        if row is not None:
            self._say_row(row)

    # ------------------------------------------------------------------------------------------- fetching

    def _go(self, row: DownloadRow) -> None:
        active = self._active[row.id] = _Active(row, Arriving(row.size, row.mime))
        active.task = asyncio.get_running_loop().create_task(self._run(active))

    async def _run(self, active: _Active) -> None:
        row = active.row
        try:
            self._say_active(active, Progress(done=row.done_bytes, size=row.size))
            async with self._places:
                path = await self._fetch(active)
            await self._arrived(active, path)
        except (BowerbirdError, OSError) as error:
            await self._release(active)
            self._active.pop(row.id, None)
            title = error.title if isinstance(error, BowerbirdError) else (error.strerror or "The disk failed")
            await self._set_state(row.id, DownloadState.FAILED, title)
        except Exception:
            log.exception("a download failed")
            await self._release(active)
            self._active.pop(row.id, None)
            await self._set_state(row.id, DownloadState.FAILED, "Something went wrong; the log says what.")

    async def _fetch(self, active: _Active) -> Path:
        row = active.row
        extension = extension_of(row.mime)
        if extension is None:
            raise PeerError("This is of no type that a player plays")
        await self._check_room(row)
        resume = await self._stores.run(lambda stores: stores.downloads.resume_of(row.id))
        content = await self._swarm.download(row.root, row.size, extension, self._place(row.id), resume=resume)
        active.content = content
        active.arriving.begin(content)
        off = content.on_progress(lambda progress: self._progressed(active, progress))
        helpers = [self._task(self._ask_holders(active, content)), self._task(self._save_often(active, content))]
        try:
            for _ in range(_MENDED):
                try:
                    return await content.wait_complete()
                except PeerError:
                    if not self._swarm.has(content.infohash):
                        raise
            raise MediaError("The disk does not give back what it was given", "Check the disk.")
        finally:
            off()
            for helper in helpers:
                helper.cancel()

    async def _check_room(self, row: DownloadRow) -> None:
        """Raise DiskFull when this download, with those on their way, would leave less room than is to stay."""
        others = sum(active.row.size - active.row.done_bytes for active in self._active.values() if active.content)
        free = await asyncio.to_thread(self._free, self._incoming)
        if free - others - (row.size - row.done_bytes) < self._options().reserve:
            raise DiskFull("There is too little room on the disk", "Make room, then try again.", self._incoming)

    async def _ask_holders(self, active: _Active, content: FileTransfer) -> None:
        """Ask those who offer it to give it, until somebody does and whenever nobody does any longer."""
        row, wait = active.row, ASK_AGAIN
        while True:
            if not content.progress.peers:
                holders = await self._stores.run(lambda stores: stores.offers.holders(row.root))
                for key in dict.fromkeys((row.peer, *holders)):
                    if await self._overlay.ask_content(key, row.root, content.infohash):
                        wait = ASK_AGAIN
                        break
            await asyncio.sleep(wait)
            wait = min(1.5 * wait, 120.0)

    async def _save_often(self, active: _Active, content: FileTransfer) -> None:
        while True:
            await asyncio.sleep(SAVE_EVERY)
            if not content.progress.complete:
                await self._save(active)

    async def _save(self, active: _Active) -> None:
        """Write how far it came, so that a crash costs little."""
        content, row = active.content, active.row
        if content is None:
            return
        resume: bytes | None = None
        with contextlib.suppress(BowerbirdError, TimeoutError):
            resume = await content.resume_data()
        progress = self._swarm.progress(content.infohash) or content.progress
        done, given = progress.done, progress.given_ever
        await self._stores.run(lambda stores: stores.downloads.note(row.id, done, given, resume))

    async def _halt(self, active: _Active, *, delete: bool = False) -> None:
        """End its task and its transfer; with its progress saved, or with all that came deleted."""
        if active.task is not None and active.task is not asyncio.current_task():
            active.task.cancel()
            await asyncio.gather(active.task, return_exceptions=True)
        if active.content is not None and not delete:
            await self._save(active)
        await self._release(active, delete=delete)

    async def _release(self, active: _Active, *, delete: bool = False) -> None:
        content, active.content = active.content, None
        active.arriving.end()
        if content is not None:
            await (content.cancel() if delete else content.release())

    # ------------------------------------------------------------------------------------------- judging

    async def _arrived(self, active: _Active, path: Path) -> None:
        """It is whole and its hash right: look what it is, then let the studio judge."""
        row = active.row
        active.arriving.move(path)
        await self._save_end(active)
        await self._release(active)
        head = await asyncio.to_thread(_head, path)
        if not agrees(row.mime, head):
            await self._refuse(row, "It is not of the type that its publisher had said.")
            return
        await self._set_state(row.id, DownloadState.CHECKING)
        await self._ask_judgement(row, path)

    async def _save_end(self, active: _Active) -> None:
        row, content = active.row, active.content
        given = content.progress.given_ever if content is not None else 0
        await self._stores.run(lambda stores: stores.downloads.note(row.id, row.size, given))

    async def _check_again(self, row: DownloadRow) -> None:
        path = self._file(row)
        if path is None or not await asyncio.to_thread(path.is_file):
            await self._set_state(row.id, DownloadState.WAITING)
            self._go(row)
            return
        active = self._active[row.id] = _Active(row, Arriving(row.size, row.mime), state=DownloadState.CHECKING)
        active.arriving.move(path)
        await self._ask_judgement(row, path)

    async def _ask_judgement(self, row: DownloadRow, path: Path) -> None:
        offer = await self._stores.run(lambda stores: stores.offers.offer_of(row.peer, row.root))
        self._say(Arrived(row.id, str(path), offer))

    async def _ask_again(self) -> None:
        while True:
            await asyncio.sleep(JUDGE_AGAIN)
            for active in tuple(self._active.values()):
                if active.state is DownloadState.CHECKING and active.arriving.path is not None:
                    await self._ask_judgement(active.row, active.arriving.path)

    async def _refuse(self, row: DownloadRow, reason: str) -> None:
        """It is not what was promised: it goes, and it is remembered of whom it came."""
        self._active.pop(row.id, None)
        await asyncio.to_thread(shutil.rmtree, self._place(row.id), True)
        await self._stores.run(lambda stores: stores.peers.note_download(row.peer, False))
        await self._set_state(row.id, DownloadState.REFUSED, reason)
        self._say(PeersChanged())

    async def _keep(self, row: DownloadRow, compared: bool) -> None:
        source = self._file(row)
        folder = self._options().folder
        try:
            if source is None:
                raise PeerError("This is of no type that a player plays")
            name = file_name(row.artist, row.title, row.root, source.suffix)
            target = await asyncio.to_thread(keep_file, source, folder, name)
        except (BowerbirdError, OSError) as error:
            self._active.pop(row.id, None)
            title = error.title if isinstance(error, BowerbirdError) else (error.strerror or "The disk failed")
            await self._set_state(row.id, DownloadState.FAILED, title)
            return

        def kept(stores: Stores) -> None:
            with stores.database.transaction():
                stores.downloads.keep(row.id, str(target))
                if compared:
                    stores.peers.note_download(row.peer, True)

        await self._stores.run(kept)
        active = self._active.pop(row.id, None)
        if active is not None:
            active.arriving.move(target)
        await asyncio.to_thread(shutil.rmtree, self._place(row.id), True)
        await self._tell(row.id)
        self._say(DownloadKept(row.id, str(folder), str(target)))
        if compared:
            self._say(PeersChanged())
        if self._options().seed:
            await self._seeding.set(row.id, True)

    # -------------------------------------------------------------------------------------------- saying

    def _progressed(self, active: _Active, progress: Progress) -> None:
        now = time.monotonic()
        state = DownloadState.RUNNING if progress.peers or progress.complete else DownloadState.WAITING
        if state is not active.state:
            active.state = state
            self._task(self._note_state(active.row.id, state))
        elif now - active.said_at < SAY_EVERY and not progress.complete:
            return
        active.said_at = now
        self._say_active(active, progress)

    async def _note_state(self, download: int, state: DownloadState) -> None:
        def note(stores: Stores) -> None:
            row = stores.downloads.row(download)
            if row is not None and row.state in (DownloadState.WAITING, DownloadState.RUNNING):
                stores.downloads.set_state(download, state)

        await self._stores.run(note)

    def _say_active(self, active: _Active, progress: Progress) -> None:
        playable = active.content is not None and active.content.playable
        self._say(of_progress(active.row, active.state, progress, playable))

    def _say_row(self, row: DownloadRow) -> None:
        self._say(of_row(row))

    async def _tell(self, download: int) -> None:
        row = await self._row(download)
        if row is not None:
            self._say_row(row)

    async def _set_state(self, download: int, state: DownloadState, reason: str = "") -> None:
        if download in self._active:
            self._active[download].state = state
        await self._stores.run(lambda stores: stores.downloads.set_state(download, state, reason))
        await self._tell(download)

    # --------------------------------------------------------------------------------------------- parts

    async def _row(self, download: int) -> DownloadRow | None:
        return await self._stores.run(lambda stores: stores.downloads.row(download))

    def _place(self, download: int) -> Path:
        return self._incoming / str(download)

    def _file(self, row: DownloadRow) -> Path | None:
        extension = extension_of(row.mime)
        return self._place(row.id) / file_torrent_name(row.root, extension) if extension else None

    def _task(self, work: Coroutine[object, object, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("a part of a download ended", exc_info=task.exception())


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(HEAD_BYTES)


def _sweep(folder: Path, there: set[str]) -> None:
    """Delete what is left of downloads that are over."""
    for path in folder.iterdir():
        if path.name not in there:
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)
