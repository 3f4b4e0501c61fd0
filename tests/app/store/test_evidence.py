"""Evidence is kept for each source, whatever the order it came in, and forgotten exactly."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.store.database import Database
from app.store.evidence import MOST_OF_ONE, EvidenceRow, EvidenceRows, ToldLabel, ToldRow
from app.store.peers import Peers
from tests.factories import open_database

ANNA, BERT = b"a" * 32, b"b" * 32


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with open_database(tmp_path) as opened:
        yield opened


@pytest.fixture
def rows(database: Database) -> EvidenceRows:
    for key in (ANNA, BERT):
        Peers(database).follow(key, now=1.0)
    return EvidenceRows(database)


def message(source: bytes, seq: int, text: bytes = b"m") -> EvidenceRow:
    return EvidenceRow(source, seq, 1, text)


def test_what_came_is_there_by_source_and_number(rows: EvidenceRows) -> None:
    assert rows.hear(BERT, [message(BERT, 2), message(BERT, 1)])
    assert rows.hear(ANNA, [message(ANNA, 5)])
    assert [(row.source, row.seq) for row in rows.followed()] == [(ANNA, 5), (BERT, 1), (BERT, 2)]
    assert not rows.hear(BERT, [message(BERT, 1), message(BERT, 2)]), "nothing new"


def test_what_a_source_takes_back_goes(rows: EvidenceRows) -> None:
    rows.hear(ANNA, [message(ANNA, 1), message(ANNA, 2)])
    assert rows.hear(ANNA, [message(ANNA, 2), message(ANNA, 3)])
    assert [row.seq for row in rows.of(ANNA)] == [2, 3]
    assert rows.hear(ANNA, [])
    assert rows.of(ANNA) == []


def test_nobody_else_has_any_influence(rows: EvidenceRows, database: Database) -> None:
    stranger = b"s" * 32
    assert not rows.hear(stranger, [message(stranger, 1)])
    Peers(database).card_came(stranger, 1, b"card", "Stranger")
    assert not rows.hear(stranger, [message(stranger, 1)])
    assert rows.followed() == []


def test_the_newest_stay(rows: EvidenceRows) -> None:
    rows.hear(ANNA, [message(ANNA, number) for number in range(MOST_OF_ONE + 6)])
    assert [row.seq for row in rows.followed()] == list(range(6, MOST_OF_ONE + 6))


@pytest.mark.parametrize("way", ["unfollow", "block"])
def test_a_source_is_forgotten_exactly(rows: EvidenceRows, database: Database, way: str) -> None:
    rows.hear(BERT, [message(BERT, 1)])
    before = rows.followed()
    rows.hear(ANNA, [message(ANNA, 1), message(ANNA, 2)])
    {"unfollow": Peers(database).unfollow, "block": Peers(database).block}[way](ANNA)
    assert rows.followed() == before
    assert rows.of(ANNA) == []


def test_labels_are_told_with_their_message_or_not_at_all(rows: EvidenceRows) -> None:
    assert rows.next_number() == 1
    rows.tell(ToldRow(1, 2, b"votes"), {b"r" * 32: True, b"q" * 32: False})
    assert rows.told() == [ToldLabel(b"q" * 32, 2, False, 1), ToldLabel(b"r" * 32, 2, True, 1)]
    with pytest.raises(Exception, match="UNIQUE"):
        rows.tell(ToldRow(1, 2, b"again"), {b"z" * 32: True})
    assert len(rows.told()) == 2
    assert [row.message for row in rows.messages()] == [b"votes"]


def test_what_is_withdrawn_stays_spent(rows: EvidenceRows) -> None:
    rows.tell(ToldRow(1, 1, b"taste"), {b"r" * 32: True})
    rows.withdraw()
    assert rows.messages() == []
    assert len(rows.told()) == 1
    assert rows.next_number() == 2


def test_of_our_own_the_newest_stay_too(rows: EvidenceRows) -> None:
    for number in range(1, MOST_OF_ONE + 3):
        rows.tell(ToldRow(number, 1, b"m"), {number.to_bytes(32, "big"): True})
    assert [row.seq for row in rows.messages()] == list(range(3, MOST_OF_ONE + 3))
    assert len(rows.told()) == MOST_OF_ONE + 2
