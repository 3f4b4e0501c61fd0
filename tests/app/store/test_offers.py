"""offers.db: catalogues that replace each other, ids that last, readers that see all or nothing, exact removal."""

from __future__ import annotations

import contextlib
import dataclasses
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from app.errors import StoreError
from app.store.database import Database
from app.store.offer_rows import Dismissals, OfferRows
from app.store.offer_values import Health, OfferQuery, TakeCounts, TakenOffer
from app.store.offers import DAY, Offers
from app.store.peers import Peers
from app.store.scores import Scores
from app.trust import Rank
from tests.factories import file_root, make_library, open_database, peer_key, taken_catalogue, taken_offer

A, B = peer_key(1), peer_key(2)


@pytest.fixture
def offers(tmp_path: Path) -> Iterator[Offers]:
    with contextlib.closing(Offers(tmp_path / "offers.db")) as opened:
        yield opened


@pytest.fixture
def library(tmp_path: Path, offers: Offers) -> Iterator[Database]:
    with open_database(tmp_path, scores=True, offers=True) as opened:
        yield opened


def test_a_catalogue_is_read_back_line_by_line(offers: Offers, library: Database) -> None:
    Peers(library).card_came(A, 1, b"card", "Anna")
    line = taken_offer(1, kind="video", mime="video/webm", width=640, height=360, language="en", vectors=7)
    assert offers.take(taken_catalogue(1, [line])) == TakeCounts(1, 0, 0)
    rows = OfferRows(library)
    (row,) = rows.rows(rows.ids())
    assert (row.peer, row.peer_name, row.rank, row.root) == (A, "Anna", Rank.STRANGER, line.root)
    assert (row.title, row.artist, row.album, row.tags) == ("Title 1", "Artist 1", "Album 1", "Ambient; Drone")
    assert (row.width, row.height, row.seeds, row.score, row.owned) == (640, 360, -1, None, 0)
    assert offers.place_of(row.id) == (A, line)
    assert offers.place_of(row.id + 1) is None
    (catalogue,) = rows.catalogues()
    assert (catalogue.peer, catalogue.items, catalogue.bytes) == (A, 1, 950)
    assert catalogue.spaces[0].dimension == 860
    assert offers.catalogues() == [catalogue]
    assert [(shard.name, shard.items) for shard in rows.shards(A)] == [("00000", 1)]


def test_what_stays_keeps_its_id_also_in_another_place(offers: Offers, library: Database) -> None:
    offers.take(taken_catalogue(1, [taken_offer(n) for n in range(10)]))
    before = {row.root: row.id for row in OfferRows(library).rows(OfferRows(library).ids())}
    moved = [taken_offer(n, shard="00007", row=n - 2) for n in range(2, 12)]
    assert offers.take(taken_catalogue(1, moved, seq=2)) == TakeCounts(2, 8, 2)
    places = OfferRows(library).places(A)
    assert [(place.shard, place.row) for place in places] == [("00007", n) for n in range(10)]
    now = {row.root: row.id for row in OfferRows(library).rows(OfferRows(library).ids())}
    assert {root: now[root] for root in now if root in before} == {
        file_root(n): before[file_root(n)] for n in range(2, 10)
    }


@pytest.mark.parametrize("change", [{"title": "Other"}, {"size": 1}, {"vectors": 9}, {"licence": ""}])
def test_what_changed_is_another_offer_with_its_count_kept(
    offers: Offers, library: Database, change: dict[str, object]
) -> None:
    offers.take(taken_catalogue(1, [taken_offer(1), taken_offer(2)]))
    old, same = sorted(OfferRows(library).ids())
    offers.set_health([Health(old, 3, 4, 50.0)])
    offers.take(taken_catalogue(1, [taken_offer(1, **change), taken_offer(2)], seq=2))
    ids = set(OfferRows(library).ids())
    assert same in ids
    assert old not in ids
    (new,) = OfferRows(library).rows(sorted(ids - {same}))
    assert (new.seeds, new.swarm_peers, new.checked_at) == (3, 4, 50.0)


def test_an_id_is_never_used_again_not_even_by_a_new_file(offers: Offers, tmp_path: Path) -> None:
    used: set[int] = set()
    for turn in range(3):
        with contextlib.closing(Offers(tmp_path / "offers.db")) as again, open_database(tmp_path, offers=True) as db:
            again.drop(A)
            again.take(taken_catalogue(1, 5, seq=turn))
            ids = set(OfferRows(db).ids())
        assert not ids & used
        used |= ids
        if turn:
            offers.close()
            for suffix in ("", "-wal", "-shm"):
                (tmp_path / f"offers.db{suffix}").unlink(missing_ok=True)


def test_a_count_goes_to_every_offer_of_the_file(offers: Offers, library: Database) -> None:
    offers.take(taken_catalogue(1, [taken_offer(1)]))
    offers.take(taken_catalogue(2, [taken_offer(1), taken_offer(2)]))
    rows = OfferRows(library)
    one, other, alone = sorted(rows.ids())
    offers.set_health([Health(one, 5, 6, 7.0)])
    assert [(row.seeds, row.swarm_peers) for row in rows.rows([one, other, alone])] == [(5, 6), (5, 6), (-1, -1)]
    assert rows.same_file(one) == [other]
    assert offers.holders(file_root(1)) == sorted([A, B])
    assert offers.offer_of(B, file_root(2)) == alone
    assert offers.offer_of(A, file_root(2)) == 0


