"""Catalogues of invented peers, as the network process leaves them: files on the disk and rows in offers.db."""

from __future__ import annotations

import hashlib
import time
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from app.paths import Profile
from app.store.offer_values import CatalogueShard, CatalogueSpace, TakenCatalogue, TakenOffer
from app.store.offers import Offers
from app.studio.spaces import builtin_dimensions
from models.int8 import Int8Vectors
from models.types import F32

SHARD = 4_096


def key_of(name: str) -> bytes:
    """A peer's key, made from its name."""
    return hashlib.sha256(name.encode()).digest()


def root_of(name: str) -> bytes:
    """A file's root, made from its name."""
    return hashlib.sha256(b"root " + name.encode()).digest()


@dataclass(frozen=True, slots=True, eq=False)
class Offered:
    """One line of a catalogue with its vectors by space."""

    title: str
    vectors: Mapping[str, F32] = field(default_factory=dict)
    artist: str = ""
    album: str = ""
    tags: tuple[str, ...] = ()
    kind: str = "track"
    size: int = 4_000_000
    duration: float = 200.0
    licence: str = "CC-BY-4.0"
    root: bytes = b""


def publish(profile: Profile, peer: str, offered: Sequence[Offered], seq: int = 1) -> Path:
    """Write a peer's whole catalogue and put it into offers.db; returns its folder."""
    folder = profile.catalogues / key_of(peer).hex() / str(seq)
    folder.mkdir(parents=True, exist_ok=True)
    dimensions = {**builtin_dimensions(), **{space: len(row) for one in offered for space, row in one.vectors.items()}}
    spaces = sorted({space for one in offered for space in one.vectors})
    shards: list[CatalogueShard] = []
    lines: list[TakenOffer] = []
    for start in range(0, len(offered), SHARD):
        part, name = offered[start : start + SHARD], f"{start // SHARD:05d}"
        shards.append(CatalogueShard(name, len(part)))
        sums = [0] * len(part)
        for space in spaces:
            rows = np.zeros((len(part), dimensions[space]), np.float32)
            for row, one in enumerate(part):
                if space in one.vectors:
                    rows[row] = one.vectors[space]
            made = Int8Vectors.of(rows)
            (folder / f"vectors.{space}.{name}.i8").write_bytes(made.write())
            sums = [zlib.crc32(made.codes[row].tobytes(), value) for row, value in enumerate(sums)]
        lines += [
            TakenOffer(
                one.root or root_of(f"{peer} {one.title}"),
                name,
                row,
                one.kind,
                "audio/mpeg" if one.kind == "track" else "video/mp4",
                one.size,
                one.duration,
                one.title,
                one.artist,
                one.album,
                one.tags,
                licence=one.licence,
                vectors=sums[row],
            )
            for row, one in enumerate(part)
        ]
    taken = TakenCatalogue(
        key_of(peer),
        seq,
        root_of(f"{peer} {seq}"),
        str(folder),
        sum(file.stat().st_size for file in folder.iterdir()),
        tuple(CatalogueSpace(space, dimensions[space]) for space in spaces),
        tuple(shards),
        tuple(lines),
        time.time(),
    )
    offers = Offers(profile.offers)
    try:
        offers.take(taken)
    finally:
        offers.close()
    return folder


def withdraw(profile: Profile, peer: str) -> None:
    """Take all of a peer out of offers.db."""
    offers = Offers(profile.offers)
    try:
        offers.drop(key_of(peer))
    finally:
        offers.close()
