"""manifest.json: one Manifest, one form in bytes; what breaks a rule is neither written nor read."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import PeerError
from app.peers.catalogue import (
    MAX_FOLLOWS,
    MAX_MANIFEST,
    MAX_SEQ,
    MAX_SHARDS,
    MAX_TOMBSTONES,
    SHARD_ITEMS,
    Manifest,
    ShardRef,
    SpaceRef,
)
from app.peers.manifest import read_manifest, write_manifest
from app.peers.text_rules import clean_name

KEY = bytes(range(32))
AUDIO = SpaceRef("builtin-audio-v1-fa22c9e3f594f2d4", 860)
IMAGE = SpaceRef("builtin-image-v1-4aaf872201104fac", 1543)
FULL = Manifest(
    KEY, 3, b"\x05" * 32, "Ada", (AUDIO, IMAGE), (ShardRef("00000", 4096, (AUDIO.name,)), ShardRef("00002", 7)),
    (b"\x01" * 32, b"\x02" * 32), (b"\x03" * 32,),
)  # fmt: skip
HASHES = st.binary(min_size=32, max_size=32)


@st.composite
def _manifests(draw: st.DrawFn) -> Manifest:
    names = draw(st.lists(st.from_regex(r"[a-z]{1,9}-v[1-9]-[0-9a-f]{8}", fullmatch=True), max_size=8, unique=True))
    spaces = tuple(SpaceRef(name, draw(st.integers(1, 4096))) for name in sorted(names))
    numbers = draw(st.lists(st.integers(0, 99_999), min_size=1, max_size=12, unique=True))
    shards = tuple(
        ShardRef(
            f"{number:05d}",
            draw(st.integers(1, SHARD_ITEMS)),
            tuple(sorted(draw(st.sets(st.sampled_from(sorted(names)))))) if names else (),
        )
        for number in sorted(numbers)
    )
    return Manifest(
        KEY,
        draw(st.integers(1, MAX_SEQ)),
        draw(st.just(b"") | HASHES),
        clean_name(draw(st.text(max_size=50))),
        spaces,
        shards,
        tuple(sorted(draw(st.sets(HASHES, max_size=5)))),
        tuple(sorted(draw(st.sets(HASHES, max_size=5)))),
    )


@given(_manifests())
def test_a_manifest_comes_back_equal(manifest: Manifest) -> None:
    content = write_manifest(manifest)
    assert read_manifest(content, KEY) == manifest
    assert write_manifest(manifest) == content


def test_it_reads_like_json() -> None:
    value = json.loads(write_manifest(FULL))
    assert list(value) == ["version", "key", "seq", "shards", "previous", "name", "spaces", "tombstones", "follows"]
    assert value["spaces"][0] == {"name": AUDIO.name, "dimension": 860, "encoding": "int8"}
    assert value["shards"] == [{"name": "00000", "items": 4096, "spaces": [0]}, {"name": "00002", "items": 7}]
    least = json.loads(write_manifest(Manifest(KEY, 1, shards=(ShardRef("00000", 1),))))
    assert list(least) == ["version", "key", "seq", "shards"]


def test_the_largest_one_fits() -> None:
    spaces = tuple(SpaceRef(f"{'x' * 44}-v1-{number:08x}", 4096) for number in range(8))
    names = tuple(space.name for space in spaces)
    largest = Manifest(
        KEY, MAX_SEQ, b"\xff" * 32, "😀" * 30, spaces,
        tuple(ShardRef(f"{99_999 - number:05d}", SHARD_ITEMS, names) for number in reversed(range(MAX_SHARDS))),
        tuple(number.to_bytes(32, "big") for number in range(MAX_TOMBSTONES)),
        tuple(number.to_bytes(32, "big") for number in range(MAX_FOLLOWS)),
    )  # fmt: skip
    content = write_manifest(largest)
    assert len(content) <= MAX_MANIFEST
    assert read_manifest(content, KEY) == largest


@pytest.mark.parametrize(
    "change",
    [
        {"key": b"\x01"},
        {"seq": 0},
        {"seq": MAX_SEQ + 1},
        {"previous": b"\x01"},
        {"name": "a\u202eb"},
        {"name": "\ud800"},
        {"name": "n" * 41},
        {"spaces": (IMAGE, AUDIO)},
        {"spaces": (AUDIO, AUDIO)},
        {"spaces": (replace(AUDIO, dimension=0), IMAGE)},
        {"spaces": (replace(AUDIO, dimension=4097), IMAGE)},
        {"spaces": (replace(AUDIO, encoding="pickle"), IMAGE)},
        {"spaces": (IMAGE,)},
        {"shards": ()},
        {"shards": (ShardRef("0", 1),)},
        {"shards": (ShardRef("00000", 0),)},
        {"shards": (ShardRef("00000", SHARD_ITEMS + 1),)},
        {"shards": (ShardRef("00001", 1), ShardRef("00000", 1))},
        {"shards": (ShardRef("00000", 1, (IMAGE.name, AUDIO.name)),)},
        {"shards": tuple(ShardRef(f"{number:05d}", 1) for number in range(MAX_SHARDS + 1))},
        {"tombstones": (b"\x02" * 32, b"\x01" * 32)},
        {"tombstones": (b"\x02" * 31,)},
        {"tombstones": tuple(number.to_bytes(32, "big") for number in range(MAX_TOMBSTONES + 1))},
        {"follows": (b"\x02" * 32,) * 2},
        {"follows": tuple(number.to_bytes(32, "big") for number in range(MAX_FOLLOWS + 1))},
    ],
    ids=lambda change: str(change)[:60],
)
def test_what_breaks_a_rule_is_not_written(change: dict[str, object]) -> None:
    with pytest.raises(PeerError, match="cannot be written"):
        write_manifest(replace(FULL, **change))


def test_what_would_not_come_back_the_same_is_not_written() -> None:
    with pytest.raises(PeerError, match="read back the same"):
        write_manifest(replace(FULL, follows=list(FULL.follows)))  # type: ignore[arg-type]


def test_another_peers_manifest_is_refused() -> None:
    with pytest.raises(PeerError, match="another peer"):
        read_manifest(write_manifest(FULL), bytes(32))
