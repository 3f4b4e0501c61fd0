"""What a session takes and tells: pieces as the player needs them, what was heard, and the Protocols it asks.

The library's side (composition) implements Sources and Positions; the window and the journal listen to the
events. Values, words and Protocols only.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from app.errors import BowerbirdError, PlayerError
from app.player.base import Observers, Source
from app.player.listening import Leaving, Verdict
from app.player.queue import Origin, PlainQueue, Queue
from app.player.replaygain import Loudness
from models.ids import ItemId

LONG_SECONDS = 1200.0
"""Sound as long as this (a book, a mix) is resumed where it was left, as every video is."""
EDGE_SECONDS = 10.0
"""So near to either end there is nothing to resume."""


@dataclass(frozen=True, slots=True)
class Playable:
    """An Item as the player needs it. `resume` is the saved position; seconds, 0.0 where unknown."""

    item: ItemId
    source: Source
    duration: float = 0.0
    title: str = ""
    artist: str = ""
    album: str = ""
    is_video: bool = False
    resume: float = 0.0
    loudness: Loudness = field(default_factory=Loudness)

    @property
    def resumable(self) -> bool:
        return self.is_video or self.duration >= LONG_SECONDS

    def place(self, position: float) -> float:
        """Where to go on next time after leaving at `position`; 0.0 near either end and for short pieces."""
        near = position < EDGE_SECONDS or (self.duration > 0 and position > self.duration - EDGE_SECONDS)
        return 0.0 if near or not self.resumable else position


class Sources(Protocol):
    """Finds the file of an Item."""

    def resolve(self, item: ItemId) -> Playable:
        """Raises BowerbirdError (MediaError, say) where the Item or its file is gone."""


class Positions(Protocol):
    """Keeps where long pieces were left."""

    def save(self, item: ItemId, seconds: float) -> None:
        """Keep `seconds` for `item`; 0.0 forgets it."""


@dataclass(frozen=True, slots=True)
class Played:
    """A piece was left. `fraction` of it was heard, for `seconds` in all; `skipped` is a weak dislike."""

    item: ItemId
    fraction: float
    seconds: float
    skipped: bool
    verdict: Verdict
    leaving: Leaving
    origin: Origin
    context: str


class Change(StrEnum):
    """What was done to the queue, for the words of the undo list."""

    REPLACE = "replace"
    ADD = "add"
    NEXT = "next"
    REMOVE = "remove"
    MOVE = "move"
    CLEAR = "clear"
    SHUFFLE = "shuffle"
    UNSHUFFLE = "unshuffle"


@dataclass(frozen=True, slots=True)
class QueueChange:
    """Something the listener did to the queue; `put_back(before, position)` undoes, `put_back(after)` redoes.

    `position` is where the playing piece was, in seconds.
    """

    kind: Change
    before: Queue
    after: Queue
    position: float


@dataclass(frozen=True, slots=True)
class SessionMemory:
    """What is kept between two runs: the queue and where in its current piece we were (seconds)."""

    queue: PlainQueue
    position: float


@dataclass(frozen=True, slots=True)
class SessionEvents:
    """Everything a session tells; positions and states come from the player's own events."""

    current: Observers[[Playable | None]] = field(default_factory=Observers)
    queue: Observers[[Queue]] = field(default_factory=Observers)
    """Rows, order, current row or modes are new."""
    changed: Observers[[QueueChange]] = field(default_factory=Observers)
    """The listener changed the queue in a way that can be undone."""
    played: Observers[[Played]] = field(default_factory=Observers)
    trouble: Observers[[BowerbirdError]] = field(default_factory=Observers)


def gave_up(failures: int) -> PlayerError:
    """So many pieces in a row failed that the fault is not theirs."""
    return PlayerError(
        "Playing has stopped",
        f"{failures} pieces in a row could not be played. Is their drive connected?",
    )
