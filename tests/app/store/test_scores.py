"""scores.db: whole rankings, readers that never wait, and its loss, which costs nothing but a moment."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from pathlib import Path

import numpy as np
import pytest

from app.errors import ModelError, StoreError
from app.store.item_lists import ItemLists, ListQuery, SortKey
from app.store.scores import Fitting, Scored, Scores
from models.types import F32, I64
from tests.factories import make_library, open_database


def _ranking(count: int, value: float) -> tuple[I64, F32, F32]:
    return np.arange(1, count + 1), np.full(count, value, np.float32), np.full(count, 0.25, np.float32)


def test_a_ranking_replaces_the_one_before(tmp_path: Path) -> None:
    scores = Scores(tmp_path / "scores.db")
    assert scores.fitting() is None
    scores.write(*_ranking(5, 0.5), Fitting(20, 1000.0, 0.75, 0.5, 0.875))
    scores.write(np.array([3, 1]), np.array([0.25, 0.75], "f4"), np.zeros(2, "f4"), Fitting(21, 1001.0))
    assert scores.score_of([1, 2, 3]) == [Scored(0.75, 0.0), None, Scored(0.25, 0.0)]
    assert scores.fitting() == Fitting(21, 1001.0, -1, -1, -1)
    scores.close()


def test_an_accuracy_that_comes_later_leaves_the_ranking_alone(tmp_path: Path) -> None:
    scores = Scores(tmp_path / "scores.db")
    scores.write(*_ranking(2, 0.5), Fitting(20, 1000.0))
    scores.note(Fitting(20, 1000.0, 0.75, 0.5, 0.875))
    assert scores.fitting() == Fitting(20, 1000.0, 0.75, 0.5, 0.875)
    assert scores.score_of([1]) == [Scored(0.5, 0.25)]
    scores.close()


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_no_number_is_refused_and_the_former_ranking_stays(tmp_path: Path, bad: float) -> None:
    scores = Scores(tmp_path / "scores.db")
    scores.write(*_ranking(2, 0.5))
    with pytest.raises(ModelError):
        scores.write(np.array([1]), np.array([bad], "f4"), np.zeros(1, "f4"))
    with pytest.raises(ModelError):
        scores.write(np.array([1, 2]), np.zeros(1, "f4"), np.zeros(1, "f4"))
    assert scores.score_of([1]) == [Scored(0.5, 0.25)]
    scores.close()


def test_a_reader_sees_a_new_ranking_without_opening_again(tmp_path: Path) -> None:
    with open_database(tmp_path, scores=True) as database:
        make_library(database, 3)
        lists = ItemLists(database)
        assert lists.rows([1])[0].score is None
        scores = Scores(tmp_path / "scores.db")
        scores.write(np.array([1, 2, 3]), np.array([0.5, 0.25, 0.75], "f4"), np.zeros(3, "f4"))
        assert lists.ids(ListQuery(sort=SortKey.SCORE, descending=True)).tolist() == [3, 1, 2]
        assert (lists.rows([3])[0].score, lists.rows([3])[0].deviation) == (0.75, 0.0)
        scores.close()


def test_a_reader_never_sees_half_a_ranking_and_ratings_do_not_meet_it(tmp_path: Path) -> None:
    with open_database(tmp_path, scores=True) as database:
        make_library(database, 50)
        stop = threading.Event()
        written = []

        def rank() -> None:
            scores = Scores(tmp_path / "scores.db")
            while not stop.is_set():
                scores.write(*_ranking(2000, len(written) % 100 / 100))
                written.append(1)
            scores.close()

        thread = threading.Thread(target=rank)
        thread.start()
        try:
            seen = set()
            while len(written) < 30 or len(seen) < 3:
                count, low, high = database.one("SELECT count(*), min(score), max(score) FROM scores.scores") or ()
                assert low == high
                assert count in (0, 2000)
                seen.add(low)
                with database.transaction():  # scores.db is attached, yet only library.db is locked for writing
                    database.execute("INSERT INTO positions VALUES (1, 0, 0) ON CONFLICT DO UPDATE SET at = at + 1")
        finally:
            stop.set()
            thread.join()


@pytest.mark.parametrize("damage", [b"junk" * 5000, b"\0" * 20_000])
def test_a_damaged_file_is_made_anew(tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / "scores.db"
    path.write_bytes(damage)
    with open_database(tmp_path, scores=True) as database:
        make_library(database, 2)
        assert len(ItemLists(database).ids(ListQuery(sort=SortKey.SCORE))) == 2
    scores = Scores(path)
    scores.write(*_ranking(2, 0.5))
    scores.close()
    with open_database(tmp_path, scores=True) as database:
        assert ItemLists(database).rows([1])[0].score == 0.5


def test_a_file_of_another_shape_is_made_anew(tmp_path: Path) -> None:
    with contextlib.closing(sqlite3.connect(tmp_path / "scores.db")) as raw:
        raw.execute("CREATE TABLE scores (other)")
    scores = Scores(tmp_path / "scores.db")
    assert scores.score_of([1]) == [None]
    scores.close()


def test_a_library_is_never_taken_for_scores(tmp_path: Path) -> None:
    with open_database(tmp_path) as database:
        make_library(database, 1)
    with pytest.raises(StoreError, match="holds a library"):
        Scores(tmp_path / "library.db")
    with open_database(tmp_path) as database:
        assert database.problems() == []
