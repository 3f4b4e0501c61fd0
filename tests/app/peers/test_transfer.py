"""A content on its way: read while it arrives, paused, resumed after a restart, cancelled, limited, through a proxy."""

from __future__ import annotations

import asyncio
import os
import shutil
import urllib.request
from pathlib import Path

import pytest

from app.errors import PeerError
from app.peers.stream_http import StreamServer
from app.peers.swarm import Swarm
from app.peers.transfer import HEAD, TAIL, wanted_first
from tests.swarms import at, begun, make_song, noise, run, slow_pair, swarms, until


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
