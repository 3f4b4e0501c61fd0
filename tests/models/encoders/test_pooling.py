"""The mean of windows: unit, order-free, deaf to silence."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.encoders.pooling import pool
from models.encoders.spec import unit_rows


@given(n=st.integers(1, 30), d=st.integers(1, 40), seed=st.integers(0, 1000))
def test_unit_and_whatever_the_order(n: int, d: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows = unit_rows(rng.normal(size=(n, d)).astype(np.float32) + np.float32(0.5))
    vector = pool(rows)
    assert vector.dtype == np.float32
    assert vector.shape == (d,)
    assert pool(rows[rng.permutation(n)]) == pytest.approx(vector, abs=1e-4)
    length = float(np.linalg.norm(vector))
    assert length == pytest.approx(1.0, abs=1e-5) or length == 0.0


def test_silence_does_not_count() -> None:
    rows = unit_rows(np.array([[1, 2, 3], [0, 1, 0]], np.float32))
    with_silence = np.concatenate([rows, np.zeros((2, 3), np.float32), np.full((1, 3), np.nan, np.float32)])
    assert np.array_equal(pool(with_silence), pool(rows))


@pytest.mark.parametrize("rows", [np.zeros((0, 3)), np.zeros((2, 3)), np.array([[1, 0, 0], [-1, 0, 0]])])
def test_nothing_left_is_the_zero_vector(rows: np.ndarray) -> None:
    assert np.array_equal(pool(rows.astype(np.float32)), np.zeros(3, np.float32))


def test_a_single_vector_is_no_table() -> None:
    with pytest.raises(ValueError, match="rows of vectors"):
        pool(np.zeros(3, np.float32))
