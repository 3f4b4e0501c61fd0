"""What a player reads of a download: also before it has begun, and after it was ended."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, cast

import pytest

from app.errors import PeerError
from app.peers.downloading.arriving import Arriving


class Begun:
    """A transfer all of whose bytes are there."""

    async def read(self, start: int, stop: int) -> bytes:
        return b"OggS"[start:stop]


def test_who_reads_before_it_has_begun_waits_for_it(tmp_path: Path) -> None:
    async def run() -> None:
        arriving = Arriving(4, "audio/ogg")
        reading = asyncio.ensure_future(arriving.read(0, 4))
        await asyncio.sleep(0)
        assert not reading.done()
        arriving.begin(cast(Any, Begun()))
        assert await reading == b"OggS"
        path = tmp_path / "whole.ogg"
        path.write_bytes(b"Oggs")
        arriving.move(path)
        arriving.end()
        assert await arriving.read(0, 4) == b"Oggs"

    asyncio.run(run())


def test_who_waits_for_one_that_never_begins_is_told() -> None:
    async def run() -> None:
        arriving = Arriving(4, "audio/ogg")
        reading = asyncio.ensure_future(arriving.read(0, 4))
        await asyncio.sleep(0)
        arriving.end()
        with pytest.raises(PeerError, match="does not run"):
            await reading

    asyncio.run(run())
