"""Pictures and sounds made by arithmetic, each with words that describe it: what miniature encoders learn from.

Every call gives another one: colours, sizes, places, pitches, tempos, noise and wording vary. The sanity set of
`models/encoders/sanity.py` is not among them: none of its captions is ever given here, and whoever passes it has
generalised. The same makers give tests the films and tracks that such encoders are to find.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from models.types import F32, U8

Plane = np.ndarray
Colour = tuple[float, float, float]
Rng = np.random.Generator

COLOURS: dict[str, Colour] = {
    "red": (218, 18, 18),
    "green": (25, 160, 45),
    "blue": (25, 45, 220),
    "yellow": (248, 220, 25),
    "orange": (245, 135, 15),
    "purple": (130, 30, 170),
    "white": (250, 250, 250),
    "black": (8, 8, 8),
    "grey": (128, 128, 128),
}
SHAPES = ("square", "circle", "triangle", "cross")
SAID = ("{}", "a picture of {}", "a photo of {}", "this shows {}", "a frame with {}")
HEARD = ("{}", "this is the sound of {}", "the sound of {}", "a recording of {}", "one hears {}")

NOTHING_SEEN = ("a picture", "a photo", "an image", "a frame of a film", "a picture of something")
NOTHING_HEARD = ("a sound", "a song", "music", "an audio recording", "the sound of something")
"""Words that say nothing of what there is to see or hear."""


@dataclass(frozen=True, slots=True, eq=False)
class Described:
    """Something made, its words, and `kind`: two of one kind could have each other's words."""

    made: Any
    words: str
    kind: str


# ------------------------------------------------------------------------------------------------ pictures


def picture(kind: str, rng: Rng, side: int = 64) -> U8:
    """One picture of a kind, uint8 `(side, side, 3)`: "red square", "yellow circle on black", "black and white
    stripes", "red and white chessboard", "blue rings", "stars", "rainbow", "static", "landscape", "fade of red".
    """
    down, across = np.mgrid[0:side, 0:side] / side - 0.5
    down, across = down + rng.uniform(-0.08, 0.08), across + rng.uniform(-0.08, 0.08)
    first, *rest = kind.split()
    if first == "stars":
        planes = _stars(rng, side)
    elif first == "rainbow":
        hue = 2 * np.pi * (rng.uniform(0.8, 1.3) * rng.choice((across, down)) + rng.random())
        planes = np.dstack([128 + 127 * np.cos(hue - turn) for turn in (0.0, 2.09, 4.19)])
    elif first == "static":
        planes = np.dstack([rng.integers(0, rng.integers(200, 256), (side, side))] * 3).astype(float)
    elif first == "landscape":
        planes = _landscape(rng, down, across)
    elif first == "fade":
        planes = _shade(rest[-1], rng) * rng.choice((across, down, -across, -down))[..., None] + 0.0
        planes = (planes - planes.min()) / np.ptp(planes) * 255
    else:
        where, colour, ground = _drawn(kind, rng, down, across)
        planes = np.where(where[..., None], _shade(colour, rng), _shade(ground, rng))
    planes = planes + rng.normal(0, rng.uniform(0, 8), planes.shape)
    return np.ascontiguousarray(np.clip(planes, 0, 255).astype(np.uint8))


