"""Manifests and lists of files that somebody made to hurt: each refused with its reason, never with another error."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import PeerError
from app.peers.catalogue import MAX_SEQ
from app.peers.file_names import check_files, check_names
from app.peers.manifest import read_manifest, write_manifest
from tests.forged import GOOD_MANIFEST, JSON, KEY, SPACE, reordered, text


def manifest(**changes: Any) -> bytes:
    """The good manifest with other values; what is new comes last, `...` takes a field away."""
    value = json.loads(GOOD_MANIFEST) | changes
    return text({name: part for name, part in value.items() if part is not ...})


def shard(**changes: Any) -> bytes:
    """A manifest whose one shard has other values."""
    return manifest(shards=[{"name": "00000", "items": 2, "spaces": [0]} | changes])


def space(**changes: Any) -> bytes:
    """A manifest whose one space has other values."""
    return manifest(spaces=[{"name": SPACE, "dimension": 8, "encoding": "int8"} | changes])


MANIFESTS: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "no JSON"),
    "65 KiB": (GOOD_MANIFEST + b" " * 65_536, "bytes"),
    "no JSON": (b"\x89PNG\r\n\x1a\n", "UTF-8"),
    "UTF-16": (GOOD_MANIFEST.decode().encode("utf-16"), "UTF-8"),
    "bad UTF-8": (GOOD_MANIFEST.replace(b"Ada", b"A\xffa"), "UTF-8"),
    "half a character escaped": (GOOD_MANIFEST.replace(b"Ada", b"\\ud800"), "agreed form"),
    "half a character in UTF-8": (GOOD_MANIFEST.replace(b"Ada", b"\xed\xa0\x80"), "UTF-8"),
    "a mark of byte order": (b"\xef\xbb\xbf" + GOOD_MANIFEST, "no JSON"),
    "a list": (b"[]", "no object"),
    "a number": (b"1", "no object"),
    "null": (b"null", "no object"),
    "deep lists": (b"[" * 60_000, "deeply"),
    "deep objects": (b'{"version":' * 5_000, "deeply"),
    "deep lists that close": (b"[" * 30_000 + b"]" * 30_000, "deeply"),
    "a key twice": (GOOD_MANIFEST.replace(b'"seq":3', b'"seq":3,"seq":4'), "agreed form"),
    "blanks": (GOOD_MANIFEST.replace(b":", b": "), "agreed form"),
    "a line break at the end": (GOOD_MANIFEST + b"\n", "agreed form"),
    "something behind": (GOOD_MANIFEST + b"{}", "no JSON"),
    "fields in another order": (reordered(GOOD_MANIFEST), "disordered"),
    "an unknown field": (manifest(web_seed="http://192.0.2.1/"), "unknown"),
    "no version": (manifest(version=...), "lacks"),
    "no key": (manifest(key=...), "lacks"),
    "no shards": (manifest(shards=...), "lacks"),
    "no spaces although shards have some": (manifest(spaces=...), "a shard's spaces"),
    "version 0": (manifest(version=0), "version"),
    "version true": (manifest(version=True), "version"),
    "a version as text": (manifest(version="1"), "version"),
    "a newer version": (manifest(version=2), "newer"),
    "seq NaN": (GOOD_MANIFEST.replace(b'"seq":3', b'"seq":NaN'), "whole number"),
    "seq infinite": (GOOD_MANIFEST.replace(b'"seq":3', b'"seq":Infinity'), "whole number"),
    "seq too large for a double": (GOOD_MANIFEST.replace(b'"seq":3', b'"seq":1e999'), "whole number"),
    "seq a fraction": (manifest(seq=3.5), "whole number"),
    "seq a float": (manifest(seq=3.0), "whole number"),
    "seq zero": (manifest(seq=0), "seq"),
    "seq negative": (manifest(seq=-1), "seq"),
    "seq beyond": (manifest(seq=MAX_SEQ + 1), "seq"),
    "seq of 4,000 digits": (GOOD_MANIFEST.replace(b'"seq":3', b'"seq":' + b"9" * 4000), "seq"),
    "seq of 50,000 digits": (GOOD_MANIFEST.replace(b'"seq":3', b'"seq":' + b"9" * 50_000), "digits"),
    "seq true": (manifest(seq=True), "seq"),
    "another peer's key": (manifest(key="A" * 43), "another peer"),
    "a key of 20 bytes": (manifest(key="A" * 27), "the key"),
    "a key with loose bits": (manifest(key=json.loads(GOOD_MANIFEST)["key"][:-1] + "9"), "the key"),
    "a key padded": (manifest(key=json.loads(GOOD_MANIFEST)["key"] + "="), "the key"),
    "a key as number": (manifest(key=1), "the key"),
    "previous empty": (manifest(previous=""), "previous"),
    "previous null": (manifest(previous=None), "previous"),
    "an empty name": (manifest(name=""), "the name"),
    "a name as list": (manifest(name=["Ada"]), "the name"),
    "a name of 41 letters": (manifest(name="x" * 41), "the name"),
    "a name turned around": (manifest(name="Ada\u202e"), "the name"),
    "a name of two alphabets": (manifest(name="p\u0430ypal"), "the name"),
    "spaces empty": (manifest(spaces=[]), "spaces"),
    "spaces as object": (manifest(spaces={"a": 8}), "spaces"),
    "a space as text": (manifest(spaces=[SPACE]), "no object"),
    "nine spaces": (
        manifest(spaces=[{"name": f"a-v1-{n:08x}", "dimension": 8, "encoding": "int8"} for n in range(9)]),
        "spaces",
    ),
    "a space twice": (
        manifest(spaces=[{"name": SPACE, "dimension": d, "encoding": "int8"} for d in (8, 9)]),
        "stands twice",
    ),
    "a space that climbs": (space(name="../../a-v1-00000000"), "a name that is none"),
    "a space with NUL": (space(name="a\0-v1-00000000"), "a name that is none"),
    "a space with a device's name": (space(name="con"), "a name that is none"),
    "a space as number": (space(name=7), "a name that is none"),
    "dimension zero": (space(dimension=0), "dimension"),
    "dimension negative": (space(dimension=-8), "dimension"),
    "dimension absurd": (space(dimension=2**31), "dimension"),
    "dimension 4,097": (space(dimension=4097), "dimension"),
    "dimension as text": (space(dimension="8"), "dimension"),
    "vectors as pickles": (space(encoding="pickle"), "does not know"),
    "an encoding as list": (space(encoding=["int8"]), "does not know"),
    "no encoding": (manifest(spaces=[{"name": SPACE, "dimension": 8}]), "lacks"),
    "shards empty": (manifest(shards=[]), "shards"),
    "300 shards": (manifest(shards=[{"name": f"{n:05d}", "items": 1} for n in range(300)]), "shards"),
    "a shard twice": (manifest(shards=[{"name": "00000", "items": 1}] * 2), "stands twice"),
    "shards backwards": (manifest(shards=[{"name": f"0000{n}", "items": 1} for n in (1, 0)]), "order"),
    "a shard that climbs": (shard(name="../00"), "a name that is none"),
    "a shard in Arabic digits": (shard(name="٠٠٠٠١"), "a name that is none"),
    "a shard as number": (shard(name=0), "a name that is none"),
    "a shard of nothing": (shard(items=0), "items"),
    "a shard of 4,097": (shard(items=4097), "items"),
    "a shard of 2^63": (shard(items=2**63), "items"),
    "a shard of true": (shard(items=True), "items"),
    "a space beyond the list": (shard(spaces=[1]), "space"),
    "a space before the list": (shard(spaces=[-1]), "space"),
    "a space twice in a shard": (shard(spaces=[0, 0]), "spaces"),
    "a shard's spaces empty": (shard(spaces=[]), "spaces"),
    "a shard's space by name": (shard(spaces=[SPACE]), "space"),
    "513 tombstones": (manifest(tombstones=["A" * 43] * 513), "tombstones"),
    "a tombstone twice": (manifest(tombstones=["A" * 43] * 2), "stands twice"),
    "tombstones in disorder": (manifest(tombstones=json.loads(GOOD_MANIFEST)["tombstones"][::-1]), "order"),
    "a tombstone cut off": (manifest(tombstones=["A" * 42]), "tombstones"),
    "a tombstone not in ASCII": (manifest(tombstones=["Ａ" * 43]), "tombstones"),
    "129 follows": (manifest(follows=["A" * 43] * 129), "follows"),
    "follows as text": (manifest(follows="A" * 43), "follows"),
}


@pytest.mark.parametrize("name", MANIFESTS)
def test_hostile_manifest_is_refused_with_its_reason(name: str) -> None:
    content, reason = MANIFESTS[name]
    with pytest.raises(PeerError, match="refused") as caught:
        read_manifest(content, KEY)
    assert reason in caught.value.detail, caught.value.detail
    assert len(caught.value.detail) < 300


NAMES: dict[str, tuple[list[tuple[str, int]], str]] = {
    "no files": ([], "no manifest"),
    "a manifest alone": ([("manifest.json", 1)], "no items"),
    "items alone": ([("items.00000.jsonl.z", 1)], "no manifest"),
    "an empty manifest": ([("manifest.json", 0)], "0 bytes"),
    "a large manifest": ([("manifest.json", 65_537)], "65537 bytes"),
    "a negative size": ([("manifest.json", 10), ("items.00000.jsonl.z", -1)], "-1 bytes"),
    "items too large": ([("items.00000.jsonl.z", 2**33)], "bytes"),
    "vectors too large": ([("vectors.a-v1-00000000.00000.i8", 4096 * 4099)], "bytes"),
    "vectors without items": ([("manifest.json", 1), ("items.00000.jsonl.z", 1), ("vectors.a-v1-00000000.00001.i8", 1)],
                              "items that it lacks"),
    "a file twice": ([("manifest.json", 1)] * 2, "twice"),
    "3,000 files": ([(f"items.{n:05d}.jsonl.z", 1) for n in range(3000)], "3000 files"),
    "300 shards": ([("manifest.json", 1), *((f"items.{n:05d}.jsonl.z", 1) for n in range(300))], "too many shards"),
    "nine spaces": ([("manifest.json", 1), ("items.00000.jsonl.z", 1),
                     *((f"vectors.a-v1-{n:08x}.00000.i8", 1) for n in range(9))], "too many spaces"),
    "a folder": ([("sub/manifest.json", 1)], "sub/manifest.json"),
    "the folder above": ([("../manifest.json", 1)], "../manifest.json"),
    "an absolute path": ([("/etc/cron.d/x", 1)], "/etc/cron.d/x"),
    "a path of Windows": ([("C:\\manifest.json", 1)], "C:"),
    "a stream of Windows": ([("manifest.json:x", 1)], "manifest.json:x"),
    "a device": ([("CON", 1)], "CON"),
    "capitals": ([("Manifest.json", 1)], "Manifest.json"),
    "a blank behind": ([("manifest.json ", 1)], "manifest.json "),
    "a line break behind": ([("manifest.json\n", 1)], "manifest.json"),
    "NUL behind": ([("manifest.json\0.exe", 1)], "manifest.json"),
    "turned around": ([("manifest\u202enosj.json", 1)], "u202e"),
    "an empty name": ([("", 1)], "a file named"),
    "a program": ([("setup.exe", 1)], "setup.exe"),
    "a medium": ([("song.mp3", 1)], "song.mp3"),
    "items uncompressed": ([("items.00000.jsonl", 1)], "items.00000.jsonl"),
    "Arabic digits": ([("items.٠٠٠٠١.jsonl.z", 1)], "a file named"),
    "a space that climbs": ([("vectors...-v1-00000000.00000.i8", 1)], "a file named"),
    "a space without digest": ([("vectors.audio.00000.i8", 1)], "vectors.audio"),
    "a long name": ([("x" * 100_000, 1)], "a file named"),
}  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_hostile_file_list_is_refused_with_its_reason(name: str) -> None:
    files, reason = NAMES[name]
    with pytest.raises(PeerError, match="refused") as caught:
        check_names(files)
    assert reason in caught.value.detail, caught.value.detail
    assert len(caught.value.detail) < 300


TRUE_FILES = {
    "manifest.json": len(GOOD_MANIFEST),
    "items.00000.jsonl.z": 100,
    "items.00001.jsonl.z": 50,
    "vectors.a-v1-00000000.00000.i8": 20,
}


@pytest.mark.parametrize(
    "change",
    [
        {"items.00001.jsonl.z": None},
        {"items.00001.jsonl.z": 5000},
        {"vectors.a-v1-00000000.00000.i8": None},
        {"vectors.a-v1-00000000.00000.i8": 19},
        {"vectors.a-v1-00000000.00000.i8": 30},
        {"vectors.a-v1-00000000.00001.i8": 10},
        {"items.00002.jsonl.z": 50},
        {"manifest.json": None},
    ],
    ids=str,
)
def test_files_that_the_manifest_does_not_name_are_refused(change: dict[str, int | None]) -> None:
    manifest = read_manifest(GOOD_MANIFEST, KEY)
    check_files(manifest, list(TRUE_FILES.items()))
    files = [(name, size) for name, size in (TRUE_FILES | change).items() if size is not None]
    with pytest.raises(PeerError, match="refused"):
        check_files(manifest, files)


@given(st.sampled_from(list(json.loads(GOOD_MANIFEST))), JSON)
def test_any_value_in_a_manifest_is_read_or_refused(name: str, value: object) -> None:
    _manifest_or_refused(manifest(**{name: value}))


@given(st.integers(0, len(GOOD_MANIFEST) - 1), st.integers(0, 255))
def test_any_changed_byte_of_a_manifest_is_read_or_refused(place: int, byte: int) -> None:
    changed = bytearray(GOOD_MANIFEST)
    changed[place] = byte
    _manifest_or_refused(bytes(changed))


def _manifest_or_refused(content: bytes) -> None:
    try:
        found = read_manifest(content, KEY)
    except PeerError:
        return
    assert write_manifest(found) == content


@given(st.binary(max_size=200))
def test_any_bytes_are_refused(content: bytes) -> None:
    with pytest.raises(PeerError):
        read_manifest(content, KEY)
