"""What followed peers told of their taste, kept for each source as it came; and which of our labels we have told.

The network process writes what it received, the studio reads it, and writes what is told of ours. Nothing is added up
here: forgetting a source is deleting its rows.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.store.database import Database

MOST_OF_ONE = 64
"""Messages kept of one source; the newest stay."""


@dataclass(frozen=True, slots=True)
class EvidenceRow:
    """One message as its source signed it: `level` 1 (taste) or 2 (votes), `message` the body's bytes."""

    source: bytes
    seq: int
    level: int
    message: bytes


@dataclass(frozen=True, slots=True)
class ToldRow:
    """One message of ours, as `EvidenceRow`."""

    seq: int
    level: int
    message: bytes


@dataclass(frozen=True, slots=True)
class ToldLabel:
    """One of our labels that was told; `label` is the SHA-256 of its Item's identity."""

    label: bytes
    level: int
    liked: bool
    seq: int


class EvidenceRows:
    """Reads and writes evidence; each method is one short transaction."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def followed(self) -> list[EvidenceRow]:
        """All messages of followed peers, by source and number: nobody else has any influence."""
        rows = self._db.all(
            "SELECT e.source, e.seq, e.level, e.message FROM evidence e JOIN peers p ON p.key = e.source "
            "WHERE p.followed = 1 ORDER BY e.source, e.seq"
        )
        return [EvidenceRow(*row) for row in rows]

    def of(self, source: bytes) -> list[EvidenceRow]:
        """The messages of one source, by number."""
        rows = self._db.all("SELECT source, seq, level, message FROM evidence WHERE source = ? ORDER BY seq", (source,))
        return [EvidenceRow(*row) for row in rows]

    def hear(self, source: bytes, rows: Sequence[EvidenceRow], now: float | None = None) -> bool:
        """Put what a followed source tells now in the place of what it told before; returns whether that changed.

        What it has taken back goes. A source that is not followed is not heard.
        """
        at = time.time() if now is None else now
        kept = sorted(rows, key=lambda row: row.seq)[-MOST_OF_ONE:]
        with self._db.transaction():
            followed = self._db.one("SELECT 1 FROM peers WHERE key = ? AND followed = 1", (source,)) is not None
            if not followed or self.of(source) == kept:
                return False
            self._db.execute("DELETE FROM evidence WHERE source = ?", (source,))
            self._db.run_many(
                "INSERT INTO evidence (source, seq, level, message, received_at) VALUES (?, ?, ?, ?, ?)",
                [(source, row.seq, row.level, row.message, at) for row in kept],
            )
        return True

    def told(self) -> list[ToldLabel]:
        """Which of our labels were told."""
        rows = self._db.all("SELECT label, level, liked, seq FROM told ORDER BY label")
        return [ToldLabel(label, level, bool(liked), seq) for label, level, liked, seq in rows]

    def messages(self) -> list[ToldRow]:
        """What we tell, by number."""
        return [ToldRow(*row) for row in self._db.all("SELECT seq, level, message FROM told_messages ORDER BY seq")]

    def next_number(self) -> int:
        """The number of our next message: never one that was used, also when nothing is told any longer."""
        row = self._db.one(
            "SELECT 1 + coalesce(max(seq), 0) FROM (SELECT seq FROM told_messages UNION ALL SELECT seq FROM told)"
        )
        return int(row[0]) if row else 1

    def tell(self, row: ToldRow, labels: Mapping[bytes, bool], now: float | None = None) -> None:
        """Keep a message of ours with the labels it spends (label: liked), all or nothing."""
        at = time.time() if now is None else now
        with self._db.transaction():
            self._db.execute(
                "INSERT INTO told_messages (seq, level, message, at) VALUES (?, ?, ?, ?)",
                (row.seq, row.level, row.message, at),
            )
            self._db.run_many(
                "INSERT OR REPLACE INTO told (label, level, liked, seq) VALUES (?, ?, ?, ?)",
                [(label, row.level, int(liked), row.seq) for label, liked in sorted(labels.items())],
            )
            self._db.execute(
                "DELETE FROM told_messages WHERE seq NOT IN (SELECT seq FROM told_messages ORDER BY seq DESC LIMIT ?)",
                (MOST_OF_ONE,),
            )

    def withdraw(self) -> None:
        """Tell nothing any longer. What was told stays noted, so that no label is ever told twice."""
        with self._db.transaction():
            self._db.execute("DELETE FROM told_messages")
