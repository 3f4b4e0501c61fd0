"""The demo's files: real ones that decode, with tags and covers inside; a stopped run goes on where it was."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import av
import mutagen
import numpy as np
import pytest

from app.demo import encode, writer
from app.demo.films import films
from app.demo.programme import LICENCE, pieces
from app.errors import BowerbirdError, MediaError
from app.library.tags import read_tags

SHORT = 3.0


@pytest.fixture
def programme(monkeypatch: pytest.MonkeyPatch) -> int:
    """One short piece in each format and one short film in each; returns how many that makes."""
    chosen = [replace(piece, seconds=SHORT) for piece in pieces()[:4]]
    reels = [replace(film, seconds=1.0) for film in films()[:3]]
    assert [piece.suffix for piece in chosen] == ["flac", "mp3", "ogg", "opus"]
    assert [film.suffix for film in reels] == ["mp4", "webm", "mkv"]
    monkeypatch.setattr(writer, "pieces", lambda: chosen)
    monkeypatch.setattr(writer, "films", lambda: reels)
    return len(chosen) + len(reels)


def files_below(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def make(folder: Path) -> list[tuple[int, int]]:
    told: list[tuple[int, int]] = []
    writer.make_demo(folder, lambda done, total: told.append((done, total)), lambda: False)
    return told


def test_files_decode_and_say_what_they_are(tmp_path: Path, programme: int) -> None:
    told = make(tmp_path)
    assert told == [(number, programme) for number in range(1, programme + 1)]
    written = files_below(tmp_path)
    assert len(written) == programme
    for path in written:
        video = path.parent.name == "Films"
        with av.open(str(path)) as container:
            heard = [frame.to_ndarray() for frame in container.decode(audio=0)]
            rate = container.streams.audio[0].rate
        assert sum(block.size for block in heard) / 2 / rate == pytest.approx(1.0 if video else SHORT, abs=0.12)
        assert max(float(np.abs(block.astype(float)).max()) for block in heard) > 0
        if video:
            with av.open(str(path)) as container:
                pictures = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
                assert container.metadata.get("title") or container.metadata.get("TITLE")
            assert len(pictures) == 24
            assert pictures[0].shape == (270, 480, 3)
            assert pictures[0].std() > 5


def test_tags_and_cover_are_inside(tmp_path: Path, programme: int) -> None:
    make(tmp_path)
    for piece in writer.pieces():
        path = tmp_path / piece.path
        easy = mutagen.File(path, easy=True)
        assert easy["title"] == [piece.title]
        assert easy["artist"] == [piece.album.artist]
        assert easy["album"] == [piece.album.title]
        assert easy["genre"] == [piece.album.genre]
        assert easy["date"] == [str(piece.album.year)]
        assert easy["tracknumber"][0].split("/")[0] == str(piece.track)
        full = mutagen.File(path)
        names = " ".join(str(name).lower() for name in full)
        assert ("r128_track_gain" if piece.suffix == "opus" else "replaygain_track_gain") in names
        assert getattr(full, "pictures", None) or "apic" in names or "metadata_block_picture" in names


def test_same_bytes_every_time(tmp_path: Path, programme: int) -> None:
    digests = []
    for name in ("one", "two"):
        make(tmp_path / name)
        sounds = [path for path in files_below(tmp_path / name) if path.parent.name != "Films"]
        digests.append([hashlib.sha256(path.read_bytes()).hexdigest() for path in sounds])
    assert digests[0] == digests[1]


def test_cancelled_run_goes_on_where_it_stopped(tmp_path: Path, programme: int) -> None:
    asked = iter([False, False, True])
    told: list[int] = []
    writer.make_demo(tmp_path, lambda done, total: told.append(done), lambda: next(asked))
    assert told == [1, 2]
    first = {path: path.stat().st_mtime_ns for path in files_below(tmp_path)}
    assert len(first) == 2
    assert len(make(tmp_path)) == programme
    assert {path: path.stat().st_mtime_ns for path in first} == first


def test_empty_file_left_by_a_crash_is_written_again(tmp_path: Path, programme: int) -> None:
    path = tmp_path / writer.pieces()[0].path
    path.parent.mkdir(parents=True)
    path.touch()
    make(tmp_path)
    assert path.stat().st_size > 1000


def test_failed_encoding_leaves_nothing_behind(tmp_path: Path, programme: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(path: Path, suffix: str, sound: object) -> None:
        path.write_bytes(b"half")
        raise MediaError("The sound could not be encoded", "no reason", path)

    monkeypatch.setattr(writer, "write_sound", breaks)
    with pytest.raises(MediaError):
        make(tmp_path)
    assert files_below(tmp_path) == []


def test_missing_encoder_gives_another_honest_format(monkeypatch: pytest.MonkeyPatch) -> None:
    present = encode.can_encode
    monkeypatch.setattr(encode, "can_encode", lambda codec: codec != "libmp3lame" and present(codec))
    assert writer.writable("mp3") == "flac"
    assert writer.writable("ogg") == "ogg"
    monkeypatch.setattr(encode, "can_encode", lambda codec: False)
    with pytest.raises(MediaError):
        writer.writable("mp3")


def test_unknown_codec_is_not_claimed() -> None:
    assert encode.can_encode("flac")
    assert not encode.can_encode("libbowerbird")


def test_place_that_cannot_be_written_is_said(tmp_path: Path, programme: int) -> None:
    (tmp_path / "taken").write_text("a file where a folder should be")
    with pytest.raises(BowerbirdError) as told:
        make(tmp_path / "taken")
    assert told.value.path is not None


def test_every_file_says_that_it_may_be_shared(tmp_path: Path, programme: int) -> None:
    make(tmp_path)
    found = {path.suffix: read_tags(path).licence for path in files_below(tmp_path)}
    assert len(found) == programme
    for unread in (".webm", ".mkv"):  # the tags of Matroska files are not read
        del found[unread]
    assert set(found.values()) == {LICENCE}, found
