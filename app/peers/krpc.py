"""A small client of the mainline DHT, for the one thing libtorrent's binding cannot do: store somebody else's item.

A signed item of BEP 44 may be put by anybody who has its value, number and signature, unchanged. So followers keep the
pointer of a publisher alive who is off. The client asks (`get`, for the nearest nodes and their write tokens) and puts;
it answers nobody and says so (`ro`, BEP 43), so that it enters no routing table. Answers are foreign bytes: only those
count that come from where the question went, with its number, and their number is bounded.
"""

from __future__ import annotations

import asyncio
import hashlib
import ipaddress
import logging
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import libtorrent as lt

from app.errors import PeerError
from app.peers.addresses import Scope, within
from app.peers.identity import verify

log = logging.getLogger(__name__)

Address = tuple[str, int]

LARGEST_VALUE = 996
"""Bytes of a value: BEP 44's 1,000 with its length in front."""
LARGEST_SALT = 64
CLOSEST = 8
"""Nodes an item is stored at."""
AT_ONCE = 4
MOST_ASKED = 48
"""Nodes asked in one search."""
ANSWER_WITHIN = 1.5
_LARGEST_ANSWER = 2048
_NODE = 26


@dataclass(frozen=True, slots=True)
class SignedItem:
    """A mutable item as its owner signed it: key 32 bytes, signature 64."""

    key: bytes
    salt: bytes
    seq: int
    value: bytes
    signature: bytes

    @property
    def target(self) -> bytes:
        """Where in the DHT it lies."""
        return target_of(self.key, self.salt)

    def genuine(self) -> bool:
        """Whether the owner of the key signed exactly this."""
        if len(self.value) > LARGEST_VALUE or len(self.salt) > LARGEST_SALT or self.seq < 0:
            return False
        salt = b"4:salt%d:%s" % (len(self.salt), self.salt) if self.salt else b""
        return verify(self.key, self.signature, salt + b"3:seqi%de1:v%d:%s" % (self.seq, len(self.value), self.value))


def target_of(key: bytes, salt: bytes) -> bytes:
    """Return the 20 bytes under which BEP 44 stores the item of `key` and `salt`."""
    return hashlib.sha1(key + salt, usedforsecurity=False).digest()


@dataclass(frozen=True, slots=True)
class Near:
    """A node near the target that gave a token to write with."""

    node: bytes
    address: Address
    token: bytes


@dataclass(frozen=True, slots=True)
class Search:
    """What a search found: the nearest nodes that may be written to, and the genuine items they had, newest first."""

    nearest: tuple[Near, ...]
    items: tuple[SignedItem, ...]


