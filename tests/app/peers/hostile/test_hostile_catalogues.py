"""Catalogues that somebody made to hurt: each refused with its reason, within bounds, and none with another error."""

from __future__ import annotations

import json
import struct
import tracemalloc
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import PeerError
from app.peers.catalogue import MAX_LINE, MAX_SEQ, SHARD_ITEMS, Manifest, Offering, ShardRef, SpaceRef
from app.peers.file_names import check_files, check_names
from app.peers.manifest import read_manifest, write_manifest
from app.peers.shard_files import read_items, read_vectors, write_items
from app.peers.wire import read_catalogue
from models.int8 import Int8Vectors

KEY = bytes(range(32))
SPACE = "a-v1-00000000"
GOOD_MANIFEST = write_manifest(
    Manifest(
        KEY, 3, b"\x05" * 32, "Ada", (SpaceRef(SPACE, 8),), (ShardRef("00000", 2, (SPACE,)), ShardRef("00001", 1)),
        (b"\x01" * 32, b"\x02" * 32), (b"\x03" * 32,),
    )
)  # fmt: skip
OFFERINGS = [
    Offering.of(b"\x07" * 32, 1000, "video/mp4", duration=61.25, title="A", tags=("x",), year=1999, width=6, height=4),
    Offering.of(b"\x08" * 32, 2000, "audio/mpeg", title="B", artist="C", album="D", language="de", licence="CC0"),
]
LINES = zlib.decompress(write_items(OFFERINGS))
FIRST = LINES.splitlines()[0]
VECTORS = Int8Vectors.of(np.eye(8, dtype=np.float32)[:3])


