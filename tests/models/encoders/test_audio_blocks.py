"""Each audio block hears what it is for, and not what it should not mind."""

from __future__ import annotations

import numpy as np
import pytest

from models.encoders import audio_harmony, audio_patterns, audio_rhythm, audio_timbre, builtin_audio
from models.encoders.sound import RATE, Sound, listen
from models.types import F32, Clip

SECONDS = np.arange(10 * RATE) / RATE
NOISE = np.random.default_rng(0).normal(size=len(SECONDS))


def heard(wave: np.ndarray) -> Sound:
    found = listen(Clip((wave / np.abs(wave).max()).astype(np.float32), RATE))
    assert found is not None
    return found


def chord(*hertz: float) -> np.ndarray:
    """Tones with three overtones each, struck twice a second."""
    struck = np.exp(-((SECONDS * 2) % 1) * 3)
    return sum(np.sin(2 * np.pi * h * k * SECONDS) / k for h in hertz for k in (1, 2, 3)) * struck


def hits(per_second: float) -> np.ndarray:
    return NOISE * np.exp(-((SECONDS * per_second) % 1) * 15)


def cosine(first: F32, second: F32) -> float:
    return float(first @ second / (np.linalg.norm(first) * np.linalg.norm(second)))


@pytest.mark.parametrize("wave", [NOISE, chord(220, 330), hits(3), np.sin(2 * np.pi * 100 * SECONDS)])
def test_blocks_have_their_size_and_are_finite(wave: np.ndarray) -> None:
    raw = builtin_audio.raw_features(Clip((wave / np.abs(wave).max()).astype(np.float32), RATE))
    assert raw.shape == (860,)
    assert raw.dtype == np.float32
    assert np.isfinite(raw).all()


def test_the_layout_is_the_documented_one() -> None:
    documented = [
        (int(cells[1]), int(cells[2]), cells[3].strip())
        for cells in (line.split("|") for line in (builtin_audio.__doc__ or "").splitlines() if line.startswith("|"))
        if cells[1].strip().isdigit()
    ]
    at = 0
    built = []
    for block in builtin_audio.SPEC.blocks:
        built.append((at, block.size, block.name))
        at += block.size
    assert documented == built
    assert at == builtin_audio.SPEC.dimension == 860


def test_mfcc_of_a_steady_sound_hardly_changes() -> None:
    steady = audio_timbre.mfcc_statistics(heard(np.sin(2 * np.pi * 440 * SECONDS)))
    moving = audio_timbre.mfcc_statistics(heard(hits(3)))
    assert steady[40:].mean() < 0.1 * moving[40:].mean()


def test_the_log_covariance_gives_the_covariance_back() -> None:
    """exp(log(C)) = C: the triangle holds the whole matrix, off-diagonals weighted by root 2."""
    sound = heard(hits(3))
    flat = audio_timbre.gaussian(sound)[20:].astype(np.float64)
    size = audio_timbre.COEFFICIENTS
    matrix = np.zeros((size, size))
    rows, columns = np.triu_indices(size)
    matrix[rows, columns] = flat / np.where(rows == columns, 1.0, np.sqrt(2.0))
    matrix = np.triu(matrix) + np.triu(matrix, 1).T
    values, vectors = np.linalg.eigh(matrix)
    again = (vectors * np.exp(values)) @ vectors.T
    expected = np.cov(audio_timbre.mfcc(sound).T.astype(np.float64), bias=True) + np.eye(size)
    assert again == pytest.approx(expected, rel=1e-3, abs=1e-2)


def test_shape_knows_bright_from_dark_and_noise_from_tone() -> None:
    low = audio_timbre.spectral_shape(heard(chord(110)))
    high = audio_timbre.spectral_shape(heard(chord(1760)))
    noisy = audio_timbre.spectral_shape(heard(NOISE))
    assert high[0] > low[0] + 2  # centroid, in octaves
    assert noisy[4] > high[4] + 10  # flatness, in decibels


