"""Cards: what a peer says of itself in one signed message that fits a datagram, a DHT item and a QR code. Pure.

Layout, big-endian: `BB` 0x01 (version), key 32, seq 8, time 8, items 4, infohash (length 1 + 0 or 32 bytes), previous
(the same), name (length 1 + UTF-8), host (length 1 + ASCII), port 2, number of spaces 1, each (length 1 + ASCII), and
an ed25519 signature over "bowerbird card\\n" and all of that. The layout leaves one form for each Card; what we would
not have written is refused, and nothing of it is believed before the signature, checked last, is right. The version
says what fields there are: a card with more needs a higher one.
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
import struct
from dataclasses import dataclass, replace

from app.errors import PeerError
from app.peers.catalogue import MAX_ITEMS, MAX_SEQ, MAX_SPACES, is_space
from app.peers.identity import SIGNATURE_BYTES, Identity, verify
from app.peers.text_rules import MAX_NAME_BYTES, clean_name

MAX_CARD = 900
"""Bytes: an item of the DHT holds 996, a datagram 1,200."""
MAX_TIME = 2**40
MAX_HOST = 100
SCHEME = "bowerbird:"

_HEAD = struct.Struct(">3s32sQQI")
_MAGIC = b"BB\x01"
_CONTEXT = b"bowerbird card\n"
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_NOISE = re.compile("[\\s\"'<>\u200b-\u200f\u2028-\u202f\u2060\ufeff]+")
_MAX_CARD_TEXT = 20_000


@dataclass(frozen=True, slots=True)
class Card:
    """What a peer says of itself.

    `seq` grows with each card, `time` is Unix seconds. `infohash`: of its catalogue's v2 torrent (32 bytes), b"" when
    it publishes nothing (then no items and no spaces); `previous`: of the one before, or b"". `host` and `port` stand
    only in cards that are handed over by hand.
    """

    key: bytes
    seq: int
    time: int
    infohash: bytes = b""
    items: int = 0
    spaces: tuple[str, ...] = ()
    name: str = ""
    host: str = ""
    port: int = 0
    previous: bytes = b""


def encode_card(card: Card, identity: Identity) -> bytes:
    """The signed bytes, at most MAX_CARD. Raises PeerError when the Card is not `identity`'s or breaks a rule."""
    if card.key != identity.key:
        raise PeerError("This card cannot be signed", "it is another peer's")
    try:
        _check(card)
        body = _body(card)
    except ValueError as error:
        raise PeerError("This card cannot be signed", str(error)) from None
    return body + identity.sign(_CONTEXT + body)


def decode_card(content: bytes, *, by_hand: bool = False) -> Card:
    """The Card in `content`. Raises PeerError with the reason on anything that `encode_card` would not have written.

    A card with an address is refused unless it came `by_hand`: spread by others it could send a crowd to a victim.
    """
    try:
        card = _parsed(content)
        _check(card)
        if card.host and not by_hand:
            raise ValueError("it names an address, which only a card handed over by hand may")
    except ValueError as error:
        raise PeerError("This card is refused", str(error)) from None
    if not verify(card.key, content[-SIGNATURE_BYTES:], _CONTEXT + content[:-SIGNATURE_BYTES]):
        raise PeerError("This card is refused", "its signature is wrong")
    return card


def forked(first: Card, second: Card) -> bool:
    """Whether a peer signed two different things with one number.

    When it did, and the address in a card by hand, make no difference.
    """
    if (first.key, first.seq) != (second.key, second.seq):
        return False
    return replace(first, time=1, host="", port=0) != replace(second, time=1, host="", port=0)


def card_text(content: bytes) -> str:
    """A card's bytes as one line for a friend: `bowerbird:` and base32, at most 1,450 characters.

    Upper and lower case mean the same, so a QR code may hold `card_text(...).upper()`, which takes less room in it.
    """
    return SCHEME + base64.b32encode(content).decode().rstrip("=").lower()


