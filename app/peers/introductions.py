"""IPv8's part of the overlay: a community that introduces peers to peers and punctures routers, under our rules.

IPv8 gives us its introduction protocol (who introduces two peers makes both send at once, which opens home routers)
and its signed envelope. Before any of its code sees a datagram, `Introductions.on_packet` checks length, kind, key and
the sender's allowance: what is refused costs no signature check and no log line. IPv8's own bootstrappers, its walkers
and its service are not used: their defaults talk to servers of others and to the whole local network.

IPv8 names a peer by two public keys, an X25519 and an ed25519 one. Here the first must follow from the second (the
birational map of RFC 7748), so that a peer is its ed25519 key and nothing else.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import random
import socket
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from ipv8.community import Community, CommunitySettings
from ipv8.keyvault.crypto import default_eccrypto
from ipv8.messaging.interfaces.udp.endpoint import UDPEndpoint, UDPv4Address
from ipv8.messaging.lazy_payload import VariablePayload
from ipv8.peer import Peer
from ipv8.peerdiscovery.network import Network

from app.errors import PeerError
from app.peers.addresses import Scope, may_contact, scope_of
from app.peers.identity import verify
from app.peers.neighbours import MOST, Address
from app.peers.overlay_messages import LARGEST_DATAGRAM, Message, Number, decode, encode, number_of
from app.peers.rate_limits import Buckets, TokenBucket

log = logging.getLogger(__name__)

COMMUNITY = hashlib.sha1(b"bowerbird overlay 1", usedforsecurity=False).digest()
PREFIX = b"\x00\x02" + COMMUNITY
KIND = b"LibNaCLPK:"
KEY_FIELD = b"\x00\x4a" + KIND
HEADER = len(PREFIX) + 1
BODY = HEADER + len(KEY_FIELD) + 64
SIGNATURE = 64

REQUEST, RESPONSE, PUNCTURE, PUNCTURE_REQUEST = 246, 245, 249, 250
SIGNED = frozenset({REQUEST, RESPONSE, PUNCTURE, *(int(number) for number in Number)})
ANYWHERE = "0.0.0.0"  # noqa: S104 - the user switches the network on; also IPv8's word for "no address"
NOWHERE = UDPv4Address(ANYWHERE, 0)
SHORT = 4
"""Bytes of a key by which the sender of a request says whom it knows already."""
MOST_ADDRESSES = 512
"""Addresses IPv8 remembers that somebody introduced."""

_FIELD = 2**255 - 19


def crypt_key(key: bytes) -> bytes:
    """Return the X25519 public key that belongs to an ed25519 one. Raises ValueError for what is no key."""
    y = int.from_bytes(key, "little") & (2**255 - 1)
    return ((1 + y) * pow(1 - y, -1, _FIELD) % _FIELD).to_bytes(32, "little")


def key_bin(key: bytes) -> bytes:
    """Return a peer's key as IPv8 writes it."""
    return KIND + crypt_key(key) + key


class StrictEndpoint(UDPEndpoint):  # type: ignore[misc] # IPv8 is not typed
    """A UDP socket on exactly the address and port that were asked for, and quiet about what is too long."""

    def __init__(self, host: str, port: int, on_sent: Callable[[Address], None]) -> None:
        super().__init__(port=port, ip=host or ANYWHERE)
        self._port: int = port
        self._on_sent = on_sent

    async def open(self) -> bool:
        """Bind. Raises PeerError where the port is taken: IPv8 would silently take another."""
        made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            made.setblocking(False)
            made.bind((self._ip, self._port))
            self._transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(lambda: self, sock=made)
        except OSError as error:
            made.close()
            raise PeerError(
                "The port for meeting peers cannot be used", f"UDP {self._ip}:{self._port}: {error}"
            ) from error
        self._port = made.getsockname()[1]
        self._running = True
        return True

    @property
    def port(self) -> int:
        """The port it listens on."""
        return self._port

    def send(self, socket_address: Address, packet: bytes) -> None:
        """Send one datagram; nothing after `close`, nothing that would not fit."""
        if self._running and len(packet) <= LARGEST_DATAGRAM:
            self._on_sent((socket_address[0], socket_address[1]))
            super().send(socket_address, packet)

    def datagram_received(self, datagram: bytes, addr: Address) -> None:
        """Hand on what has our prefix and fits."""
        if HEADER < len(datagram) <= LARGEST_DATAGRAM and datagram.startswith(PREFIX):
            super().datagram_received(datagram, addr)


