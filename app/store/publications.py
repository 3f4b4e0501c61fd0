"""What the user gives to others: which folders and playlists, what of them stays private, what the catalogue holds.

The window writes what is wanted (`Publications`), the publisher in the network process what is done (`published`).
Nothing is published by default. No feedback is ever read here: what leaves is the same with and without it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from app.errors import StoreError
from app.store.database import Database
from app.store.learned_spaces import LearnedSpaces
from app.store.licences import may_be_shared
from app.store.text import clean, stored_path
from models.ids import ItemId
from models.types import EncoderId, Modality

STEP = 200
"""Rows of one transaction: a few milliseconds."""
LINE_BYTES = 90
"""What the words of an Item take in a compressed catalogue, about."""


@dataclass(frozen=True, slots=True)
class PublicationRow:
    """One published folder (`folder_id`, `name` its path) or playlist (`playlist_id`). `items`: how many it gives."""

    id: int
    folder_id: int | None
    playlist_id: int | None
    name: str
    licence: str
    added_at: float
    items: int


@dataclass(frozen=True, slots=True)
class Source:
    """What may be published: the folder or playlist of that `number`; `licence` is for Items whose tags name none."""

    number: int
    playlist: bool = False
    licence: str = ""


@dataclass(frozen=True, slots=True)
class WantedItem:
    """An Item that is to be in the catalogue: its file, and all that is said of it."""

    item: ItemId
    kind: str
    path: str
    size: int
    mtime_ns: int
    title: str
    artist: str
    album: str
    tags: tuple[str, ...]
    year: int | None
    duration: float
    licence: str
    width: int | None
    height: int | None
    codec: str = ""
    online: bool = True
    """Its folder can be reached. While it cannot, what is published stays so."""


@dataclass(frozen=True, slots=True)
class PublishedRow:
    """An Item in the catalogue: where its file was, and the root while size and time stand (None: not hashed)."""

    item: ItemId
    path: str
    size: int
    mtime_ns: int
    root: bytes | None
    mime: str = ""
    licence: str = ""


@dataclass(frozen=True, slots=True)
class PreviewRow:
    """What would leave of one Item. `free`: its licence lets it be shared; `private`: it is kept back, nothing leaves.

    `spaces` are those in which it has a vector that others would get.
    """

    item: ItemId
    kind: str
    title: str
    artist: str
    album: str
    genre: str
    year: int | None
    duration: float
    licence: str
    free: bool
    size: int
    file_name: str
    """Shown to the user only: it does not leave."""
    spaces: tuple[str, ...]
    private: bool


@dataclass(frozen=True, slots=True)
class Preview:
    """What publishing would send: `items` in order, `bytes` of the catalogue (about), of the files on request."""

    items: tuple[PreviewRow, ...]
    bytes: int
    file_bytes: int
    unfree: int
    """Items whose licence is unknown or does not let them be shared."""
    unencoded: int
    """Items without any vector yet: others could not score them."""
    kept_private: int


class Publications:
    """Publications, what is kept private, and what is published."""

    def __init__(self, database: Database) -> None:
        self._db = database

    # ------------------------------------------------------------------------------------ what is wanted

    def rows(self) -> list[PublicationRow]:
        """All publications, in the order they were made."""
        rows = self._db.all(
            "SELECT p.id, p.folder_id, p.playlist_id, coalesce(f.path, l.name), p.licence, p.added_at "
            "FROM publications p LEFT JOIN folders f ON f.id = p.folder_id "
            "LEFT JOIN playlists l ON l.id = p.playlist_id ORDER BY p.id"
        )
        return [PublicationRow(*(*row, self._count(row[1], row[2]))) for row in rows]

    def add_folder(self, folder_id: int, licence: str = "") -> int:
        """Publish a folder; returns the publication's number. Again: the licence is replaced."""
        return self._add("folder_id", folder_id, licence)

    def add_playlist(self, playlist_id: int, licence: str = "") -> int:
        """Publish a playlist, as `add_folder`."""
        return self._add("playlist_id", playlist_id, licence)

    def remove(self, publication: int) -> None:
        """Give it to nobody any longer."""
        with self._db.transaction():
            self._db.execute("DELETE FROM publications WHERE id = ?", (publication,))

    def remove_all(self) -> None:
        """Publish nothing any longer."""
        with self._db.transaction():
            self._db.execute("DELETE FROM publications")

    def choose(self, chosen: Sequence[Source]) -> None:
        """Publish these folders and playlists and no others; those that stay keep their place."""
        with self._db.transaction():
            for column, playlist in (("folder_id", False), ("playlist_id", True)):
                numbers = [source.number for source in chosen if source.playlist is playlist]
                marks = ",".join("?" * len(numbers))
                self._db.execute(
                    f"DELETE FROM publications WHERE {column} IS NOT NULL AND {column} NOT IN ({marks})", tuple(numbers)
                )
            for source in chosen:
                column, table = ("playlist_id", "playlists") if source.playlist else ("folder_id", "folders")
                self._db.execute(
                    f"INSERT INTO publications ({column}, licence, added_at) SELECT ?1, ?2, ?3 "
                    f"WHERE EXISTS (SELECT 1 FROM {table} WHERE id = ?1) "
                    f"ON CONFLICT ({column}) DO UPDATE SET licence = excluded.licence",
                    (source.number, clean(source.licence), time.time()),
                )

    def set_licence(self, publication: int, licence: str) -> None:
        """The licence of Items whose tags name none."""
        with self._db.transaction():
            self._db.execute("UPDATE publications SET licence = ? WHERE id = ?", (clean(licence), publication))

    def keep_private(self, items: Sequence[ItemId]) -> None:
        """Keep Items back even where their folder or playlist is published."""
        with self._db.transaction():
            self._db.run_many("INSERT OR IGNORE INTO kept_private (item_id) VALUES (?)", [(item,) for item in items])

    def allow(self, items: Sequence[ItemId]) -> None:
        """Do not keep Items back any longer."""
        with self._db.transaction():
            self._db.run_many("DELETE FROM kept_private WHERE item_id = ?", [(item,) for item in items])

    def private(self) -> frozenset[ItemId]:
        """The Items that are kept back."""
        return frozenset(ItemId(row[0]) for row in self._db.all("SELECT item_id FROM kept_private"))

    def preview(self, folders: Sequence[int] = (), playlists: Sequence[int] = (), licence: str = "") -> Preview:
        """What publishing these folders and playlists would send, kept-back Items included (and marked)."""
        chosen = [Source(number, False, licence) for number in folders]
        return self.preview_of([*chosen, *(Source(number, True, licence) for number in playlists)])

    def preview_of(self, chosen: Sequence[Source]) -> Preview:
        """As `preview`, each folder or playlist with a licence of its own."""
        private = self.private()
        spaces, learned = self._spaces(), self.learned()
        dimensions = {row.space: row.dimension for row in LearnedSpaces(self._db).rows()}
        rows: list[PreviewRow] = []
        size = 0
        sources = [("list" if source.playlist else "folder", source.number, source.licence) for source in chosen]
        for wanted in self._wanted(sources):
            if not wanted.online:
                continue
            shared = tuple(space for space in spaces.get(wanted.item, ()) if leaves(space, wanted.kind, learned))
            kept_back = wanted.item in private
            rows.append(
                PreviewRow(
                    wanted.item,
                    wanted.kind,
                    wanted.title,
                    wanted.artist,
                    wanted.album,
                    "; ".join(wanted.tags),
                    wanted.year,
                    wanted.duration,
                    wanted.licence,
                    may_be_shared(wanted.licence),
                    wanted.size,
                    wanted.path.replace("\\", "/").rsplit("/", 1)[-1],
                    shared,
                    kept_back,
                )
            )
            if not kept_back:
                size += LINE_BYTES + sum(_vector_bytes(space, dimensions) for space in shared)
        leaving = [row for row in rows if not row.private]
        return Preview(
            tuple(rows),
            size,
            sum(row.size for row in leaving),
            sum(not row.free for row in leaving),
            sum(not row.spaces for row in leaving),
            len(rows) - len(leaving),
        )

    def wanted(self) -> list[WantedItem]:
        """What the catalogue is to hold now, in the order of the Items: those with a file that are not kept back.

        Items of folders that cannot be reached are among them, marked so: unplugging a drive takes nothing back.
        """
        private = self.private()
        sources = [
            ("list" if folder is None else "folder", playlist if folder is None else folder, licence)
            for folder, playlist, licence in self._db.all(
                "SELECT folder_id, playlist_id, licence FROM publications ORDER BY id"
            )
        ]
        return [wanted for wanted in self._wanted(sources) if wanted.item not in private]

    def encoded(self) -> frozenset[ItemId]:
        """The Items that were listened to or looked at, also those in which there was nothing: their turn is over."""
        spaces = [row[0] for row in self._db.all("SELECT DISTINCT space FROM marks")]
        sent = [space for space in spaces if leaves(space, "video")]
        rows = self._db.all(
            f"SELECT DISTINCT item_id FROM marks WHERE space IN ({', '.join('?' * len(sent))})", tuple(sent)
        )
        return frozenset(ItemId(row[0]) for row in rows)

    def learned(self) -> Mapping[str, Modality]:
        """What the spaces of the learned encoders in use are of: `leaves` wants to know."""
        return LearnedSpaces(self._db).modalities()

    # -------------------------------------------------------------------------------------- what is done

    def published(self) -> list[PublishedRow]:
        """What the catalogue holds (or will, while a root is None), by Item."""
        rows = self._db.all("SELECT item_id, path, size, mtime_ns, root, mime, licence FROM published ORDER BY item_id")
        return [PublishedRow(*row) for row in rows]

    def published_file(self, root: bytes) -> PublishedRow | None:
        """The published file with this root, to give it to whoever asks; None where we do not publish it."""
        row = self._db.one(
            "SELECT item_id, path, size, mtime_ns, root, mime, licence FROM published WHERE root = ? ORDER BY item_id",
            (root,),
        )
        return PublishedRow(*row) if row else None

    def count_published(self) -> int:
        """How many Items the catalogue holds."""
        row = self._db.one("SELECT count(*) FROM published WHERE root IS NOT NULL")
        return int(row[0]) if row else 0

    def put(self, rows: Sequence[PublishedRow]) -> None:
        """Note what is published, in short transactions."""
        for start in range(0, len(rows), STEP):
            with self._db.transaction():
                self._db.run_many(
                    "INSERT OR REPLACE INTO published (item_id, path, size, mtime_ns, root, mime, licence) "
                    "SELECT ?1, CAST(?2 AS TEXT), ?3, ?4, ?5, ?6, ?7 WHERE EXISTS (SELECT 1 FROM items WHERE id = ?1)",
                    [
                        (row.item, stored_path(row.path), row.size, row.mtime_ns, row.root, row.mime, row.licence)
                        for row in rows[start : start + STEP]
                    ],
                )

    def take_back(self, items: Sequence[ItemId]) -> None:
        """Note that Items are published no longer, in short transactions."""
        for start in range(0, len(items), STEP):
            with self._db.transaction():
                self._db.run_many(
                    "DELETE FROM published WHERE item_id = ?", [(item,) for item in items[start : start + STEP]]
                )

    # --------------------------------------------------------------------------------------------- parts

    def _add(self, column: str, number: int, licence: str) -> int:
        with self._db.transaction():
            self._db.execute(
                f"INSERT INTO publications ({column}, licence, added_at) VALUES (?, ?, ?) "
                f"ON CONFLICT ({column}) DO UPDATE SET licence = excluded.licence",
                (number, clean(licence), time.time()),
            )
            row = self._db.one(f"SELECT id FROM publications WHERE {column} = ?", (number,))
        if row is None:
            raise StoreError("The library did not take the publication")
        return int(row[0])

    def _count(self, folder: int | None, playlist: int | None) -> int:
        table, column, number = ("files", "folder_id", folder)
        if folder is None:
            table, column, number = ("playlist_rows", "playlist_id", playlist)
        present = " AND missing = 0" if folder is not None else ""
        row = self._db.one(
            f"SELECT count(DISTINCT r.item_id) FROM {table} r JOIN items i ON i.id = r.item_id AND i.present = 1 "
            f"WHERE r.{column} = ?{present} AND r.item_id NOT IN (SELECT item_id FROM kept_private)",
            (number,),
        )
        return int(row[0]) if row else 0

    def _wanted(self, sources: Sequence[tuple[str, int, str]]) -> Iterator[WantedItem]:
        """Of each Item one line, by Item; the first source that holds it says the licence where its tags do not."""
        found: dict[int, WantedItem] = {}
        for what, number, licence in sources:
            source = (
                "JOIN files f ON f.item_id = i.id AND f.folder_id = ?"
                if what == "folder"
                # The file of a playlist's Item is the one that would be played.
                else "JOIN files f ON f.path = i.path AND f.item_id = i.id "
                "WHERE i.id IN (SELECT item_id FROM playlist_rows WHERE playlist_id = ?)"
            )
            glue = "WHERE" if what == "folder" else "AND"
            for row in self._db.all(
                "SELECT i.id, i.kind, f.path, f.size, f.mtime_ns, i.title, i.artist, i.album, i.genre, i.year, "
                "i.duration, i.licence, i.width, i.height, i.codec, "
                "(SELECT online FROM folders WHERE id = f.folder_id) "
                f"FROM items i {source} {glue} f.missing = 0 ORDER BY i.id, f.path",
                (number,),
            ):
                item, kind, path, size, mtime, title, artist, album, genre, year, duration, own, *rest = row
                if item not in found:
                    tags = tuple(tag.strip() for tag in genre.split(";") if tag.strip())
                    found[item] = WantedItem(
                        *(item, kind, path, size, mtime, title, artist, album, tags, year, duration, own or licence),
                        *(*rest[:-1], bool(rest[-1])),
                    )
        return iter(found[item] for item in sorted(found))

    def _spaces(self) -> dict[int, list[str]]:
        spaces: dict[int, list[str]] = {}
        for item, space in self._db.all("SELECT item_id, space FROM marks WHERE silent = 0 ORDER BY item_id, space"):
            spaces.setdefault(item, []).append(space)
        return spaces


_NOTHING_LEARNED: Mapping[str, Modality] = {}
_BUILT_IN = {
    "builtin-audio": Modality.AUDIO,
    "builtin-image": Modality.IMAGE,
    "builtin-text": Modality.TEXT,
}
_BUILT_IN_BYTES = {"builtin-audio": 862, "builtin-image": 1_545}


def leaves(space: str, kind: str, learned: Mapping[str, Modality] = _NOTHING_LEARNED) -> bool:
    """Whether vectors of a space are sent for Items of a kind: of words never, of pictures for films only.

    The receiver computes those of words itself; covers are not what a track is. `learned`: what the spaces of learned
    encoders are of; one that is neither built in nor among them stays here.
    """
    modality = learned.get(space) or _BUILT_IN.get(_name(space))
    return modality is Modality.AUDIO or (modality is Modality.IMAGE and kind == "video")


def _vector_bytes(space: str, dimensions: Mapping[str, int]) -> int:
    return dimensions[space] + 2 if space in dimensions else _BUILT_IN_BYTES.get(_name(space), 0)


def _name(space: str) -> str:
    """The name of the space's encoder."""
    try:
        return EncoderId.parse(space).name
    except ValueError:
        return ""
