"""Blocks of the built-in audio encoder that hear timbre: MFCC, Gaussian, spectral shape, spectral contrast.

Each takes a Sound and gives a float32 vector of fixed size; called by `builtin_audio.py`.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise

import numpy as np

from models.encoders.sound import MELS, Sound, bin_hertz, dct_matrix
from models.types import F32

COEFFICIENTS = 20
_OCTAVES = (0.0, 200.0, 400.0, 800.0, 1600.0, 3200.0, 6400.0, 10001.0)
_TAIL = 0.02


def mfcc(sound: Sound) -> F32:
    """Mel-frequency cepstral coefficients, shape (frames, 20). Source: Logan, ISMIR 2000."""
    return sound.mel @ dct_matrix(MELS, COEFFICIENTS).T


def mfcc_statistics(sound: Sound) -> F32:
    """60: per coefficient the mean, the deviation, and the mean absolute change per frame."""
    found = mfcc(sound)
    return np.concatenate([found.mean(0), found.std(0), np.abs(np.diff(found, axis=0)).mean(0)])


def gaussian(sound: Sound) -> F32:
    """230: mean of the MFCC (20) and logarithm of their covariance, upper triangle (210).

    In the log-Euclidean frame covariances are a flat space, so cosine and mean may be used on them.
    Sources: Mandel & Ellis, ISMIR 2005 (one Gaussian per song); Arsigny et al., SIAM J. Matrix Anal. 2007.
    """
    found = mfcc(sound).astype(np.float64)
    mean = found.mean(0)
    centred = found - mean
    covariance = centred.T @ centred / len(found)
    # One squared decibel on the diagonal: a steady tone has no covariance, and its logarithm no bound.
    values, vectors = np.linalg.eigh(covariance + np.eye(COEFFICIENTS))
    logarithm = (vectors * np.log(np.maximum(values, 1e-6))) @ vectors.T
    rows, columns = np.triu_indices(COEFFICIENTS)
    # Off-diagonal entries stand for two of the matrix: root 2 keeps its Frobenius distance.
    flat = logarithm[rows, columns] * np.where(rows == columns, 1.0, np.sqrt(2.0))
    return np.concatenate([mean, flat]).astype(np.float32)


def spectral_shape(sound: Sound) -> F32:
    """48: mean, deviation, mean absolute change and skewness of twelve descriptors per frame.

    Centroid, spread, skewness and kurtosis of the spectrum (of log2 frequency), flatness, crest, roll-off at
    85 and 95 %, slope of the mel bands, flux, level, and share of bands near the frame's loudest. Source:
    Peeters, "A large set of audio features", CUIDADO report, 2004.
    """
    power, magnitude = sound.power, sound.magnitude
    moments = magnitude @ _pitch_powers()
    weight = moments[:, 0]
    m1, m2, m3, m4 = (moments[:, k] / weight for k in range(1, 5))
    variance = np.maximum(m2 - m1**2, 1e-4)
    spread = np.sqrt(variance)
    skewness = (m3 - 3 * m1 * m2 + 2 * m1**3) / spread**3
    kurtosis = (m4 - 4 * m1 * m3 + 6 * m1**2 * m2 - 3 * m1**4) / variance**2
    average = np.log10(power.mean(1))
    level = 10 * average
    flatness = sound.decibels.mean(1) - level
    crest = 10 * np.log10(power.max(1)) - level
    running = np.cumsum(power, axis=1)
    total = running[:, -1:]
    low, high = ((running < share * total).sum(1) for share in (0.85, 0.95))
    slope = sound.mel @ _ramp()
    flux = np.abs(np.diff(sound.mel, axis=0, prepend=sound.mel[:1])).mean(1)
    full = (sound.mel > sound.mel.max(1, keepdims=True) - 20.0).mean(1)
    rolloff = [np.log2(1.0 + count) for count in (low, high)]
    rows = np.stack(
        [
            m1,
            spread,
            skewness,
            np.log(np.maximum(kurtosis, 0.1)),
            flatness,
            crest,
            *rolloff,
            slope,
            flux,
            level,
            full,
        ],
        1,
    )
    return _four_statistics(rows)


def spectral_contrast(sound: Sound) -> F32:
    """28: mean and deviation of contrast and valley (decibels) in seven octave bands.

    Contrast is the mean of the loudest 2 % of a band's bins minus that of its quietest (at least one bin).
    Source: Jiang et al., "Music type classification by spectral contrast feature", ICME 2002.
    """
    hertz = bin_hertz()
    contrasts, valleys = [], []
    for low, high in pairwise(_OCTAVES):
        first, last = np.searchsorted(hertz, (low, high))
        band = sound.decibels[:, max(first, 2) : last]
        tail = max(1, round(_TAIL * band.shape[1]))
        if tail == 1:
            valley, peak = band.min(1), band.max(1)
        else:
            ordered = np.partition(band, (tail - 1, band.shape[1] - tail), axis=1)
            valley, peak = ordered[:, :tail].mean(1), ordered[:, -tail:].mean(1)
        contrasts.append(peak - valley)
        valleys.append(valley)
    rows = np.stack(contrasts + valleys, 1)
    return np.concatenate([rows.mean(0), rows.std(0)]).astype(np.float32)


def _four_statistics(rows: F32) -> F32:
    """Mean, deviation, mean absolute change and skewness of each column."""
    mean, deviation = rows.mean(0), rows.std(0)
    change = np.abs(np.diff(rows, axis=0)).mean(0)
    skewness = (((rows - mean) / np.maximum(deviation, 1e-3)) ** 3).mean(0)
    return np.concatenate([mean, deviation, change, np.cbrt(skewness)]).astype(np.float32)


@lru_cache(maxsize=1)
def _pitch_powers() -> F32:
    """Powers 0 to 4 of log2 frequency around 1 kHz, shape (bins, 5); the constant bin weighs nothing."""
    hertz = bin_hertz().astype(np.float64)
    octaves = np.log2(np.maximum(hertz, 30.0) / 1000.0)
    powers = np.stack([octaves**k for k in range(5)], axis=1)
    # Bins are equally spaced in hertz, octaves are not: without 1/f the top octave would be half the sum.
    powers *= (1000.0 / np.maximum(hertz, 30.0))[:, None]
    powers[0] = 0.0
    return powers.astype(np.float32)


@lru_cache(maxsize=1)
def _ramp() -> F32:
    """Weights whose product with the mel bands is their least-squares slope, shape (MELS,)."""
    centred = np.arange(MELS) - (MELS - 1) / 2
    return np.asarray(centred / (centred**2).sum(), dtype=np.float32)