def _drawn(kind: str, rng: Rng, down: Plane, across: Plane) -> tuple[Plane, str, str]:
    """Where the first colour is, its name, and that of the ground."""
    words = kind.split()
    if words[-1] in ("stripes", "chessboard"):
        turned = rng.uniform(-0.1, 0.1) + (np.pi / 2 if rng.random() < 0.3 else 0)
        along = across * np.cos(turned) + down * np.sin(turned)
        beside = down * np.cos(turned) - across * np.sin(turned)
        fine = rng.uniform(7, 14) if words[-1] == "stripes" else rng.uniform(5, 10)
        where = np.floor(along * fine) if words[-1] == "stripes" else np.floor(along * fine) + np.floor(beside * fine)
        return where % 2 == 0, words[0], words[2]
    size = rng.uniform(0.2, 0.36)
    far = np.hypot(down, across)
    if words[-1] == "rings":
        return np.floor(far * rng.uniform(10, 18)) % 2 == 0, words[0], "white"
    where = {
        "square": (np.abs(down) < size) & (np.abs(across) < size * rng.uniform(0.85, 1.15)),
        "circle": far < size,
        "triangle": (down > -size) & (down < size) & (np.abs(across) < (down + size) * rng.uniform(0.45, 0.65)),
        "cross": (np.abs(down) < size * 0.3) | (np.abs(across) < size * 0.3),
    }[words[1]]
    return where, words[0], words[3] if len(words) > 2 else "white"


def _shade(colour: str, rng: Rng) -> Plane:
    return np.clip(np.array(COLOURS[colour]) + rng.normal(0, 12, 3), 0, 255)


def _stars(rng: Rng, side: int) -> Plane:
    """Points as a large picture has them, made small: many are dim."""
    points = np.where(rng.random((side, side)) < rng.uniform(0.01, 0.06), rng.uniform(30, 255, (side, side)), 0)
    return np.dstack([8 + points] * 2 + [12 + points])


def _landscape(rng: Rng, down: Plane, across: Plane) -> Plane:
    hill = down > rng.uniform(0.02, 0.22) + 0.06 * np.sin(across * rng.uniform(4, 12) + rng.uniform(0, 6))
    sun = np.hypot(down + rng.uniform(0.05, 0.2), across - rng.uniform(-0.25, 0.25)) < rng.uniform(0.09, 0.17)
    sky, field, shine = ((120, 180, 245), (60, 150, 40), (255, 240, 90))
    planes = np.where(hill[..., None], field, np.where(sun[..., None], shine, sky))
    return planes + rng.normal(0, 10, 3)


def picture_words(kind: str, rng: Rng) -> str:
    """Words for a kind of picture, never those of the sanity set."""
    told = {
        "stars": ("a starry sky", "stars at night", "the night sky with its stars", "a dark sky full of stars"),
        "rainbow": ("a rainbow", "the colours of the rainbow", "all colours in a row like a rainbow"),
        "static": ("television noise", "noise on a grey screen", "a grey television without a channel", "grey noise"),
        "landscape": (
            "a landscape with the sun", "a green field and a blue sky", "the sun in a blue sky over a field",
            "a sunny green hill", "the sun above green grass",
        ),
    }  # fmt: skip
    words = kind.split()
    if kind in told:
        body = str(rng.choice(told[kind]))
    elif words[0] == "fade":
        body = f"{words[-1]} that fades to dark" if rng.random() < 0.5 else f"a fade from {words[-1]} to dark"
    elif words[-1] == "stripes":
        body = rng.choice((f"stripes of {words[0]} and {words[2]}", f"{words[2]} and {words[0]} stripes"))
    elif words[-1] == "chessboard":
        body = rng.choice(
            (f"a chessboard in {words[0]} and {words[2]}", f"a {words[2]} and {words[0]} chessboard",
             f"{words[0]} and {words[2]} checks")
        )  # fmt: skip
    elif words[-1] == "rings":
        body = rng.choice((f"{words[0]} rings", f"rings of {words[0]}, a target", f"a {words[0]} target with rings"))
    else:
        colour, shape, ground = words[0], words[1], words[3] if len(words) > 2 else ""
        if not ground:
            body = rng.choice((f"one {colour} {shape}", f"a {shape} in {colour}", f"the {colour} {shape}"))
        elif shape == "cross":
            body = rng.choice((f"a {colour} cross on {ground}", f"a {ground} flag with a {colour} cross"))
        else:
            body = rng.choice((f"a {colour} {shape} on {ground} ground", f"on {ground}: a {colour} {shape}"))
    return str(rng.choice(SAID)).format(body)


