"""What the user did, as an append-only log, with undo and redo, and the columns of `items` derived from it.

The window's writer thread records, undoes and redoes; the importer adds ratings found in tags; the trainer reads
what stands. Nothing here is ever changed or deleted: undo and redo are rows that name the row they concern.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from app.store.database import Database
from models.ids import ItemId

if TYPE_CHECKING:
    from app.store.feedback_file import ImportCounts

PLAYED = 0.9
"""From this fraction on, a play counts as one."""


@dataclass(frozen=True, slots=True)
class FeedbackRow:
    """One thing the user did that stands. `value`: stars 0..5 or played fraction 0..1; `seconds`: heard; `at`: Unix."""

    id: int
    item_id: ItemId
    kind: str
    value: float | None
    origin: str
    context: str
    at: float
    seconds: float | None = None


class StepKind(StrEnum):
    """What a step of the user's was, as the column `kind` has it."""

    LIKE = "like"
    DISLIKE = "dislike"
    CLEAR = "clear"
    STARS = "stars"
    LATER = "later"
    FORGET_PLAY = "undo"


@dataclass(frozen=True, slots=True)
class Reversed:
    """What undo took back or redo did again; `title` of the Item it concerned, "" when that is gone."""

    kind: StepKind
    title: str


_ROW = "id, item_id, kind, value, origin, context, at, seconds"

# Likes, dislikes and stars: the last word counts. Stars from tags count only where the user gave none.
# "clear" takes likes and dislikes back; stars are taken back by giving 0.
_DERIVE = f"""
WITH log AS MATERIALIZED (SELECT * FROM standing WHERE item_id = ?1 AND stands AND kind NOT IN ('undo', 'redo'))
UPDATE items SET
    liked = coalesce((SELECT CASE kind WHEN 'like' THEN 1 WHEN 'dislike' THEN -1 ELSE 0 END FROM log
                      WHERE kind IN ('like', 'dislike', 'clear') ORDER BY at DESC, id DESC LIMIT 1), 0),
    stars = nullif((SELECT value FROM log WHERE kind = 'stars'
                    ORDER BY origin = 'tag', at DESC, id DESC LIMIT 1), 0),
    play_count = (SELECT count(*) FROM log WHERE kind = 'play' AND value >= {PLAYED}),
    skip_count = (SELECT count(*) FROM log WHERE kind = 'skip'),
    last_played = (SELECT max(at) FROM log WHERE kind = 'play')
WHERE id = ?1
"""


