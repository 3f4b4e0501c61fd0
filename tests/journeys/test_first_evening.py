"""Somebody with a folder of music starts Bowerbird, rates a little, and gets recommendations that follow."""

from __future__ import annotations

import os
import signal

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractItemView
from pytestqt.qtbot import QtBot

from app.player.base import PlayerState
from app.protocol import Picks, Recommend, Shelf
from app.store.item_lists import ListQuery, SortKey
from app.ui.pages.for_you import ForYouPage
from app.ui.pages.library import LibraryPage
from models.ids import ItemId
from tests.journeys.conftest import Evening
from tests.studio_run import write_sound

pytestmark = pytest.mark.journey


def lists(evening: Evening):  # type: ignore[no-untyped-def]
    from app.composition import open_library
    from app.store.item_lists import ItemLists

    return ItemLists(open_library(evening.profile, scores=True))


def ids(evening: Evening) -> dict[str, int]:
    found = lists(evening)
    return {row.title: int(row.id) for row in found.rows([ItemId(one) for one in found.ids(ListQuery())])}


def scores(evening: Evening) -> dict[str, float | None]:
    found = lists(evening)
    order = found.ids(ListQuery(sort=SortKey.SCORE, descending=True))
    return {row.title: row.score for row in found.rows([ItemId(one) for one in order])}


def take_in(evening: Evening, folder) -> None:  # type: ignore[no-untyped-def]
    evening.window.folders_dropped.emit([str(folder)])
    evening.until(lambda: len(ids(evening)) == 12)


@pytest.fixture
def folder(tmp_path):  # type: ignore[no-untyped-def]
    made = tmp_path / "music"
    made.mkdir()
    for number in range(6):
        write_sound(made / f"calm {number}.wav", pitch=220 + 30 * number, noise=0.02, seed=number)
        write_sound(made / f"noise {number}.wav", pitch=220 + 30 * number, noise=0.9, seed=100 + number)
    return made


def test_from_a_folder_to_recommendations(evening: Evening, folder, qtbot: QtBot) -> None:  # type: ignore[no-untyped-def]
    take_in(evening, folder)
    known = ids(evening)
    ratings = evening.running.ratings
    ratings.like([known["calm 0"], known["calm 1"]], "library")
    ratings.dislike([known["noise 0"]], "library")
    assert ratings.state(known["calm 0"]).liked == 1
    evening.until(lambda: all(score is not None for score in scores(evening).values()))

    def calm_first() -> bool:
        found = scores(evening)
        calm = [score or 0 for title, score in found.items() if title.startswith("calm")]
        noise = [score or 0 for title, score in found.items() if title.startswith("noise")]
        return min(calm) > max(noise)

    evening.until(calm_first)
    page = evening.window.show_page("for-you")
    assert isinstance(page, ForYouPage)
    answers: list[Picks] = []
    evening.running.studio.ask(
        lambda number: Recommend(number, (Shelf.LOVE,), 4),
        lambda event: answers.append(event) if isinstance(event, Picks) else None,
    )
    evening.until(lambda: answers)
    back = {number: title for title, number in known.items()}
    assert all(back[pick.item].startswith("calm") for pick in answers[0].shelves[0].picks)
    # Undo all of it: nothing is left to rank by.
    for _ in range(3):
        ratings.undo()
    evening.until(lambda: set(scores(evening).values()) == {None})


def test_playing_goes_on_by_itself(evening: Evening, folder) -> None:  # type: ignore[no-untyped-def]
    take_in(evening, folder)
    known = ids(evening)
    playback = evening.running.playback
    evening.running.ratings.like([known["calm 0"]], "library")
    playback.play_items([known["calm 1"]], context="library")
    evening.until(lambda: playback.playing and playback.current_item == known["calm 1"])
    # The queue has one piece: Taste brings more, and the next one plays when this ends.
    evening.until(lambda: len(playback.queue.rows) > 1)
    evening.until(lambda: playback.current_item not in (0, known["calm 1"]))
    assert playback.current_item != known["calm 1"]
    found = lists(evening)

    def heard() -> bool:
        (row,) = found.rows([ItemId(known["calm 1"])])
        return row.play_count == 1

    evening.until(heard)