def pictures(count: int, rng: Rng, side: int = 64) -> list[Described]:
    """So many pictures, all of different kinds."""
    kinds = ["stars", "rainbow", "static", "landscape"]
    names = list(COLOURS)

    def two() -> tuple[str, str]:
        first, second = rng.choice(len(names), 2, replace=False)
        return names[first], names[second]

    def name(but: str) -> str:
        return str(rng.choice([one for one in names if one != but]))

    def shape_on_ground() -> str:
        colour, ground = two()
        return f"{colour} {rng.choice(SHAPES)} on {ground}"

    makers: list[Callable[[], str]] = [
        lambda: "{} and {} stripes".format(*sorted(two())),
        lambda: "{} and {} chessboard".format(*sorted(two())),
        lambda: f"{name('white')} rings",
        lambda: f"fade of {name('black')}",
        lambda: f"{name('white')} {rng.choice(SHAPES)}",
        shape_on_ground,
    ]
    share = np.array((2, 2, 1, 1, 3, 2)) / 11
    while len(kinds) < count:
        kind = makers[rng.choice(len(makers), p=share)]()
        if kind not in kinds:
            kinds.append(kind)
    return [Described(picture(kind, rng, side), picture_words(kind, rng), kind) for kind in kinds[:count]]


# -------------------------------------------------------------------------------------------------- sounds

SOUNDS = {
    "beep": ("a test tone", "a sine tone", "one pure tone", "a beep"),
    "hiss": ("white noise", "static, hiss", "a hiss", "the static of a radio"),
    "siren": ("a siren", "the siren of an ambulance", "a police siren", "an emergency"),
    "bell": ("a bell", "a church bell", "bells ringing", "the ringing of a bell"),
    "clock": ("a clock", "the ticking of a clock", "a watch ticking", "tick tock"),
    "heart": ("a beating heart", "the heartbeat of somebody", "heartbeats"),
    "wind": ("wind", "the wind in the trees", "a storm blowing", "gusts of wind"),
    "drums": ("drums", "a beat on drums", "a drum", "bass drum and hi-hat"),
    "piano": ("a piano", "music on a piano", "a melody of a piano", "somebody plays music"),
    "engine": ("an engine", "an idling motor, an engine", "a motor", "the engine of a tractor"),
    "rain": ("rain", "falling rain", "heavy rain drops", "rain on a roof"),
    "bird": ("a bird", "birds chirping in the morning", "the chirping of a bird", "a singing bird"),
    "hum": ("a low hum", "the hum of a transformer", "a buzz"),
    "chord": ("a chord", "an organ that holds a chord", "a long chord"),
}  # fmt: skip
"""Kinds of sounds, and what is said of them."""


def sound(kind: str, rng: Rng, seconds: float = 5.0, rate: int = 48_000) -> F32:
    """One sound of a kind in `SOUNDS`, float32 `(seconds * rate,)`, at half of full scale."""
    count = int(seconds * rate)
    at = np.arange(count) / rate
    wave = _Maker(rng, at, rate).make(kind)
    wave = np.roll(wave, rng.integers(count)) / max(float(np.abs(wave).max()), 1e-9)
    return (0.5 * wave).astype(np.float32)


