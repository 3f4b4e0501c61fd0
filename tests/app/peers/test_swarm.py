"""Real sessions on this machine: catalogues fetched, given on, renewed, refused; files given and counted."""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
from dataclasses import replace
from pathlib import Path

import libtorrent as lt
import pytest

from app.errors import MediaError, PeerError
from app.network_messages import Reachable
from app.peers.place import Place
from app.peers.swarm import TORRENT_FILE, Swarm
from app.peers.torrent import Progress
from app.peers.torrents import catalogue_torrent, file_infohash
from tests.swarms import address, at, make_catalogue, make_song, noise, run, swarms, until

ENOUGH = 100_000_000


def same(one: Path, other: Path) -> bool:
    files = {path.name: path.read_bytes() for path in one.iterdir()}
    return files == {path.name: path.read_bytes() for path in other.iterdir()}


def test_a_catalogue_is_fetched_given_on_and_survives_its_publisher(tmp_path: Path) -> None:
    async def work() -> None:
        async with swarms(3) as (publisher, follower, newcomer):
            source = make_catalogue(tmp_path / "published" / "catalogue")
            infohash = publisher.seed_catalogue(catalogue_torrent(source).torrent, source)
            told: list[Progress] = []
            path = await follower.fetch_catalogue(
                infohash, tmp_path / "a", at_most=ENOUGH, peers=[at(publisher)], progress=told.append
            )
            assert same(path, source)
            total = sum(file.stat().st_size for file in source.iterdir())
            assert told[-1].done == told[-1].size == total
            await publisher.close()
            again = await newcomer.fetch_catalogue(infohash, tmp_path / "b", at_most=ENOUGH, peers=[at(follower)])
            assert same(again, source)
            traffic = newcomer.traffic()
            assert (traffic.catalogue_received, traffic.content_received) == (total, 0)
            assert follower.traffic().catalogue_given == total

    run(work())


def test_a_kept_catalogue_is_given_again_after_a_restart_from_another_place(tmp_path: Path) -> None:
    async def work() -> None:
        source = make_catalogue(tmp_path / "published" / "catalogue")
        built = catalogue_torrent(source)
        async with swarms(2) as (publisher, follower):
            publisher.seed_catalogue(built.torrent, source)
            await follower.fetch_catalogue(built.infohash, tmp_path / "a", at_most=ENOUGH, peers=[at(publisher)])
        moved = tmp_path / "kept" / "somebody"
        moved.parent.mkdir()
        shutil.move(tmp_path / "a" / "catalogue", moved)
        async with swarms(2) as (follower, newcomer):
            torrent = (tmp_path / "a" / TORRENT_FILE).read_bytes()
            assert torrent == built.torrent
            assert follower.seed_catalogue(torrent, moved) == built.infohash
            path = await newcomer.fetch_catalogue(built.infohash, tmp_path / "b", at_most=ENOUGH, peers=[at(follower)])
            assert same(path, source)

    run(work())


def test_a_newer_catalogue_fetches_only_what_is_new(tmp_path: Path) -> None:
    async def work() -> None:
        async with swarms(2) as (publisher, follower):
            old = make_catalogue(tmp_path / "1" / "catalogue", shards=3)
            first = publisher.seed_catalogue(catalogue_torrent(old).torrent, old)
            await follower.fetch_catalogue(first, tmp_path / "a", at_most=ENOUGH, peers=[at(publisher)])
            before = follower.traffic().catalogue_received
            new = make_catalogue(tmp_path / "2" / "catalogue", shards=3, manifest='{"seq": 2}')
            (new / "items.00003.jsonl.z").write_bytes(noise(9_000, 77))
            built = catalogue_torrent(new, previous=[first])
            publisher.seed_catalogue(built.torrent, new)
            path = await follower.fetch_catalogue(
                built.infohash, tmp_path / "b", at_most=ENOUGH, peers=[at(publisher)], known=[first]
            )
            assert same(path, new)
            assert follower.traffic().catalogue_received - before == 9_000 + len('{"seq": 2}')
            # Given on at once, and the older one can go without harming it.
            follower.drop(first)
            shutil.rmtree(tmp_path / "a")
            progress = follower.progress(built.infohash)
            assert progress is not None
            assert progress.complete
            assert same(path, new)

    run(work())


