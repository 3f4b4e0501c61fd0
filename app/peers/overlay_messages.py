"""The messages among overlays, below IPv8's signed envelope: values <-> bytes.

Pure. A body is fixed-width fields, numbers big-endian, at most one field of free length at the end; what does not fit
exactly is refused with PeerError. Their numbers are IPv8 message ids; IPv8's own (introductions, punctures) are 231
and above.
"""

from __future__ import annotations

import ipaddress
import struct
from dataclasses import dataclass
from enum import IntEnum

from app.errors import PeerError
from app.peers.card_shelf import DIGEST, LARGEST

LARGEST_DATAGRAM = 1200
KEY = 32
ROOT = 32
NONCE = 8
DIGESTS = 120
"""Names of cards in one message: 960 bytes."""


class Number(IntEnum):
    """The message ids; each begins with a zero-cost check of its length."""

    PING = 1
    PONG = 2
    CARD = 3
    HAVE = 4
    WANT = 5
    WISH = 6
    ANSWER = 7
    FORWARD = 8
    CARRIED = 9
    BYE = 10


@dataclass(frozen=True, slots=True)
class Ping:
    """Are you there? Also proves, by the answer, that the other side is where its datagrams come from."""

    nonce: bytes


@dataclass(frozen=True, slots=True)
class Pong:
    """I am; and I see you at this address."""

    nonce: bytes
    host: str
    port: int


@dataclass(frozen=True, slots=True)
class CardMessage:
    """A card, as signed by whose card it is."""

    card: bytes


@dataclass(frozen=True, slots=True)
class Have:
    """Names of cards I could give you."""

    digests: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Want:
    """Names of cards I would like to have."""

    digests: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Wish:
    """Please, `holder`, give `root` as the torrent `infohash`, and connect to my `port` when you have answered."""

    nonce: bytes
    holder: bytes
    root: bytes
    infohash: bytes
    port: int


@dataclass(frozen=True, slots=True)
class Answer:
    """To the wish with that nonce: I give it on this port, and connect to you now; 0: I do not give it."""

    nonce: bytes
    port: int


@dataclass(frozen=True, slots=True)
class Forward:
    """Please hand this whole signed datagram of mine to the peer `target`, whom I cannot reach."""

    target: bytes
    packet: bytes


@dataclass(frozen=True, slots=True)
class Carried:
    """Somebody whom I see at this address asked me to hand you this datagram."""

    host: str
    port: int
    packet: bytes


@dataclass(frozen=True, slots=True)
class Bye:
    """I am closing. `time`: Unix seconds, so that it cannot be said again later in my name."""

    time: int


Message = Bye | Ping | Pong | CardMessage | Have | Want | Wish | Answer | Forward | Carried

_WISH = struct.Struct(f">{NONCE}s{KEY}s{ROOT}s32sH")
_ANSWER = struct.Struct(f">{NONCE}sH")
_ADDRESS = struct.Struct(">4sH")
_TIME = struct.Struct(">Q")


def number_of(message: Message) -> Number:
    """Return the id under which a message travels."""
    return _NUMBERS[type(message)]


def encode(message: Message) -> bytes:
    """Return the body of a message. Raises PeerError where it would not fit a datagram."""
    match message:
        case Bye(time):
            body = _TIME.pack(time)
        case Ping(nonce):
            body = nonce
        case Pong(nonce, host, port):
            body = nonce + _packed(host, port)
        case CardMessage(card):
            body = card
        case Have(digests) | Want(digests):
            body = b"".join(digests)
        case Wish(nonce, holder, root, infohash, port):
            body = _WISH.pack(nonce, holder, root, infohash, port)
        case Answer(nonce, port):
            body = _ANSWER.pack(nonce, port)
        case Forward(target, packet):
            body = target + packet
        case Carried(host, port, packet):
            body = _packed(host, port) + packet
    _check(number_of(message), body)
    return body


def decode(number: int, body: bytes) -> Message:
    """Return the message of that id. Raises PeerError for anything that `encode` does not write."""
    try:
        known = Number(number)
    except ValueError:
        raise PeerError("An unknown overlay message came", f"Its number is {number}.") from None
    _check(known, body)
    match known:
        case Number.BYE:
            return Bye(*_TIME.unpack(body))
        case Number.PING:
            return Ping(body)
        case Number.PONG:
            return Pong(body[:NONCE], *_unpacked(body[NONCE:]))
        case Number.CARD:
            return CardMessage(body)
        case Number.HAVE:
            return Have(_split(body))
        case Number.WANT:
            return Want(_split(body))
        case Number.WISH:
            return Wish(*_WISH.unpack(body))
        case Number.ANSWER:
            return Answer(*_ANSWER.unpack(body))
        case Number.FORWARD:
            return Forward(body[:KEY], body[KEY:])
        case Number.CARRIED:
            return Carried(*_unpacked(body[: _ADDRESS.size]), body[_ADDRESS.size :])


_NUMBERS: dict[type[Message], Number] = {
    Bye: Number.BYE,
    Ping: Number.PING,
    Pong: Number.PONG,
    CardMessage: Number.CARD,
    Have: Number.HAVE,
    Want: Number.WANT,
    Wish: Number.WISH,
    Answer: Number.ANSWER,
    Forward: Number.FORWARD,
    Carried: Number.CARRIED,
}
# The shortest and the longest body, and what its length must be a multiple of.
_CARRIED_PACKET = 400
_LENGTHS: dict[Number, tuple[int, int, int]] = {
    Number.BYE: (_TIME.size, _TIME.size, 1),
    Number.PING: (NONCE, NONCE, 1),
    Number.PONG: (NONCE + _ADDRESS.size, NONCE + _ADDRESS.size, 1),
    Number.CARD: (1, LARGEST, 1),
    Number.HAVE: (0, DIGEST * DIGESTS, DIGEST),
    Number.WANT: (DIGEST, DIGEST * DIGESTS, DIGEST),
    Number.WISH: (_WISH.size, _WISH.size, 1),
    Number.ANSWER: (_ANSWER.size, _ANSWER.size, 1),
    Number.FORWARD: (KEY + 1, KEY + _CARRIED_PACKET, 1),
    Number.CARRIED: (_ADDRESS.size + 1, _ADDRESS.size + _CARRIED_PACKET, 1),
}


def _check(number: Number, body: bytes) -> None:
    shortest, longest, multiple = _LENGTHS[number]
    if not shortest <= len(body) <= longest or len(body) % multiple:
        raise PeerError("An overlay message has the wrong length", f"{number.name}: {len(body)} bytes.")


def _split(body: bytes) -> tuple[bytes, ...]:
    return tuple(body[start : start + DIGEST] for start in range(0, len(body), DIGEST))


def _packed(host: str, port: int) -> bytes:
    return _ADDRESS.pack(ipaddress.IPv4Address(host).packed, port)


def _unpacked(body: bytes) -> tuple[str, int]:
    packed, port = _ADDRESS.unpack(body)
    return str(ipaddress.IPv4Address(packed)), port
