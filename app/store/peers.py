"""The peers in library.db: whom we know, follow and block, where they were last, and what their word is worth.

The network process writes here, the window reads (and, while the network is off, may follow and block as well). A
peer is its public key, 32 bytes.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from app.store.database import Database, Row
from app.store.text import clean
from app.trust import Rank, Standing, rank, standing

KEPT_STRANGERS = 5000
"""Peers remembered that are neither followed nor ever downloaded from; those not heard of for longest go first."""


@dataclass(frozen=True, slots=True)
class PeerRow:
    """One peer. Times are Unix seconds; `items`, `bytes` and `fetched_at` are of its catalogue, 0 where we have none.

    `name` is its own or one made from its key, "" for a blocked peer, of which only the key is left (`first_met` is
    then when it was blocked). `kept` and `broken` count downloads that were, and were not, what it had promised.
    """

    key: bytes
    name: str
    followed: bool
    followed_by: int
    blocked: bool
    first_met: float
    last_heard: float = 0.0
    host: str = ""
    port: int = 0
    seq: int = 0
    kept: int = 0
    broken: int = 0
    forked: bool = False
    items: int = 0
    bytes: int = 0
    fetched_at: float = 0.0

    @property
    def rank(self) -> Rank:
        return rank(self.followed, self.followed_by)

    @property
    def standing(self) -> Standing:
        return standing(self.kept, self.broken, self.forked)


@dataclass(frozen=True, slots=True)
class PeerAddress:
    """Where a peer's overlay answered last."""

    key: bytes
    host: str
    port: int
    heard: float


class CardVerdict(StrEnum):
    """What became of a card whose signature is right."""

    NEW = "new"
    SAME = "same"
    """The one we have."""
    OLD = "old"
    """A replay: a newer one is known."""
    FORKED = "forked"
    """Another card with the same number: the peer signed both, and is marked for it."""
    BLOCKED = "blocked"


