"""The values that the store takes and gives for offers and the catalogues they stand in. Frozen, without behaviour.

A peer is its public key, a file its v2 root: 32 bytes each. An offer's id stands in offers.db and is never used twice.
"""

from __future__ import annotations

from dataclasses import dataclass

from app.trust import Rank, Standing


@dataclass(frozen=True, slots=True)
class CatalogueSpace:
    """A space of a catalogue's vectors: `space` is `str(EncoderId)`."""

    space: str
    dimension: int


@dataclass(frozen=True, slots=True)
class CatalogueShard:
    """One shard of a catalogue: its `name` NNNNN and how many rows its files have."""

    name: str
    items: int


@dataclass(frozen=True, slots=True)
class TakenOffer:
    """One line of a verified catalogue, in row `row` of shard `shard`. `vectors`: CRC-32 of its vectors' bytes."""

    root: bytes
    shard: str
    row: int
    kind: str
    mime: str
    size: int
    duration: float
    title: str
    artist: str = ""
    album: str = ""
    tags: tuple[str, ...] = ()
    year: int | None = None
    language: str = ""
    licence: str = ""
    width: int | None = None
    height: int | None = None
    vectors: int = 0


@dataclass(frozen=True, slots=True)
class TakenCatalogue:
    """A verified catalogue: its files lie in `folder`, `size` bytes in all; `offers` without those taken back."""

    peer: bytes
    seq: int
    infohash: bytes
    folder: str
    size: int
    spaces: tuple[CatalogueSpace, ...]
    shards: tuple[CatalogueShard, ...]
    offers: tuple[TakenOffer, ...]
    fetched_at: float


@dataclass(frozen=True, slots=True)
class TakeCounts:
    """What taking a catalogue did: offers that are new (`added`), the same under another place, and `gone`."""

    added: int
    kept: int
    gone: int


@dataclass(frozen=True, slots=True)
class CatalogueRow:
    """A catalogue we hold. `fetched_at`: Unix seconds."""

    peer: bytes
    seq: int
    infohash: bytes
    folder: str
    items: int
    bytes: int
    fetched_at: float
    spaces: tuple[CatalogueSpace, ...]


@dataclass(frozen=True, slots=True)
class Health:
    """How many have a file whole (`seeds`), how many are in its swarm, and when that was counted (Unix seconds)."""

    offer: int
    seeds: int
    peers: int
    checked_at: float


@dataclass(frozen=True, slots=True)
class OfferRow:
    """One offer as the window shows it. `score` and `deviation` are None while unscored; `owned`: an Item or 0.

    `seeds` and `swarm_peers` are -1 where they were never counted; `year` 0..9999 or None; `duration` in seconds.
    """

    id: int
    peer: bytes
    peer_name: str
    rank: Rank
    standing: Standing
    root: bytes
    kind: str
    mime: str
    size: int
    duration: float
    title: str
    artist: str
    album: str
    tags: str
    year: int | None
    language: str
    licence: str
    width: int | None
    height: int | None
    seeds: int
    swarm_peers: int
    checked_at: float
    score: float | None = None
    deviation: float | None = None
    owned: int = 0


@dataclass(frozen=True, slots=True)
class OfferFact:
    """What the ranker has to know of an offer."""

    id: int
    peer: bytes
    root: bytes
    rank: Rank
    kept: int
    broken: int
    kind: str
    title: str
    artist: str
    album: str
    tags: str
    duration: float


@dataclass(frozen=True, slots=True)
class OfferText:
    """The words of an offer, for the text encoder."""

    id: int
    title: str
    artist: str
    album: str
    genre: str
    year: int | None


@dataclass(frozen=True, slots=True)
class OfferPlace:
    """Where an offer's vectors lie: row `row` of `folder/vectors.<space>.<shard>.i8`."""

    id: int
    peer: bytes
    folder: str
    shard: str
    row: int
    kind: str


@dataclass(frozen=True, slots=True)
class OfferQuery:
    """Which offers; what is left at its default filters nothing. See `network_messages.Discover`."""

    kind: str = ""
    licence: str = ""
    largest: int = 0
    followed_only: bool = False
    peer: bytes = b""
    search: str = ""
    blocked_words: tuple[str, ...] = ()
    dismissed: bool = False
    """Also those the user does not want to see."""
