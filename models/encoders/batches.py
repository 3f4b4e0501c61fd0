"""Full batches for networks: what one input's vector is must not depend on how many others came along.

Used by the learned encoders. The arithmetic of a network takes another way for every shape of its input; here it only
ever sees one shape. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from models.encoders.spec import unit_rows
from models.types import F32


def in_full_batches(
    count: int,
    dimension: int,
    chosen: Sequence[int],
    size: int,
    prepare: Callable[[int], F32],
    look: Callable[[F32], F32],
) -> F32:
    """Rows of unit length for the inputs at the places `chosen`, zero for the others: float32 `(count, dimension)`.

    `prepare` makes one place's input, all of one shape; `look` turns exactly `size` of them, stacked, into as many
    rows. A last batch is filled up with its last input.
    """
    out = np.zeros((count, dimension), np.float32)
    for start in range(0, len(chosen), size):
        part = list(chosen[start : start + size])
        made = [prepare(at) for at in part]
        made += made[-1:] * (size - len(part))
        out[part] = unit_rows(look(np.stack(made))[: len(part)])
    return out
