"""A content on its way that stops and goes on: paused, after a restart, spoilt on the disk, on a full disk."""

from __future__ import annotations

import asyncio
import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import libtorrent as lt
import pytest

from app.errors import DiskFull
from app.peers.roots import piece_length
from app.peers.torrent import Progress
from tests.swarms import at, begun, make_song, noise, run, slow_pair, swarms, until


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
