"""Blocks of the built-in image encoder: colours, where they are, texture and edges.

Each takes a Picture (made once by `look`) and gives a float32 vector of fixed size; called by
`builtin_image.py`. NumPy, SciPy and Pillow only, because it runs in the decode children.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from PIL import Image
from scipy import fft

from models.types import F32, Frame

SIDE = 128
"""Pictures are squeezed to SIDE x SIDE first: all of it counts, its proportions only as one number."""
FLAT_LEVELS = 3.0
"""A picture whose every channel stays within this many of 256 levels says nothing (a black frame)."""

_HUES, _SATURATIONS, _VALUES = 16, 4, 4
_ORIENTATIONS, _SCALES, _CELLS = 8, 4, 4
_HOG_SIDE, _HOG_CELL, _HOG_BINS = 64, 8, 9


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A picture prepared for the blocks.

    rgb: float32 (SIDE, SIDE, 3) in [0, 1]; hsv: likewise, hue in turns; grey: float32 (SIDE, SIDE) luma;
    aspect: log2 of width over height.
    """

    rgb: F32
    hsv: F32
    grey: F32
    aspect: float


def look(frame: Frame) -> Picture | None:
    """Prepare `frame`; None where there is nothing to see (no pixels, one flat colour).

    Raises ValueError where pixels are not uint8 (height, width, 3).
    """
    pixels = frame.pixels
    if pixels.ndim != 3 or pixels.shape[2] != 3 or pixels.dtype != np.uint8:
        raise ValueError("a Frame is uint8 pixels of shape (height, width, 3)")
    height, width = pixels.shape[:2]
    if not height or not width:
        return None
    image = Image.fromarray(np.ascontiguousarray(pixels))
    # The gap lets Pillow first halve large pictures quickly; the box filter then averages what is left.
    small = image.resize((SIDE, SIDE), Image.Resampling.BOX, reducing_gap=2.0)
    rgb8 = np.asarray(small)
    if float(np.ptp(rgb8.reshape(-1, 3), axis=0).max()) <= FLAT_LEVELS:
        return None
    rgb = rgb8.astype(np.float32) / np.float32(255.0)
    hsv = np.asarray(small.convert("HSV")).astype(np.float32) / np.float32(256.0)
    grey = rgb @ np.array([0.299, 0.587, 0.114], np.float32)
    return Picture(rgb, hsv, grey, float(np.clip(np.log2(width / height), -3.0, 3.0)))


def colours(picture: Picture) -> F32:
    """263: the HSV histogram, and seven numbers about the whole picture."""
    return np.concatenate([hsv_histogram(picture), overall(picture)])


def hsv_histogram(picture: Picture) -> F32:
    """256: square roots of the shares of 16 hues x 4 saturations x 4 values. Source: Swain & Ballard 1991."""
    bins = np.array([_HUES, _SATURATIONS, _VALUES])
    places = np.minimum((picture.hsv.reshape(-1, 3) * bins).astype(np.intp), bins - 1)
    flat = (places[:, 0] * _SATURATIONS + places[:, 1]) * _VALUES + places[:, 2]
    counts = np.bincount(flat, minlength=int(bins.prod()))
    return np.sqrt(counts / len(flat)).astype(np.float32)


def gist(picture: Picture) -> F32:
    """512: mean strength of 4 scales x 8 orientations of edges in 4 x 4 places, of the locally normalised
    grey.

    Source: Oliva & Torralba, "Modeling the shape of the scene", IJCV 2001.
    """
    spectrum = fft.fft2(_locally_normalised(picture.grey), workers=1)
    found = []
    for side, filters in _gabor_bank():
        # Coarse filters are cut off well above their centre: their answers fit a smaller picture, computed
        # sooner.
        half = side // 2
        middle = np.concatenate([spectrum[:half], spectrum[-half:]])
        middle = np.concatenate([middle[:, :half], middle[:, -half:]], axis=1)
        answers = np.abs(fft.ifft2(middle[None] * filters, axes=(1, 2), workers=1)) * np.float32((side / SIDE) ** 2)
        cell = side // _CELLS
        found.append(answers.reshape(len(filters), _CELLS, cell, _CELLS, cell).mean((2, 4)).ravel())
    return np.log(np.concatenate(found) + np.float32(1e-3)).astype(np.float32)


def colour_grid(picture: Picture) -> F32:
    """192: mean luma and two colour differences in 8 x 8 places. Source: MPEG-7 colour layout, no DCT."""
    luma = picture.grey
    blue = picture.rgb[:, :, 2] - luma
    red = picture.rgb[:, :, 0] - luma
    cell = SIDE // 8
    planes = np.stack([luma, blue, red]).reshape(3, 8, cell, 8, cell)
    return np.asarray(planes.mean((2, 4)).ravel(), dtype=np.float32)


