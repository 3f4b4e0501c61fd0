"""From a Clip to the spectra that every audio block reads: one STFT, computed once.

Called by `builtin_audio.py`; the `audio_*` modules take the Sound it makes. NumPy and SciPy only, because it
runs in the decode children. Everything stays float32 and single-threaded: the children are the parallelism.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import gcd

import numpy as np
from scipy import fft

from models.types import F32, Clip

RATE = 22050
WINDOW = 2048
HOP = 512
FRAMES_PER_SECOND = RATE / HOP
MELS = 64
LOWEST_HZ = 30.0
HIGHEST_HZ = 10000.0
"""Above this the blocks hear nothing: lossy files end at different places up there, which is not likeness."""
FLOOR = 1e-6
"""Power (full-scale sine = 1) below which everything is equally silent: -60 dB. Deeper floors hear the noise
and the encoding of quiet passages; of 1e-5 to 1e-10 this one found the same artist best."""
SILENT_PEAK = 1e-4
"""A clip that never leaves this range is silence (three steps of 16 bits)."""
RESIDUE_PEAK = 2e-3
"""What resampling leaves of sounds above our range: a clip of nothing else is silence too."""
SHORTEST_SECONDS = 6.0
LONGEST_SECONDS = 60.0


@dataclass(frozen=True, slots=True, eq=False)
class Sound:
    """Spectra of one clip of t frames, 43.07 a second.

    magnitude: float32 (t, bins up to HIGHEST_HZ), full-scale sine = 1; power: its square, floored; decibels:
    of power; mel: float32 (t, MELS), decibels of mel bands, from -60 to about 0.
    """

    magnitude: F32
    power: F32
    decibels: F32
    mel: F32


def listen(clip: Clip) -> Sound | None:
    """Prepare `clip` for the blocks; None where there is nothing to hear (silence, no samples).

    Samples that are not finite count as zero, the mean is removed and the peak scaled to 1. Clips shorter
    than SHORTEST_SECONDS are repeated (padding with silence would describe the silence), of those longer than
    LONGEST_SECONDS the middle is taken. Raises ValueError for samples that are not a vector or a rate below
    1.
    """
    wave = normalised(clip)
    if wave is None:
        return None
    frames = np.lib.stride_tricks.sliding_window_view(wave, WINDOW)[::HOP]
    spectrum = fft.rfft(frames * _hann(), axis=1, workers=1)[:, : _used_bins()]
    power = spectrum.real**2
    power += spectrum.imag**2
    np.maximum(power, FLOOR, out=power)
    mel = to_decibels(power @ mel_bank().T)
    return Sound(np.sqrt(power), power, to_decibels(power), mel)


def normalised(clip: Clip) -> F32 | None:
    """The clip's samples at RATE: finite, without mean, peak 1, of bounded length; None for silence."""
    if clip.samples.ndim != 1 or clip.rate < 1:
        raise ValueError("a Clip is a vector of samples at a rate of at least 1 Hz")
    longest = int(LONGEST_SECONDS * clip.rate)
    skipped = max(0, (len(clip.samples) - longest) // 2)
    samples = np.asarray(clip.samples[skipped : skipped + longest], dtype=np.float32)
    if not np.isfinite(samples).all():
        samples = np.where(np.isfinite(samples), samples, np.float32(0.0))
    wave = _peak_normalised(samples, SILENT_PEAK)
    if wave is None:
        return None
    if clip.rate != RATE:
        # Importing scipy.signal takes longer than encoding a minute of music, and the decoder delivers RATE.
        from scipy.signal import resample_poly

        common = gcd(RATE, clip.rate)
        narrowed = np.asarray(resample_poly(wave, RATE // common, clip.rate // common), np.float32)
        resampled = _peak_normalised(narrowed, RESIDUE_PEAK)
        if resampled is None:
            return None
        wave = resampled
    shortest = int(SHORTEST_SECONDS * RATE)
    return np.resize(wave, shortest) if len(wave) < shortest else wave


def _peak_normalised(samples: F32, least: float) -> F32 | None:
    """Without mean, peak 1, or None below `least`; a broken file may hold samples near the end of float32."""
    if not len(samples):
        return None
    centre = float(samples.mean(dtype=np.float64))
    low, high = float(samples.min()) - centre, float(samples.max()) - centre
    peak = max(-low, high)
    if peak < least:
        return None
    if peak < 1e6:
        return (samples - np.float32(centre)) * np.float32(1.0 / peak)
    return ((samples.astype(np.float64) - centre) / peak).astype(np.float32)


def to_decibels(power: F32) -> F32:
    """10 log10 of power, not below the floor: float32, same shape."""
    found = np.log(np.maximum(power, np.float32(FLOOR)))
    found *= np.float32(10.0 / np.log(10.0))
    return np.asarray(found, dtype=np.float32)


def bin_hertz() -> F32:
    """Frequency of each used STFT bin, shape (bins,)."""
    return (np.arange(_used_bins()) * (RATE / WINDOW)).astype(np.float32)


@lru_cache(maxsize=1)
def _used_bins() -> int:
    return int(HIGHEST_HZ / (RATE / WINDOW)) + 1


@lru_cache(maxsize=1)
def _hann() -> F32:
    """Periodic Hann window, scaled so that a full-scale sine has magnitude 1."""
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / WINDOW)
    return np.asarray(window * 2.0 / window.sum(), dtype=np.float32)


@lru_cache(maxsize=1)
def mel_bank() -> F32:
    """Triangular mel filters of equal area, shape (MELS, bins); the mel scale as in HTK."""
    hertz = bin_hertz().astype(np.float64)
    low, high = (2595.0 * np.log10(1.0 + f / 700.0) for f in (LOWEST_HZ, HIGHEST_HZ))
    edges = 700.0 * (10.0 ** (np.linspace(low, high, MELS + 2) / 2595.0) - 1.0)
    rising = (hertz[None] - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    falling = (edges[2:, None] - hertz[None]) / (edges[2:] - edges[1:-1])[:, None]
    bank = np.maximum(0.0, np.minimum(rising, falling))
    # The lowest filters are narrower than a bin; they take the bin nearest to their centre.
    for row in np.flatnonzero(bank.sum(axis=1) < 1e-3):
        bank[row, np.argmin(np.abs(hertz - edges[row + 1]))] = 1.0
    return np.asarray(bank / bank.sum(axis=1, keepdims=True), dtype=np.float32)


@lru_cache(maxsize=16)
def dct_matrix(size: int, kept: int) -> F32:
    """The first `kept` rows of the orthonormal DCT-II of `size` points, shape (kept, size)."""
    matrix = fft.dct(np.eye(size), type=2, norm="ortho", axis=0)[:kept]
    return np.asarray(matrix, dtype=np.float32)
