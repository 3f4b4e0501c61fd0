"""What it costs to give a catalogue to strangers, from the wire to the ranked list, on 127.N.9.1 addresses.

Two network processes and the follower's studio are the real ones; the publisher's library (words, vectors, tiny files)
and the follower's are made up, and the publisher's studio is stood in for. Times begin when the publisher's new card
lies signed on its disk, so gossip, fetching, verifying, storing and scoring are all in them.
"""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from local_peer import MIB, LocalPeer, Watched, most_memory, with_path
from made_profile import made_profile, with_vectors
from made_publisher import LARGE, MadePublisher
from measure_overlay import overlay_rows
from measure_pointer import pointer_seconds
from measure_rerank import LABELS
from table import Row

from app.network_messages import (
    Download,
    DownloadChanged,
    DownloadState,
    NetworkProgress,
    NetworkState,
    OffersChanged,
    OfferScoresChanged,
    PeersChanged,
    PublicationChanged,
)
from app.paths import RESOURCES, Profile
from app.peers.cards import decode_card
from app.peers.exchange.taking import taken_catalogue
from app.protocol import ScoresChanged
from app.store.database import Database
from app.store.feedback import Feedback
from app.store.items import Items
from app.store.offers import Offers
from app.store.peers import Peers

ITEMS = 20_000
"""In the follower's own library."""
OFFERED, MANY = 10_000, 100_000
MORE, UPDATES = 100, 3
STILL = 30.0
"""Seconds for which an idle process is watched."""
ROUTER, PUBLISHER, FOLLOWER, NEWCOMER = "127.96.9.1", "127.97.9.1", "127.98.9.1", "127.95.9.1"
"""Away from where tests and the demo listen: whoever runs beside this is not met."""


@dataclass(frozen=True, slots=True)
class Way:
    """When (Unix seconds) the publisher's card was signed, and when the follower was how far; the bytes that came."""

    signed: float
    heard: float
    fetched: float
    stored: float
    scored: float
    bytes: int

    @property
    def whole(self) -> float:
        """Seconds from the card to the ranked list."""
        return self.scored - self.signed


def rows() -> Iterator[Row]:
    """Yield bytes, ways, updates, use of the machine, and how fast peers know each other."""
    with_path()
    with tempfile.TemporaryDirectory(prefix="bowerbird-bench-p2p-") as folder:
        yield from of_one_size(Path(folder) / "ten", OFFERED, idle=True)
        yield from of_one_size(Path(folder) / "hundred", MANY, idle=False)
    yield from overlay_rows()


def of_one_size(root: Path, count: int, *, idle: bool) -> Iterator[Row]:
    """Yield all figures of a catalogue of `count` Items; with `idle` those of updates and processes, too."""
    from peer_run import Router  # tests/peer_run.py

    print(f"making a publisher of {count:,} Items ...", flush=True)
    publisher = MadePublisher(root / "publisher", 1)
    publisher.grow(count)
    profile = follower_of(root / "follower")
    with closing(Router(ROUTER)) as router:
        giver = LocalPeer(publisher.profile, PUBLISHER, [router.address], publisher.export)
        taker = LocalPeer(profile, FOLLOWER, [router.address], stranger_mib=0 if count <= OFFERED else 1_000)
        with closing(giver), closing(taker):
            assert taker.studio is not None
            taker.studio.start()
            taker.wait(ScoresChanged)
            giver.start_network()
            taker.start_network()
            taker.wait(NetworkState, lambda state: state.peers > 0 and state.dht_nodes > 0)
            publisher.publish()
            begun = giver.mark()
            way = one_way(giver, taker, count)
            hashing, _ = giver.wait(NetworkProgress, lambda said: said.what == "hashing", begun)
            yield Row(f"{count:,} new Items: hashed, catalogue made, card signed", "s", way.signed - hashing)
            found = asyncio.run(pointer_seconds(NEWCOMER, router.address, bytes.fromhex(giver.key)))
            yield from steps(way, count, found)
            for peer, did in ((giver, "gave"), (taker, "took")):
                most = most_memory(pid_of(peer))
                if most is not None:
                    yield Row(f"network process that {did} {count:,} Items: memory at most", "MiB", most)
            yield from alone(taker.profile, giver.key, count)
            if not idle:
                return
            yield from sizes(taker.profile, giver.key, way.bytes)
            ways = []
            for _ in range(UPDATES):
                publisher.grow(MORE)
                count += MORE
                ways.append(one_way(giver, taker, count))
            share = 100 * statistics.median(each.bytes for each in ways) / way.bytes
            yield Row(f"{MORE} new Items in {OFFERED:,}: bytes, of the full size", "%", share, goal=3.0)
            took = statistics.median(each.whole for each in ways)
            yield Row(f"{MORE} new Items: card to ranked list, median of {UPDATES}", "s", took)
            yield from of_processes(giver, taker)


