"""Pointers in the mainline DHT: a peer's newest card as a signed value (BEP 44) under its key.

Whoever knows a key finds the card while no peer we know has it. The value is the card as it is, with its own version
and signature inside: the DHT's number is not ours to choose (libtorrent adds one to what it finds, and begins at one
when all is lost), so of several candidates the caller takes the newest by what the cards say. Used on the event loop.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

import libtorrent as lt

from app.errors import PeerError
from app.peers.krpc import LARGEST_VALUE, Address, KrpcClient, SignedItem

SALT = b"bowerbird card"
PUT_WITHIN = 30.0
GET_WITHIN = 6.0
LINGER = 0.5
"""Seconds for which a search is heard on after its last word, which may be overtaken by other answers."""
KEPT = 1024
"""Signed items remembered, for followers to put again."""


class DhtSession(Protocol):
    """A libtorrent session whose alerts can be heard by the name of their class (`Swarm` is one)."""

    @property
    def session(self) -> Any:
        """The `lt.session`."""

    def on(self, kind: str, heard: Callable[[Any], None]) -> Callable[[], None]:
        """Hear alerts; returns how to stop."""


class Signer(Protocol):
    """Whose card it is (`Identity` is one)."""

    @property
    def key(self) -> bytes:
        """The public key, 32 bytes."""

    def dht_secret(self) -> bytes:
        """The secret in libtorrent's form, 64 bytes."""


def known_nodes(session: Any) -> tuple[Address, ...]:
    """Return the IPv4 nodes in a libtorrent session's routing table; 0.1 ms."""
    flag = lt.save_state_flags_t.save_dht_state
    state: Any = lt.bdecode(lt.write_session_params_buf(session.session_state(flag), flag))
    compact = state.get(b"dht state", {}).get(b"nodes", [])
    return tuple((".".join(map(str, node[:4])), int.from_bytes(node[4:6], "big")) for node in compact)


class Pointers:
    """Puts our card, gets those of others, and keeps theirs alive (with `krpc`; without it `keep` stores nothing)."""

    def __init__(self, dht: DhtSession, krpc: KrpcClient | None = None) -> None:
        self._dht = dht
        self._krpc = krpc
        self._busy = 0
        self._items: OrderedDict[bytes, SignedItem] = OrderedDict()

    async def put(self, signer: Signer, card: bytes, budget: float = PUT_WITHIN) -> int:
        """Store our card; returns how many nodes took it (0: none answered, try again later).

        Raises PeerError for a card that the DHT does not take.
        """
        if not 0 < len(card) <= LARGEST_VALUE:
            raise PeerError("This card does not fit the DHT", f"{len(card)} bytes of {LARGEST_VALUE}.")
        stored: asyncio.Future[int] = asyncio.get_running_loop().create_future()

        def heard(alert: Any) -> None:
            # `public_key` is that of the put it answers.
            if bytes(alert.public_key) == signer.key and bytes(alert.salt) == SALT and not stored.done():
                stored.set_result(int(alert.num_success))

        with self._hearing("dht_put_alert", heard):
            self._dht.session.dht_put_mutable_item(signer.dht_secret(), signer.key, card, SALT)
            with contextlib.suppress(TimeoutError):
                return await asyncio.wait_for(stored, budget)
        return 0

    async def get(self, key: bytes, budget: float = GET_WITHIN) -> tuple[bytes, ...]:
        """Return every different card of `key` that the DHT answers within `budget` seconds.

        Each was signed by `key` as the DHT's value; whether it is a card, and which is newest, is for the caller.
        """
        found: dict[bytes, None] = {}
        final = asyncio.Event()

        def heard(alert: Any) -> None:
            if bytes(alert.key) != key or bytes(alert.salt) != SALT:
                return
            value = alert.item
            if alert.seq > 0 and isinstance(value, bytes) and 0 < len(value) <= LARGEST_VALUE:
                found[value] = None
                self._remember(SignedItem(key, SALT, int(alert.seq), value, bytes(alert.signature)))
            if alert.authoritative:
                final.set()

        with self._hearing("dht_mutable_item_alert", heard):
            self._dht.session.dht_get_mutable_item(key, SALT)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(final.wait(), budget)
                await asyncio.sleep(min(LINGER, budget))
        return tuple(found)

    def item(self, key: bytes) -> SignedItem | None:
        """Return the newest signed item of `key` that `get` saw: what a follower keeps to put it again."""
        return self._items.get(key)

    async def keep(self, items: Sequence[SignedItem]) -> int:
        """Put other peers' items again, as they signed them; returns how many of them some node took.

        Worth doing once an hour: nodes forget a value after two.
        """
        if self._krpc is None:
            return 0
        kept = 0
        for item in items:
            with contextlib.suppress(PeerError):  # not genuine: left out
                kept += await self._krpc.put(item) > 0
        return kept

    @contextlib.contextmanager
    def _hearing(self, kind: str, heard: Callable[[Any], None]) -> Iterator[None]:
        """Hear alerts of the DHT's category, which are off at other times: it has one for every query that comes in."""
        off = self._dht.on(kind, heard)
        self._busy += 1
        if self._busy == 1:
            self._mask(lambda mask: mask | lt.alert_category.dht)
        try:
            yield
        finally:
            off()
            self._busy -= 1
            if self._busy == 0:
                with contextlib.suppress(PeerError):  # the session was closed meanwhile
                    self._mask(lambda mask: mask & ~lt.alert_category.dht)

    def _mask(self, change: Callable[[int], int]) -> None:
        session = self._dht.session
        session.apply_settings({"alert_mask": change(session.get_settings()["alert_mask"])})

    def _remember(self, item: SignedItem) -> None:
        known = self._items.get(item.key)
        if known is None or item.seq >= known.seq:
            self._items[item.key] = item
            self._items.move_to_end(item.key)
            if len(self._items) > KEPT:
                self._items.popitem(last=False)
