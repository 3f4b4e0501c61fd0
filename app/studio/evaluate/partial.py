"""Rows of an evaluation kept while it runs, so that one that was killed goes on where it was.

One JSON line per listener in a file named by a digest of everything that shapes the figures: catalogue, listeners,
population, methods with their parameters, protocol and seed. Floats are written so that they come back bit for bit.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import IO

import numpy as np

import models
from app.studio.evaluate.protocol import Cell, Row
from models.baselines.base import Recommender
from models.evaluation.audience import Audience
from models.evaluation.measure import METRICS, Measured

VERSION = 2
"""Raised when a change makes old rows mean something else."""


SOURCES = Path(models.__file__).parent


def digest_of(audience: Audience, methods: Sequence[Recommender], *settings: object) -> str:
    """16 hex digits that change with anything that changes a figure."""
    made = hashlib.sha256(repr((VERSION, METRICS, audience.name, audience.implicit, audience.scale, settings)).encode())
    # Rows of two versions of the models must not meet in one report.
    for source in sorted(SOURCES.rglob("*.py")):
        made.update(source.read_bytes())
    for method in methods:
        parameters = sorted(method.get_params().items())
        made.update(repr((method.name, parameters, getattr(method, "settings", None))).encode())
    arrays: list[np.ndarray] = [audience.features, audience.artists]
    for listener in audience.listeners:
        arrays += [listener.rows, listener.targets, listener.days]
    if audience.population is not None:
        arrays += [audience.population.users, audience.population.items, audience.population.targets]
    for array in arrays:
        made.update(repr(array.shape).encode())
        made.update(np.ascontiguousarray(array).tobytes())
    return made.hexdigest()[:16]


class Partial:
    """The kept rows of one evaluation; `path` is made on the first row."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: IO[str] | None = None

    def take_up(self) -> list[Row]:
        """The rows kept so far; what was cut off in the middle of a line is dropped."""
        try:
            lines = self.path.read_text(encoding="utf-8").splitlines(keepends=True)
        except (OSError, UnicodeDecodeError):
            return []
        rows: dict[int, Row] = {}
        for line in lines:
            row = _read(line) if line.endswith("\n") else None
            if row is not None:
                rows[row.listener] = row
        # Written anew, so that the next line does not join a torn one.
        self.path.write_text("".join(_line(row) for row in rows.values()), encoding="utf-8")
        return list(rows.values())

    def keep(self, row: Row) -> None:
        """Add a row; it is on the disk when this returns."""
        if self._file is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self.path.open("a", encoding="utf-8")
        self._file.write(_line(row))
        self._file.flush()
        os.fsync(self._file.fileno())

    def close(self, *, finished: bool = False) -> None:
        """Close the file, and remove it where nothing is left to be done."""
        if self._file is not None:
            self._file.close()
            self._file = None
        if finished:
            self.forget()

    def forget(self) -> None:
        """Remove what was kept."""
        with contextlib.suppress(FileNotFoundError):
            self.path.unlink()


def _line(row: Row) -> str:
    cells = [
        [
            cell.method,
            cell.count,
            [value if math.isfinite(value) else None for value in cell.measured.values],
            list(cell.measured.top),
        ]
        for cell in row.cells
    ]
    return json.dumps([row.listener, cells], separators=(",", ":")) + "\n"


def read_row(line: str) -> Row:
    """A row from its line. Raises ValueError, TypeError or KeyError on anything else."""
    listener, cells = json.loads(line)
    return Row(
        int(listener),
        tuple(
            Cell(
                str(method),
                int(count),
                Measured(
                    tuple(math.nan if value is None else float(value) for value in values),
                    tuple(int(row) for row in top),
                ),
            )
            for method, count, values, top in cells
        ),
    )


def write_row(row: Row) -> str:
    """The line of a row, with its end of line."""
    return _line(row)


def _read(line: str) -> Row | None:
    try:
        return read_row(line)
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
