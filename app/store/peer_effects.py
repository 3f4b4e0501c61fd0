"""What one peer brought: what it offers, what was downloaded from it, what it told of its taste. Only reads.

The window's list of peers asks for one peer at a time, when it is chosen.
"""

from __future__ import annotations

from dataclasses import dataclass

from app.store.database import Database


@dataclass(frozen=True, slots=True)
class PeerEffect:
    """What a peer brought. `offers` of which `videos`, `offered` bytes of media; downloads by what came of them.

    `evidence` counts the messages about its taste that stand now.
    """

    offers: int = 0
    videos: int = 0
    offered: int = 0
    downloads: int = 0
    downloaded: int = 0
    """Bytes of the `downloads` that are done."""
    refused: int = 0
    running: int = 0
    evidence: int = 0


class PeerEffects:
    """Reads them from library.db and, where it is attached, offers.db."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self._offers = any(row[1] == "offers" for row in database.all("PRAGMA database_list"))

    def of(self, key: bytes) -> PeerEffect:
        """What the peer of that key brought; all zero for one that is not known."""
        offers = None
        if self._offers:
            offers = self._db.one(
                "SELECT count(*), coalesce(sum(kind = 'video'), 0), coalesce(sum(size), 0) "
                "FROM offers.offers WHERE peer = ?",
                (key,),
            )
        downloads = self._db.one(
            "SELECT coalesce(sum(state = 'done'), 0), coalesce(sum(CASE state WHEN 'done' THEN size END), 0), "
            "coalesce(sum(state = 'refused'), 0), "
            "coalesce(sum(state IN ('waiting', 'running', 'paused', 'checking')), 0) FROM downloads WHERE peer = ?",
            (key,),
        )
        told = self._db.one("SELECT count(*) FROM evidence WHERE source = ?", (key,))
        of_offers, of_downloads, of_taste = offers or (0, 0, 0), downloads or (0, 0, 0, 0), told or (0,)
        return PeerEffect(*(*of_offers, *of_downloads, *of_taste))
