"""From the vectors of an Item's windows or frames to the one vector of the Item.

Called by whoever encodes an Item: three windows of a track, the keyframes of a video. Arrays only.
"""

from __future__ import annotations

import numpy as np

from models.encoders.spec import unit_rows
from models.types import F32


def pool(vectors: F32) -> F32:
    """Mean of the rows that say something, scaled to unit length.

    vectors: float32 `(n, d)`, rows of unit length or zero (silence, a black frame), n >= 0. Gives float32
    `(d,)`: the zero vector where every row is zero or there is none. Rows that are not finite are ignored
    too.
    """
    if vectors.ndim != 2:
        raise ValueError("pool takes rows of vectors, shape (n, d)")
    speaking = vectors[np.isfinite(vectors).all(axis=1) & np.any(vectors, axis=1)]
    if not len(speaking):
        return np.zeros(vectors.shape[1], np.float32)
    mean = np.asarray(speaking.mean(axis=0, dtype=np.float64, keepdims=True), dtype=np.float32)
    return unit_rows(mean).ravel()
