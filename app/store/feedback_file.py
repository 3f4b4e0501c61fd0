"""Feedback as a file: JSON Lines that another Bowerbird (or the same one, later) can take in.

The first line is `{"bowerbird": "feedback", "version": 1}`. Each further line is one object, oldest first:

    identity   hex digits: size and hash of the encoded payload; the same recording has it everywhere
    title, artist, duration, path   for people, and for finding the Item where the identity is unknown
    kind       like, dislike, clear, stars, play, skip or later
    value      stars 0..5, or the played fraction 0..1, else null
    seconds    how long it was heard, else null
    at         Unix seconds
    origin     user, player, tag or import
    context    where it was done

What was undone is left out. Unknown keys are ignored. Used by the command line and the window's settings page.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from app.errors import StoreError
from app.store.database import Database
from app.store.feedback import Feedback
from app.store.text import clean, fold, stored_path
from models.ids import ItemId

_HEADER = {"bowerbird": "feedback", "version": 1}
_KINDS = frozenset({"like", "dislike", "clear", "stars", "play", "skip", "later"})
_BATCH = 50


@dataclass(frozen=True, slots=True)
class ImportCounts:
    """Lines that were `added`, that were already `known`, of Items not in this library, and that make no sense."""

    added: int
    known: int
    unmatched: int
    damaged: int


@dataclass(frozen=True, slots=True)
class _Line:
    identity: bytes
    title: str
    artist: str
    duration: float
    path: str
    kind: str
    value: float | None
    seconds: float | None
    at: float
    context: str


def export_feedback(database: Database) -> Iterator[str]:
    """The lines of the file, each without its newline."""
    yield json.dumps(_HEADER)
    for (
        identity,
        title,
        artist,
        duration,
        path,
        kind,
        value,
        seconds,
        at,
        origin,
        context,
    ) in database.execute(
        "SELECT coalesce(i.identity, f.identity), i.title, i.artist, i.duration, i.path, "
        "s.kind, s.value, s.seconds, s.at, s.origin, s.context "
        "FROM standing s JOIN feedback f ON f.id = s.id LEFT JOIN items i ON i.id = s.item_id "
        "WHERE s.stands AND s.kind NOT IN ('undo', 'redo') ORDER BY s.at, s.id"
    ):
        line = {
            "identity": (identity or b"").hex(),
            "title": title or "",
            "artist": artist or "",
            "duration": duration or 0.0,
            "path": path or "",
            "kind": kind,
            "value": value,
            "seconds": seconds,
            "at": at,
            "origin": origin,
            "context": context,
        }
        yield json.dumps(line, ensure_ascii=True)


def import_feedback(database: Database, lines: Iterable[str]) -> ImportCounts:
    """Take a file in; a second time it adds nothing. Raises StoreError where the first line is not ours."""
    rest = iter(lines)
    _check_header(next(rest, ""))
    feedback = Feedback(database)
    added = known = unmatched = damaged = 0
    batch: list[tuple[ItemId, _Line]] = []

    def write() -> None:
        nonlocal added, known
        with database.transaction():
            for item, line in batch:
                new = feedback.take_over(item, line.kind, line.value, line.seconds, line.context, line.at)
                added, known = added + new, known + (not new)
        batch.clear()

    for text in rest:
        if not text.strip():
            continue
        line = _read(text)
        if line is None:
            damaged += 1
            continue
        item = _find(database, line)
        if item is None:
            unmatched += 1
            continue
        batch.append((item, line))
        if len(batch) >= _BATCH:
            write()
    write()
    return ImportCounts(added, known, unmatched, damaged)


def _check_header(first: str) -> None:
    try:
        header = json.loads(first)
    except (ValueError, RecursionError):
        header = None
    if not isinstance(header, dict) or header.get("bowerbird") != "feedback":
        raise StoreError("This is not a feedback file of Bowerbird's", "Its first line says what it is.")
    if header.get("version") != 1:
        raise StoreError("This feedback file comes from a newer Bowerbird", "Install the newer version.")


def _read(text: str) -> _Line | None:
    try:
        found = json.loads(text)
        line = _Line(
            bytes.fromhex(_text(found, "identity")),
            _text(found, "title"),
            _text(found, "artist"),
            _number(found, "duration") or 0.0,
            _text(found, "path"),
            _text(found, "kind"),
            _number(found, "value"),
            _number(found, "seconds"),
            float(found["at"]),
            clean(_text(found, "context")),
        )
    except (ValueError, TypeError, KeyError, RecursionError, OverflowError, AttributeError):
        return None
    limit = 5.0 if line.kind == "stars" else 1.0
    measured = line.kind in ("stars", "play", "skip")
    if line.kind not in _KINDS or not math.isfinite(line.at) or measured != (line.value is not None):
        return None
    if line.value is not None and not 0 <= line.value <= limit:
        return None
    return line


def _text(found: dict[str, Any], key: str) -> str:
    value = found.get(key, "")
    if not isinstance(value, str):
        raise TypeError(key)
    return value


def _number(found: dict[str, Any], key: str) -> float | None:
    value = found.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise TypeError(key)
    return float(value)


def _find(database: Database, line: _Line) -> ItemId | None:
    """By identity; else by path; else by title, artist and duration (2 s either way), if only one fits."""
    found = database.one("SELECT id FROM items WHERE identity = ?", (line.identity,))
    if found is None and line.path:
        found = database.one(
            "SELECT item_id FROM files WHERE path = CAST(? AS TEXT) AND item_id IS NOT NULL",
            (stored_path(line.path),),
        )
    if found is None and line.title:
        rows = database.all(
            "SELECT id FROM items WHERE title_key = ? AND artist_key = ? AND abs(duration - ?) <= 2 LIMIT 2",
            (fold(clean(line.title)), fold(clean(line.artist)), line.duration),
        )
        found = rows[0] if len(rows) == 1 else None
    return ItemId(found[0]) if found else None
