"""The exchange between real swarms: what is believed, what is fetched, what a block leaves, who keeps what alive."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.errors import PeerError
from app.network_messages import EvidenceChanged, NetworkProgress, OffersChanged, PeersChanged
from app.peers.cards import card_text, decode_card
from app.peers.evidence import ToldMessage
from app.peers.identity import nickname
from app.peers.krpc import SignedItem
from app.peers.publishing import PublishOptions
from app.store.evidence import EvidenceRows
from app.store.peers import Peers
from app.trust import Budget, Rank
from tests.neighbours import MIB, Neighbour, neighbours, verdict
from tests.swarms import run, until


def test_a_stranger_is_met_fetched_and_offered_and_no_content_is(tmp_path: Path) -> None:
    async def work() -> None:
        async with neighbours(tmp_path, "a", "b") as (peer, other):
            peer.options = PublishOptions(name="Anna")
            await peer.publish(8, videos=2)
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


def test_strangers_share_a_small_budget_and_followed_peers_none(tmp_path: Path) -> None:
    async def work() -> None:
        async with neighbours(tmp_path, "a", "b", "c") as (one, two, other):
            other.budget = Budget(50 * MIB, 1)
            await one.publish(2)
            await other.offers(2)
            await two.publish(3)
            tried = other.exchange._fetching._tried
            await until(lambda: two.key in tried and tried[two.key].not_before > 0, "the second stranger's refusal")
            await other.offers(2)
            await other.exchange.follow(two.key.hex())
            await other.offers(5)
            assert other.exchange.catalogues == 2

    run(work())


def test_a_catalogue_beyond_the_days_bytes_is_refused_before_it_is_fetched(tmp_path: Path) -> None:
    async def work() -> None:
        async with neighbours(tmp_path, "a", "b") as (peer, other):
            other.budget = Budget(100_000, 20)
            await peer.publish(200)  # about 180 kB
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
            await peer.publish(4)
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
            await peer.publish(2)
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
            await peer.publish(3)
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
            await peer.publish(2)
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
            await theirs.publish(2)
            await friend.exchange.follow(theirs.key.hex())
            friend.options = PublishOptions(follows=True)
            await friend.publish(2)
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
            await peer.publish(3)
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
            await peer.publish(3)
            await other.offers(3)
        (manifest,) = other.profile.catalogues.glob("*/*/catalogue/manifest.json")
        manifest.unlink()
        async with neighbours(tmp_path, "a", "b") as (peer, other):
            await other.offers(3)
            await until(lambda: bool(list(other.profile.catalogues.glob("*/*/catalogue/manifest.json"))), "the file")

    run(work())


def test_where_peers_were_heard_is_kept_for_the_next_time(tmp_path: Path) -> None:
    async def work() -> None:
        async with neighbours(tmp_path, "a", "b") as (peer, other):
            await peer.publish(1)
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
            await peer.publish(4)
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