class Gate:
    """Says, before any signature is checked, whether a datagram may be looked at.

    Proven peers have an allowance of their own; everybody else has one per host and shares one for all.
    """

    def __init__(self, is_proven: Callable[[Address], bool]) -> None:
        self._is_proven = is_proven
        self._peers = Buckets(12.0, 60.0, 256)
        self._hosts = Buckets(6.0, 40.0, 1024)
        self._strangers = TokenBucket(100.0, 300.0)
        self._punctures = TokenBucket(4.0, 40.0)

    def admits(self, address: Address, number: int, now: float) -> bool:
        """Whether the datagram of kind `number` from `address` is looked at."""
        if self._is_proven(address):
            return self._peers.take(address, now)
        # Puncture requests are not signed and make us send: only who is proven may ask for them.
        return number != PUNCTURE_REQUEST and self._hosts.take(address[0], now) and self._strangers.take(now)

    def punctures(self, now: float) -> bool:
        """Whether one more puncture may be sent."""
        return self._punctures.take(now)


class Hearer(Protocol):
    """What the community tells of what came through."""

    def came(self, key: bytes, address: Address, number: int, now: float) -> bool:
        """A datagram of the peer `key` passed the gate, its signature not yet checked: go on with it?"""

    def message(self, key: bytes, address: Address, message: Message, now: float) -> None:
        """A message of ours, its signature right."""

    def introduction(self, key: bytes, address: Address, now: float) -> None:
        """IPv8 heard, signed rightly, from the peer `key` at `address`."""

    def stranger_to(self, key: bytes, now: float) -> None:
        """The peer `key` does not know us: if we know it, it began anew."""

    def told_of(self, address: Address, now: float) -> None:
        """Somebody introduced a peer at `address`, and had it send us a puncture."""


class _Body(VariablePayload):  # type: ignore[misc] # IPv8 is not typed
    """A body that we encode ourselves."""

    format_list = ["raw"]  # noqa: RUF012 - IPv8's way
    names = ["body"]  # noqa: RUF012


