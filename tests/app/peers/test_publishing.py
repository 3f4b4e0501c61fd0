"""Publishing with a real swarm: what leaves, what an update costs, taking it back, and that nothing else gets out."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from app.network_messages import NetworkProgress, VectorsWanted
from app.peers.cards import decode_card
from app.peers.catalogue import MAX_SPACES
from app.peers.publishing import PublishOptions
from app.peers.torrents import CATALOGUE
from app.peers.wire import Catalogue, read_catalogue
from app.store.feedback import Feedback
from app.store.items import Items
from app.store.learned_spaces import LearnedSpaces, SpaceRow
from app.store.playlists import Playlists
from app.store.publications import Publications
from models.ids import ItemId
from models.types import Modality
from tests.neighbours import AUDIO, IMAGE, Neighbour, neighbours
from tests.swarms import run, until


def current(peer: Neighbour) -> tuple[Path, Catalogue]:
    """The folder and the catalogue that our card names."""
    card = decode_card((peer.profile.published / "card").read_bytes())
    folder = peer.profile.published / str(card.seq) / CATALOGUE
    return folder, read_catalogue(folder, peer.key)


def test_a_folder_becomes_a_catalogue_a_torrent_and_a_card(tmp_path: Path) -> None:
    async def work() -> None:
        async with neighbours(tmp_path, "a") as (peer,):
            await peer.published()
            assert not (peer.profile.published / "card").exists()
            assert peer.publisher.signed_card == b""
            peer.options = PublishOptions(name="Anna")
            await peer.publish(6, videos=2)
            _, catalogue = current(peer)
            card = decode_card(peer.publisher.signed_card)
            assert (card.items, card.name, card.spaces) == (6, "Anna", (AUDIO, IMAGE))
            assert card.infohash == peer.publisher.infohash
            assert peer.swarm.has(card.infohash)
            assert peer.pointers.cards == {peer.key: (peer.publisher.signed_card,)}
            assert [(shard.items, shard.spaces) for shard in catalogue.manifest.shards] == [
                (4, (AUDIO,)),
                (2, (AUDIO, IMAGE)),
            ]
            first = catalogue.rows[0].offering
            assert (first.title, first.tags, first.licence, first.mime) == (
                "Title 0", ("Jazz", "Cool"), "CC BY 4.0", "audio/flac",
            )  # fmt: skip
            assert [event.what for event in peer.of(NetworkProgress)][-1] == "publishing"
            assert (peer.publisher.items, peer.publisher.busy) == (6, False)

    run(work())


def test_nothing_of_the_machine_leaves(tmp_path: Path) -> None:
    async def work() -> None:
        async with neighbours(tmp_path, "secret-place") as (peer,):
            await peer.publish(3)
            folder, _ = current(peer)
            torrent = (folder.parent / "catalogue.torrent").read_bytes()
            for content in (torrent, *(path.read_bytes() for path in folder.iterdir())):
                for word in (b"secret-place", str(tmp_path).encode(), b"00001.flac", b"creation date", b"created by"):
                    assert word not in content

    run(work())


def _bytes_of(peer: Neighbour) -> dict[str, bytes]:
    root = peer.profile.published
    return {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


def test_the_published_bytes_are_identical_with_and_without_200_rows_of_feedback(tmp_path: Path) -> None:
    from app.peers.identity import Identity
    from app.peers.overlay import MemoryNetwork

    async def published(name: str, rows: int) -> dict[str, bytes]:
        peer = Neighbour(tmp_path / name, MemoryNetwork(), Identity(bytes(range(32))))
        peer.publisher._clock = lambda: 1_800_000_000.0
        peer.stock(20, videos=3)
        with peer.open() as database:
            feedback = Feedback(database)
            for number in range(rows):
                item = ItemId(1 + number % 20)
                (feedback.like, feedback.dislike, feedback.clear, feedback.later)[number % 4](item)
            if rows:
                assert database.one("SELECT count(*) FROM feedback") == (rows,)
        await peer.start()
        try:
            peer.publish_all()
            await peer.published()
            return _bytes_of(peer)
        finally:
            await peer.close()

    without, liked = run(published("one", 0)), run(published("two", 200))
    assert without == liked
    assert len(without) == 2 + 6  # card, torrent; manifest, two shards with items and vectors of one and two spaces


def test_an_update_of_100_items_in_10000_costs_little_and_the_rest_stays_in_place(tmp_path: Path) -> None:
    async def work() -> None:
        async with neighbours(tmp_path, "a", "b") as (peer, other):
            await peer.publish(10_000)
            await other.exchange.follow(peer.key.hex())
            await other.offers(10_000)
            full = other.swarm.traffic().catalogue_received
            assert full / 10_000 < 1000
            peer.stock(100, first=10_000)
            peer.publisher.changed()
            await peer.published()
            await other.offers(10_100)
            assert other.swarm.traffic().catalogue_received - full < 0.03 * full
            assert [shard.items for shard in current(peer)[1].manifest.shards] == [4096, 4096, 1808, 100]

    run(work(), 120)


def test_what_changes_moves_and_what_goes_is_taken_back(tmp_path: Path) -> None:
    async def work() -> None:
        async with neighbours(tmp_path, "a") as (peer,):
            paths = await peer.publish(40)
            _, before = current(peer)
            with peer.open() as database:
                Publications(database).keep_private([ItemId(1)])
                database.execute("UPDATE items SET title = 'New' WHERE id = 2")
            paths[2].write_bytes(b"fLaC" + b"other" * 100)  # not scanned yet: the old promise cannot be kept
            with peer.open() as database:
                row = database.one("SELECT size, mtime_ns FROM files WHERE item_id = 3")
                assert row is not None
                state = paths[2].stat()
                database.execute(
                    "UPDATE files SET size = ?, mtime_ns = ? WHERE item_id = 3", (state.st_size, state.st_mtime_ns)
                )
            peer.publisher.changed()
            await peer.published()
            _, after = current(peer)
            assert after.manifest.seq > before.manifest.seq
            assert after.manifest.previous == decode_card(peer.publisher.signed_card).previous
            assert [shard.items for shard in after.manifest.shards] == [40, 2]
            old = {row.offering.root for row in before.rows}
            new = {row.offering.root for row in after.rows}
            assert len(new) == 39
            assert len(old & new) == 38
            assert {row.offering.title for row in after.rows if row.shard == "00001"} == {"New", "Title 2"}
            assert set(after.manifest.tombstones) == old - new

    run(work())


def test_small_shards_are_merged_past_sixteen(tmp_path: Path) -> None:
    async def work() -> None:
        async with neighbours(tmp_path, "a") as (peer,):
            await peer.publish(2)
            counts = []
            for turn in range(1, 18):
                peer.stock(1, first=1 + turn)
                peer.publisher.changed()
                await peer.published()
                _, catalogue = current(peer)
                counts.append(len(catalogue.manifest.shards))
                assert len(catalogue.rows) == 2 + turn
            assert max(counts) == 16
            assert counts[15] == 1

    run(work(), 60)


def test_nothing_new_is_announced_when_nothing_changed(tmp_path: Path) -> None:
    async def work() -> None:
        async with neighbours(tmp_path, "a") as (peer,):
            await peer.publish(3)
            card = peer.publisher.signed_card
            peer.publisher.changed()
            await peer.published()
            assert peer.publisher.signed_card == card

    run(work())


def test_taking_everything_back_says_so_and_leaves_no_file(tmp_path: Path) -> None:
    async def work() -> None:
        async with neighbours(tmp_path, "a", "b") as (peer, other):
            await peer.publish(3)
            await other.offers(3)
            infohash = peer.publisher.infohash
            with peer.open() as database:
                Publications(database).remove_all()
            peer.publisher.changed()
            await peer.published()
            card = decode_card(peer.publisher.signed_card)
            assert (card.infohash, card.items, card.previous) == (b"", 0, infohash)
            assert not peer.swarm.has(infohash)
            assert list(peer.profile.published.iterdir()) == [peer.profile.own_card]
            with peer.open() as database:
                assert Publications(database).published() == []
            await other.offers(0)
            assert not other.swarm.has(infohash)
            await until(lambda: not list(other.profile.catalogues.iterdir()), "nothing left")

    run(work())


def test_taking_back_does_not_wait_for_quiet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def work() -> None:
        async with neighbours(tmp_path, "a") as (peer,):
            await peer.publish(3)
            assert peer.publisher.infohash
            # The same profile, started again by somebody who would wait for minutes.
        monkeypatch.setattr(Neighbour, "settle", 600.0)
        async with neighbours(tmp_path, "a") as (peer,):
            with peer.open() as database:
                Publications(database).remove_all()
            peer.publisher.changed()
            await peer.published()
            assert not peer.publisher.infohash

    run(work())


def test_switched_off_it_gives_nothing_and_switched_on_it_need_not_hash_again(tmp_path: Path) -> None:
    async def work() -> None:
        async with neighbours(tmp_path, "a") as (peer,):
            await peer.publish(3)
            root = current(peer)[1].rows[0].offering.root
            peer.options = PublishOptions(publish=False)
            peer.publisher.changed()
            await peer.published()
            assert not peer.publisher.give(root)
            assert peer.publisher.items == 0
            hashed = sum(event.what == "hashing" for event in peer.of(NetworkProgress))
            peer.options = PublishOptions()
            peer.publisher.changed()
            await peer.published()
            assert peer.publisher.items == 3
            assert sum(event.what == "hashing" for event in peer.of(NetworkProgress)) == hashed

    run(work())


def test_it_goes_on_after_a_restart_and_mends_what_is_damaged(tmp_path: Path) -> None:
    async def work() -> None:
        async with neighbours(tmp_path, "a") as (peer,):
            await peer.publish(5)
            infohash = peer.publisher.infohash
        async with neighbours(tmp_path, "a") as (peer,):
            assert peer.swarm.has(infohash)
            await peer.published()
            assert peer.publisher.infohash == infohash
            folder, _ = current(peer)
        (folder / "items.00000.jsonl.z").write_bytes(b"junk")
        async with neighbours(tmp_path, "a") as (peer,):
            await peer.published()
            folder, catalogue = current(peer)
            assert len(catalogue.rows) == 5
            assert peer.swarm.has(peer.publisher.infohash)

    run(work())


def test_a_playlist_with_a_missing_file_and_a_text_is_published_without_them(tmp_path: Path) -> None:
    async def work() -> None:
        async with neighbours(tmp_path, "a") as (peer,):
            paths = peer.stock(4)
            paths[1].unlink()
            paths[2].write_bytes(b"just words")
            os.utime(paths[2], ns=(1, 1))
            with peer.open() as database:
                playlist = Playlists(database).create("x", [ItemId(n) for n in (4, 3, 2, 1)])
                Publications(database).add_playlist(playlist)
            peer.publisher.changed()
            await peer.published()
            assert [row.offering.title for row in current(peer)[1].rows] == ["Title 0", "Title 3"]

    run(work())


def test_without_the_studio_nothing_is_announced_and_it_is_said(tmp_path: Path) -> None:
    async def work() -> None:
        async with neighbours(tmp_path, "a") as (peer,):
            peer.answers = False
            peer.publisher._patience = 0.05
            peer.stock(2)
            peer.publish_all()
            await peer.publisher.settled()
            assert "did not come" in peer.publisher.problem
            assert len(peer.of(VectorsWanted)) == 1
            assert peer.publisher.signed_card == b""

    run(work())


def test_a_vector_that_comes_later_is_sent_later(tmp_path: Path) -> None:
    async def work() -> None:
        async with neighbours(tmp_path, "a", "b") as (peer, other):
            peer.dimensions = {}
            await peer.publish(3)
            await other.offers(3)
            assert current(peer)[1].manifest.spaces == ()
            with other.open() as database:
                before = {row[0] for row in database.all("SELECT id FROM offers.offers")}
            peer.dimensions = {AUDIO: 860}
            peer.publisher.changed()
            await peer.published()

            def renewed() -> bool:
                with other.open() as database:
                    return not before & {row[0] for row in database.all("SELECT id FROM offers.offers")}

            await until(renewed, "offers with vectors")
            assert [space.name for space in current(peer)[1].manifest.spaces] == [AUDIO]

    run(work())


def test_more_spaces_than_fit_are_cut_at_the_studios_end_and_unknown_ones_disturb_nobody(tmp_path: Path) -> None:
    async def work() -> None:
        async with neighbours(tmp_path, "a", "b") as (peer, other):
            # By name they would come before the built-in one, and drive it out.
            learned = [f"a-learned-{number}-v1-0123456789abcdef" for number in range(MAX_SPACES)]
            with peer.open() as database:
                LearnedSpaces(database).put([SpaceRow(space, Modality.AUDIO, 16) for space in learned])
            peer.dimensions = {AUDIO: 860, **dict.fromkeys(learned, 16)}
            await peer.publish(3)
            assert {space.name: space.dimension for space in current(peer)[1].manifest.spaces} == {
                AUDIO: 860,
                **dict.fromkeys(learned[:-1], 16),
            }
            await other.offers(3)

    run(work())


def test_what_waits_for_its_vectors_is_published_when_they_are_there(tmp_path: Path) -> None:
    async def work() -> None:
        async with neighbours(tmp_path, "a") as (peer,):
            await peer.publish(2, encoded=False)
            assert peer.publisher.items == 0
            with peer.open() as database:
                Items(database).mark([(ItemId(1), AUDIO)], 1.0)
            peer.publisher.changed()
            await peer.published()
            assert [row.offering.title for row in current(peer)[1].rows] == ["Title 0"]
            with peer.open() as database:
                Items(database).mark([(ItemId(2), AUDIO)], 1.0)
            peer.publisher.changed()
            await peer.published()
            assert [shard.items for shard in current(peer)[1].manifest.shards] == [1, 1]

    run(work())


def test_a_published_file_is_given_on_request_and_nothing_else(tmp_path: Path) -> None:
    async def work() -> None:
        async with neighbours(tmp_path, "a", "b") as (peer, other):
            paths = await peer.publish(3)
            await other.offers(3)
            offering = next(row.offering for row in current(peer)[1].rows if row.offering.title == "Title 1")
            assert other.swarm.traffic().content_received == 0
            transfer = await other.swarm.download(
                offering.root, offering.size, offering.extension, other.profile.incoming
            )
            assert await other.overlay.ask_content(peer.key, offering.root, transfer.infohash)
            for _ in range(200):
                if peer.swarm.has(transfer.infohash):
                    break
                await asyncio.sleep(0.01)
            assert await other.overlay.ask_content(peer.key, offering.root, transfer.infohash)
            path = await transfer.wait_complete()
            assert path.read_bytes() == paths[1].read_bytes()
            assert not await other.overlay.ask_content(peer.key, bytes(range(32)), transfer.infohash)

    run(work())


@pytest.mark.parametrize("text", ["", "Anna"])
def test_the_card_for_a_friend_is_the_same_but_for_the_address(tmp_path: Path, text: str) -> None:
    async def work() -> None:
        async with neighbours(tmp_path, "a") as (peer,):
            peer.options = PublishOptions(name=text)
            early = decode_card(peer.publisher.card_by_hand("1.2.3.4", 5), by_hand=True)
            assert (early.key, early.host, early.port, early.infohash, early.name) == (
                peer.key,
                "1.2.3.4",
                5,
                b"",
                text,
            )
            await peer.publish(1)
            card = decode_card(peer.publisher.card_by_hand("1.2.3.4", 5), by_hand=True)
            assert card.infohash == peer.publisher.infohash

    run(work())


def test_an_unplugged_folder_stays_published(tmp_path: Path) -> None:
    async def work() -> None:
        async with neighbours(tmp_path, "a") as (peer,):
            await peer.publish(3)
            card = peer.publisher.signed_card
            with peer.open() as database:
                Items(database).set_online(1, False)
            peer.publisher.changed()
            await peer.published()
            assert peer.publisher.signed_card == card

    run(work())
