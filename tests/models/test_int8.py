"""Vectors as int8: what is written is read, sizes are exact, and directions survive."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from models.int8 import Int8Vectors


def units(n: int, d: int, seed: int = 0) -> np.ndarray:
    rows = np.random.default_rng(seed).normal(size=(n, d)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def test_directions_survive() -> None:
    rows = units(50, 860)
    back = Int8Vectors.of(rows).unit()
    assert (np.sum(rows * back, axis=1) > 0.999).all()
    np.testing.assert_allclose(np.linalg.norm(back, axis=1), 1.0, atol=1e-5)


def test_a_block_has_its_exact_size_and_comes_back() -> None:
    block = Int8Vectors.of(units(7, 12))
    content = block.write()
    assert len(content) == 7 * (12 + 2)
    again = Int8Vectors.read(content, 12)
    np.testing.assert_array_equal(again.codes, block.codes)
    np.testing.assert_array_equal(again.scales, block.scales)
    assert len(again) == 7


def test_no_vector_stays_none() -> None:
    rows = units(3, 8)
    rows[1] = 0
    block = Int8Vectors.of(rows)
    assert block.present.tolist() == [True, False, True]
    assert not block.unit()[1].any()
    assert not block.unit(1, 2).any()


@pytest.mark.parametrize("content", [b"x", b"x" * 13, b"x" * 15])
def test_another_size_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match="no rows"):
        Int8Vectors.read(content, 12)


@pytest.mark.parametrize("scale", [np.nan, np.inf, -1.0])
def test_a_scale_that_is_no_positive_number_is_refused(scale: float) -> None:
    content = bytes(12) + np.array([scale], "<f2").tobytes()
    with pytest.raises(ValueError, match="scale"):
        Int8Vectors.read(content, 12)


@pytest.mark.parametrize("rows", [np.array([[np.nan, 1]]), np.array([[np.inf, 1]]), np.zeros(3)])
def test_only_finite_rows_are_written(rows: np.ndarray) -> None:
    with pytest.raises(ValueError, match="finite"):
        Int8Vectors.of(rows.astype(np.float32))


@given(arrays(np.float32, (3, 4), elements=st.floats(-100, 100, width=32)))
def test_no_code_leaves_its_range(rows: np.ndarray) -> None:
    block = Int8Vectors.of(rows)
    assert block.codes.min() >= -127
    assert np.isfinite(block.unit()).all()


def test_an_empty_block() -> None:
    block = Int8Vectors.read(b"", 5)
    assert len(block) == 0
    assert block.unit().shape == (0, 5)
