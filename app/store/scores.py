"""scores.db: the ranking of all Items, derived by the studio, its one writer, and attached for reading elsewhere.

A ranking is replaced in one transaction of a file of its own: in WAL mode readers neither wait for it nor see half
of it, and ratings, which go to library.db, never meet it. `Database.open(scores=...)` makes the file where missing.
"""

from __future__ import annotations

import contextlib
import logging
import sqlite3
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from app.errors import ModelError, StoreError
from app.store import derived
from app.store.database import APPLICATION_ID, connect, make_scores, translated
from models.types import F32, I64

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Fitting:
    """From what a ranking came: labels used, when (Unix seconds), held-out share of right pairs (-1 unknown)."""

    labels: int
    fitted_at: float
    accuracy: float = -1.0
    low: float = -1.0
    high: float = -1.0


@dataclass(frozen=True, slots=True)
class Scored:
    """One Item's score and deviation, both on the 0..1 scale that the window shows."""

    score: float
    deviation: float


class Scores:
    """The writer of scores.db. A damaged file is thrown away: everything in it can be computed again."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with translated(path):
            try:
                self._connection = self._open()
            except sqlite3.DatabaseError as error:
                if error.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
                    raise
                log.warning("the scores were damaged and are made anew: %s", error)
                for suffix in ("", "-wal", "-shm"):
                    path.with_name(path.name + suffix).unlink(missing_ok=True)
                self._connection = self._open()

    def _open(self) -> sqlite3.Connection:
        make_scores(self._path)
        connection = connect(self._path, synchronous="NORMAL")
        try:
            if connection.execute("PRAGMA application_id").fetchone()[0] == APPLICATION_ID:
                raise StoreError(
                    "This file holds a library, not scores", "This is a mistake of Bowerbird's.", self._path
                )
            connection.execute("SELECT score FROM scores ORDER BY score LIMIT 1").fetchone()
            connection.execute("SELECT labels FROM fitting").fetchone()
            connection.executescript(derived.OFFER_SCORES.format(schema="main"))  # a file of an older version lacks it
        except sqlite3.OperationalError as error:
            connection.close()
            raise _as_corrupt(error) from error
        except BaseException:
            connection.close()
            raise
        return connection

    def write(self, ids: I64, score: F32, deviation: F32, fitting: Fitting | None = None) -> None:
        """Replace the whole ranking: (n,) ids with (n,) scores and deviations. Raises ModelError on NaN or shapes."""
        if not (ids.shape == score.shape == deviation.shape and ids.ndim == 1):
            raise ModelError("Scores do not fit the items", f"{ids.shape}, {score.shape}, {deviation.shape}")
        if not (np.isfinite(score).all() and np.isfinite(deviation).all()):
            raise ModelError("The model gave scores that are no numbers", "The former ranking stays.")
        fitting = fitting or Fitting(0, time.time())
        order = np.argsort(ids, kind="stable")  # rows in the order of the key: twice as fast to write
        rows = zip(ids[order].tolist(), score[order].tolist(), deviation[order].tolist(), strict=True)
        with translated(self._path):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                self._connection.execute("DROP INDEX IF EXISTS scores_by_score")
                self._connection.execute("DELETE FROM scores")
                self._connection.executemany("INSERT INTO scores VALUES (?, ?, ?)", rows)
                self._connection.execute("CREATE INDEX scores_by_score ON scores(score, item_id)")
                self._connection.execute(
                    "INSERT OR REPLACE INTO fitting VALUES (1, ?, ?, ?, ?, ?)",
                    (fitting.labels, fitting.fitted_at, fitting.accuracy, fitting.low, fitting.high),
                )
                self._connection.execute("COMMIT")
            except BaseException:
                with contextlib.suppress(sqlite3.Error):
                    self._connection.execute("ROLLBACK")
                raise

    def note(self, fitting: Fitting) -> None:
        """Replace what the ranking came from, not the ranking: its accuracy is measured after it stands."""
        with translated(self._path):
            self._connection.execute(
                "INSERT OR REPLACE INTO fitting VALUES (1, ?, ?, ?, ?, ?)",
                (fitting.labels, fitting.fitted_at, fitting.accuracy, fitting.low, fitting.high),
            )

    def score_of(self, ids: list[int]) -> list[Scored | None]:
        """The scores of some Items, in the given order, None where there is none."""
        found: dict[int, Scored] = {}
        with translated(self._path):
            for start in range(0, len(ids), 500):
                part = ids[start : start + 500]
                marks = ",".join("?" * len(part))
                for item, score, deviation in self._connection.execute(
                    f"SELECT item_id, score, deviation FROM scores WHERE item_id IN ({marks})", part
                ):
                    found[item] = Scored(score, deviation)
        return [found.get(item) for item in ids]

    def fitting(self) -> Fitting | None:
        """What the ranking came from, None before the first."""
        with translated(self._path):
            row = self._connection.execute("SELECT labels, fitted_at, accuracy, low, high FROM fitting").fetchone()
        return Fitting(*row) if row else None

    def close(self) -> None:
        self._connection.close()


def _as_corrupt(error: sqlite3.OperationalError) -> sqlite3.OperationalError:
    """A missing table or column means a foreign or half-made file, as good as a damaged one."""
    if error.sqlite_errorcode == sqlite3.SQLITE_ERROR:
        error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
    return error
