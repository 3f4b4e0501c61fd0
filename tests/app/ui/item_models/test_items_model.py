"""The paged model: what it reads, what a new query, new feedback and a new score do to it."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QModelIndex, Qt
from PySide6.QtWidgets import QApplication

from app.protocol import Pick, Reason, ReasonKind
from app.store.database import Database
from app.store.item_lists import ItemLists, ListQuery, SortKey
from app.store.item_values import ItemRow
from app.ui.item_models.columns import SIMILAR_COLUMNS, TRACK_COLUMNS, Column
from app.ui.item_models.items_model import (
    CURRENT,
    ITEMS_MIME,
    PAGE,
    PAGES,
    ROW,
    Dragged,
    ItemsModel,
)
from app.ui.item_models.tile import TILE
from app.ui.ratings import Rated
from tests.factories import make_library, open_database


class CountedLists:
    """The store's lists, with a note of every page that was read."""

    def __init__(self, lists: ItemLists) -> None:
        self._lists = lists
        self.pages: list[int] = []

    def ids(self, query: ListQuery) -> array[int]:
        return self._lists.ids(query)

    def rows(self, ids: Sequence[int]) -> list[ItemRow]:
        self.pages.append(len(ids))
        return self._lists.rows(ids)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    made = open_database(tmp_path_factory.mktemp("models"), scores=True)
    make_library(made, 1000)
    yield made
    made.close()


@pytest.fixture
def lists(database: Database) -> CountedLists:
    return CountedLists(ItemLists(database))


@pytest.fixture
def model(qapp: QApplication, lists: CountedLists) -> ItemsModel:
    made = ItemsModel(lists, TRACK_COLUMNS)
    made.set_query(ListQuery(kind="track", sort=SortKey.TITLE))
    return made


def titles(model: ItemsModel, count: int) -> list[str]:
    at = TRACK_COLUMNS.index(Column.TITLE)
    return [model.index(row, at).data() for row in range(count)]


def test_only_looked_at_pages_are_read(model: ItemsModel, lists: CountedLists) -> None:
    assert model.rowCount() > 900
    assert lists.pages == []
    model.index(0, 0).data()
    model.index(PAGE - 1, 2).data()
    assert lists.pages == [PAGE]
    model.index(PAGE, 0).data()
    assert lists.pages == [PAGE, PAGE]


def test_few_pages_are_kept(qapp: QApplication) -> None:
    class Endless:
        def ids(self, query: ListQuery) -> array[int]:
            return array("q", range(PAGE * (PAGES + 3)))

        def rows(self, ids: Sequence[int]) -> list[ItemRow]:
            read.append(ids[0])
            return []

    read: list[int] = []
    model = ItemsModel(Endless(), TRACK_COLUMNS)
    model.set_query(ListQuery())
    for page in range(PAGES + 1):
        model.item_at(page * PAGE)
    model.item_at(0)
    assert read.count(0) == 2, "the first page was dropped and read again"
    model.item_at(PAGES * PAGE)
    assert read.count(PAGES * PAGE) == 1, "the newest was kept"


def test_sorting_is_the_stores(model: ItemsModel) -> None:
    model.sort(TRACK_COLUMNS.index(Column.YEAR), Qt.SortOrder.DescendingOrder)
    assert model.query is not None
    assert (model.query.sort, model.query.descending) == (SortKey.YEAR, True)
    years = [row.year for row in map(model.item_at, range(50)) if row is not None]
    assert years == sorted(years, reverse=True)


def test_a_search_replaces_the_rows_and_tells_how_many(model: ItemsModel) -> None:
    counts: list[int] = []
    model.counted.connect(counts.append)
    model.set_query(ListQuery(kind="track", search="genre:jazz", sort=SortKey.TITLE))
    assert counts == [model.rowCount()]
    assert 0 < model.rowCount() < 900
    assert {row.genre for row in map(model.item_at, range(model.rowCount())) if row is not None} == {"Jazz"}


def test_what_was_said_shows_before_the_store_has_it(qapp: QApplication, lists: CountedLists) -> None:
    said: dict[int, Rated] = {}
    model = ItemsModel(lists, TRACK_COLUMNS, said.get)
    model.set_query(ListQuery(sort=SortKey.TITLE))
    first = model.item_at(0)
    assert first is not None
    said[first.id] = Rated(1, 4.5)
    model.update_items((first.id,))
    row = model.index(0, 0).data(ROW)
    assert (row.liked, row.stars) == (1, 4.5)
    assert model.index(0, TRACK_COLUMNS.index(Column.STARS)).data() == "4.5"


def test_refreshing_the_same_list_keeps_it(model: ItemsModel) -> None:
    resets: list[None] = []
    model.modelReset.connect(lambda: resets.append(None))
    before = titles(model, 5)
    assert model.refresh() is False
    assert resets == []
    assert titles(model, 5) == before


def test_the_playing_row_is_marked(model: ItemsModel) -> None:
    second = model.item_at(1)
    assert second is not None
    model.set_current(second.id)
    assert [model.index(row, 0).data(CURRENT) for row in range(3)] == [False, True, False]
    tile = model.index(1, 0).data(TILE)
    assert tile.current
    assert tile.title == second.title


def test_absent_rows_say_so(qapp: QApplication, tmp_path: Path) -> None:
    database = open_database(tmp_path, scores=True)
    items = make_library(database, 30)
    items.set_online(items.folders()[0].id, False)
    model = ItemsModel(ItemLists(database), TRACK_COLUMNS)
    model.set_query(ListQuery())
    assert model.rowCount() == 0
    model.set_query(ListQuery(absent=True))
    assert model.rowCount() == 30
    assert model.index(0, 0).data(ROW).present is False
    assert "not connected" in model.index(0, 0).data(Qt.ItemDataRole.ToolTipRole)
    database.close()


def test_picks_show_how_alike_and_why(qapp: QApplication, lists: CountedLists) -> None:
    model = ItemsModel(lists, SIMILAR_COLUMNS)
    model.show_picks([Pick(7, 0.934, 0.0, Reason(ReasonKind.SOUNDS)), Pick(3, 0.9, 0.0, Reason(ReasonKind.READS))])
    assert list(model.ids) == [7, 3]
    assert model.index(0, SIMILAR_COLUMNS.index(Column.LIKENESS)).data() == "93 %"
    assert model.index(1, SIMILAR_COLUMNS.index(Column.REASON)).data() == "Reads alike"


def test_rows_travel_as_their_ids(model: ItemsModel) -> None:
    indexes: list[QModelIndex] = [model.index(4, 0), model.index(2, 0), model.index(2, 3)]
    carried = model.mimeData(indexes)
    assert Dragged.read(carried) == Dragged((model.ids[2], model.ids[4]))


@pytest.mark.parametrize("body", [b"", b"1,x", b"\xff\xfe"])
def test_damaged_drags_are_no_items(body: bytes) -> None:
    carried = QMimeData()
    assert Dragged.read(carried) is None
    carried.setData(ITEMS_MIME, body)
    found = Dragged.read(carried)
    assert found is None or found.ids == ()


def test_screen_readers_hear_the_score_and_the_stars(model: ItemsModel) -> None:
    spoken = Qt.ItemDataRole.AccessibleTextRole
    assert model.index(0, TRACK_COLUMNS.index(Column.SCORE)).data(spoken) == "no prediction yet"
    assert model.index(0, TRACK_COLUMNS.index(Column.STARS)).data(spoken) == "not rated"
