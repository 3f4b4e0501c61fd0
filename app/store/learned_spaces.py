"""The spaces of learned encoders: which are in use, what of each is still to be encoded, and forgetting one.

The studio writes; the window reads how far each has come, and whoever publishes what a space is of.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.store.database import Database
from models.types import ItemId, Modality

STEP = 2_000
"""Marks deleted in one transaction: some ten milliseconds."""

# Sound is in everything; a picture in films, and in tracks whose cover is known.
_WANTED = "i.present = 1 AND (?1 = 'audio' OR i.kind = 'video' OR i.cover <> '')"
_FAILED = (
    "EXISTS (SELECT 1 FROM failures x JOIN files f ON f.path = x.path WHERE x.path = i.path "
    "AND x.stage IN ('decode', 'encode') AND x.size = f.size AND x.mtime_ns = f.mtime_ns)"
)
_MARKED = "EXISTS (SELECT 1 FROM marks m WHERE m.space = ?2 AND m.item_id = i.id)"


@dataclass(frozen=True, slots=True)
class SpaceRow:
    """The space of a learned encoder in use."""

    space: str
    modality: Modality
    dimension: int


@dataclass(frozen=True, slots=True)
class Lacking:
    """An Item that a learned encoder has not encoded; tracks of one album share their `cover`."""

    id: ItemId
    path: str
    kind: str
    cover: str


@dataclass(frozen=True, slots=True)
class Coverage:
    """`encoded` of `wanted` Items; what could not be read is not wanted."""

    encoded: int
    wanted: int


class LearnedSpaces:
    """Reads and writes what SQLite knows of learned spaces."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def put(self, rows: Sequence[SpaceRow]) -> None:
        """These are in use, and no others."""
        if tuple(rows) == self.rows():
            return
        with self._db.transaction():
            self._db.execute("DELETE FROM learned_spaces")
            self._db.run_many(
                "INSERT INTO learned_spaces (space, modality, dimension) VALUES (?, ?, ?)",
                [(row.space, row.modality.value, row.dimension) for row in sorted(rows, key=lambda row: row.space)],
            )

    def rows(self) -> tuple[SpaceRow, ...]:
        """Those in use, by name."""
        rows = self._db.all("SELECT space, modality, dimension FROM learned_spaces ORDER BY space")
        return tuple(SpaceRow(space, Modality(modality), dimension) for space, modality, dimension in rows)

    def modalities(self) -> Mapping[str, Modality]:
        """What each of those in use is of."""
        return {row.space: row.modality for row in self.rows()}

    def lacking(self, space: str, modality: Modality, limit: int = 1_000) -> list[Lacking]:
        """Present Items to encode, those with feedback first (taste is learned from them), then the newest.

        Files that failed and have not changed are left out.
        """
        rows = self._db.all(
            f"SELECT i.id, i.path, i.kind, i.cover FROM items i WHERE {_WANTED} AND NOT {_MARKED} AND NOT {_FAILED} "
            "ORDER BY (i.stars IS NOT NULL OR i.liked <> 0 OR i.play_count > 0) DESC, i.added_at DESC, i.id LIMIT ?3",
            (modality.value, space, limit),
        )
        return [Lacking(ItemId(item), path, kind, cover) for item, path, kind, cover in rows]

    def coverage(self, space: str, modality: Modality) -> Coverage:
        """How far a space has come."""
        row = self._db.one(
            f"SELECT coalesce(sum({_MARKED}), 0), coalesce(sum({_MARKED} OR NOT {_FAILED}), 0) "
            f"FROM items i WHERE {_WANTED}",
            (modality.value, space),
        )
        return Coverage(*row) if row else Coverage(0, 0)

    def retagged(self, space: str) -> list[ItemId]:
        """Tracks whose tags changed since they were encoded: they may have another cover."""
        rows = self._db.all(
            "SELECT i.id FROM marks m JOIN items i ON i.id = m.item_id "
            "WHERE m.space = ? AND i.kind = 'track' AND i.tagged_at > m.encoded_at",
            (space,),
        )
        return [ItemId(row[0]) for row in rows]

    def forget(self, space: str) -> int:
        """Delete all marks of a space; returns how many there were."""
        gone = 0
        while True:
            with self._db.transaction():
                found = self._db.execute(
                    "DELETE FROM marks WHERE space = ?1 AND item_id IN "
                    "(SELECT item_id FROM marks WHERE space = ?1 ORDER BY item_id LIMIT ?2)",
                    (space, STEP),
                ).rowcount
            gone += found
            if found < STEP:
                return gone