class Peers:
    """Reads and writes peers; each method is one short transaction."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self._offers = any(row[1] == "offers" for row in database.all("PRAGMA database_list"))

    # ------------------------------------------------------------------------------------------ reading

    def rows(self) -> list[PeerRow]:
        """All peers, the followed first, then those heard of last; the blocked at the end."""
        return [*self._read("1"), *self._blocked("1")]

    def row(self, key: bytes) -> PeerRow | None:
        """One peer, blocked or not; None where it is not known."""
        found = self._blocked("key = ?", key) or self._read("p.key = ?", key)
        return found[0] if found else None

    def followed(self) -> list[bytes]:
        """The keys of the followed peers."""
        return [row[0] for row in self._db.all("SELECT key FROM peers WHERE followed = 1 ORDER BY key")]

    def blocked(self) -> frozenset[bytes]:
        """The keys of the blocked peers."""
        return frozenset(row[0] for row in self._db.all("SELECT key FROM blocks"))

    def is_blocked(self, key: bytes) -> bool:
        return self._db.one("SELECT 1 FROM blocks WHERE key = ?", (key,)) is not None

    def addresses(self, limit: int = 100) -> list[PeerAddress]:
        """The peer cache: where peers were heard last, the followed first, then the newest."""
        rows = self._db.all(
            "SELECT key, host, port, last_heard FROM peers WHERE host <> '' AND port > 0 "
            "ORDER BY followed DESC, last_heard DESC, key LIMIT ?",
            (limit,),
        )
        return [PeerAddress(*row) for row in rows]

    def card(self, key: bytes) -> bytes | None:
        """The newest signed card of a peer."""
        row = self._db.one("SELECT card FROM peers WHERE key = ?", (key,))
        return row[0] if row else None

    def cards(self, limit: int = 500) -> list[bytes]:
        """Signed cards to pass on: of the followed first, then of those heard of last."""
        rows = self._db.all(
            "SELECT card FROM peers WHERE card IS NOT NULL AND forked = 0 "
            "ORDER BY followed DESC, followed_by > 0 DESC, last_heard DESC, key LIMIT ?",
            (limit,),
        )
        return [row[0] for row in rows]

    # ------------------------------------------------------------------------------- what the user decides

    def follow(self, key: bytes, name: str = "", now: float | None = None) -> None:
        """Follow a peer, known or not; a blocked one is unblocked by that."""
        with self._db.transaction():
            self._db.execute("DELETE FROM blocks WHERE key = ?", (key,))
            self._db.execute(
                "INSERT INTO peers (key, name, followed, first_met) VALUES (?, ?, 1, ?) "
                "ON CONFLICT (key) DO UPDATE SET followed = 1, "
                "name = CASE name WHEN '' THEN excluded.name ELSE name END",
                (key, clean(name), time.time() if now is None else now),
            )

    def unfollow(self, key: bytes) -> None:
        """Do not follow a peer any longer: what it told of its taste goes, too."""
        with self._db.transaction():
            self._db.execute("UPDATE peers SET followed = 0 WHERE key = ?", (key,))
            self._db.execute("DELETE FROM evidence WHERE source = ?", (key,))

    def block(self, key: bytes, now: float | None = None) -> None:
        """Take all of a peer out of library.db but for the block itself."""
        with self._db.transaction():
            self._db.execute("DELETE FROM peers WHERE key = ?", (key,))
            self._db.execute("DELETE FROM evidence WHERE source = ?", (key,))
            self._db.execute(
                "INSERT OR IGNORE INTO blocks (key, at) VALUES (?, ?)", (key, time.time() if now is None else now)
            )

    def unblock(self, key: bytes) -> None:
        """Let a peer be met again, as a stranger."""
        with self._db.transaction():
            self._db.execute("DELETE FROM blocks WHERE key = ?", (key,))

    # ------------------------------------------------------------------------------------- what was heard

    def card_came(self, key: bytes, seq: int, card: bytes, name: str, now: float | None = None) -> CardVerdict:
        """Take a card whose signature was verified; `name` is what the peer shall be called."""
        now = time.time() if now is None else now
        with self._db.transaction():
            if self.is_blocked(key):
                return CardVerdict.BLOCKED
            known = self._db.one("SELECT seq, card FROM peers WHERE key = ?", (key,))
            if known is not None and known[1] is not None:
                if seq < known[0]:
                    return CardVerdict.OLD
                if seq == known[0]:
                    if known[1] == card:
                        return CardVerdict.SAME
                    self._db.execute("UPDATE peers SET forked = 1 WHERE key = ?", (key,))
                    return CardVerdict.FORKED
            self._db.execute(
                "INSERT INTO peers (key, name, first_met, last_heard, seq, card) VALUES (?1, ?2, ?3, ?3, ?4, ?5) "
                "ON CONFLICT (key) DO UPDATE SET name = ?2, last_heard = max(last_heard, ?3), seq = ?4, card = ?5",
                (key, clean(name), now, seq, card),
            )
        return CardVerdict.NEW

    def heard(self, peers: Sequence[PeerAddress]) -> None:
        """Note where peers answered. Those without a row (no card came yet) are left out, as are the blocked."""
        with self._db.transaction():
            self._db.run_many(
                "UPDATE peers SET host = ?, port = ?, last_heard = max(last_heard, ?) WHERE key = ?",
                [(clean(peer.host), peer.port, peer.heard, peer.key) for peer in peers],
            )

    def set_followed_by(self, counts: Sequence[tuple[bytes, int]]) -> None:
        """Replace by how many followed peers each peer is followed; peers not named are followed by none."""
        with self._db.transaction():
            self._db.execute("UPDATE peers SET followed_by = 0 WHERE followed_by <> 0")
            self._db.run_many("UPDATE peers SET followed_by = ? WHERE key = ?", [(count, key) for key, count in counts])

    def note_download(self, key: bytes, kept: bool) -> None:
        """Count a promise kept or broken. The last word: a peer that is not known (any longer) has no standing."""
        column = "kept" if kept else "broken"
        with self._db.transaction():
            self._db.execute(f"UPDATE peers SET {column} = {column} + 1 WHERE key = ?", (key,))

    def mark_forked(self, key: bytes) -> None:
        """Note that a peer signed two different things with one number."""
        with self._db.transaction():
            self._db.execute("UPDATE peers SET forked = 1 WHERE key = ?", (key,))

    def forget_strangers(self, keep: int = KEPT_STRANGERS) -> list[bytes]:
        """Forget the strangers beyond `keep` that were not heard of for longest; returns their keys."""
        with self._db.transaction():
            rows = self._db.all(
                "SELECT key FROM peers WHERE followed = 0 AND followed_by = 0 AND kept = 0 AND broken = 0 "
                "ORDER BY last_heard DESC, key LIMIT -1 OFFSET ?",
                (keep,),
            )
            self._db.run_many("DELETE FROM peers WHERE key = ?", rows)
        return [row[0] for row in rows]

    # -------------------------------------------------------------------------------------------- parts

    def _read(self, where: str, *values: bytes) -> list[PeerRow]:
        catalogue, join = "0, 0, 0.0", ""
        if self._offers:
            catalogue = "coalesce(c.items, 0), coalesce(c.bytes, 0), coalesce(c.fetched_at, 0.0)"
            join = "LEFT JOIN offers.catalogues c ON c.peer = p.key"
        rows = self._db.all(
            "SELECT p.key, p.name, p.followed, p.followed_by, p.first_met, p.last_heard, p.host, p.port, p.seq, "
            f"p.kept, p.broken, p.forked, {catalogue} FROM peers p {join} "
            f"WHERE {where} ORDER BY p.followed DESC, p.followed_by > 0 DESC, p.last_heard DESC, p.key",
            values,
        )
        return [_peer(row) for row in rows]

    def _blocked(self, where: str, *values: bytes) -> list[PeerRow]:
        rows = self._db.all(f"SELECT key, at FROM blocks WHERE {where} ORDER BY at DESC, key", values)
        return [PeerRow(key, "", False, 0, True, at) for key, at in rows]


def _peer(row: Row) -> PeerRow:
    key, name, followed, by, first, heard, host, port, seq, kept, broken, forked, *catalogue = row
    return PeerRow(
        *(key, name, bool(followed), by, False, first, heard, host, port, seq, kept, broken, bool(forked), *catalogue)
    )