def test_a_private_session_leaves_no_trace(evening: Evening, folder) -> None:  # type: ignore[no-untyped-def]
    take_in(evening, folder)
    known = ids(evening)
    ratings = evening.running.ratings
    ratings.private = True
    ratings.like([known["calm 0"]], "library")
    evening.running.playback.play_items([known["calm 1"]], context="library")
    evening.until(lambda: evening.running.playback.position > 0.5)
    evening.running.playback.stop()
    ratings.private = False
    ratings.like([known["noise 1"]], "library")
    found = lists(evening)
    evening.until(lambda: found.rows([ItemId(known["noise 1"])])[0].liked == 1)
    rows = found.rows([ItemId(known["calm 0"]), ItemId(known["calm 1"])])
    assert [(row.liked, row.play_count, row.skip_count) for row in rows] == [(0, 0, 0), (0, 0, 0)]


def test_the_window_outlives_its_studio(evening: Evening, folder) -> None:  # type: ignore[no-untyped-def]
    take_in(evening, folder)
    known = ids(evening)
    first = evening.running.studio.pid
    evening.running.ratings.like([known["calm 2"]], "library")
    os.kill(first, signal.SIGKILL)
    evening.until(lambda: evening.running.studio.pid not in (0, first))
    evening.running.ratings.like([known["calm 3"]], "library")
    answers: list[Picks] = []
    evening.running.studio.ask(
        lambda number: Recommend(number, (Shelf.LOVE,), 4),
        lambda event: answers.append(event) if isinstance(event, Picks) else None,
    )
    evening.until(lambda: answers)
    found = lists(evening)
    assert [row.liked for row in found.rows([ItemId(known["calm 2"]), ItemId(known["calm 3"])])] == [1, 1]


def test_the_queue_and_the_window_come_back(profile, folder, qapp, qtbot, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    from tests.journeys.conftest import ROOT

    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    first = Evening(profile, qapp, qtbot)
    take_in(first, folder)
    known = ids(first)
    first.running.playback.play_items([known["calm 0"], known["calm 1"], known["noise 0"]], start=1)
    first.until(lambda: first.running.playback.playing)
    first.running.playback.pause()
    first.window.show_page("library")
    first.end()
    second = Evening(profile, qapp, qtbot)
    queue = second.running.playback.queue
    assert [int(row.item) for row in queue.rows][:3] == [known["calm 0"], known["calm 1"], known["noise 0"]]
    assert second.running.playback.current_item == known["calm 1"]
    assert not second.running.playback.playing
    assert second.window.pages.current == "library"
    assert isinstance(second.window.pages.page("library"), LibraryPage)
    second.end()


def test_space_plays_and_pauses(evening: Evening, folder, qtbot: QtBot) -> None:  # type: ignore[no-untyped-def]
    take_in(evening, folder)
    playback = evening.running.playback
    playback.play_items(list(ids(evening).values()))
    evening.until(lambda: playback.player.state is PlayerState.PLAYING)
    first = playback.current_item
    # On the rows, not on a button: that would keep Space for itself.
    evening.window.show_page("library")

    def rows_have_the_keyboard() -> bool:
        evening.window.pages.focus_page()
        return isinstance(evening.window.focusWidget(), QAbstractItemView)

    evening.until(rows_have_the_keyboard)
    focused = evening.window.focusWidget()
    qtbot.keyClick(focused, Qt.Key.Key_Space)
    evening.until(lambda: playback.player.state is PlayerState.PAUSED)
    assert playback.current_item == first
    qtbot.keyClick(focused, Qt.Key.Key_Space)
    evening.until(lambda: playback.player.state is PlayerState.PLAYING)
