"""The room a piece is heard in: echo and reverberation of a finished stereo sound.

Called by the styles. Recursive filters are worked through one delay at a time, which numpy does fast.
"""

from __future__ import annotations

import numpy as np

from app.demo.score import RATE
from models.types import F32

COMBS = (0.0297, 0.0371, 0.0411, 0.0437)
ALLPASSES = (0.0050, 0.0017)
SPREAD = 0.00053
"""Seconds by which the right channel's delays are longer than the left's."""


def comb(sound: F32, delay: int, feedback: float) -> F32:
    """y[n] = x[n] + feedback * y[n - delay], for a mono sound."""
    rows = -(-len(sound) // delay)
    line = np.zeros((rows, delay), np.float32)
    line.reshape(-1)[: len(sound)] = sound
    for row in range(1, rows):
        line[row] += np.float32(feedback) * line[row - 1]
    return line.reshape(-1)[: len(sound)]


def allpass(sound: F32, delay: int, gain: float) -> F32:
    """Spread a mono sound in time without colouring it."""
    recursive = comb(sound, delay, gain)
    delayed = np.concatenate([np.zeros(delay, np.float32), recursive[:-delay]])
    return np.asarray(delayed - np.float32(gain) * recursive, np.float32)


def reverberated(sound: F32, seconds: float, wet: float) -> F32:
    """Add a room after Schroeder (1962): four combs and two allpasses per channel.

    `seconds` is the time in which the sound falls by 60 dB, `wet` how much of the room is heard.
    """
    mono = sound.mean(axis=1, dtype=np.float32)
    # A room swallows the treble: a mean of neighbours, twice.
    for _ in range(2):
        mono = np.asarray((mono + np.concatenate([[np.float32(0)], mono[:-1]])) / 2, np.float32)
    heard = sound.copy()
    for channel in (0, 1):
        room = np.zeros_like(mono)
        for delay in COMBS:
            length = delay + channel * SPREAD
            room += comb(mono, round(length * RATE), 10 ** (-3 * length / seconds))
        for delay in ALLPASSES:
            room = allpass(room, round((delay + channel * SPREAD) * RATE), 0.7)
        heard[:, channel] += np.float32(wet / 4) * room
    return heard


def echoed(sound: F32, seconds: float, times: int, fall: float) -> F32:
    """Add `times` echoes, each `fall` as loud as the one before, on alternating sides."""
    heard = sound.copy()
    for number in range(1, times + 1):
        shift = round(seconds * number * RATE)
        if shift >= len(sound):
            break
        late = sound[:-shift] * np.float32(fall**number)
        heard[shift:] += late[:, ::-1] if number % 2 else late
    return heard
