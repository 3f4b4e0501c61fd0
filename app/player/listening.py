"""How much of a piece was really heard, and what leaving it says about taste. Pure arithmetic, no clock.

`session.PlaySession` feeds it positions while something plays and asks for the verdict when the piece is
left. The thresholds are those of the documentation: nine tenths are a play, an early skip is a weak dislike.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

PLAY_FRACTION = 0.90
"""So much of a piece, heard, is a play."""
LAST_SECONDS = 5.0
"""Fewer unheard seconds than this are a play too (fade-outs, short pieces), if half of it was heard."""
SKIP_SECONDS = 30.0
"""A skip before so many heard seconds, and before half of the piece, is a weak dislike."""
GLANCE_SECONDS = 1.0
"""Heard for less than this, a piece was only passed on the way to another: that says nothing."""
_LEAP = 2.0
"""A larger step between two positions is a jump, not listening."""


class Leaving(StrEnum):
    """How a piece was left."""

    FINISHED = "finished"
    NEXT = "next"
    PREVIOUS = "previous"
    REPLACED = "replaced"
    STOPPED = "stopped"
    QUIT = "quit"
    FAILED = "failed"


class Verdict(StrEnum):
    """What it says about taste."""

    PLAY = "play"
    PARTIAL = "partial"
    """Neither: the fraction alone counts."""
    SKIP = "skip"


@dataclass(frozen=True, slots=True)
class Heard:
    """What was heard of one piece when it was left.

    `fraction` in 0..1 is the part of the piece heard at least once, whatever was repeated; `seconds` is all
    the time it sounded, repeats included.
    """

    fraction: float
    seconds: float
    verdict: Verdict


class Listening:
    """Collects what is heard of one piece.

    `duration` in seconds may be 0 while unknown. `start` is where a resumed piece begins: what lies before
    was heard another time and counts for the fraction, not for the seconds.
    """

    def __init__(self, duration: float, start: float = 0.0) -> None:
        self.duration = duration
        self._last: float | None = start
        self._seconds = 0.0
        self._spans: list[tuple[float, float]] = [(0.0, start)] if start > 0 else []

    @property
    def seconds(self) -> float:
        return self._seconds

    @property
    def fraction(self) -> float:
        if self.duration <= 0:
            return 0.0
        return min(sum(end - begin for begin, end in self._spans) / self.duration, 1.0)

    def hear(self, position: float) -> None:
        """The piece has sounded up to `position`; a step back or a leap is a jump and counts for nothing."""
        last, self._last = self._last, position
        if last is None or not 0.0 < position - last <= _LEAP:
            return
        self._seconds += position - last
        self._cover(last, position)

    def jump(self, position: float) -> None:
        """Somebody moved to `position`: what lies between was not heard."""
        self._last = position

    def end(self) -> None:
        """The piece reached its end by itself; the time since the last position was heard."""
        if self._last is not None and self.duration > 0:
            self.hear(self.duration)

    def judge(self, leaving: Leaving) -> Heard:
        """What leaving it now, in this way, says."""
        fraction = self.fraction
        unheard = self.duration * (1.0 - fraction)
        if fraction >= PLAY_FRACTION or (self.duration > 0 and unheard <= LAST_SECONDS and fraction >= 0.5):
            verdict = Verdict.PLAY
        elif leaving == Leaving.NEXT and GLANCE_SECONDS <= self._seconds < SKIP_SECONDS and fraction < 0.5:
            verdict = Verdict.SKIP
        else:
            verdict = Verdict.PARTIAL
        return Heard(fraction, self._seconds, verdict)

    def _cover(self, begin: float, end: float) -> None:
        spans = self._spans
        if spans and spans[-1][0] <= begin <= spans[-1][1] + 1e-6:
            # The usual case, going on where we were, keeps this list at one span per jump.
            spans[-1] = (spans[-1][0], max(spans[-1][1], end))
        else:
            spans.append((begin, end))
        if len(spans) > 1:
            self._spans = _merged(spans)


def _merged(spans: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """The same seconds as spans without overlap, the one that is still growing last."""
    growing = spans[-1][1]
    merged: list[tuple[float, float]] = []
    for begin, end in sorted(spans):
        if merged and begin <= merged[-1][1] + 1e-6:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((begin, end))
    at = next(index for index, (begin, end) in enumerate(merged) if begin <= growing <= end)
    merged.append(merged.pop(at))
    return merged
