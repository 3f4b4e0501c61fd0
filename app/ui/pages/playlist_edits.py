"""Everything that can be done to playlists, each of it undoable: used by the playlists page and every context menu.

Reads on the window's thread, writes on the store's write thread; `changed` comes when a change is saved.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, Signal

from app.store.database import Database
from app.store.playlists import PlaylistRow, Playlists, PlaylistSnapshot
from app.ui.bridge import StoreWrites
from app.ui.streams import in_library
from app.ui.undo import UndoList
from models.ids import ItemId


class PlaylistEdits(QObject):
    """`created(id, by_name)`: a playlist was made; where `by_name` is False the user has yet to name it."""

    changed = Signal(int)
    created = Signal(int, bool)
    said = Signal(str)

    def __init__(self, reading: Database, writes: StoreWrites, undo: UndoList, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._playlists = Playlists(reading)
        self._writes, self._undo = writes, undo

    # Reading

    def all(self) -> list[PlaylistRow]:
        """All playlists by name."""
        return self._playlists.all()

    def find(self, playlist: int) -> PlaylistRow | None:
        return next((row for row in self.all() if row.id == playlist), None)

    def names(self) -> list[tuple[int, str]]:
        """(id, name), the newest change first: what a menu offers."""
        return [(row.id, row.name) for row in sorted(self.all(), key=lambda row: -row.changed_at)]

    def rows(self, playlist: int) -> list[ItemId]:
        """The items in order, absent ones included."""
        return self._playlists.rows(playlist)

    # Whole playlists

    def create(self, name: str, ids: Sequence[int] = ()) -> None:
        """Make a playlist; where `name` is empty it gets a free one, and the user is asked for another."""
        items = _items(ids)
        chosen = name.strip() or self._free_name()

        def done(playlist: int) -> None:
            made = [playlist]

            def again() -> None:
                self._writes.submit(lambda db: Playlists(db).create(chosen, items), again_done)

            def again_done(new: int) -> None:
                made[0] = new
                self.changed.emit(new)

            def take_back() -> None:
                gone = made[0]
                self._writes.submit(lambda db: Playlists(db).delete(gone), lambda _snapshot: self.changed.emit(gone))

            self._undo.push(self.tr("new playlist"), take_back, again)
            self.changed.emit(playlist)
            self.created.emit(playlist, bool(name.strip()))
            self.said.emit(self.tr("Made “{playlist}”").format(playlist=chosen))

        self._writes.submit(lambda db: Playlists(db).create(chosen, items), done)

    def create_with(self, ids: Sequence[int]) -> None:
        """Make a playlist of these items, to be named by the user."""
        self.create("", ids)

    def rename(self, playlist: int, name: str) -> None:
        """Give another name; an empty one, or the same, changes nothing."""
        row = self.find(playlist)
        new = name.strip()
        if row is None or not new or new == row.name:
            return

        def put(words: str) -> None:
            self._writes.submit(
                lambda db: Playlists(db).rename(playlist, words), lambda _old: self.changed.emit(playlist)
            )

        put(new)
        former = row.name
        self._undo.push(self.tr("renaming a playlist"), lambda: put(former), lambda: put(new))

    def delete(self, playlist: int) -> None:
        """Delete it; undo brings it back whole."""

        def remove(done: Callable[[], None] | None = None) -> None:
            def finished(snapshot: PlaylistSnapshot) -> None:
                kept[:] = [snapshot]
                self.changed.emit(playlist)
                if done is not None:
                    done()

            self._writes.submit(lambda db: Playlists(db).delete(playlist), finished)

        kept: list[PlaylistSnapshot] = []

        def bring_back() -> None:
            snapshot = kept[0]
            self._writes.submit(lambda db: Playlists(db).restore(snapshot), lambda _none: self.changed.emit(playlist))

        def first_done() -> None:
            self._undo.push(self.tr("deleting a playlist"), bring_back, remove)
            self.said.emit(self.tr("The playlist is deleted"))

        remove(first_done)

    # Rows

    def append(self, playlist: int, ids: Sequence[int]) -> None:
        """Add items at the end."""
        self.insert(playlist, ids, -1)

    def insert(self, playlist: int, ids: Sequence[int], at: int) -> None:
        """Add items before row `at`; -1 is the end."""
        if not ids:
            return
        items = _items(ids)

        def change(rows: list[ItemId]) -> list[ItemId]:
            place = len(rows) if at < 0 else min(at, len(rows))
            return [*rows[:place], *items, *rows[place:]]

        row = self.find(playlist)
        name = row.name if row is not None else ""
        words = self.tr("Added to “{playlist}”: {count}").format(playlist=name, count=len(items))
        self._edit(playlist, change, self.tr("adding to a playlist"), words)

    def remove_rows(self, playlist: int, positions: Sequence[int]) -> None:
        """Take rows out."""
        gone = set(positions)
        if gone:
            self._edit(
                playlist,
                lambda rows: [item for at, item in enumerate(rows) if at not in gone],
                self.tr("removing from a playlist"),
                self.tr("Removed from the playlist: {count}").format(count=len(gone)),
            )

    def move_rows(self, playlist: int, positions: Sequence[int], to: int) -> None:
        """Move rows before row `to`, both as shown now."""
        chosen = sorted(set(positions))

        def change(rows: list[ItemId]) -> list[ItemId]:
            moved = [rows[at] for at in chosen if at < len(rows)]
            rest = [item for at, item in enumerate(rows) if at not in set(chosen)]
            place = max(0, min(len(rest), to - sum(at < to for at in chosen)))
            return [*rest[:place], *moved, *rest[place:]]

        if chosen:
            self._edit(playlist, change, self.tr("moving in a playlist"))

    # Inside

    def _edit(self, playlist: int, change: Callable[[list[ItemId]], list[ItemId]], words: str, said: str = "") -> None:
        """Replace the rows by what `change` makes of them, undoably."""

        def work(db: Database) -> tuple[list[ItemId], list[ItemId]]:
            playlists = Playlists(db)
            with db.transaction():
                after = change(playlists.rows(playlist))
                return playlists.set_rows(playlist, after), after

        def done(both: tuple[list[ItemId], list[ItemId]]) -> None:
            before, after = both
            self._undo.push(words, lambda: self._put(playlist, before), lambda: self._put(playlist, after))
            self.changed.emit(playlist)
            if said:
                self.said.emit(said)

        self._writes.submit(work, done)

    def _put(self, playlist: int, rows: list[ItemId]) -> None:
        self._writes.submit(lambda db: Playlists(db).set_rows(playlist, rows), lambda _old: self.changed.emit(playlist))

    def _free_name(self) -> str:
        taken = {row.name for row in self.all()}
        base = self.tr("New playlist")
        number = 1
        name = base
        while name in taken:
            number += 1
            name = f"{base} {number}"
        return name


def _items(ids: Sequence[int]) -> list[ItemId]:
    """What may stand in a playlist: not what is still arriving."""
    return [ItemId(item) for item in in_library(ids)]
