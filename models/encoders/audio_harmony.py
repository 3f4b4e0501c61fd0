"""The block of the built-in audio encoder that hears harmony, the same in every key.

Takes a Sound, gives a float32 vector; called by `builtin_audio.py`.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from scipy import fft

from models.encoders.sound import Sound, bin_hertz
from models.types import F32

_LAGS = (4, 21, 43)
"""Frames (0.1, 0.5 and 1 s) between two chords that are compared."""
_LOWEST, _HIGHEST = 80.0, 2500.0


def chroma(sound: Sound) -> F32:
    """Energy per pitch class, shape (frames, 12), rows of length 1. Source: Fujishima, ICMC 1999."""
    bank, first = _chroma_bank()
    found = sound.magnitude[:, first : first + bank.shape[1]] @ bank.T
    found /= np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-9)
    return np.asarray(found, dtype=np.float32)


def key_invariant_chroma(sound: Sound) -> F32:
    """73 numbers that do not change when the music is transposed by semitones (circularly).

    Magnitudes of the DFT over pitch classes: mean over frames, deviation over frames, and of the mean chroma
    (3 x 7); the mean chroma sorted (12); how much of each interval lies between a frame and one 0.1, 0.5 and
    1 s later (3 x 12); mean and deviation of the entropy and of the change of chroma (4). Source: the
    magnitude of a Fourier transform ignores shifts: Bertin-Mahieux & Ellis, ISMIR 2012.
    """
    found = chroma(sound)
    spectrum = fft.rfft(found, axis=1)
    magnitude = np.abs(spectrum)
    average = found.mean(0)
    parts = [magnitude.mean(0), magnitude.std(0), np.abs(fft.rfft(average)), np.sort(average)]
    for lag in _LAGS:
        # Circular cross-correlation of chroma with later chroma: which intervals follow, whatever the key.
        product = (np.conj(spectrum[:-lag]) * spectrum[lag:]).mean(0)
        parts.append(fft.irfft(product, 12))
    share = found / np.maximum(found.sum(1, keepdims=True), 1e-9)
    entropy = -(share * np.log(share + 1e-9)).sum(1)
    change = np.linalg.norm(np.diff(found, axis=0), axis=1)
    parts.append(np.array([entropy.mean(), entropy.std(), change.mean(), change.std()]))
    return np.concatenate(parts).astype(np.float32)


@lru_cache(maxsize=1)
def _chroma_bank() -> tuple[F32, int]:
    """Weights from STFT bins to pitch classes, shape (12, bins used), and the first bin they apply to.

    A Gaussian of a third of a semitone around each pitch, or of half a bin where bins are wider than that.
    """
    hertz = bin_hertz().astype(np.float64)
    first, last = np.searchsorted(hertz, (_LOWEST, _HIGHEST))
    used = hertz[first:last]
    pitch = 12.0 * np.log2(used / 440.0)
    width = np.maximum(1 / 3, 0.5 * 12.0 * np.log2((used + hertz[1]) / used))
    away = (pitch[None] - np.arange(12)[:, None] + 6.0) % 12.0 - 6.0
    bank = np.exp(-0.5 * (away / width) ** 2)
    # High bins are many per semitone: equal weight per octave.
    bank *= (440.0 / used) / np.maximum(bank.sum(0), 1e-9)
    return bank.astype(np.float32), int(first)
