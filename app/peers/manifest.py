"""`manifest.json`, the file that says what a catalogue consists of: bytes <-> Manifest. Pure.

Canonical: `read_manifest(write_manifest(m), m.key) == m`, and what is read is written back as the same bytes. Version 1
has exactly these fields; a field more means a version more.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from app.errors import PeerError
from app.peers.catalogue import (
    ENCODINGS,
    MAX_DIMENSION,
    MAX_FOLLOWS,
    MAX_MANIFEST,
    MAX_SEQ,
    MAX_SHARDS,
    MAX_SPACES,
    MAX_TOMBSTONES,
    SHARD_ITEMS,
    Manifest,
    ShardRef,
    SpaceRef,
    base64_of,
    bytes32,
    is_shard,
    is_space,
)
from app.peers.strict_json import dumps, fields, items, loads, text, whole
from app.peers.text_rules import MAX_NAME, clean_name

VERSION = 1

_FIELDS = ("version", "key", "seq", "shards", "previous", "name", "spaces", "tombstones", "follows")
_NEEDED = 4
"""So many of the fields are always there; the others only where they say something."""


def write_manifest(manifest: Manifest) -> bytes:
    """The bytes of manifest.json, at most MAX_MANIFEST.

    Raises PeerError when the Manifest breaks a rule that `read_manifest` would refuse it for.
    """
    try:
        content = dumps(_plain(manifest))
        if _read(content, manifest.key) != manifest:
            raise ValueError("it would not be read back the same")
    except ValueError as error:
        raise PeerError("This catalogue cannot be written", f"manifest: {error}") from None
    return content


def read_manifest(content: bytes, key: bytes) -> Manifest:
    """The Manifest in `content`, which the peer `key` must have made. Raises PeerError with the reason."""
    try:
        return _read(content, key)
    except ValueError as error:
        raise PeerError("This catalogue is refused", f"manifest: {error}") from None


def _plain(manifest: Manifest) -> dict[str, object]:
    """The Manifest as dicts and lists, in the agreed order, without what is empty."""
    numbers = {space.name: number for number, space in enumerate(manifest.spaces)}
    shards = []
    for shard in manifest.shards:
        if not numbers.keys() >= set(shard.spaces):
            raise ValueError("a shard has a space that the catalogue lacks")
        places = [numbers[space] for space in shard.spaces]
        shards.append({"name": shard.name, "items": shard.items, **({"spaces": places} if places else {})})
    value = {
        "version": VERSION,
        "key": base64_of(manifest.key),
        "seq": manifest.seq,
        "shards": shards,
        "previous": base64_of(manifest.previous),
        "name": manifest.name,
        "spaces": [
            {"name": space.name, "dimension": space.dimension, "encoding": space.encoding} for space in manifest.spaces
        ],
        "tombstones": [base64_of(root) for root in manifest.tombstones],
        "follows": [base64_of(key) for key in manifest.follows],
    }
    return {name: part for number, (name, part) in enumerate(value.items()) if part or number < _NEEDED}


def _read(content: bytes, key: bytes) -> Manifest:
    if len(content) > MAX_MANIFEST:
        raise ValueError(f"it has {len(content)} bytes, and {MAX_MANIFEST} are allowed")
    value = loads(content)
    if type(value) is dict and type(value.get("version")) is int and value["version"] > VERSION:
        raise ValueError("it was written by a newer Bowerbird")
    value = fields(value, _FIELDS, _NEEDED, "it")
    if value["version"] != VERSION or value["version"] is True:
        raise ValueError("its version is not known")
    if bytes32(value["key"], "the key") != key:
        raise ValueError("another peer made it")
    spaces = _spaces(value)
    name = text(value["name"], MAX_NAME, "the name") if "name" in value else ""
    if clean_name(name) != name:
        raise ValueError("the name holds signs that no name may hold")
    return Manifest(
        key,
        whole(value["seq"], 1, MAX_SEQ, "seq"),
        bytes32(value["previous"], "previous") if "previous" in value else b"",
        name,
        spaces,
        _shards(value["shards"], spaces),
        _numbers(value, "tombstones", MAX_TOMBSTONES),
        _numbers(value, "follows", MAX_FOLLOWS),
    )


def _spaces(value: dict[str, object]) -> tuple[SpaceRef, ...]:
    found = []
    for raw in items(value["spaces"], MAX_SPACES, "spaces") if "spaces" in value else ():
        space = fields(raw, ("name", "dimension", "encoding"), 3, "a space")
        name = space["name"]
        if type(name) is not str or not is_space(name):
            raise ValueError("a space has a name that is none")
        if type(space["encoding"]) is not str or space["encoding"] not in ENCODINGS:
            raise ValueError("vectors are written in a way that this version does not know")
        found.append(SpaceRef(name, whole(space["dimension"], 1, MAX_DIMENSION, "a dimension"), space["encoding"]))
    _rising([space.name for space in found], "spaces")
    return tuple(found)


def _shards(value: object, spaces: Sequence[SpaceRef]) -> tuple[ShardRef, ...]:
    found = []
    for raw in items(value, MAX_SHARDS, "shards"):
        shard = fields(raw, ("name", "items", "spaces"), 2, "a shard")
        name = shard["name"]
        if type(name) is not str or not is_shard(name):
            raise ValueError("a shard has a name that is none")
        numbers = items(shard["spaces"], len(spaces), "a shard's spaces") if "spaces" in shard else []
        for number in numbers:
            whole(number, 0, len(spaces) - 1, "a shard's space")
        _rising(numbers, "a shard's spaces")
        count = whole(shard["items"], 1, SHARD_ITEMS, "a shard's items")
        found.append(ShardRef(name, count, tuple(spaces[number].name for number in numbers)))
    _rising([shard.name for shard in found], "shards")
    return tuple(found)


def _numbers(value: dict[str, object], name: str, most: int) -> tuple[bytes, ...]:
    if name not in value:
        return ()
    found = [bytes32(number, f"one of the {name}") for number in items(value[name], most, name)]
    _rising(found, name)
    return tuple(found)


def _rising(values: Sequence[Any], what: str) -> None:
    if any(first >= second for first, second in pairwise(values)):
        raise ValueError(f"{what} are not in order, or one stands twice")