def text(value: object) -> bytes:
    """JSON in the agreed form, of any value."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")


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


def deflated(content: bytes) -> bytes:
    """As items files are."""
    return zlib.compress(content, 9)


def line(**changes: Any) -> bytes:
    """Items of one line with other values; what is new comes last, `...` takes a field away."""
    value = json.loads(FIRST) | changes
    return deflated(text({name: part for name, part in value.items() if part is not ...}) + b"\n")


def reordered(content: bytes) -> bytes:
    """A JSON object with its fields backwards."""
    return text(dict(reversed(json.loads(content).items())))


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

ITEMS: dict[str, tuple[bytes, int, str]] = {
    "nothing": (b"", 1, "cut off"),
    "not deflated": (FIRST + b"\n", 1, "unfolded"),
    "gzip": (b"\x1f\x8b\x08" + bytes(40), 1, "unfolded"),
    "raw deflate": (zlib.compress(LINES, wbits=-15), 2, "unfolded"),
    "a dictionary asked for": (b"\x78\xf9\x00\x00\x00\x01" + bytes(20), 2, "unfolded"),
    "cut by a byte": (deflated(LINES)[:-1], 2, "cut off"),
    "cut in the middle": (deflated(LINES)[:20], 2, "cut off"),
    "a wrong checksum": (deflated(LINES)[:-1] + b"\0", 2, "unfolded"),
    "a changed byte": (deflated(LINES)[:30] + b"\xff" + deflated(LINES)[31:], 2, "."),
    "garbage behind": (deflated(LINES) + b"garbage", 2, "follows its end"),
    "a second stream behind": (deflated(LINES) + deflated(LINES), 2, "follows its end"),
    "a bomb of a thousand to one": (deflated(bytes(200_000_000)), SHARD_ITEMS, "unfolds to more"),
    "a bomb of line breaks": (deflated(b"\n" * 50_000_000), SHARD_ITEMS, "unfolds to more"),
    "a bomb for one line": (deflated(bytes(3000)), 1, "unfolds to more"),
    "fewer lines than promised": (deflated(LINES), 3, "promised"),
    "more lines than promised": (deflated(LINES), 1, "promised"),
    "no line break at the end": (deflated(LINES[:-1]), 2, "promised"),
    "a line break too many": (deflated(LINES + b"\n"), 3, "no JSON"),
    "lines that end as in DOS": (deflated(LINES.replace(b"\n", b"\r\n")), 2, "agreed form"),
    "no lines promised": (deflated(b""), 0, "a shard of 0"),
    "a shard too large promised": (deflated(LINES * 4096), 8192, "a shard of 8192"),
    "lines of nothing": (deflated(b"\n" * 2), 2, "no JSON"),
    "a line that is no JSON": (deflated(b"hello\n"), 1, "no JSON"),
    "a line that is a list": (deflated(b"[]\n"), 1, "no object"),
    "a line that is null": (deflated(b"null\n"), 1, "no object"),
    "a line with a blank": (deflated(FIRST.replace(b":", b": ", 1) + b"\n"), 1, "agreed form"),
    "a line of 2,049 bytes": (line(licence="x" * (MAX_LINE - len(FIRST) - 11)), 1, "2049 bytes"),
    "bad UTF-8": (deflated(FIRST.replace(b'"A"', b'"\xff"') + b"\n"), 1, "UTF-8"),
    "overlong UTF-8": (deflated(FIRST.replace(b'"A"', b'"\xc0\x80"') + b"\n"), 1, "UTF-8"),
    "half a character escaped": (deflated(FIRST.replace(b'"A"', b'"\\udc00"') + b"\n"), 1, "agreed form"),
    "a letter escaped": (deflated(FIRST.replace(b'"A"', b'"\\u0041"') + b"\n"), 1, "agreed form"),
    "deep lists": (deflated(b"[" * 2000 + b"\n"), 1, "deeply"),
    "a deep title": (line(title=json.loads("[" * 400 + "]" * 400)), 1, "title"),
    "fields in another order": (deflated(reordered(FIRST) + b"\n"), 1, "disordered"),
    "a key twice": (deflated(FIRST.replace(b'"size"', b'"size":1,"size"') + b"\n"), 1, "agreed form"),
    "an unknown field": (line(path="/home/ada/music/a.mp4"), 1, "unknown"),
    "an infohash of its own": (line(infohash="A" * 43), 1, "unknown"),
    "no root": (line(root=...), 1, "lacks"),
    "no size": (line(size=...), 1, "lacks"),
    "no type": (line(mime=...), 1, "lacks"),
    "a root twice": (deflated(FIRST + b"\n" + FIRST + b"\n"), 2, "stands twice"),
    "a root in hex": (line(root="07" * 32), 1, "a root"),
    "a root of 20 bytes": (line(root="A" * 27), 1, "a root"),
    "a root as number": (line(root=7), 1, "a root"),
    "a root with loose bits": (line(root="A" * 42 + "B"), 1, "a root"),
    "size zero": (line(size=0), 1, "a size"),
    "size negative": (line(size=-1), 1, "a size"),
    "size of a planet": (line(size=2**63), 1, "a size"),
    "size of 1,500 digits": (line(size=10**1500), 1, "a size"),
    "size a float": (line(size=1.5), 1, "whole number"),
    "size NaN": (line(size=float("nan")), 1, "whole number"),
    "size true": (line(size=True), 1, "a size"),
    "size as text": (line(size="1"), 1, "a size"),
    "a program": (line(mime="application/x-msdownload"), 1, "no player plays"),
    "a page": (line(mime="text/html"), 1, "no player plays"),
    "a playlist": (line(mime="audio/x-mpegurl"), 1, "no player plays"),
    "a type with a parameter": (line(mime="audio/mpeg; x=y"), 1, "no player plays"),
    "a type in capitals": (line(mime="Video/MP4"), 1, "no player plays"),
    "a type as list": (line(mime=["video/mp4"]), 1, "no player plays"),
    "a duration of zero": (line(ms=0), 1, "ms"),
    "a duration of a century": (line(ms=10**12), 1, "ms"),
    "a duration infinite": (line(ms=float("inf")), 1, "whole number"),
    "a title of 201": (line(title="x" * 201), 1, "title"),
    "an empty title": (line(title=""), 1, "title"),
    "a title null": (line(title=None), 1, "title"),
    "a title as object": (line(title={"text": "A"}), 1, "title"),
    "no tags in a list": (line(tags=[]), 1, "tags"),
    "seventeen tags": (line(tags=["x"] * 17), 1, "tags"),
    "a tag of 61": (line(tags=["x" * 61]), 1, "a tag"),
    "a tag in a tag": (line(tags=[["x"]]), 1, "a tag"),
    "tags as text": (line(tags="x"), 1, "tags"),
    "the year zero": (line(year=0), 1, "year"),
    "the year 10,000": (line(year=10_000), 1, "year"),
    "a year as text": (line(year="1999"), 1, "year"),
    "a width alone": (line(height=...), 1, "do not fit"),
    "a height alone": (line(width=...), 1, "do not fit"),
    "a picture of sound": (line(mime="audio/mpeg"), 1, "do not fit"),
    "a width absurd": (line(width=10**6), 1, "width"),
}
LANGUAGES = ["", "Deutsch", "de\n", "d" * 40, 7, None, ["de"], "../de"]


def _with_language(language: object) -> bytes:
    value = json.loads(LINES.splitlines()[1])
    return deflated(text({name: language if name == "language" else part for name, part in value.items()}) + b"\n")


@pytest.mark.parametrize("name", MANIFESTS)
def test_hostile_manifest_is_refused_with_its_reason(name: str) -> None:
    content, reason = MANIFESTS[name]
    with pytest.raises(PeerError, match="refused") as caught:
        read_manifest(content, KEY)
    assert reason in caught.value.detail, caught.value.detail
    assert len(caught.value.detail) < 300


@pytest.mark.parametrize("name", ITEMS)
def test_hostile_items_are_refused_with_their_reason(name: str) -> None:
    content, expected, reason = ITEMS[name]
    with pytest.raises(PeerError, match="refused") as caught:
        read_items(content, expected)
    assert reason == "." or reason in caught.value.detail, caught.value.detail
    assert len(caught.value.detail) < 300


@pytest.mark.parametrize("language", LANGUAGES, ids=repr)
def test_a_language_that_is_none_is_refused(language: object) -> None:
    with pytest.raises(PeerError, match="language"):
        read_items(_with_language(language), 1)


@pytest.mark.parametrize("name", ["a bomb of a thousand to one", "a bomb of line breaks", "a bomb for one line"])
def test_a_bomb_is_not_unfolded(name: str) -> None:
    content, expected, _ = ITEMS[name]
    tracemalloc.start()
    with pytest.raises(PeerError):
        read_items(content, expected)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 3 * expected * (MAX_LINE + 1) + 200_000


def _block(change: str) -> bytes:
    codes, scales = VECTORS.codes.copy(), VECTORS.scales.copy()
    match change:
        case "minus 128":
            codes[0, 0] = -128
        case "a silent row with codes":
            scales[1] = 0
        case "a row of zeros with a scale":
            codes[1] = 0
        case "twice as long":
            scales[2] *= 2
        case "half as long":
            scales[2] /= 2
        case "many lengths":
            codes[2] = 127
        case "coarser than need be":
            codes[2] //= 2
            scales[2] *= 2
    block = Int8Vectors(codes, scales).write()
    return {
        "nothing": b"",
        "a byte short": block[:-1],
        "a byte long": block + b"\0",
        "a row short": block[:20],
        "scale NaN": block[:-2] + b"\x00\x7e",
        "scale infinite": block[:-2] + b"\x00\x7c",
        "scale negative": block[:-2] + b"\x00\xa0",
        "scale minus zero": Int8Vectors.of(np.zeros((3, 8), np.float32)).write()[:-2] + b"\x00\x80",
        "scale smallest": block[:-2] + b"\x01\x00",
        "scale largest": block[:-2] + b"\xff\x7b",
        "a PNG": b"\x89PNG\r\n\x1a\n" + bytes(22),
        "text": b"these are thirty bytes of text",
    }.get(change, block)


@pytest.mark.parametrize(
    "change",
    [
        "nothing", "a byte short", "a byte long", "a row short", "scale NaN", "scale infinite", "scale negative",
        "scale minus zero", "scale smallest", "scale largest", "a PNG", "text", "minus 128", "a silent row with codes",
        "a row of zeros with a scale", "twice as long", "half as long", "many lengths", "coarser than need be",
    ],
)  # fmt: skip
def test_hostile_vectors_are_refused(change: str) -> None:
    assert len(read_vectors(VECTORS.write(), 3, 8)) == 3
    with pytest.raises(PeerError, match="vectors"):
        read_vectors(_block(change), 3, 8)


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


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10) | st.just("A" * 43),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(st.sampled_from(list(json.loads(GOOD_MANIFEST))), JSON)
def test_any_value_in_a_manifest_is_read_or_refused(name: str, value: object) -> None:
    _manifest_or_refused(manifest(**{name: value}))


@given(st.sampled_from(list(json.loads(FIRST))), JSON)
def test_any_value_in_a_line_is_read_or_refused(name: str, value: object) -> None:
    content = line(**{name: value})
    try:
        found = read_items(content, 1)
    except PeerError:
        return
    assert read_items(write_items(found), 1) == found


@given(st.binary(max_size=200))
def test_any_bytes_are_refused(content: bytes) -> None:
    _manifest_or_refused(content)
    for expected in (1, 3):
        for items in (content, deflated(content), deflated(content + b"\n")):
            with pytest.raises(PeerError):
                read_items(items, expected)
    with pytest.raises(PeerError):
        read_vectors(content.ljust(30, b"\1")[:30], 3, 8)


@given(st.integers(0, len(GOOD_MANIFEST) - 1), st.integers(0, 255))
def test_any_changed_byte_of_a_manifest_is_read_or_refused(place: int, byte: int) -> None:
    changed = bytearray(GOOD_MANIFEST)
    changed[place] = byte
    _manifest_or_refused(bytes(changed))


@given(st.integers(0, len(LINES) - 1), st.integers(0, 255))
def test_any_changed_byte_of_items_is_read_or_refused(place: int, byte: int) -> None:
    changed = bytearray(LINES)
    changed[place] = byte
    try:
        found = read_items(deflated(bytes(changed)), 2)
    except PeerError:
        return
    assert read_items(write_items(found), 2) == found


@given(st.integers(-300, 300), st.integers(-3, 4100), st.binary(max_size=60))
def test_any_block_is_vectors_or_refused(dimension: int, expected: int, block: bytes) -> None:
    try:
        found = read_vectors(block, expected, dimension)
    except PeerError:
        return
    assert found.write() == block


def _manifest_or_refused(content: bytes) -> None:
    try:
        found = read_manifest(content, KEY)
    except PeerError:
        return
    assert write_manifest(found) == content


def test_a_row_beyond_its_shard_cannot_be_meant(tmp_path: Path) -> None:
    """The three files of a shard agree on one number of rows, or the catalogue is refused as a whole."""
    (tmp_path / "items.00000.jsonl.z").write_bytes(deflated(LINES))
    (tmp_path / "vectors.a-v1-00000000.00000.i8").write_bytes(VECTORS.write())  # three rows, and two lines
    for items in (2, 3):
        made = Manifest(KEY, 1, spaces=(SpaceRef(SPACE, 8),), shards=(ShardRef("00000", items, (SPACE,)),))
        (tmp_path / "manifest.json").write_bytes(write_manifest(made))
        with pytest.raises(PeerError, match="refused"):
            read_catalogue(tmp_path, KEY)


def test_a_scale_is_read_in_one_byte_order_everywhere() -> None:
    assert VECTORS.write()[-2:] == struct.pack("<e", float(VECTORS.scales[-1]))
