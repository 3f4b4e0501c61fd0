"""The spectra every audio block reads: levels in known decibels, and clips of any kind made regular."""

from __future__ import annotations

import numpy as np
import pytest

from models.encoders import sound
from models.types import Clip

RATE = sound.RATE


def _tone(hertz: float, seconds: float = 8.0, level: float = 0.5) -> Clip:
    return Clip((level * np.sin(2 * np.pi * hertz * np.arange(int(seconds * RATE)) / RATE)).astype(np.float32), RATE)


def test_a_full_tone_has_magnitude_one_at_its_frequency() -> None:
    bin_width = RATE / sound.WINDOW
    heard = sound.listen(_tone(100 * bin_width))
    assert heard is not None
    middle = heard.magnitude[len(heard.magnitude) // 2]
    assert int(middle.argmax()) == 100
    assert middle[100] == pytest.approx(1.0, abs=0.01)


def test_nothing_lies_below_the_floor() -> None:
    heard = sound.listen(_tone(440))
    assert heard is not None
    floor = 10 * np.log10(sound.FLOOR)
    assert heard.decibels.min() == pytest.approx(floor, abs=0.01)
    assert heard.mel.min() >= floor - 0.01


def test_frames_per_second() -> None:
    heard = sound.listen(_tone(440, seconds=20))
    assert heard is not None
    assert len(heard.mel) == pytest.approx(20 * sound.FRAMES_PER_SECOND, abs=5)


def test_the_mean_goes_and_the_peak_is_one() -> None:
    wave = sound.normalised(Clip(_tone(440).samples * np.float32(0.01) + np.float32(0.3), RATE))
    assert wave is not None
    assert abs(float(wave.mean())) < 1e-3
    assert float(np.abs(wave).max()) == pytest.approx(1.0, abs=1e-3)


def test_short_is_repeated_and_long_keeps_its_middle() -> None:
    short = sound.normalised(_tone(440, seconds=0.5))
    assert short is not None
    assert len(short) == sound.SHORTEST_SECONDS * RATE
    quarters = np.concatenate([_tone(200, 60).samples, _tone(3000, 60).samples, _tone(200, 60).samples])
    heard = sound.listen(Clip(quarters, RATE))
    assert heard is not None
    assert len(heard.mel) == pytest.approx(sound.LONGEST_SECONDS * sound.FRAMES_PER_SECOND, abs=5)
    loudest = sound.bin_hertz()[heard.magnitude[len(heard.magnitude) // 2].argmax()]
    assert loudest == pytest.approx(3000, abs=12)


@pytest.mark.parametrize("rate", [8000, 44100, 48000])
def test_resampling_keeps_the_pitch(rate: int) -> None:
    samples = np.sin(2 * np.pi * 1000 * np.arange(8 * rate) / rate).astype(np.float32)
    heard = sound.listen(Clip(samples, rate))
    assert heard is not None
    assert sound.bin_hertz()[heard.magnitude[50].argmax()] == pytest.approx(1000, abs=12)


def test_inaudible_once_resampled_is_silence() -> None:
    """A tone above half our rate: loud in the file, nothing to us."""
    samples = np.sin(2 * np.pi * 30000 * np.arange(96000 * 8) / 96000).astype(np.float32)
    ramp = np.hanning(len(samples)).astype(np.float32)
    assert sound.normalised(Clip(samples * ramp, 96000)) is None


def test_mel_filters_are_means_and_cover_the_range() -> None:
    bank = sound.mel_bank()
    assert bank.shape[0] == sound.MELS
    assert bank.sum(axis=1) == pytest.approx(1.0, abs=1e-5)
    centres = sound.bin_hertz()[bank.argmax(axis=1)]
    assert (np.diff(centres) >= 0).all()
    assert centres[0] < 100 < 9000 < centres[-1]


def test_dct_rows_are_orthonormal() -> None:
    matrix = sound.dct_matrix(64, 20)
    assert matrix @ matrix.T == pytest.approx(np.eye(20), abs=1e-5)