def parse_card_text(text: str) -> bytes:
    """The card's bytes back; blanks, line breaks, quotes and the case of letters do not matter.

    Raises PeerError on anything else. The card is still to be decoded, with `by_hand=True`.
    """
    if len(text) > _MAX_CARD_TEXT:
        raise PeerError("This is no card", "it is too long")
    plain = _NOISE.sub("", text).lower()
    if not plain.startswith(SCHEME):
        raise PeerError("This is no card", f"a card begins with {SCHEME}")
    body = plain.removeprefix(SCHEME).rstrip("=")
    try:
        content = base64.b32decode(body.upper() + "=" * (-len(body) % 8))
    except (binascii.Error, ValueError):
        raise PeerError("This is no card", "it is incomplete, or a sign in it is wrong") from None
    if len(content) > MAX_CARD or card_text(content) != SCHEME + body:
        raise PeerError("This is no card", "it is incomplete, or a sign in it is wrong")
    return content


def _check(card: Card) -> None:
    """Raise ValueError, saying why, for a Card whose values no card may have."""
    if not 0 < card.seq <= MAX_SEQ or not 0 < card.time <= MAX_TIME:
        raise ValueError("its number or time is out of bounds")
    if any(len(number) not in (0, 32) or number == bytes(32) for number in (card.infohash, card.previous)):
        raise ValueError("an infohash is none")
    if not 0 <= card.items <= MAX_ITEMS or len(card.spaces) > MAX_SPACES:
        raise ValueError("it has too many items or spaces")
    if not card.infohash and (card.items or card.spaces):
        raise ValueError("it has items without a catalogue")
    if not all(map(is_space, card.spaces)) or list(card.spaces) != sorted(set(card.spaces)):
        raise ValueError("its spaces are no spaces, or not in order")
    if clean_name(card.name) != card.name:
        raise ValueError("its name holds signs that no name may hold")
    if bool(card.host) != bool(card.port) or not 0 <= card.port < 65536 or (card.host and not _is_host(card.host)):
        raise ValueError("its address is none")


def _is_host(host: str) -> bool:
    """A unicast IP address or a host name, in the one form that we write."""
    if len(host) > MAX_HOST or not host.isascii() or "%" in host:
        return False
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        labels = host.split(".")
        return all(map(_LABEL.fullmatch, labels)) and labels[-1][0].isalpha()
    return str(address) == host and not (address.is_multicast or address.is_unspecified or address.is_reserved)


def _body(card: Card) -> bytes:
    parts = [card.infohash, card.previous, card.name.encode(), card.host.encode("ascii")]
    head = _HEAD.pack(_MAGIC, card.key, card.seq, card.time, card.items)
    body = head + b"".join(bytes((len(part),)) + part for part in parts)
    spaces = b"".join(bytes((len(space),)) + space.encode("ascii") for space in card.spaces)
    return body + struct.pack(">HB", card.port, len(card.spaces)) + spaces


def _parsed(content: bytes) -> Card:
    if not _HEAD.size + SIGNATURE_BYTES < len(content) <= MAX_CARD:
        raise ValueError(f"it has {len(content)} bytes")
    if content[:3] != _MAGIC:
        newer = content[:2] == _MAGIC[:2] and content[2] > _MAGIC[2]
        raise ValueError("it was written by a newer Bowerbird" if newer else "it is no card")
    _, key, seq, time, items = _HEAD.unpack_from(content)
    rest = _Reader(content[_HEAD.size : -SIGNATURE_BYTES])
    infohash, previous, name, host = rest.part(32), rest.part(32), rest.part(MAX_NAME_BYTES), rest.part(MAX_HOST)
    (port,) = struct.unpack(">H", rest.take(2))
    (count,) = rest.take(1)
    if count > MAX_SPACES:
        raise ValueError("it has too many items or spaces")
    spaces = tuple(_decoded(rest.part(255), "ascii") for _ in range(count))
    if rest.left:
        raise ValueError("something follows its end")
    return Card(
        key, seq, time, infohash, items, spaces, _decoded(name, "utf-8"), _decoded(host, "ascii"), port, previous
    )


def _decoded(part: bytes, encoding: str) -> str:
    try:
        return part.decode(encoding)
    except UnicodeDecodeError:
        raise ValueError(f"a part of it is not {encoding.upper()}") from None


class _Reader:
    """Takes bytes from the front. Raises ValueError when too few are left."""

    def __init__(self, content: bytes) -> None:
        self.left = content

    def take(self, count: int) -> bytes:
        if len(self.left) < count:
            raise ValueError("it is cut off")
        taken, self.left = self.left[:count], self.left[count:]
        return taken

    def part(self, most: int) -> bytes:
        (length,) = self.take(1)
        if length > most:
            raise ValueError("a part of it is too long")
        return self.take(length)
