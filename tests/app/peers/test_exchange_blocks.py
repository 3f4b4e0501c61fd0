"""Blocking a peer over real sessions: it is as if it had never been met, until it is unblocked."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from pathlib import Path

import pytest

from app.errors import PeerError
from app.network_messages import NetworkProgress
from app.peers.identity import Identity
from app.store.peers import Peers
from tests.neighbours import Neighbour, neighbours, verdict
from tests.swarms import run, until


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
            await one.publish(5)
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
            await peer.publish(2)
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
            await peer.publish(600)
            await until(lambda: bool(other.of(NetworkProgress)), "the catalogue to begin")
            await other.exchange.block(peer.key)
            assert not other.swarm.has(peer.publisher.infohash)
            await other.offers(0)
            assert list(other.profile.catalogues.iterdir()) == []

    run(work())
