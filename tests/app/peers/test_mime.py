"""Types of published files: a closed list, each with one extension, told by a file's bytes before its name."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.files import AUDIO_SUFFIXES, VIDEO_SUFFIXES, Kind
from app.files import kind_of as kind_of_suffix
from app.peers.mime import HEAD_BYTES, MIMES, agrees, extension_of, kind_of, mime_of, sniff

FRAME = b"\xff\xfb\x90\x64"


def test_each_type_has_an_extension_of_its_own_that_the_library_takes() -> None:
    assert len(set(MIMES.values())) == len(MIMES)
    for mime, extension in MIMES.items():
        assert kind_of_suffix(f"x{extension}") is kind_of(mime)
        assert extension_of(mime) == extension
        assert mime_of(f"x{extension}", b"", kind_of(mime)) == mime
    assert extension_of("application/x-sh") is None


def test_nearly_every_suffix_of_the_library_can_be_published() -> None:
    left_out = {s for s in AUDIO_SUFFIXES if mime_of("x" + s, b"", Kind.TRACK) is None}
    left_out |= {s for s in VIDEO_SUFFIXES if mime_of("x" + s, b"", Kind.VIDEO) is None}
    assert left_out == {".ofr", ".ofs", ".ra", ".rm", ".rmvb", ".mxf", ".nut"}


@pytest.mark.parametrize(
    ("name", "head", "kind", "mime"),
    [
        ("x.mp3", FRAME, Kind.TRACK, "audio/mpeg"),
        ("x.ogg", FRAME, Kind.TRACK, "audio/mpeg"),
        ("x.mp2", b"\xff\xfd\x90\x64", Kind.TRACK, "audio/mpeg"),
        ("x.bin", b"\xff\xf1\x50\x80", Kind.TRACK, "audio/aac"),
        ("x.mp3", b"ID3\x04\0\0\0\0\0\x05" + bytes(5) + b"fLaC", Kind.TRACK, "audio/flac"),
        ("x.mp3", b"ID3\x04\0\0\0\x7f\x7f\x7f" + bytes(4000), Kind.TRACK, "audio/mpeg"),
        ("x.mp3", b"ID3", Kind.TRACK, "audio/mpeg"),
        ("x.flac", b"fLaC\0\0\0\x22", Kind.TRACK, "audio/flac"),
        ("x.oga", b"OggS" + bytes(24) + b"\x01vorbis", Kind.TRACK, "audio/ogg"),
        ("x.ogg", b"OggS" + bytes(24) + b"OpusHead", Kind.TRACK, "audio/opus"),
        ("x.ogg", b"OggS" + bytes(24) + b"\x80theora", Kind.VIDEO, "video/ogg"),
        ("x.ogv", b"OggS" + bytes(24) + b"\x80theora", Kind.TRACK, "audio/ogg"),
        ("x.mp4", b"\0\0\0\x18ftypisom", Kind.VIDEO, "video/mp4"),
        ("x.mp4", b"\0\0\0\x18ftypisom", Kind.TRACK, "audio/mp4"),
        ("x.mov", b"\0\0\0\x18ftypqt  ", Kind.VIDEO, "video/quicktime"),
        ("x.mov", b"\0\0\0\x18ftypqt  ", Kind.TRACK, "audio/mp4"),
        ("x.mkv", b"\x1aE\xdf\xa3" + bytes(8) + b"matroska", Kind.VIDEO, "video/matroska"),
        ("x.mkv", b"\x1aE\xdf\xa3" + bytes(8) + b"webm", Kind.VIDEO, "video/webm"),
        ("x.mka", b"\x1aE\xdf\xa3" + bytes(8) + b"matroska", Kind.TRACK, "audio/matroska"),
        ("x.wav", b"RIFF\0\0\0\0WAVEfmt ", Kind.TRACK, "audio/wav"),
        ("x.avi", b"RIFF\0\0\0\0AVI LIST", Kind.VIDEO, "video/avi"),
        ("x.wav", b"RIFF\0\0\0\0WEBPVP8 ", Kind.TRACK, "audio/wav"),
        ("x.aif", b"FORM\0\0\0\0AIFFCOMM", Kind.TRACK, "audio/aiff"),
        ("x", b"FORM\0\0\0\0ILBMBMHD", Kind.TRACK, None),
        ("x.wmv", b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", Kind.VIDEO, "video/wmv"),
        ("x.wma", b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", Kind.TRACK, "audio/wma"),
        ("x.mts", (b"\0\0\0\0\x47" + bytes(187)) * 3, Kind.VIDEO, "video/mp2t"),
        ("x.ts", (b"\x47" + bytes(187)) * 3, Kind.VIDEO, "video/mp2t"),
        ("x.ts", (b"\x47" + bytes(187)) * 3, Kind.TRACK, None),
        ("x.mp3", b"\xff\xff\xff\xff", Kind.TRACK, "audio/mpeg"),
        ("x.exe", b"MZ\x90\0", Kind.TRACK, None),
        ("x.flac", b"fLaC", Kind.VIDEO, None),
    ],
)
def test_type(name: str, head: bytes, kind: Kind, mime: str | None) -> None:
    assert mime_of(name, head, kind) == mime


@given(st.binary(max_size=HEAD_BYTES), st.sampled_from(list(Kind)))
def test_any_bytes_give_a_type_of_the_list_or_none(head: bytes, kind: Kind) -> None:
    mime = mime_of("x.mp3" if kind is Kind.TRACK else "x.mkv", head, kind)
    assert mime is None or (mime in MIMES and kind_of(mime) is kind)


def test_a_beginning_that_is_another_type_does_not_agree() -> None:
    assert agrees("audio/mpeg", FRAME)
    assert agrees("audio/mpeg", bytes(100))
    assert agrees("video/mp4", b"\0\0\0\x18ftypisom")
    assert agrees("audio/mp4", b"\0\0\0\x18ftypqt  ")
    assert not agrees("audio/mpeg", b"fLaC")
    assert not agrees("video/mp4", b"\x1aE\xdf\xa3")


def test_real_media_are_what_their_names_say(shared_media: Path) -> None:
    found = 0
    for path in sorted(shared_media.rglob("*")):
        kind = kind_of_suffix(path)
        if kind is None:
            continue
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
        found += 1
        assert mime_of(path.name, head, kind) == mime_of(path.name, b"", kind), path.name
        assert sniff(head) is None or agrees(mime_of(path.name, b"", kind) or "", head)
    assert found
