"""What is told of a taste: nothing unless asked for, each rating once, nothing private; and what a follower hears."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from app.errors import StoreError
from app.protocol import NO_REASON, PartKind, Reason, ReasonKind
from app.store.database import Database
from app.store.evidence import EvidenceRow, EvidenceRows
from app.store.feedback import Feedback
from app.store.items import Items
from app.store.peers import Peers
from app.store.publications import Publications
from app.studio.followed import Hearing, Seen, heard_from
from app.studio.telling import noise_secret, tell
from models.evidence import Level, Projection, TasteMessage, VoteMessage
from models.evidence_file import from_bytes
from models.types import F32, I64, ItemId
from tests.factories import found_item, open_database

SPACE = "builtin-audio-v1-0123456789abcdef"
SECRET = bytes(range(32))
COUNT = 60


class TwoCamps:
    """Vectors of 60 Items: the first half points one way, the second the other."""

    def __init__(self, ids: list[int]) -> None:
        rng = np.random.default_rng(0)
        camps = rng.normal(size=(2, 40))
        rows = camps[[0 if n < COUNT // 2 else 1 for n in range(COUNT)]] + 0.3 * rng.normal(size=(COUNT, 40))
        self.ids = np.array(ids, np.int64)
        self.rows = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)

    def matrix(self, space: str) -> tuple[I64, F32]:
        assert space == SPACE
        return self.ids, self.rows

    def vector_of(self, space: str, item: ItemId) -> F32 | None:
        raise AssertionError("the matrix is enough")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with open_database(tmp_path) as opened:
        store = Items(opened)
        folder = store.add_folder("/music")
        store.save_found([found_item(number, folder.id) for number in range(COUNT)])
        yield opened


@pytest.fixture
def ids(database: Database) -> list[int]:
    return [row[0] for row in database.all("SELECT id FROM items ORDER BY id")]


def rate(database: Database, ids: list[int], count: int, start: int = 0) -> None:
    """Like the first camp, dislike the second, alternately."""
    feedback = Feedback(database)
    for number in range(start, start + count):
        half, at = number % 2, number // 2
        (feedback.dislike if half else feedback.like)(ItemId(ids[at + half * (COUNT // 2)]))


def root_of(item: int) -> bytes:
    return hashlib.sha256(f"root {item}".encode()).digest()


def publish(database: Database, items: list[int]) -> None:
    with database.transaction():
        database.run_many(
            "INSERT INTO published (item_id, path, size, mtime_ns, root) VALUES (?, 'p', 1, 1, ?)",
            [(item, root_of(item)) for item in items],
        )


def test_nothing_is_told_unless_asked_for(database: Database, ids: list[int]) -> None:
    rate(database, ids, 40)
    assert tell(database, TwoCamps(ids), SPACE, Level.NOTHING, SECRET) == 0
    assert EvidenceRows(database).told() == []


def test_few_ratings_are_not_told(database: Database, ids: list[int]) -> None:
    rate(database, ids, 19)
    assert tell(database, TwoCamps(ids), SPACE, Level.TASTE, SECRET) == 0


def test_a_rating_is_told_once(database: Database, ids: list[int]) -> None:
    rate(database, ids, 24)
    vectors = TwoCamps(ids)
    assert tell(database, vectors, SPACE, Level.TASTE, SECRET) == 1
    assert tell(database, vectors, SPACE, Level.TASTE, SECRET) == 1
    publish(database, ids)
    assert tell(database, vectors, SPACE, Level.VOTES, SECRET) == 1, "votes would tell the same labels again"
    rate(database, ids, 20, start=24)
    assert tell(database, vectors, SPACE, Level.TASTE, SECRET) == 2
    first, second = (from_bytes(row.message) for row in EvidenceRows(database).messages())
    assert isinstance(first, TasteMessage)
    assert isinstance(second, TasteMessage)
    assert (first.labels, second.labels) == (24, 20)


def test_votes_are_on_published_files_alone(database: Database, ids: list[int]) -> None:
    rate(database, ids, 50)
    publish(database, ids[: COUNT // 2])
    assert tell(database, TwoCamps(ids), SPACE, Level.VOTES, SECRET) == 1
    (row,) = EvidenceRows(database).messages()
    message = from_bytes(row.message)
    assert isinstance(message, VoteMessage)
    assert {*message.up, *message.down} <= {root_of(item) for item in ids[: COUNT // 2]}
    assert len(message.up) > len(message.down), "all of them were liked, but for the noise"


def test_what_is_private_is_not_told(database: Database, ids: list[int]) -> None:
    rate(database, ids, 24)
    Publications(database).keep_private([ItemId(item) for item in ids[:5]])
    assert tell(database, TwoCamps(ids), SPACE, Level.TASTE, SECRET) == 0


def test_habits_are_not_told(database: Database, ids: list[int]) -> None:
    for item in ids:
        Feedback(database).played(ItemId(item), 1.0, 100.0, "library")
    assert tell(database, TwoCamps(ids), SPACE, Level.TASTE, SECRET) == 0


def test_switched_off_it_is_withdrawn_and_stays_spent(database: Database, ids: list[int]) -> None:
    rate(database, ids, 24)
    vectors = TwoCamps(ids)
    tell(database, vectors, SPACE, Level.TASTE, SECRET)
    assert tell(database, vectors, SPACE, Level.NOTHING, SECRET) == 0
    assert EvidenceRows(database).messages() == []
    assert tell(database, vectors, SPACE, Level.TASTE, SECRET) == 0


def test_the_secret_is_made_once_and_kept_from_others(tmp_path: Path) -> None:
    path = tmp_path / "noise.key"
    made = noise_secret(path)
    assert len(made) == 32
    assert noise_secret(path) == made
    assert path.stat().st_mode & 0o077 == 0
    path.write_bytes(b"short")
    with pytest.raises(StoreError, match="damaged"):
        noise_secret(path)


def test_a_follower_is_led_to_what_the_friend_likes_and_back(database: Database, ids: list[int]) -> None:
    vectors = TwoCamps(ids)
    rate(database, ids, 40)
    publish(database, ids)
    assert tell(database, vectors, SPACE, Level.VOTES, SECRET) == 1
    told = EvidenceRows(database).messages()
    friend = b"f" * 32
    Peers(database).follow(friend, "Anna")
    EvidenceRows(database).hear(friend, [EvidenceRow(friend, row.seq, row.level, row.message) for row in told])

    hearing = Hearing(vectors, SPACE)
    heard = hearing.listen(database)
    assert heard is not None
    seen = hearing.seen(heard, vectors.ids, database)
    said = heard.said_of(seen, 0)
    own = np.zeros(COUNT, np.float32)
    total = said.added_to(own)
    unrated = [*range(20, 30)], [*range(50, 60)]
    assert total[unrated[0]].mean() > total[unrated[1]].mean() + 1.0, "by its taste, where it never voted"
    for row in (0, 25, 40):
        parts = said.parts(row)
        assert own[row] + sum(part.amount for part in parts) == pytest.approx(float(total[row]), abs=1e-4)
        assert {(part.kind, part.label) for part in parts} == {(PartKind.PEER, "Anna")}
    assert said.reason(0) == Reason(ReasonKind.FOLLOWED, ("Anna",))
    assert said.reason(40) == NO_REASON

    Peers(database).unfollow(friend)
    assert hearing.listen(database) is None


def test_a_message_that_is_not_what_it_was_signed_as_is_passed_over(
    database: Database, ids: list[int], caplog: pytest.LogCaptureFixture
) -> None:
    rate(database, ids, 24)
    tell(database, TwoCamps(ids), SPACE, Level.TASTE, SECRET)
    (row,) = EvidenceRows(database).messages()
    friend = b"f" * 32
    with caplog.at_level("ERROR"):
        wrong = [
            EvidenceRow(friend, row.seq + 1, row.level, row.message),
            EvidenceRow(friend, row.seq, 2, row.message),
            EvidenceRow(friend, row.seq, 1, b"{}"),
        ]
        assert heard_from(wrong).contributions == ()
        right = EvidenceRow(friend, row.seq, row.level, row.message)
        assert len(heard_from([*wrong, right]).contributions) == 1


def test_without_vectors_and_roots_nobody_is_heard() -> None:
    projection = Projection.drawn(SPACE, 40)
    mean, none = np.zeros(40, np.float32), np.zeros((0, 40), np.float32)
    seen = Seen.of(projection, mean, np.arange(3), np.zeros(0, np.int64), none, {b"r" * 32: 7})
    assert not seen.rows.any()
    assert seen.roots == {}
