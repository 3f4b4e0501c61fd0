"""Products with whole spaces as they are stored, beside the same in float64."""

from __future__ import annotations

import numpy as np
import pytest

from models.nearest import PIECE, lengths, products


@pytest.mark.parametrize("kind", [np.float16, np.int8, np.float32])
@pytest.mark.parametrize("count", [0, 1, PIECE - 1, PIECE, 2 * PIECE + 3])
@pytest.mark.parametrize("queries", [1, 3])
def test_products_are_those_of_the_stored_numbers(kind: type, count: int, queries: int) -> None:
    rng = np.random.default_rng(count)
    rows = rng.normal(0, 40, (count, 24)).astype(kind)
    asked = rng.normal(0, 1, (queries, 24)).astype(np.float32)
    found = products(rows, asked)
    assert found.shape == (queries, count)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, asked.astype(np.float64) @ rows.astype(np.float64).T, rtol=1e-4, atol=1e-2)


def test_rows_need_not_lie_in_one_piece() -> None:
    rows = np.random.default_rng(0).normal(0, 1, (50, 32)).astype(np.float16)[:, :24]
    asked = np.ones((1, 24), np.float32)
    np.testing.assert_allclose(products(rows, asked)[0], rows.astype(np.float32).sum(axis=1), atol=1e-3)


def test_no_queries_give_no_products() -> None:
    assert products(np.ones((5, 4), np.float16), np.zeros((0, 4), np.float32)).shape == (0, 5)


def test_lengths() -> None:
    rows = np.array([[3, 4], [0, 0], [100, 0]], np.int8)
    assert lengths(rows).tolist() == [5.0, 0.0, 100.0]
    assert lengths(np.zeros((0, 3), np.float16)).tolist() == []
