"""A content on its way within limits, and through a proxy or not at all."""

from __future__ import annotations

import asyncio
import struct
import time
from pathlib import Path

import pytest

from app.peers.place import Place, Proxy
from app.peers.swarm import Swarm
from tests.swarms import address, at, make_song, run, swarms, until


@pytest.mark.journey
def test_limits_hold(tmp_path: Path) -> None:
    async def work() -> None:
        for upload, download in ((500_000, 0), (0, 500_000)):
            async with swarms(1, upload_limit=upload) as (owner,), swarms(1, download_limit=download) as (friend,):
                song = make_song(tmp_path / f"{upload}" / "song.mp3", size=1_000_000)
                await owner.seed_content(song.path, song.root, song.size, ".mp3")
                began = time.monotonic()
                transfer = await friend.download(
                    song.root, song.size, ".mp3", tmp_path / f"in{upload}", peers=[at(owner)]
                )
                await transfer.wait_complete()
                # Not a speed to reach but one not to pass; a burst of a second is allowed at the start.
                assert time.monotonic() - began > 0.9

    run(work())


class Socks:
    """A SOCKS5 server for one test: TCP only, all connections leave from an address of its own."""

    def __init__(self, host: str, user: bytes = b"", password: bytes = b"") -> None:
        self._host, self._login = host, (user, password)
        self._tasks: set[asyncio.Task[None]] = set()
        self.reached: list[tuple[str, int]] = []
        self.refused = 0
        self.port = 0

    async def __aenter__(self) -> Socks:
        self._server = await asyncio.start_server(self._met, self._host, 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    async def _met(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            await self._serve(reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # also when the test ends: asyncio logs a cancelled connection as an error
        finally:
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        _, count = await reader.readexactly(2)
        methods = await reader.readexactly(count)
        if self._login[0]:
            if 2 not in methods:
                self.refused += 1
                return
            writer.write(b"\x05\x02")
            _, length = await reader.readexactly(2)
            user = await reader.readexactly(length)
            password = await reader.readexactly((await reader.readexactly(1))[0])
            if (user, password) != self._login:
                self.refused += 1
                return
            writer.write(b"\x01\x00")
        else:
            writer.write(b"\x05\x00")
        _, command, _, kind = await reader.readexactly(4)
        if kind != 1:
            return
        host = ".".join(str(part) for part in await reader.readexactly(4))
        (port,) = struct.unpack(">H", await reader.readexactly(2))
        if command != 1:
            writer.write(b"\x05\x07\x00\x01" + bytes(6))
            return
        there, back = await asyncio.open_connection(host, port, local_addr=(self._host, 0))
        self.reached.append((host, port))
        writer.write(b"\x05\x00\x00\x01" + bytes(6))
        try:
            await asyncio.gather(_pump(reader, back), _pump(there, writer))
        finally:
            back.transport.abort()


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    while content := await source.read(65_536):
        sink.write(content)
        await sink.drain()
    sink.write_eof()


@pytest.mark.parametrize(("user", "password"), [("", ""), ("me", "s3cret")])
def test_everything_goes_through_a_proxy(tmp_path: Path, user: str, password: str) -> None:
    async def work() -> None:
        async with swarms(1) as (owner,), Socks(address(), user.encode(), password.encode()) as socks:
            seen: set[str] = set()
            owner.on("incoming_connection_alert", lambda alert: seen.add(alert.endpoint[0]))
            song = make_song(tmp_path / "song.mp3", size=500_000)
            await owner.seed_content(song.path, song.root, song.size, ".mp3")
            hidden = Swarm(Place(host=address(), proxy=Proxy(socks._host, socks.port, user, password)))
            await hidden.start()
            try:
                transfer = await hidden.download(song.root, song.size, ".mp3", tmp_path / "in", peers=[at(owner)])
                assert (await transfer.wait_complete()).read_bytes() == song.content
                assert at(owner) in socks.reached
                peers = owner.session.get_torrents()[0].get_peer_info()
                assert {peer.ip[0] for peer in peers} <= {socks._host}
                assert seen <= {socks._host}
                assert hidden.listen_port == 0
            finally:
                await hidden.close()

    run(work())


def test_without_its_proxy_nothing_goes_out(tmp_path: Path) -> None:
    async def work() -> None:
        async with swarms(1) as (owner,), Socks(address(), b"me", b"right") as socks:
            song = make_song(tmp_path / "song.mp3", size=100_000)
            infohash = await owner.seed_content(song.path, song.root, song.size, ".mp3")
            hidden = Swarm(Place(host=address(), proxy=Proxy(socks._host, socks.port, "me", "wrong")))
            await hidden.start()
            try:
                transfer = await hidden.download(song.root, song.size, ".mp3", tmp_path / "in", peers=[at(owner)])
                await until(lambda: socks.refused > 0, "the proxy's refusal")
                with pytest.raises(TimeoutError):
                    await transfer.available(0, 1, patience=1.0)
                progress = owner.progress(infohash)
                assert progress is not None
                assert (progress.peers, progress.given) == (0, 0)
            finally:
                await hidden.close()

    run(work())
