"""What a catalogue says, as values, and the limits it keeps. Pure; everybody who reads or writes catalogues uses these.

Wherever a root stands, it is the BitTorrent v2 root of the file (32 bytes): the same bytes from any publisher have the
same root.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from dataclasses import dataclass

from app.errors import PeerError
from app.files import Kind
from app.peers.mime import MIMES, extension_of, kind_of
from app.peers.text_rules import MAX_TAG, MAX_TAGS, MAX_TEXT, clean_tags, clean_text

ROOT_BYTES = 32
SHARD_ITEMS = 4096
"""A full shard; updates bring smaller ones."""
MAX_SHARDS = 272
MAX_ITEMS = MAX_SHARDS * SHARD_ITEMS
MAX_SPACES = 8
MAX_DIMENSION = 4096
MAX_SPACE_NAME = 56
MAX_TOMBSTONES = 512
MAX_FOLLOWS = 128
MAX_MANIFEST = 64 * 1024
MAX_LINE = 2048
"""One item, in bytes of UTF-8, without its newline."""
MAX_CATALOGUE = 2 * 1024**3
"""All files of a catalogue together; who fetches one may allow less."""
MAX_SIZE = 2**38
"""A published file: 256 GiB."""
MAX_DURATION_MS = 10**9
MAX_PIXELS = 16_384
MAX_SEQ = 2**53 - 1
"""Numbers beyond are not whole in every reader of JSON."""
INT8 = "int8"
ENCODINGS = frozenset((INT8,))
"""How vectors may be written: `models/int8.py`. Another encoding needs another version of the manifest."""

_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,2}")
_SPACE = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*-v[1-9][0-9]{0,3}-[0-9a-f]{8,64}")
_SHARD = re.compile(r"[0-9]{5}")


@dataclass(frozen=True, slots=True)
class Offering:
    """One file that a peer offers. `duration` in seconds, whole milliseconds, 0 when unknown; `size` in bytes."""

    root: bytes
    size: int
    mime: str
    duration: float = 0.0
    title: str = ""
    artist: str = ""
    album: str = ""
    tags: tuple[str, ...] = ()
    year: int | None = None
    language: str = ""
    licence: str = ""
    width: int = 0
    height: int = 0

    @classmethod
    def of(
        cls,
        root: bytes,
        size: int,
        mime: str,
        *,
        duration: float = 0.0,
        title: str = "",
        artist: str = "",
        album: str = "",
        tags: Iterable[str] = (),
        year: int | None = None,
        language: str = "",
        licence: str = "",
        width: int = 0,
        height: int = 0,
    ) -> Offering:
        """Make one of our own from what the library knows: texts cleaned, and what cannot be said left out.

        Raises PeerError when root, size or mime cannot be published.
        """
        if len(root) != ROOT_BYTES or not 0 < size <= MAX_SIZE or mime not in MIMES:
            raise PeerError(
                "This file cannot be published", f"root, size ({size}) or type ({mime[:60]}) is out of bounds"
            )
        milliseconds = round(duration * 1000) if 0 < duration < MAX_DURATION_MS / 1000 else 0
        seen = kind_of(mime) is Kind.VIDEO and 0 < width <= MAX_PIXELS and 0 < height <= MAX_PIXELS
        return cls(
            root,
            size,
            mime,
            milliseconds / 1000,
            clean_text(title),
            clean_text(artist),
            clean_text(album),
            clean_tags(tags),
            year if year is not None and 1 <= year <= 9999 else None,
            language if is_language(language) else "",
            clean_text(licence),
            width if seen else 0,
            height if seen else 0,
        )

    @property
    def kind(self) -> Kind:
        """Something to listen to, or something to watch."""
        return kind_of(self.mime)

    @property
    def extension(self) -> str:
        """The extension of the canonical content torrent and of the download, with its dot."""
        return extension_of(self.mime) or ""


@dataclass(frozen=True, slots=True)
class SpaceRef:
    """A vector space of which a catalogue holds vectors: its EncoderId, its dimension, and how they are written."""

    name: str
    dimension: int
    encoding: str = INT8


@dataclass(frozen=True, slots=True)
class ShardRef:
    """A part of a catalogue: `name` five digits, `items` many, vectors of all its items for each of `spaces`."""

    name: str
    items: int
    spaces: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a catalogue consists of.

    `seq` grows with each version; `previous` is the infohash of the one before (b"" for the first). Spaces are in the
    order of their names, shards in that of theirs; of a root that stands in several shards the last counts;
    `tombstones`, sorted, are roots that no longer count at all. `follows`, sorted, are keys of peers this one says it
    follows (only where the user opted in).
    """

    key: bytes
    seq: int
    previous: bytes = b""
    name: str = ""
    spaces: tuple[SpaceRef, ...] = ()
    shards: tuple[ShardRef, ...] = ()
    tombstones: tuple[bytes, ...] = ()
    follows: tuple[bytes, ...] = ()

    @property
    def items(self) -> int:
        """How many lines all shards have together."""
        return sum(shard.items for shard in self.shards)


def is_space(name: str) -> bool:
    """Whether this names a vector space: an EncoderId of at most MAX_SPACE_NAME characters."""
    return len(name) <= MAX_SPACE_NAME and _SPACE.fullmatch(name) is not None


def is_shard(name: str) -> bool:
    """Whether this is five digits."""
    return _SHARD.fullmatch(name) is not None


def is_language(code: str) -> bool:
    """Whether this has the form of a language tag, such as "de" or "pt-BR"."""
    return _LANGUAGE.fullmatch(code) is not None


def base64_of(number: bytes) -> str:
    """32 bytes as 43 characters of URL-safe base64, without padding."""
    return base64.urlsafe_b64encode(number).decode().rstrip("=")


def bytes32(text: object, what: str) -> bytes:
    """What `base64_of` wrote, back as 32 bytes. Raises ValueError, naming `what`, on anything else."""
    if type(text) is str and len(text) == 43 and text.isascii():
        number = base64.urlsafe_b64decode(text + "=")
        # The last character holds two bits that mean nothing: only one way to write them is right.
        if len(number) == ROOT_BYTES and base64_of(number) == text:
            return number
    raise ValueError(f"{what} is not 32 bytes of base64")


__all__ = [
    "ENCODINGS",
    "INT8",
    "MAX_CATALOGUE",
    "MAX_DIMENSION",
    "MAX_DURATION_MS",
    "MAX_FOLLOWS",
    "MAX_ITEMS",
    "MAX_LINE",
    "MAX_MANIFEST",
    "MAX_PIXELS",
    "MAX_SEQ",
    "MAX_SHARDS",
    "MAX_SIZE",
    "MAX_SPACES",
    "MAX_TAG",
    "MAX_TAGS",
    "MAX_TEXT",
    "MAX_TOMBSTONES",
    "ROOT_BYTES",
    "SHARD_ITEMS",
    "Manifest",
    "Offering",
    "ShardRef",
    "SpaceRef",
]
