"""Time and pitch: keys and chords on one side, on the other the stage on which sounds are placed.

Called by the styles. Everything is 44.1 kHz; a sound is mono float32 (n,), a finished piece stereo (n, 2).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.types import F32

RATE = 44_100
"""Samples per second of everything synthesised here."""

SCALES = {
    "major": (0, 2, 4, 5, 7, 9, 11),
    "minor": (0, 2, 3, 5, 7, 8, 10),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "lydian": (0, 2, 4, 6, 7, 9, 11),
    "mixolydian": (0, 2, 4, 5, 7, 9, 10),
    "pentatonic": (0, 2, 4, 7, 9),
    "hirajoshi": (0, 2, 3, 7, 8),
    "pelog": (0, 1, 3, 7, 8),
}
"""Semitones above the tonic."""


@dataclass(frozen=True, slots=True)
class Key:
    """A scale on a tonic (MIDI note number); degrees count from 0 and run on over the octaves both ways."""

    tonic: float
    steps: tuple[int, ...]

    @classmethod
    def drawn(cls, rng: np.random.Generator, low: int, names: tuple[str, ...]) -> Key:
        """Draw one of the named scales on one of the twelve notes from MIDI note `low` up."""
        return cls(float(low + rng.integers(12)), SCALES[str(rng.choice(names))])

    def note(self, degree: int) -> float:
        """MIDI note number of a degree."""
        octave, step = divmod(degree, len(self.steps))
        return self.tonic + 12 * octave + self.steps[step]

    def hertz(self, degree: int) -> float:
        """Frequency of a degree."""
        return hertz(self.note(degree))


def hertz(note: float) -> float:
    """Frequency of a MIDI note number (69 is 440 Hz)."""
    return float(440.0 * 2.0 ** ((note - 69.0) / 12.0))


def triad(root: int, size: int = 3) -> list[int]:
    """Degrees of the chord in thirds on a degree."""
    return [root + 2 * step for step in range(size)]


def wander(rng: np.random.Generator, length: int, low: int, high: int, start: int) -> list[int]:
    """Draw a melody of `length` degrees that mostly moves by step and stays within low..high."""
    degrees = [start]
    while len(degrees) < length:
        step = int(rng.choice([-2, -1, -1, 0, 1, 1, 2, 3, -3]))
        reached = degrees[-1] + step
        degrees.append(reached if low <= reached <= high else degrees[-1] - step)
    return [min(max(degree, low), high) for degree in degrees]


class Stage:
    """A stereo stretch of silence on which sounds are placed in time and from left to right."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.sound: F32 = np.zeros((round(seconds * RATE), 2), np.float32)

    def play(self, sound: F32, at: float, gain: float = 1.0, pan: float = 0.0) -> None:
        """Add a mono sound at a time in seconds; `pan` runs from -1 (left) to 1, at constant power.

        What would lie before the start or past the end is left out.
        """
        first = round(at * RATE)
        if first < 0:
            sound, first = sound[-first:], 0
        room = self.sound[first : first + len(sound)]
        angle = (pan + 1.0) * np.pi / 4.0
        room[:, 0] += sound[: len(room)] * np.float32(gain * np.cos(angle))
        room[:, 1] += sound[: len(room)] * np.float32(gain * np.sin(angle))


def mastered(sound: F32, peak: float, fade_in: float = 0.01, fade_out: float = 2.5) -> F32:
    """Return the piece without offset, faded at both ends and scaled to `peak` (1.0 is full scale)."""
    sound = sound - sound.mean(axis=0, keepdims=True)
    for seconds, part in ((fade_in, slice(None)), (fade_out, slice(None, None, -1))):
        length = min(round(seconds * RATE), len(sound))
        ramp = np.sin(np.linspace(0.0, np.pi / 2, length, dtype=np.float32)) ** 2
        sound[part][:length] *= ramp[:, None]
    return np.asarray(sound * (peak / max(float(np.abs(sound).max()), 1e-9)), np.float32)
