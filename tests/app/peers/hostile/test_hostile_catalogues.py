"""Items and vectors that somebody made to hurt: each refused with its reason, in bounds, never with another error."""

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
from app.peers.catalogue import MAX_LINE, SHARD_ITEMS, Manifest, Offering, ShardRef, SpaceRef
from app.peers.manifest import write_manifest
from app.peers.shard_files import read_items, read_vectors, write_items
from app.peers.wire import read_catalogue
from models.int8 import Int8Vectors
from tests.forged import JSON, KEY, SPACE, reordered, text

OFFERINGS = [
    Offering.of(b"\x07" * 32, 1000, "video/mp4", duration=61.25, title="A", tags=("x",), year=1999, width=6, height=4),
    Offering.of(b"\x08" * 32, 2000, "audio/mpeg", title="B", artist="C", album="D", language="de", licence="CC0"),
]
LINES = zlib.decompress(write_items(OFFERINGS))
FIRST = LINES.splitlines()[0]
VECTORS = Int8Vectors.of(np.eye(8, dtype=np.float32)[:3])


def deflated(content: bytes) -> bytes:
    """As items files are."""
    return zlib.compress(content, 9)


def line(**changes: Any) -> bytes:
    """Items of one line with other values; what is new comes last, `...` takes a field away."""
    value = json.loads(FIRST) | changes
    return deflated(text({name: part for name, part in value.items() if part is not ...}) + b"\n")


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
    for expected in (1, 3):
        for items in (content, deflated(content), deflated(content + b"\n")):
            with pytest.raises(PeerError):
                read_items(items, expected)
    with pytest.raises(PeerError):
        read_vectors(content.ljust(30, b"\1")[:30], 3, 8)


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
