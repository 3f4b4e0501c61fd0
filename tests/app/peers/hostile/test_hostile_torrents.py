"""Torrents that somebody made to hurt, offered as catalogues over real sessions: refused before a byte of them came."""

from __future__ import annotations

import hashlib
from pathlib import Path

import libtorrent as lt
import pytest

from app.errors import PeerError
from tests.swarms import ENOUGH, at, noise, run, swarms


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
