"""Real sessions on this machine: files given and counted, who is met, who is blocked, what is said of it."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from app.errors import MediaError, PeerError
from app.network_messages import Reachable
from app.peers.place import Place
from app.peers.swarm import Swarm
from app.peers.torrents import catalogue_torrent, file_infohash
from tests.swarms import ENOUGH, address, at, make_catalogue, make_song, noise, run, same_files, swarms, until


def test_a_song_is_given_from_any_path_without_telling_it(tmp_path: Path) -> None:
    async def work() -> None:
        async with swarms(2) as (owner, friend):
            song = make_song(tmp_path / "Müsik" / "A Singer – A Song [secret].mp3")
            infohash = await owner.seed_content(song.path, song.root, song.size, ".mp3")
            assert infohash == file_infohash(song.root, song.size, ".mp3")
            transfer = await friend.download(song.root, song.size, ".mp3", tmp_path / "in", peers=[at(owner)])
            path = await transfer.wait_complete()
            assert path.read_bytes() == song.content
            assert path.name == song.root.hex()[:40] + ".mp3"
            assert [file.name for file in (tmp_path / "in").iterdir()] == [path.name]
            assert list(song.path.parent.iterdir()) == [song.path]
            assert friend.traffic().content_received == song.size
            assert owner.traffic().content_given == song.size
            assert owner.traffic().catalogue_given == 0
            described = owner.session.get_torrents()[0].torrent_file().info_section()
            assert b"Singer" not in described
            assert b"secret" not in described

    run(work())


def test_a_changed_file_is_not_given_and_one_that_changes_is_dropped(tmp_path: Path) -> None:
    async def work() -> None:
        async with swarms(1) as (owner,):
            song = make_song(tmp_path / "song.mp3", size=300_000)
            with pytest.raises(MediaError):
                await owner.seed_content(song.path, song.root, song.size + 1, ".mp3")
            with pytest.raises(MediaError):
                await owner.seed_content(song.path, song.root, song.size, ".mp3", mtime_ns=1)
            with pytest.raises(MediaError):
                await owner.seed_content(tmp_path / "missing", song.root, song.size, ".mp3")
            mtime = song.path.stat().st_mtime_ns
            infohash = await owner.seed_content(song.path, song.root, song.size, ".mp3", mtime_ns=mtime)
            assert await owner.seed_content(song.path, song.root, song.size, ".mp3", mtime_ns=mtime) == infohash
            owner.guard()
            assert owner.has(infohash)
            song.path.write_bytes(noise(300_000, 5))
            os.utime(song.path, ns=(mtime + 10**9, mtime + 10**9))
            owner.guard()
            assert not owner.has(infohash)
            with pytest.raises(MediaError, match="no longer"):  # same size, another content
                await owner.seed_content(song.path, song.root, song.size, ".mp3")

    run(work())


def test_what_nobody_takes_is_dropped(tmp_path: Path) -> None:
    async def work() -> None:
        async with swarms(1) as (owner,):
            song = make_song(tmp_path / "song.mp3", size=300_000)
            infohash = await owner.seed_content(song.path, song.root, song.size, ".mp3", linger=0.0)
            kept = make_song(tmp_path / "kept.mp3", size=300_000, seed=2)
            other = await owner.seed_content(kept.path, kept.root, kept.size, ".mp3", linger=None)
            owner.guard()
            assert (owner.has(infohash), owner.has(other)) == (False, True)

    run(work())


# -------------------------------------------------------------------------------------- the session


def test_lost_alerts_lose_nothing_else(tmp_path: Path) -> None:
    """libtorrent drops alerts when they come faster than they are read; here it keeps three at a time."""

    async def work() -> None:
        async with swarms(2) as (publisher, follower):
            source = make_catalogue(tmp_path / "published" / "catalogue", shards=3)
            infohash = publisher.seed_catalogue(catalogue_torrent(source).torrent, source)
            song = make_song(tmp_path / "song.mp3")
            await publisher.seed_content(song.path, song.root, song.size, ".mp3")
            lost: list[bool] = []
            follower.on("alerts_dropped_alert", lambda _: lost.append(True))
            follower.session.apply_settings({"alert_queue_size": 3})
            path = await follower.fetch_catalogue(infohash, tmp_path / "a", at_most=ENOUGH, peers=[at(publisher)])
            assert same_files(path, source)
            transfer = await follower.download(song.root, song.size, ".mp3", tmp_path / "in", peers=[at(publisher)])
            got = b""
            while len(got) < song.size:
                got += await transfer.read(len(got), song.size)
            assert got == song.content
            assert len(await transfer.resume_data()) > 1_000
            assert (await transfer.wait_complete()).read_bytes() == song.content
            assert lost

    run(work())


def test_what_moves_has_a_rate_and_is_counted(tmp_path: Path) -> None:
    async def work() -> None:
        async with swarms(1, upload_limit=400_000) as (owner,), swarms(1) as (friend,):
            assert (owner.rates, owner.reachable) == ((0.0, 0.0), Reachable.UNKNOWN)
            song = make_song(tmp_path / "song.mp3", size=1_500_000)
            infohash = await owner.seed_content(song.path, song.root, song.size, ".mp3")
            await friend.download(song.root, song.size, ".mp3", tmp_path / "in", peers=[at(owner)])
            await until(lambda: friend.rates[0] > 0 and owner.rates[1] > 0, "rates")
            assert await friend.scrape(infohash) == (1, 1)
            # Who comes from this machine proves nothing about the world outside.
            assert owner.reachable is Reachable.UNKNOWN

    run(work())


def test_what_is_no_infohash_or_is_here_already_is_refused(tmp_path: Path) -> None:
    async def work() -> None:
        async with swarms(1) as (publisher,):
            source = make_catalogue(tmp_path / "catalogue")
            torrent = catalogue_torrent(source).torrent
            infohash = publisher.seed_catalogue(torrent, source)
            assert publisher.seed_catalogue(torrent, source) == infohash  # twice is no error
            for wrong in (infohash, infohash[:20], b""):
                with pytest.raises(PeerError):
                    await publisher.fetch_catalogue(wrong, tmp_path / "a", at_most=ENOUGH)

    run(work())


def test_a_blocked_host_gets_nothing_until_it_is_unblocked(tmp_path: Path) -> None:
    async def work() -> None:
        async with swarms(2) as (publisher, blocked):
            source = make_catalogue(tmp_path / "catalogue")
            infohash = publisher.seed_catalogue(catalogue_torrent(source).torrent, source)
            publisher.block([blocked.place.host])
            with pytest.raises(TimeoutError):
                await blocked.fetch_catalogue(
                    infohash, tmp_path / "a", at_most=ENOUGH, peers=[at(publisher)], patience=1.0
                )
            assert publisher.traffic().catalogue_given == 0
            publisher.unblock([blocked.place.host])
            await blocked.fetch_catalogue(infohash, tmp_path / "a", at_most=ENOUGH, peers=[at(publisher)])

    run(work())


def test_blocking_ends_a_connection_that_stands(tmp_path: Path) -> None:
    async def work() -> None:
        async with swarms(2) as (publisher, follower):
            source = make_catalogue(tmp_path / "catalogue")
            infohash = publisher.seed_catalogue(catalogue_torrent(source).torrent, source)
            await follower.fetch_catalogue(infohash, tmp_path / "a", at_most=ENOUGH, peers=[at(publisher)])

            def connected() -> int:
                progress = publisher.progress(infohash)
                assert progress is not None
                return progress.peers

            assert connected() == 1
            publisher.block([follower.place.host])
            await until(lambda: connected() == 0, "the end of the connection")

    run(work())


@pytest.mark.parametrize(
    ("host", "port"),
    [("router.example", 6881), ("10.0.0.1", 6881), ("127.0.0.1", 22), ("127.0.0.1", 0), ("127.0.0.1", 70_000), ("", 1)],
)
def test_an_address_no_peer_can_have_is_refused(host: str, port: int) -> None:
    async def work() -> None:
        async with swarms(1) as (swarm,):
            with pytest.raises(PeerError):
                swarm.connect(bytes(32), host, port)

    run(work())


def test_both_sides_connecting_at_once_meet(tmp_path: Path) -> None:
    async def work() -> None:
        async with swarms(2) as (owner, friend):
            song = make_song(tmp_path / "song.mp3", size=500_000)
            infohash = await owner.seed_content(song.path, song.root, song.size, ".mp3")
            transfer = await friend.download(song.root, song.size, ".mp3", tmp_path / "in")
            owner.connect(infohash, *at(friend))
            friend.connect(infohash, *at(owner))
            assert (await transfer.wait_complete()).read_bytes() == song.content

    run(work())


@pytest.mark.journey
def test_the_dht_finds_a_catalogue_without_being_told_where(tmp_path: Path) -> None:
    async def work() -> None:
        async with swarms(3) as (router, publisher, stranger):
            for one in (publisher, stranger):
                one.session.add_dht_node(at(router))
            source = make_catalogue(tmp_path / "catalogue")
            infohash = publisher.seed_catalogue(catalogue_torrent(source).torrent, source)
            path = await stranger.fetch_catalogue(infohash, tmp_path / "a", at_most=ENOUGH, patience=30)
            assert same_files(path, source)
            await until(lambda: stranger.dht_nodes > 0, "the count of DHT nodes")
            assert await router.scrape(infohash, patience=1.0) >= (-1, 1)

    run(work())


@pytest.mark.journey
def test_two_that_are_each_others_first_contact_are_each_others_node() -> None:
    async def work() -> None:
        early, late = (Place(host=host, port=46_301) for host in (address(), address()))
        pair = [
            Swarm(replace(one, bootstrap=((other.host, other.port),))) for one, other in ((early, late), (late, early))
        ]
        try:
            # The first one asks while nobody is there to answer.
            for one in pair:
                await one.start()
            await until(lambda: all(one.dht_nodes for one in pair), "nodes")
        finally:
            for one in pair:
                await one.close()

    run(work())


@pytest.mark.journey
def test_the_dhts_nodes_are_remembered_so_that_no_router_is_asked_again(tmp_path: Path) -> None:
    async def work() -> None:
        state = tmp_path / "dht.state"
        state.write_bytes(b"damaged")
        async with swarms(1) as (node,):
            first = Swarm(Place(host=address()), state)
            await first.start()
            first.session.add_dht_node(at(node))
            await until(lambda: first.dht_nodes > 0, "the first node")
            await first.close()
            assert state.stat().st_size > 20
            assert state.stat().st_mode & 0o077 == 0
            again = Swarm(first.place, state)
            await again.start()
            try:
                await until(lambda: again.dht_nodes > 0, "the remembered node")
            finally:
                await again.close()

    run(work())


def test_a_port_that_is_taken_is_said() -> None:
    async def work() -> None:
        host = address()
        async with swarms(0):
            first = Swarm(Place(host=host, port=7411))
            await first.start()
            try:
                assert first.listen_port == 7411
                second = Swarm(Place(host="203.0.113.7", port=7411))  # not an address of this machine
                with pytest.raises(PeerError, match="cannot be used"):
                    await second.start()
                await second.close()
            finally:
                await first.close()

    run(work())


def test_a_closed_swarm_says_so(tmp_path: Path) -> None:
    async def work() -> None:
        async with swarms(1) as (swarm,):
            await swarm.close()
            await swarm.close()
            with pytest.raises(PeerError, match="off"):
                await swarm.fetch_catalogue(bytes(32), tmp_path, at_most=1)
            with pytest.raises(PeerError, match="off"):
                swarm.on("dht_put_alert", print)

    run(work())
