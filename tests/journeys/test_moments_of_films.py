"""Somebody watches a film, leafs through its scenes, and finds the other film that shows the same."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.composition import open_library
from app.store.item_lists import ItemLists, ListQuery
from app.store.moments import ItemMoments, Moments
from app.ui.pages.moments import MomentsPage
from models.ids import ItemId
from tests.film_files import write_scenes
from tests.journeys.conftest import Evening

pytestmark = pytest.mark.journey

FIRST, SHARED, LAST, OTHER = 1, 7, 2, 3
"""Scenes, by the seeds of their pictures."""


@pytest.fixture
def films(tmp_path: Path) -> Path:
    folder = tmp_path / "films"
    folder.mkdir()
    write_scenes(folder / "walk.mp4", [(4, FIRST), (4, SHARED), (4, LAST)])
    write_scenes(folder / "swim.mp4", [(5, OTHER), (5, SHARED)])
    return folder


def known(evening: Evening) -> dict[str, tuple[int, ItemMoments]]:
    """The films whose moments are known, by title."""
    with open_library(evening.profile) as database:
        lists, moments = ItemLists(database), Moments(database)
        rows = lists.rows([ItemId(one) for one in lists.ids(ListQuery(kind="video"))])
        found = {row.title: (int(row.id), moments.of(row.id)) for row in rows}
    return {title: (item, of) for title, (item, of) in found.items() if of is not None}


def test_a_scene_leads_to_the_film_that_shows_the_same(evening: Evening, films: Path, qtbot: QtBot) -> None:
    evening.window.folders_dropped.emit([str(films)])
    evening.until(lambda: len(known(evening)) == 2)
    (walk, scenes), (swim, others) = known(evening)["walk"], known(evening)["swim"]
    assert len(scenes.ats) == 3
    assert len(others.ats) == 2
    window, playback = evening.window, evening.running.playback
    window.show_page("videos")
    playback.play_from(walk, 1.0)
    evening.until(lambda: playback.playing)
    window.video.show("large")
    stage = window.video.stage
    assert stage is not None
    evening.until(lambda: stage.strip.film is not None)
    qtbot.mouseClick(stage.strip, Qt.MouseButton.LeftButton, pos=stage.strip.place_of(1).center())
    evening.until(lambda: playback.position >= scenes.ats[1] and stage.strip.running == 1)
    playback.pause()
    window.commands.action("similar-moments").trigger()
    page = window.pages.page("moments")
    assert isinstance(page, MomentsPage)
    evening.until(lambda: page.model.shown)
    best = page.model.shown[0].hit
    assert (best.item, best.at) == (swim, pytest.approx(others.ats[1], abs=0.1))
    assert best.likeness > max(one.hit.likeness for one in page.model.shown[1:])
    tile = page.grid.visualRect(page.model.index(0)).center()
    qtbot.mouseClick(page.grid.viewport(), Qt.MouseButton.LeftButton, pos=tile)
    evening.until(lambda: playback.current_item == swim and playback.playing)
    evening.until(lambda: playback.position > others.ats[1])
    page.go_back()
    assert window.pages.current == "videos"
