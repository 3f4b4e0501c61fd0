"""The folders of the library and the files in them: what was seen, what is gone, what cannot be reached.

The importer and the watcher (studio) write here. An Item is present while one of its files is there and that file's
folder online; nothing here deletes an Item, so ratings outlive unplugged drives and removed folders.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Sequence
from itertools import islice

from app.errors import StoreError
from app.store.database import Database
from app.store.item_values import Failure, Folder, KnownFile, MovedFile
from app.store.text import clean, stored_path
from models.ids import ItemId

STEP = 25
"""Files of one transaction: some 8 ms, since the window's ratings must never wait long for ours."""
MASK_STEP = 1000
"""Items of one transaction that only masks or shows."""

_FILES = (
    "FROM files f JOIN folders d ON d.id = f.folder_id WHERE f.item_id = items.id AND f.missing = 0 AND d.online = 1"
)
# The path apart, and only where its file is not there any more: it is in an index.
_REFRESH_PRESENT = f"UPDATE items SET present = EXISTS (SELECT 1 {_FILES}) WHERE id IN "
_REFRESH_PATH = (
    f"UPDATE items SET path = (SELECT min(f.path) {_FILES}) "
    f"WHERE present = 1 AND path NOT IN (SELECT f.path {_FILES}) AND id IN "
)


