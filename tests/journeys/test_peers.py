"""Peers with real media on one machine: met through the DHT, ranked before a byte of them came, played while it comes.

Every peer is a real studio and a real network process on an address of its own; the only thing they are told is one DHT
node, as the mainline DHT's public routers are for the first contact.
"""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication
from pytestqt.qtbot import QtBot

from app.config import DOWNLOAD_LIMIT, Settings
from app.network_messages import (
    AskNetworkState,
    Block,
    Discover,
    Download,
    DownloadChanged,
    DownloadStarted,
    DownloadState,
    Follow,
    NetworkState,
    OfferPicks,
    OfferScoresChanged,
    Stream,
    StreamAt,
    TakenIn,
)
from app.paths import Profile
from app.player.qt import QtPlayer
from app.protocol import Done, FeedbackChanged, ReasonKind, ScoresChanged
from app.store.downloads import Downloads
from app.store.feedback import Feedback
from app.store.item_lists import ItemLists, ListQuery
from app.store.items import Items
from app.store.offer_vectors import OfferVectors
from app.store.peers import Peers
from app.studio.spaces import builtin_spaces
from models.ids import ItemId
from tests.peer_run import PeerRun, Router
from tests.wire import Wire

pytestmark = [pytest.mark.journey, pytest.mark.media]

ANNA, BERT, CARL, DORA = "127.1.9.1", "127.2.9.1", "127.3.9.1", "127.4.9.1"
TALK = 300_000
"""Bytes that DHT, overlay and catalogue may take together; the smallest piece of music of the test has 492 kB."""
SOME_PACKETS = 5_000
"""Bytes: some dozens of an idle peer's datagrams."""


@pytest.fixture
def router() -> Iterator[Router]:
    made = Router()
    yield made
    made.close()


@pytest.fixture
def anna(annas_profile: Path, tmp_path: Path, router: Router) -> Iterator[PeerRun]:
    """That peer on a copy of its profile: what it published it gives again from the start."""
    shutil.copytree(annas_profile, tmp_path / "anna")
    with PeerRun(tmp_path / "anna", ANNA, [router.address], "Anna") as run:
        run.wait(NetworkState, lambda state: state.published == 10)
        yield run


def like(run: PeerRun, words: str) -> None:
    """Like what is called so, and wait until it is learned."""
    since = run.mark()
    with run.database() as database:
        ids = [ItemId(one) for one in ItemLists(database).ids(ListQuery(search=words))]
        assert ids
        for item in ids:
            Feedback(database).like(item)
    run.tell_studio(FeedbackChanged())
    run.wait(ScoresChanged, lambda event: event.labels >= len(ids), since)


def joined(tmp_path: Path, name: str, host: str, router: Router, music: Path) -> PeerRun:
    """A peer with a little music of its own, which it has not told anybody of."""
    run = PeerRun(tmp_path / name.lower(), host, [router.address], name)
    run.start_studio()
    run.take_in(music.resolve())
    return run


def state_of(run: PeerRun) -> NetworkState:
    return run.ask(AskNetworkState, NetworkState)


@pytest.fixture
def wire() -> Iterator[Wire | None]:
    """Counts packets, where this machine lets us."""
    try:
        made = Wire()
    except (OSError, AttributeError):
        yield None
        return
    yield made
    made.close()


def test_from_a_strangers_catalogue_to_a_piece_of_ones_own(
    anna: PeerRun, router: Router, shared_media: Path, tmp_path: Path, wire: Wire | None, qtbot: QtBot
) -> None:
    bert = joined(tmp_path, "Bert", BERT, router, shared_media / "music" / "Tarush Singhal")
    with contextlib.closing(bert):
        Settings(bert.profile.settings).set(DOWNLOAD_LIMIT, 250)
        for artist in ("Eric Skiff", "PeriTune", "Kevin MacLeod", "Darkroom", "Jordach"):
            bert.take_in((shared_media / "music" / artist).resolve())
        like(bert, "lofi")
        before = wire.sent(ANNA) if wire else 0
        bert.start_network()

        # Met without being told of, fetched, ranked: and not one byte of music has moved.
        rows = bert.scored(10)
        assert "HoliznaCC0" in {row.artist for row in rows}
        assert {row.peer.hex() for row in rows} == {anna.key}
        picks = bert.ask_studio(Discover, OfferPicks)
        assert picks.labels
        assert picks.picks
        assert all(0 <= pick.score <= 1 for pick in picks.picks)
        assert picks.picks[0].reason.kind is not ReasonKind.NONE
        best = next(row for row in rows if row.id == picks.picks[0].offer)
        assert not list(bert.profile.incoming.rglob("*.ogg"))
        if wire is not None:
            talked = wire.sent(ANNA) - before
            assert 0 < talked < TALK < min(row.size for row in rows)

        # A click: it plays while it arrives.
        download = bert.ask(lambda number: Download(number, best.id), DownloadStarted).download
        url = bert.ask(lambda number: Stream(number, download), StreamAt).url
        with urllib.request.urlopen(url, timeout=60) as answer:
            assert answer.read(4) == b"OggS"
            so_far = [event.done for event in bert.seen if isinstance(event, DownloadChanged)]
            assert max(so_far) < best.size, "it was whole before its first bytes could be played"
        player = QtPlayer()
        failed: list[str] = []
        player.events.failed.add(lambda error: failed.append(str(error)))
        try:
            player.load(url)
            player.play()
            qtbot.waitUntil(lambda: player.position > 0.5 or bool(failed), timeout=60_000)
            assert failed == []
            player.stop()
        finally:
            player.close()
            QCoreApplication.processEvents()

        # Whole: judged, imported, encoded here.
        ended = bert.wait(DownloadChanged, lambda event: event.download == download and event.item > 0)
        assert ended.state is DownloadState.DONE
        taken = bert.wait(TakenIn)
        with bert.database() as database:
            item = Items(database).item(ItemId(taken.item))
            assert item is not None
            assert item.title == best.title
            assert Path(item.path).read_bytes() == Path(_source(anna, best.title)).read_bytes()
            (done,) = Downloads(database).rows()
            assert (done.state, done.item) == (DownloadState.DONE, taken.item)
            (peer,) = [row for row in Peers(database).rows() if row.key.hex() == anna.key]
            assert (peer.kept, peer.broken) == (1, 0)

        def encoded() -> bool:
            with bert.database() as database:
                return taken.item in Items(database).marked(builtin_spaces().audio)

        bert.until(encoded, "the vectors of the new piece")
        assert bert.failures() == []


