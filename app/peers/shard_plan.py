"""Which shards of our catalogue stay as they are, and which lines are written anew: what an update costs others. Pure.

Whoever has the catalogue before fetches only files that changed. So a shard is never touched while it is mostly right:
what is new or changed comes as a small shard more, what is gone gets a tombstone. When small shards, dead lines or
tombstones pile up, the shards concerned are written anew, together.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from app.peers.catalogue import MAX_SHARDS, MAX_TOMBSTONES, SHARD_ITEMS

MOST_SMALL = 16
"""Shards of less than half the full size; with one more they are merged."""
SMALL = SHARD_ITEMS // 2
MOST_DEAD = 1 / 3
"""The share of a shard's lines that may be dead."""


@dataclass(frozen=True, slots=True)
class HeldShard:
    """A shard as it is: how many lines it has, those still right (`live`), and those nobody shall have any longer."""

    name: str
    items: int
    live: frozenset[bytes]
    gone: frozenset[bytes]


@dataclass(frozen=True, slots=True)
class Plan:
    """Names of shards that stay, and the roots that get a tombstone, in order."""

    kept: tuple[str, ...]
    tombstones: tuple[bytes, ...]


def plan(held: Sequence[HeldShard], loose: Sequence[int]) -> Plan:
    """What to keep. `loose`: for each kind of shard, how many lines are new or changed and stand in no shard yet."""
    kept = [shard for shard in held if shard.live and len(shard.live) >= shard.items * (1 - MOST_DEAD)]
    kept.sort(key=lambda shard: (len(shard.gone), shard.name))
    while len(_tombstones(kept)) > MAX_TOMBSTONES:
        kept.pop()
    kept.sort(key=lambda shard: shard.name)
    rewritten = sum(len(shard.live) for shard in held) - sum(len(shard.live) for shard in kept)
    new = [math.ceil(count / SHARD_ITEMS) for count in (*loose, rewritten) if count]
    small = sum(0 < count % SHARD_ITEMS < SMALL for count in (*loose, rewritten))
    if sum(shard.items < SMALL for shard in kept) + small > MOST_SMALL:
        kept = [shard for shard in kept if shard.items >= SMALL]
    if len(kept) + sum(new) + len(loose) > MAX_SHARDS:
        kept = []
    return Plan(tuple(shard.name for shard in kept), tuple(sorted(_tombstones(kept))))


def _tombstones(kept: Sequence[HeldShard]) -> set[bytes]:
    return {root for shard in kept for root in shard.gone}
