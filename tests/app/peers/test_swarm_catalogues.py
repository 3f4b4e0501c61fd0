"""Catalogues over real sessions of this machine: fetched, given on, kept, renewed, refused."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest

from app.errors import MediaError, PeerError
from app.peers.swarm import TORRENT_FILE
from app.peers.torrent import Progress
from app.peers.torrents import catalogue_torrent
from tests.swarms import ENOUGH, at, make_catalogue, noise, run, same_files, swarms, until


def test_a_catalogue_is_fetched_given_on_and_survives_its_publisher(tmp_path: Path) -> None:
    async def work() -> None:
        async with swarms(3) as (publisher, follower, newcomer):
            source = make_catalogue(tmp_path / "published" / "catalogue")
            infohash = publisher.seed_catalogue(catalogue_torrent(source).torrent, source)
            told: list[Progress] = []
            path = await follower.fetch_catalogue(
                infohash, tmp_path / "a", at_most=ENOUGH, peers=[at(publisher)], progress=told.append
            )
            assert same_files(path, source)
            total = sum(file.stat().st_size for file in source.iterdir())
            assert told[-1].done == told[-1].size == total
            await publisher.close()
            again = await newcomer.fetch_catalogue(infohash, tmp_path / "b", at_most=ENOUGH, peers=[at(follower)])
            assert same_files(again, source)
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
            assert same_files(path, source)

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
            assert same_files(path, new)
            assert follower.traffic().catalogue_received - before == 9_000 + len('{"seq": 2}')
            # Given on at once, and the older one can go without harming it.
            follower.drop(first)
            shutil.rmtree(tmp_path / "a")
            progress = follower.progress(built.infohash)
            assert progress is not None
            assert progress.complete
            assert same_files(path, new)

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
