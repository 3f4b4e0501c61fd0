"""Real swarms on this machine for tests: sessions on 127.N.9.1 addresses, a catalogue and a song to move about."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import random
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from app.peers.place import Place
from app.peers.roots import hash_file
from app.peers.swarm import Swarm
from app.peers.transfer import Transfer

T = TypeVar("T")
_NUMBERS = itertools.count(60)

ENOUGH = 100_000_000
"""Bytes that no catalogue of a test has."""
SIZE = 38 * 65_536 + 100
"""The last piece has one block of four: whatever counts blocks wrongly shows."""
SLOW = 700_000
"""Bytes a second at which a test can still look in the middle of a download."""


def run(work: Coroutine[Any, Any, T], limit: float = 40.0) -> T:
    """Run `work` on a loop of its own, as the network process does; fails after `limit` seconds."""

    async def limited() -> T:
        return await asyncio.wait_for(work, limit)

    return asyncio.run(limited())


def address() -> str:
    """An address of this machine that no other test of this run uses (macOS has one only)."""
    return "127.0.0.1" if sys.platform == "darwin" else f"127.{next(_NUMBERS) % 190 + 10}.9.1"


@contextlib.asynccontextmanager
async def swarms(count: int, **place: Any) -> AsyncIterator[list[Swarm]]:
    """`count` started swarms, each at an address of its own, closed at the end."""
    made = [Swarm(Place(host=address(), **place)) for _ in range(count)]
    try:
        for one in made:
            await one.start()
        yield made
    finally:
        await asyncio.gather(*(one.close() for one in made))


def at(swarm: Swarm) -> tuple[str, int]:
    """Where a swarm listens."""
    return swarm.place.host, swarm.listen_port


async def until(true: Callable[[], bool], what: str, limit: float = 20.0) -> None:
    """Poll until `true()`; fails saying `what` was waited for."""
    loop = asyncio.get_running_loop()
    end = loop.time() + limit
    while not true():
        assert loop.time() < end, f"waited in vain for {what}"
        await asyncio.sleep(0.02)


def noise(size: int, seed: int = 0) -> bytes:
    """Incompressible bytes, the same for the same seed."""
    return random.Random(seed).randbytes(size)


def make_catalogue(folder: Path, *, shards: int = 1, size: int = 200_000, manifest: str = "{}") -> Path:
    """Files with the names of a catalogue; what is inside them is not the swarm's business."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "manifest.json").write_text(manifest)
    for shard in range(shards):
        (folder / f"items.{shard:05}.jsonl.z").write_bytes(noise(size // 4, 2 * shard))
        (folder / f"vectors.builtin-audio.{shard:05}.i8").write_bytes(noise(size, 2 * shard + 1))
    return folder


def same_files(one: Path, other: Path) -> bool:
    """Whether two folders hold the same files."""
    files = {path.name: path.read_bytes() for path in one.iterdir()}
    return files == {path.name: path.read_bytes() for path in other.iterdir()}


@dataclass(frozen=True, slots=True)
class Song:
    """A file of ours with what names it among peers."""

    path: Path
    root: bytes
    size: int
    content: bytes


def make_song(path: Path, size: int = 3_000_000, seed: int = 1) -> Song:
    """A file of `size` bytes. The swarm does not look inside."""
    path.parent.mkdir(parents=True, exist_ok=True)
    content = noise(size, seed)
    path.write_bytes(content)
    hashed = hash_file(path)
    return Song(path, hashed.root, hashed.size, content)


@contextlib.asynccontextmanager
async def slow_pair(tmp_path: Path, size: int = SIZE) -> AsyncIterator[tuple[Swarm, Swarm, Song]]:
    """An owner that gives a song slowly, and a friend."""
    async with swarms(1, upload_limit=SLOW) as (owner,), swarms(1) as (friend,):
        song = make_song(tmp_path / "owner" / "song.mp3", size=size)
        await owner.seed_content(song.path, song.root, song.size, ".mp3")
        yield owner, friend, song


async def begun(friend: Swarm, owner: Swarm, song: Song, folder: Path, resume: bytes | None = None) -> Transfer:
    transfer = await friend.download(song.root, song.size, ".mp3", folder, peers=[at(owner)], resume=resume)
    await until(lambda: transfer.progress.done > 0, "the first pieces")
    return transfer
