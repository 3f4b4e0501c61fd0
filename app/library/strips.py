"""A film's tiles: a small picture of each moment, side by side in one JPEG. Made in the decode child."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image

from app.library.covers import jpeg, picture_key
from app.library.decode_messages import Strip
from models.types import Frame

TILE = 160
"""Pixels of a tile's width."""
LOWEST, HIGHEST = 40, 284
"""Pixels of a tile's height, at least and at most: that of the film's first moment in proportion."""


def strip_of(frames: Sequence[Frame]) -> Strip | None:
    """The strip of some frames in their order, None for none. What has other proportions is squeezed into its tile."""
    if not frames:
        return None
    height, width = frames[0].pixels.shape[:2]
    tile = min(max(round(TILE * height / width), LOWEST), HIGHEST)
    row = [
        np.asarray(Image.fromarray(frame.pixels).resize((TILE, tile), Image.Resampling.BOX, reducing_gap=2.0))
        for frame in frames
    ]
    picture = jpeg(np.concatenate(row, axis=1))
    return Strip(picture, picture_key(picture), TILE, tile)
