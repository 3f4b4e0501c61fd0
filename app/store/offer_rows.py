"""Reading offers through a library.db that has offers.db attached: the window's lines, the studio's facts and places.

`Dismissals`, the files the user does not want to be offered, are the user's and stand in library.db itself.
"""

from __future__ import annotations

import re
import time
from array import array
from collections.abc import Callable, Iterator, Sequence

from app.errors import StoreError
from app.store.database import Database, Row
from app.store.licences import FREE_SQL
from app.store.offer_values import (
    CatalogueRow,
    CatalogueShard,
    CatalogueSpace,
    OfferFact,
    OfferPlace,
    OfferQuery,
    OfferRow,
    OfferText,
)
from app.store.text import clean, fold
from app.trust import rank, standing

_GAPS = re.compile(r"[\W_]+")


class OfferRows:
    """Reads offers through a Database opened with `offers=` (and `scores=`, for scores)."""

    def __init__(self, database: Database) -> None:
        self._db = database
        attached = {row[1] for row in database.all("PRAGMA database_list")}
        if "offers" not in attached:
            raise StoreError("The offers are not attached", "This is a mistake of Bowerbird's.", database.path)
        self._scored = "scores" in attached

    def ids(self, query: OfferQuery | None = None) -> array[int]:
        """The ids that fit, `array('q')`, in no order of merit."""
        where, values = _where(query or OfferQuery())
        found = self._db.one(
            f"SELECT group_concat(id) FROM (SELECT o.id FROM offers.offers o LEFT JOIN peers p ON p.key = o.peer "
            f"WHERE {where} ORDER BY o.id LIMIT -1)",
            values,
        )
        return array("q", map(int, found[0].split(","))) if found and found[0] else array("q")

    def rows(self, ids: Sequence[int]) -> list[OfferRow]:
        """The lines of some offers, in the given order; those that are gone are left out."""
        score, join = "NULL, NULL, 0", ""
        if self._has_scores():
            score = "s.score, s.deviation, coalesce(s.owned, 0)"
            join = "LEFT JOIN scores.offer_scores s ON s.offer_id = o.id"
        found: dict[int, OfferRow] = {}
        for row in self._some(
            "SELECT o.id, o.peer, coalesce(p.name, ''), coalesce(p.followed, 0), coalesce(p.followed_by, 0), "
            "coalesce(p.kept, 0), coalesce(p.broken, 0), coalesce(p.forked, 0), o.root, o.kind, o.mime, o.size, "
            "o.duration, o.title, o.artist, o.album, o.tags, o.year, o.language, o.licence, o.width, o.height, "
            f"o.seeds, o.swarm_peers, o.checked_at, {score} "
            f"FROM offers.offers o LEFT JOIN peers p ON p.key = o.peer {join} WHERE o.id IN ({{}})",
            ids,
        ):
            number, peer, name, followed, by, kept, broken, forked, *rest = row
            found[number] = OfferRow(
                number, peer, name, rank(bool(followed), by), standing(kept, broken, bool(forked)), *rest
            )
        return [found[offer] for offer in ids if offer in found]

    def facts(self, ids: Sequence[int]) -> list[OfferFact]:
        """What the ranker needs of some offers, in the given order."""
        found: dict[int, OfferFact] = {}
        for row in self._some(
            "SELECT o.id, o.peer, o.root, coalesce(p.followed, 0), coalesce(p.followed_by, 0), coalesce(p.kept, 0), "
            "coalesce(p.broken, 0), o.kind, o.title, o.artist, o.album, o.tags, o.duration "
            "FROM offers.offers o LEFT JOIN peers p ON p.key = o.peer WHERE o.id IN ({})",
            ids,
        ):
            number, peer, root, followed, by, *rest = row
            found[number] = OfferFact(number, peer, root, rank(bool(followed), by), *rest)
        return [found[offer] for offer in ids if offer in found]

    def texts(self, ids: Sequence[int]) -> list[OfferText]:
        """The words of some offers, in no order."""
        return [
            OfferText(*row)
            for row in self._some(
                "SELECT id, title, artist, album, tags, year FROM offers.offers WHERE id IN ({})", ids
            )
        ]

    def places(self, peer: bytes | None = None) -> list[OfferPlace]:
        """Where the vectors of all offers (or of one peer's) lie, shard by shard in the order of their rows."""
        rows = self._db.all(
            "SELECT o.id, o.peer, c.folder, o.shard, o.row, o.kind FROM offers.offers o "
            "JOIN offers.catalogues c ON c.peer = o.peer WHERE ?1 IS NULL OR o.peer = ?1 "
            "ORDER BY o.peer, o.shard, o.row",
            (peer,),
        )
        return [OfferPlace(*row) for row in rows]

    def catalogues(self) -> list[CatalogueRow]:
        """The catalogues we hold, by peer."""
        return read_catalogues(self._db.all, "offers.")

    def shards(self, peer: bytes) -> list[CatalogueShard]:
        """The shards of one catalogue."""
        rows = self._db.all("SELECT name, items FROM offers.shards WHERE peer = ? ORDER BY name", (peer,))
        return [CatalogueShard(*row) for row in rows]

    def count(self) -> int:
        """How many offers there are."""
        row = self._db.one("SELECT count(*) FROM offers.offers")
        return int(row[0]) if row else 0

    def of_root(self, root: bytes) -> list[OfferRow]:
        """All offers of one file, those of followed peers first."""
        ids = [row[0] for row in self._db.all("SELECT id FROM offers.offers WHERE root = ? ORDER BY id", (root,))]
        return sorted(self.rows(ids), key=lambda row: -row.rank)

    def same_file(self, offer: int) -> list[int]:
        """The other offers of the same file."""
        rows = self._db.all(
            "SELECT id FROM offers.offers WHERE id <> ?1 AND root = (SELECT root FROM offers.offers WHERE id = ?1)",
            (offer,),
        )
        return [row[0] for row in rows]

    def _has_scores(self) -> bool:
        # Asked each time: the studio adds the table to a scores.db of an older version.
        return self._scored and (
            self._db.one("SELECT 1 FROM scores.sqlite_schema WHERE name = 'offer_scores'") is not None
        )

    def _some(self, sql: str, ids: Sequence[int]) -> Iterator[Row]:
        for start in range(0, len(ids), 10_000):
            part = ids[start : start + 10_000]
            yield from self._db.all(sql.format(",".join("?" * len(part))), part)


