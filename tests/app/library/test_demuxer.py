"""Opening files, and the words for what goes wrong."""

from __future__ import annotations

import errno
import time
from collections.abc import Callable
from pathlib import Path

import av
import av.error
import pytest

from app.errors import MediaError
from app.files import Kind
from app.library import demuxer
from app.library.demuxer import facts, opened, why


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (av.error.DecoderNotFoundError(1, "x"), "no decoder for this codec"),
        (av.error.EOFError(1, "x"), "the file ends too early"),
        (av.error.InvalidDataError(1, "x"), "damaged"),
        (av.error.PatchWelcomeError(1, "x"), "not supported"),
        (av.error.ArgumentError(errno.EINVAL, "x"), "not a supported media format"),
        (MemoryError(), "memory"),
        (OSError(errno.ENOMEM, "x"), "memory"),
        (OSError(errno.EIO, "x"), "drive"),
        (OSError(errno.EINVAL, "x"), "damaged"),
        (FileNotFoundError(), "no longer there"),
        (PermissionError(), "not allowed"),
        (ValueError("strange"), "strange"),
        (ValueError(), "ValueError"),
    ],
)
def test_reasons_are_words(error: Exception, words: str) -> None:
    assert words in why(error)


def test_facts_of_song_and_film(tmp_path: Path, tone: Callable[..., Path], film: Callable[..., Path]) -> None:
    with opened(tone(tmp_path / "a.mp3")) as container:
        song = facts(container)
    assert (song.kind, song.codec, song.sample_rate, song.channels, song.width) == (Kind.TRACK, "mp3", 48_000, 2, None)
    assert song.bitrate == pytest.approx(128_000, rel=0.2)
    with opened(tone(tmp_path / "a.wav")) as container:
        assert facts(container).codec == "pcm"
    with opened(film(tmp_path / "a.mkv")) as container:
        shown = facts(container)
    assert (shown.kind, shown.codec, shown.width, shown.height) == (Kind.VIDEO, "mpeg4", 160, 96)


def test_an_attached_cover_is_no_film(tmp_path: Path, tone: Callable[..., Path], picture: Callable[..., bytes]) -> None:
    from mutagen.mp4 import MP4, MP4Cover

    path = tone(tmp_path / "a.m4a")
    parsed = MP4(path)
    parsed["covr"] = [MP4Cover(picture(), MP4Cover.FORMAT_PNG)]
    parsed.save()
    with opened(path) as container:
        assert len(container.streams.video) == 1
        assert demuxer.film_stream(container) is None
        assert facts(container).kind == Kind.TRACK


def test_pixels_that_are_not_square_are_shown_as_they_should(tmp_path: Path) -> None:
    from fractions import Fraction

    import numpy as np

    path = tmp_path / "a.mkv"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 72, 56, "yuv420p"
        stream.codec_context.sample_aspect_ratio = Fraction(2, 1)
        frame = av.VideoFrame.from_ndarray(np.full((56, 72, 3), 99, np.uint8), "rgb24")
        out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    with opened(path) as container:
        shown = facts(container)
    assert (shown.width, shown.height) == (144, 56)


def test_when_time_is_up_the_file_seems_to_end(tmp_path: Path, tone: Callable[..., Path]) -> None:
    path = tone(tmp_path / "a.wav", 5.0)
    with pytest.raises(MediaError, match=r"damaged|ends too early"), opened(path, time.monotonic() - 1):
        pass


def test_nothing_to_hear_or_see(tmp_path: Path) -> None:
    path = tmp_path / "empty.mp4"
    path.write_bytes((16).to_bytes(4, "big") + b"ftypisom\0\0\0\0" + (8).to_bytes(4, "big") + b"moov")
    with pytest.raises(MediaError), opened(path) as container:
        facts(container)
