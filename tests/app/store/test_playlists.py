"""Playlists, positions and the saved queue."""

from __future__ import annotations

import pytest

from app.errors import StoreError
from app.store.database import Database
from app.store.items import Items
from app.store.playlists import Playlists, Positions, QueuedItem, SavedQueue
from models.ids import ItemId


def _ids(*numbers: int) -> list[ItemId]:
    return [ItemId(number) for number in numbers]


def test_making_and_changing(database: Database, items: Items) -> None:
    playlists = Playlists(database)
    one = playlists.create("b", _ids(1, 2))
    two = playlists.create("A\0\udcff")
    assert [(row.id, row.name, row.count, row.duration) for row in playlists.all()] == [
        (two, "A ?", 0, 0),
        (one, "b", 2, 201),
    ]
    playlists.append(one, _ids(3, 1))
    assert playlists.rows(one) == [1, 2, 3, 1]
    assert playlists.set_rows(one, _ids(4)) == [1, 2, 3, 1]
    assert playlists.rename(one, "c") == "b"
    assert playlists.all()[1].changed_at >= playlists.all()[1].created_at


@pytest.mark.parametrize(
    ("rows", "to", "expected"),
    [
        ([0], 3, [2, 3, 1, 4]),
        ([3], 0, [4, 1, 2, 3]),
        ([0, 2], 4, [2, 4, 1, 3]),
        ([1, 2], 1, [1, 2, 3, 4]),
        ([0], 99, [2, 3, 4, 1]),
        ([9, -1], 0, [1, 2, 3, 4]),
    ],
)
def test_moving(database: Database, items: Items, rows: list[int], to: int, expected: list[int]) -> None:
    playlists = Playlists(database)
    playlist = playlists.create("x", _ids(1, 2, 3, 4))
    assert playlists.move(playlist, rows, to) == [1, 2, 3, 4]
    assert playlists.rows(playlist) == expected


def test_deleting_can_be_undone(database: Database, items: Items) -> None:
    playlists = Playlists(database)
    playlist = playlists.create("x", _ids(2, 1, 2))
    before = playlists.all()
    snapshot = playlists.delete(playlist)
    assert playlists.all() == []
    playlists.restore(snapshot)
    assert playlists.all() == before
    assert playlists.rows(playlist) == [2, 1, 2]


def test_what_is_gone_is_said(database: Database) -> None:
    with pytest.raises(StoreError, match="gone"):
        Playlists(database).delete(7)
    with pytest.raises(StoreError, match="gone"):
        Playlists(database).rename(7, "x")


def test_positions(database: Database, items: Items) -> None:
    positions = Positions(database)
    assert positions.get(ItemId(1)) is None
    positions.set(ItemId(1), 60)
    positions.set(ItemId(2), 70)
    positions.set(ItemId(1), 61.5)
    assert positions.get(ItemId(1)) == 61.5
    assert positions.recent() == [1, 2]
    positions.forget(ItemId(1))
    assert positions.get(ItemId(1)) is None


def test_the_queue_is_as_it_was(database: Database, items: Items) -> None:
    queue = [QueuedItem(ItemId(3), "user"), QueuedItem(ItemId(1), "taste", current=True), QueuedItem(ItemId(3), "user")]
    saved = SavedQueue(database)
    saved.save([QueuedItem(ItemId(9), "user")])
    saved.save(queue)
    assert saved.load() == queue
