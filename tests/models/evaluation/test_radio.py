"""An evening of radio: nothing twice, artists apart, learning from what was said."""

from __future__ import annotations

import numpy as np
import pytest

from models.baselines.base import Prediction
from models.baselines.neighbours import Cosine
from models.evaluation.audience import Audience, Listener
from models.evaluation.radio import (
    RADIO_METRICS,
    by,
    evening,
    longest_streak,
    measure_session,
    nearest_repeat,
    play,
)
from models.taste import Labels

ITEMS = 300


def _audience(artists: int, implicit: bool = False) -> Audience:
    rng = np.random.default_rng(0)
    features = rng.normal(size=(ITEMS, 8))
    features /= np.linalg.norm(features, axis=1, keepdims=True)
    felt = features @ rng.normal(size=8)
    rows = np.argsort(-felt)[:60] if implicit else rng.permutation(ITEMS)[:200]
    targets = np.ones(60) if implicit else (felt[rows] > 0.3).astype(np.float64)
    listener = Listener(rows.astype(np.int64), targets.astype(np.float32), np.zeros(len(rows), np.float32))
    codes = rng.integers(0, artists, ITEMS).astype(np.int64)
    return Audience("made up", features.astype(np.float32), (listener,), implicit, artists=codes)


@pytest.mark.parametrize("implicit", [False, True])
def test_constraints_hold_and_feedback_pays(implicit: bool) -> None:
    audience = _audience(artists=60, implicit=implicit)
    tonight = evening(audience, audience.listeners[0], seed=1)
    assert tonight is not None
    session = play(tonight, audience.artists, by(Cosine(), audience.features))
    assert len(session.rows) == len(np.unique(session.rows)) == 50
    assert not np.isin(session.rows, tonight.seeds).any()
    assert tonight.pool[session.rows].all()
    codes = audience.artists[session.rows]
    assert np.bincount(codes).max() <= 3
    assert nearest_repeat(codes) >= 5
    values = dict(zip(RADIO_METRICS, measure_session(session, tonight, audience).values, strict=True))
    assert values["hits"] == pytest.approx(session.hits.mean())
    assert values["lift"] > 1.2
    assert values["gap"] >= 5


def test_rules_are_relaxed_rather_than_the_music_stopped() -> None:
    audience = _audience(artists=2)
    tonight = evening(audience, audience.listeners[0], seed=1)
    assert tonight is not None
    assert len(play(tonight, audience.artists, by(Cosine(), audience.features)).rows) == 50


def test_who_rated_too_little_hears_nothing() -> None:
    audience = _audience(artists=5)
    short = Listener(np.arange(74), np.ones(74, np.float32), np.zeros(74, np.float32))
    assert evening(audience, short, seed=0) is None
    assert evening(audience, short, seed=0, tracks=40) is not None


def test_measures_by_hand() -> None:
    assert longest_streak(np.array([True, True, False, True])) == 2
    assert longest_streak(np.zeros(3, bool)) == 0
    assert nearest_repeat(np.array([1, 2, -1, -1, 1, 3, 1])) == 2
    assert np.isnan(nearest_repeat(np.array([1, 2, -1, -1])))


def test_scores_that_are_no_numbers_are_refused() -> None:
    class Broken(Cosine):
        def predict(self, features, rows=None):  # type: ignore[no-untyped-def]
            return Prediction(np.full(len(features), np.nan, np.float32))

    audience = _audience(artists=5)
    rows = np.arange(3)
    labels = Labels(rows, np.ones(3, np.float32), np.ones(3, np.float32), np.zeros(3, np.float32))
    with pytest.raises(ValueError, match="no numbers"):
        by(Broken(), audience.features)(labels)