def follower_of(root: Path) -> Profile:
    """A stranger's profile with a library of its own and a taste."""
    # Other measurements leave there what invented peers gave them.
    of_peers = shutil.ignore_patterns("catalogues", "offers.db*", "*.lock")
    shutil.copytree(with_vectors(made_profile(ITEMS)).root, root, ignore=of_peers)
    profile = Profile.at(root)
    with Database.open(profile.library, RESOURCES / "migrations") as database:
        database.execute("DELETE FROM peers")
        feedback, ids = Feedback(database), Items(database).present_ids()
        for number, item in enumerate(ids[:: len(ids) // LABELS][:LABELS]):
            (feedback.dislike if number % 3 == 0 else feedback.like)(item)
    return profile


def one_way(giver: LocalPeer, taker: LocalPeer, count: int) -> Way:
    """Tell the publisher that its library changed, wait for the follower's scores of `count` offers."""
    since, before = taker.mark(), bytes_that_came(taker.profile)
    giver.tell(PublicationChanged())
    scored, _ = taker.wait(OfferScoresChanged, lambda event: event.offers == count, since)
    signed = (giver.profile.published / "card").stat().st_mtime
    heard = next(when for when, _ in taker.all_of(PeersChanged, since) if when >= signed)
    stored = next(when for when, _ in taker.all_of(OffersChanged, since) if when >= heard)
    whole = [when for when, said in taker.all_of(NetworkProgress, since) if said.done == said.total > 0]
    came = bytes_that_came(taker.profile) - before
    # Where most of it was linked, the torrent is never seen whole before it is begun anew.
    return Way(signed, heard, whole[0] if whole else stored, stored, scored, came)


def steps(way: Way, count: int, found: float) -> Iterator[Row]:
    """Yield the way of a first catalogue and its parts; `found`: seconds to have its pointer instead of the gossip."""
    goal = 3.0 if count == OFFERED else None
    yield Row(f"a stranger's {count:,} Items: card signed to ranked list", "s", way.whole, goal=goal)
    pointer = way.scored - way.heard + found
    yield Row(f"a stranger's {count:,} Items: pointer asked for to ranked list, parts added", "s", pointer, goal=goal)
    yield Row("  until the pointer was found in the DHT", "s", found)
    yield Row("  until the card came by gossip", "s", way.heard - way.signed)
    yield Row("  fetching", "s", way.fetched - way.heard)
    yield Row("  verifying and storing", "s", way.stored - way.fetched)
    yield Row("  vectors taken in, words encoded, scored", "s", way.scored - way.stored)


def alone(profile: Profile, key: str, count: int) -> Iterator[Row]:
    """Yield the rates of verifying and storing, each by itself, on what was fetched."""
    with closing(Offers(profile.offers)) as offers:
        (row,) = [row for row in offers.catalogues() if row.peer.hex() == key]
    with Database.open(profile.library, RESOURCES / "migrations") as database:
        card = decode_card(Peers(database).card(row.peer) or b"")
    begun = time.perf_counter()
    taken = taken_catalogue(Path(row.folder), card, time.time())
    verified = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="bowerbird-bench-") as folder, closing(Offers(Path(folder) / "o")) as made:
        opened = time.perf_counter()
        made.take(taken)
        stored = time.perf_counter()
    yield Row(f"verifying {count:,} alone", "s", verified - begun)
    yield Row(f"storing {count:,} lines alone", "s", stored - opened)


def sizes(profile: Profile, key: str, came: int) -> Iterator[Row]:
    """Yield bytes for each Item, beside what they would be with vectors of float16."""
    with closing(Offers(profile.offers)) as offers:
        (row,) = [row for row in offers.catalogues() if row.peer.hex() == key]
    halves = sum(space.dimension for space in row.spaces)
    yield Row(
        "bytes for each Item on the wire: made words, sound vector", "B", came / row.items,
        (came - (halves + 2) * row.items + 2 * halves * row.items) / row.items, "float16", 1_000,
    )  # fmt: skip
    lines = sum(path.stat().st_size for path in Path(row.folder).glob("items.*"))
    yield Row("  of them its words, root, size, type, licence", "B", lines / row.items)


def of_processes(giver: LocalPeer, taker: LocalPeer) -> Iterator[Row]:
    """Yield what the publisher's network process takes: after publishing, begun anew, and while it gives a file."""
    yield from idle_rows(giver, "just after publishing")
    giver.stop_network()
    giver.start_network()
    giver.wait(NetworkState, lambda state: state.peers > 0 and not state.publishing, giver.mark())
    yield from idle_rows(giver, "begun anew")
    with closing(sqlite3.connect(f"{taker.profile.offers.as_uri()}?mode=ro", uri=True)) as database:
        (offer,) = database.execute("SELECT id FROM offers WHERE size = ?", (LARGE,)).fetchone()
    since, watched = taker.mark(), Watched(pid_of(giver))
    taker.tell(Download(1, offer))
    begun, _ = taker.wait(DownloadChanged, lambda event: event.done > 0, since)
    ended, _ = taker.wait(DownloadChanged, lambda event: event.state is DownloadState.CHECKING, since)
    use = watched.used()
    yield Row(
        f"giving a file of {LARGE // MIB} MiB, at the pace of one machine", "MiB/s", LARGE / MIB / (ended - begun)
    )
    yield Row("network process giving it: of one core", "%", 100 * use.cpu)
    yield Row("network process giving it: memory at most", "MiB", use.memory)


def idle_rows(giver: LocalPeer, when: str) -> Iterator[Row]:
    """Yield what an idle network process takes that shares all."""
    watched = Watched(pid_of(giver))
    time.sleep(STILL)
    use = watched.used()
    yield Row(f"idle network process, {when}: of one core in {STILL:.0f} s", "%", 100 * use.cpu, goal=1.0)
    yield Row(f"idle network process, {when}: memory", "MiB", use.memory, goal=150.0)


def pid_of(peer: LocalPeer) -> int:
    """The number of a peer's network process."""
    assert peer.network is not None
    return peer.network.pid


def bytes_that_came(profile: Profile) -> int:
    """Payload of strangers' catalogues that came so far, as the follower's budget counts it."""
    if not profile.offers.exists():
        return 0
    with closing(Offers(profile.offers)) as offers:
        return offers.usage()
