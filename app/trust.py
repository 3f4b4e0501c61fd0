"""How far a peer is trusted, as numbers and rules: who comes first, what strangers share, what a broken promise costs.

Pure. The network process fetches by it, the studio fills a page of Discover by it, the window shows it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum


class Rank(IntEnum):
    """How near a peer is to the user; the greater comes first."""

    STRANGER = 0
    FRIEND_OF_FRIEND = 1
    """A followed peer says that it follows this one."""
    FOLLOWED = 2


def rank(followed: bool, followed_by: int) -> Rank:
    """The rank of a peer whom the user follows or not, and so many followed peers follow."""
    if followed:
        return Rank.FOLLOWED
    return Rank.FRIEND_OF_FRIEND if followed_by > 0 else Rank.STRANGER


class Standing(StrEnum):
    """What a peer's word is worth, by what its downloads turned out to be."""

    UNKNOWN = "unknown"
    """Nothing was downloaded from it yet."""
    GOOD = "good"
    DOUBTFUL = "doubtful"
    """Something was not what it had promised."""
    BAD = "bad"
    """Much was not, or it signed two different cards with one number: a stranger like that is not fetched from."""


def standing(kept: int, broken: int, forked: bool = False) -> Standing:
    """The standing after `kept` and `broken` promises; a reliability below four fifths is bad."""
    if forked:
        return Standing.BAD
    if broken == 0:
        return Standing.GOOD if kept else Standing.UNKNOWN
    return Standing.BAD if reliability(kept, broken) < 0.8 else Standing.DOUBTFUL


def reliability(kept: int, broken: int) -> float:
    """The share of kept promises, 0..1, with nine kept in advance so that the first slip is not the whole truth."""
    return (kept + 9) / (kept + broken + 9)


# ---------------------------------------------------------------------------------------- a page of Discover

PLACES_PER_STRANGER = 3
"""Places of a page that one peer may have whom the user does not follow."""
STRANGERS_PART = 3
"""All strangers together have at most one in so many places of a page (while others have enough to fill it)."""


def stranger_places(page: int) -> int:
    """How many of `page` places strangers may have together."""
    return max(1, page // STRANGERS_PART)


# ---------------------------------------------------------------------------------------- what is fetched

FRIENDS_SHARE = 4
"""A friend of a friend may use up to so many times the bytes of one stranger."""


@dataclass(frozen=True, slots=True)
class Budget:
    """What strangers share: `bytes_a_day` fetched of their catalogues, and `catalogues` kept of theirs."""

    bytes_a_day: int
    catalogues: int

    @property
    def one_catalogue(self) -> int:
        """Bytes that one stranger's catalogue may have: two fifths of a day's, so that no one uses it all up."""
        return self.bytes_a_day * 2 // 5

    def room(self, near: Rank, used_today: int, by_it_today: int, largest: int) -> int:
        """Bytes that may be fetched now of the catalogue of a peer that is `near`; 0: nothing today.

        `used_today` and `by_it_today` were fetched today of all strangers and of this one; `largest` is what any
        catalogue may have.
        """
        if near is Rank.FOLLOWED:
            return largest
        alone = self.one_catalogue * (FRIENDS_SHARE if near is Rank.FRIEND_OF_FRIEND else 1)
        return max(0, min(largest, self.bytes_a_day - used_today, alone - by_it_today))
