"""Peers that lie over real sessions: cards replayed and forked, catalogues that are not what was signed."""

from __future__ import annotations

import shutil
from functools import partial
from pathlib import Path

import pytest

from app.peers.cards import Card, decode_card, encode_card
from app.peers.identity import Identity
from app.peers.torrents import CATALOGUE, catalogue_torrent
from app.store.peers import Peers
from app.trust import Budget, Standing
from tests.neighbours import MIB, neighbours, verdict
from tests.swarms import run, until


def forge(name: str, identity: Identity, seq: int, infohash: bytes = b"\7" * 32) -> bytes:
    return encode_card(Card(identity.key, seq, seq, infohash, 1, (), name), identity)


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
        async with neighbours(tmp_path, "a", "b", "c") as (peer, other, honest):
            await other.look(lambda s: s.peers.card_came(peer.key, 1, forge("x", peer.identity, 1), "x"))
            await other.look(lambda s: s.peers.mark_forked(peer.key))
            await peer.publish(2)
            await until(lambda: peer.key in other.exchange._fetching._wanted, "the card")
            # Whoever comes after it is fetched from.
            await honest.publish(3)
            await other.offers(3)
            assert peer.key in other.exchange._fetching._wanted
            assert peer.key not in other.exchange._fetching._tried
            await other.exchange.follow(peer.key.hex())
            await other.offers(5)

    run(work())


@pytest.mark.parametrize("lie", ["another's manifest", "a row too long", "nan", "newer than its card"])
def test_a_catalogue_that_lies_is_refused_whole(tmp_path: Path, lie: str) -> None:
    async def work() -> None:
        async with neighbours(tmp_path, "a", "b") as (peer, other):
            other.budget = Budget(0, 0)
            await peer.publish(3)
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
            await peer.publish(3)
            await other.publish(2)
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
