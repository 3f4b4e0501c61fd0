"""The table offer_scores of scores.db: how much the user would like what peers offer. Written by the studio.

A second connection to that file beside `scores.py`'s, used by another thread. Offers are written a few thousand in a
transaction, so that the ranking of our own Items, which is written more often, never waits for all of them.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from app.errors import ModelError
from app.store import derived
from app.store.database import Parameters, connect, make_scores, translated
from models.types import F32, I64

STEP = 4_096
"""Rows of one transaction: some 5 ms."""


class OfferScores:
    """Writes offer_scores. For one thread."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with translated(path):
            make_scores(path)
            self._connection = connect(path, synchronous="NORMAL")
            # What was told of a blocked peer's offers is overwritten on the disk, too.
            self._connection.execute("PRAGMA secure_delete = ON")
            self._connection.executescript(derived.OFFER_SCORES.format(schema="main"))

    def write(self, ids: I64, score: F32 | None, deviation: F32 | None, owned: I64) -> Iterator[None]:
        """Replace all: (n,) offers with (n,) scores and deviations (None: nothing is rated yet) and owned Items (or 0).

        One step of the iteration is one short transaction. Raises ModelError on NaN or shapes before the first.
        """
        n = len(ids)
        given = [column for column in (score, deviation) if column is not None]
        if owned.shape != (n,) or any(column.shape != (n,) for column in given):
            raise ModelError("Scores do not fit the offers", f"{n} offers")
        if not all(np.isfinite(column).all() for column in given):
            raise ModelError("The model gave scores that are no numbers", "The former ones stay.")
        with translated(self._path):
            held = np.array([row[0] for row in self._connection.execute("SELECT offer_id FROM offer_scores")], np.int64)
        gone = np.setdiff1d(held, ids)
        for start in range(0, len(gone), STEP):
            part = [(offer,) for offer in gone[start : start + STEP].tolist()]
            self._many("DELETE FROM offer_scores WHERE offer_id = ?", part)
            yield
        for start in range(0, n, STEP):
            stop = min(start + STEP, n)
            nothing = [None] * (stop - start)
            rows = zip(
                ids[start:stop].tolist(),
                nothing if score is None else score[start:stop].tolist(),
                nothing if deviation is None else deviation[start:stop].tolist(),
                owned[start:stop].tolist(),
                strict=True,
            )
            self._many("INSERT OR REPLACE INTO offer_scores VALUES (?, ?, ?, ?)", list(rows))
            yield

    def close(self) -> None:
        self._connection.close()

    def _many(self, sql: str, rows: Sequence[Parameters]) -> None:
        with translated(self._path):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                self._connection.executemany(sql, rows)
                self._connection.execute("COMMIT")
            except BaseException:
                with contextlib.suppress(Exception):
                    self._connection.execute("ROLLBACK")
                raise
