"""The exchange between real swarms: what is believed, what is fetched, what a block leaves, who keeps what alive."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import sqlite3
from functools import partial
from pathlib import Path

import pytest

from app.errors import PeerError
from app.network_messages import EvidenceChanged, NetworkProgress, OffersChanged, PeersChanged
from app.peers.cards import Card, card_text, decode_card, encode_card
from app.peers.evidence import ToldMessage
from app.peers.identity import Identity, nickname
from app.peers.krpc import SignedItem
from app.peers.publishing import PublishOptions
from app.peers.torrents import CATALOGUE, catalogue_torrent
from app.store.evidence import EvidenceRows
from app.store.peers import Peers
from app.trust import Budget, Rank, Standing
from tests.neighbours import MIB, Neighbour, neighbours
from tests.swarms import run, until


async def publishing(peer: Neighbour, count: int, *, videos: int = 0) -> None:
    await peer.publish(count, videos=videos)


def known(peer: Neighbour, key: bytes) -> object:
    with peer.open() as database:
        return Peers(database).row(key)


def forge(name: str, identity: Identity, seq: int, infohash: bytes = b"\7" * 32) -> bytes:
    return encode_card(Card(identity.key, seq, seq, infohash, 1, (), name), identity)


async def verdict(peer: Neighbour, card: bytes) -> None:
    """Hand in a card and wait until it was looked at."""
    peer.exchange.card_came(card, b"")
    await until(peer.exchange._cards.empty, "the card")
    await asyncio.sleep(0.05)


def test_a_stranger_is_met_fetched_and_offered_and_no_content_is(tmp_path: Path) -> None:
    async def work() -> None:
        async with neighbours(tmp_path, "a", "b") as (peer, other):
            peer.options = PublishOptions(name="Anna")
            await publishing(peer, 8, videos=2)
            await other.offers(8)
            with other.open() as database:
                met = Peers(database).row(peer.key)
                assert met is not None
                assert (met.name, met.rank, met.items) == ("Anna", Rank.STRANGER, 8)
                kinds = database.all("SELECT kind, count(*) FROM offers.offers GROUP BY kind ORDER BY kind")
                assert kinds == [("track", 6), ("video", 2)]
                assert all(row[0] for row in database.all("SELECT vectors FROM offers.offers"))
                folder = database.one("SELECT folder FROM offers.catalogues")
            assert folder is not None
            assert (Path(folder[0]) / "manifest.json").is_file()
            assert other.of(OffersChanged)
            assert other.of(PeersChanged)
            assert other.of(NetworkProgress)[-1].done == other.of(NetworkProgress)[-1].total
            traffic = other.swarm.traffic()
            assert traffic.content_received == 0
            assert await other.exchange.stranger_bytes_today() == traffic.catalogue_received > 0
            assert other.exchange.catalogues == 1

    run(work())


def _rows(root: Path) -> list[object]:
    """Every row of library.db and offers.db but what says when and under which number, and the block itself."""
    found: list[object] = []
    for name in ("library.db", "offers.db"):
        with contextlib.closing(sqlite3.connect(root / name)) as raw:
            raw.text_factory = bytes
            tables = [row[0].decode() for row in raw.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
            for table in sorted(tables):
                if table in ("blocks", "sqlite_sequence", "offers", "catalogues") or "_text" in table:
                    continue
                names = [row[1].decode() for row in raw.execute(f"PRAGMA table_info({table})")]
                # Each run has its own addresses, and hears at its own times.
                # What the same catalogue took on the wire differs by what was asked for twice.
                hidden = ("host", "port", "last_heard", *(("bytes",) if table == "usage" else ()))
                shown = ", ".join(name for name in names if name not in hidden)
                found.append((table, sorted(raw.execute(f"SELECT {shown} FROM {table}"), key=repr)))
            if name == "offers.db":
                columns = [row[1].decode() for row in raw.execute("PRAGMA table_info(offers)")]
                wanted = ", ".join(column for column in columns if column != "id")
                found.append(sorted(raw.execute(f"SELECT {wanted} FROM offers"), key=repr))
                found.append(sorted(raw.execute("SELECT peer, seq, items, bytes FROM catalogues"), key=repr))
    return found


def test_after_a_block_all_is_as_if_the_peer_had_never_been_met(tmp_path: Path) -> None:
    async def live(name: str, meet: bool) -> Neighbour:
        kept, gone = Identity(b"\1" * 32), Identity(b"\2" * 32)
        from app.peers.overlay import MemoryNetwork

        network = MemoryNetwork()
        peers = [Neighbour(tmp_path / name / "kept", network, kept), Neighbour(tmp_path / name / "me", network)]
        if meet:
            peers.insert(0, Neighbour(tmp_path / name / "gone", network, gone))
        for one in peers:
            one.publisher._clock = lambda: 1_800_000_000.0
            one.exchange._clock = lambda: 1_800_000_000.0
            await one.start()
        me = peers[-1]
        for one in peers[:-1]:
            await publishing(one, 5)
            me.overlay.walk_to(*one.overlay._address)
        await me.offers(5 * (len(peers) - 1))
        if meet:
            await me.exchange.follow(gone.hex)
            await me.look(lambda s: s.database.execute("INSERT INTO evidence VALUES (?, 1, 1, x'00', 0)", (gone.key,)))
            await me.exchange.block(gone.key)
            await me.offers(5)
            with pytest.raises(PeerError):
                await asyncio.wait_for(me.exchange.follow("nobody"), 1)
        for one in peers:
            await one.close()
        return me

    async def work() -> None:
        met, never = await live("one", True), await live("two", False)
        gone = Identity(b"\2" * 32).key
        assert _rows(met.profile.root) == _rows(never.profile.root)
        with met.open() as database:
            assert Peers(database).blocked() == {gone}
        names = {path.name for path in met.profile.catalogues.iterdir()}
        assert names == {path.name for path in never.profile.catalogues.iterdir()}
        for path in met.profile.root.rglob("*"):
            if path.is_file() and path.name != "library.db" and not path.name.startswith("library.db-"):
                assert gone not in path.read_bytes(), path

    run(work(), 60)


def test_a_blocked_peer_is_not_heard_again_also_after_a_restart_until_it_is_unblocked(tmp_path: Path) -> None:
    async def work() -> None:
        async with neighbours(tmp_path, "a", "b") as (peer, other):
            await publishing(peer, 2)
            await other.offers(2)
            await other.exchange.block(peer.key)
            await verdict(other, peer.publisher.signed_card)
            await other.offers(0)
            assert not other.swarm.has(peer.publisher.infohash)
        async with neighbours(tmp_path, "b") as (other,):
            await verdict(other, peer.publisher.signed_card)
            with other.open() as database:
                assert [row.blocked for row in Peers(database).rows()] == [True]
            await other.exchange.unblock(peer.key)
            await verdict(other, peer.publisher.signed_card)
            with other.open() as database:
                assert [row.blocked for row in Peers(database).rows()] == [False]

    run(work())


def test_a_block_while_its_catalogue_is_on_the_way(tmp_path: Path) -> None:
    async def work() -> None:
        async with neighbours(tmp_path, "a", "b") as (peer, other):
            peer.swarm.limit(50_000, 0)
            await publishing(peer, 600)
            await until(lambda: bool(other.of(NetworkProgress)), "the catalogue to begin")
            await other.exchange.block(peer.key)
            assert not other.swarm.has(peer.publisher.infohash)
            await other.offers(0)
            assert list(other.profile.catalogues.iterdir()) == []

    run(work())


def test_replays_and_forks_are_seen(tmp_path: Path) -> None:
    async def work() -> None:
        async with neighbours(tmp_path, "a") as (peer,):
            somebody = Identity.new()
            await verdict(peer, forge("new", somebody, 5))
            await verdict(peer, forge("old", somebody, 4))
            await verdict(peer, b"no card")
            with peer.open() as database:
                row = Peers(database).row(somebody.key)
                assert row is not None
                assert (row.name, row.seq, row.forked) == ("new", 5, False)
            await verdict(peer, forge("other", somebody, 5))
            with peer.open() as database:
                row = Peers(database).row(somebody.key)
                assert row is not None
                assert (row.name, row.forked, row.standing) == ("new", True, Standing.BAD)

    run(work())


def test_a_stranger_of_bad_standing_is_not_fetched_from_but_a_followed_one_is(tmp_path: Path) -> None:
    async def work() -> None:
        async with neighbours(tmp_path, "a", "b") as (peer, other):
            await other.look(lambda s: s.peers.card_came(peer.key, 1, forge("x", peer.identity, 1), "x"))
            await other.look(lambda s: s.peers.mark_forked(peer.key))
            await publishing(peer, 2)
            await until(lambda: peer.key in other.exchange._fetching._wanted, "the card")
            await asyncio.sleep(0.3)
            await other.offers(0)
            await other.exchange.follow(peer.key.hex())
            await other.offers(2)

    run(work())


def test_strangers_share_a_small_budget_and_followed_peers_none(tmp_path: Path) -> None:
    async def work() -> None:
        async with neighbours(tmp_path, "a", "b", "c") as (one, two, other):
            other.budget = Budget(50 * MIB, 1)
            await publishing(one, 2)
            await other.offers(2)
            await publishing(two, 3)
            await until(lambda: two.key in other.exchange._fetching._tried, "the second stranger")
            await asyncio.sleep(0.2)
            await other.offers(2)
            await other.exchange.follow(two.key.hex())
            await other.offers(5)
            assert other.exchange.catalogues == 2

    run(work())


def test_a_catalogue_beyond_the_days_bytes_is_refused_before_it_is_fetched(tmp_path: Path) -> None:
    async def work() -> None:
        async with neighbours(tmp_path, "a", "b") as (peer, other):
            other.budget = Budget(100_000, 20)
            await publishing(peer, 200)  # about 180 kB
            await until(lambda: any(t.refused for t in other.exchange._fetching._tried.values()), "the refusal")
            await other.offers(0)
            assert other.swarm.traffic().catalogue_received < 50_000
            # The user allows more: what was refused is wanted again.
            other.budget = Budget(50 * MIB, 20)
            other.exchange.settings_changed()
            await other.offers(200)

    run(work())


def test_a_followed_publishers_catalogue_and_pointer_outlive_it(tmp_path: Path) -> None:
    async def work() -> None:
        async with neighbours(tmp_path, "a", "b", "c") as (peer, follower, late):
            card = None
            late.budget = Budget(0, 0)  # it hears of it, but does not fetch
            await publishing(peer, 4)
            card = peer.publisher.signed_card
            await follower.offers(4)
            await follower.exchange.follow(card_text(card))
            await peer.close()
            peer.close = _nothing  # type: ignore[method-assign]
            late.budget = Budget(50 * MIB, 20)
            await late.exchange.follow(card_text(card))
            await late.offers(4)
            assert late.swarm.traffic().catalogue_received > 3000
            # And after the follower's restart, too.
        async with neighbours(tmp_path, "b", "d") as (follower, newest):
            assert follower.exchange.catalogues == 1
            await newest.offers(4)

    run(work())


async def _nothing() -> None:
    pass


def test_pointers_of_followed_peers_are_looked_up_kept_on_disk_and_kept_alive(tmp_path: Path) -> None:
    async def work() -> None:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        async with neighbours(tmp_path, "a", "b") as (peer, other):
            await publishing(peer, 2)
            await other.offers(2)
            value, salt = peer.publisher.signed_card, b"bowerbird card"
            message = b"4:salt%d:%s3:seqi%de1:v%d:%s" % (len(salt), salt, 7, len(value), value)
            private = Ed25519PrivateKey.from_private_bytes(peer.identity._seed)
            item = SignedItem(peer.key, salt, 7, value, private.sign(message))
            assert item.genuine()
            found = await other.exchange._holdings.pointers([peer.key], lambda _: item)
            assert found == [item]
        async with neighbours(tmp_path, "b") as (other,):
            assert await other.exchange._holdings.pointers([peer.key], lambda _: None) == [item]
            await other.exchange.follow(peer.key.hex())
            other.pointers.cards[peer.key] = (b"junk",)
            await other.exchange._look_up(peer.key)

    run(work())


def test_a_peer_known_by_its_key_alone_is_found_through_the_dht(tmp_path: Path) -> None:
    async def work() -> None:
        async with neighbours(tmp_path, "a") as (peer,):
            await publishing(peer, 3)
            async with neighbours(tmp_path / "far", "b") as (other,):  # another overlay: they do not meet
                other.pointers.cards = peer.pointers.cards
                fetch = other.swarm.fetch_catalogue

                async def with_peers(*given: object, **named: object) -> Path:
                    named["peers"] = [(peer.swarm.place.host, peer.swarm.listen_port)]  # as the DHT would say
                    return await fetch(*given, **named)  # type: ignore[arg-type]

                other.swarm.fetch_catalogue = with_peers  # type: ignore[method-assign]
                assert await other.exchange.follow(peer.key.hex()) == peer.key
                await other.offers(3)

    run(work())


def test_who_is_followed_by_text_key_or_address(tmp_path: Path) -> None:
    async def work() -> None:
        async with neighbours(tmp_path, "a", "b") as (peer, other):
            host, port = peer.overlay._address
            assert await other.exchange.follow(f"{host}:{port}") == peer.key
            await other.exchange.unfollow(peer.key)
            by_hand = card_text(peer.publisher.card_by_hand(host, port))
            assert await other.exchange.follow(by_hand.upper()) == peer.key
            with other.open() as database:
                row = Peers(database).row(peer.key)
                assert row is not None
                assert (row.followed, row.name) == (True, nickname(peer.key))
                assert Peers(database).cards() == []  # a card with an address is never passed on
            for wrong in ("", "x", "1.2.3.4", "bowerbird:abc", "g" * 64, peer.key.hex()[:60]):
                with pytest.raises(PeerError):
                    await other.exchange.follow(wrong)
            with pytest.raises(PeerError, match="yourself"):
                await other.exchange.follow(other.key.hex())

    run(work())


def test_a_card_by_hand_and_the_one_that_is_spread_are_no_fork(tmp_path: Path) -> None:
    async def work() -> None:
        async with neighbours(tmp_path, "a", "b") as (peer, other):
            await publishing(peer, 2)
            await other.exchange.follow(card_text(peer.publisher.card_by_hand("127.0.0.1", 9)))
            await other.offers(2)
            await verdict(other, peer.publisher.signed_card)
            with other.open() as database:
                row = Peers(database).row(peer.key)
                assert row is not None
                assert not row.forked
                assert row.seq == decode_card(peer.publisher.signed_card).seq

    run(work())


def test_friends_of_followed_peers_rank_between(tmp_path: Path) -> None:
    async def work() -> None:
        async with neighbours(tmp_path, "a", "b", "c") as (friend, theirs, other):
            await publishing(theirs, 2)
            await friend.exchange.follow(theirs.key.hex())
            friend.options = PublishOptions(follows=True)
            await publishing(friend, 2)
            await other.offers(4)
            await other.exchange.follow(friend.key.hex())
            with other.open() as database:
                ranks = {row.key: row.rank for row in Peers(database).rows()}
            assert ranks == {friend.key: Rank.FOLLOWED, theirs.key: Rank.FRIEND_OF_FRIEND}
            await other.exchange.block(friend.key)
            with other.open() as database:
                ranks = {row.key: row.rank for row in Peers(database).rows() if not row.blocked}
            assert ranks == {theirs.key: Rank.STRANGER}

    run(work())


def test_what_lies_on_the_disk_is_taken_again_when_offers_db_is_lost(tmp_path: Path) -> None:
    async def work() -> None:
        async with neighbours(tmp_path, "a", "b") as (peer, other):
            await publishing(peer, 3)
            await other.offers(3)
        for path in other.profile.root.glob("offers.db*"):
            path.unlink()
        stray = other.profile.catalogues / "stray"
        stray.mkdir()
        unknown = other.profile.catalogues / ("ab" * 32)
        unknown.mkdir()
        async with neighbours(tmp_path, "b") as (other,):
            await other.offers(3)
            assert other.swarm.has(peer.publisher.infohash)
            assert not stray.exists()
            assert other.exchange.catalogues == 1

    run(work())


def test_a_damaged_catalogue_is_let_go_and_fetched_again(tmp_path: Path) -> None:
    async def work() -> None:
        async with neighbours(tmp_path, "a", "b") as (peer, other):
            await publishing(peer, 3)
            await other.offers(3)
        (manifest,) = other.profile.catalogues.glob("*/*/catalogue/manifest.json")
        manifest.unlink()
        async with neighbours(tmp_path, "a", "b") as (peer, other):
            await other.offers(3)
            await until(lambda: bool(list(other.profile.catalogues.glob("*/*/catalogue/manifest.json"))), "the file")

    run(work())


@pytest.mark.parametrize("lie", ["another's manifest", "a row too long", "nan", "newer than its card"])
def test_a_catalogue_that_lies_is_refused_whole(tmp_path: Path, lie: str) -> None:
    async def work() -> None:
        async with neighbours(tmp_path, "a", "b") as (peer, other):
            other.budget = Budget(0, 0)
            await publishing(peer, 3)
            source = peer.profile.published / str(decode_card(peer.publisher.signed_card).seq) / CATALOGUE
            forged = tmp_path / "forged" / CATALOGUE
            shutil.copytree(source, forged)
            card = decode_card(peer.publisher.signed_card)
            signer, seq = peer.identity, card.seq + 1
            vectors = next(forged.glob("vectors.*"))
            if lie == "another's manifest":
                signer = Identity.new()
                (forged / "manifest.json").write_bytes((forged / "manifest.json").read_bytes().replace(b"}", b"} ", 1))
            elif lie == "a row too long":
                vectors.write_bytes(vectors.read_bytes() + b"\0")
            elif lie == "nan":
                vectors.write_bytes(vectors.read_bytes()[:-2] + b"\0\x7e")
            else:
                content = (forged / "manifest.json").read_bytes()
                (forged / "manifest.json").write_bytes(content.replace(b"%d" % card.seq, b"%d" % (seq + 1)))
            infohash = peer.swarm.seed_catalogue(catalogue_torrent(forged).torrent, forged)
            await peer.publisher._ready(infohash)
            peer.publisher._given.append(infohash)
            other.budget = Budget(50 * MIB, 20)
            other.exchange.card_came(encode_card(Card(signer.key, seq, 1, infohash, 3), signer), peer.key)
            tried = other.exchange._fetching._tried
            await until(lambda: any(t.refused and t.infohash == infohash for t in tried.values()), "the refusal")
            with other.open() as database:  # the honest one before may have come, never this one
                assert (infohash,) not in database.all("SELECT infohash FROM offers.catalogues")
                assert database.all("SELECT 1 FROM offers.catalogues WHERE seq = ?", (seq,)) == []
            assert not other.swarm.has(infohash)

    run(work())


def test_a_card_that_names_anothers_catalogue_does_no_harm(tmp_path: Path) -> None:
    async def work() -> None:
        async with neighbours(tmp_path, "a", "b") as (peer, other):
            await publishing(peer, 3)
            await publishing(other, 2)
            await other.offers(3)
            thief = Identity.new()
            tried = other.exchange._fetching._tried

            def refused(infohash: bytes) -> bool:
                return any(each.refused and each.infohash == infohash for each in tried.values())

            for number, infohash in enumerate((peer.publisher.infohash, other.publisher.infohash)):
                other.exchange.card_came(forge("thief", thief, 5 + number, infohash), b"")
                await until(partial(refused, infohash), "the refusal")
                assert other.swarm.has(infohash)
            await other.offers(3)

    run(work())


def test_where_peers_were_heard_is_kept_for_the_next_time(tmp_path: Path) -> None:
    async def work() -> None:
        async with neighbours(tmp_path, "a", "b") as (peer, other):
            await publishing(peer, 1)
            await other.offers(1)
            host, port = peer.overlay._address
        with other.open() as database:
            assert [(a.key, a.host, a.port) for a in Peers(database).addresses()] == [(peer.key, host, port)]

    run(work())


def heard(peer: Neighbour, key: bytes) -> list[tuple[int, int, bytes]]:
    """What one has of what another tells, as (number, level, body)."""
    with peer.open() as database:
        return [(row.seq, row.level, row.message) for row in EvidenceRows(database).of(key)]


def test_what_is_told_is_heard_by_followers_alone_and_can_be_taken_back(tmp_path: Path) -> None:
    async def work() -> None:
        async with neighbours(tmp_path, "a", "b") as (peer, other):
            peer.told = [ToldMessage(1, 1, b"a taste"), ToldMessage(2, 2, b"votes")]
            await publishing(peer, 4)
            await other.offers(4)
            assert heard(other, peer.key) == []
            assert not other.of(EvidenceChanged)
            await other.exchange.follow(peer.key.hex())
            assert heard(other, peer.key) == [(1, 1, b"a taste"), (2, 2, b"votes")]
            assert other.of(EvidenceChanged)
            # A new version with the same items and one message less.
            former = peer.publisher.infohash
            peer.told = peer.told[1:]
            peer.publisher.changed()
            await until(lambda: peer.publisher.infohash != former, "another version")
            await until(lambda: heard(other, peer.key) == [(2, 2, b"votes")], "what is told now")
            await other.exchange.unfollow(peer.key)
            assert heard(other, peer.key) == []

    run(work())