def test_nobody_answering_is_a_timeout_that_leaves_nothing(tmp_path: Path) -> None:
    async def work() -> None:
        async with swarms(1) as (alone,):
            with pytest.raises(TimeoutError):
                await alone.fetch_catalogue(bytes(range(32)), tmp_path / "a", at_most=ENOUGH, patience=0.3)
            assert not alone.has(bytes(range(32)))
            assert list((tmp_path / "a").iterdir()) == []

    run(work())


def test_a_cancelled_fetch_leaves_nothing(tmp_path: Path) -> None:
    async def work() -> None:
        async with swarms(1) as (alone,):
            fetching = asyncio.ensure_future(
                alone.fetch_catalogue(bytes(range(32)), tmp_path / "a", at_most=ENOUGH, patience=30)
            )
            await until(lambda: alone.has(bytes(range(32))), "the torrent")
            fetching.cancel()
            with pytest.raises(asyncio.CancelledError):
                await fetching
            assert not alone.has(bytes(range(32)))
            assert list((tmp_path / "a").iterdir()) == []

    run(work())


def test_a_catalogue_beyond_the_bound_costs_no_byte(tmp_path: Path) -> None:
    async def work() -> None:
        async with swarms(2) as (publisher, stranger):
            source = make_catalogue(tmp_path / "catalogue")
            infohash = publisher.seed_catalogue(catalogue_torrent(source).torrent, source)
            with pytest.raises(PeerError, match="too large"):
                await stranger.fetch_catalogue(infohash, tmp_path / "a", at_most=250_001, peers=[at(publisher)])
            assert stranger.traffic().catalogue_received == 0
            assert list((tmp_path / "a").iterdir()) == []

    run(work())


def test_the_caller_may_refuse_the_files_before_a_byte(tmp_path: Path) -> None:
    async def work() -> None:
        async with swarms(2) as (publisher, stranger):
            source = make_catalogue(tmp_path / "catalogue")
            infohash = publisher.seed_catalogue(catalogue_torrent(source).torrent, source)
            asked: list[tuple[str, int]] = []

            def check(files: object) -> None:
                asked.extend(files)  # type: ignore[call-overload]
                raise PeerError("not today")

            with pytest.raises(PeerError, match="not today"):
                await stranger.fetch_catalogue(
                    infohash, tmp_path / "a", at_most=ENOUGH, peers=[at(publisher)], check=check
                )
            assert dict(asked) == {path.name: path.stat().st_size for path in source.iterdir()}
            assert stranger.traffic().catalogue_received == 0

    run(work())


def _hostile_info(folder: Path, kind: str) -> dict[bytes, object]:
    """A torrent as libtorrent makes and gives it, but not one of ours."""
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text("{}")
    if kind == "a program":
        (folder / "install.exe").write_bytes(noise(100_000))
    if kind == "a link":
        (folder / "items.00000.jsonl.z").symlink_to("manifest.json")
    if kind == "a folder":
        (folder / "deep").mkdir()
        (folder / "deep" / "items.00000.jsonl.z").write_bytes(noise(1_000))
    version = 0 if kind == "hybrid" else lt.create_torrent.v2_only
    flags = version | (lt.create_torrent.symlinks if kind == "a link" else 0)
    made = lt.create_torrent(lt.list_files(str(folder), lambda _: True, flags), 65_536, flags)
    if kind == "a collection":
        made.add_collection("a")
    lt.set_piece_hashes(made, str(folder.parent))
    return made.generate()


