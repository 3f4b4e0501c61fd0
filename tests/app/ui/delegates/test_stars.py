"""Rating in a list with the mouse: which half star a click means, and what a second click takes back."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from app.store.item_lists import ListQuery, SortKey
from app.ui.delegates.stars import HEART, LEFT, STAR, StarsDelegate
from app.ui.item_models.columns import TRACK_COLUMNS, Column, Layout
from app.ui.item_models.items_model import ItemsModel
from app.ui.pages.item_list import ItemList
from tests.window import Rig

STARS = TRACK_COLUMNS.index(Column.STARS)


@pytest.fixture
def view(rig: Rig, qtbot: QtBot) -> ItemList:
    model = ItemsModel(rig.lists, TRACK_COLUMNS, rig.ratings.pending)
    model.set_query(ListQuery(kind="track", sort=SortKey.TITLE))
    rig.ratings.changed.connect(model.update_items)
    made = ItemList(
        model,
        rig.actions,
        rig.settings,
        rig.theme,
        name="library",
        context="library",
        first=Layout.first(TRACK_COLUMNS, Column.TITLE),
    )
    qtbot.addWidget(made)
    made.resize(900, 400)
    made.show()
    return made


def click(view: ItemList, qtbot: QtBot, row: int, x: float) -> None:
    rect = view.visualRect(view.items_model.index(row, STARS))
    at = QPoint(round(rect.left() + x), rect.center().y())
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=at)


@pytest.mark.parametrize(("stars", "wanted"), [(0.2, 0.5), (0.8, 1.0), (2.3, 2.5), (4.9, 5.0)])
def test_a_click_gives_half_stars(rig: Rig, view: ItemList, qtbot: QtBot, stars: float, wanted: float) -> None:
    click(view, qtbot, 1, LEFT + HEART + stars * STAR * 1.12)
    item = view.items_model.ids[1]
    assert rig.ratings.state(item).stars == wanted
    assert not view.selectionModel().hasSelection(), "rating does not choose the row"


def test_the_same_stars_again_take_the_rating_back(rig: Rig, view: ItemList, qtbot: QtBot) -> None:
    x = LEFT + HEART + 2.9 * STAR * 1.12
    click(view, qtbot, 0, x)
    click(view, qtbot, 0, x)
    assert rig.ratings.state(view.items_model.ids[0]).stars is None


def test_the_heart_likes_and_unlikes(rig: Rig, view: ItemList, qtbot: QtBot) -> None:
    item = view.items_model.ids[2]
    click(view, qtbot, 2, LEFT + 4)
    assert rig.ratings.state(item).liked == 1
    click(view, qtbot, 2, LEFT + 4)
    assert rig.ratings.state(item).liked == 0


def test_the_stars_under_the_pointer_are_shown(view: ItemList, qtbot: QtBot) -> None:
    rect = view.visualRect(view.items_model.index(3, STARS))
    qtbot.mouseMove(view.viewport(), QPoint(rect.left() + LEFT + HEART + 20, rect.center().y()))
    delegate = view.itemDelegateForColumn(STARS)
    assert isinstance(delegate, StarsDelegate)
    qtbot.waitUntil(lambda: delegate.hovered_row == 3)
