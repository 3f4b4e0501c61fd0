"""What the user made: plain playlists, where playing was left, and the queue as it was.

The window reads here and writes through the writer's thread.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from app.errors import StoreError
from app.store.database import Database
from app.store.text import clean
from models.ids import ItemId


@dataclass(frozen=True, slots=True)
class PlaylistRow:
    """One playlist: its name, number of entries, total duration in seconds; times are Unix seconds."""

    id: int
    name: str
    count: int
    duration: float
    created_at: float
    changed_at: float


@dataclass(frozen=True, slots=True)
class PlaylistSnapshot:
    """All of a deleted playlist, enough to bring it back."""

    id: int
    name: str
    created_at: float
    changed_at: float
    items: tuple[ItemId, ...]


@dataclass(frozen=True, slots=True)
class QueuedItem:
    """One place in the queue; `origin`: "user", or "taste" where the radio added it."""

    item_id: ItemId
    origin: str
    current: bool = False


class Playlists:
    """Plain playlists. An Item may be in one several times; absent Items keep their places."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def all(self) -> list[PlaylistRow]:
        """All playlists by name."""
        rows = self._db.all(
            "SELECT p.id, p.name, count(r.item_id), coalesce(sum(i.duration), 0), p.created_at, p.changed_at "
            "FROM playlists p LEFT JOIN playlist_rows r ON r.playlist_id = p.id LEFT JOIN items i ON i.id = r.item_id "
            "GROUP BY p.id ORDER BY p.name COLLATE NOCASE, p.id"
        )
        return [PlaylistRow(*row) for row in rows]

    def create(self, name: str, items: Sequence[ItemId] = ()) -> int:
        """Make a playlist; returns its number."""
        now = time.time()
        with self._db.transaction():
            number = self._db.execute(
                "INSERT INTO playlists (name, created_at, changed_at) VALUES (?, ?, ?)",
                (clean(name), now, now),
            ).lastrowid
            if number is None:
                raise StoreError("The library did not take the playlist")
            self._put(number, 0, items)
        return number

    def rename(self, playlist: int, name: str) -> str:
        """Give another name; returns the former, for undo. Raises StoreError where there is no such playlist."""
        with self._db.transaction():
            former = self._db.one("SELECT name FROM playlists WHERE id = ?", (playlist,))
            if former is None:
                raise StoreError("This playlist is gone")
            self._db.execute(
                "UPDATE playlists SET name = ?, changed_at = ? WHERE id = ?",
                (clean(name), time.time(), playlist),
            )
        return str(former[0])

    def delete(self, playlist: int) -> PlaylistSnapshot:
        """Delete; returns what `restore` needs to undo it. Raises StoreError where there is no such playlist."""
        with self._db.transaction():
            row = self._db.one("SELECT id, name, created_at, changed_at FROM playlists WHERE id = ?", (playlist,))
            if row is None:
                raise StoreError("This playlist is gone")
            snapshot = PlaylistSnapshot(row[0], row[1], row[2], row[3], tuple(self.rows(playlist)))
            self._db.execute("DELETE FROM playlists WHERE id = ?", (playlist,))
        return snapshot

    def restore(self, snapshot: PlaylistSnapshot) -> None:
        """Bring a deleted playlist back, under its number."""
        with self._db.transaction():
            self._db.execute(
                "INSERT INTO playlists (id, name, created_at, changed_at) VALUES (?, ?, ?, ?)",
                (snapshot.id, snapshot.name, snapshot.created_at, snapshot.changed_at),
            )
            self._put(snapshot.id, 0, snapshot.items)

    def rows(self, playlist: int) -> list[ItemId]:
        """The Items in order, absent ones included."""
        return [
            ItemId(row[0])
            for row in self._db.all(
                "SELECT item_id FROM playlist_rows WHERE playlist_id = ? ORDER BY position", (playlist,)
            )
        ]

    def set_rows(self, playlist: int, items: Sequence[ItemId]) -> list[ItemId]:
        """Replace all rows; returns the former, for undo."""
        with self._db.transaction():
            former = self.rows(playlist)
            self._db.execute("DELETE FROM playlist_rows WHERE playlist_id = ?", (playlist,))
            self._put(playlist, 0, items)
            self._touch(playlist)
        return former

    def append(self, playlist: int, items: Sequence[ItemId]) -> None:
        """Add Items at the end."""
        with self._db.transaction():
            last = self._db.one(
                "SELECT coalesce(max(position), -1) FROM playlist_rows WHERE playlist_id = ?", (playlist,)
            )
            self._put(playlist, int(last[0]) + 1 if last else 0, items)
            self._touch(playlist)

    def move(self, playlist: int, rows: Sequence[int], to: int) -> list[ItemId]:
        """Move the entries at positions `rows` before position `to` (both as shown now); returns the former order."""
        with self._db.transaction():
            former = self.rows(playlist)
            chosen = sorted({row for row in rows if 0 <= row < len(former)})
            moved = [former[row] for row in chosen]
            rest = [item for row, item in enumerate(former) if row not in set(chosen)]
            at = max(0, min(len(rest), to - sum(row < to for row in chosen)))
            return self.set_rows(playlist, [*rest[:at], *moved, *rest[at:]])

    def _put(self, playlist: int, start: int, items: Sequence[ItemId]) -> None:
        # A long playlist is a few milliseconds: 10,000 rows take about 15.
        self._db.run_many(
            "INSERT INTO playlist_rows (playlist_id, position, item_id) VALUES (?, ?, ?)",
            [(playlist, position, item) for position, item in enumerate(items, start)],
        )

    def _touch(self, playlist: int) -> None:
        self._db.execute("UPDATE playlists SET changed_at = ? WHERE id = ?", (time.time(), playlist))


class Positions:
    """Where long Items were left, to go on from there."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def get(self, item: ItemId) -> float | None:
        """Seconds from the start, None where the Item was not left in the middle."""
        row = self._db.one("SELECT seconds FROM positions WHERE item_id = ?", (item,))
        return float(row[0]) if row else None

    def set(self, item: ItemId, seconds: float) -> None:
        """Remember where an Item was left."""
        with self._db.transaction():
            self._db.execute(
                "INSERT OR REPLACE INTO positions (item_id, seconds, at) VALUES (?, ?, ?)",
                (item, seconds, time.time()),
            )

    def forget(self, item: ItemId) -> None:
        """It was heard to the end."""
        with self._db.transaction():
            self._db.execute("DELETE FROM positions WHERE item_id = ?", (item,))

    def recent(self, limit: int = 20) -> list[ItemId]:
        """The Items left in the middle, newest first."""
        rows = self._db.all("SELECT item_id FROM positions ORDER BY at DESC LIMIT ?", (limit,))
        return [ItemId(row[0]) for row in rows]


class SavedQueue:
    """The queue as it was when the window closed."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def load(self) -> list[QueuedItem]:
        """The queue in order."""
        rows = self._db.all("SELECT item_id, origin, current FROM queue_rows ORDER BY position")
        return [QueuedItem(ItemId(item), origin, bool(current)) for item, origin, current in rows]

    def save(self, queued: Sequence[QueuedItem]) -> None:
        """Replace it."""
        with self._db.transaction():
            self._db.execute("DELETE FROM queue_rows")
            self._db.run_many(
                "INSERT INTO queue_rows (position, item_id, origin, current) VALUES (?, ?, ?, ?)",
                [(at, row.item_id, row.origin, int(row.current)) for at, row in enumerate(queued)],
            )
