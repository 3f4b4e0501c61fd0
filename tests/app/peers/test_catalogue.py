"""The values of a catalogue: what of the library may be published, and what names and numbers have one form."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import PeerError
from app.files import Kind
from app.peers.catalogue import (
    MAX_SIZE,
    Manifest,
    Offering,
    ShardRef,
    base64_of,
    bytes32,
    is_language,
    is_shard,
    is_space,
)

ROOT = b"\x07" * 32


def test_an_offering_keeps_what_can_be_said() -> None:
    made = Offering.of(
        ROOT, 5_000_000, "video/mp4", duration=61.23456, title=" A\u202e  b ", artist="Zoe\u0308", album="C",
        tags=["rock", "rock", " ", "jazz"], year=1999, language="pt-BR", licence="CC BY 4.0", width=640, height=480,
    )  # fmt: skip
    assert made == Offering(
        ROOT, 5_000_000, "video/mp4", 61.235, "A b", "Zo\u00eb", "C", ("rock", "jazz"), 1999, "pt-BR", "CC BY 4.0",
        640, 480,
    )  # fmt: skip
    assert made.kind is Kind.VIDEO
    assert made.extension == ".mp4"


@pytest.mark.parametrize("duration", [-1.0, 0.0, float("nan"), float("inf"), 1e7, 1e300])
def test_a_duration_that_is_none_is_left_out(duration: float) -> None:
    assert Offering.of(ROOT, 1, "audio/mpeg", duration=duration).duration == 0.0


def test_what_cannot_be_said_is_left_out() -> None:
    made = Offering.of(ROOT, 1, "audio/flac", year=0, language="Deutsch!", width=640, height=480)
    assert (made.year, made.language, made.width, made.height) == (None, "", 0, 0)
    assert Offering.of(ROOT, 1, "video/mp4", year=10_000, width=640).year is None
    assert Offering.of(ROOT, 1, "video/mp4", width=640, height=99_999).width == 0
    assert made.kind is Kind.TRACK


@pytest.mark.parametrize(
    ("root", "size", "mime"),
    [
        (b"\x07" * 31, 1, "audio/mpeg"),
        (ROOT, 0, "audio/mpeg"),
        (ROOT, MAX_SIZE + 1, "audio/mpeg"),
        (ROOT, 1, "text/html"),
        (ROOT, 1, ""),
    ],
)
def test_what_cannot_be_published(root: bytes, size: int, mime: str) -> None:
    with pytest.raises(PeerError, match="cannot be published"):
        Offering.of(root, size, mime)


def test_a_type_of_no_list_has_no_extension() -> None:
    assert Offering(ROOT, 1, "text/html").extension == ""


def test_a_manifest_counts_its_lines() -> None:
    assert Manifest(ROOT, 1, shards=(ShardRef("00000", 4096), ShardRef("00003", 4))).items == 4100


@given(st.binary(min_size=32, max_size=32))
def test_32_bytes_have_one_text(number: bytes) -> None:
    assert bytes32(base64_of(number), "it") == number


@given(st.text(max_size=50) | st.text("ABCabc-_=+/01", min_size=43, max_size=43) | st.none() | st.integers())
def test_any_text_is_32_bytes_or_refused(text: object) -> None:
    try:
        number = bytes32(text, "it")
    except ValueError:
        return
    assert base64_of(number) == text


def test_names_of_spaces_shards_and_languages() -> None:
    assert is_space("builtin-audio-v1-fa22c9e3f594f2d4")
    assert not any(map(is_space, ("", "a", "a-v0-00000000", "a-v1-0000000", "a-v1-0000000G", "a--b-v1-00000000")))
    assert not is_space("a" * 50 + "-v1-00000000")
    assert not is_space("a-v1-00000000\n")
    assert is_shard("00000")
    assert not any(map(is_shard, ("", "0000", "000000", "0000a", "٠٠٠٠٠", "00000\n")))
    assert is_language("de")
    assert is_language("zh-Hant-TW")
    assert not any(map(is_language, ("", "d", "DE", "german", "de-", "de_DE", "de\n", "de-a-b-c")))
