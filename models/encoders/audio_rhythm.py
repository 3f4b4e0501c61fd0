"""Blocks of the built-in audio encoder that hear rhythm: tempogram and band modulation.

Each takes a Sound and gives a float32 vector of fixed size; called by `builtin_audio.py`.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise

import numpy as np
from scipy import fft

from models.encoders.sound import FRAMES_PER_SECOND, MELS, Sound
from models.types import F32

_LAGS, _TEMPI, _BANDS = 50, 20, 12
_MODULATION_EDGES = (0.3, 0.8, 1.3, 2.0, 3.0, 4.5, 7.0, 11.0, 18.0)
_ONSET_WIDTH = np.array([0.0833, 0.25, 0.3333, 0.25, 0.0833], np.float32)
"""Onsets are blurred by about 50 ms: two hits that close are one, and tempo need not be exact to be alike."""


def onset_strength(sound: Sound) -> F32:
    """Mean rise over the mel bands per frame, centred, shape (frames - 1,). Source: Boeck & Widmer 2013."""
    rise = np.maximum(np.diff(sound.mel, axis=0), 0.0).mean(1)
    return np.asarray(rise - rise.mean(), dtype=np.float32)


def tempogram(sound: Sound) -> F32:
    """70: autocorrelation of the onsets at 50 lags from 0.2 to 2 s, and their spectrum at 20 tempi, both
    log-spaced.

    Neither says which beat is the first, so it does not matter where the clip starts.
    Source: Grosche, Mueller & Kurth, "Cyclic tempogram", ICASSP 2010.
    """
    onsets = np.convolve(onset_strength(sound), _ONSET_WIDTH, "same").astype(np.float32)
    size = fft.next_fast_len(2 * len(onsets), real=True)
    spectrum = np.abs(fft.rfft(onsets, size))
    correlation = fft.irfft(spectrum**2, size)[: len(onsets)]
    correlation /= max(float(correlation[0]), 1e-6)
    lags = np.geomspace(0.2, 2.0, _LAGS) * FRAMES_PER_SECOND
    kept = np.interp(lags, np.arange(len(correlation)), correlation)
    hertz = np.arange(len(spectrum)) * (FRAMES_PER_SECOND / size)
    edges = np.geomspace(0.5, 16.0, _TEMPI + 1)
    energy = np.concatenate([[0.0], np.cumsum(spectrum**2)])
    borders = np.searchsorted(hertz, edges)
    shares = np.diff(energy[borders]) / max(float(energy[-1]), 1e-6)
    return np.concatenate([kept, np.sqrt(np.maximum(shares, 0.0))]).astype(np.float32)


def band_modulation(sound: Sound) -> F32:
    """96: how the level of 12 bands swings at 8 speeds from 0.3 to 18 Hz.

    Per band the square roots of the first seven speeds' shares of its swing, and the logarithm of all its
    swing: depth and speed apart, else a loud drum would say the same eight times.

    Source: fluctuation patterns, Pampalk, Rauber & Merkl, ACM Multimedia 2002; McKinney & Breebaart, ISMIR
    2003.
    """
    level = sound.mel @ _band_groups().T
    level = level - level.mean(0)
    window = np.hanning(len(level)).astype(np.float32)[:, None]
    power = np.abs(fft.rfft(level * window, axis=0, workers=1)) ** 2 / float((window**2).sum())
    hertz = np.arange(len(power)) * (FRAMES_PER_SECOND / len(level))
    borders = np.searchsorted(hertz, _MODULATION_EDGES)
    running = np.concatenate([np.zeros((1, _BANDS)), np.cumsum(power, axis=0)])
    strength = np.maximum(np.diff(running[borders], axis=0), 0.0) * (FRAMES_PER_SECOND / len(level))
    depth = strength.sum(0)
    shares = np.sqrt(strength[:-1] / np.maximum(depth, 1e-3))
    return np.concatenate([shares, np.log1p(depth)[None]]).T.ravel().astype(np.float32)


@lru_cache(maxsize=1)
def _band_groups() -> F32:
    """Means over neighbouring mel bands, shape (12, MELS)."""
    groups = np.zeros((_BANDS, MELS), np.float32)
    borders = np.linspace(0, MELS, _BANDS + 1).round().astype(int)
    for row, (first, last) in enumerate(pairwise(borders)):
        groups[row, first:last] = 1.0 / (last - first)
    return groups