def test_contrast_is_in_the_band_of_the_tone() -> None:
    """200-400 Hz holds a tone; above 6.4 kHz lies nothing, whose valley is the floor and contrast zero."""
    found = audio_timbre.spectral_contrast(heard(np.sin(2 * np.pi * 290 * SECONDS)))
    contrast, valley = found[:7], found[7:14]
    assert int(contrast.argmax()) == 1
    assert contrast[1] > 40
    assert contrast[6] == pytest.approx(0.0, abs=0.5)
    assert valley[6] == pytest.approx(-60.0, abs=0.5)


def test_chroma_names_the_pitch_class() -> None:
    for octave in (220, 440, 880):
        assert int(audio_harmony.chroma(heard(np.sin(2 * np.pi * octave * SECONDS))).mean(0).argmax()) == 0
    assert int(audio_harmony.chroma(heard(np.sin(2 * np.pi * 523.25 * SECONDS))).mean(0).argmax()) == 3


def test_harmony_ignores_the_key_and_hears_the_chord() -> None:
    major = (220.0, 277.18, 329.63)
    minor_seconds = (220.0, 233.08, 246.94)
    block = audio_harmony.key_invariant_chroma
    here = block(heard(chord(*major)))
    higher = block(heard(chord(*(h * 2 ** (3 / 12) for h in major))))
    other = block(heard(chord(*minor_seconds)))
    assert np.linalg.norm(here - higher) < 0.4 * np.linalg.norm(here - other)


def test_tempogram_peaks_at_the_beat() -> None:
    lags = np.geomspace(0.2, 2.0, 50)
    found = audio_rhythm.tempogram(heard(hits(2.5)))[:50]
    assert lags[found.argmax()] / 0.4 == pytest.approx(round(lags[found.argmax()] / 0.4), abs=0.12)
    assert found.max() > 0.5


def test_tempogram_ignores_where_the_clip_starts() -> None:
    late = np.roll(hits(2.5), 4000)
    assert cosine(audio_rhythm.tempogram(heard(hits(2.5))), audio_rhythm.tempogram(heard(late))) > 0.95


def test_modulation_finds_the_speed_in_each_band() -> None:
    edges = np.array([0.3, 0.8, 1.3, 2.0, 3.0, 4.5, 7.0, 11.0])
    for speed in (1.0, 2.5, 5.5):
        swinging = NOISE * (1.01 + np.sin(2 * np.pi * speed * SECONDS))
        found = audio_rhythm.band_modulation(heard(swinging)).reshape(12, 8)
        expected = int(np.searchsorted(edges, speed)) - 1
        assert (found[:, :7].argmax(1) == expected).mean() > 0.8


def test_modulation_knows_how_deep() -> None:
    deep = audio_rhythm.band_modulation(heard(hits(3))).reshape(12, 8)[:, 7]
    flat = audio_rhythm.band_modulation(heard(NOISE)).reshape(12, 8)[:, 7]
    assert (deep > flat).all()


PATTERNS = [
    audio_patterns.spectral_pattern,
    audio_patterns.delta_spectral_pattern,
    audio_patterns.variance_delta_spectral_pattern,
    audio_patterns.fluctuation_pattern,
    audio_patterns.correlation_pattern,
]


@pytest.mark.parametrize("pattern", PATTERNS, ids=lambda pattern: pattern.__name__)
def test_patterns_know_the_same_music_later_from_other_music(pattern: object) -> None:
    assert callable(pattern)
    first, later, other = hits(3), np.roll(hits(3), RATE), chord(220, 277, 330)
    here = pattern(heard(first))
    assert np.linalg.norm(here - pattern(heard(later))) < 0.5 * np.linalg.norm(here - pattern(heard(other)))


def test_correlation_pattern_separates_bands_that_move_together() -> None:
    """All bands hit at once correlate fully: the pattern's first coefficient is the mean of the matrix."""
    together = audio_patterns.correlation_pattern(heard(hits(3)))
    apart = audio_patterns.correlation_pattern(heard(NOISE))
    assert together[0] > 10 * abs(apart[0])
