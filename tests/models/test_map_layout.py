"""The map's layout: neighbours stay neighbours, better than by principal axes; it is the same every time; it keeps
what stood where it stood."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.manifold import trustworthiness

from models.map_layout import FEWEST, SPREAD_SAMPLE, between, fitted, lay_out, spread
from models.types import F32


def clustered(count: int, groups: int = 25, width: int = 48, draw: int = 1) -> F32:
    """Rows around the same centres, in no order."""
    centres = np.random.default_rng(0).normal(size=(groups, width))
    random = np.random.default_rng(draw)
    rows = centres[random.integers(0, groups, count)] + 0.5 * random.normal(size=(count, width))
    return np.asarray(rows, np.float32)


ROWS = clustered(700)


@pytest.fixture(scope="module")
def places() -> F32:
    return lay_out(ROWS, landmarks=300)


def test_neighbours_stay_neighbours(places: F32) -> None:
    """The landmarks by t-SNE and the 400 others between them."""
    plain = PCA(2, svd_solver="full").fit_transform(ROWS)
    ours, theirs = (trustworthiness(ROWS, laid, n_neighbors=10) for laid in (places, plain))
    assert ours > 0.93
    assert ours > theirs + 0.1


def test_places_lie_in_the_unit_square_and_fill_it(places: F32) -> None:
    assert places.shape == (700, 2)
    assert places.dtype == np.float32
    assert places.min() >= 0
    assert places.max() <= 1
    assert np.ptp(places, axis=0).max() > 0.9


def test_it_is_the_same_every_time(places: F32) -> None:
    assert np.array_equal(lay_out(ROWS, landmarks=300), places)


def test_what_stood_stays_about_where_it_stood_when_items_come(places: F32) -> None:
    more = np.concatenate([ROWS, clustered(140, draw=7)])
    former = np.full((len(more), 2), np.nan, np.float32)
    former[:700] = places
    warm = lay_out(more, former, landmarks=500)
    cold = lay_out(more, landmarks=500)
    kept, jumped = (np.median(np.linalg.norm(laid[:700] - places, axis=1)) for laid in (warm, cold))
    assert kept < 0.08
    assert kept < jumped / 2
    assert trustworthiness(more, warm, n_neighbors=10) > 0.9


@pytest.mark.parametrize("count", [0, 1, 2, 3, FEWEST - 1, FEWEST, 40])
def test_any_number_has_a_map(count: int) -> None:
    laid = lay_out(clustered(count))
    assert laid.shape == (count, 2)
    assert np.isfinite(laid).all()
    assert len(np.unique(laid, axis=0)) == count


def test_equal_rows_do_not_lie_on_one_point() -> None:
    laid = lay_out(np.ones((60, 5), np.float32), landmarks=20)
    assert np.isfinite(laid).all()
    assert len(np.unique(laid, axis=0)) == 60


def test_rows_of_one_feature_have_a_map() -> None:
    assert lay_out(np.arange(5, dtype=np.float32)[:, None]).shape == (5, 2)


def test_the_work_can_be_ended() -> None:
    class Enough(Exception):
        pass

    told: list[float] = []

    def step(share: float) -> None:
        told.append(share)
        if share > 0.4:
            raise Enough

    with pytest.raises(Enough):
        lay_out(ROWS, landmarks=100, step=step)
    assert told == sorted(told)
    assert told[-1] < 0.9


def test_a_row_lies_where_its_nearest_marks_do_and_not_in_the_gap_between_groups() -> None:
    marks = np.array([[0, 0], [1, 0], [100, 0], [101, 0]], np.float32)
    there = np.array([[0.1, 0.1], [0.12, 0.1], [0.9, 0.9], [0.92, 0.9]], np.float32)
    laid = between(np.array([[0.1, 0], [100.6, 0]], np.float32), marks, there, nearest=2)
    assert np.linalg.norm(laid[0] - there[0]) < 0.15
    assert np.linalg.norm(laid[1] - there[3]) < 0.2
    assert between(np.zeros((0, 2), np.float32), marks, there).shape == (0, 2)


def test_landmarks_are_different_and_reach_every_group() -> None:
    chosen = spread(ROWS, 60, seed=3)
    assert len(np.unique(chosen)) == 60
    lone = np.concatenate([np.zeros((500, 4), np.float32), np.full((1, 4), 9, np.float32)])
    assert 500 in spread(lone, 5)
    assert spread(ROWS, 700).tolist() == list(range(700))
    many = spread(np.random.default_rng(0).random((SPREAD_SAMPLE + 500, 2), np.float32), 30)
    assert len(np.unique(many)) == 30
    assert many.max() > SPREAD_SAMPLE // 2


def test_fitting_keeps_the_proportions() -> None:
    laid = fitted(np.array([[0, 0], [10, 0], [10, 5]], np.float32))
    wide, high = np.ptp(laid, axis=0)
    assert wide == pytest.approx(0.94)
    assert high == pytest.approx(0.47)
    assert fitted(np.ones((3, 2), np.float32)).tolist() == [[0.5, 0.5]] * 3
