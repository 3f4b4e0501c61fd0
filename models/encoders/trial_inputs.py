"""A few synthetic sounds and pictures that nobody would call alike: what a learned encoder has to tell apart at once.

Made by arithmetic, so that nothing need be shipped. Used when weights are loaded, and by `bowerbird encoders check`.
"""

from __future__ import annotations

import numpy as np

from models.types import F32, Clip, Frame

SIDE = 256
SECONDS = 10.0


def trial_frames() -> list[Frame]:
    """Eight pictures: ramps, stripes, squares, a disc, noise."""
    rng = np.random.default_rng(7)
    across = np.tile(np.linspace(0, 255, SIDE), (SIDE, 1))
    stripes = np.tile(np.where(np.arange(SIDE) // 12 % 2, 255.0, 0.0), (SIDE, 1))
    squares = np.kron(rng.integers(0, 2, (8, 8)), np.ones((SIDE // 8, SIDE // 8))) * 255.0
    blank = np.zeros((SIDE, SIDE))
    half = SIDE // 2
    disc = np.where(np.hypot(*np.mgrid[-half:half, -half:half]) < SIDE / 3, 230.0, 20.0)
    pictures = (
        (across, across, across),
        (across.T, blank, blank),
        tuple(rng.integers(0, 255, (3, SIDE, SIDE))),
        (squares, squares, blank),
        (blank + 30, across, across.T),
        (stripes, stripes, stripes),
        (blank, stripes.T, blank + 80),
        (disc, disc / 2, 255 - disc),
    )
    return [Frame(np.ascontiguousarray(np.dstack(picture).astype(np.uint8))) for picture in pictures]


def trial_clips(rate: int) -> list[Clip]:
    """Eight sounds of ten seconds: a tone, noises, a beat, a chord, a run of notes."""
    count = int(SECONDS * rate)
    seconds = np.arange(count) / rate
    noise = np.random.default_rng(7).normal(size=count)
    chord = sum(np.sin(2 * np.pi * hertz * seconds) for hertz in (220, 277, 330, 440))
    notes = 220 * 2 ** ((np.floor(seconds * 8) % 12) / 12)
    waves = (
        np.sin(2 * np.pi * 440 * seconds),
        noise,
        np.cumsum(noise),
        (seconds * 110) % 1 - 0.5,
        noise * np.exp(-((seconds * 4) % 1) * 12),
        np.sin(2 * np.pi * 60 * seconds) * np.exp(-((seconds * 2) % 1) * 8),
        np.sin(2 * np.pi * notes * seconds),
        np.asarray(chord),
    )
    return [Clip(loud(wave), rate) for wave in waves]


def loud(wave: np.ndarray) -> F32:
    """A wave at half of full scale."""
    return np.asarray(0.5 * wave / np.abs(wave).max(), np.float32)
