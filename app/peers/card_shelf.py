"""The cards an overlay knows and passes on: the newest of each key, ours first, those held for others next.

Pure: bytes in, bytes out. Room is bounded, and no single peer can fill it: of the cards that came by themselves each
sender may have placed only a few, and they make way for one another, never for what is ours or held.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum, auto

from app.errors import PeerError
from app.peers.cards import decode_card

ROOM = 1024
"""Cards of strangers kept in memory: at most a megabyte."""
HELD = 1024
"""Cards held on request (of followed peers)."""
SHARE = 128
"""Cards of strangers that one peer may have placed here."""
SEEN = 4096
"""Digests of cards lately looked at, so that a repeated one costs a hash and no signature check."""
LARGEST = 1000
"""Bytes; a card is at most 900, and a datagram with its envelope at most 1,200."""
DIGEST = 8
"""Bytes by which a card is named among peers."""


@dataclass(frozen=True, slots=True)
class CardHead:
    """What an overlay must know of a card: who signed it, and its number, higher for newer ones."""

    key: bytes
    seq: int


ReadCard = Callable[[bytes], CardHead]
"""Reads a card and checks its signature; raises PeerError where it is anything but right."""


def head_of(card: bytes) -> CardHead:
    """Read a card of ours or of others and check its signature: the `ReadCard` of the real network."""
    read = decode_card(card)
    return CardHead(read.key, read.seq)


class Taken(Enum):
    """What became of a card."""

    NEW = auto()
    """The newest of its key: to be told and passed on."""
    FORK = auto()
    """The same number as the one kept, but another text: to be told, never passed on."""
    KNOWN = auto()
    """Seen before, or older than the one kept."""
    REFUSED = auto()
    """Of a blocked peer, or no room for more from this sender."""
    WRONG = auto()
    """Not a card, or its signature is not right."""


@dataclass(frozen=True, slots=True)
class Shelved:
    """A card that is kept: its bytes, key, number and digest, and the peer that brought it (b"" for our own doing)."""

    card: bytes
    key: bytes
    seq: int
    digest: bytes
    via: bytes


def digest_of(card: bytes) -> bytes:
    """Return the 8 bytes that name a card among peers (the beginning of its SHA-256)."""
    return hashlib.sha256(card).digest()[:DIGEST]


class CardShelf:
    """Keeps the newest card of each key, within bounds."""

    def __init__(self, read: ReadCard, *, room: int = ROOM, share: int = SHARE) -> None:
        self._read = read
        self._room = room
        self._share = share
        self._own: Shelved | None = None
        self._held: dict[bytes, Shelved] = {}
        self._strangers: OrderedDict[bytes, Shelved] = OrderedDict()  # by key, the longest unheard of first
        self._placed: dict[bytes, int] = {}  # how many of the strangers' each sender has placed
        self._by_digest: dict[bytes, Shelved] = {}
        self._seen: OrderedDict[bytes, None] = OrderedDict()
        self._blocked: set[bytes] = set()

    @property
    def mine(self) -> Shelved | None:
        """Our own card."""
        return self._own

    def own(self, card: bytes) -> Shelved:
        """Make this the card that goes first. Raises PeerError for one that is not right."""
        shelved = self._shelve(card, b"")
        if self._own is not None:
            self._by_digest.pop(self._own.digest, None)
        self._own = shelved
        self._by_digest[shelved.digest] = shelved
        return shelved

    def hold(self, cards: Sequence[bytes]) -> None:
        """Keep these, in this order, and no longer those held before; one that is not right is left out."""
        for old in self._held.values():
            self._by_digest.pop(old.digest, None)
        before = self._held
        self._held = {}
        for card in cards[:HELD]:
            try:
                shelved = self._shelve(card, b"")
            except PeerError:
                continue
            if shelved.key in self._blocked:
                continue
            known = self._newest(shelved.key) or before.get(shelved.key)
            if known is not None and known.seq > shelved.seq:
                shelved = known
            self._forget_stranger(shelved.key)
            self._held[shelved.key] = shelved
            self._by_digest[shelved.digest] = shelved

    def take(self, card: bytes, via: bytes) -> Taken:
        """Look at a card that the peer `via` sent, and keep it if it is the newest of its key."""
        digest = digest_of(card)
        if digest in self._by_digest or digest in self._seen:
            return Taken.KNOWN
        if len(card) > LARGEST:
            return Taken.WRONG
        self._remember(digest)
        try:
            shelved = self._shelve(card, via)
        except PeerError:
            return Taken.WRONG
        if shelved.key in self._blocked:
            return Taken.REFUSED
        known = self._newest(shelved.key)
        if known is not None and shelved.seq <= known.seq:
            return Taken.FORK if shelved.seq == known.seq else Taken.KNOWN
        if known is not None and known is self._own:
            # Somebody has a newer card of ours than we do (a restored profile): told, since only we can answer it.
            return Taken.FORK
        return self._keep(shelved)

    def block(self, key: bytes) -> None:
        """Keep no card of this key."""
        self._blocked.add(key)
        self._forget_stranger(key)
        gone = self._held.pop(key, None)
        if gone is not None:
            self._by_digest.pop(gone.digest, None)

    def unblock(self, key: bytes) -> None:
        """Keep cards of this key again; also those seen while it was blocked."""
        if key in self._blocked:
            self._blocked.discard(key)
            self._seen.clear()

    def cards(self) -> tuple[Shelved, ...]:
        """Return what goes round: ours, those held, then the strangers' with the latest first."""
        own = (self._own,) if self._own is not None else ()
        return (*own, *self._held.values(), *reversed(self._strangers.values()))

    def by_digest(self, digest: bytes) -> Shelved | None:
        """Return the kept card of that name."""
        return self._by_digest.get(digest)

    def lacks(self, digest: bytes) -> bool:
        """Whether a card of that name would be worth asking for."""
        return digest not in self._by_digest and digest not in self._seen

    def _keep(self, shelved: Shelved) -> Taken:
        if shelved.key in self._held:
            self._by_digest.pop(self._held[shelved.key].digest, None)
            self._held[shelved.key] = shelved
        else:
            known = self._strangers.get(shelved.key)
            own_words = shelved.via == shelved.key
            if known is None and not own_words and self._placed.get(shelved.via, 0) >= self._share:
                self._seen.pop(shelved.digest, None)  # another sender may still bring it
                return Taken.REFUSED
            self._forget_stranger(shelved.key)
            self._strangers[shelved.key] = shelved
            if not own_words:
                self._placed[shelved.via] = self._placed.get(shelved.via, 0) + 1
            while len(self._strangers) > self._room:
                self._forget_stranger(next(iter(self._strangers)))
        self._by_digest[shelved.digest] = shelved
        return Taken.NEW

    def _shelve(self, card: bytes, via: bytes) -> Shelved:
        head = self._read(card)
        return Shelved(card, head.key, head.seq, digest_of(card), via)

    def _newest(self, key: bytes) -> Shelved | None:
        if self._own is not None and self._own.key == key:
            return self._own
        return self._held.get(key) or self._strangers.get(key)

    def _forget_stranger(self, key: bytes) -> None:
        gone = self._strangers.pop(key, None)
        if gone is None:
            return
        self._by_digest.pop(gone.digest, None)
        if gone.via in self._placed and gone.via != gone.key:
            self._placed[gone.via] -= 1
            if self._placed[gone.via] == 0:
                del self._placed[gone.via]

    def _remember(self, digest: bytes) -> None:
        self._seen[digest] = None
        while len(self._seen) > SEEN:
            self._seen.popitem(last=False)
