"""The dots of the map as one picture, drawn by numpy: 100,000 of them in the time of a frame.

Tracks are discs, films squares; what is not scored is smaller. Knows colours and pixels, neither Items nor widgets.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PySide6.QtGui import QColor, QImage

from app.ui.tones import Tones, blend
from models.types import F32

STEPS = 24
"""Of the scale of scores."""
LOW, HIGH = 0.25, 0.75
"""Scores between which the colour changes: few lie outside."""
_UNSCORED = STEPS
_DIM = STEPS + 1
"""Where the colours of what a search does not match begin."""
_RANKS = np.array([*range(_DIM + 1, 2 * _DIM), _DIM, *range(1, _DIM), 0], np.int64)
"""Of each colour's number how far on top it lies: what matches before what does not, scores before none."""
_LEVELS = 4
"""Of how much of a pixel a dot covers."""
SMALL = 0.75
"""The size of what is not scored, beside the others."""

U16 = npt.NDArray[np.uint16]
U32 = npt.NDArray[np.uint32]


@dataclass(frozen=True, slots=True)
class View:
    """What of the map is seen: its point (x, y) is in the middle, and `scale` px are the length of its side."""

    x: float
    y: float
    scale: float

    def to_pixels(self, x: float, y: float, width: float, height: float) -> tuple[float, float]:
        """Where a place is seen in a picture of this size."""
        return (x - self.x) * self.scale + width / 2, (y - self.y) * self.scale + height / 2

    def to_place(self, left: float, top: float, width: float, height: float) -> tuple[float, float]:
        """Which place is seen there."""
        return (left - width / 2) / self.scale + self.x, (top - height / 2) / self.scale + self.y


def colours(tones: Tones) -> list[str]:
    """Of scores from low to high, of what has none, and then the same for what a search does not match."""
    low = blend(tones.surface, tones.muted, 0.42)
    scale = [blend(low, tones.accent, (step / (STEPS - 1)) ** 1.2) for step in range(STEPS)]
    bright = [*scale, blend(tones.surface, tones.muted, 0.5)]
    return [*bright, *(blend(tones.surface, colour, 0.22) for colour in bright)]


def colour_codes(scores: F32, matching: npt.NDArray[np.bool_] | None) -> npt.NDArray[np.int64]:
    """The number of each dot's colour in `colours`; `scores` are NaN where there are none."""
    unknown = np.isnan(scores)
    share = np.clip((np.where(unknown, 0.5, scores) - LOW) / (HIGH - LOW), 0.0, 1.0)
    codes = np.where(unknown, _UNSCORED, np.round(share * (STEPS - 1))).astype(np.int64)
    return codes if matching is None else codes + np.where(matching, 0, _DIM)


def radius_for(count: int, area: float) -> float:
    """How large dots are, in px, when `count` of them share an area of px²."""
    return float(np.clip(0.34 * np.sqrt(area / max(count, 1)), 1.1, 7.0))


class DotsPainter:
    """Draws dots; made anew for other dots, colours or marks. Where dots overlap, the one liked most is on top.

    The picture is first one of numbers, in which the larger wins: a dot's rank, and for what it covers only in part a
    number below all ranks. Thus the order of drawing matters nowhere, and every offset of a shape is one step.
    """

    def __init__(
        self, places: F32, codes: npt.NDArray[np.int64], films: npt.NDArray[np.bool_], palette: list[str]
    ) -> None:
        ranks = _RANKS[codes]
        order = np.argsort(ranks, kind="stable")
        self._x = np.ascontiguousarray(places[order, 0], np.float32)
        self._y = np.ascontiguousarray(places[order, 1], np.float32)
        self._ranks, self._films = ranks[order].astype(np.uint16), films[order]
        self._small = codes[order] % _DIM == _UNSCORED
        inks = np.zeros(len(_RANKS), np.uint32)
        inks[_RANKS] = [QColor(colour).rgb() for colour in palette]
        self._inks = np.concatenate(
            [np.zeros(1, np.uint32), *(_thinned(inks, (level + 0.5) / _LEVELS) for level in range(_LEVELS)), inks]
        )

    def paint(self, view: View, width: int, height: int, ratio: float, radius: float) -> QImage:
        """A picture `width` by `height` px (times `ratio` on the screen), see-through between the dots."""
        wide, high = round(width * ratio), round(height * ratio)
        # Dots at the very edge are drawn into a margin that is cut off, so that no pixel has to be asked.
        margin = 2 * (int(np.ceil(radius * ratio)) + 1)
        canvas = np.zeros((high + 2 * margin, wide + 2 * margin), np.uint16)
        x = (self._x - view.x) * (view.scale * ratio) + wide / 2 + margin
        y = (self._y - view.y) * (view.scale * ratio) + high / 2 + margin
        near, wider, higher = margin // 2, wide + margin * 1.5, high + margin * 1.5
        seen = (x >= near) & (x < wider) & (y >= near) & (y < higher)
        for films in (False, True):
            for small in (True, False):
                chosen = np.flatnonzero(seen & (self._films == films) & (self._small == small))
                if len(chosen):
                    at = y[chosen].astype(np.int64) * canvas.shape[1] + x[chosen].astype(np.int64)
                    size = radius * ratio * (SMALL if small else 1.0)
                    _stamp(canvas.reshape(-1), canvas.shape[1], at, self._ranks[chosen], size, square=films)
        inked = self._inks[canvas[margin : margin + high, margin : margin + wide]]
        image = QImage(inked.data, wide, high, 4 * wide, QImage.Format.Format_ARGB32_Premultiplied).copy()
        image.setDevicePixelRatio(ratio)
        return image


def _stamp(flat: U16, stride: int, at: npt.NDArray[np.int64], ranks: U16, radius: float, *, square: bool) -> None:
    """Draw one shape at many places, `ranks` ascending."""
    reach = int(np.ceil(radius))
    for down in range(-reach, reach + 1):
        for across in range(-reach, reach + 1):
            out = max(abs(across), abs(down)) / 0.89 if square else float(np.hypot(across, down))
            cover = min(max(radius + 0.5 - out, 0.0), 1.0)
            if cover <= 0.08:
                continue
            level = min(int(cover * _LEVELS), _LEVELS - 1) if cover < 0.95 else _LEVELS
            there = at + (down * stride + across)
            # Of dots at one pixel the last is written, which is the one that ranks highest.
            flat[there] = np.maximum(flat[there], ranks + np.uint16(1 + level * len(_RANKS)))


def _thinned(ink: U32, cover: float) -> U32:
    """Premultiplied colours that let some of what is below through."""
    made = np.zeros_like(ink)
    for shift in (0, 8, 16, 24):
        made |= (((ink >> shift) & 255) * np.float32(cover)).astype(np.uint32) << np.uint32(shift)
    return made