def test_dropping_a_peer_leaves_no_byte_of_it(offers: Offers, tmp_path: Path) -> None:
    offers.take(taken_catalogue(2, [taken_offer(5)]))
    offers.take(taken_catalogue(1, [taken_offer(n, title=f"unmistakable {n}") for n in range(500)]))
    offers.note_usage(A, 1000)
    assert b"unmistakable" in b"".join(path.read_bytes() for path in tmp_path.glob("offers.db*"))
    assert offers.drop(A) == 500
    assert offers.usage(A) == 0
    for path in tmp_path.glob("offers.db*"):
        content = path.read_bytes()
        assert b"unmistakable" not in content
        assert A not in content
    assert offers.holders(file_root(5)) == [B]


def test_rows_equal_those_of_a_file_that_never_met_the_peer(tmp_path: Path) -> None:
    def state(name: str, meet: bool) -> list[object]:
        (tmp_path / name).mkdir()
        with contextlib.closing(Offers(tmp_path / name / "offers.db")) as offers:
            if meet:
                offers.take(taken_catalogue(1, 20))
            offers.take(taken_catalogue(2, 5))
            if meet:
                offers.take(taken_catalogue(1, 10, seq=2))
                offers.drop(A)
        with contextlib.closing(sqlite3.connect(tmp_path / name / "offers.db")) as raw:
            columns = [row[1] for row in raw.execute("PRAGMA table_info(offers)") if row[1] != "id"]
            tables = ["catalogues", "shards", "catalogue_spaces", "usage"]
            return [
                raw.execute(f"SELECT {', '.join(columns)} FROM offers ORDER BY id").fetchall(),
                *(raw.execute(f"SELECT * FROM {table}").fetchall() for table in tables),
            ]

    assert state("met", True) == state("never", False)


def test_a_reader_sees_a_whole_catalogue_or_none_and_does_not_wait(offers: Offers, tmp_path: Path) -> None:
    stop = threading.Event()
    turns = []

    def write() -> None:
        with contextlib.closing(Offers(tmp_path / "offers.db")) as writer:
            while not stop.is_set():
                writer.take(taken_catalogue(1, [taken_offer(n) for n in range(len(turns) % 2 * 300, 300 + 300)]))
                turns.append(1)

    offers.take(taken_catalogue(1, [taken_offer(n) for n in range(600)]))
    thread = threading.Thread(target=write)
    thread.start()
    try:
        with open_database(tmp_path, offers=True) as database:
            seen = set()
            while len(turns) < 20 or len(seen) < 2:
                database.execute("PRAGMA busy_timeout = 0")  # to wait would be to fail
                seen.add(len(OfferRows(database).ids()))
    finally:
        stop.set()
        thread.join()
    assert seen == {300, 600}


QUERIES: list[tuple[OfferQuery, set[int]]] = [
    (OfferQuery(), {1, 2, 3, 4}),
    (OfferQuery(kind="video"), {3}),
    (OfferQuery(licence="free"), {1, 2}),
    (OfferQuery(licence="by-nc"), {2}),
    (OfferQuery(largest=100), {4}),
    (OfferQuery(followed_only=True), {4}),
    (OfferQuery(peer=A), {1, 2, 3}),
    (OfferQuery(search="bjork"), {1}),
    (OfferQuery(search="BJÖRK hum"), {1}),
    (OfferQuery(search="-björk artist"), {2, 3, 4}),
    (OfferQuery(search="hip hop"), {2}),
    (OfferQuery(search="Hip-Hop"), {2}),
    (OfferQuery(search='" xor 1 -- %'), set()),
    (OfferQuery(blocked_words=("hip-hop", " ")), {1, 3, 4}),
    (OfferQuery(blocked_words=("human",)), {2, 3, 4}),
    (OfferQuery(blocked_words=("hum",)), {1, 2, 3, 4}),
    (OfferQuery(dismissed=True), {1, 2, 3, 4, 5}),
]


@pytest.mark.parametrize(("query", "expected"), QUERIES)
def test_filters(offers: Offers, library: Database, query: OfferQuery, expected: set[int]) -> None:
    lines: list[TakenOffer] = [
        taken_offer(1, title="Human Behaviour!", artist="Björk"),
        taken_offer(2, tags=("Hip-Hop",), licence="CC BY-NC 3.0"),
        taken_offer(3, kind="video", licence="(c) 2020"),
    ]
    offers.take(taken_catalogue(1, lines))
    offers.take(taken_catalogue(2, [taken_offer(4, size=100, licence=""), taken_offer(5, kind="video")]))
    Peers(library).follow(B)
    Dismissals(library).add(file_root(5))
    rows = OfferRows(library)
    number = {file_root(n): n for n in range(6)}
    assert {number[row.root] for row in rows.rows(rows.ids(query))} == expected


