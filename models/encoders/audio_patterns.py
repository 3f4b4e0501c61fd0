"""Block-level patterns of the built-in audio encoder, compressed by a two-dimensional DCT.

A pattern is cut from the mel spectrogram every few frames and summarised over the clip by a percentile.
Source: Seyerlehner, Widmer & Pohle, "Fusing block-level features for music similarity estimation", DAFx 2010,
and Seyerlehner et al., MIREX 2011. Ours read mel bands in decibels and keep low DCT coefficients instead of
all numbers. Each function takes a Sound and gives a float32 vector; called by `builtin_audio.py`.
"""

from __future__ import annotations

import numpy as np
from scipy import fft

from models.encoders.sound import FRAMES_PER_SECOND, MELS, Sound, dct_matrix
from models.types import F32

_BANDS_KEPT, _TIMES_KEPT = 10, 5
_LONG_BLOCK = 240
_CORRELATED = 32


def spectral_pattern(sound: Sound) -> F32:
    """50: blocks of 10 frames, each band sorted by level, 90th percentile: which levels each band reaches."""
    blocks = np.sort(_blocks(sound.mel, 10, 5), axis=2)
    return _compressed(_percentile(blocks, 0.9))


def delta_spectral_pattern(sound: Sound) -> F32:
    """50: rises over 3 frames in blocks of 25, sorted, root of the 90th percentile: onsets per band."""
    return _compressed(np.sqrt(_percentile(_sorted_rises(sound), 0.9)))


def variance_delta_spectral_pattern(sound: Sound) -> F32:
    """50: variance of the same blocks over the clip (as logarithm): how much onsets differ."""
    return _compressed(np.log1p(_sorted_rises(sound).var(axis=0)))


def fluctuation_pattern(sound: Sound) -> F32:
    """50: modulation spectrum up to 10 Hz (log scale) in 5.6 s blocks, 60th percentile: rhythm per band."""
    blocks = _blocks(sound.mel, _LONG_BLOCK, 48)
    spectrum = np.abs(fft.rfft(blocks - blocks.mean(2, keepdims=True), axis=2, workers=1)).astype(np.float32)
    hertz = np.arange(spectrum.shape[2]) * (FRAMES_PER_SECOND / _LONG_BLOCK)
    wanted = np.geomspace(0.36, 10.0, 20)
    below = np.clip(np.searchsorted(hertz, wanted) - 1, 0, len(hertz) - 2)
    share = ((wanted - hertz[below]) / (hertz[below + 1] - hertz[below])).astype(np.float32)
    sampled = spectrum[:, :, below] * (1 - share) + spectrum[:, :, below + 1] * share
    # Music swings as one over the speed: weighted by speed, no speed outshouts the others.
    return _compressed(np.sqrt(_percentile(sampled, 0.6) * wanted.astype(np.float32)))


def correlation_pattern(sound: Sound) -> F32:
    """55: median correlation of 32 bands in blocks of 5.6 s; upper triangle of its 10 x 10 DCT."""
    paired = sound.mel.reshape(len(sound.mel), _CORRELATED, MELS // _CORRELATED).mean(2)
    blocks = _blocks(paired, _LONG_BLOCK, 48)
    centred = blocks - blocks.mean(2, keepdims=True)
    # One decibel of noise: bands at the floor never move, and a correlation of nothing is undefined.
    norm = np.sqrt((centred**2).sum(2) + _LONG_BLOCK)
    correlations = (centred @ centred.transpose(0, 2, 1)) / (norm[:, :, None] * norm[:, None, :])
    middle = np.median(correlations, axis=0)
    basis = dct_matrix(_CORRELATED, 10)
    return np.asarray((basis @ middle @ basis.T)[np.triu_indices(10)], dtype=np.float32)


def _blocks(rows: F32, length: int, step: int) -> F32:
    """Overlapping blocks of `length` frames every `step`, shape (blocks, bands, length)."""
    return np.lib.stride_tricks.sliding_window_view(rows, length, axis=0)[::step]


def _sorted_rises(sound: Sound) -> F32:
    rises = np.maximum(sound.mel[3:] - sound.mel[:-3], 0.0)
    return np.sort(_blocks(rises, 25, 5), axis=2)


def _percentile(blocks: F32, share: float) -> F32:
    """The value at `share` of the sorted blocks, element by element (no interpolation: exact and quick)."""
    place = min(len(blocks) - 1, round(share * (len(blocks) - 1)))
    return np.asarray(np.partition(blocks, place, axis=0)[place], dtype=np.float32)


def _compressed(pattern: F32) -> F32:
    """Low-order two-dimensional DCT of a (bands, times) pattern: 10 x 5, flattened."""
    bands, times = pattern.shape
    kept = dct_matrix(bands, _BANDS_KEPT) @ pattern @ dct_matrix(times, _TIMES_KEPT).T
    return np.asarray(kept.ravel(), dtype=np.float32)
