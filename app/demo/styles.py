"""The eight styles: each composes one piece, a stereo sound, from a seeded generator and a length in seconds.

Called by the programme. A style keeps its instruments and its way of playing; key, tempo, harmony and melody
are drawn, so that pieces of one style are relatives and no two are the same.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

import numpy as np

from app.demo import voices
from app.demo.score import Key, Stage, hertz, mastered, triad, wander
from app.demo.space import echoed, reverberated
from models.types import F32

Composer = Callable[[np.random.Generator, float], F32]

PROGRESSIONS = ((0, 5, 3, 4), (0, 3, 4, 0), (0, 4, 5, 3), (0, 2, 3, 4), (0, 5, 1, 4), (0, 3, 5, 4))
"""Chord roots, as degrees of the key."""


class Style(StrEnum):
    """The styles of the demo library."""

    STRINGS = "plucked strings"
    CHIPTUNE = "chiptune"
    DRONE = "drone"
    DRUMS = "drum loops"
    BELLS = "bells"
    PADS = "FM pads"
    BASS = "walking bass"
    NOISE = "noise textures"


def compose(style: Style, rng: np.random.Generator, seconds: float) -> F32:
    """Return a piece of `style`: stereo float32 (n, 2) at 44.1 kHz, faded at both ends, below full scale."""
    return COMPOSERS[style](rng, seconds)


def strings(rng: np.random.Generator, seconds: float) -> F32:
    """Broken chords on a guitar or harp, a melody above them, a bass note to each chord."""
    stage = Stage(seconds)
    key = Key.drawn(rng, 45, ("major", "minor", "dorian", "lydian"))
    beat = 60 / float(rng.uniform(76, 124))
    figure = list(rng.permutation([0, 1, 2, 3, 2, 1, 4, 2]))
    bright = float(rng.uniform(0.35, 0.9))
    progression = PROGRESSIONS[rng.integers(len(PROGRESSIONS))]
    melody = wander(rng, 512, 7, 16, 9)
    bars = int(seconds / (4 * beat)) + 1
    for bar in range(bars):
        root = progression[bar % 4]
        start = bar * 4 * beat
        stage.play(voices.pluck(rng, key.hertz(root - 7), 2.6, 0.3), start, 0.8, -0.1)
        chord = [root, root + 2, root + 4, root + 7, root + 9]
        for step in range(8):
            late = float(rng.normal(0, 0.006))
            tone = voices.pluck(rng, key.hertz(chord[figure[step]]), 1.9, bright)
            stage.play(tone, start + step * beat / 2 + late, float(rng.uniform(0.4, 0.6)), -0.35)
        if bar % 8 < 2:
            continue  # the melody rests while the figure is heard alone
        for place in (0.0, 1.5, 2.0, 3.0) if bar % 2 else (0.0, 1.0, 2.5):
            degree = melody[(bar % 8) * 4 + int(place)]
            tone = voices.pluck(rng, key.hertz(degree), 2.2, min(bright + 0.2, 1))
            stage.play(tone, start + place * beat, 0.75, 0.35)
    return mastered(reverberated(stage.sound, 1.3, 0.35), 0.8)


def chiptune(rng: np.random.Generator, seconds: float) -> F32:
    """Two pulse waves, a stepped triangle and a noise drum: the four voices of an old console."""
    stage = Stage(seconds)
    key = Key.drawn(rng, 57, ("major", "minor", "mixolydian"))
    step = 60 / float(rng.uniform(126, 176)) / 4
    duty = float(rng.choice([0.125, 0.25, 0.5]))
    progression = PROGRESSIONS[rng.integers(len(PROGRESSIONS))]
    phrases = [wander(rng, 32, 5, 14, 7) for _ in range(2)]
    rhythm = rng.random((2, 32)) < 0.62
    hat = voices.cymbal(rng, 0.04, 5000)
    drum = voices.snare(rng, 240, 1.2)
    for at in range(int(seconds / step)):
        bar, sixteenth = divmod(at, 16)
        root, part = progression[bar % 4], (bar // 4) % 2
        arpeggio = triad(root, 4)[sixteenth % 4]
        stage.play(voices.pulse(key.hertz(arpeggio), step * 0.95, 0.5), at * step, 0.22, -0.3)
        if sixteenth % 2 == 0:
            low = root - 14 + (7 if sixteenth % 8 == 6 else 0)
            stage.play(voices.stepped_triangle(key.hertz(low), step * 1.8), at * step, 0.55)
            stage.play(hat, at * step, 0.1, 0.2)
        if sixteenth in (4, 12):
            stage.play(drum, at * step, 0.35)
        place = (bar % 2) * 16 + sixteenth
        if bar >= 2 and rhythm[part, place]:
            lead = voices.pulse(key.hertz(phrases[part][place]), step * float(rng.choice([1, 1, 2])), duty)
            stage.play(lead, at * step, 0.34, 0.3)
    return mastered(echoed(stage.sound, step * 3, 2, 0.3), 0.6, fade_out=1.2)


def drone(rng: np.random.Generator, seconds: float) -> F32:
    """One long chord of a few low tones whose partials swell and sink, with a breath of noise."""
    stage = Stage(seconds)
    tonic = float(rng.uniform(31, 43))
    intervals = [(0, 7, 12), (0, 5, 12), (0, 7, 14), (0, 3, 10), (0, 12, 19)][int(rng.integers(5))]
    for number, interval in enumerate(intervals):
        pan = (-0.7, 0.7, 0.1)[number]
        tone = voices.drone_tone(rng, hertz(tonic + interval), seconds, int(rng.integers(5, 9)))
        stage.play(tone, 0.0, 1.0 / (1 + 0.3 * number), pan)
    breath = rng.standard_normal(len(stage.sound)).astype(np.float32)
    breath = voices.coloured(breath, 120, float(rng.uniform(300, 700)))
    slow = 0.5 + 0.5 * voices.sine(float(rng.uniform(0.03, 0.08)), voices.clock(seconds))
    stage.play(breath * slow[: len(breath)], 0.0, 0.25)
    return mastered(reverberated(stage.sound, 4.0, 0.5), 0.55, fade_in=4.0, fade_out=5.0)


def drums(rng: np.random.Generator, seconds: float) -> F32:
    """A drum kit alone: a two-bar pattern with swing and ghost notes, and a fill in every fourth bar."""
    stage = Stage(seconds)
    step = 60 / float(rng.uniform(84, 138)) / 4
    swing = float(rng.uniform(0, 0.22)) * step
    low, open_hat = voices.kick(deep=float(rng.uniform(42, 58))), voices.cymbal(rng, 0.35)
    crack = voices.snare(rng, float(rng.uniform(160, 230)), float(rng.uniform(0.5, 1.0)))
    hat = voices.cymbal(rng, float(rng.uniform(0.04, 0.08)))
    toms = [voices.kick(0.3, note) for note in (95, 75, 60)]
    kicks = rng.random(32) < np.tile([1, 0.05, 0.25, 0.3, 0.05, 0.05, 0.45, 0.25], 4)
    ghosts = rng.random(32) < 0.14
    offbeat_hats = rng.random() < 0.5
    for at in range(int(seconds / step)):
        bar, sixteenth = divmod(at, 16)
        time = at * step + (swing if at % 2 else 0.0)
        place = at % 32
        if bar % 4 == 3 and sixteenth >= 12:
            stage.play(toms[min(sixteenth - 12, 2)], time, 0.8, (sixteenth - 13.5) / 3)
            continue
        if kicks[place]:
            stage.play(low, time, 1.0)
        if sixteenth in (4, 12):
            stage.play(crack, time, 0.8, 0.05)
        elif ghosts[place] and bar % 2:
            stage.play(crack, time, 0.16, 0.05)
        if sixteenth == 14 and bar % 2:
            stage.play(open_hat, time, 0.3, 0.35)
        elif at % 2 == 0 or not offbeat_hats:
            stage.play(hat, time, float(rng.uniform(0.2, 0.34)), 0.35)
    return mastered(reverberated(stage.sound, 0.5, 0.12), 0.85, fade_out=0.8)


def bells(rng: np.random.Generator, seconds: float) -> F32:
    """Struck metal in a gapped scale: two patterns of different length that drift against each other."""
    stage = Stage(seconds)
    key = Key.drawn(rng, 60, ("pentatonic", "hirajoshi", "pelog"))
    beat = float(rng.uniform(0.26, 0.42))
    metal = float(rng.uniform(0.3, 1.0))
    struck = {degree: voices.bell(key.hertz(degree), 4.5, metal) for degree in range(-5, 11)}
    lengths = [(5, 8), (7, 8), (6, 7), (5, 6)][int(rng.integers(4))]
    for number, length in enumerate(lengths):
        degrees = wander(rng, length, 0, 10, int(rng.integers(2, 8)))
        sounding = rng.random(length) < 0.75
        for at in range(int(seconds / beat)):
            if sounding[at % length] and at * beat > number * 6:
                late = float(rng.normal(0, 0.008))
                stage.play(struck[degrees[at % length]], at * beat + late, 0.35, 0.5 * (2 * number - 1))
    for at in range(0, int(seconds / beat), 16):
        stage.play(struck[-5 + int(rng.integers(3))], at * beat, 0.8)
    return mastered(reverberated(stage.sound, 3.0, 0.5), 0.7, fade_out=4.0)


def pads(rng: np.random.Generator, seconds: float) -> F32:
    """Wide chords by frequency modulation that melt into each other, and now and then a high tone."""
    stage = Stage(seconds)
    key = Key.drawn(rng, 48, ("lydian", "dorian", "major"))
    length = float(rng.uniform(4.2, 6.0))
    ratio = float(rng.choice([1.0, 2.0, 3.0, 1.5]))
    depth = float(rng.uniform(0.9, 2.2))
    progression = PROGRESSIONS[rng.integers(len(PROGRESSIONS))]
    for number in range(int(seconds / length) + 1):
        root, start = progression[number % 4], number * length - 1.0
        for place, degree in enumerate([root - 7, *triad(root, 4)]):
            tone = voices.fm_pad(key.hertz(degree), length * 1.6, ratio, depth / (1 + place * 0.3))
            stage.play(tone, start, 0.45, (0, -0.7, 0.6, -0.3, 0.8)[place])
        if rng.random() < 0.7:
            high = voices.fm_pad(key.hertz(root + 14 + 2 * int(rng.integers(3))), length, 2.0, 0.4)
            stage.play(high, start + length * 0.6, 0.22, float(rng.uniform(-0.8, 0.8)))
    return mastered(reverberated(stage.sound, 3.2, 0.6), 0.65, fade_in=1.5, fade_out=4.0)


def bass(rng: np.random.Generator, seconds: float) -> F32:
    """A double bass that walks through the chords in quarters, brushed cymbals and sparse electric piano."""
    stage = Stage(seconds)
    key = Key.drawn(rng, 29, ("major", "dorian", "mixolydian"))
    beat = 60 / float(rng.uniform(104, 172))
    ride, brush = voices.cymbal(rng, 0.4, 5000), voices.snare(rng, 120, 0.5)
    changes = [(1, 4, 0, 5), (0, 5, 1, 4), (0, 3, 0, 4), (2, 5, 1, 4)][int(rng.integers(4))]
    for bar in range(int(seconds / (4 * beat)) + 1):
        root, goal = changes[bar % 4], changes[(bar + 1) % 4]
        approach = key.note(goal) + (1 if rng.random() < 0.5 else -1)
        walk = [key.note(root), key.note(root + 2), key.note(root + 4 - 2 * int(rng.integers(2))), approach]
        for quarter, note in enumerate(walk):
            time = (bar * 4 + quarter) * beat
            while note > 48:
                note -= 12  # noqa: PLW2901 - folded down onto the instrument
            tone = voices.pluck(rng, hertz(note), beat * 1.15, 0.12, 0.97)
            stage.play(tone, time + float(rng.normal(0, 0.005)), 1.3)
            stage.play(ride, time, 0.16, 0.4)
            if quarter % 2:
                stage.play(ride, time + beat * 2 / 3, 0.09, 0.4)
                stage.play(brush, time, 0.1, -0.3)
        if bar >= 2 and rng.random() < 0.75:
            time = (bar * 4 + float(rng.choice([0.67, 1.67, 2.67]))) * beat
            for degree in triad(root + 14, 4)[1:]:
                stage.play(voices.electric_piano(key.hertz(degree), 1.1), time, 0.2, -0.25)
    return mastered(reverberated(stage.sound, 0.8, 0.2), 0.8, fade_out=1.5)


def noise(rng: np.random.Generator, seconds: float) -> F32:
    """Wind, surf, rain or static: noise that swells and sinks, with drops or crackle in it."""
    stage = Stage(seconds)
    time = voices.clock(seconds)
    layers = int(rng.integers(2, 5))
    for layer in range(layers):
        centre = float(np.exp(rng.uniform(np.log(150), np.log(6000))))
        width = float(rng.uniform(1.3, 2.6))
        grain = rng.standard_normal(len(time)).astype(np.float32)
        grain = voices.coloured(grain, centre / width, centre * width)
        swell = 0.5 + 0.5 * voices.sine(float(rng.uniform(0.04, 0.25)), time + np.float32(rng.uniform(0, 25)))
        level = np.float32(rng.uniform(0.5, 1.0)) / max(float(grain.std()), 1e-6)
        stage.play(grain * swell**2 * level, 0.0, 0.25, (layer / max(layers - 1, 1)) * 1.4 - 0.7)
    for _ in range(int(rng.choice([0, 60, 400]) * seconds / 30)):
        length = int(rng.integers(60, 700))
        fall = np.exp(-np.arange(length, dtype=np.float32) / np.float32(length / 5))
        drop = rng.standard_normal(length).astype(np.float32) * fall
        at, gain, pan = rng.uniform((0, 0.1, -1), (seconds, 0.5, 1))
        stage.play(drop, float(at), float(gain), float(pan))
    return mastered(stage.sound, 0.5, fade_in=2.0, fade_out=3.0)


COMPOSERS: dict[Style, Composer] = {
    Style.STRINGS: strings,
    Style.CHIPTUNE: chiptune,
    Style.DRONE: drone,
    Style.DRUMS: drums,
    Style.BELLS: bells,
    Style.PADS: pads,
    Style.BASS: bass,
    Style.NOISE: noise,
}