class Folders:
    """Folders, files and failures. Writes in transactions of at most STEP rows."""

    def __init__(self, database: Database) -> None:
        self._db = database

    # ------------------------------------------------------------------------------------------- folders

    def folders(self) -> list[Folder]:
        """All folders by path."""
        rows = self._db.all("SELECT id, path, online, added_at FROM folders ORDER BY path")
        return [Folder(number, path, bool(online), added) for number, path, online, added in rows]

    def add_folder(self, path: str) -> Folder:
        """Take a folder in. One inside a known folder gives that one; one that holds known ones takes them over."""
        path = os.path.normpath(path)
        known = self.folders()
        for folder in known:
            if _inside(path, folder.path):
                return folder
        with self._db.transaction():
            self._db.execute(
                "INSERT INTO folders (path, added_at) VALUES (CAST(? AS TEXT), ?)",
                (stored_path(path), time.time()),
            )
            number = self._number()
        for folder in known:
            if _inside(folder.path, path):
                self._hand_over(folder.id, number)
        return next(folder for folder in self.folders() if folder.id == number)

    def remove_folder(self, folder_id: int) -> list[ItemId]:
        """Forget a folder and its files; their Items stay, masked unless another file holds them. Returns those."""
        folder = next((known for known in self.folders() if known.id == folder_id), None)
        if folder is None:
            return []
        masked: list[ItemId] = []
        while files := self._db.all(
            "SELECT id, item_id, path FROM files WHERE folder_id = ? LIMIT ?", (folder_id, STEP)
        ):
            items = sorted({item for _, item, _ in files if item is not None})
            with self._db.transaction():
                self._db.run_many("DELETE FROM files WHERE id = ?", [(number,) for number, _, _ in files])
                self._refresh(items)
            masked += self._absent(items)
        with self._db.transaction():
            prefix = stored_path(os.path.join(folder.path, ""))  # noqa: PTH118 - bytes of a prefix, not a path
            self._db.execute("DELETE FROM failures WHERE substr(CAST(path AS BLOB), 1, length(?1)) = ?1", (prefix,))
            self._db.execute("DELETE FROM folders WHERE id = ?", (folder_id,))
        return masked

    def set_online(self, folder_id: int, online: bool) -> int:
        """Note that a folder can or cannot be reached, and mask or show its Items; returns how many changed."""
        with self._db.transaction():
            self._db.execute("UPDATE folders SET online = ? WHERE id = ?", (int(online), folder_id))
        return self.refresh_presence()

    def refresh_presence(self) -> int:
        """Mend `present` and `path` wherever the files say otherwise (also after a kill); returns how many."""
        wrong = [
            row[0]
            for row in self._db.all(
                "SELECT i.id FROM items i LEFT JOIN ("
                " SELECT f.item_id AS there, max(f.path = j.path) AS playable "
                " FROM files f JOIN folders d ON d.id = f.folder_id JOIN items j ON j.id = f.item_id "
                " WHERE f.missing = 0 AND d.online = 1 GROUP BY f.item_id"
                ") ON there = i.id WHERE i.present <> (there IS NOT NULL) OR playable = 0"
            )
        ]
        for start in range(0, len(wrong), MASK_STEP):
            with self._db.transaction():
                self._refresh(wrong[start : start + MASK_STEP])
        return len(wrong)

    # --------------------------------------------------------------------------------------------- files

    def known_files(self, folder_id: int) -> dict[str, KnownFile]:
        """Every file seen in a folder by its path, the missing ones included."""
        rows = self._db.all(
            "SELECT path, id, size, mtime_ns, item_id, missing FROM files WHERE folder_id = ?", (folder_id,)
        )
        return {
            path: KnownFile(number, size, mtime, item, bool(missing))
            for path, number, size, mtime, item, missing in rows
        }

    def mark_missing(self, file_ids: Iterable[int]) -> int:
        """Note that files are gone while their folder is there; returns how many Items that masked."""
        return self._set_missing(file_ids, 1)

    def mark_found(self, file_ids: Iterable[int]) -> int:
        """Note that missing files are back, unchanged; returns how many Items changed."""
        return self._set_missing(file_ids, 0)

    def move_files(self, moved: Sequence[MovedFile]) -> None:
        """Note that known files lie elsewhere now."""
        for start in range(0, len(moved), STEP):
            with self._db.transaction():
                for file in moved[start : start + STEP]:
                    path = stored_path(file.path)
                    # Whatever was known at the new place was overwritten by the move.
                    items = self._items_of("path = CAST(? AS TEXT) OR id = ?", (path, file.id))
                    self._db.execute("DELETE FROM files WHERE path = CAST(? AS TEXT) AND id <> ?", (path, file.id))
                    self._db.execute(
                        "UPDATE files SET path = CAST(? AS TEXT), folder_id = ?, size = ?, mtime_ns = ?, missing = 0 "
                        "WHERE id = ?",
                        (path, file.folder_id, file.size, file.mtime_ns, file.id),
                    )
                    self._refresh(items)

    # ------------------------------------------------------------------------------------------ failures

    def failures(self) -> list[Failure]:
        """Every file that could not be read, newest first."""
        rows = self._db.all("SELECT path, size, mtime_ns, stage, reason, at FROM failures ORDER BY at DESC, path")
        return [Failure(*row) for row in rows]

    def failure_for(self, path: str) -> Failure | None:
        """The failure of one file, None where there is none."""
        row = self._db.one(
            "SELECT path, size, mtime_ns, stage, reason, at FROM failures WHERE path = CAST(? AS TEXT)",
            (stored_path(path),),
        )
        return Failure(*row) if row else None

    def record_failure(self, path: str, size: int, mtime_ns: int, stage: str, reason: str) -> None:
        """Note why a file could not be read; it is not tried again until its size or time changes."""
        with self._db.transaction():
            self._db.execute(
                "INSERT OR REPLACE INTO failures (path, size, mtime_ns, stage, reason, at) "
                "VALUES (CAST(? AS TEXT), ?, ?, ?, ?, ?)",
                (stored_path(path), size, mtime_ns, stage, clean(reason), time.time()),
            )

    def clear_failures(self) -> int:
        """Forget all failures, so that those files are tried again; returns how many there were."""
        with self._db.transaction():
            return self._db.execute("DELETE FROM failures").rowcount

    # --------------------------------------------------------------------------------------------- parts

    def _refresh(self, items: Iterable[int]) -> None:
        wanted = list(items)
        marks = f"({','.join('?' * len(wanted))})"
        self._db.execute(_REFRESH_PRESENT + marks, wanted)
        self._db.execute(_REFRESH_PATH + marks, wanted)

    def _absent(self, items: Sequence[int]) -> list[ItemId]:
        found = []
        for item in items:
            row = self._db.one("SELECT present FROM items WHERE id = ?", (item,))
            if row and not row[0]:
                found.append(ItemId(item))
        return found

    def _items_of(self, condition: str, values: Sequence[object]) -> list[int]:
        return [
            row[0]
            for row in self._db.all(
                f"SELECT DISTINCT item_id FROM files WHERE item_id IS NOT NULL AND ({condition})", values
            )
        ]

    def _set_missing(self, file_ids: Iterable[int], missing: int) -> int:
        changed = 0
        rest = iter(file_ids)
        while part := list(islice(rest, STEP)):
            with self._db.transaction():
                self._db.run_many("UPDATE files SET missing = ? WHERE id = ?", [(missing, number) for number in part])
                marks = ",".join("?" * len(part))
                items = self._items_of(f"id IN ({marks})", part)
                before = set(self._absent(items))
                self._refresh(items)
                changed += len(before ^ set(self._absent(items)))
        return changed

    def _hand_over(self, old: int, new: int) -> None:
        while files := self._db.all("SELECT id FROM files WHERE folder_id = ? LIMIT ?", (old, STEP)):
            with self._db.transaction():
                self._db.run_many("UPDATE files SET folder_id = ? WHERE id = ?", [(new, row[0]) for row in files])
        with self._db.transaction():
            self._db.execute("DELETE FROM folders WHERE id = ?", (old,))
        self.refresh_presence()

    def _number(self) -> int:
        row = self._db.one("SELECT last_insert_rowid()")
        if row is None:
            raise StoreError("The library did not take the row")
        return int(row[0])


def _inside(path: str, folder: str) -> bool:
    return path == folder or path.startswith(os.path.join(folder, ""))  # noqa: PTH118 - may hold undecodable bytes
