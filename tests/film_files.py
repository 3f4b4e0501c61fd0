"""Films made on the spot, scene by scene, for tests of several rooms."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from models.types import U8


def scene_picture(seed: int, size: tuple[int, int] = (160, 96)) -> U8:
    """A picture of coloured squares; another seed is another picture altogether. RGB (height, width, 3)."""
    squares = np.random.default_rng(seed).integers(20, 236, (6, 10, 3), np.uint8)
    rows = np.linspace(0, 5.999, size[1]).astype(int)
    columns = np.linspace(0, 9.999, size[0]).astype(int)
    return np.ascontiguousarray(squares[rows][:, columns])


def write_scenes(
    path: Path,
    scenes: Sequence[tuple[float, U8 | int]],
    *,
    rate: int = 10,
    gop: int = 10,
    codec: str = "mpeg4",
) -> Path:
    """A film without sound: for each scene its seconds and its picture, or the seed of one; a little noise moves in it.

    Key frames come every `gop` pictures.
    """
    shown = [
        (seconds, picture if isinstance(picture, np.ndarray) else scene_picture(picture)) for seconds, picture in scenes
    ]
    rng = np.random.default_rng(0)
    with av.open(str(path), "w") as out:
        film = out.add_stream(codec, rate=rate)
        film.height, film.width = shown[0][1].shape[:2]
        film.pix_fmt = "yuv420p"
        film.codec_context.gop_size = gop
        film.bit_rate = 2_000_000
        number = 0
        for seconds, picture in shown:
            for _ in range(round(seconds * rate)):
                noise = rng.integers(-3, 4, picture.shape)
                pixels = np.clip(picture.astype(np.int16) + noise, 0, 255).astype(np.uint8)
                frame = av.VideoFrame.from_ndarray(pixels, "rgb24")
                frame.pts, frame.time_base = number, Fraction(1, rate)
                number += 1
                out.mux(film.encode(frame))
        out.mux(film.encode(None))
    return path