def test_a_dismissed_file_comes_back_when_it_is_wanted_again(library: Database) -> None:
    dismissals = Dismissals(library)
    dismissals.add(file_root(1))
    dismissals.add(file_root(1))
    assert dismissals.roots() == {file_root(1)}
    dismissals.remove(file_root(1))
    assert dismissals.roots() == frozenset()


def test_scores_stand_beside_their_offers(offers: Offers, library: Database, tmp_path: Path) -> None:
    make_library(library, 1)
    offers.take(taken_catalogue(1, 2))
    rows = OfferRows(library)
    one, two = rows.ids()
    Scores(tmp_path / "scores.db").close()
    with contextlib.closing(sqlite3.connect(tmp_path / "scores.db")) as raw, raw:
        raw.execute("INSERT INTO offer_scores VALUES (?, 0.75, 0.125, 1)", (two,))
    found = rows.rows([two, 99, one])
    assert [(row.id, row.score, row.deviation, row.owned) for row in found] == [
        (two, 0.75, 0.125, 1),
        (one, None, None, 0),
    ]


def test_a_ranking_of_an_older_version_is_kept(tmp_path: Path) -> None:
    with contextlib.closing(Scores(tmp_path / "scores.db")) as scores:
        scores.write(np.array([1]), np.array([0.5], "f4"), np.array([0.25], "f4"))
    with contextlib.closing(sqlite3.connect(tmp_path / "scores.db")) as raw:
        raw.execute("DROP TABLE offer_scores")
    with open_database(tmp_path, scores=True, offers=True) as database:
        assert OfferRows(database).rows([1]) == []
    with contextlib.closing(Scores(tmp_path / "scores.db")) as scores:
        assert scores.score_of([1]) != [None]
    with contextlib.closing(sqlite3.connect(tmp_path / "scores.db")) as raw:
        assert raw.execute("SELECT count(*) FROM offer_scores").fetchone() == (0,)


def test_facts_texts_and_places(offers: Offers, library: Database) -> None:
    offers.take(taken_catalogue(1, [taken_offer(1), taken_offer(2)]))
    rows = OfferRows(library)
    one, two = sorted(rows.ids())
    fact = rows.facts([two, one])[1]
    assert (fact.id, fact.peer, fact.rank, fact.kind, fact.tags) == (one, A, Rank.STRANGER, "track", "Ambient; Drone")
    text = rows.texts([one])[0]
    assert (text.title, text.artist, text.album, text.genre, text.year) == (
        "Title 1", "Artist 1", "Album 1", "Ambient; Drone", 2001,
    )  # fmt: skip
    place = rows.places()[0]
    assert (place.id, place.folder, place.shard, place.row) == (one, "/catalogues/1", "00000", 1)
    assert rows.count() == 2


def test_what_strangers_used_is_counted_by_day(offers: Offers) -> None:
    offers.note_usage(A, 100, 10 * DAY)
    offers.note_usage(A, 50, 10 * DAY + 5)
    offers.note_usage(B, 7, 10 * DAY)
    assert (offers.usage(now=10 * DAY), offers.usage(A, 10 * DAY), offers.usage(now=11 * DAY)) == (157, 150, 0)
    offers.note_usage(B, 1, 30 * DAY)
    assert offers.usage(now=10 * DAY) == 0


@pytest.mark.parametrize("damage", [b"junk" * 5000, b"\0" * 20_000])
def test_a_damaged_file_is_made_anew(tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / "offers.db"
    path.write_bytes(damage)
    with open_database(tmp_path, offers=True) as database:
        assert OfferRows(database).rows([1]) == []
    with contextlib.closing(Offers(path)) as offers:
        offers.take(taken_catalogue(1, 3))
    with open_database(tmp_path, offers=True) as database:
        assert OfferRows(database).count() == 3


def test_a_file_of_another_shape_is_made_anew(tmp_path: Path) -> None:
    with contextlib.closing(Offers(tmp_path / "offers.db")) as offers:
        offers.take(taken_catalogue(1, 3))
    with contextlib.closing(sqlite3.connect(tmp_path / "offers.db")) as raw:
        raw.execute("ALTER TABLE offers DROP COLUMN language")
    with contextlib.closing(Offers(tmp_path / "offers.db")) as offers:
        assert offers.catalogues() == []


def test_a_library_is_never_taken_for_offers(tmp_path: Path) -> None:
    with open_database(tmp_path) as database:
        make_library(database, 1)
    with pytest.raises(StoreError, match="no offers"):
        Offers(tmp_path / "library.db")
    with open_database(tmp_path) as database:
        assert database.problems() == []
        with pytest.raises(StoreError, match="not attached"):
            OfferRows(database)


def test_foreign_text_that_sqlite_cannot_hold_is_taken_cleaned(offers: Offers, library: Database) -> None:
    line = dataclasses.replace(taken_offer(1), title="a\0b\ud800", artist="\udcff")
    offers.take(taken_catalogue(1, [line]))
    assert offers.take(taken_catalogue(1, [line], seq=2)) == TakeCounts(0, 1, 0)
    assert OfferRows(library).rows(OfferRows(library).ids())[0].title == "a b?"
