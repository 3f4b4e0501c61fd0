"""What the ranker has to know of every Item beside its features, read in two queries. Called by the studio."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from app.store.database import Database
from models.ids import ItemId


@dataclass(frozen=True, slots=True)
class ItemFacts:
    """One Item as the ranker sees it; `duration` in seconds."""

    id: int
    title: str
    artist: str
    album: str
    genre: str
    kind: str
    duration: float


@dataclass(frozen=True, slots=True)
class Standing:
    """How the user stands to an Item he has touched. `last_played` and `later` ("not now"): Unix seconds, 0: never."""

    id: int
    liked: int
    stars: float | None
    play_count: int
    last_played: float
    later: float


class Facts:
    """Reads facts of all present Items, and the standing of those that were rated or played."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def present(self) -> list[ItemFacts]:
        """All Items that can be played now, in order of their ids."""
        rows = self._database.all(
            "SELECT id, title, artist, album, genre, kind, duration FROM items WHERE present = 1 ORDER BY id"
        )
        return [ItemFacts(*row) for row in rows]

    def some(self, items: Sequence[int]) -> list[ItemFacts]:
        """Those of some Items that can be played now, in order of their ids."""
        rows = self._database.all(
            "SELECT id, title, artist, album, genre, kind, duration FROM items "
            "WHERE present = 1 AND id IN (SELECT value FROM json_each(?)) ORDER BY id",
            (json.dumps([int(item) for item in items]),),
        )
        return [ItemFacts(*row) for row in rows]

    def lengths(self) -> tuple[list[int], list[float]]:
        """The ids of all Items that can be played now, and how long they are in seconds."""
        rows = self._database.all("SELECT id, duration FROM items WHERE present = 1 ORDER BY id")
        return [row[0] for row in rows], [row[1] for row in rows]

    def published(self, kind: str = "") -> list[int]:
        """The Items in the published catalogue (of one kind), in order of their ids."""
        return [
            row[0]
            for row in self._database.all(
                "SELECT p.item_id FROM published p JOIN items i ON i.id = p.item_id "
                "WHERE ?1 = '' OR i.kind = ?1 ORDER BY p.item_id",
                (kind,),
            )
        ]

    def standings(self) -> list[Standing]:
        """All Items with any feedback."""
        rows = self._database.all(
            """
            SELECT i.id, i.liked, i.stars, i.play_count, coalesce(i.last_played, 0), coalesce(l.at, 0)
            FROM items i LEFT JOIN (
                SELECT f.item_id, max(f.at) AS at FROM feedback f
                WHERE f.kind = 'later' AND NOT EXISTS (
                    SELECT 1 FROM feedback u WHERE u.target = f.id AND u.kind = 'undo' AND NOT EXISTS (
                        SELECT 1 FROM feedback r WHERE r.target = f.id AND r.kind = 'redo' AND r.id > u.id))
                GROUP BY f.item_id
            ) l ON l.item_id = i.id
            WHERE i.liked != 0 OR i.stars IS NOT NULL OR i.play_count > 0 OR i.skip_count > 0 OR l.at IS NOT NULL
            """
        )
        return [Standing(*row) for row in rows]

    def retagged(self, space: str) -> list[ItemId]:
        """Items whose tags changed since their vector in `space` was made (the words' vector is then out of date)."""
        rows = self._database.all(
            "SELECT i.id FROM marks m JOIN items i ON i.id = m.item_id "
            "WHERE m.space = ? AND i.tagged_at > m.encoded_at",
            (space,),
        )
        return [ItemId(row[0]) for row in rows]