def oriented_gradients(picture: Picture) -> F32:
    """576: gradient directions (9, unsigned) in 8 x 8 places, square roots of shares of the 3 x 3
    neighbourhood.

    Source: Dalal & Triggs, "Histograms of oriented gradients for human detection", CVPR 2005.
    """
    small = picture.grey.reshape(_HOG_SIDE, 2, _HOG_SIDE, 2).mean((1, 3))
    padded = np.pad(small, 1, mode="edge")
    across = padded[1:-1, 2:] - padded[1:-1, :-2]
    down = padded[2:, 1:-1] - padded[:-2, 1:-1]
    strength = np.hypot(across, down)
    turn = (np.arctan2(down, across) / np.pi) % 1.0 * _HOG_BINS
    lower = np.floor(turn).astype(np.intp)
    share = turn - lower
    cells = _HOG_SIDE // _HOG_CELL
    rows = np.arange(_HOG_SIDE) // _HOG_CELL
    place = (rows[:, None] * cells + rows[None]) * _HOG_BINS
    size = cells * cells * _HOG_BINS
    first = np.bincount((place + lower % _HOG_BINS).ravel(), (strength * (1 - share)).ravel(), size)
    second = np.bincount((place + (lower + 1) % _HOG_BINS).ravel(), (strength * share).ravel(), size)
    grid = (first + second).reshape(cells, cells, _HOG_BINS)
    energy = np.pad(grid.sum(2), 1, mode="edge")
    around = sum(energy[i : i + cells, j : j + cells] for i in range(3) for j in range(3))
    # A hundredth of full contrast per pixel: noise in flat areas has no direction worth hearing of.
    return np.sqrt(grid / (np.asarray(around)[:, :, None] / 9.0 + 0.01 * _HOG_CELL**2)).ravel().astype(np.float32)


def overall(picture: Picture) -> F32:
    """7: brightness, contrast, saturation, colourfulness, edge strength, sharpness of values, proportions.

    Source of colourfulness: Hasler & Suesstrunk, SPIE 2003.
    """
    red, green, blue = picture.rgb[:, :, 0], picture.rgb[:, :, 1], picture.rgb[:, :, 2]
    first, second = red - green, 0.5 * (red + green) - blue
    colourful = np.hypot(first.std(), second.std()) + 0.3 * np.hypot(first.mean(), second.mean())
    edges = np.abs(np.diff(picture.grey, axis=0)).mean() + np.abs(np.diff(picture.grey, axis=1)).mean()
    counts = np.bincount((picture.grey * 31.99).astype(np.intp).ravel(), minlength=32) / picture.grey.size
    entropy = -(counts[counts > 0] * np.log2(counts[counts > 0])).sum()
    measured = [picture.grey.mean(), picture.grey.std(), picture.hsv[:, :, 1].mean(), colourful]
    return np.array([*measured, np.log(edges + 1e-3), entropy, picture.aspect], np.float32)


def _locally_normalised(grey: F32) -> F32:
    """Grey with large shades removed and local contrast evened, as GIST asks (4 cycles per picture)."""
    low = _low_pass()
    logarithm = np.log(1.0 + grey * 255.0).astype(np.float32)
    flat = logarithm - fft.irfft2(fft.rfft2(logarithm, workers=1) * low, s=grey.shape, workers=1)
    local = fft.irfft2(fft.rfft2(flat * flat, workers=1) * low, s=grey.shape, workers=1)
    return np.asarray(flat / (0.2 + np.sqrt(np.maximum(local, 0.0))), dtype=np.float32)


@lru_cache(maxsize=1)
def _low_pass() -> F32:
    down, across = np.fft.fftfreq(SIDE) * SIDE, np.fft.rfftfreq(SIDE) * SIDE
    sigma = 4.0 / np.sqrt(np.log(2.0))
    return np.asarray(np.exp(-(down[:, None] ** 2 + across[None] ** 2) / sigma**2), dtype=np.float32)


@lru_cache(maxsize=1)
def _gabor_bank() -> tuple[tuple[int, F32], ...]:
    """Per scale: side of the picture its answers need, and 8 filters over that part of the spectrum."""
    banks = []
    for scale in range(_SCALES):
        side = SIDE >> scale
        centre = 0.32 * SIDE / 2**scale
        frequency = np.fft.fftfreq(side) * side
        radius = np.hypot(frequency[:, None], frequency[None])
        angle = np.arctan2(frequency[:, None], frequency[None])
        filters = []
        for step in range(_ORIENTATIONS):
            away = (angle - np.pi * step / _ORIENTATIONS + np.pi) % (2 * np.pi) - np.pi
            filters.append(np.exp(-10 * 0.35 * (radius / centre - 1) ** 2 - 2 * np.pi * away**2))
        bank = np.stack(filters).astype(np.float32)
        bank[:, 0, 0] = 0.0
        banks.append((side, bank))
    return tuple(banks)
