"""Giving back: kept downloads that others may have from us, until enough went out.

Used by `Downloading` alone, on the event loop's thread. Whether to give is the user's choice, for each download.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path

from app.errors import BowerbirdError
from app.network_messages import DownloadState
from app.peers.downloading.ports import FileSwarm
from app.peers.mime import extension_of
from app.peers.torrents import file_infohash
from app.store.downloads import DownloadRow
from app.store.tasks import StoreTasks

log = logging.getLogger(__name__)

LOOK_EVERY = 30.0
MOST = 50
"""Downloads given at the same time; the newest are."""


class Seeding:
    """The kept downloads in the swarm."""

    def __init__(
        self,
        stores: StoreTasks,
        swarm: FileSwarm,
        *,
        say: Callable[[DownloadRow], None],
        ratio: Callable[[], float],
        every: float = LOOK_EVERY,
    ) -> None:
        """`ratio`: how many times its size a download is given away, 0 for ever."""
        self._stores = stores
        self._swarm = swarm
        self._say = say
        self._ratio = ratio
        self._every = every
        self._given: dict[int, tuple[bytes, bytes, int]] = {}
        """Download -> root, infohash, and the bytes it had given before this session."""
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Give what is to be given, and look after it."""
        self._task = asyncio.get_running_loop().create_task(self._look_after())

    async def close(self) -> None:
        """Stop, with what was given counted."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._count()

    def gives(self, root: bytes) -> bool:
        """Whether the file with this root is given."""
        return any(given[0] == root for given in self._given.values())

    async def set(self, download: int, wanted: bool) -> None:
        """Give a kept download, or no longer."""
        row = await self._stores.run(lambda stores: stores.downloads.row(download))
        if row is None or row.state is not DownloadState.DONE:
            return
        if wanted:
            await self._stores.run(lambda stores: stores.downloads.set_seeding(download, True))
            await self._give(row)
        else:
            await self._end(download)
        await self._tell(download)

    async def _look_after(self) -> None:
        rows = await self._stores.run(lambda stores: stores.downloads.seeding())
        for row in rows[-MOST:]:
            await self._give(row)
        while True:
            await asyncio.sleep(self._every)
            await self._count()

    async def _give(self, row: DownloadRow) -> None:
        extension = extension_of(row.mime)
        if extension is None or row.id in self._given:
            return
        infohash = file_infohash(row.root, row.size, extension)
        self._given[row.id] = (row.root, infohash, row.uploaded)
        try:
            await self._swarm.seed_content(Path(row.path), row.root, row.size, extension, linger=None)
        except (BowerbirdError, OSError) as error:
            log.info("a kept download cannot be given: %s", type(error).__name__)
            await self._end(row.id)
            await self._tell(row.id)

    async def _end(self, download: int) -> None:
        given = self._given.pop(download, None)
        if given is not None:
            self._swarm.drop(given[1])
        await self._stores.run(lambda stores: stores.downloads.set_seeding(download, False))

    async def _count(self) -> None:
        """Note what went out; end what was given often enough, or whose file changed."""
        for download, (_, infohash, before) in tuple(self._given.items()):
            progress = self._swarm.progress(infohash)
            row = await self._stores.run(lambda stores, number=download: stores.downloads.row(number))  # type: ignore[misc]
            if row is None or progress is None:
                await self._end(download)
                continue
            uploaded = before + progress.given
            if uploaded != row.uploaded:
                size = row.size
                await self._stores.run(
                    lambda stores, number=download, size=size, sent=uploaded: stores.downloads.note(number, size, sent)  # type: ignore[misc]
                )
            if 0 < self._ratio() * row.size <= uploaded:
                await self._end(download)
            if uploaded != row.uploaded:
                await self._tell(download)

    async def _tell(self, download: int) -> None:
        row = await self._stores.run(lambda stores: stores.downloads.row(download))
        if row is not None:
            self._say(row)
