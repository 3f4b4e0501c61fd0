"""The scores of offers in scores.db: replaced a piece at a time, beside the ranking of our own Items."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import numpy as np
import pytest

from app.errors import ModelError
from app.store.offer_scores import STEP, OfferScores
from app.store.scores import Scores
from models.types import F32, I64


def _rows(path: Path) -> list[tuple[int, float | None, float | None, int]]:
    connection = sqlite3.connect(path)
    try:
        return connection.execute("SELECT * FROM offer_scores ORDER BY offer_id").fetchall()
    finally:
        connection.close()


def _write(scores: OfferScores, ids: I64, score: F32 | None, owned: I64) -> int:
    return sum(1 for _ in scores.write(ids, score, score, owned))


def test_scores_replace_those_before(tmp_path: Path) -> None:
    path = tmp_path / "scores.db"
    scores = OfferScores(path)
    ids = np.arange(10, 10 + STEP + 5)
    values = np.linspace(0, 1, len(ids)).astype(np.float32)
    assert _write(scores, ids, values, np.zeros(len(ids), np.int64)) == 2
    assert _rows(path) == [(int(i), float(v), float(v), 0) for i, v in zip(ids, values, strict=True)]
    _write(scores, ids[:3], None, np.array([0, 7, 0]))
    assert _rows(path) == [(10, None, None, 0), (11, None, None, 7), (12, None, None, 0)]
    scores.close()


def test_our_own_ranking_is_not_touched_and_can_be_written_between_steps(tmp_path: Path) -> None:
    path = tmp_path / "scores.db"
    own, scores = Scores(path), OfferScores(path)
    ids = np.arange(2 * STEP)
    steps = scores.write(ids, ids.astype(np.float32), ids.astype(np.float32), ids)
    next(steps)
    own.write(np.array([1]), np.array([0.5], np.float32), np.array([0.1], np.float32))
    assert sum(1 for _ in steps) == 1
    found = own.score_of([1])[0]
    assert found is not None
    assert found.score == 0.5
    assert len(_rows(path)) == 2 * STEP
    own.close()
    scores.close()


@pytest.mark.parametrize("bad", [np.array([np.nan, 1], np.float32), np.ones(3, np.float32)])
def test_what_is_no_score_is_refused(tmp_path: Path, bad: F32) -> None:
    scores = OfferScores(tmp_path / "scores.db")
    _write(scores, np.array([1]), np.ones(1, np.float32), np.array([0]))
    with pytest.raises(ModelError):
        list(scores.write(np.array([1, 2]), bad, None, np.zeros(2, np.int64)))
    assert len(_rows(tmp_path / "scores.db")) == 1
    scores.close()
