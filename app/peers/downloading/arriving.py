"""A download as something to play: from the swarm while it arrives, from the disk once it is whole, wherever it moves.

`stream_http` reads through it (it is a `Readable`); the download itself goes on beneath.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from app.errors import MediaError, PeerError
from app.peers.downloading.ports import FileTransfer

_CHUNK = 256 * 1024


class Arriving:
    """One download's bytes. `size` in bytes, `mime` as its offer says."""

    def __init__(self, size: int, mime: str) -> None:
        self.size = size
        self.mime = mime
        self._content: FileTransfer | None = None
        """While it is on its way."""
        self._path: Path | None = None
        """Where it lies whole."""
        self._known = asyncio.Event()
        """Set from its first turn on: until then it waits for room, the disk or those before it."""

    def begin(self, content: FileTransfer) -> None:
        """It is on its way now."""
        self._content = content
        self._known.set()

    def end(self) -> None:
        """It is not on its way any longer; where it is whole, it is read from where it lies."""
        self._content = None
        self._known.set()

    def move(self, path: Path) -> None:
        """It is whole, and lies there."""
        self._path = path
        self._known.set()

    @property
    def path(self) -> Path | None:
        """Where it lies whole, None while it does not."""
        return self._path

    async def read(self, start: int, stop: int) -> bytes:
        """At least one of the bytes from `start` to before `stop`; waits for them.

        Raises PeerError when the download was ended, MediaError where the file is gone, TimeoutError.
        """
        if not 0 <= start < stop <= self.size:
            raise ValueError("not a range of the file")
        await self._known.wait()
        for _ in range(3):  # it may become whole, or move, while it is read
            path = self._path
            if path is not None:
                try:
                    return await asyncio.to_thread(_read, path, start, min(stop, start + _CHUNK))
                except OSError:
                    continue
            content = self._content
            if content is None:
                break
            try:
                return await content.read(start, stop)
            except PeerError:
                if self._path is None:
                    raise
        if self._path is not None:
            raise MediaError("The download is no longer there", path=self._path)
        raise PeerError("The download does not run")


def _read(path: Path, start: int, stop: int) -> bytes:
    with path.open("rb") as file:
        file.seek(start)
        content = file.read(stop - start)
    if not content:
        raise OSError("the file is shorter than it was")
    return content
