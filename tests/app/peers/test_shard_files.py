"""A shard's files: Offerings and vectors come back as they went in, in the same bytes each time."""

from __future__ import annotations

import json
import zlib
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import PeerError
from app.peers.catalogue import MAX_LINE, SHARD_ITEMS, Offering
from app.peers.mime import MIMES
from app.peers.shard_files import fitted, read_items, read_vectors, write_items
from models.int8 import Int8Vectors
from models.types import F32

FULL = Offering.of(
    b"\x07" * 32, 5_000_000, "video/mp4", duration=61.25, title="Title", artist="Artist", album="Album",
    tags=("rock", "jazz"), year=1999, language="de", licence="CC BY 4.0", width=640, height=480,
)  # fmt: skip


@st.composite
def _offerings(draw: st.DrawFn) -> Offering:
    return Offering.of(
        draw(st.binary(min_size=32, max_size=32)),
        draw(st.integers(1, 2**38)),
        draw(st.sampled_from(sorted(MIMES))),
        duration=draw(st.floats(-1, 1e7)),
        title=draw(st.text(max_size=250)),
        artist=draw(st.text(max_size=250)),
        album=draw(st.text(max_size=250)),
        tags=draw(st.lists(st.text(max_size=70), max_size=20)),
        year=draw(st.none() | st.integers(-5, 12_000)),
        language=draw(st.sampled_from(["", "de", "pt-BR", "???"])),
        licence=draw(st.text(max_size=50)),
        width=draw(st.integers(0, 20_000)),
        height=draw(st.integers(0, 20_000)),
    )


def unit(count: int, dimension: int, seed: int = 0) -> F32:
    """Random unit vectors `(count, dimension)`."""
    vectors = np.random.default_rng(seed).normal(size=(count, dimension)).astype(np.float32)
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


@given(st.lists(_offerings(), min_size=1, max_size=6, unique_by=lambda offering: offering.root))
def test_offerings_come_back_equal(offerings: list[Offering]) -> None:
    content = write_items(offerings)
    found = read_items(content, len(offerings))
    assert found == tuple(fitted(offering) for offering in offerings)
    assert write_items(found) == content


def test_a_line_reads_like_json() -> None:
    lines = zlib.decompress(write_items([FULL, Offering(b"\x08" * 32, 1, "audio/mpeg")])).decode().splitlines()
    first, second = map(json.loads, lines)
    assert first == {
        "root": "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc", "size": 5_000_000, "mime": "video/mp4", "ms": 61_250,
        "title": "Title", "artist": "Artist", "album": "Album", "tags": ["rock", "jazz"], "year": 1999,
        "language": "de", "licence": "CC BY 4.0", "width": 640, "height": 480,
    }  # fmt: skip
    assert list(second) == ["root", "size", "mime"]


def test_what_is_too_long_for_a_line_is_shortened_from_its_end() -> None:
    tags = tuple(f"{number:02d}" + "雨" * 58 for number in range(16))
    long = replace(FULL, title="😀" * 200, artist="雪" * 200, album="雲" * 200, tags=tags, licence="夜" * 200)
    (found,) = read_items(write_items([long]), 1)
    assert found == fitted(long) == fitted(found)
    assert found.tags == ()
    assert found.title == long.title
    assert long.artist.startswith(found.artist)
    assert replace(found, title="", artist="", album="") == replace(long, title="", artist="", album="", tags=())
    some = replace(FULL, tags=tags)
    assert fitted(some).tags == tags[: len(fitted(some).tags)]
    assert 0 < len(fitted(some).tags) < 16
    assert fitted(FULL) == FULL


def test_texts_are_cleaned_while_they_are_read() -> None:
    line = '{"root":"%s","size":1,"mime":"audio/mpeg","title":"a\u202eb","artist":"\u200b","tags":["x ","x"]}\n'
    (found,) = read_items(zlib.compress((line % ("A" * 43)).encode()), 1)
    assert (found.title, found.artist, found.tags) == ("ab", "", ("x",))


@pytest.mark.parametrize(
    "change",
    [
        {"root": b"\x07" * 31},
        {"size": 0},
        {"size": 2**39},
        {"mime": "text/html"},
        {"duration": -1.0},
        {"duration": 0.0004999},
        {"duration": float("nan")},
        {"duration": float("inf")},
        {"duration": 1e9},
        {"title": "a\u202eb"},
        {"title": "x" * 201},
        {"title": "\ud800"},
        {"artist": " "},
        {"tags": ("",)},
        {"tags": ("a", "a")},
        {"tags": ("x" * 61,)},
        {"tags": tuple(map(str, range(17)))},
        {"tags": ["a"]},
        {"year": 0},
        {"year": 10_000},
        {"language": "Deutsch"},
        {"width": 0},
        {"height": -1},
        {"width": 16_385},
        {"mime": "audio/mpeg"},
        {"licence": "x" * 3000},
    ],
    ids=lambda change: str(change)[:40],
)
def test_what_would_be_refused_is_not_written(change: dict[str, object]) -> None:
    with pytest.raises(PeerError, match="cannot be written"):
        write_items([replace(FULL, **change)])


def test_a_shard_holds_1_to_4096_roots_each_once() -> None:
    full = [Offering(number.to_bytes(32, "big"), 1, "audio/mpeg") for number in range(SHARD_ITEMS)]
    assert len(read_items(write_items(full), SHARD_ITEMS)) == SHARD_ITEMS
    for wrong in ([], [*full, FULL], [FULL, FULL]):
        with pytest.raises(PeerError, match="cannot be written"):
            write_items(wrong)


def test_lines_as_long_as_they_may_be_are_read() -> None:
    longest = replace(FULL, title="😀" * 200, artist="雪" * 200, tags=tuple(f"{number:x}" * 60 for number in range(9)))
    longest = fitted(replace(longest, tags=(*longest.tags, "y" * 60)))
    (line,) = zlib.decompress(write_items([longest])).splitlines()
    longest = replace(longest, licence="CC BY 4.0" + "!" * (MAX_LINE - len(line)))
    content = write_items([longest])
    assert len(zlib.decompress(content)) == MAX_LINE + 1
    assert read_items(content, 1) == (longest,)


@pytest.mark.parametrize("dimension", [1, 8, 860, 1543, 4096])
def test_vectors_come_back(dimension: int) -> None:
    vectors = unit(20, dimension)
    vectors[3] = 0.0
    written = Int8Vectors.of(vectors)
    found = read_vectors(written.write(), 20, dimension)
    assert np.array_equal(found.codes, written.codes)
    assert np.array_equal(found.scales, written.scales)
    assert list(np.flatnonzero(~found.present)) == [3]


@pytest.mark.parametrize("small", [0.4, 0.499, 0.501, 0.6, 1.0])
def test_the_worst_of_rounding_still_passes(small: float) -> None:
    """One large number and 4,095 that all round up, or all down, move a vector's length the most."""
    vector = np.full((1, 4096), small / 127, np.float32)
    vector[0, 0] = 1.0
    vector /= np.linalg.norm(vector)
    assert len(read_vectors(Int8Vectors.of(vector).write(), 1, 4096)) == 1
