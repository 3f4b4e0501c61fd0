"""The map in scores.db: what the studio writes is what the window reads, and an older file has none."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from app.errors import ModelError
from app.store.database import Database, connect
from app.store.feedback import Feedback
from app.store.items import Items
from app.store.map_layout import NOTHING, LaidOut, MapLayout, MapReading, Region
from app.store.scores import Scores
from models.ids import ItemId
from models.types import I64
from tests.factories import found_item, open_database

IDS = np.arange(1, 13, dtype=np.int64)


@pytest.fixture
def layout(tmp_path: Path) -> Iterator[MapLayout]:
    with contextlib.closing(MapLayout(tmp_path / "scores.db")) as made:
        yield made


def laid_out(ids: I64 = IDS) -> LaidOut:
    places = np.random.default_rng(0).random((len(ids), 2), np.float32)
    return LaidOut(ids, places, ("sound 1", "words 1"), len(ids))


def test_what_was_written_is_read(layout: MapLayout) -> None:
    assert layout.read() is NOTHING
    for written in (laid_out(), laid_out(IDS[:3])):
        layout.write(written)
        read = layout.read()
        assert np.array_equal(read.ids, written.ids)
        assert np.array_equal(read.places, written.places)
        assert (read.spaces, read.laid) == (written.spaces, written.laid)


def test_places_of_some_items() -> None:
    laid = laid_out(IDS[::2])
    found = laid.places_of(np.array([2, 3, 99], np.int64))
    assert np.array_equal(found[1], laid.places[1])
    assert np.isnan(found[[0, 2]]).all()
    assert np.isnan(NOTHING.places_of(IDS)).all()


def test_what_is_no_place_is_refused(layout: MapLayout) -> None:
    layout.write(laid_out())
    for places in (np.zeros((2, 2), np.float32), np.full((12, 2), np.nan, np.float32)):
        with pytest.raises(ModelError):
            layout.write(LaidOut(IDS, places, (), 12))
    assert len(layout.read().ids) == 12


def test_the_window_reads_the_dots_of_what_is_here(
    database: Database, items: Items, layout: MapLayout, tmp_path: Path
) -> None:
    film = items.save_found([found_item(50, 1, kind="video")])
    assert film.added == 1
    Feedback(database).like(ItemId(2))
    Feedback(database).dislike(ItemId(3))
    with contextlib.closing(Scores(tmp_path / "scores.db")) as scores:
        scores.write(np.array([2, 3], np.int64), *np.array([[0.9, 0.25], [0.1, 0.1]], np.float32))
    layout.write(laid_out(np.array([1, 2, 3, 13, 99], np.int64)))  # 99 is gone
    dots = MapReading(database).dots()
    assert dots.ids.tolist() == [1, 2, 3, 13]
    assert len(dots) == 4
    assert np.array_equal(dots.places, laid_out(np.zeros(5, np.int64)).places[:4])
    assert dots.films.tolist() == [False, False, False, True]
    assert dots.liked.tolist() == [0, 1, -1, 0]
    assert dots.scores[1:3] == pytest.approx([0.9, 0.25], abs=1e-4)
    assert np.isnan(dots.scores[[0, 3]]).all()


def test_what_is_absent_has_no_dot(database: Database, items: Items, layout: MapLayout) -> None:
    layout.write(laid_out())
    items.set_online(1, False)
    assert len(MapReading(database).dots()) == 0


def test_regions_are_read_largest_first(database: Database, layout: MapLayout) -> None:
    first = [Region(0, 0.5, 0.5, "Jazz", 9), Region(1, 0.1, 0.2, "Folk", 3)]
    layout.write_regions([Region(0, 0.0, 0.0, "gone", 1)])
    layout.write_regions(first[::-1])
    assert MapReading(database).regions() == first


def test_items_with_a_mark_can_be_on_the_map(database: Database, items: Items) -> None:
    assert MapReading(database).encoded() == 0
    items.mark([(ItemId(1), "a"), (ItemId(1), "b"), (ItemId(2), "a")])
    assert MapReading(database).encoded() == 2


def test_a_file_of_an_older_version_has_no_map(tmp_path: Path) -> None:
    open_database(tmp_path, scores=True).close()
    connection = connect(tmp_path / "scores.db")
    connection.executescript("DROP TABLE map_layout; DROP TABLE map_regions;")
    connection.close()
    with open_database(tmp_path, scores=True) as database:
        reading = MapReading(database)
        assert len(reading.dots()) == 0
        assert reading.regions() == []
        with contextlib.closing(MapLayout(tmp_path / "scores.db")) as layout:
            layout.write(laid_out())
        assert len(reading.dots()) == 0  # none of these is an Item
        assert reading.regions() == []


def test_without_scores_there_is_no_map(tmp_path: Path) -> None:
    with open_database(tmp_path) as database:
        assert len(MapReading(database).dots()) == 0