class KrpcClient(asyncio.DatagramProtocol):
    """Asks DHT nodes over a UDP socket of its own, which is open only between `start` and `close`.

    `first_nodes` gives the nodes a search starts from; `widest` is how far addresses from outside may reach.
    """

    def __init__(self, host: str, first_nodes: Callable[[], Sequence[Address]], widest: Scope) -> None:
        self._host = host
        self._first_nodes = first_nodes
        self._widest = widest
        self._transport: asyncio.DatagramTransport | None = None
        self._waiting: dict[tuple[Address, bytes], asyncio.Future[Mapping[bytes, Any]]] = {}
        self._node = secrets.token_bytes(20)

    async def start(self) -> None:
        """Open the socket. Raises PeerError where that fails."""
        try:
            self._transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
                lambda: self,
                local_addr=(self._host or "0.0.0.0", 0),  # noqa: S104 - the user switched the network on
            )
        except OSError as error:
            raise PeerError("No socket for the DHT could be opened", str(error)) from error

    def close(self) -> None:
        """Close the socket; searches under way find nothing more."""
        if self._transport is not None:
            self._transport.close()
            self._transport = None
        for waiter in self._waiting.values():
            if not waiter.done():
                waiter.set_result({})

    async def put(self, item: SignedItem, budget: float = 8.0) -> int:
        """Store somebody's item at the nodes nearest to it; returns how many took it.

        Nodes that have a newer one keep theirs. Raises PeerError where the item is not what its owner signed.
        """
        if not item.genuine():
            raise PeerError("This item is not signed by its owner")
        nearest = (await self.search(item.key, item.salt, budget)).nearest
        arguments: dict[bytes, Any] = {b"k": item.key, b"seq": item.seq, b"sig": item.signature, b"v": item.value}
        if item.salt:
            arguments[b"salt"] = item.salt
        answers = await asyncio.gather(
            *(self._ask(near.address, b"put", {**arguments, b"token": near.token}) for near in nearest)
        )
        return sum(b"id" in answer for answer in answers)

    async def search(self, key: bytes, salt: bytes, budget: float = 8.0) -> Search:
        """Go to the nodes nearest to an item, within `budget` seconds."""
        target = target_of(key, salt)
        walk = _Walk(target)
        walk.add((b"", address) for address in self._first_nodes())
        end = asyncio.get_running_loop().time() + budget
        under_way: set[asyncio.Task[None]] = set()
        try:
            while True:
                left = end - asyncio.get_running_loop().time()
                if left <= 0:
                    break
                while len(under_way) < AT_ONCE and (address := walk.next()) is not None:
                    task = asyncio.get_running_loop().create_task(self._visit(walk, address, key, salt))
                    under_way.add(task)
                if not under_way:
                    break
                _, under_way = await asyncio.wait(under_way, timeout=left, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in under_way:
                task.cancel()
        items = sorted(walk.items, key=lambda item: -item.seq)
        return Search(tuple(walk.nearest()), tuple(items))

    async def _visit(self, walk: _Walk, address: Address, key: bytes, salt: bytes) -> None:
        answer = await self._ask(address, b"get", {b"target": walk.target})
        node, token = answer.get(b"id"), answer.get(b"token")
        if not isinstance(node, bytes) or len(node) != 20:
            return
        if isinstance(token, bytes) and 0 < len(token) <= 64:
            walk.able.append(Near(node, address, token))
        nodes = answer.get(b"nodes")
        if isinstance(nodes, bytes):
            walk.add(
                (found, at) for found, at in _nodes(nodes[: 2 * CLOSEST * _NODE]) if within(*at, widest=self._widest)
            )
        item = _item(answer, key, salt)
        if item is not None and item not in walk.items and item.genuine():
            walk.items.append(item)

    async def _ask(self, address: Address, method: bytes, arguments: Mapping[bytes, Any]) -> Mapping[bytes, Any]:
        """Ask one node; its answer's fields, none where it does not answer in time or refuses."""
        if self._transport is None:
            return {}
        number = secrets.token_bytes(4)
        question: Any = {b"t": number, b"y": b"q", b"q": method, b"ro": 1, b"a": {b"id": self._node, **arguments}}
        waiter: asyncio.Future[Mapping[bytes, Any]] = asyncio.get_running_loop().create_future()
        self._waiting[(address, number)] = waiter
        try:
            self._transport.sendto(lt.bencode(question), address)
            done, _ = await asyncio.wait((waiter,), timeout=ANSWER_WITHIN)
            return waiter.result() if done else {}
        finally:
            del self._waiting[(address, number)]

    # ------------------------------------------------------------------------------ asyncio.DatagramProtocol

    def datagram_received(self, content: bytes, address: Address) -> None:
        """Take an answer."""
        if not self._waiting or len(content) > _LARGEST_ANSWER or not content.startswith(b"d"):
            return
        try:
            message: Any = lt.bdecode(content)
        except RuntimeError:
            return
        number = message.get(b"t") if isinstance(message, dict) else None
        if not isinstance(number, bytes):
            return
        waiter = self._waiting.get(((address[0], address[1]), number))
        if waiter is None or waiter.done():
            return
        fields = message.get(b"r")
        waiter.set_result(fields if message.get(b"y") == b"r" and isinstance(fields, dict) else {})

    def error_received(self, exc: Exception) -> None:
        """Some router said that nobody is there: no answer will come."""
        log.debug("the DHT client heard %s", exc)


class _Walk:
    """Which nodes are known, asked, and able; the nearest first."""

    def __init__(self, target: bytes) -> None:
        self.target = target
        self.able: list[Near] = []
        self.items: list[SignedItem] = []
        self._known: dict[Address, bytes] = {}
        self._asked: set[Address] = set()

    def add(self, nodes: Iterable[tuple[bytes, Address]]) -> None:
        """Take note of nodes; b"" for one whose id is not known."""
        for node, address in nodes:
            if address not in self._known and len(self._known) < 8 * MOST_ASKED:
                self._known[address] = node

    def next(self) -> Address | None:
        """Return whom to ask next: the nearest not asked, as long as it may be among the nearest of all."""
        if len(self._asked) >= MOST_ASKED:
            return None
        open_ = [(self._far(node), address) for address, node in self._known.items() if address not in self._asked]
        if not open_:
            return None
        far, address = min(open_)
        nearest = self.nearest()
        if len(nearest) >= CLOSEST and far > self._far(nearest[-1].node):
            return None
        self._asked.add(address)
        return address

    def nearest(self) -> list[Near]:
        """Return the nearest nodes that gave a token."""
        return sorted(self.able, key=lambda near: self._far(near.node))[:CLOSEST]

    def _far(self, node: bytes) -> int:
        # An unknown id is asked first: it is one of those we start from.
        return int.from_bytes(node, "big") ^ int.from_bytes(self.target, "big") if node else -1


def _nodes(compact: bytes) -> Iterable[tuple[bytes, Address]]:
    for start in range(0, len(compact) - _NODE + 1, _NODE):
        node = compact[start : start + _NODE]
        yield node[:20], (str(ipaddress.IPv4Address(node[20:24])), int.from_bytes(node[24:], "big"))


def _item(answer: Mapping[bytes, Any], key: bytes, salt: bytes) -> SignedItem | None:
    value, seq, signature, owner = (answer.get(name) for name in (b"v", b"seq", b"sig", b"k"))
    if not (isinstance(value, bytes) and isinstance(seq, int) and isinstance(signature, bytes) and owner == key):
        return None
    return SignedItem(key, salt, seq, value, signature)
