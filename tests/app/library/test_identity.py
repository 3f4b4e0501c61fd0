"""A recording keeps its identity whatever is done to its tags, its name and its place."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mutagen
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mutagen.apev2 import APEv2
from mutagen.flac import FLAC, Picture
from mutagen.id3 import APIC, COMM, ID3, TIT2
from mutagen.mp4 import MP4, MP4Cover

from app.errors import MediaError
from app.library.identity import BLOCK, BLOCKS, LENGTH, identity

LONG = "long comment " * 20_000
"""260 kB: it fills several Ogg pages and outgrows every padding."""

TAGGED = [".mp3", ".flac", ".ogg", ".opus", ".m4a", ".mp4", ".wav", ".aiff", ".wma", ".wv", ".tta", ".aac", ".ac3"]


def _comment(path: Path, text: str) -> None:
    parsed: Any = mutagen.File(path)
    if parsed is None or type(parsed).__name__ in ("AAC", "AC3"):  # read but not written by mutagen as such
        tags = APEv2()
        tags["Title"] = text
        tags.save(path)
        return
    if parsed.tags is None:
        parsed.add_tags()
    if isinstance(parsed, MP4):
        parsed["\xa9cmt"] = [text]
    elif isinstance(parsed.tags, ID3):
        parsed.tags.add(COMM(encoding=3, lang="eng", desc="", text=[text]))
        parsed.tags.add(TIT2(encoding=3, text=[text[:30]]))
    elif type(parsed).__name__ == "ASF":
        parsed["Description"] = [text[:30_000]]
    else:
        parsed["comment"] = [text]
    parsed.save()


def _cover(path: Path, picture: bytes) -> None:
    parsed: Any = mutagen.File(path)
    if isinstance(parsed, FLAC):
        block = Picture()
        block.data, block.type, block.mime = picture, 3, "image/png"
        parsed.add_picture(block)
        parsed.save()
    elif isinstance(parsed, MP4):
        parsed["covr"] = [MP4Cover(picture, MP4Cover.FORMAT_PNG)]
        parsed.save()
    elif parsed is not None and isinstance(parsed.tags, ID3):
        parsed.tags.add(APIC(encoding=3, mime="image/png", type=3, desc="", data=picture))
        parsed.save()


def _untag(path: Path) -> None:
    parsed: Any = mutagen.File(path)
    if parsed is None or type(parsed).__name__ in ("AAC", "AC3"):
        APEv2(path).delete(path)
    else:
        parsed.delete()


@pytest.mark.parametrize("suffix", TAGGED)
def test_retagging_changes_nothing(
    suffix: str, tmp_path: Path, tone: Callable[..., Path], picture: Callable[..., bytes]
) -> None:
    path = tone(tmp_path / f"a{suffix}", 6.0)
    first = identity(path)
    size = path.stat().st_size
    _comment(path, "short")
    assert identity(path) == first
    _comment(path, LONG)
    assert path.stat().st_size > size + 20_000
    assert identity(path) == first
    _cover(path, picture((400, 400), kind="BMP"))
    assert identity(path) == first
    _untag(path)
    assert identity(path) == first
    moved = shutil.copy(path, tmp_path / f"moved{suffix}")
    assert identity(Path(moved)) == first


@pytest.mark.parametrize("suffix", TAGGED)
def test_another_recording_differs(suffix: str, tmp_path: Path, tone: Callable[..., Path]) -> None:
    made = [
        identity(tone(tmp_path / f"a{suffix}", 3.0)),
        identity(tone(tmp_path / f"b{suffix}", 3.0, seed=1)),
        identity(tone(tmp_path / f"c{suffix}", 3.5)),
    ]
    assert len(set(made)) == 3
    assert all(len(name) == LENGTH for name in made)


@pytest.mark.media
def test_real_files_keep_their_identity_too(shared_media: Path, tmp_path: Path) -> None:
    seen: dict[bytes, Path] = {}
    files = [path for path in sorted(shared_media.rglob("*")) if path.is_file() and path.suffix != ".md"]
    for path in files:
        name = identity(path)
        assert name not in seen, (path, seen.get(name))
        seen[name] = path
        if path.suffix in (".webm",) or path.stat().st_size > 3_000_000:
            continue
        copy = tmp_path / f"copy{path.suffix}"
        shutil.copyfile(path, copy)
        _comment(copy, LONG)
        assert identity(copy) == name, path
        _untag(copy)
        assert identity(copy) == name, path
    assert len(seen) == len(files)


def test_tags_in_front_and_behind_an_mp3(tmp_path: Path, tone: Callable[..., Path]) -> None:
    path = tone(tmp_path / "a.mp3")
    _untag(path)
    first = identity(path)
    sound = path.read_bytes()
    id3v1 = b"TAG" + bytes(125)
    lyrics = b"LYRICSBEGIN" + b"la " * 50
    lyrics += f"{len(lyrics):06d}".encode() + b"LYRICS200"
    ape = tmp_path / "ape.mp3"
    ape.write_bytes(sound)
    _comment(ape, "x")
    tags = APEv2()
    tags["Title"] = "y" * 300
    tags.save(ape)
    for front, back in (
        (b"", id3v1),
        (b"", lyrics + id3v1),
        (b"ID3\x04\x00\x00\x00\x00\x02\x00" + bytes(256), b""),
        (b"ID3\x04\x00\x00\x00\x00\x02\x00" + bytes(256) + bytes(999), id3v1),  # padding beyond the tag
    ):
        path.write_bytes(front + sound + back)
        assert identity(path) == first
    path.write_bytes(ape.read_bytes() + id3v1)
    assert identity(path) == first


def test_matroska_tags_and_voids_do_not_count(tmp_path: Path, film: Callable[..., Path]) -> None:
    path = film(tmp_path / "a.mkv", 12.0)
    first = identity(path)
    content = path.read_bytes()
    tags = b"\x12\x54\xc3\x67" + b"\x40\x64" + b"\xec\x40\x61" + bytes(0x61)  # Tags element that holds a Void
    path.write_bytes(content + tags)
    assert identity(path) == first
    cluster = content.index(b"\x1f\x43\xb6\x75")
    assert content.count(b"\x1f\x43\xb6\x75") > 1
    path.write_bytes(content[:cluster] + b"\xec\x84abcd" + content[cluster:])
    assert identity(path) == first
    changed = bytearray(content)
    changed[cluster + 2000] ^= 1
    path.write_bytes(changed)
    assert identity(path) != first


def test_avi_index_and_words_do_not_count(tmp_path: Path, film: Callable[..., Path]) -> None:
    path = film(tmp_path / "a.avi")
    first = identity(path)
    content = path.read_bytes()
    grown = content + b"LIST" + (12).to_bytes(4, "little") + b"INFOINAM" + bytes(4)
    grown = grown[:4] + (len(grown) - 8).to_bytes(4, "little") + grown[8:]
    path.write_bytes(grown)
    assert identity(path) == first


def test_a_change_in_any_sampled_block_shows(tmp_path: Path) -> None:
    path = tmp_path / "a.tak"
    content = bytearray(random.Random(1).randbytes(4_000_000))
    path.write_bytes(content)
    first = identity(path)
    for number in range(BLOCKS):
        changed = bytearray(content)
        changed[number * (len(content) - BLOCK) // (BLOCKS - 1) + 100] ^= 0xFF
        path.write_bytes(changed)
        assert identity(path) != first, number
    path.write_bytes(content + b"x")
    assert identity(path) != first


def test_what_cannot_be_read_says_so(tmp_path: Path) -> None:
    (tmp_path / "empty.mp3").touch()
    with pytest.raises(MediaError, match="empty"):
        identity(tmp_path / "empty.mp3")
    with pytest.raises(MediaError, match="cannot be read"):
        identity(tmp_path / "none.mp3")
    with pytest.raises(MediaError, match="cannot be read"):
        identity(tmp_path)


HEADS = [
    b"OggS\0\2", b"RIFF\xff\xff\xff\xffWAVE", b"RIFF\x10\0\0\0AVI LIST", b"fLaC", b"ID3\4\0\0\0\0\0\x0a", b"FORM",
    b"\0\0\0\x18ftypM4A ", b"\0\0\0\1mdat\xff\xff\xff\xff\xff\xff\xff\xff", b"\x1a\x45\xdf\xa3\x84", b"DSD ", b"FRM8",
    bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c"), b"APETAGEX", b"\x1a\x45\xdf\xa3\x80\x18\x53\x80\x67\xff",
]  # fmt: skip


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(head=st.sampled_from(HEADS), body=st.binary(max_size=600), tail=st.sampled_from([b"", b"TAG" + bytes(125)]))
def test_any_bytes_have_an_identity(head: bytes, body: bytes, tail: bytes, tmp_path: Path) -> None:
    path = tmp_path / "any"
    path.write_bytes(head + body + tail)
    assert identity(path) == identity(path)


@pytest.mark.media
def test_odd_files_have_an_identity_or_a_reason(shared_odd_media: Path) -> None:
    named = 0
    reasons: list[str] = []
    for path in sorted(shared_odd_media.rglob("*")):
        if path.is_file():
            try:
                named += len(identity(path)) == LENGTH
            except MediaError as error:
                reasons.append(error.title)
    assert all(reasons)
    assert named > 900
