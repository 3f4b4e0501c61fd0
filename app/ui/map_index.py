"""Finding dots of the map by their places: the nearest to a point, all in a rectangle, those along a line.

Pure arrays, in the map's own units (0..1). A grid keeps every question to the few cells it concerns.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from models.types import F32, I64

CELLS = 96
"""Along a side: some ten dots a cell at 100,000."""

Point = tuple[float, float]


class MapIndex:
    """A grid over places float32 `(n, 2)`; answers are their row numbers."""

    def __init__(self, places: F32) -> None:
        self._places = places
        columns, rows = self._cells(places)
        cells = rows * CELLS + columns
        self._order = np.argsort(cells, kind="stable")
        self._starts = np.searchsorted(cells[self._order], np.arange(CELLS * CELLS + 1))

    def nearest(self, x: float, y: float, reach: float) -> int:
        """The dot nearest to a point, -1 where none is within `reach`."""
        near = self.inside(x - reach, y - reach, x + reach, y + reach)
        if not len(near):
            return -1
        away = np.hypot(self._places[near, 0] - x, self._places[near, 1] - y)
        best = int(np.argmin(away))
        return int(near[best]) if away[best] <= reach else -1

    def inside(self, left: float, top: float, right: float, bottom: float) -> I64:
        """The dots in a rectangle, in no order."""
        corners = np.array([[left, top], [right, bottom]], np.float32)
        (first, last), (above, below) = self._cells(corners)
        parts = []
        for row in range(int(above), int(below) + 1):
            start, end = self._starts[row * CELLS + int(first)], self._starts[row * CELLS + int(last) + 1]
            parts.append(self._order[start:end])
        found = np.concatenate(parts)
        x, y = self._places[found].T
        return np.asarray(found[(x >= left) & (x <= right) & (y >= top) & (y <= bottom)], np.int64)

    def along(self, points: Sequence[Point], reach: float, most: int) -> list[int]:
        """Up to `most` dots within `reach` of a line through `points`, in the order in which it passes them.

        Where more lie there, those nearest to the line, of each stretch of it as many.
        """
        line = np.array(points, np.float64)
        steps = np.linalg.norm(np.diff(line, axis=0), axis=1)
        length = float(steps.sum())
        if length <= 0:
            return []
        passed = np.concatenate([[0.0], np.cumsum(steps)])
        chosen: dict[int, float] = {}
        for number in range(most):
            at = length * (number + 0.5) / most
            x, y = (float(np.interp(at, passed, line[:, axis])) for axis in (0, 1))
            near = self.inside(x - reach, y - reach, x + reach, y + reach)
            away = np.hypot(self._places[near, 0] - x, self._places[near, 1] - y)
            for best in np.argsort(away, kind="stable"):
                if away[best] > reach:
                    break
                if int(near[best]) not in chosen:
                    chosen[int(near[best])] = at
                    break
        return list(chosen)

    def towards(self, start: int, across: int, down: int) -> int:
        """The next dot in one of the four directions, seen from a dot; -1 where there is none."""
        x, y = self._places[start]
        gap = (self._places[:, 0] - x) * across + (self._places[:, 1] - y) * down
        aside = np.abs((self._places[:, 0] - x) * down + (self._places[:, 1] - y) * across)
        ahead = np.flatnonzero((gap > 0) & (aside <= gap))
        if not len(ahead):
            return -1
        return int(ahead[np.argmin(gap[ahead] + 2 * aside[ahead])])

    @staticmethod
    def _cells(places: F32) -> tuple[I64, I64]:
        cells = np.clip(places * CELLS, 0, CELLS - 1).astype(np.int64)
        return cells[:, 0], cells[:, 1]
