"""Similar moments: what is asked, what is shown and played, and the way on and back."""

from __future__ import annotations

from typing import cast

import pytest
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from app.encoder_messages import EncodersChanged
from app.protocol import Failed, ItemsChanged
from app.search_messages import FindMoments, MomentHit, Moments
from app.ui.bridge import StudioBridge
from app.ui.item_models.tile import TILE, Tile
from app.ui.pages.moments import MomentsPage
from tests.known_moments import COLOURS, add_film, know_moments, near
from tests.window import Rig

FILM = 13


@pytest.fixture
def other(rig: Rig) -> int:
    item = add_film(rig, 14, "<i>Another</i> film")
    know_moments(rig, item, [0.0, 15.0, 30.0])
    return item


@pytest.fixture
def page(rig: Rig, qtbot: QtBot) -> MomentsPage:
    know_moments(rig, FILM, [0.0, 20.0])
    made = MomentsPage(cast("StudioBridge", rig.studio), rig.lists, rig.actions, rig.tiles, rig.theme)
    qtbot.addWidget(made)
    made.resize(800, 500)
    made.show()
    return made


def answer(rig: Rig, *hits: MomentHit, which: int = -1) -> None:
    request, tell = rig.studio.asked[which]
    assert isinstance(request, FindMoments)
    tell(Moments(request.request, hits))


def tile(page: MomentsPage, position: int) -> Tile:
    shown = page.model.data(page.model.index(position), TILE)
    assert isinstance(shown, Tile)
    return shown


def test_it_asks_shows_and_plays_from_there(rig: Rig, page: MomentsPage, other: int, qtbot: QtBot) -> None:
    page.open_moments(FILM, 20.0)
    assert rig.studio.asked[-1][0] == FindMoments(1, FILM, 20.0, 24)
    assert (page.heading, page.below) == ("Moments like this one", "0:20 · A film")
    answer(rig, MomentHit(other, 15.0, 0.874), MomentHit(FILM, 0.0, 0.5), MomentHit(999, 1.0, 0.4))
    assert page.grid.isVisible()
    assert [one.hit.item for one in page.model.shown] == [other, FILM], "a film that is gone is left out"
    shown = tile(page, 0)
    assert (shown.title, shown.below, shown.badge) == ("<i>Another</i> film", "87 % alike", "0:15")
    qtbot.waitUntil(lambda: near(page.grid.grab().toImage().pixelColor(100, 60), COLOURS[1]))
    qtbot.mouseClick(
        page.grid.viewport(), Qt.MouseButton.LeftButton, pos=page.grid.visualRect(page.model.index(0)).center()
    )
    rig.player.advance(1)
    assert (rig.playback.current_item, rig.playback.position) == (other, 16.0)
    assert rig.playback.queue.rows[0].context == "moments"
    assert tile(page, 0).current
    assert not tile(page, 1).current


def test_one_moment_leads_to_the_next_and_back(rig: Rig, page: MomentsPage, other: int, qtbot: QtBot) -> None:
    page.open_moments(FILM, 20.0)
    answer(rig, MomentHit(other, 30.0, 0.9))
    page.look_further(0)
    assert rig.studio.asked[-1][0] == FindMoments(2, other, 30.0, 24)
    assert page.below == "0:30 · <i>Another</i> film"
    answer(rig, MomentHit(FILM, 0.0, 0.8))
    qtbot.keyClick(page.grid, Qt.Key.Key_Backspace)
    assert page.below == "0:20 · A film"
    answer(rig, MomentHit(other, 30.0, 0.9))
    with qtbot.waitSignal(page.back_wanted):
        page.go_back()


def test_the_menu_plays_looks_further_and_offers_what_every_item_has(rig: Rig, page: MomentsPage, other: int) -> None:
    page.open_moments(FILM, 0.0)
    answer(rig, MomentHit(other, 30.0, 0.9))
    menu = page.build_menu(0, QPoint())
    assert menu is not None
    words = [action.text() for action in menu.actions() if action.text()]
    assert words[:3] == ["Play from 0:30", "Similar moments", "Play"]
    assert menu.actions()[0].shortcut().toString() == "Return", "the key does what the menu says"
    menu.actions()[1].trigger()
    assert len(rig.studio.asked) == 2
    menu.actions()[0].trigger()
    assert page.build_menu(7, QPoint()) is None
    menu.deleteLater()


def test_a_late_answer_is_not_shown(rig: Rig, page: MomentsPage, other: int) -> None:
    page.open_moments(FILM, 0.0)
    page.open_moments(other, 15.0)
    answer(rig, MomentHit(FILM, 0.0, 0.9), which=1)
    answer(rig, MomentHit(other, 0.0, 0.9), which=0)
    assert [one.hit.item for one in page.model.shown] == [FILM]


def test_nothing_found_and_not_looked_at_yet_are_told_apart(rig: Rig, page: MomentsPage) -> None:
    page.open_moments(FILM, 0.0)
    answer(rig)
    assert "looks like this one" in page.empty.words
    film = add_film(rig, 15, "A new film")
    page.open_moments(film, 3.0)
    rig.studio.asked[-1][1](Failed(2, "This film's moments are not known yet"))
    assert "not been looked at" in page.empty.words
    rig.studio.items_changed.emit(ItemsChanged(0, 1, 0))
    assert rig.studio.asked[-1][0] == FindMoments(3, film, 3.0, 24)
    answer(rig, MomentHit(FILM, 0.0, 0.7))
    assert page.grid.isVisible()
    rig.studio.encoders_changed.emit(EncodersChanged(0, (), "CPU"))
    assert len(rig.studio.asked) == 4


def test_a_failure_is_said_and_can_be_tried_again(rig: Rig, page: MomentsPage) -> None:
    page.open_moments(FILM, 0.0)
    rig.studio.asked[-1][1](Failed(1, "The studio process ended"))
    assert page.empty.words == "The studio process ended"
    page.empty.button.click()
    assert len(rig.studio.asked) == 2
