"""The names and sizes that files of a catalogue may have: checked before a byte is fetched, and again afterwards. Pure.

manifest.json
items.NNNNN.jsonl.z             one for each shard
vectors.<space>.NNNNN.i8        one for each shard and space
evidence.jsonl                  only where the user tells of the own taste (evidence.py)
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from app.errors import PeerError
from app.peers.catalogue import (
    MAX_CATALOGUE,
    MAX_DIMENSION,
    MAX_LINE,
    MAX_MANIFEST,
    MAX_SHARDS,
    MAX_SPACES,
    SHARD_ITEMS,
    Manifest,
    ShardRef,
    SpaceRef,
    is_space,
)
from app.peers.evidence import MOST_BYTES as MOST_TOLD

MANIFEST = "manifest.json"
EVIDENCE = "evidence.jsonl"
MAX_FILES = 2 + MAX_SHARDS * (1 + MAX_SPACES)

_ITEMS = re.compile(r"items\.([0-9]{5})\.jsonl\.z")
_VECTORS = re.compile(r"vectors\.([a-z0-9-]{1,100})\.([0-9]{5})\.i8")


def items_name(shard: str) -> str:
    """The name of a shard's items file."""
    return f"items.{shard}.jsonl.z"


def vectors_name(space: str, shard: str) -> str:
    """The name of the file of a shard's vectors of one space."""
    return f"vectors.{space}.{shard}.i8"


def vectors_size(shard: ShardRef, space: SpaceRef) -> int:
    """The exact size of that file: N (D + 2) bytes."""
    return shard.items * (space.dimension + 2)


def check_names(files: Sequence[tuple[str, int]], at_most: int = MAX_CATALOGUE) -> None:
    """Refuse a list of (name, size) that cannot be a catalogue's: all that can be known before its manifest is here.

    Raises PeerError: a name that is none of ours or stands twice, no manifest, vectors without items, too many shards
    or spaces, a file larger than it may be, more than `at_most` bytes together.
    """
    if len(files) > MAX_FILES:
        raise _refusal(f"{len(files)} files")
    shards: set[str] = set()
    vectors: set[tuple[str, str]] = set()
    seen: set[str] = set()
    total = 0
    for name, size in files:
        if name in seen:
            raise _refusal("a name stands twice")
        seen.add(name)
        if name == MANIFEST:
            most = MAX_MANIFEST
        elif name == EVIDENCE:
            most = MOST_TOLD
        elif match := _ITEMS.fullmatch(name):
            shards.add(match[1])
            most = SHARD_ITEMS * (MAX_LINE + 1)
        elif (match := _VECTORS.fullmatch(name)) and is_space(match[1]):
            vectors.add((match[1], match[2]))
            most = SHARD_ITEMS * (MAX_DIMENSION + 2)
        else:
            raise _refusal(f"a file named {name[:80]!a}")
        if not 0 < size <= most:
            raise _refusal(f"{name} has {size} bytes")
        total += size
    if total > at_most:
        raise _refusal(f"it has {total} bytes, and {at_most} are allowed")
    if MANIFEST not in seen or not shards or len(shards) > MAX_SHARDS:
        raise _refusal("it has no manifest, no items, or too many shards")
    if len({space for space, _ in vectors}) > MAX_SPACES:
        raise _refusal("it has too many spaces")
    if not {shard for _, shard in vectors} <= shards:
        raise _refusal("it has vectors of items that it lacks")


def check_files(manifest: Manifest, files: Sequence[tuple[str, int]]) -> None:
    """Refuse a list of (name, size) that is not exactly what the manifest says. Raises PeerError."""
    found = dict(files)
    spaces = {space.name: space for space in manifest.spaces}
    expected = {MANIFEST}
    for shard in manifest.shards:
        expected.add(items_name(shard.name))
        if not 0 < found.get(items_name(shard.name), 0) <= shard.items * (MAX_LINE + 1) + 64:
            raise _refusal(f"the items of shard {shard.name} are missing or too large")
        for space in shard.spaces:
            name = vectors_name(space, shard.name)
            expected.add(name)
            if found.get(name) != vectors_size(shard, spaces[space]):
                raise _refusal(f"{name} is missing, or has not {vectors_size(shard, spaces[space])} bytes")
    if found.keys() - {EVIDENCE} != expected or len(files) != len(found):
        raise _refusal("it holds files that its manifest does not name")


def _refusal(reason: str) -> PeerError:
    return PeerError("This catalogue is refused", reason)
