"""Token buckets: what limits, before any signature is checked, how much work and traffic others can cause.

Pure; the time (seconds of a clock that only goes forward) is handed in.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable


class TokenBucket:
    """Lets `burst` things pass at once and `rate` a second in the long run."""

    __slots__ = ("_at", "_burst", "_left", "_rate")

    def __init__(self, rate: float, burst: float) -> None:
        self._rate = rate
        self._burst = burst
        self._left = burst
        self._at = float("-inf")

    def take(self, now: float, cost: float = 1.0) -> bool:
        """Take `cost` tokens; False, and nothing taken, where fewer are left."""
        if now > self._at:
            # The first call comes from "minus infinity": the bucket is full.
            self._left = min(self._burst, self._left + (now - self._at) * self._rate)
            self._at = now
        if self._left < cost:
            return False
        self._left -= cost
        return True

    def drain(self) -> None:
        """Take everything: the next thing has to wait."""
        self._left = 0.0


class Buckets:
    """A bucket for each sender, for the `room` senders last heard; who was forgotten starts with a full bucket."""

    def __init__(self, rate: float, burst: float, room: int) -> None:
        self._rate = rate
        self._burst = burst
        self._room = room
        self._buckets: OrderedDict[Hashable, TokenBucket] = OrderedDict()

    def take(self, sender: Hashable, now: float, cost: float = 1.0) -> bool:
        """Take `cost` tokens of `sender`'s."""
        bucket = self._buckets.get(sender)
        if bucket is None:
            bucket = self._buckets[sender] = TokenBucket(self._rate, self._burst)
            if len(self._buckets) > self._room:
                self._buckets.popitem(last=False)
        else:
            self._buckets.move_to_end(sender)
        return bucket.take(now, cost)

    def __len__(self) -> int:
        return len(self._buckets)
