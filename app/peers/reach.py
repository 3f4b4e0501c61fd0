"""Whether others can begin to talk to us, learned from what comes by itself.

Pure. A signed datagram from an address we sent nothing to proves that we are reachable. IPv8's introductions make such
datagrams: who introduces us to a peer also has that peer send us a puncture. If peers we were told of are there (they
answer when we begin) and yet their punctures did not come before, something in front of us drops what it does not
expect.
"""

from __future__ import annotations

from collections import OrderedDict

from app.network_messages import Reachable

ROOM = 2048
REMEMBERED = 600.0
"""Seconds for which an address we sent to may count as expected: longer than any home router's memory."""
ENOUGH = 3
"""Peers that had to be begun with until "no" is said."""
FRESH = 1800.0
"""Seconds for which a proof of reachability holds."""


class Reach:
    """Collects the evidence. Addresses are (host, port); times are seconds of a clock that only goes forward."""

    def __init__(self) -> None:
        self._sent: OrderedDict[tuple[str, int], float] = OrderedDict()
        self._introduced: OrderedDict[tuple[str, int], float] = OrderedDict()
        self._proved = float("-inf")
        self._missed: set[str] = set()

    def sent(self, address: tuple[str, int], now: float) -> None:
        """Something was sent to `address`."""
        self._sent[address] = now
        self._sent.move_to_end(address)
        if len(self._sent) > ROOM:
            self._sent.popitem(last=False)

    def introduced(self, address: tuple[str, int], now: float) -> None:
        """Somebody told us of a peer at `address`, and told that peer to send us something."""
        if address not in self._sent:
            self._introduced[address] = now
            if len(self._introduced) > ROOM:
                self._introduced.popitem(last=False)

    def heard(self, address: tuple[str, int], now: float) -> None:
        """A signed datagram came from `address`."""
        introduced = self._introduced.pop(address, None)
        last = self._sent.get(address)
        if last is None or last < now - REMEMBERED:
            self._proved = now
            self._missed.clear()
        elif introduced is not None:
            self._missed.add(address[0])

    def verdict(self, now: float) -> Reachable:
        """What is known by now."""
        if self._proved > now - FRESH:
            return Reachable.YES
        return Reachable.NO if len(self._missed) >= ENOUGH else Reachable.UNKNOWN
