"""Downloads between two real swarms: quarantine, judgement, safe places, lies, restarts, room on the disk."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from app.errors import PeerError
from app.network_messages import (
    Arrived,
    DownloadChanged,
    DownloadKept,
    DownloadState,
    HealthChanged,
    Judged,
    TakenIn,
)
from app.store.downloads import DownloadRow, Downloads
from app.store.peers import Peers
from app.trust import Standing
from models.ids import ItemId
from tests.neighbours import AUDIO, Neighbour, arrived, clicked, neighbours
from tests.swarms import noise, run, until


def row_of(peer: Neighbour, download: int) -> DownloadRow:
    with peer.open() as database:
        row = Downloads(database).row(download)
    assert row is not None
    return row


async def state(peer: Neighbour, download: int, wanted: DownloadState) -> DownloadRow:
    """Wait until a download stands there."""
    await until(lambda: row_of(peer, download).state is wanted, wanted)
    return row_of(peer, download)


async def stocked(peer: Neighbour, other: Neighbour, count: int = 3, *, large: int = 0) -> list[Path]:
    """`peer` publishes `count` files, the first of `large` bytes, and `other` has its offers."""
    paths = peer.stock(count)
    if large:
        paths[0].write_bytes(b"fLaC" + noise(large - 4, 5))
        now = paths[0].stat()
        with peer.open() as database:
            database.execute(
                "UPDATE files SET size = ?, mtime_ns = ? WHERE item_id = 1", (now.st_size, now.st_mtime_ns)
            )
    peer.publish_all()
    await peer.published()
    await other.offers(count)
    return paths


def test_a_click_brings_a_file_through_quarantine_into_the_library(tmp_path: Path) -> None:
    async def work() -> None:
        async with neighbours(tmp_path, "a", "b") as (peer, other):
            paths = await stocked(peer, other)
            download = await clicked(other, "Title 1")
            assert await clicked(other, "Title 1") == download
            told = await arrived(other, download)
            path = Path(told.path)
            assert path.read_bytes() == paths[1].read_bytes()
            assert other.profile.incoming in path.parents
            assert told.offer > 0
            assert (await state(other, download, DownloadState.CHECKING)).path == ""
            assert not other.profile.downloads.exists()
            await other.downloading.judged(Judged(download, True, "track", 0.97))
            (kept,) = other.of(DownloadKept)
            target = other.profile.downloads / "Artist 1 - Title 1.flac"
            assert (kept.folder, kept.path) == (str(other.profile.downloads), str(target))
            assert target.read_bytes() == paths[1].read_bytes()
            assert list(other.profile.incoming.iterdir()) == []
            other.stock(1)
            await other.downloading.taken_in(TakenIn(download, 1))
            last = other.of(DownloadChanged)[-1]
            assert (last.state, last.item, last.done) == (DownloadState.DONE, 1, paths[1].stat().st_size)
            with other.open() as database:
                met = Peers(database).row(peer.key)
                assert met is not None
                assert (met.kept, met.broken, met.standing) == (1, 0, Standing.GOOD)
            await other.downloading.judged(Judged(download, False))  # a second word changes nothing
            assert row_of(other, download).state is DownloadState.DONE

    run(work())


def test_a_file_of_the_same_name_is_left_alone(tmp_path: Path) -> None:
    async def work() -> None:
        async with neighbours(tmp_path, "a", "b") as (peer, other):
            await stocked(peer, other)
            other.profile.downloads.mkdir()
            mine = other.profile.downloads / "Artist 1 - Title 1.flac"
            mine.write_bytes(b"mine")
            download = await clicked(other, "Title 1")
            await arrived(other, download)
            await other.downloading.judged(Judged(download, True, "track", 1.0))
            assert mine.read_bytes() == b"mine"
            assert Path(row_of(other, download).path).name == "Artist 1 - Title 1 (2).flac"

    run(work())


LIES = [
    (Judged(0, True, "track", 0.85), "sound"),
    (Judged(0, True, "track", -0.2), "sound"),
    (Judged(0, True, "track", float("nan")), "sound"),
    (Judged(0, False, reason="No sound in it."), "No sound in it."),
    (Judged(0, False), "played"),
]


def test_what_was_not_promised_is_deleted_and_counts(tmp_path: Path) -> None:
    async def work() -> None:
        async with neighbours(tmp_path, "a", "b") as (peer, other):
            await stocked(peer, other, len(LIES))
            for number, (verdict, words) in enumerate(LIES):
                download = await clicked(other, f"Title {number}")
                await arrived(other, download)
                await other.downloading.judged(replace(verdict, download=download))
                refused = row_of(other, download)
                assert refused.state is DownloadState.REFUSED
                assert words in refused.reason
                assert list(other.profile.incoming.iterdir()) == []
                assert not other.profile.downloads.exists()
                with other.open() as database:
                    met = Peers(database).row(peer.key)
                    assert met is not None
                    assert (met.kept, met.broken) == (0, number + 1)
                    assert met.standing is (Standing.DOUBTFUL if number < 2 else Standing.BAD)

    run(work())


def test_where_nothing_could_be_compared_it_is_kept_and_proves_nothing(tmp_path: Path) -> None:
    async def work() -> None:
        async with neighbours(tmp_path, "a", "b") as (peer, other):
            await stocked(peer, other, 1)
            download = await clicked(other, "Title 0")
            await arrived(other, download)
            await other.downloading.judged(Judged(download, True, "track"))
            assert row_of(other, download).state is DownloadState.DONE
            with other.open() as database:
                met = Peers(database).row(peer.key)
                assert met is not None
                assert (met.kept, met.broken) == (0, 0)

    run(work())


def test_a_program_said_to_be_music_is_refused_before_anything_opens_it(tmp_path: Path) -> None:
    async def work() -> None:
        async with neighbours(tmp_path, "a", "b") as (peer, other):
            paths = peer.stock(1)
            paths[0].write_bytes(b"\x1aE\xdf\xa3\0\0\0\0webm" + noise(5000))
            now = paths[0].stat()
            with peer.open() as database:
                database.execute("UPDATE files SET size = ?, mtime_ns = ?", (now.st_size, now.st_mtime_ns))
            peer.publish_all()
            await peer.published()
            await other.offers(1)
            with other.open() as database:  # as if its line had said so
                assert database.one("SELECT mime FROM offers.offers") == ("audio/webm",)
            await other.look(lambda s: s.offers._run("UPDATE offers SET mime = 'audio/flac'"))
            await peer.look(lambda s: s.database.execute("UPDATE published SET mime = 'audio/flac'"))
            download = await clicked(other, "Title 0")
            refused = await state(other, download, DownloadState.REFUSED)
            assert "type" in refused.reason
            assert other.of(Arrived) == []

    run(work())


def test_too_little_room_fails_at_once_and_can_be_tried_again(tmp_path: Path) -> None:
    async def work() -> None:
        async with neighbours(tmp_path, "a", "b") as (peer, other):
            paths = await stocked(peer, other)
            other.free = 1000 + paths[0].stat().st_size - 1
            other.download_options = replace(other.download_options, reserve=1000)
            download = await clicked(other, "Title 0")
            failed = await state(other, download, DownloadState.FAILED)
            assert "room" in failed.reason
            assert other.swarm.traffic().content_received == 0
            other.free += 1
            assert await clicked(other, "Title 0") == download
            await arrived(other, download)

    run(work())


def test_it_goes_on_after_a_pause_and_after_a_restart_and_fetches_nothing_twice(tmp_path: Path) -> None:
    async def work() -> None:
        size = 6_000_000
        received = 0
        async with neighbours(tmp_path, "a", "b") as (peer, other):
            paths = await stocked(peer, other, 1, large=size)
            peer.swarm.limit(1_500_000, 0)
            download = await clicked(other, "Title 0")
            # Not bytes on the wire: until a piece's hash came, nothing is known to be right.
            await until(lambda: any(event.done > 300_000 for event in other.of(DownloadChanged)), "some pieces")
            await other.downloading.pause(download)
            assert row_of(other, download).state is DownloadState.PAUSED
            first = row_of(other, download).done_bytes
            assert 0 < first < size
            peer.swarm.limit(400_000, 0)
            await other.downloading.resume(download)
            await until(lambda: other.of(DownloadChanged)[-1].done > first + 300_000, "more pieces")
            received += other.swarm.traffic().content_received
        assert row_of(other, download).state in (DownloadState.RUNNING, DownloadState.WAITING)
        assert row_of(other, download).done_bytes > first
        async with neighbours(tmp_path, "a", "b") as (peer, other):
            told = await arrived(other, download)
            assert Path(told.path).read_bytes() == paths[0].read_bytes()
            received += other.swarm.traffic().content_received
            assert received < size * 1.15
        async with neighbours(tmp_path, "a", "b") as (_, other):  # not judged before the end: asked again
            await arrived(other, download)
            await other.downloading.judged(Judged(download, True, "track", 1.0))
            assert Path(row_of(other, download).path).read_bytes() == paths[0].read_bytes()
        async with neighbours(tmp_path, "a", "b") as (_, other):  # nor taken in: said again
            assert [kept.download for kept in other.of(DownloadKept)] == [download]

    run(work(), 90)


def test_it_plays_while_it_arrives_and_after_it_was_moved(tmp_path: Path) -> None:
    async def work() -> None:
        size = 3_000_000
        async with neighbours(tmp_path, "a", "b") as (peer, other):
            paths = await stocked(peer, other, 1, large=size)
            content = paths[0].read_bytes()
            peer.swarm.limit(3_000_000, 0)
            download = await clicked(other, "Title 0")
            playing = other.downloading.stream(download)
            assert (await playing.read(0, 1000)) == content[:1000][: len(await playing.read(0, 1000))]
            assert not other.of(Arrived)
            tail = await playing.read(size - 10, size)
            assert tail == content[size - 10 :]
            await until(lambda: any(event.playable for event in other.of(DownloadChanged)), "something to play")
            await arrived(other, download)
            assert await playing.read(size - 10, size) == content[size - 10 :]
            await other.downloading.judged(Judged(download, True, "track", 1.0))
            assert await playing.read(size - 10, size) == content[size - 10 :]
            with pytest.raises(PeerError):
                other.downloading.stream(download)

    run(work())


def test_cancelling_deletes_what_came(tmp_path: Path) -> None:
    async def work() -> None:
        async with neighbours(tmp_path, "a", "b") as (peer, other):
            await stocked(peer, other, 1, large=4_000_000)
            peer.swarm.limit(1_000_000, 0)
            download = await clicked(other, "Title 0")
            await until(lambda: other.swarm.traffic().content_received > 100_000, "some bytes")
            playing = other.downloading.stream(download)
            await other.downloading.cancel(download)
            assert row_of(other, download).state is DownloadState.CANCELLED
            assert list(other.profile.incoming.iterdir()) == []
            with pytest.raises(PeerError):
                await playing.read(0, 10)
            again = await clicked(other, "Title 0")
            assert again != download
            await other.downloading.cancel(again)
            await other.downloading.cancel(again)
            await other.downloading.cancel(12345)

    run(work())


def test_one_waits_for_a_peer_that_is_off_and_other_holders_are_asked(tmp_path: Path) -> None:
    async def work() -> None:
        async with neighbours(tmp_path, "a", "b", "c") as (peer, other, third):
            paths = await stocked(peer, other, 1)
            await third.offers(1)
            await peer.overlay.close()
            await peer.swarm.close()
            download = await clicked(other, "Title 0")
            await until(lambda: bool(other.of(DownloadChanged)), "a word")
            assert other.of(DownloadChanged)[-1].state is DownloadState.WAITING
            # The third has the same file and publishes it.
            copy = third.profile.root / "media" / "mine.flac"
            third.stock(0)
            copy.write_bytes(paths[0].read_bytes())
            now = copy.stat()
            with third.open() as database:
                from app.store.items import Items
                from tests.factories import found_item

                Items(database).save_found(
                    [found_item(0, 1, path=str(copy), size=now.st_size, mtime_ns=now.st_mtime_ns, title="Mine")]
                )
                Items(database).mark([(ItemId(1), AUDIO)], 1.0)
            third.publish_all()
            await third.published()
            await other.offers(2)
            await other.downloading.pause(download)
            await other.downloading.resume(download)
            assert Path((await arrived(other, download)).path).read_bytes() == paths[0].read_bytes()

    run(work())


def test_a_kept_download_is_given_back_until_the_ratio_is_reached(tmp_path: Path) -> None:
    async def work() -> None:
        async with neighbours(tmp_path, "a", "b", "c") as (peer, other, third):
            paths = await stocked(peer, other, 1)
            await third.offers(1)
            other.download_options = replace(other.download_options, seed=True, ratio=1.0)
            download = await clicked(other, "Title 0")
            await arrived(other, download)
            await other.downloading.judged(Judged(download, True, "track", 1.0))
            row = row_of(other, download)
            assert row.seeding
            assert other.downloading.gives(row.root)
            await peer.swarm.close()  # so that it is this one that gives
            transfer = await third.swarm.download(row.root, row.size, ".flac", third.profile.incoming)
            assert await third.overlay.ask_content(other.key, row.root, transfer.infohash)
            assert (await transfer.wait_complete()).read_bytes() == paths[0].read_bytes()
            await until(lambda: other.swarm.traffic().content_given >= row.size, "giving")
            await other.downloading._seeding._count()
            ended = row_of(other, download)
            assert (ended.seeding, ended.uploaded) == (False, row.size)
            assert not other.downloading.gives(row.root)
            await other.downloading.seed(download, True)
            assert row_of(other, download).seeding
            await other.downloading.seed(download, False)
            assert not other.swarm.has(transfer.infohash)

    run(work())


def test_health_is_counted_and_written(tmp_path: Path) -> None:
    async def work() -> None:
        async with neighbours(tmp_path, "a", "b") as (peer, other):
            await stocked(peer, other, 2)
            with other.open() as database:
                ids = [row[0] for row in database.all("SELECT id FROM offers.offers ORDER BY id")]
            counting = partial(other.swarm.scrape, patience=0.1)
            other.swarm.scrape = counting  # type: ignore[method-assign]
            await other.health.check([*ids, 12345])
            (told,) = other.of(HealthChanged)
            assert told.offers == tuple(ids)
            with other.open() as database:
                for seeds, peers, checked in database.all("SELECT seeds, swarm_peers, checked_at FROM offers.offers"):
                    assert (seeds, peers) == (1, 1)
                    assert checked > 0

    run(work())


def test_what_was_wanted_of_a_blocked_peer_goes_what_was_kept_stays(tmp_path: Path) -> None:
    async def work() -> None:
        async with neighbours(tmp_path, "a", "b") as (peer, other):
            await stocked(peer, other, 3)
            done, wanted = await clicked(other, "Title 0"), await clicked(other, "Title 1")
            await arrived(other, done)
            await arrived(other, wanted)
            await other.downloading.judged(Judged(done, True, "track", 1.0))
            await other.exchange.block(peer.key)
            await other.downloading.peer_blocked(peer.key)
            with other.open() as database:
                assert [row.id for row in Downloads(database).rows()] == [done]
            assert Path(row_of(other, done).path).is_file()
            assert list(other.profile.incoming.iterdir()) == []
            with pytest.raises(PeerError, match="gone"):
                await other.downloading.begin(1)

    run(work())


def test_left_over_files_are_swept_at_the_start(tmp_path: Path) -> None:
    async def work() -> None:
        left = tmp_path / "a" / "incoming" / "77"
        left.mkdir(parents=True)
        (left / "x.flac").write_bytes(b"x")
        (left.parent / "stray").write_bytes(b"y")
        async with neighbours(tmp_path, "a") as (peer,):
            assert list(peer.profile.incoming.iterdir()) == []

    run(work())
