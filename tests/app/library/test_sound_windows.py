"""The windows lie where they should, whatever the container makes of seeking."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from app.library import demuxer
from app.library.sound_windows import RATE, can_be_heard, windows
from models.types import Clip

SUFFIXES = [".mp3", ".flac", ".ogg", ".opus", ".m4a", ".wav", ".aiff", ".wma", ".wv", ".tta", ".aac", ".mka"]


def _windows(path: Path) -> list[Clip]:
    with demuxer.opened(path) as container:
        return windows(container, demuxer.sound_stream(container))


def _pitch(samples: np.ndarray) -> float:
    """The loudest frequency, Hz."""
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(np.argmax(spectrum) * RATE / len(samples))


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_three_windows_at_20_50_and_80_per_cent(suffix: str, tmp_path: Path, tone: Callable[..., Path]) -> None:
    # The tone climbs 10 Hz every second, so that its pitch tells the time.
    clips = _windows(tone(tmp_path / f"a{suffix}", 60.0, hertz=300.0, climb=10.0))
    assert [(len(clip.samples), clip.rate) for clip in clips] == [(RATE * 10, RATE)] * 3
    for clip, start in zip(clips, (7.0, 25.0, 43.0), strict=True):
        assert clip.samples.dtype == np.float32
        assert clip.samples.ndim == 1
        for second in (0, 9):
            part = clip.samples[second * RATE : (second + 1) * RATE // 1]
            heard = (_pitch(part) - 300.0) / 10.0 - 0.5
            # An ADTS stream without an index is found by its bit rate, which says little more than the minute.
            assert heard == pytest.approx(start + second, abs=3.0 if suffix == ".aac" else 0.3)


@pytest.mark.parametrize(
    ("seconds", "lengths"), [(0.05, [0.05]), (4.0, [4.0]), (12.0, [6.0] * 2), (25.0, [25 / 3] * 3)]
)
def test_short_pieces_are_cut_into_equal_parts(
    seconds: float, lengths: list[float], tmp_path: Path, tone: Callable[..., Path]
) -> None:
    clips = _windows(tone(tmp_path / "a.wav", seconds))
    assert [len(clip.samples) / RATE for clip in clips] == pytest.approx(lengths, abs=0.01)


@pytest.mark.parametrize(("seconds", "starts"), [(4.0, [0.0]), (12.0, [0.0, 2.0]), (25.0, [0.0, 7.5, 15.0])])
def test_full_windows_of_short_pieces_overlap(
    seconds: float, starts: list[float], tmp_path: Path, tone: Callable[..., Path]
) -> None:
    with demuxer.opened(tone(tmp_path / "a.wav", seconds, hertz=300.0, climb=10.0)) as container:
        clips = windows(container, demuxer.sound_stream(container), full=True)
    for clip, start in zip(clips, starts, strict=True):
        assert len(clip.samples) / RATE == pytest.approx(min(seconds, 10.0), abs=0.01)
        second = clip.samples[:RATE]
        heard = (np.argmax(np.abs(np.fft.rfft(second))) - 300.0) / 10.0
        assert heard == pytest.approx(start + 0.5, abs=0.6)


def test_an_overstated_length_still_gives_sound(tmp_path: Path, tone: Callable[..., Path]) -> None:
    path = tone(tmp_path / "a.flac", 35.0)
    content = bytearray(path.read_bytes())
    content[21] |= 0x0F  # the total of samples in STREAMINFO: hours
    path.write_bytes(content)
    clips = _windows(path)
    assert clips
    assert all(np.abs(clip.samples).max() > 0.1 for clip in clips)


def test_damaged_packets_are_passed_over(tmp_path: Path, tone: Callable[..., Path]) -> None:
    path = tone(tmp_path / "a.mp3", 20.0)
    content = bytearray(path.read_bytes())
    rng = np.random.default_rng(3)
    for at in rng.integers(5000, len(content), 200):
        content[at] = 0
    path.write_bytes(content)
    assert sum(len(clip.samples) for clip in _windows(path)) > 15 * RATE


def test_it_can_be_heard_or_not(tmp_path: Path, tone: Callable[..., Path]) -> None:
    path = tone(tmp_path / "a.flac", 1.0)
    with demuxer.opened(path) as container:
        assert can_be_heard(container, demuxer.sound_stream(container))
    content = path.read_bytes()
    path.write_bytes(content[: content.index(b"\xff\xf8")])
    with demuxer.opened(path) as container:
        assert not can_be_heard(container, demuxer.sound_stream(container))
