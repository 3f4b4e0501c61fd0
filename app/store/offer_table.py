"""All offers as columns of numbers, for the studio: 100,000 of them are read in a third of a second and take 7 MB.

Reads through a library.db that has offers.db attached. What a page shows of single offers is `offer_rows.py`'s.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.store.database import Database
from app.store.offer_rows import plain_words
from app.trust import Rank, rank, standing
from app.trust import Standing as PeerStanding
from models.types import I64, Bool

PIECE = 8_192


@dataclass(frozen=True, slots=True, eq=False)
class OfferTable:
    """`n` offers by rising id, all arrays `(n,)`.

    `peer` are positions in `peers` (public keys), `file` and `artist` numbers that two offers share when they are of
    one file (the same root) or one artist (-1: unknown). `sizes` in bytes, `durations` in seconds.
    """

    ids: I64
    peers: tuple[bytes, ...]
    peer: I64
    files: tuple[bytes, ...]
    """The roots, by number."""
    file: I64
    artist: I64
    licences: tuple[str, ...]
    licence: I64
    """Positions in `licences`."""
    video: Bool
    sizes: I64
    durations: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.ids)

    def first_of_each_file(self) -> I64:
        """By the number of a file the first row that offers it, int64 `(files,)`."""
        _, first = np.unique(self.file, return_index=True)
        return np.asarray(first, np.int64)

    def positions(self, offers: Sequence[int] | I64) -> I64:
        """The rows of some offers, -1 where one is not here."""
        wanted = np.asarray(offers, np.int64)
        if not len(self.ids):
            return np.full(len(wanted), -1, np.int64)
        at = np.minimum(np.searchsorted(self.ids, wanted), len(self.ids) - 1)
        return np.where(self.ids[at] == wanted, at, -1)


@dataclass(frozen=True, slots=True)
class ShardPlace:
    """Where the vectors of some offers of one peer lie: rows `rows` of `folder/vectors.<space>.<shard>.i8`."""

    peer: bytes
    folder: str
    shard: str
    spaces: tuple[tuple[str, int], ...]
    """The spaces of the catalogue, with their dimensions."""
    offers: tuple[int, ...]
    rows: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class PeerTrust:
    """What the studio has to know of a publisher."""

    rank: Rank
    standing: PeerStanding
    blocked: bool = False


STRANGER = PeerTrust(Rank.STRANGER, PeerStanding.UNKNOWN)


class OfferColumns:
    """Reads offers by the thousand. `database` was opened with `offers=`."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def table(self) -> OfferTable:
        """All offers."""
        cursor = self._db.execute(
            "SELECT id, peer, root, artist, licence, kind = 'video', size, duration FROM offers.offers ORDER BY id"
        )
        peers: dict[bytes, int] = {}
        files: dict[bytes, int] = {}
        artists: dict[str, int] = {}
        licences: dict[str, int] = {}
        whole: list[I64] = []
        durations: list[NDArray[np.float64]] = []
        while rows := cursor.fetchmany(PIECE):
            numbers = np.empty((7, len(rows)), np.int64)
            for at, (offer, peer, root, artist, licence, video, size, _) in enumerate(rows):
                numbers[:, at] = (
                    offer,
                    peers.setdefault(peer, len(peers)),
                    files.setdefault(root, len(files)),
                    artists.setdefault(artist.casefold(), len(artists)) if artist else -1,
                    licences.setdefault(licence, len(licences)),
                    video,
                    size,
                )
            whole.append(numbers)
            durations.append(np.array([row[-1] for row in rows], np.float64))
        ids, peer_at, file, by, licence_at, videos, sizes = (
            np.concatenate(whole, axis=1) if whole else np.zeros((7, 0), np.int64)
        )
        lengths = np.concatenate(durations) if durations else np.zeros(0)
        return OfferTable(
            ids,
            tuple(peers),
            peer_at,
            tuple(files),
            file,
            by,
            tuple(licences),
            licence_at,
            videos.astype(bool),
            sizes,
            lengths,
        )

    def spaces(self) -> frozenset[tuple[str, int]]:
        """The spaces that any catalogue has vectors of, and their dimensions."""
        rows = self._db.all("SELECT DISTINCT space, dimension FROM offers.catalogue_spaces")
        return frozenset((space, dimension) for space, dimension in rows)

    def places(self, offers: I64) -> list[ShardPlace]:
        """Where the vectors of some offers lie, a shard at a time."""
        spaces: dict[bytes, list[tuple[str, int]]] = {}
        for peer, space, dimension in self._db.all(
            "SELECT peer, space, dimension FROM offers.catalogue_spaces ORDER BY peer, space"
        ):
            spaces.setdefault(peer, []).append((space, dimension))
        found: dict[tuple[bytes, str, str], list[tuple[int, int]]] = {}
        for peer, folder, shard, offer, row in self._db.all(
            "SELECT o.peer, c.folder, o.shard, o.id, o.row FROM offers.offers o "
            "JOIN offers.catalogues c ON c.peer = o.peer "
            "WHERE o.id IN (SELECT value FROM json_each(?)) ORDER BY o.peer, o.shard, o.row",
            (json.dumps(offers.tolist()),),
        ):
            found.setdefault((peer, folder, shard), []).append((offer, row))
        return [
            ShardPlace(peer, folder, shard, tuple(spaces.get(peer, ())), *map(tuple, zip(*rows, strict=True)))
            for (peer, folder, shard), rows in found.items()
        ]

    def holding(self, words: Sequence[str]) -> list[int]:
        """The offers that hold one of these words, whole, in title, artist, album or tags."""
        plain = [f" {word} " for word in map(plain_words, words) if word]
        if not plain:
            return []
        where = " OR ".join(["instr(words_key, ?) > 0"] * len(plain))
        return [row[0] for row in self._db.all(f"SELECT id FROM offers.offers WHERE {where}", plain)]

    def trust(self) -> dict[bytes, PeerTrust]:
        """How far each known peer is trusted, and which are blocked; read anew for every page."""
        found = {
            key: PeerTrust(rank(bool(followed), by), standing(kept, broken, bool(forked)))
            for key, followed, by, kept, broken, forked in self._db.all(
                "SELECT key, followed, followed_by, kept, broken, forked FROM peers"
            )
        }
        for (key,) in self._db.all("SELECT key FROM blocks"):
            found[key] = PeerTrust(Rank.STRANGER, PeerStanding.BAD, blocked=True)
        return found

    def dismissed(self) -> frozenset[bytes]:
        """The files the user does not want to see."""
        return frozenset(row[0] for row in self._db.all("SELECT root FROM dismissed"))

    def own_files(self) -> dict[bytes, int]:
        """Roots of files that are Items of ours: published ones, and downloads that were kept."""
        return dict(
            self._db.all(
                "SELECT root, item_id FROM published WHERE root IS NOT NULL UNION ALL "
                "SELECT root, item_id FROM downloads WHERE item_id IS NOT NULL AND state = 'done'"
            )
        )