class Dismissals:
    """Files the user does not want to be offered, in library.db. Written by the window."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def add(self, root: bytes, now: float | None = None) -> None:
        """Never show a file again, whoever offers it."""
        with self._db.transaction():
            self._db.execute(
                "INSERT OR IGNORE INTO dismissed (root, at) VALUES (?, ?)", (root, time.time() if now is None else now)
            )

    def remove(self, root: bytes) -> None:
        """Let a file be shown again."""
        with self._db.transaction():
            self._db.execute("DELETE FROM dismissed WHERE root = ?", (root,))

    def roots(self) -> frozenset[bytes]:
        """All dismissed files."""
        return frozenset(row[0] for row in self._db.all("SELECT root FROM dismissed"))


def plain_words(text: str) -> str:
    """The words of a text without case, diacritics and signs, one space between them."""
    return _GAPS.sub(" ", fold(clean(text))).strip()


def read_catalogues(read: Callable[[str], list[Row]], schema: str) -> list[CatalogueRow]:
    """The catalogues of offers.db, opened by itself (`schema` "") or attached ("offers.")."""
    spaces: dict[bytes, list[CatalogueSpace]] = {}
    for peer, space, dimension in read(
        f"SELECT peer, space, dimension FROM {schema}catalogue_spaces ORDER BY peer, space"
    ):
        spaces.setdefault(peer, []).append(CatalogueSpace(space, dimension))
    rows = read(f"SELECT peer, seq, infohash, folder, items, bytes, fetched_at FROM {schema}catalogues ORDER BY peer")
    return [CatalogueRow(*(*row, tuple(spaces.get(row[0], ())))) for row in rows]


def _where(query: OfferQuery) -> tuple[str, tuple[object, ...]]:
    parts = ["1"] if query.dismissed else ["o.root NOT IN (SELECT root FROM dismissed)"]
    values: list[object] = []

    def demand(sql: str, *given: object) -> None:
        parts.append(sql)
        values.extend(given)

    if query.kind:
        demand("o.kind = ?", query.kind)
    if query.licence == "free":
        parts.append(FREE_SQL.format("o.licence"))
    elif query.licence:
        demand("instr(lower(o.licence), ?) > 0", query.licence.lower())
    if query.largest:
        demand("o.size <= ?", query.largest)
    if query.followed_only:
        parts.append("coalesce(p.followed, 0) = 1")
    if query.peer:
        demand("o.peer = ?", query.peer)
    for word in query.search.split():
        without, plain = word.startswith("-"), plain_words(word)
        if plain:
            demand(f"instr(o.words_key, ?) {'=' if without else '>'} 0", plain)
    for word in query.blocked_words:
        if plain := plain_words(word):
            # Whole words only: what is blocked must not hide what only contains it.
            demand("instr(o.words_key, ?) = 0", f" {plain} ")
    return " AND ".join(parts), tuple(values)
