"""Finding peers in the same house, on request: a small multicast datagram that does not leave it.

Off by default. It says that a Bowerbird listens on a port, and nothing else: no key, no name. It is sent to an
administratively scoped group with a time to live of one, now and then; who hears it walks to where it came from. The
overlay then does everything else as for any address.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import socket
import struct
from collections.abc import Callable

from app.errors import PeerError
from app.peers.addresses import Scope, scope_of
from app.peers.rate_limits import TokenBucket

log = logging.getLogger(__name__)

GROUP = "239.192.66.87"
PORT = 26_687
EVERY = 60.0
FIRST = (0.0, 1.0, 5.0)
"""Seconds after the start of the first three: one may be lost."""
_BEACON = struct.Struct(">8sHQ")
_MAGIC = b"bowrbrd1"


def beacon(port: int, number: int) -> bytes:
    """Return the datagram that says: a Bowerbird listens on `port`. `number` lets the sender know its own."""
    return _BEACON.pack(_MAGIC, port, number)


def read_beacon(content: bytes) -> tuple[int, int] | None:
    """Return (port, number) of a beacon, None for anything else."""
    if len(content) != _BEACON.size or not content.startswith(_MAGIC):
        return None
    _, port, number = _BEACON.unpack(content)
    return (port, number) if port else None


class Lan(asyncio.DatagramProtocol):
    """Calls into the house and listens. `host`: the one address to do it on, "" for the system's choice.

    `port` is our overlay's; `walk` is called with each address heard. Silent where `discoverable` is off.
    """

    def __init__(
        self, host: str, port: Callable[[], int], walk: Callable[[str, int], None], *, discoverable: bool = True
    ) -> None:
        self._host = host
        self._port = port
        self._walk = walk
        self.discoverable = discoverable
        self._number = random.getrandbits(64)
        self._allowance = TokenBucket(2.0, 30.0)
        self._transport: asyncio.DatagramTransport | None = None
        self._calling: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin. Raises PeerError where the machine has no network that carries it."""
        made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if hasattr(socket, "SO_REUSEPORT"):  # several Bowerbirds on one machine hear all of it
                made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            made.setblocking(False)
            made.bind(("", PORT))
            here = socket.inet_aton(self._host) if self._host else struct.pack(">I", 0)
            made.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton(GROUP) + here)
            made.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 1)
            made.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP, 1)
            if self._host:
                made.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, here)
            self._transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(lambda: self, sock=made)
        except OSError as error:
            made.close()
            raise PeerError("Peers in the house cannot be looked for", str(error)) from error
        self._calling = asyncio.get_running_loop().create_task(self._call())

    async def close(self) -> None:
        """Stop."""
        if self._calling is not None:
            self._calling.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._calling
            self._calling = None
        if self._transport is not None:
            self._transport.close()
            self._transport = None

    async def _call(self) -> None:
        waits = list(FIRST)
        while True:
            await asyncio.sleep(waits.pop(0) if waits else EVERY * random.uniform(0.8, 1.2))
            if self.discoverable and self._transport is not None and self._port():
                self._transport.sendto(beacon(self._port(), self._number), (GROUP, PORT))

    # ------------------------------------------------------------------------------ asyncio.DatagramProtocol

    def datagram_received(self, content: bytes, address: tuple[str, int]) -> None:
        """Take a beacon of somebody in the house."""
        heard = read_beacon(content)
        if heard is None or heard[1] == self._number or scope_of(address[0]) in (None, Scope.PUBLIC):
            return
        if self._allowance.take(asyncio.get_running_loop().time()):
            self._walk(address[0], heard[0])

    def error_received(self, exc: Exception) -> None:
        """No route at the moment; the next one may have."""
        log.debug("a beacon was not sent: %s", exc)
