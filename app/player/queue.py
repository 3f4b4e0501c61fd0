"""The play queue as a value: what was played, what plays, what comes. No Qt, no files, no clock.

Every operation returns a new Queue; keeping the old one is all that undo needs (`with_rows_of`). The session
plays from it, the window shows it, and `to_plain` is what is kept between two runs.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from models.ids import ItemId

_HISTORY = 200


class Origin(StrEnum):
    """How a row came into the queue."""

    CHOSEN = "chosen"
    NEXT = "next"
    """Chosen with "play next": goes before the rest, and shuffling leaves it there."""
    AUTOMATIC = "automatic"
    """A pick that goes on from taste; shown faded, and replaced when taste changes."""


class Repeat(StrEnum):
    """What happens after the last piece."""

    OFF = "off"
    TRACK = "track"
    ALBUM = "album"
    LIST = "list"


@dataclass(frozen=True, slots=True)
class Row:
    """One place in the queue. `key` is unique in its queue, so the same item may stand in it twice.

    `context` says where it was started from (a page, a playlist, "radio"), `reason` why a pick was made.
    """

    key: int
    item: ItemId
    origin: Origin = Origin.CHOSEN
    context: str = ""
    reason: str = ""


PlainRow = tuple[int, str, str, str]
PlainQueue = tuple[tuple[PlainRow, ...], int | None, tuple[int, ...], str, int | None]
"""Rows (item, origin, context, reason), current index, unshuffled order, repeat, index to stop after."""


@dataclass(frozen=True, slots=True)
class Queue:
    """Rows in the order they are played. `current` is an index into `rows`, None when nothing is chosen.

    `natural` holds the keys in unshuffled order while shuffled, else it is empty. `history` holds the keys
    that were played before, oldest first. `stop_after` is the key of the row after which to stop.
    """

    rows: tuple[Row, ...] = ()
    current: int | None = None
    repeat: Repeat = Repeat.OFF
    natural: tuple[int, ...] = ()
    history: tuple[int, ...] = ()
    stop_after: int | None = None
    next_key: int = 1

    # Reading

    @property
    def playing(self) -> Row | None:
        return None if self.current is None else self.rows[self.current]

    @property
    def upcoming(self) -> tuple[Row, ...]:
        return self.rows if self.current is None else self.rows[self.current + 1 :]

    @property
    def shuffled(self) -> bool:
        return bool(self.natural)

    def index_of(self, key: int) -> int | None:
        """Where the row with this key stands; None when it is gone."""
        return next((index for index, row in enumerate(self.rows) if row.key == key), None)

    def following(self, *, by_itself: bool, album_of: Callable[[ItemId], str] = lambda _: "") -> int | None:
        """Index of the row that comes after the current one; None at the end.

        `by_itself` is true when a piece has ended, false when the listener asks for the next: repeating one
        track holds only for the former. `album_of` names an item's album ("" for none) for repeating an
        album, which is the unbroken run of rows around the current one with the same name.
        """
        if not self.rows:
            return None
        if self.current is None:
            return 0
        if by_itself and self.repeat == Repeat.TRACK:
            return self.current
        if self.repeat == Repeat.ALBUM:
            album = album_of(self.rows[self.current].item)
            ahead = self.current + 1
            if album and by_itself and not (ahead < len(self.rows) and album_of(self.rows[ahead].item) == album):
                first = self.current
                while first > 0 and album_of(self.rows[first - 1].item) == album:
                    first -= 1
                return first
        if self.current + 1 < len(self.rows):
            return self.current + 1
        return 0 if self.repeat != Repeat.OFF else None

    def preceding(self) -> int | None:
        """Index of the row to go back to: the last one played that is still here, else the one before."""
        for key in reversed(self.history):
            index = self.index_of(key)
            if index is not None and index != self.current:
                return index
        if self.current:
            return self.current - 1
        return len(self.rows) - 1 if self.current == 0 and self.repeat == Repeat.LIST else None

    # Moving along

    def at(self, index: int | None) -> Queue:
        """Make `index` the current row; the row that was current goes into the history."""
        if index is not None and index not in range(len(self.rows)):
            raise IndexError(f"no row {index} in a queue of {len(self.rows)}")
        now = self.playing
        history = self.history
        if now is not None and index != self.current:
            history = (*history, now.key)[-_HISTORY:]
        return replace(self, current=index, history=history)

    def back(self) -> Queue:
        """Go to `preceding`, taking it out of the history; the same queue where there is none."""
        index = self.preceding()
        if index is None:
            return self
        key = self.rows[index].key
        history = self.history
        if key in history:
            history = history[: len(history) - 1 - history[::-1].index(key)]
        return replace(self, current=index, history=history)

    # Changing

    def playing_these(
        self, items: Sequence[ItemId], start: int = 0, *, context: str = "", shuffle: int | None = None
    ) -> Queue:
        """Replace all rows by `items` and make row `start` current. `shuffle` is a seed, or None."""
        rows = self._made(items, Origin.CHOSEN, context)
        fresh = replace(
            self,
            rows=rows,
            current=start if rows else None,
            natural=(),
            history=(),
            stop_after=None,
            next_key=self.next_key + len(rows),
        )
        return fresh if shuffle is None else fresh.shuffle(shuffle)

    def append(self, items: Sequence[ItemId], *, context: str = "") -> Queue:
        """Put `items` at the end of what the listener chose: before automatic picks that still wait."""
        return self._insert_at(self._first_automatic(), self._made(items, Origin.CHOSEN, context))

    def play_next(self, items: Sequence[ItemId], *, context: str = "") -> Queue:
        """Put `items` right after the current row, in the given order."""
        index = 0 if self.current is None else self.current + 1
        return self._insert_at(index, self._made(items, Origin.NEXT, context))

    def insert(self, index: int, items: Sequence[ItemId], *, context: str = "") -> Queue:
        """Put `items` before row `index` (a drop between two rows)."""
        return self._insert_at(index, self._made(items, Origin.CHOSEN, context))

    def with_picks(self, picks: Iterable[tuple[ItemId, str]], *, context: str = "radio") -> Queue:
        """Replace the automatic rows that still wait by `picks`, pairs of item and reason."""
        ahead = 0 if self.current is None else self.current + 1
        waiting = [row.key for row in self.rows[ahead:] if row.origin == Origin.AUTOMATIC]
        kept = self.remove(waiting)
        rows = tuple(
            Row(kept.next_key + n, item, Origin.AUTOMATIC, context, reason) for n, (item, reason) in enumerate(picks)
        )
        return kept._insert_at(len(kept.rows), rows)

    def remove(self, keys: Iterable[int]) -> Queue:
        """Take rows out. Where the current one goes, the next one becomes current (None at the end)."""
        gone = set(keys)
        rows = tuple(row for row in self.rows if row.key not in gone)
        current = self.current
        if current is not None:
            before = sum(row.key not in gone for row in self.rows[:current])
            current = before if before < len(rows) else None
        return replace(
            self,
            rows=rows,
            current=current,
            natural=tuple(key for key in self.natural if key not in gone),
            stop_after=None if self.stop_after in gone else self.stop_after,
        )

    def move(self, keys: Iterable[int], index: int) -> Queue:
        """Move rows, in their order, before what is row `index` now (`len(rows)` for the end)."""
        moving = set(keys)
        block = [
            # What the listener puts somewhere by hand is a choice, and no longer replaced by the next pick.
            replace(row, origin=Origin.CHOSEN) if row.origin == Origin.AUTOMATIC else row
            for row in self.rows
            if row.key in moving
        ]
        before = [row for row in self.rows[:index] if row.key not in moving]
        after = [row for row in self.rows[index:] if row.key not in moving]
        moved = replace(self, rows=(*before, *block, *after))
        return moved._pointing_at(self.playing)

    def clear(self, *, keep_playing: bool = True) -> Queue:
        """Take all rows out, but the one that plays (or that too)."""
        now = self.playing
        return self.remove(row.key for row in self.rows if row is not now or not keep_playing)

    def with_repeat(self, repeat: Repeat) -> Queue:
        return replace(self, repeat=repeat)

    def stopping_after(self, key: int | None) -> Queue:
        """Stop after the row with this key; None goes on."""
        return replace(self, stop_after=key if key is not None and self.index_of(key) is not None else None)

    def shuffle(self, seed: int) -> Queue:
        """Mix all rows after the current one, which comes first and plays on.

        Rows set to play next stay right behind it, automatic picks that wait stay at the end. The same seed
        and rows give the same order. `unshuffle` restores the order there was.
        """
        now = self.playing
        ahead = 0 if self.current is None else self.current + 1
        waiting = self.rows[ahead:]
        soon = [row for row in waiting if row.origin == Origin.NEXT]
        automatic = [row for row in waiting if row.origin == Origin.AUTOMATIC]
        fixed = {row.key for row in (*soon, *automatic)} | ({now.key} if now else set())
        rest = sorted((row for row in self.rows if row.key not in fixed), key=lambda row: row.key)
        random.Random(seed).shuffle(rest)
        rows = (*((now,) if now else ()), *soon, *rest, *automatic)
        natural = self.natural or tuple(row.key for row in self.rows)
        return replace(self, rows=rows, current=0 if now else None, natural=natural)

    def unshuffle(self) -> Queue:
        """Back to the order before shuffling; rows that came since stand where they were put."""
        place = {key: number for number, key in enumerate(self.natural)}
        rows = tuple(sorted(self.rows, key=lambda row: place.get(row.key, len(place))))
        return replace(self, rows=rows, natural=())._pointing_at(self.playing)

    def with_rows_of(self, other: Queue) -> Queue:
        """Undo: the rows, order and marks of `other`, a former state of this queue, while what plays plays
        on.

        Where the playing row is not among them, the row that was current in `other` is.
        """
        restored = replace(
            other,
            repeat=self.repeat,
            history=self.history,
            next_key=max(self.next_key, other.next_key),
        )
        now = self.playing
        index = None if now is None else restored.index_of(now.key)
        return restored if index is None else replace(restored, current=index)

    # Keeping

    def to_plain(self) -> PlainQueue:
        """Tuples, numbers and strings only; the history is not kept."""
        place = {row.key: index for index, row in enumerate(self.rows)}
        return (
            tuple((int(row.item), str(row.origin), row.context, row.reason) for row in self.rows),
            self.current,
            tuple(place[key] for key in self.natural),
            str(self.repeat),
            None if self.stop_after is None else place[self.stop_after],
        )

    @classmethod
    def from_plain(cls, plain: PlainQueue) -> Queue:
        """Read back what `to_plain` wrote. Raises ValueError where it does not hold together."""
        plain_rows, current, natural, repeat, stop_after = plain
        rows = tuple(
            Row(index + 1, ItemId(item), Origin(origin), context, reason)
            for index, (item, origin, context, reason) in enumerate(plain_rows)
        )
        for index in (current, stop_after):
            if index is not None and index not in range(len(rows)):
                raise ValueError(f"no row {index} in a queue of {len(rows)}")
        if natural and sorted(natural) != list(range(len(rows))):
            raise ValueError("the unshuffled order does not name every row once")
        return cls(
            rows=rows,
            current=current,
            repeat=Repeat(repeat),
            natural=tuple(index + 1 for index in natural),
            stop_after=None if stop_after is None else stop_after + 1,
            next_key=len(rows) + 1,
        )

    # Inside

    def _made(self, items: Sequence[ItemId], origin: Origin, context: str) -> tuple[Row, ...]:
        return tuple(Row(self.next_key + n, item, origin, context) for n, item in enumerate(items))

    def _first_automatic(self) -> int:
        index = len(self.rows)
        first = 0 if self.current is None else self.current + 1
        while index > first and self.rows[index - 1].origin == Origin.AUTOMATIC:
            index -= 1
        return index

    def _insert_at(self, index: int, rows: tuple[Row, ...]) -> Queue:
        index = min(max(index, 0), len(self.rows))
        natural = self.natural
        if natural:
            keys = tuple(row.key for row in rows)
            # In the unshuffled order they stand behind the row they follow here; at the end, at the end.
            after = self.rows[index - 1].key if 0 < index < len(self.rows) else None
            place = natural.index(after) + 1 if after is not None else (0 if index == 0 else len(natural))
            natural = (*natural[:place], *keys, *natural[place:])
        grown = replace(
            self,
            rows=(*self.rows[:index], *rows, *self.rows[index:]),
            natural=natural,
            next_key=self.next_key + len(rows),
        )
        return grown._pointing_at(self.playing)

    def _pointing_at(self, row: Row | None) -> Queue:
        return self if row is None else replace(self, current=self.index_of(row.key))
