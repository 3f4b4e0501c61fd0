"""A content on its way: read while it arrives, paused, resumed after a restart, cancelled, limited, through a proxy."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import struct
import subprocess
import time
import urllib.request
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import libtorrent as lt
import pytest

from app.errors import DiskFull, PeerError
from app.peers.place import Place, Proxy
from app.peers.roots import piece_length
from app.peers.stream_http import StreamServer
from app.peers.swarm import Swarm
from app.peers.torrent import Progress
from app.peers.transfer import HEAD, TAIL, Transfer, wanted_first
from tests.swarms import Song, address, at, make_song, noise, run, swarms, until

SIZE = 38 * 65_536 + 100
"""The last piece has one block of four: whatever counts blocks wrongly shows."""
SLOW = 700_000
"""Bytes a second at which a test can still look in the middle of a download."""


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


def test_head_and_tail_come_before_the_middle(tmp_path: Path) -> None:
    async def work() -> None:
        async with slow_pair(tmp_path, size=4_000_000) as (owner, friend, song):
            owner.limit(1_500_000, 0)
            transfer = await begun(friend, owner, song, tmp_path / "in")
            await until(lambda: transfer.playable, "a beginning to play")
            head, tail = wanted_first(song.size)
            assert transfer.have(0, head)
            assert transfer.have(song.size - tail, song.size)
            assert not transfer.have(0, song.size)
            assert not transfer.progress.complete
            await transfer.cancel()

    run(work())


@pytest.mark.parametrize("size", [1, 1000, 70_000, 500_000, 5_000_000, 2_000_000_000])
def test_a_song_need_not_be_half_here_before_it_begins(size: int) -> None:
    head, tail = wanted_first(size)
    assert 0 < head <= min(size, HEAD)
    assert 0 < tail <= min(size, TAIL)
    assert head + tail < size / 2 or size < 500_000


def test_every_byte_reads_right_while_it_arrives(tmp_path: Path) -> None:
    async def work() -> None:
        async with slow_pair(tmp_path) as (owner, friend, song):
            owner.limit(4_000_000, 0)
            transfer = await begun(friend, owner, song, tmp_path / "in")
            got = b""
            while len(got) < song.size:
                got += await transfer.read(len(got), song.size)
            assert got == song.content
            assert (await transfer.wait_complete()).read_bytes() == song.content
            assert await transfer.read(song.size - 5, song.size) == song.content[-5:]

    run(work())


def test_a_jump_is_served_before_what_lies_between(tmp_path: Path) -> None:
    async def work() -> None:
        async with slow_pair(tmp_path, size=6_000_000) as (owner, friend, song):
            owner.limit(1_000_000, 0)
            transfer = await begun(friend, owner, song, tmp_path / "in")
            place = 4_000_000
            got = await transfer.read(place, place + 1000)
            assert got == song.content[place : place + len(got)]
            assert not transfer.have(place // 8, place)
            await transfer.cancel()

    run(work())


def test_a_player_reads_over_http_while_bytes_arrive(tmp_path: Path) -> None:
    async def work() -> None:
        async with slow_pair(tmp_path) as (owner, friend, song):
            server = StreamServer()
            await server.start()
            try:
                owner.limit(3_000_000, 0)
                transfer = await begun(friend, owner, song, tmp_path / "in")
                url = server.offer(transfer, transfer.path.name)

                def play() -> tuple[str, bytes, bytes]:
                    tail = urllib.request.Request(url, headers={"Range": "bytes=-1000"})
                    with urllib.request.urlopen(tail, timeout=20) as answer:
                        end = answer.read()
                    with urllib.request.urlopen(url, timeout=20) as answer:
                        return answer.headers["Content-Type"], end, answer.read()

                kind, end, whole = await asyncio.to_thread(play)
                assert (kind, end, whole) == ("audio/mpeg", song.content[-1000:], song.content)
            finally:
                await server.close()

    run(work())


def test_ranges_outside_the_file_are_a_bug_of_the_caller(tmp_path: Path) -> None:
    async def work() -> None:
        async with swarms(1) as (alone,):
            transfer = await alone.download(bytes(range(32)), 1000, ".mp3", tmp_path)
            for start, stop in ((-1, 5), (5, 5), (0, 1001)):
                with pytest.raises(ValueError, match="range"):
                    await transfer.read(start, stop)

    run(work())


def test_utp_carries_it_too(tmp_path: Path) -> None:
    """What crosses NATs; on one machine it is off."""

    async def work() -> None:
        async with swarms(2) as (owner, friend):
            for one in (owner, friend):
                one.session.apply_settings(
                    {"enable_outgoing_utp": True, "enable_outgoing_tcp": False, "enable_incoming_tcp": False}
                )
            song = make_song(tmp_path / "song.mp3", size=500_000)
            await owner.seed_content(song.path, song.root, song.size, ".mp3")
            transfer = await friend.download(song.root, song.size, ".mp3", tmp_path / "in", peers=[at(owner)])
            assert (await transfer.wait_complete()).read_bytes() == song.content

    run(work())


# --------------------------------------------------------------------------------- pause and resume


def test_a_paused_download_rests_and_goes_on(tmp_path: Path) -> None:
    async def work() -> None:
        async with slow_pair(tmp_path) as (owner, friend, song):
            transfer = await begun(friend, owner, song, tmp_path / "in")
            told: list[Progress] = []
            off = transfer.on_progress(told.append)
            transfer.pause()
            await until(lambda: transfer.progress.paused and transfer.progress.peers == 0, "the pause")
            resting = transfer.progress.done
            assert told[-1].paused
            off()
            owner.limit(0, 0)
            transfer.resume()
            friend.connect(transfer.infohash, *at(owner))
            assert (await transfer.wait_complete()).read_bytes() == song.content
            assert 0 < resting < song.size

    run(work())


def test_a_restart_goes_on_where_it_stopped(tmp_path: Path) -> None:
    async def work() -> None:
        async with slow_pair(tmp_path) as (owner, friend, song):
            owner.limit(1_000_000, 0)
            transfer = await begun(friend, owner, song, tmp_path / "in")
            await until(lambda: transfer.progress.done > 1_000_000, "a third")
            transfer.pause()
            resume = await transfer.resume_data()
            done = transfer.progress.done
            await friend.close()
            owner.limit(0, 0)
            async with swarms(1) as (restarted,):
                again = await restarted.download(
                    song.root, song.size, ".mp3", tmp_path / "in", resume=resume, peers=[at(owner)]
                )
                assert (await again.wait_complete()).read_bytes() == song.content
                received = restarted.traffic().content_received
                assert received <= song.size - done + 4 * piece_length(song.size)

    run(work())


@pytest.mark.parametrize("damage", ["cut", "noise", "another"])
def test_damaged_resume_data_costs_nothing_that_is_on_the_disk(tmp_path: Path, damage: str) -> None:
    async def work() -> None:
        async with slow_pair(tmp_path) as (owner, friend, song):
            owner.limit(0, 0)
            transfer = await friend.download(song.root, song.size, ".mp3", tmp_path / "in", peers=[at(owner)])
            await transfer.wait_complete()
            resume = await transfer.resume_data()
            other = await friend.download(bytes(range(32)), 1000, ".mp3", tmp_path / "other")
            wrong = {"cut": resume[:-7], "noise": noise(500), "another": await other.resume_data()}[damage]
            await friend.close()
            async with swarms(1) as (restarted,):
                again = await restarted.download(
                    song.root, song.size, ".mp3", tmp_path / "in", resume=wrong, peers=[at(owner)]
                )
                assert (await again.wait_complete()).read_bytes() == song.content

    run(work())


def test_a_file_that_was_changed_meanwhile_is_mended(tmp_path: Path) -> None:
    async def work() -> None:
        async with slow_pair(tmp_path) as (owner, friend, song):
            owner.limit(0, 0)
            transfer = await friend.download(song.root, song.size, ".mp3", tmp_path / "in", peers=[at(owner)])
            path = await transfer.wait_complete()
            resume = await transfer.resume_data()
            await friend.close()
            path.write_bytes(song.content[:1_500_000] + b"spoilt" + song.content[1_500_006:])
            later = time.time_ns() + 10**9
            os.utime(path, ns=(later, later))
            async with swarms(1) as (restarted,):
                again = await restarted.download(
                    song.root, song.size, ".mp3", tmp_path / "in", resume=resume, peers=[at(owner)]
                )
                assert (await again.wait_complete()).read_bytes() == song.content

    run(work())


def test_a_file_that_was_spoilt_behind_our_back_is_mended(tmp_path: Path) -> None:
    """All pieces came and were right; what is on the disk is not."""

    async def work() -> None:
        async with slow_pair(tmp_path) as (owner, friend, song):
            owner.limit(0, 0)
            transfer = await friend.download(song.root, song.size, ".mp3", tmp_path / "in", peers=[at(owner)])
            await until(lambda: transfer.progress.complete and transfer.path.exists(), "the last byte")
            await transfer.resume_data()  # all is on the disk by then
            with transfer.path.open("r+b") as file:
                file.write(b"spoilt")
                file.truncate(song.size - 50)
            waiting = asyncio.ensure_future(transfer.wait_complete())
            assert (await waiting).read_bytes() == song.content
            assert song.size < friend.traffic().content_received < 2 * song.size

    run(work())


def test_resume_data_cannot_bring_trackers_or_another_place(tmp_path: Path) -> None:
    async def work() -> None:
        async with slow_pair(tmp_path) as (owner, friend, song):
            transfer = await begun(friend, owner, song, tmp_path / "in")
            transfer.pause()
            parts = lt.bdecode(await transfer.resume_data())
            await friend.close()
            parts |= {
                b"trackers": [[b"http://127.0.0.1:1/announce"]],
                b"url-list": [b"http://127.0.0.1:1/"],
                b"save_path": b"/nowhere",
                b"mapped_files": [b"/etc/elsewhere"],
            }
            owner.limit(0, 0)
            async with swarms(1) as (restarted,):
                again = await restarted.download(
                    song.root, song.size, ".mp3", tmp_path / "in", resume=lt.bencode(parts), peers=[at(owner)]
                )
                assert (await again.wait_complete()).parent == tmp_path / "in"
                handle = restarted.session.get_torrents()[0]
                assert (handle.trackers(), handle.url_seeds()) == ([], [])

    run(work())


# ------------------------------------------------------------------------------------- ends


def test_cancelling_leaves_nothing(tmp_path: Path) -> None:
    async def work() -> None:
        async with slow_pair(tmp_path) as (owner, friend, song):
            transfer = await begun(friend, owner, song, tmp_path / "in")
            waiting = asyncio.ensure_future(transfer.wait_complete())
            reading = asyncio.ensure_future(transfer.read(song.size // 2, song.size))
            await transfer.cancel()
            assert list((tmp_path / "in").iterdir()) == []
            for task in (waiting, reading):
                with pytest.raises(PeerError):
                    await task
            assert friend.progress(transfer.infohash) is None
            assert friend.traffic().content_received > 0  # counted although it is gone

    run(work())


def test_a_released_file_can_be_moved_and_given_from_there(tmp_path: Path) -> None:
    async def work() -> None:
        async with swarms(3) as (owner, friend, other):
            song = make_song(tmp_path / "owner" / "song.mp3")
            await owner.seed_content(song.path, song.root, song.size, ".mp3")
            transfer = await friend.download(song.root, song.size, ".mp3", tmp_path / "in", peers=[at(owner)])
            path = await transfer.wait_complete()
            with pytest.raises(PeerError, match="being downloaded"):
                await friend.seed_content(path, song.root, song.size, ".mp3")
            await transfer.release()
            moved = tmp_path / "Downloads" / "A Singer - A Song.mp3"
            moved.parent.mkdir()
            shutil.move(path, moved)
            await friend.seed_content(moved, song.root, song.size, ".mp3", linger=None)
            await owner.close()
            third = await other.download(song.root, song.size, ".mp3", tmp_path / "third", peers=[at(friend)])
            assert (await third.wait_complete()).read_bytes() == song.content
            assert list(moved.parent.iterdir()) == [moved]

    run(work())


def test_the_same_content_is_one_transfer_and_our_own_is_none(tmp_path: Path) -> None:
    async def work() -> None:
        async with swarms(1) as (alone,):
            first = await alone.download(bytes(range(32)), 1000, ".mp3", tmp_path / "a")
            assert await alone.download(bytes(range(32)), 1000, ".mp3", tmp_path / "b") is first
            song = make_song(tmp_path / "song.mp3", size=100_000)
            await alone.seed_content(song.path, song.root, song.size, ".mp3")
            with pytest.raises(PeerError, match="already"):
                await alone.download(song.root, song.size, ".mp3", tmp_path / "a")

    run(work())


def test_a_peer_that_gives_other_bytes_is_found_out(tmp_path: Path) -> None:
    async def work() -> None:
        async with swarms(3) as (liar, honest, friend):
            song = make_song(tmp_path / "liar" / "song.mp3", size=1_000_000)
            liar.session.apply_settings({"disable_hash_checks": True})
            infohash = await liar.seed_content(song.path, song.root, song.size, ".mp3")
            await until(lambda: _complete(liar, infohash), "the liar's promise")
            mtime = song.path.stat().st_mtime_ns
            with song.path.open("r+b") as file:
                file.write(noise(song.size, 50))
            os.utime(song.path, ns=(mtime, mtime))
            transfer = await friend.download(song.root, song.size, ".mp3", tmp_path / "in", peers=[at(liar)])
            await until(lambda: transfer.progress.refused > 0, "a refused piece")
            assert not transfer.progress.complete
            good = make_song(tmp_path / "honest" / "song.mp3", size=1_000_000)
            await honest.seed_content(good.path, good.root, good.size, ".mp3")
            friend.connect(transfer.infohash, *at(honest))
            assert (await transfer.wait_complete()).read_bytes() == song.content

    run(work())


def test_a_file_of_the_users_is_never_written_to(tmp_path: Path) -> None:
    """Its tags are edited while it is given: others still have the old bytes, and must not put them back."""

    async def work() -> None:
        async with swarms(3) as (owner, other, friend):
            song = make_song(tmp_path / "owner" / "song.mp3", size=1_000_000)
            infohash = await owner.seed_content(song.path, song.root, song.size, ".mp3")
            copy = make_song(tmp_path / "other" / "song.mp3", size=1_000_000)
            await other.seed_content(copy.path, copy.root, copy.size, ".mp3")
            await until(lambda: _complete(owner, infohash), "the owner's promise")
            edited = b"TAG" + song.content[3:-3] + b"end"
            with song.path.open("r+b") as file:
                file.write(edited)
            owner.connect(infohash, *at(other))
            transfer = await friend.download(song.root, song.size, ".mp3", tmp_path / "in", peers=[at(owner)])
            await until(lambda: not owner.has(infohash), "the owner to notice")
            friend.connect(infohash, *at(other))
            assert (await transfer.wait_complete()).read_bytes() == song.content
            assert song.path.read_bytes() == edited
            assert owner.traffic().content_received == 0

    run(work())


def test_a_file_that_is_cut_short_while_it_is_given_ends_nothing_else(tmp_path: Path) -> None:
    """libtorrent maps files into memory: reading past a new end must not end the process."""

    async def work() -> None:
        async with slow_pair(tmp_path) as (owner, friend, song):
            transfer = await begun(friend, owner, song, tmp_path / "in")
            os.truncate(song.path, 100)
            owner.limit(0, 0)
            await until(lambda: not owner.has(transfer.infohash), "the owner to notice")
            assert song.path.stat().st_size == 100
            assert not transfer.progress.complete
            assert owner.traffic().content_given < song.size

    run(work())


def _complete(swarm: Swarm, infohash: bytes) -> bool:
    progress = swarm.progress(infohash)
    return progress is not None and progress.complete


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of two MiB, where the machine lets us have one."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = os.name == "posix" and subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m", "none", str(disk)], check=False, capture_output=True
    )
    if not mounted or mounted.returncode:
        pytest.skip("needs the right to mount a small disk")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)


def test_a_full_disk_is_said_and_a_download_goes_on_when_there_is_room(tmp_path: Path, small_disk: Path) -> None:
    async def work() -> None:
        async with swarms(2) as (owner, friend):
            song = make_song(tmp_path / "owner" / "song.mp3", size=23 * 65_536 + 100)
            await owner.seed_content(song.path, song.root, song.size, ".mp3")
            (small_disk / "filler").write_bytes(noise(1_500_000, 8))
            transfer = await friend.download(song.root, song.size, ".mp3", small_disk / "in", peers=[at(owner)])
            with pytest.raises(DiskFull):
                await transfer.wait_complete()
            await until(lambda: transfer.progress.paused and not transfer.progress.peers, "the pause")
            (small_disk / "filler").unlink()
            transfer.resume()
            friend.connect(transfer.infohash, *at(owner))
            assert (await transfer.wait_complete()).read_bytes() == song.content

    run(work())


# --------------------------------------------------------------------------------- limits and proxy


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
