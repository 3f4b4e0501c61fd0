"""Moments that were found, with what the library says of their films, also while that changes."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.search_messages import MomentHit
from app.ui.film_tiles import tile_name
from app.ui.item_models.items_model import Dragged
from app.ui.item_models.moments_model import MomentsModel
from app.ui.item_models.tile import TILE
from tests.known_moments import add_film, know_moments
from tests.window import Rig

FILM = 13


@pytest.fixture
def model(rig: Rig) -> MomentsModel:
    know_moments(rig, FILM, [0.0, 10.0, 20.0])
    made = MomentsModel(rig.lists, rig.tiles)
    made.show((MomentHit(FILM, 10.0, 0.874), MomentHit(FILM, 20.0, 1.0), MomentHit(404, 0.0, 0.2)))
    return made


def test_a_moment_is_said_in_words_and_has_its_tile(model: MomentsModel) -> None:
    assert model.rowCount() == 2
    index = model.index(0)
    tile = model.data(index, TILE)
    assert (tile.cover, tile.title, tile.below, tile.badge) == (tile_name(FILM, 1), "A film", "87 % alike", "0:10")
    assert model.data(index) == "A film"
    assert model.data(index, Qt.ItemDataRole.AccessibleTextRole) == "A film, at 0:10, 87 % alike"
    assert model.data(index, Qt.ItemDataRole.ToolTipRole) == "<p>A film – Somebody</p>"
    assert model.data(index, Qt.ItemDataRole.DecorationRole) is None
    assert model.at(2) is None


def test_films_can_be_dragged_once_each(model: MomentsModel) -> None:
    assert Dragged.read(model.mimeData([model.index(0), model.index(1)])) == Dragged((FILM,))


def test_what_stands_there_stays_when_the_library_changes(rig: Rig, model: MomentsModel, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(model.modelReset), qtbot.assertNotEmitted(model.dataChanged):
        rig.tiles.forget()
    with qtbot.assertNotEmitted(model.modelReset), qtbot.waitSignal(model.dataChanged):
        know_moments(rig, FILM, [0.0, 20.0])
    assert model.data(model.index(1), TILE).cover == tile_name(FILM, 1)


def test_a_film_without_a_strip_has_no_tile(rig: Rig, model: MomentsModel) -> None:
    other = add_film(rig, 14, "Another")
    model.show((MomentHit(other, 3.0, -0.1),))
    tile = model.data(model.index(0), TILE)
    assert (tile.cover, tile.below) == ("", "0 % alike")


def test_the_film_that_plays_is_marked(model: MomentsModel, qtbot: QtBot) -> None:
    with qtbot.waitSignal(model.dataChanged):
        model.set_current(FILM)
    assert model.data(model.index(1), TILE).current
    with qtbot.assertNotEmitted(model.dataChanged):
        model.set_current(FILM)