@pytest.mark.parametrize("kind", ["a program", "a link", "a folder", "hybrid", "a collection", "another name"])
def test_a_hostile_description_is_refused_on_arrival(tmp_path: Path, kind: str) -> None:
    async def work() -> None:
        async with swarms(2) as (hostile, stranger):
            source = tmp_path / "hostile" / ("other" if kind == "another name" else "catalogue")
            torrent = lt.bencode(_hostile_info(source, kind))
            params = lt.load_torrent_buffer(torrent)
            params.save_path = str(source.parent)
            infohash = params.ti.info_hashes().v2.to_bytes()
            hostile.session.add_torrent(params)
            with pytest.raises(PeerError):
                await stranger.fetch_catalogue(
                    infohash, tmp_path / "a", at_most=ENOUGH, peers=[at(hostile)], patience=10
                )
            assert stranger.traffic().catalogue_received == 0
            assert list((tmp_path / "a").iterdir()) == []
            assert not stranger.has(infohash)

    run(work())


@pytest.mark.parametrize("files", [1_500, 6_000])
def test_an_endless_description_is_refused(tmp_path: Path, files: int) -> None:
    async def work() -> None:
        async with swarms(2) as (hostile, stranger):
            tree = {
                b"vectors.%s.%05d.i8" % (b"a" * 90, at): {b"": {b"length": 1, b"pieces root": noise(32, at)}}
                for at in range(files)
            }
            info = lt.bencode({
                b"file tree": {b"manifest.json": next(iter(tree.values())), **tree},
                b"meta version": 2,
                b"name": b"catalogue",
                b"piece length": 65_536,
            })  # fmt: skip
            assert len(info) > 256 * 1024
            params = lt.load_torrent_buffer(lt.bencode({b"info": lt.bdecode(info), b"piece layers": {}}))
            params.save_path = str(tmp_path / "hostile")
            params.flags = lt.torrent_flags.seed_mode
            hostile.session.add_torrent(params)
            with pytest.raises(PeerError):
                await stranger.fetch_catalogue(
                    hashlib.sha256(info).digest(), tmp_path / "a", at_most=ENOUGH, peers=[at(hostile)], patience=10
                )
            assert list((tmp_path / "a").iterdir()) == []

    run(work())


def test_every_odd_torrent_offered_as_a_catalogue_is_refused_within_bounds(
    tmp_path: Path, shared_odd_media: Path
) -> None:
    """Those that libtorrent itself would give to others, asked for by infohash as a stranger's catalogue would be."""

    async def work() -> None:
        async with swarms(2) as (hostile, stranger):
            given = refused = in_words = 0
            for path in sorted((shared_odd_media / "torrents").iterdir()):
                try:
                    params = lt.load_torrent_buffer(path.read_bytes())
                except RuntimeError:
                    refused += 1
                    continue
                if not params.ti.info_hashes().has_v2():
                    continue  # not reachable by a v2 infohash
                params.save_path = str(tmp_path / "hostile")
                params.flags = lt.torrent_flags.seed_mode  # all of them at once, not a few after one another
                infohash = params.ti.info_hashes().v2.to_bytes()
                hostile.session.add_torrent(params)
                given += 1
                folder = tmp_path / path.stem
                with pytest.raises((PeerError, TimeoutError)) as raised:
                    await stranger.fetch_catalogue(infohash, folder, at_most=ENOUGH, peers=[at(hostile)], patience=3)
                in_words += raised.type is PeerError
                assert list(folder.iterdir()) == [], path
            assert given >= 10
            assert refused >= 25
            assert in_words >= 10
            assert stranger.traffic().catalogue_received == 0

    run(work(), limit=60)


def test_a_catalogue_whose_files_changed_is_not_given(tmp_path: Path) -> None:
    async def work() -> None:
        async with swarms(1) as (publisher,):
            source = make_catalogue(tmp_path / "catalogue")
            torrent = catalogue_torrent(source).torrent
            (source / "items.00000.jsonl.z").write_bytes(b"short")
            with pytest.raises(MediaError):
                publisher.seed_catalogue(torrent, source)
            (source / "items.00000.jsonl.z").unlink()
            with pytest.raises(MediaError):
                publisher.seed_catalogue(torrent, source)

    run(work())


# ------------------------------------------------------------------------------------------ contents


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
            assert same(path, source)
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
            assert same(path, source)
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
