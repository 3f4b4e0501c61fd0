"""offers.db: what peers offer, written by the network process alone and attached for reading elsewhere.

A catalogue replaces the one before in one transaction, and in WAL mode readers (offer_rows.py) neither wait for it nor
see half of it. A damaged file is made anew: the catalogues' files are still there.
"""

from __future__ import annotations

import contextlib
import logging
import sqlite3
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from app.errors import StoreError
from app.store import derived
from app.store.database import Parameters, Row, connect, make_offers, translated
from app.store.offer_rows import plain_words, read_catalogues
from app.store.offer_values import CatalogueRow, Health, TakeCounts, TakenCatalogue, TakenOffer
from app.store.text import clean

log = logging.getLogger(__name__)

DAY = 86_400
_KEPT_DAYS = 7
_MATTER = (
    "kind", "mime", "size", "duration", "title", "artist", "album", "tags", "year", "language", "licence", "width",
    "height", "vectors",
)  # fmt: skip
_COLUMNS = ("peer", "root", "shard", "row", *_MATTER, "words_key", "seeds", "swarm_peers", "checked_at")
_INSERT = f"INSERT INTO offers ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))})"
_UNCOUNTED = (-1, -1, 0.0)


class Offers:
    """The one writer of offers.db."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with translated(path):
            try:
                self._connection = self._open()
            except sqlite3.DatabaseError as error:
                if error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL):
                    raise
                log.warning("the offers were damaged and are made anew: %s", error)
                for suffix in ("", "-wal", "-shm"):
                    path.with_name(path.name + suffix).unlink(missing_ok=True)
                self._connection = self._open()

    def _open(self) -> sqlite3.Connection:
        make_offers(self._path)
        connection = connect(self._path, synchronous="NORMAL")
        try:
            if connection.execute("PRAGMA application_id").fetchone()[0] != derived.OFFERS_ID:
                raise StoreError("This file holds no offers", "This is a mistake of Bowerbird's.", self._path)
            # What a blocked peer brought is overwritten on the disk, too.
            connection.execute("PRAGMA secure_delete = ON")
            connection.execute(f"SELECT {', '.join(_COLUMNS)} FROM offers ORDER BY id LIMIT 1").fetchone()
            connection.execute("SELECT * FROM catalogues, shards, catalogue_spaces, usage LIMIT 1").fetchone()
        except BaseException:
            connection.close()
            raise
        return connection

    # ------------------------------------------------------------------------------------------- writing

    def take(self, catalogue: TakenCatalogue) -> TakeCounts:
        """Put a verified catalogue in the place of the peer's former one.

        An offer that stays as it was keeps its id; one whose words, size or vectors changed gets a new one, so that
        whatever was derived from it is derived again.
        """
        peer = catalogue.peer
        with self._transaction():
            known = {
                row[1]: row
                for row in self._all(
                    f"SELECT id, root, shard, row, {', '.join(_MATTER)}, seeds, swarm_peers, checked_at "
                    "FROM offers WHERE peer = ?",
                    (peer,),
                )
            }
            stay: list[tuple[str, int, int]] = []
            new: list[tuple[Any, ...]] = []
            kept = 0
            for offer in catalogue.offers:
                matter, before = _matter(offer), known.get(offer.root)
                if before is not None and before[4 : 4 + len(_MATTER)] == matter:
                    del known[offer.root]
                    kept += 1
                    if before[2:4] != (offer.shard, offer.row):
                        stay.append((offer.shard, offer.row, before[0]))
                else:
                    counted = _UNCOUNTED if before is None else before[-3:]
                    words = plain_words(" ".join((offer.title, offer.artist, offer.album, *offer.tags)))
                    new.append((peer, offer.root, offer.shard, offer.row, *matter, f" {words} ", *counted))
            self._many("DELETE FROM offers WHERE id = ?", [(row[0],) for row in known.values()])
            self._many("UPDATE offers SET shard = ?, row = ? WHERE id = ?", stay)
            self._many(_INSERT, new)
            self._forget_catalogue(peer)
            self._run(
                "INSERT INTO catalogues VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    peer,
                    catalogue.seq,
                    catalogue.infohash,
                    catalogue.folder,
                    len(catalogue.offers),
                    catalogue.size,
                    catalogue.fetched_at,
                ),
            )
            self._many(
                "INSERT INTO shards VALUES (?, ?, ?)", [(peer, shard.name, shard.items) for shard in catalogue.shards]
            )
            self._many(
                "INSERT INTO catalogue_spaces VALUES (?, ?, ?)",
                [(peer, space.space, space.dimension) for space in catalogue.spaces],
            )
        return TakeCounts(len(new), kept, len(known))

    def drop(self, peer: bytes) -> int:
        """Take all of a peer out, from the file's pages and its log as well; returns how many offers it had."""
        with self._transaction():
            gone = self._run("DELETE FROM offers WHERE peer = ?", (peer,)).rowcount
            self._forget_catalogue(peer)
            self._run("DELETE FROM usage WHERE peer = ?", (peer,))
        with translated(self._path):
            # A reader in the middle of a page keeps the log alive; the next checkpoint empties it then.
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return gone

    def set_health(self, found: Sequence[Health]) -> None:
        """Note the counts of some offers; the same file offered by others has the same swarm."""
        with self._transaction():
            self._many(
                "UPDATE offers SET seeds = ?, swarm_peers = ?, checked_at = ? "
                "WHERE root = (SELECT root FROM offers WHERE id = ?)",
                [(health.seeds, health.peers, health.checked_at, health.offer) for health in found],
            )

    def note_usage(self, peer: bytes, size: int, now: float | None = None) -> None:
        """Add `size` bytes to what was fetched today of a stranger."""
        day = int((time.time() if now is None else now) // DAY)
        with self._transaction():
            self._run(
                "INSERT INTO usage VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET bytes = bytes + excluded.bytes",
                (day, peer, size),
            )
            self._run("DELETE FROM usage WHERE day < ?", (day - _KEPT_DAYS,))

    # ------------------------------------------------------------------------------------------- reading

    def usage(self, peer: bytes | None = None, now: float | None = None) -> int:
        """Bytes fetched today of one stranger, or of all."""
        day = int((time.time() if now is None else now) // DAY)
        row = self._all(
            "SELECT coalesce(sum(bytes), 0) FROM usage WHERE day = ?1 AND (?2 IS NULL OR peer = ?2)", (day, peer)
        )
        return int(row[0][0])

    def catalogues(self) -> list[CatalogueRow]:
        """The catalogues we hold, by peer."""
        return read_catalogues(self._all, "")

    def place_of(self, offer: int) -> tuple[bytes, TakenOffer] | None:
        """One offer with its peer, None where it is gone."""
        rows = self._all(f"SELECT peer, root, shard, row, {', '.join(_MATTER)} FROM offers WHERE id = ?", (offer,))
        if not rows:
            return None
        peer, root, shard, place, *matter = rows[0]
        tags = tuple(tag for tag in matter[7].split("; ") if tag)
        return peer, TakenOffer(*(root, shard, place, *matter[:7], tags, *matter[8:]))

    def holders(self, root: bytes) -> list[bytes]:
        """The peers that offer a file."""
        return [row[0] for row in self._all("SELECT peer FROM offers WHERE root = ? ORDER BY peer", (root,))]

    def offer_of(self, peer: bytes, root: bytes) -> int:
        """The id of a peer's offer of a file; 0: it does not offer it any longer."""
        rows = self._all("SELECT id FROM offers WHERE peer = ? AND root = ?", (peer, root))
        return int(rows[0][0]) if rows else 0

    def close(self) -> None:
        self._connection.close()

    # --------------------------------------------------------------------------------------------- parts

    def _forget_catalogue(self, peer: bytes) -> None:
        for table in ("catalogues", "shards", "catalogue_spaces"):
            self._run(f"DELETE FROM {table} WHERE peer = ?", (peer,))

    def _run(self, sql: str, values: Parameters = ()) -> sqlite3.Cursor:
        with translated(self._path):
            return self._connection.execute(sql, values)

    def _many(self, sql: str, rows: Sequence[Parameters]) -> None:
        with translated(self._path):
            self._connection.executemany(sql, rows)

    def _all(self, sql: str, values: Parameters = ()) -> list[Row]:
        return self._run(sql, values).fetchall()

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        self._run("BEGIN IMMEDIATE")
        try:
            yield
            self._run("COMMIT")
        except BaseException:
            with contextlib.suppress(sqlite3.Error):
                self._connection.execute("ROLLBACK")
            raise


def _matter(offer: TakenOffer) -> tuple[Any, ...]:
    """What makes an offer another one when it changes, in the order of _MATTER."""
    return (
        offer.kind, offer.mime, offer.size, float(offer.duration), clean(offer.title), clean(offer.artist),
        clean(offer.album), clean("; ".join(offer.tags)), offer.year, clean(offer.language), clean(offer.licence),
        offer.width, offer.height, offer.vectors,
    )  # fmt: skip
