"""How loud a piece is, for its ReplayGain tags.

Called by the writer. Follows ITU-R BS.1770 but for the gate, which pieces without silence do not need; the
filters are applied to the power spectrum.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from app.demo.score import RATE
from models.types import F32

REFERENCE = -18.0
"""Loudness (LUFS) that ReplayGain 2 brings everything to."""

# Both K-weighting filters of BS.1770 at 48 kHz: numerator and denominator.
SHELF = ((1.53512485958697, -2.69169618940638, 1.19839281085285), (1.0, -1.69065929318241, 0.73248077421585))
HIGH_PASS = ((1.0, -2.0, 1.0), (1.0, -1.99004745483398, 0.99007225036621))


def loudness(sound: F32) -> float:
    """Loudness of a stereo sound (n, 2) in LUFS, over its whole length; -70 for silence."""
    length = 1 << 14
    whole = sound[: max(len(sound) // length, 1) * length]
    blocks = np.zeros((max(len(whole) // length, 1), length, 2), np.float32)
    blocks.reshape(-1, 2)[: len(whole)] = whole
    power = (np.abs(np.fft.rfft(blocks, axis=1)) ** 2).sum(axis=(0, 2))
    turned = np.exp(-2j * np.pi * np.fft.rfftfreq(length, 1 / RATE) / 48_000)
    for numerator, denominator in (SHELF, HIGH_PASS):
        power *= np.abs(np.polyval(numerator[::-1], turned) / np.polyval(denominator[::-1], turned)) ** 2
    # Parseval: all bins but the first and last stand for themselves and their mirror image.
    energy = (2 * power.sum() - power[0] - power[-1]) / length / (len(blocks) * length)
    return float(max(-0.691 + 10 * np.log10(max(energy, 1e-12)), -70.0))


@dataclass(frozen=True, slots=True)
class Gain:
    """What brings a piece to the reference: `decibels` to add, and its `peak` (1.0 is full scale)."""

    decibels: float
    peak: float


def replay_gain(sound: F32) -> Gain:
    """Track gain and peak of a stereo sound."""
    return Gain(REFERENCE - loudness(sound), float(np.abs(sound).max()))