class Introductions(Community):  # type: ignore[misc] # IPv8 is not typed
    """The community. Everything is called on the event loop's thread."""

    community_id = COMMUNITY

    def __init__(
        self,
        secret: bytes,
        endpoint: StrictEndpoint,
        gate: Gate,
        hearer: Hearer,
        lan_host: Callable[[], str],
        proven: Callable[[], Sequence[bytes]],
        clock: Callable[[], float],
    ) -> None:
        self._lan_host = lan_host  # asked for while IPv8 sets itself up
        seed = secret[-32:]
        private = default_eccrypto.key_from_private_bin(b"LibNaCLSK:" + hashlib.sha512(seed).digest()[:32] + seed)
        me = Peer(private, NOWHERE)
        super().__init__(CommunitySettings(my_peer=me, endpoint=endpoint, network=Network(), max_peers=96))
        self.key: bytes = private.pub().key_to_bin()[-32:]
        self.dropped = 0
        self._gate = gate
        self._hearer = hearer
        self._proven = proven
        self._clock = clock
        self._told_by: Address = ("", 0)
        self._asker_knows: set[bytes] = set()
        for number in Number:
            self.add_message_handler(int(number), self._ours)

    # ------------------------------------------------------------------------------ what comes in

    def on_packet(self, packet: tuple[Any, bytes], _warn_unknown: bool = False) -> None:
        """Look at a datagram as far as it deserves."""
        source, content = packet
        address = (source[0], source[1])
        try:
            if not self._admitted(address, content):
                self.dropped += 1
                return
            self._told_by = address
            handler = self.decode_map[content[22]]
            if handler is not None:
                handler(source, content)
        except Exception:  # foreign bytes, read by IPv8's parsers
            self.dropped += 1
            log.debug("a datagram could not be read", exc_info=True)

    def _admitted(self, address: Address, content: bytes) -> bool:
        number = content[22]
        now = self._clock()
        if number == PUNCTURE_REQUEST:
            return len(content) < BODY and self._gate.admits(address, number, now)
        if number not in SIGNED or len(content) < BODY + SIGNATURE or content[HEADER : HEADER + 12] != KEY_FIELD:
            return False
        key = content[BODY - 32 : BODY]
        if key == self.key or not self._gate.admits(address, number, now):
            return False
        return self._hearer.came(key, address, number, now) and content[BODY - 64 : BODY - 32] == crypt_key(key)

    def opened(self, content: bytes) -> tuple[bytes, Message] | None:
        """Return (key, message) of a whole signed datagram of ours, None where anything about it is wrong."""
        if len(content) < BODY + SIGNATURE or not content.startswith(PREFIX):
            return None
        key = content[BODY - 32 : BODY]
        try:
            right = content[HEADER:BODY] == KEY_FIELD + crypt_key(key) + key
            message = decode(content[22], content[BODY:-SIGNATURE])
        except (PeerError, ValueError):
            return None
        return (key, message) if right and verify(key, content[-SIGNATURE:], content[:-SIGNATURE]) else None

    def sealed(self, message: Message) -> bytes:
        """Return the whole signed datagram of a message."""
        return bytes(self.ezr_pack(int(number_of(message)), _Body(encode(message))))

    def _ours(self, source: Any, content: bytes) -> None:
        opened = self.opened(content)
        if opened is None:
            self.dropped += 1
            return
        self._hearer.message(opened[0], (source[0], source[1]), opened[1], self._clock())

    # ---------------------------------------------------------------------------- introductions, as IPv8 does them

    def on_introduction_request(self, peer: Any, dist: Any, payload: Any) -> None:
        """Answer, and take note of who asks."""
        peer.new_style_intro = False
        known = payload.extra_bytes[: MOST * SHORT]
        self._asker_knows = {known[start : start + SHORT] for start in range(0, len(known), SHORT)}
        key, now = peer.public_key.key_to_bin()[-32:], self._clock()
        self._hearer.introduction(key, self._told_by, now)
        if self.key[:SHORT] not in self._asker_knows:
            self._hearer.stranger_to(key, now)
        super().on_introduction_request(peer, dist, payload)
        self._asker_knows = set()

    def on_introduction_response(self, peer: Any, dist: Any, payload: Any) -> None:
        """Take the introduced addresses that may be contacted, and forget the oldest where they are too many."""
        peer.new_style_intro = False
        for name in ("wan_introduction_address", "lan_introduction_address"):
            told = getattr(payload, name)
            if told == NOWHERE:
                continue
            if may_contact(told[0], told[1], self._told_by[0]):
                self._hearer.told_of((told[0], told[1]), self._clock())
            else:
                setattr(payload, name, NOWHERE)
        payload.intro_supports_new_style = False
        super().on_introduction_response(peer, dist, payload)
        known = self.network._all_addresses
        while len(known) > MOST_ADDRESSES:
            del known[next(iter(known))]
        self._hearer.introduction(peer.public_key.key_to_bin()[-32:], self._told_by, self._clock())

    def on_puncture(self, source: Any, content: bytes) -> None:
        """IPv8 does nothing with a puncture; to us it says who may be met, and that we are reachable."""
        key = content[BODY - 32 : BODY]
        if verify(key, content[-SIGNATURE:], content[:-SIGNATURE]):
            self._hearer.introduction(key, (source[0], source[1]), self._clock())

    def on_puncture_request(self, source_address: Any, dist: Any, payload: Any, _new_style: bool = False) -> None:
        """Send a puncture where a proven peer asks for one, within limits."""
        for walker in (payload.wan_walker_address, payload.lan_walker_address):
            if walker != NOWHERE and not may_contact(walker[0], walker[1], source_address[0]):
                return
        if self._gate.punctures(self._clock()):
            super().on_puncture_request(source_address, dist, payload, False)

    def get_peer_for_introduction(self, exclude: Any = None, **_style: bool) -> Any:
        """Introduce only who has answered us, and whom the asker does not know yet."""
        new = [key for key in self._proven() if key[:SHORT] not in self._asker_knows]
        found = [self.network.verified_by_public_key_bin.get(key_bin(key)) for key in new]
        able = [each for each in found if each is not None and each != exclude]
        return random.choice(able) if able else None

    def walk_to(self, address: Address) -> None:
        """Ask whoever is at `address` to introduce us to somebody we do not know yet."""
        target = UDPv4Address(*address)
        known = b"".join(key[:SHORT] for key in self._proven()[:MOST])
        self.endpoint.send(target, self.create_introduction_request(target, known, new_style=False))

    def forget(self, key: bytes) -> None:
        """Let IPv8 forget a peer."""
        known = self.network.verified_by_public_key_bin.get(key_bin(key))
        if known is not None:
            self.network.remove_peer(known)

    def prune(self, known: set[bytes]) -> None:
        """Let IPv8 forget whoever is not among the `known`: its own list would grow with every forged stranger."""
        for peer in list(self.network.verified_peers):
            if peer.public_key.key_to_bin()[-32:] not in known:
                self.network.remove_peer(peer)

    async def discover_lan_addresses(self) -> None:
        """Our address in the house, without IPv8's probes of all interfaces."""
        self.my_estimated_lan = self._get_lan_address()

    def address_is_lan(self, address: str) -> bool:
        """Whether that is our own address in the house. IPv8 would look names up for this, on the event loop."""
        return scope_of(address) is Scope.PRIVATE and address == self.my_estimated_lan[0]

    def _get_lan_address(self, bootstrap: bool = False) -> Address:
        return self._lan_host(), 0 if bootstrap else self.endpoint.port
