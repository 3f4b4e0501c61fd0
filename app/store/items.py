"""Items: taking in what was found, which vectors exist, and single Items by id or path.

The importer and the indexer (studio) write here; everybody reads. Lists for the window are in item_lists.py.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from itertools import islice

from app.store.database import Database
from app.store.feedback import Feedback
from app.store.folders import STEP, Folders
from app.store.item_values import (
    ROW_COLUMNS,
    Counts,
    FoundItem,
    Gains,
    ItemRow,
    ItemText,
    SameFiles,
    SaveCounts,
    Unmarked,
    item_row,
)
from app.store.text import clean, fold, stored_path
from models.ids import ItemId

_TAGS = (
    "kind", "title", "artist", "album", "album_artist", "genre", "year", "track_number", "disc_number", "duration",
    "codec", "bitrate", "sample_rate", "channels", "licence", "track_gain", "track_peak", "album_gain", "album_peak",
    "title_key", "artist_key", "album_key", "album_artist_key", "genre_key",
)  # fmt: skip
# These may come from the decoder, later: a new reading of the tags without them keeps them.
_LATE = ("width", "height", "cover")
_INSERT = (
    f"INSERT INTO items (identity, added_at, tagged_at, path, {', '.join(_TAGS + _LATE)}) "
    f"VALUES (?, ?, ?, CAST(? AS TEXT), {', '.join('?' * len(_TAGS + _LATE))})"
)
_UPDATE = (
    f"UPDATE items SET {', '.join(f'{name} = ?{at}' for at, name in enumerate(_TAGS, 5))}, "
    "tagged_at = coalesce(?1, tagged_at), width = coalesce(?2, width), height = coalesce(?3, height), "
    f"cover = CASE ?4 WHEN '' THEN cover ELSE ?4 END WHERE id = ?{len(_TAGS) + 5}"
)


class Items(Folders):
    """The Items and, inherited, their folders and files."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self._feedback = Feedback(database)

    # ----------------------------------------------------------------------------------------- taking in

    def save_found(self, batch: Iterable[FoundItem]) -> SaveCounts:
        """Take files in: a new identity is a new Item, a known one keeps its Item, id and ratings.

        The tags read last are the Item's. A rating in the tags becomes feedback of origin `tag`. Committed in
        transactions of STEP files.
        """
        added = changed = moved = 0
        rest = iter(batch)
        while part := list(islice(rest, STEP)):
            with self._db.transaction():
                for found in part:
                    what = self._save(found)
                    added, changed, moved = added + what.added, changed + what.changed, moved + what.moved
        return SaveCounts(added, changed, moved)

    def _save(self, found: FoundItem) -> SaveCounts:
        path, now = stored_path(found.path), time.time()
        tags = _tags(found)
        known = self._db.one(f"SELECT id, {', '.join(_TAGS + _LATE)} FROM items WHERE identity = ?", (found.identity,))
        changed = False
        if known is None:
            late = (found.width, found.height, found.cover)
            self._db.execute(_INSERT, (found.identity, now, now, path, *tags, *late))
            item = self._number()
        else:
            item = int(known[0])
            late = (found.width, found.height, found.cover)
            retagged = tuple(known[1 : 1 + len(_TAGS)]) != tags
            seen = any(new not in (None, "", old) for new, old in zip(late, known[-len(_LATE) :], strict=True))
            changed = retagged or seen
            if changed:
                self._db.execute(_UPDATE, (now if retagged else None, *late, *tags, item))
        file = self._db.one(
            "SELECT item_id, folder_id, size, mtime_ns, missing FROM files WHERE path = CAST(? AS TEXT)",
            (path,),
        )
        before = None if file is None else file[0]
        self._db.execute(
            "INSERT INTO files (folder_id, item_id, path, size, mtime_ns) VALUES (?, ?, CAST(? AS TEXT), ?, ?) "
            "ON CONFLICT (path) DO UPDATE SET folder_id = excluded.folder_id, item_id = excluded.item_id, "
            "size = excluded.size, mtime_ns = excluded.mtime_ns, missing = 0",
            (found.folder_id, item, path, found.size, found.mtime_ns),
        )
        self._db.execute(
            "DELETE FROM failures WHERE path = CAST(? AS TEXT) AND (stage = 'tags' OR size <> ? OR mtime_ns <> ?)",
            (path, found.size, found.mtime_ns),
        )
        if known is not None or file is not None:
            self._refresh({item} | ({before} if before is not None else set()))
        self._feedback.import_tag_rating(ItemId(item), found.rating)
        return SaveCounts(int(known is None), int(changed), int(known is not None and before != item))

    def describe(
        self,
        item: ItemId,
        *,
        cover: str = "",
        width: int | None = None,
        height: int | None = None,
        duration: float | None = None,
    ) -> None:
        """Add what only decoding shows; what is not given stays."""
        with self._db.transaction():
            self._db.execute(
                "UPDATE items SET cover = CASE ?1 WHEN '' THEN cover ELSE ?1 END, width = coalesce(?2, width), "
                "height = coalesce(?3, height), duration = coalesce(?4, duration) WHERE id = ?5",
                (cover, width, height, duration, item),
            )

    # --------------------------------------------------------------------------------------------- marks

    def unmarked(self, space: str, kind: str | None = None, limit: int = 1000) -> list[Unmarked]:
        """Present Items that lack a space's mark: rated ones first (taste is learned from them), then the newest.

        Items whose file failed to decode or encode, and has not changed since, are left out.
        """
        rows = self._db.all(
            "SELECT i.id, i.path, i.kind, i.identity FROM items i "
            "WHERE i.present = 1 AND (?2 = '' OR i.kind = ?2) "
            "AND NOT EXISTS (SELECT 1 FROM marks m WHERE m.space = ?1 AND m.item_id = i.id) "
            "AND NOT EXISTS (SELECT 1 FROM failures x JOIN files f ON f.path = x.path WHERE x.path = i.path "
            "  AND x.stage IN ('decode', 'encode') AND x.size = f.size AND x.mtime_ns = f.mtime_ns) "
            "ORDER BY (i.stars IS NOT NULL OR i.liked <> 0 OR i.play_count > 0) DESC, i.added_at DESC, i.id "
            "LIMIT ?3",
            (space, kind or "", limit),
        )
        return [Unmarked(*row) for row in rows]

    def mark(self, pairs: Iterable[tuple[ItemId, str]], at: float | None = None, *, silent: bool = False) -> None:
        """Note that Items have their vectors in spaces. `silent`: encoded, but there was nothing to make one of."""
        moment = time.time() if at is None else at
        rest = iter(pairs)
        while part := list(islice(rest, 500)):
            with self._db.transaction():
                self._db.run_many(
                    "INSERT OR REPLACE INTO marks (item_id, space, encoded_at, silent) "
                    "SELECT id, ?, ?, ? FROM items WHERE id = ?",
                    [(space, moment, int(silent), item) for item, space in part],
                )

    def unmark(self, pairs: Iterable[tuple[ItemId, str]]) -> None:
        """Take marks back, so that those Items are encoded again."""
        rest = iter(pairs)
        while part := list(islice(rest, 500)):
            with self._db.transaction():
                self._db.run_many("DELETE FROM marks WHERE item_id = ? AND space = ?", part)

    def marked(self, space: str) -> set[ItemId]:
        """The Items that must have a vector in a space (not the silent ones)."""
        return {
            ItemId(row[0])
            for row in self._db.execute("SELECT item_id FROM marks WHERE space = ? AND silent = 0", (space,))
        }

    def is_marked(self, item: ItemId, space: str) -> bool:
        """Whether an Item has a space's mark, silent or not."""
        return self._db.one("SELECT 1 FROM marks WHERE item_id = ? AND space = ?", (item, space)) is not None

    def spaces(self) -> list[str]:
        """Every space that has a mark."""
        return [row[0] for row in self._db.all("SELECT DISTINCT space FROM marks ORDER BY space")]

    # ----------------------------------------------------------------------------------------- single Items

    def item(self, item: ItemId) -> ItemRow | None:
        """One Item without its score (lists have it), None where unknown."""
        row = self._db.one(
            f"SELECT {ROW_COLUMNS.format(score='NULL', deviation='NULL')} FROM items i WHERE i.id = ?",
            (item,),
        )
        return item_row(row) if row else None

    def item_by_path(self, path: str) -> ItemRow | None:
        """The Item that a file holds, None where unknown."""
        row = self._db.one(
            "SELECT item_id FROM files WHERE path = CAST(? AS TEXT) AND item_id IS NOT NULL",
            (stored_path(path),),
        )
        return self.item(ItemId(row[0])) if row else None

    def path_of(self, item: ItemId) -> str | None:
        """The file to play, None where the Item is unknown or no file of it can be reached."""
        row = self._db.one("SELECT path FROM items WHERE id = ? AND present = 1", (item,))
        return row[0] if row else None

    def gains(self, item: ItemId) -> Gains:
        """The ReplayGain of an Item."""
        row = self._db.one("SELECT track_gain, track_peak, album_gain, album_peak FROM items WHERE id = ?", (item,))
        return Gains(*row) if row else Gains(None, None, None, None)

    # ------------------------------------------------------------------------------------------ many Items

    def texts(self, ids: Sequence[ItemId] | None = None) -> list[ItemText]:
        """The words of Items, of all when `ids` is None, by id."""
        columns = "SELECT id, title, artist, album, genre, year FROM items"
        if ids is None:
            return [ItemText(*row) for row in self._db.all(f"{columns} ORDER BY id")]
        found: list[ItemText] = []
        for start in range(0, len(ids), 500):
            part = list(ids[start : start + 500])
            marks = ",".join("?" * len(part))
            found += [ItemText(*row) for row in self._db.all(f"{columns} WHERE id IN ({marks})", part)]
        return sorted(found, key=lambda text: text.id)

    def present_ids(self, kind: str = "") -> list[ItemId]:
        """The Items that can be played now, by id."""
        return [
            ItemId(row[0])
            for row in self._db.all(
                "SELECT id FROM items WHERE present = 1 AND (?1 = '' OR kind = ?1) ORDER BY id", (kind,)
            )
        ]

    def same_files(self) -> list[SameFiles]:
        """Items that lie in several present files, with those files."""
        rows = self._db.all(
            "SELECT f.item_id, f.path FROM files f JOIN folders d ON d.id = f.folder_id "
            "WHERE f.missing = 0 AND d.online = 1 AND f.item_id IN "
            "(SELECT g.item_id FROM files g JOIN folders e ON e.id = g.folder_id "
            " WHERE g.missing = 0 AND e.online = 1 GROUP BY g.item_id HAVING count(*) > 1) "
            "ORDER BY f.item_id, f.path"
        )
        paths: dict[int, list[str]] = {}
        for item, path in rows:
            paths.setdefault(item, []).append(path)
        return [SameFiles(ItemId(item), tuple(found)) for item, found in paths.items()]

    def counts(self) -> Counts:
        """The sizes of the library."""
        row = self._db.one(
            "SELECT coalesce(sum(present AND kind = 'track'), 0), coalesce(sum(present AND kind = 'video'), 0), "
            "coalesce(sum(present AND EXISTS (SELECT 1 FROM marks m WHERE m.item_id = items.id)), 0), "
            "coalesce(sum(NOT present), 0), (SELECT count(*) FROM failures) FROM items"
        )
        return Counts(*row) if row else Counts(0, 0, 0, 0, 0)


def _tags(found: FoundItem) -> tuple[object, ...]:
    """The values of _TAGS, cleaned, with their keys."""
    title = clean(found.title)
    artist, album, genre = clean(found.artist), clean(found.album), clean(found.genre)
    album_artist = clean(found.album_artist)
    return (
        found.kind, title, artist, album, album_artist, genre, found.year, found.track_number, found.disc_number,
        float(found.duration), found.codec, found.bitrate, found.sample_rate, found.channels, clean(found.licence),
        found.track_gain, found.track_peak, found.album_gain, found.album_peak,
        fold(title), fold(artist), fold(album), fold(album_artist or artist), fold(genre),
    )  # fmt: skip
