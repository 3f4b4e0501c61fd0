"""Going on when the queue ends: asks for picks, drops late answers and picks too close to the same artist.

`session.PlaySession` owns one RadioFeed; the composition gives it the Continuation that reaches the
recommender. Nothing here ranks: the recommender does, this only keeps its rules true for the queue as it is
now.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from models.ids import ItemId

ARTIST_DISTANCE = 5
"""Two pieces by one artist stand at least so many places apart."""
ITEM_DISTANCE = 25
"""Nor does the same piece come back before so many others, where the library is large enough."""
ASK_COUNT = 20
LOW_WATER = 3
"""With fewer rows than this still to come, more are asked for."""


@dataclass(frozen=True, slots=True)
class AutoPick:
    """A piece to go on with, and why, in words for the listener."""

    item: ItemId
    reason: str = ""


class Continuation(Protocol):
    """What goes on after the queue: in the program, the recommender behind the studio process."""

    def request(self, recent: tuple[ItemId, ...], count: int, deliver: Callable[[Sequence[AutoPick]], None]) -> None:
        """Find about `count` pieces to go on with, best first, and hand them to `deliver` on this thread.

        `recent` holds what was played and what already waits, oldest first. `deliver` may be called at once,
        later or never; a later request makes earlier answers void.
        """


class RadioFeed:
    """Asks a Continuation at most once per row played (and once more whenever taste has changed)."""

    def __init__(self, continuation: Continuation | None, take: Callable[[tuple[AutoPick, ...]], None]) -> None:
        self._continuation = continuation
        self._take = take
        self._ticket = 0
        self._asked_at: int | None = None

    def ask(self, recent: tuple[ItemId, ...], *, row: int, again: bool = False) -> None:
        """Ask for more while row `row` (a key) plays; `again` also when that was done already."""
        if self._continuation is None or (self._asked_at == row and not again):
            return
        self._asked_at = row
        self._ticket += 1
        ticket = self._ticket

        def deliver(picks: Sequence[AutoPick]) -> None:
            if ticket == self._ticket:
                self._take(tuple(picks))

        self._continuation.request(recent, ASK_COUNT, deliver)

    def forget(self) -> None:
        """Make every answer that is still on its way void."""
        self._ticket += 1
        self._asked_at = None


def spaced(
    picks: Sequence[AutoPick], line: Sequence[ItemId], artist_of: Callable[[ItemId], str]
) -> tuple[AutoPick, ...]:
    """The picks that may follow `line` (what was played and what waits, oldest first), in their order.

    A pick goes when its artist stands fewer than ARTIST_DISTANCE places before it, or itself fewer than
    ITEM_DISTANCE. Where that would leave nothing, one pick is let through (music of one artist only goes on
    too), preferably one that is not among the last pieces. Pieces without an artist are never too close.
    """
    items = list(line)
    artists = [artist_of(item) for item in items[-ARTIST_DISTANCE:]]
    kept: list[AutoPick] = []
    for pick in picks:
        artist = artist_of(pick.item)
        if pick.item in items[-ITEM_DISTANCE:] or (artist and artist in artists[-(ARTIST_DISTANCE - 1) :]):
            continue
        kept.append(pick)
        items.append(pick.item)
        artists.append(artist)
    if kept or not picks:
        return tuple(kept)
    heard = list(line)
    return (max(picks, key=lambda pick: _distance(heard, pick.item)),)


def _distance(line: Sequence[ItemId], item: ItemId) -> int:
    """How many places ago `item` stood in `line`; more than any where it never did."""
    return next((ago for ago, past in enumerate(reversed(line)) if past == item), len(line))
