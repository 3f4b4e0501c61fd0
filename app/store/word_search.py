"""Items by words, best first: which have them in their tags, which may be meant, and what they are called.

The studio's search reads here, on a Database of its own. Which Items fit is decided as in every list of the window
(search.py); here they are ordered by where the words stand.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np

from app.store.database import Database
from app.store.search import Node, condition, plain_words
from models.types import I64

_WEIGHED = 8
"""Words by whose place Items are ordered; those behind only have to be there."""
# What a word is worth where it stands as a whole, and as a part of another: the best of them counts.
_PLACES = (
    ("i.title_key", 8.0, 3.0),
    ("i.artist_key", 7.0, 2.5),
    ("i.album_artist_key", 6.0, 2.0),
    ("i.album_key", 5.0, 1.5),
    ("i.genre_key", 4.0, 1.0),
)
_ALL_OF_IT = 10.0
"""What it is worth when all the words together are the whole title or the whole artist."""


class WordSearch:
    """Reads through any Database of library.db. Keep one: it remembers what takes long to ask."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self._kinds: dict[str, tuple[int, I64]] = {}

    def fitting(self, node: Node, kind: str, most: int) -> I64:
        """The present Items that fit a query, those first that have its words in the best places, int64 `(n,)`.

        Of equal ones those come first that were played more.
        """
        order, ordered = _order(node)
        where, values = _where(node, kind)
        return self._read(
            f"SELECT i.id FROM items i WHERE {where} ORDER BY {order} DESC, i.play_count DESC, i.id LIMIT ?",
            (*values, *ordered, most),
        )

    def allowed(self, node: Node | None, kind: str) -> I64 | None:
        """The present Items that a query allows, in rising order; None where it allows everything."""
        if node is None:
            return self._of_kind(kind) if kind else None
        where, values = _where(node, kind)
        return self._read(f"SELECT i.id FROM items i WHERE {where} ORDER BY i.id", values)

    def _of_kind(self, kind: str) -> I64:
        """All present Items of a kind; kept until others write, since reading many takes a good part of a search."""
        row = self._db.one("PRAGMA data_version")
        version = int(row[0]) if row else 0
        known = self._kinds.get(kind)
        if known is None or known[0] != version:
            where, values = _where(None, kind)
            found = self._read(f"SELECT i.id FROM items i WHERE {where} ORDER BY i.id", values)
            known = self._kinds[kind] = (version, found)
        return known[1]

    def present(self, ids: I64, kind: str = "") -> I64:
        """Those of some Items that are present, in rising order."""
        return self._read(
            "SELECT i.id FROM items i WHERE i.present = 1 AND (?1 = '' OR i.kind = ?1) "
            "AND i.id IN (SELECT value FROM json_each(?2)) ORDER BY i.id",
            (kind, json.dumps(ids.tolist())),
        )

    def texts(self, ids: Sequence[int]) -> dict[int, str]:
        """What each of some Items is called, folded: title, artists, album and genre."""
        rows = self._db.all(
            "SELECT id, title_key || ' ' || artist_key || ' ' || album_artist_key || ' ' || album_key || ' ' "
            "|| genre_key FROM items WHERE id IN (SELECT value FROM json_each(?))",
            (json.dumps(list(ids)),),
        )
        return {row[0]: row[1] for row in rows}

    def _read(self, sql: str, values: Sequence[object]) -> I64:
        """A column of ids, joined to one text in SQLite: a third faster than as many rows. LIMIT keeps the order."""
        limited = sql if sql.endswith("LIMIT ?") else f"{sql} LIMIT -1"
        found = self._db.one(f"SELECT group_concat(id) FROM ({limited})", values)
        text = found[0] if found and found[0] else ""
        return np.fromstring(text, np.int64, sep=",") if text else np.zeros(0, np.int64)


def _where(node: Node | None, kind: str) -> tuple[str, tuple[object, ...]]:
    parts = ["i.id NOT IN (SELECT item_id FROM absent)"]
    values: list[object] = []
    if kind:
        parts.append("i.kind = ?")
        values.append(kind)
    if node is not None:
        found = condition(node)
        parts.append(found.sql)
        values.extend(found.values)
    return " AND ".join(parts), tuple(values)


def _order(node: Node) -> tuple[str, tuple[object, ...]]:
    """An SQL expression that is higher the better the places are in which the plain words stand."""
    words = [word.text for word in plain_words(node)]
    parts: list[str] = ["0.0"]
    values: list[object] = []
    for word in words[:_WEIGHED]:
        whole = [f"WHEN instr(' ' || {column} || ' ', ' ' || ? || ' ') THEN {worth}" for column, worth, _ in _PLACES]
        part = [f"WHEN instr({column}, ?) THEN {worth}" for column, _, worth in _PLACES]
        parts.append(f"CASE {' '.join(whole + part)} ELSE 0 END")
        values += [word] * (2 * len(_PLACES))
    if words:
        parts.append(f"CASE WHEN ? IN (i.title_key, i.artist_key, i.album_artist_key) THEN {_ALL_OF_IT} ELSE 0 END")
        values.append(" ".join(words))
    return " + ".join(parts), tuple(values)
