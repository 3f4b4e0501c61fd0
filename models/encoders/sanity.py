"""Whether a loaded encoder connects words with what they mean: a small set of pictures and sounds made by arithmetic.

Each of them has the words that describe it. A trained encoder puts them nearer to each other than to the rest; one
that is not (or whose text tower belongs to other weights) does so no better than by chance. Used by `bowerbird
encoders check`; arrays in, one value out. Nobody has run it on real weights yet: the limit is that of chance, not of
experience.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from models.encoders.base import WordEncoder
from models.encoders.trial_inputs import SECONDS, SIDE, loud
from models.types import F32, Clip, Frame, Modality

RATE = 48_000
LIKELY_CHANCE = 0.01
"""The share of random pairings at least as good as the right one, above which words and inputs are unconnected."""
SHUFFLES = 9_999

Plane = np.ndarray


@dataclass(frozen=True, slots=True)
class Sanity:
    """How it went: of `asked` inputs, `hits` lay nearest to their own words; `chance` is the share of random pairings
    that fit at least as well as the right one."""

    hits: int
    asked: int
    chance: float

    @property
    def sane(self) -> bool:
        return self.chance <= LIKELY_CHANCE


def judge(encoder: WordEncoder[Any]) -> Sanity:
    """Let an encoder match the set for its modality. Raises ValueError for one of text."""
    if encoder.modality is Modality.IMAGE:
        named: dict[str, Any] = {f"a picture of {words}": frame for words, frame in frames().items()}
    elif encoder.modality is Modality.AUDIO:
        named = {f"this is the sound of {words}": clip for words, clip in clips().items()}
    else:
        raise ValueError("only pictures and sounds have a set")
    return matched(encoder.encode(list(named.values())), encoder.encode_words(list(named)))


def matched(inputs: F32, words: F32) -> Sanity:
    """How well inputs `(n, d)` fit their words `(n, d)`, row by row.

    Cosines are centred by row and column, since some words lie near everything; the sum of the right pairs is
    compared with that of random pairings (a permutation test, always the same shuffles).
    """
    cosines = inputs.astype(np.float64) @ words.T.astype(np.float64)
    centred = cosines - cosines.mean(axis=0) - cosines.mean(axis=1, keepdims=True) + cosines.mean()
    count = len(centred)
    rng = np.random.default_rng(11)
    orders = np.argsort(rng.random((SHUFFLES, count)), axis=1)
    shuffled = centred[np.arange(count), orders].sum(axis=1)
    chance = (1 + int((shuffled >= np.trace(centred) - 1e-12).sum())) / (1 + SHUFFLES)
    return Sanity(int((centred.argmax(axis=1) == np.arange(count)).sum()), count, chance)


def frames() -> dict[str, Frame]:
    """Twelve pictures by what they show."""
    rng = np.random.default_rng(3)
    down, across = np.mgrid[0:SIDE, 0:SIDE] / SIDE - 0.5
    round_ = np.hypot(down, across)
    white, black = np.full((SIDE, SIDE), 250.0), np.full((SIDE, SIDE), 8.0)
    square = (np.abs(down) < 0.28) & (np.abs(across) < 0.28)
    triangle = (down > -0.3) & (down < 0.3) & (np.abs(across) < (down + 0.3) * 0.55)
    stripes = np.floor(across * 12) % 2 == 0
    boards = (np.floor(across * 8) + np.floor(down * 8)) % 2 == 0
    hill = down > 0.12 + 0.06 * np.sin(across * 9)
    stars = rng.random((SIDE, SIDE)) > 0.997
    cross = (np.abs(down) < 0.08) | (np.abs(across) < 0.08)
    sun = np.hypot(down + 0.1, across) < 0.14
    hue = 2 * np.pi * (across + 0.5)

    def seen(red: Plane, green: Plane, blue: Plane) -> Frame:
        planes = np.dstack((red, green, blue)) + rng.normal(0, 1.5, (SIDE, SIDE, 3))
        return Frame(np.ascontiguousarray(np.clip(planes, 0, 255).astype(np.uint8)))

    def shape(where: Plane, colour: tuple[float, float, float], ground: Plane = white) -> Frame:
        red, green, blue = (np.where(where, value, ground) for value in colour)
        return seen(red, green, blue)

    noise = rng.integers(0, 255, (SIDE, SIDE)).astype(float)
    return {
        "a red square": shape(square, (220, 20, 20)),
        "a blue circle": shape(round_ < 0.3, (20, 40, 220)),
        "a green triangle": shape(triangle, (20, 160, 40)),
        "a yellow circle on black": shape(round_ < 0.3, (250, 220, 20), black),
        "black and white stripes": shape(stripes, (5, 5, 5)),
        "a black and white chessboard": shape(boards, (5, 5, 5)),
        "a white cross on a red flag": shape(~cross, (215, 10, 20)),
        "a target of red rings": shape(np.floor(round_ * 14) % 2 == 0, (215, 15, 15)),
        "stars in the night sky": shape(stars, (255, 255, 250), black),
        "a rainbow of colours": seen(*(128 + 127 * np.cos(hue - turn) for turn in (0.0, 2.09, 4.19))),
        "grey television noise": seen(noise, noise, noise),
        "the sun over a green field under a blue sky": seen(
            np.where(sun, 255, np.where(hill, 60, 120)),
            np.where(sun, 240, np.where(hill, 150, 180)),
            np.where(sun, 90, np.where(hill, 40, 245)),
        ),
    }  # fmt: skip


def clips() -> dict[str, Clip]:
    """Twelve sounds of ten seconds by what they are."""
    count = int(SECONDS * RATE)
    at = np.arange(count) / RATE
    rng = np.random.default_rng(3)
    noise = rng.normal(size=count)

    def tone(hertz: Any, share: float = 1.0) -> Plane:
        phase = np.cumsum(np.broadcast_to(np.asarray(hertz, float), (count,))) / RATE
        return share * np.sin(2 * np.pi * phase)

    def every(seconds: float, decay: float) -> Plane:
        return np.asarray(np.exp(-(at % seconds) * decay))

    def low(wave: Plane, hertz: float) -> Plane:
        kept = np.fft.rfft(wave)
        kept *= 1 / (1 + (np.fft.rfftfreq(count, 1 / RATE) / hertz) ** 4)
        return np.fft.irfft(kept, count)

    bell = sum(tone(520 * part, 1 / rank) for rank, part in enumerate((1, 2.0, 2.4, 3.0, 4.5, 5.3), 1))
    steps = 261.6 * 2 ** (np.array([0, 4, 7, 12, 7, 4, 2, 5])[(np.floor(at * 2) % 8).astype(int)] / 12)
    piano = sum(tone(steps * part, 0.6**part) for part in range(1, 6))
    bass = np.exp(-(at % 0.5) * 9) * np.sin(2 * np.pi * 55 * (at % 0.5) * np.exp(-(at % 0.5) * 2))
    sounds: dict[str, Callable[[], Plane]] = {
        "a pure sine tone, a test beep": lambda: tone(1000),
        "white noise, static": lambda: noise,
        "an emergency siren": lambda: tone(900 + 350 * np.sin(2 * np.pi * 0.4 * at)),
        "a church bell ringing": lambda: np.asarray(bell) * every(2.5, 1.2),
        "a clock ticking": lambda: low(noise, 6000) * every(0.5, 180),
        "a heartbeat": lambda: tone(48) * (every(1.0, 16) + 0.7 * np.roll(every(1.0, 16), int(0.3 * RATE))),
        "wind blowing": lambda: low(noise, 350) * (1.2 + np.sin(2 * np.pi * 0.23 * at)),
        "a drum beat": lambda: (
            3 * bass + 0.5 * noise * np.roll(every(1.0, 22), RATE // 2) + 0.15 * noise * every(0.25, 60)
        ),
        "piano music": lambda: np.asarray(piano) * every(0.5, 4),
        "an engine idling": lambda: low(((at * 38) % 1 - 0.5) * (1 + 0.4 * noise), 500),
        "rain falling": lambda: noise * 0.2 + noise * (rng.random(count) > 0.995) * 2,
        "a bird chirping": lambda: tone(3800 + 900 * np.sin(2 * np.pi * 14 * at)) * ((at % 0.8) < 0.3),
    }
    return {words: Clip(loud(make()), RATE) for words, make in sounds.items()}
