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
        self.content: FileTransfer | None = None
        """While it is on its way."""
        self.path: Path | None = None
        """Where it lies whole."""

    async def read(self, start: int, stop: int) -> bytes:
        """At least one of the bytes from `start` to before `stop`; waits for them.

        Raises PeerError when the download was ended, MediaError where the file is gone, TimeoutError.
        """
        if not 0 <= start < stop <= self.size:
            raise ValueError("not a range of the file")
        for _ in range(3):  # it may become whole, or move, while it is read
            path = self.path
            if path is not None:
                try:
                    return await asyncio.to_thread(_read, path, start, min(stop, start + _CHUNK))
                except OSError:
                    continue
            if self.content is None:
                break
            try:
                return await self.content.read(start, stop)
            except PeerError:
                if self.path is None:
                    raise
        if self.path is not None:
            raise MediaError("The download is no longer there", path=self.path)
        raise PeerError("The download does not run")


def _read(path: Path, start: int, stop: int) -> bytes:
    with path.open("rb") as file:
        file.seek(start)
        content = file.read(stop - start)
    if not content:
        raise OSError("the file is shorter than it was")
    return content
