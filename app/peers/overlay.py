"""How peers know each other: what an overlay promises, and one that lives in memory alone.

The service holds one `Overlay` and implements `OverlayEars`; everything is called on the event loop's thread, and the
overlay calls the ears there as well, never from within a call of the service. The real overlay is `ipv8_overlay.py`;
`MemoryOverlay` joins overlays of one process without a socket, for tests and for whoever builds on this. Both pass
`tests/contracts/test_overlay_contract.py`. An overlay carries cards as bytes: whether one is signed rightly, and which
key and version it has, is said by the `ReadCard` it is given, so that it never spreads what nobody signed.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from app.network_messages import Reachable
from app.peers.card_shelf import CardShelf, ReadCard, Taken


@dataclass(frozen=True, slots=True)
class OverlayPeer:
    """A peer that answers us: its key (32 bytes), where it is reached, when it was last heard (Unix seconds)."""

    key: bytes
    host: str
    port: int
    heard: float


class OverlayEars(Protocol):
    """What an overlay tells its owner. None of these may block or raise; long work is started as a task."""

    def card_came(self, card: bytes, via: bytes) -> None:
        """Take a card that is new to this overlay, signed rightly, and came from the peer `via`.

        It may be a second card with the same number and another text (a fork): the overlay tells of it, but does not
        pass it on.
        """

    def content_wanted(self, key: bytes, root: bytes) -> int:
        """The peer `key` wants what is named `root` from us: return the port we give it on, 0 for no.

        `root` is a file's v2 root, or the 32 bytes of our catalogue's infohash. The torrent is added before this
        returns, or soon after.
        """

    def connect_now(self, infohash: bytes, host: str, port: int) -> None:
        """Begin to connect to that address for the torrent: the other side does so at the same moment."""

    def peer_changed(self, peer: OverlayPeer) -> None:
        """Take note of a peer that was met, moved, or is no longer heard (`peers()` has it no longer)."""


class Overlay(Protocol):
    """The peers that are on, the cards that go round among them, and who begins to talk to whom."""

    @property
    def port(self) -> int:
        """The UDP port it listens on; 0 before `start`."""

    @property
    def reachable(self) -> Reachable:
        """Whether others can begin to talk to us, as far as has been seen."""

    async def start(self) -> None:
        """Begin to listen. Raises PeerError where the address or port cannot be had."""

    async def close(self) -> None:
        """Stop; nothing is told to the ears afterwards."""

    def announce(self, card: bytes) -> None:
        """Spread this, our newest card, before all others. Raises PeerError for a card that is not signed rightly."""

    def hold(self, cards: Sequence[bytes]) -> None:
        """Keep these cards of others and pass them on, the first ones before the later; replaces what was held before.

        Cards that came by themselves are passed on as well, as far as there is room.
        """

    def peers(self) -> tuple[OverlayPeer, ...]:
        """Return the peers that answer at present."""

    def walk_to(self, host: str, port: int) -> None:
        """Try to meet whoever listens at that address. Wrong addresses are ignored."""

    async def ask_content(self, key: bytes, root: bytes, infohash: bytes) -> bool:
        """Ask the peer `key` to give `root` as the torrent `infohash`, and let both sides connect at one moment.

        Goes through a peer we share where the holder is none of ours. Returns whether the holder agreed; then
        `connect_now` was called on both sides.
        """

    def block(self, key: bytes) -> None:
        """Hear nothing from this peer, tell it nothing, pass its cards on no longer."""

    def unblock(self, key: bytes) -> None:
        """Let the peer be a stranger again."""


class MemoryNetwork:
    """What joins memory overlays: addresses to overlays."""

    def __init__(self) -> None:
        self._at: dict[tuple[str, int], MemoryOverlay] = {}

    def join(self, address: tuple[str, int], overlay: MemoryOverlay) -> None:
        """Put an overlay at an address."""
        self._at[address] = overlay

    def leave(self, address: tuple[str, int]) -> None:
        """Take away who is at an address."""
        self._at.pop(address, None)

    def at(self, host: str, port: int) -> MemoryOverlay | None:
        """Return who listens at an address."""
        return self._at.get((host, port))


class MemoryOverlay:
    """An overlay within one process: the same promises, no socket, everything at the next turn of the event loop."""

    def __init__(
        self,
        network: MemoryNetwork,
        address: tuple[str, int],
        key: bytes,
        ears: OverlayEars,
        read: ReadCard,
        content_port: Callable[[], int],
    ) -> None:
        self._network = network
        self._address = address
        self._key = key
        self._ears = ears
        self._content_port = content_port
        self._shelf = CardShelf(read)
        self._met: dict[bytes, MemoryOverlay] = {}
        self._heard: dict[bytes, float] = {}
        self._blocked: set[bytes] = set()
        self._on = False

    @property
    def port(self) -> int:
        return self._address[1] if self._on else 0

    @property
    def reachable(self) -> Reachable:
        return Reachable.YES if self._met else Reachable.UNKNOWN

    async def start(self) -> None:
        self._on = True
        self._network.join(self._address, self)

    async def close(self) -> None:
        self._on = False
        self._network.leave(self._address)
        for other in list(self._met.values()):
            other.lose(self._key)
        self._met.clear()

    def announce(self, card: bytes) -> None:
        self._shelf.own(card)
        self._give(card)

    def hold(self, cards: Sequence[bytes]) -> None:
        self._shelf.hold(cards)
        for card in cards:
            self._give(card)

    def peers(self) -> tuple[OverlayPeer, ...]:
        return tuple(
            OverlayPeer(key, *other._address, self._heard[key]) for key, other in self._met.items() if other._on
        )

    def walk_to(self, host: str, port: int) -> None:
        self._later(self._walk, host, port)

    async def ask_content(self, key: bytes, root: bytes, infohash: bytes) -> bool:
        await asyncio.sleep(0)
        shared = [other._met[key] for other in self._met.values() if key in other._met]
        holder = self._met.get(key) or (shared[0] if shared else None)
        if holder is None or key in self._blocked or self._key in holder._blocked or not (self._on and holder._on):
            return False
        port = holder._ears.content_wanted(self._key, root)
        if port == 0:
            return False
        holder._ears.connect_now(infohash, self._address[0], self._content_port())
        self._ears.connect_now(infohash, holder._address[0], port)
        return True

    def block(self, key: bytes) -> None:
        self._blocked.add(key)
        self._shelf.block(key)
        other = self._met.get(key)
        if other is not None:
            self.lose(key)
            other.lose(self._key)

    def unblock(self, key: bytes) -> None:
        self._blocked.discard(key)
        self._shelf.unblock(key)

    # -------------------------------------------------------------------------------- between overlays

    def meet(self, other: MemoryOverlay) -> None:
        """Know `other` from now on, and give it what goes round here."""
        known = other._key in self._met
        self._met[other._key] = other
        self._heard[other._key] = time.time()
        if known:
            return
        self._ears.peer_changed(OverlayPeer(other._key, *other._address, self._heard[other._key]))
        for held in self._shelf.cards():
            self._later(other.take, held.card, self)

    def lose(self, key: bytes) -> None:
        """Know the peer `key` no longer."""
        other = self._met.pop(key, None)
        if other is not None and self._on:
            self._ears.peer_changed(OverlayPeer(key, *other._address, self._heard[key]))

    def take(self, card: bytes, sender: MemoryOverlay) -> None:
        """Take a card `sender` passes on."""
        if not self._on or sender._key in self._blocked:
            return
        self._heard[sender._key] = time.time()
        taken = self._shelf.take(card, sender._key)
        if taken in (Taken.NEW, Taken.FORK):
            self._ears.card_came(card, sender._key)
        if taken is Taken.NEW:
            self._give(card)

    def _walk(self, host: str, port: int) -> None:
        other = self._network.at(host, port)
        if other is None or other is self or not self._on or not other._on:
            return
        for one in {id(each): each for each in (other, *other._met.values())}.values():
            if one is not self and one._key not in self._blocked and self._key not in one._blocked:
                self.meet(one)
                one.meet(self)

    def _give(self, card: bytes) -> None:
        for other in self._met.values():
            self._later(other.take, card, self)

    def _later(self, call: Callable[..., None], *given: object) -> None:
        # Without a running loop nothing can be told: nobody has started this overlay yet.
        with contextlib.suppress(RuntimeError):
            asyncio.get_running_loop().call_soon(call, *given)
