"""Networks only ever see full batches, and every row is the one of its own input."""

from __future__ import annotations

import numpy as np
import pytest

from models.encoders.batches import in_full_batches
from models.types import F32


@pytest.mark.parametrize("chosen", [[], [0], [1, 4, 5], list(range(8)), list(range(9))])
def test_every_batch_is_full_and_every_row_in_its_place(chosen: list[int]) -> None:
    seen: list[tuple[int, ...]] = []

    def look(batch: F32) -> F32:
        seen.append(batch.shape)
        return 5 * batch[:, :, 0]

    def prepare(at: int) -> F32:
        return np.array([[3.0 * (at + 1), 0.0], [4.0 * (at + 1), 0.0]], np.float32)

    rows = in_full_batches(10, 2, chosen, 4, prepare, look)
    assert seen == [(4, 2, 2)] * -(-len(chosen) // 4)
    expected = np.zeros((10, 2), np.float32)
    expected[chosen] = (0.6, 0.8)
    assert rows.dtype == np.float32
    assert np.allclose(rows, expected)
