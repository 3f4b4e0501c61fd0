"""The moments of films, as the window shows them: their times, and the picture with a tile of each.

The studio writes here after decoding; everybody reads. The vectors of moments are `moment_vectors.py`'s.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.store.database import Database
from models.ids import ItemId


@dataclass(frozen=True, slots=True)
class ItemMoments:
    """One film's moments: seconds from its start, rising; tile n of the picture belongs to moment n.

    `picture` names a JPEG in the cover folder (see `library.covers.cover_path`), "" where there is none; the tiles lie
    side by side, each `tile_width` x `tile_height` pixels.
    """

    ats: tuple[float, ...]
    picture: str = ""
    tile_width: int = 0
    tile_height: int = 0

    def number_at(self, seconds: float) -> int:
        """The moment that is on at a time: the last one that has begun, else the first."""
        return max(0, sum(at <= seconds for at in self.ats) - 1)


class Moments:
    """Reads and writes the moments of Items."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def put(self, item: ItemId, moments: ItemMoments) -> None:
        """Write an Item's moments in place of those it had; nothing for an Item that is unknown."""
        with self._db.transaction():
            self._db.execute("DELETE FROM moments WHERE item_id = ?", (item,))
            self._db.execute("DELETE FROM strips WHERE item_id = ?", (item,))
            self._db.run_many(
                "INSERT INTO moments (item_id, number, at) SELECT id, ?, ? FROM items WHERE id = ?",
                [(number, at, item) for number, at in enumerate(moments.ats)],
            )
            if moments.picture:
                self._db.execute(
                    "INSERT INTO strips (item_id, picture, tile_width, tile_height) "
                    "SELECT id, ?, ?, ? FROM items WHERE id = ?",
                    (moments.picture, moments.tile_width, moments.tile_height, item),
                )

    def of(self, item: ItemId) -> ItemMoments | None:
        """An Item's moments, None where it has none (a track, or a film that was not looked at yet)."""
        rows = self._db.all("SELECT at FROM moments WHERE item_id = ? ORDER BY number", (item,))
        if not rows:
            return None
        strip = self._db.one("SELECT picture, tile_width, tile_height FROM strips WHERE item_id = ?", (item,))
        return ItemMoments(tuple(row[0] for row in rows), *(strip or ("", 0, 0)))

    def of_many(self, items: Sequence[ItemId]) -> dict[ItemId, ItemMoments]:
        """Those of some Items that have any."""
        found = {item: self.of(item) for item in items}
        return {item: moments for item, moments in found.items() if moments is not None}
