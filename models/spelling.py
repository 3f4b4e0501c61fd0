"""Whether a text has nearly the words that somebody typed. Used by search; pure strings.

Words differ by how many single letters one would have to add, leave out, change or swap with the next (Damerau 1964, "A
technique for computer detection and correction of spelling errors", counted within a word and each letter once).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

ENOUGH = 0.6
"""The share of the typed letters that a text must have, in words that it nearly has."""
BEGINS = 6
"""Letters from which a typed word may be nearly the beginning of a longer one: of fewer too much begins nearly so."""
MOST = 16
"""Words looked at: who pastes a page does not mean each of its words, and each costs as much as the first."""

_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Nearly:
    """How nearly: `share` 0..1 of the letters are there; `slips` letters are wrong; `whole`: no word is missing."""

    share: float
    slips: int
    whole: bool


def words_of(text: str) -> tuple[str, ...]:
    """The words of a text, without the signs between them."""
    return tuple(_WORD.findall(text))


def allowed_slips(word: str) -> int:
    """How many letters of a word may be wrong: none of two, one of three to seven, two of more."""
    return 0 if len(word) < 3 else 1 if len(word) < 8 else 2


class Spelled:
    """What was typed, ready to be compared with many texts."""

    def __init__(self, words: Sequence[str]) -> None:
        self._words = [(word, allowed_slips(word), _letters(word)) for word in words[:MOST]]
        self._total = sum(map(len, words[:MOST]))
        self._known: dict[tuple[str, str], int] = {}

    def within(self, text: str) -> Nearly | None:
        """How nearly `text` (folded as the words are) has the words; None where it has too little of them."""
        there, slips, missing = 0, 0, 0
        spoken = {other: _letters(other) for other in words_of(text)}
        for word, allowed, letters in self._words:
            least = min(
                (
                    self._slips(word, other, allowed)
                    for other, others in spoken.items()
                    if _may_be(word, other, allowed) and (letters & ~others).bit_count() <= allowed
                ),
                default=allowed + 1,
            )
            if least > allowed:
                missing += 1
            else:
                there, slips = there + len(word) - least, slips + least
        share = there / self._total if self._total else 0.0
        return Nearly(share, slips, not missing) if share >= ENOUGH or (not missing and there) else None

    def _slips(self, word: str, other: str, allowed: int) -> int:
        pair = (word, other)
        if pair not in self._known:
            self._known[pair] = slips(word, other, allowed, beginning=len(word) >= BEGINS)
        return self._known[pair]


def slips(one: str, other: str, most: int, *, beginning: bool = False) -> int:
    """How many single letters two words differ by; `most` + 1 where it is more.

    With `beginning` how many `one` differs by from the beginning of `other` that is likest.
    """
    if beginning:
        other = other[: len(one) + most]
    if one == other:
        return 0
    if len(one) - len(other) > most or (not beginning and len(other) - len(one) > most):
        return most + 1
    older: list[int] = []
    last: list[int] = []
    row = list(range(len(other) + 1))
    for at, letter in enumerate(one, 1):
        older, last, row = last, row, [at]
        for to, wanted in enumerate(other, 1):
            cost = min(last[to] + 1, row[to - 1] + 1, last[to - 1] + (letter != wanted))
            if at > 1 and to > 1 and letter == other[to - 2] and one[at - 2] == wanted:
                cost = min(cost, older[to - 2] + 1)
            row.append(cost)
        if min(row) > most and min(last) > most:
            return most + 1
    return min(min(row) if beginning else row[-1], most + 1)


def _may_be(word: str, other: str, allowed: int) -> bool:
    """Whether the lengths of two words let one be nearly the other, or its beginning."""
    longer = len(other) - len(word)
    return -allowed <= longer and (longer <= allowed or len(word) >= BEGINS)


def _letters(word: str) -> int:
    """Which letters a word has, as bits; different letters may share one."""
    bits = 0
    for letter in word:
        bits |= 1 << (ord(letter) % 61)
    return bits