class _Maker:
    """Waves over the times `at`; every number a little different each time."""

    def __init__(self, rng: Rng, at: Plane, rate: int) -> None:
        self._rng, self._at, self._rate = rng, at, rate

    def make(self, kind: str) -> Plane:
        wave: Plane = getattr(self, f"_{kind}")()
        return wave

    def _any(self, low: float, high: float) -> float:
        return float(self._rng.uniform(low, high))

    def _noise(self) -> Plane:
        return self._rng.standard_normal(len(self._at), dtype=np.float32)

    def _tone(self, hertz: Any) -> Plane:
        if np.ndim(hertz) == 0:
            return np.sin(2 * np.pi * hertz * self._at)
        return np.sin(2 * np.pi * np.cumsum(hertz) / self._rate)

    def _every(self, seconds: float, decay: float, offset: float = 0.0) -> Plane:
        return np.exp(-((self._at - offset) % seconds) * decay)

    def _low(self, wave: Plane, hertz: float) -> Plane:
        kept = np.fft.rfft(wave)
        kept *= 1 / (1 + (np.fft.rfftfreq(len(wave), 1 / self._rate) / hertz) ** 4)
        return np.fft.irfft(kept, len(wave))

    def _beep(self) -> Plane:
        return self._tone(self._any(500, 1800))

    def _hiss(self) -> Plane:
        return self._noise()

    def _siren(self) -> Plane:
        return self._tone(
            self._any(700, 1100) + self._any(200, 450) * np.sin(2 * np.pi * self._any(0.2, 0.8) * self._at)
        )

    def _bell(self) -> Plane:
        pitch = self._any(330, 800)
        parts = [self._tone(pitch * part) / rank for rank, part in enumerate((1, 2.0, 2.4, 3.0, 4.5, 5.3), 1)]
        return np.asarray(sum(parts)) * self._every(self._any(1.6, 3.0), self._any(0.9, 2.0))

    def _clock(self) -> Plane:
        return self._low(self._noise(), self._any(4000, 9000)) * self._every(self._any(0.4, 1.0), self._any(120, 250))

    def _heart(self) -> Plane:
        beat, decay = self._any(0.8, 1.2), self._any(12, 20)
        return self._tone(self._any(40, 60)) * (self._every(beat, decay) + 0.7 * self._every(beat, decay, 0.3 * beat))

    def _wind(self) -> Plane:
        swell = 1.2 + np.sin(2 * np.pi * self._any(0.1, 0.4) * self._at)
        return self._low(self._noise(), self._any(200, 600)) * swell

    def _drums(self) -> Plane:
        beat = self._any(0.4, 0.65)
        since = self._at % beat
        bass = np.exp(-since * 9) * np.sin(2 * np.pi * self._any(48, 65) * since * np.exp(-since * 2))
        snare = self._every(2 * beat, self._any(18, 26), beat)
        return 3 * bass + self._noise() * (0.5 * snare + 0.15 * self._every(beat / 2, 60))

    def _piano(self) -> Plane:
        beat = self._any(0.35, 0.7)
        scale = self._rng.choice(np.array((0, 2, 4, 5, 7, 9, 11, 12)), 64)
        steps = self._any(220, 330) * 2 ** (scale[(self._at / beat).astype(int) % 64] / 12)
        parts = [self._any(0.5, 0.7) ** part * self._tone(steps * part) for part in range(1, 6)]
        return np.asarray(sum(parts)) * self._every(beat, self._any(3, 5))

    def _engine(self) -> Plane:
        teeth = (self._at * self._any(28, 50)) % 1 - 0.5
        return self._low(teeth * (1 + 0.4 * self._noise()), self._any(350, 700))

    def _rain(self) -> Plane:
        drops = self._rng.random(len(self._at), dtype=np.float32) > self._any(0.99, 0.998)
        return self._noise() * (self._any(0.1, 0.25) + drops * 2)

    def _bird(self) -> Plane:
        pitch = self._any(3000, 4500) + self._any(500, 1100) * np.sin(2 * np.pi * self._any(9, 18) * self._at)
        return self._tone(pitch) * (self._at % self._any(0.6, 1.2) < self._any(0.2, 0.4))

    def _hum(self) -> Plane:
        return (self._at * self._any(45, 140)) % 1 - 0.5

    def _chord(self) -> Plane:
        pitch = self._any(150, 400)
        return np.asarray(sum(self._tone(pitch * part) for part in (1, 1.26, 1.5, 2)))


def sound_words(kind: str, rng: Rng) -> str:
    """Words for a kind of sound, never those of the sanity set."""
    return str(rng.choice(HEARD)).format(rng.choice(SOUNDS[kind]))