class Feedback:
    """The log. With `recording` False (a private session) nothing is written and steps are 0."""

    def __init__(self, database: Database, *, recording: bool = True, clock: Callable[[], float] = time.time) -> None:
        self._db = database
        self.recording = recording
        self._clock = clock

    # --------------------------------------------------------------------------------- what the user does

    def like(self, item: ItemId, context: str = "") -> int:
        """Record a like; returns its step."""
        return self._record(item, "like", context=context)

    def dislike(self, item: ItemId, context: str = "") -> int:
        """Record a dislike; returns its step."""
        return self._record(item, "dislike", context=context)

    def clear(self, item: ItemId, context: str = "") -> int:
        """Take a like or dislike back (stars stay: those go with `stars(item, 0)`); returns the step."""
        return self._record(item, "clear", context=context)

    def stars(self, item: ItemId, stars: float, context: str = "") -> int:
        """Give 0 to 5 stars in halves, 0 for none; returns the step. Raises ValueError on anything else."""
        return self._record(item, "stars", _halves(stars), context=context)

    def later(self, item: ItemId, context: str = "") -> int:
        """ "Not now": do not offer this for a while; returns the step."""
        return self._record(item, "later", context=context)

    def played(self, item: ItemId, fraction: float, seconds: float, context: str = "") -> int:
        """Record that an Item was heard (`fraction` 0..1 of it, for `seconds`); from 0.9 on it counts as a play."""
        return self._record(item, "play", _fraction(fraction), seconds, "player", context)

    def skipped(self, item: ItemId, fraction: float, seconds: float, context: str = "") -> int:
        """Record that the user went on after `fraction` 0..1 of an Item and `seconds` of listening."""
        return self._record(item, "skip", _fraction(fraction), seconds, "player", context)

    def import_tag_rating(self, item: ItemId, stars: float | None, *, at: float | None = None) -> bool:
        """Take over a rating found in the file's tags; True where it was new.

        Written once, and again only when the tag says something else than at the last reading. A rating of the
        user's always wins over it. None (no such tag) changes nothing: a copy without it must not take it away.
        """
        if stars is None:
            return False
        last = self._db.one(
            "SELECT value FROM feedback WHERE item_id = ? AND origin = 'tag' AND kind = 'stars' "
            "ORDER BY id DESC LIMIT 1",
            (item,),
        )
        value = _halves(round(stars * 2) / 2)
        if value == (float(last[0]) if last else 0.0):
            return False
        with self._db.transaction():
            self._append(item, "stars", value, None, "tag", "", None, self._next_step(), at)
            self.derive(item)
        return True

    # ------------------------------------------------------------------------------------------ undo, redo

    def undo(self) -> Reversed | None:
        """Undo the user's newest step that stands; returns what it was, or None when there is none."""
        if not self.recording:
            return None
        with self._db.transaction():
            found = self._db.one(
                "SELECT step FROM standing WHERE origin = 'user' AND stands ORDER BY step DESC LIMIT 1"
            )
            return self._reverse(found[0], "undo") if found else None

    def redo(self) -> Reversed | None:
        """Redo the step undone last, unless the user has done something new since; None when there is none."""
        if not self.recording:
            return None
        with self._db.transaction():
            found = self._db.one(
                "SELECT s.step FROM standing s JOIN feedback u ON u.target = s.id "
                "WHERE s.origin = 'user' AND NOT s.stands AND u.origin = 'history' AND u.kind = 'undo' "
                "AND u.id > (SELECT max(id) FROM feedback WHERE origin = 'user') ORDER BY u.id DESC LIMIT 1"
            )
            return self._reverse(found[0], "redo") if found else None

    def undo_play(self, item: ItemId) -> int | None:
        """Take back the last play or skip of an Item that stands; a step of the user's, so `undo` brings it back."""
        if not self.recording:
            return None
        with self._db.transaction():
            found = self._db.one(
                "SELECT id FROM standing WHERE item_id = ? AND kind IN ('play', 'skip') AND stands "
                "ORDER BY id DESC LIMIT 1",
                (item,),
            )
            if found is None:
                return None
            step = self._next_step()
            self._append(item, "undo", None, None, "user", "", found[0], step)
            self.derive(item)
        return step

    # --------------------------------------------------------------------------------------------- reading

    def effective(self, since: int | None = None) -> list[FeedbackRow]:
        """Everything that stands, oldest first, of Items still known; with `since`, only rows after that id."""
        rows = self._db.all(
            f"SELECT {_ROW} FROM standing WHERE stands AND kind NOT IN ('undo', 'redo') "
            "AND item_id IS NOT NULL AND id > ? ORDER BY at, id",
            (since or 0,),
        )
        return [FeedbackRow(*row) for row in rows]

    def history(self, limit: int = 200, item: ItemId | None = None) -> list[FeedbackRow]:
        """What stands, newest first, at most `limit`, of one Item or of all."""
        chosen = "" if item is None else "AND item_id = ?2"
        rows = self._db.all(
            f"SELECT {_ROW} FROM standing WHERE stands AND kind NOT IN ('undo', 'redo') AND item_id IS NOT NULL "
            f"{chosen} ORDER BY id DESC LIMIT ?1",
            (limit,) if item is None else (limit, item),
        )
        return [FeedbackRow(*row) for row in rows]

    def last_id(self) -> int:
        """The newest row's number: it grows with every like, undo or redo, so that a reader knows what is new."""
        found = self._db.one("SELECT max(id) FROM feedback")
        return int(found[0] or 0) if found else 0

    def take_over(
        self, item: ItemId, kind: str, value: float | None, seconds: float | None, context: str, at: float
    ) -> bool:
        """Add one imported row (origin `import`) unless the same thing at the same time is there; True if added."""
        same = self._db.one(
            "SELECT 1 FROM feedback WHERE item_id = ? AND kind = ? AND value IS ? AND abs(at - ?) < 0.001",
            (item, kind, value, at),
        )
        if same:
            return False
        with self._db.transaction():
            self._append(item, kind, value, seconds, "import", context, None, self._next_step(), at)
            self.derive(item)
        return True

    def export(self) -> Iterator[str]:
        """The lines of a feedback file (feedback_file.py has its format), each without its newline."""
        from app.store.feedback_file import export_feedback

        return export_feedback(self._db)

    def import_(self, lines: Iterable[str]) -> ImportCounts:
        """Take a feedback file in; a second time it adds nothing. Raises StoreError where it is not one."""
        from app.store.feedback_file import import_feedback

        return import_feedback(self._db, lines)

    # --------------------------------------------------------------------------------------------- writing

    def _record(
        self,
        item: ItemId,
        kind: str,
        value: float | None = None,
        seconds: float | None = None,
        origin: str = "user",
        context: str = "",
    ) -> int:
        if not self.recording:
            return 0
        with self._db.transaction():
            step = self._next_step()
            self._append(item, kind, value, seconds, origin, context, None, step)
            self.derive(item)
        return step

    def _reverse(self, step: int, kind: str) -> Reversed | None:
        step_now = self._next_step()
        told: Reversed | None = None
        for row, item, what in self._db.all(
            "SELECT id, item_id, kind FROM feedback WHERE step = ? AND origin = 'user' ORDER BY id", (step,)
        ):
            self._append(item, kind, None, None, "history", "", row, step_now)
            if item is not None:
                self.derive(item)
            told = told or Reversed(StepKind(what), self._title(item))
        return told

    def _title(self, item: ItemId | None) -> str:
        found = self._db.one("SELECT title FROM items WHERE id = ?", (item,))
        return str(found[0]) if found else ""

    def _next_step(self) -> int:
        found = self._db.one("SELECT coalesce(max(id), 0) + 1 FROM feedback")
        return int(found[0]) if found else 1

    def _append(
        self,
        item: ItemId | None,
        kind: str,
        value: float | None,
        seconds: float | None,
        origin: str,
        context: str,
        target: int | None,
        step: int,
        at: float | None = None,
    ) -> None:
        """One row. A clock that was set back must not make a new word older than the last: times only grow."""
        if at is None:
            newest = self._db.one("SELECT max(at) FROM feedback WHERE item_id = ?", (item,))
            at = max(self._clock(), float(newest[0] or 0) if newest else 0.0)
        self._db.execute(
            "INSERT INTO feedback (item_id, identity, kind, value, seconds, origin, context, target, step, at) "
            "VALUES (?1, (SELECT identity FROM items WHERE id = ?1), ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            (item, kind, value, seconds, origin, context, target, step, at),
        )

    def derive(self, item: ItemId) -> None:
        """Make the columns of an Item follow the log again; inside a transaction."""
        self._db.execute(_DERIVE, (item,))


def _halves(stars: float) -> float:
    if not 0 <= stars <= 5 or stars * 2 != int(stars * 2):
        raise ValueError(f"{stars} is not 0 to 5 in halves")
    return float(stars)


def _fraction(fraction: float) -> float:
    """A player's idea of the length may be a little short: cut to 0..1. NaN becomes 0."""
    return 0.0 if math.isnan(fraction) else min(1.0, max(0.0, fraction))