def test_what_a_publisher_left_behind_is_had_from_others(
    anna: PeerRun, router: Router, shared_media: Path, tmp_path: Path
) -> None:
    bert = joined(tmp_path, "Bert", BERT, router, shared_media / "music" / "Tarush Singhal")
    carl = joined(tmp_path, "Carl", CARL, router, shared_media / "music" / "Eric Skiff")
    key = bytes.fromhex(anna.key)
    with contextlib.closing(bert), contextlib.closing(carl):
        bert.start_network()
        bert.ask(lambda number: Follow(number, anna.key), Done)
        bert.until(lambda: len(bert.offers()) == 10, "the catalogue")
        anna.kill()
        # Carl never met Anna: the card and the catalogue come from Bert.
        carl.start_network()
        carl.until(lambda: len(carl.offers()) == 10, "the catalogue of a peer that is gone")
        assert {row.peer for row in carl.offers()} == {key}
        carl.ask(lambda number: Follow(number, anna.key), Done)
        with carl.database() as database:
            row = Peers(database).row(key)
            assert row is not None
            assert row.followed
            assert row.name == "Anna"
            assert Peers(database).card(key) is not None


def test_a_blocked_peer_leaves_nothing_behind(
    anna: PeerRun, router: Router, shared_media: Path, tmp_path: Path, wire: Wire | None
) -> None:
    dora = joined(tmp_path, "Dora", DORA, router, shared_media / "music" / "Tarush Singhal")
    with contextlib.closing(dora):
        like(dora, "lofi")
        dora.close()
        never_met = tmp_path / "never met"
        shutil.copytree(dora.profile.root, never_met)
        dora.start_studio()
        dora.start_network()
        assert dora.scored(10)
        since = dora.mark()
        dora.ask(lambda number: Block(number, anna.key), Done)
        dora.wait(OfferScoresChanged, lambda event: event.offers == 0, since)
        dora.until(lambda: not dora.offers(), "the offers to be gone")
        # Nobody else is there, and Anna goes on talking: nothing of it may come back.
        if wire is not None:
            heard = wire.sent(ANNA)
            dora.until(lambda: wire.sent(ANNA) > heard + SOME_PACKETS, "Anna to talk on")
        dora.close()
    met, other = Profile.at(dora.profile.root), Profile.at(never_met)
    blocked = rows_of(met.library, "blocks")
    assert [row[0] for row in blocked] == [bytes.fromhex(anna.key)]
    tables = ("items", "files", "feedback", "marks", "peers", "downloads", "evidence", "published", "dismissed", "told")
    for table in tables:
        assert rows_of(met.library, table) == rows_of(other.library, table), table
    for table in ("scores", "offer_scores"):
        assert rows_of(met.scores, table) == rows_of(other.scores, table), table
    for table in ("offers", "catalogues", "shards", "catalogue_spaces", "usage"):
        assert rows_of(met.offers, table) == [], table
    assert not [path for path in met.catalogues.rglob("*") if path.is_file()]
    held = OfferVectors(met.vectors)
    with contextlib.closing(held):
        for space in builtin_spaces().all:
            assert len(held.ids(space)) == 0
    key = bytes.fromhex(anna.key)
    for path in (*met.vectors.rglob("*"), met.offers, met.scores):
        if path.is_file():
            content = path.read_bytes()
            assert key not in content, path
            assert anna.key.encode() not in content, path


def rows_of(path: Path, table: str) -> list[tuple[object, ...]]:
    """All rows of a table; none where it is not there yet. Times of the last start do not count."""
    with contextlib.closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as database:
        if database.execute("SELECT 1 FROM sqlite_schema WHERE name = ?", (table,)).fetchone() is None:
            return []
        return sorted(database.execute(f"SELECT * FROM {table}").fetchall(), key=repr)


def _source(run: PeerRun, title: str) -> str:
    with run.database() as database:
        (row,) = database.all("SELECT path FROM items WHERE title = ?", (title,))
        return str(row[0])
