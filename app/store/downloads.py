"""The downloads in library.db: what the user wanted of whom, how far it came, where it lies.

Written by the network process, shown by the window. `state` is one of `network_messages.DownloadState`. A row is kept
when its download is over, so that the Downloads page has a history and the same file is not fetched twice.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from app.errors import StoreError
from app.network_messages import DownloadState
from app.store.database import Database, Row
from app.store.text import clean, stored_path
from models.ids import ItemId

UNDER_WAY = (DownloadState.WAITING, DownloadState.RUNNING, DownloadState.PAUSED, DownloadState.CHECKING)


@dataclass(frozen=True, slots=True)
class WantedFile:
    """A file to download, as its offer describes it."""

    root: bytes
    peer: bytes
    size: int
    mime: str
    title: str
    artist: str = ""
    album: str = ""
    licence: str = ""
    duration: float = 0.0


@dataclass(frozen=True, slots=True)
class DownloadRow:
    """One download. Times are Unix seconds, `finished_at` 0 while under way; `path` is "" until it is kept."""

    id: int
    root: bytes
    peer: bytes
    size: int
    mime: str
    title: str
    artist: str
    album: str
    licence: str
    duration: float
    state: DownloadState
    reason: str
    done_bytes: int
    uploaded: int
    seeding: bool
    path: str
    item: ItemId | None
    added_at: float
    finished_at: float
    peer_name: str = ""

    @property
    def under_way(self) -> bool:
        return self.state in UNDER_WAY


_COLUMNS = (
    "d.id, d.root, d.peer, d.size, d.mime, d.title, d.artist, d.album, d.licence, d.duration, d.state, d.reason, "
    "d.done_bytes, d.uploaded, d.seeding, d.path, d.item_id, d.added_at, d.finished_at, coalesce(p.name, '')"
)
_FROM = f"SELECT {_COLUMNS} FROM downloads d LEFT JOIN peers p ON p.key = d.peer"


class Downloads:
    """Reads and writes downloads; each method is one short transaction."""

    def __init__(self, database: Database) -> None:
        self._db = database

    # ------------------------------------------------------------------------------------------ reading

    def rows(self) -> list[DownloadRow]:
        """All downloads, newest first."""
        return [_row(row) for row in self._db.all(f"{_FROM} ORDER BY d.id DESC")]

    def under_way(self) -> list[DownloadRow]:
        """Those that are not over, oldest first."""
        marks = ",".join("?" * len(UNDER_WAY))
        return [_row(row) for row in self._db.all(f"{_FROM} WHERE d.state IN ({marks}) ORDER BY d.id", UNDER_WAY)]

    def seeding(self) -> list[DownloadRow]:
        """The kept ones that are given to others, oldest first."""
        return [_row(row) for row in self._db.all(f"{_FROM} WHERE d.seeding = 1 AND d.state = 'done' ORDER BY d.id")]

    def row(self, download: int) -> DownloadRow | None:
        """One download."""
        row = self._db.one(f"{_FROM} WHERE d.id = ?", (download,))
        return _row(row) if row else None

    def of_root(self, root: bytes) -> DownloadRow | None:
        """The download of a file, whatever became of it."""
        row = self._db.one(f"{_FROM} WHERE d.root = ?", (root,))
        return _row(row) if row else None

    def resume_of(self, download: int) -> bytes | None:
        """The swarm's own notes on how far it came."""
        row = self._db.one("SELECT resume FROM downloads WHERE id = ?", (download,))
        return row[0] if row else None

    # ------------------------------------------------------------------------------------------ writing

    def add(self, wanted: WantedFile) -> DownloadRow:
        """Begin a download, or a cancelled or refused one again; one under way, kept or failed stays as it is."""
        with self._db.transaction():
            known = self.of_root(wanted.root)
            if known is not None and known.state not in (DownloadState.CANCELLED, DownloadState.REFUSED):
                return known
            if known is not None:
                self._db.execute("DELETE FROM downloads WHERE id = ?", (known.id,))
            self._db.execute(
                "INSERT INTO downloads (root, peer, size, mime, title, artist, album, licence, duration, state, "
                "added_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    wanted.root,
                    wanted.peer,
                    wanted.size,
                    clean(wanted.mime),
                    clean(wanted.title),
                    clean(wanted.artist),
                    clean(wanted.album),
                    clean(wanted.licence),
                    wanted.duration,
                    DownloadState.WAITING,
                    time.time(),
                ),
            )
            made = self.of_root(wanted.root)
        if made is None:
            raise StoreError("The library did not take the download")
        return made

    def set_state(self, download: int, state: DownloadState, reason: str = "") -> None:
        """Note where it stands; `finished_at` is set when it is over."""
        over = state not in UNDER_WAY
        with self._db.transaction():
            self._db.execute(
                "UPDATE downloads SET state = ?, reason = ?, "
                "finished_at = CASE WHEN ? THEN CASE finished_at WHEN 0 THEN ? ELSE finished_at END ELSE 0 END "
                "WHERE id = ?",
                (state, clean(reason), int(over), time.time(), download),
            )

    def note(self, download: int, done: int, uploaded: int, resume: bytes | None = None) -> None:
        """Note bytes done and given, and the swarm's notes; None leaves those as they are."""
        with self._db.transaction():
            self._db.execute(
                "UPDATE downloads SET done_bytes = ?, uploaded = ?, resume = coalesce(?, resume) WHERE id = ?",
                (done, uploaded, resume, download),
            )

    def keep(self, download: int, path: str) -> None:
        """Note where the kept file lies; the swarm's notes are not needed any longer."""
        with self._db.transaction():
            self._db.execute(
                "UPDATE downloads SET path = CAST(? AS TEXT), state = 'done', reason = '', done_bytes = size, "
                "resume = NULL, finished_at = ? WHERE id = ?",
                (stored_path(path), time.time(), download),
            )

    def set_item(self, download: int, item: int) -> None:
        """Note the Item that it became."""
        with self._db.transaction():
            self._db.execute(
                "UPDATE downloads SET item_id = (SELECT id FROM items WHERE id = ?) WHERE id = ?", (item, download)
            )

    def set_seeding(self, download: int, seeding: bool) -> None:
        """Give it to others, or no longer."""
        with self._db.transaction():
            self._db.execute("UPDATE downloads SET seeding = ? WHERE id = ?", (int(seeding), download))

    def set_peer(self, download: int, peer: bytes) -> None:
        """Whose promise it is that will be judged."""
        with self._db.transaction():
            self._db.execute("UPDATE downloads SET peer = ? WHERE id = ?", (peer, download))

    def remove(self, downloads: Sequence[int]) -> None:
        """Forget downloads that are over; kept files stay where they are."""
        with self._db.transaction():
            marks = ",".join("?" * len(UNDER_WAY))
            self._db.run_many(
                f"DELETE FROM downloads WHERE id = ? AND state NOT IN ({marks})",
                [(download, *UNDER_WAY) for download in downloads],
            )


def _row(row: Row) -> DownloadRow:
    state, reason, done, uploaded, seeding, *rest = row[10:]
    return DownloadRow(*(*row[:10], DownloadState(state), reason, done, uploaded, bool(seeding), *rest))
