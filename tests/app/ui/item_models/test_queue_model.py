"""The queue's model follows the session with small changes, reads lazily and takes drops."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtTest import QAbstractItemModelTester

from app.player.radio import AutoPick
from app.ui.item_models.items_model import Dragged
from app.ui.item_models.queue_model import (
    CURRENT,
    FIRST_AUTOMATIC,
    ITEM_ROW,
    PAST,
    QUEUE_ROW,
    ROWS_MIME,
    QueueModel,
)
from models.ids import ItemId
from tests.window import Rig

COPY = Qt.DropAction.CopyAction


@pytest.fixture
def model(rig: Rig) -> Iterator[QueueModel]:
    made = QueueModel(rig.playback, rig.lists)
    tester = QAbstractItemModelTester(made, QAbstractItemModelTester.FailureReportingMode.Fatal)
    yield made
    del tester


def titles(model: QueueModel) -> list[str]:
    return [model.index(at).data(ITEM_ROW).title for at in range(model.rowCount())]


def test_rows_with_their_texts(rig: Rig, model: QueueModel) -> None:
    rig.playback.play_items(rig.ids[:3], 1)
    assert titles(model) == ["Title 1", "Title 2", "Title 3"]
    assert model.index(1).data() == "Title 2 – Artist 2"
    assert [model.index(at).data(CURRENT) for at in range(3)] == [False, True, False]
    assert [model.index(at).data(PAST) for at in range(3)] == [True, False, False]
    assert model.current_row == 1
    assert model.seconds_left() == 103.0


def test_other_rows_keep_their_place_when_one_goes(rig: Rig, model: QueueModel) -> None:
    rig.playback.play_items(rig.ids[:6])
    kept = [QPersistentModelIndex(model.index(at)) for at in range(6)]
    resets: list[bool] = []
    model.modelReset.connect(lambda: resets.append(True))
    rig.playback.remove([model.index(2).data(QUEUE_ROW).key])
    assert [index.isValid() for index in kept] == [True, True, False, True, True, True]
    assert kept[5].row() == 4
    rig.playback.enqueue(rig.ids[7:9])
    rig.playback.play_next(rig.ids[9:10])
    assert titles(model) == [f"Title {n}" for n in (1, 10, 2, 4, 5, 6, 8, 9)]
    assert not resets


def test_moving_and_undoing(rig: Rig, model: QueueModel) -> None:
    rig.playback.play_items(rig.ids[:5])
    rig.playback.move([model.index(4).data(QUEUE_ROW).key], 1)
    assert titles(model) == ["Title 1", "Title 5", "Title 2", "Title 3", "Title 4"]
    rig.undo.undo()
    assert titles(model) == [f"Title {n}" for n in range(1, 6)]
    rig.playback.clear_queue()
    assert titles(model) == ["Title 1"]


def test_where_the_picks_from_taste_begin(rig: Rig, model: QueueModel) -> None:
    rig.playback.play_items(rig.ids[:2])
    queue = rig.playback.queue.with_picks([(ItemId(rig.ids[5]), "slow, piano"), (ItemId(rig.ids[6]), "")])
    rig.playback.session.put_back(queue)
    assert [model.index(at).data(FIRST_AUTOMATIC) for at in range(4)] == [False, False, True, False]
    assert model.index(2).data(QUEUE_ROW).reason == AutoPick(ItemId(0), "slow, piano").reason


def test_items_dragged_from_a_list(rig: Rig, model: QueueModel) -> None:
    rig.playback.play_items(rig.ids[:2])
    carried = Dragged((rig.ids[6], rig.ids[7])).mime()
    assert model.canDropMimeData(carried, COPY, 1, 0, QModelIndex())
    model.dropMimeData(carried, COPY, 1, 0, QModelIndex())
    assert titles(model) == ["Title 1", "Title 7", "Title 8", "Title 2"]
    model.dropMimeData(carried, COPY, -1, -1, QModelIndex())
    assert titles(model)[-2:] == ["Title 7", "Title 8"]


def test_rows_dragged_within_the_queue(rig: Rig, model: QueueModel) -> None:
    rig.playback.play_items(rig.ids[:4])
    carried = model.mimeData([model.index(3), model.index(2)])
    assert carried.hasFormat(ROWS_MIME)
    dragged = Dragged.read(carried)
    assert dragged is not None
    assert list(dragged.ids) == rig.ids[2:4], "a playlist can take them too"
    model.dropMimeData(carried, Qt.DropAction.MoveAction, 1, 0, QModelIndex())
    assert titles(model) == ["Title 1", "Title 3", "Title 4", "Title 2"]


def test_foreign_bytes_are_no_drop(rig: Rig, model: QueueModel) -> None:
    rig.playback.play_items(rig.ids[:2])
    carried = Dragged(()).mime()
    carried.setData(ROWS_MIME, b"1,x,\xff,99999999999999999999")
    model.dropMimeData(carried, COPY, 0, 0, QModelIndex())
    assert rig.playback.queue.rows[0].item == rig.ids[0]


def test_only_what_is_seen_is_read(rig: Rig, model: QueueModel, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    rows = rig.lists.rows
    monkeypatch.setattr(rig.lists, "rows", lambda ids: (asked.append(len(ids)), rows(ids))[1])
    rig.playback.play_items(rig.ids * 1000)
    asked.clear()
    model.index(6000).data(ITEM_ROW)
    assert asked == [64]
    assert model.seconds_left() == -1.0
    assert asked == [64]


def test_an_item_that_is_gone(rig: Rig, model: QueueModel) -> None:
    rig.playback.session.append([ItemId(999)])
    assert model.index(0).data(ITEM_ROW) is None
    assert "no longer" in model.index(0).data()
