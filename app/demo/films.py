"""The six little films: each a moving pattern computed frame by frame, with sound in one of the styles.

Called by the writer. A pattern depends on the time alone, colours are in 0..1: a film is always the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np

from app.demo.styles import Style, compose
from models.types import F32, U8

WIDTH, HEIGHT, RATE = 480, 270, 24
ARTIST = "Lantern Street Films"

_y, _x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
X: F32 = (_x - WIDTH / 2) / np.float32(HEIGHT)
Y: F32 = (_y - HEIGHT / 2) / np.float32(HEIGHT)


def rgb(red: float, green: float, blue: float) -> F32:
    """A colour as an array, each part in 0..1."""
    return np.array([red, green, blue], np.float32)


NIGHT = rgb(0.09, 0.14, 0.23)
BLUE = rgb(0.23, 0.43, 0.66)
SKY = rgb(0.50, 0.69, 0.90)
GOLD = rgb(0.95, 0.79, 0.47)
CORAL = rgb(0.84, 0.47, 0.34)
MOSS = rgb(0.38, 0.59, 0.55)
PAPER = rgb(0.93, 0.92, 0.88)


def mixed(amount: F32, first: F32, second: F32) -> F32:
    """Blend two colours by an amount in 0..1 for each pixel; (height, width, 3)."""
    return np.asarray(first + amount[..., None] * (second - first), np.float32)


def tide(time: float) -> F32:
    """Waves rolling in, three layers deep."""
    picture = mixed(np.clip(Y + 0.6, 0, 1), NIGHT, CORAL)
    for layer, colour in enumerate((SKY, BLUE, NIGHT)):
        crest = 0.12 * layer - 0.1 + 0.06 * np.sin(X * (5 + 2 * layer) + time * (1.2 + 0.5 * layer) + layer)
        picture = np.where((crest < Y)[..., None], colour, picture)
    return picture


def lanterns(time: float) -> F32:
    """Soft lights rising and swaying in the dark."""
    glow = np.zeros_like(X)
    for number in range(9):
        up = 0.65 - (time * (0.07 + 0.012 * number) + number * 0.37) % 1.3
        aside = -0.8 + 0.2 * number + 0.06 * np.sin(time * 1.3 + number * 2)
        size = 0.0015 + 0.0011 * (number % 3)
        glow += np.exp(-((X - np.float32(aside)) ** 2 + (Y - np.float32(up)) ** 2) / np.float32(size))
    return mixed(np.clip(glow, 0, 1), NIGHT, GOLD)


def kaleidoscope(time: float) -> F32:
    """A turning figure mirrored eight times."""
    radius, angle = np.hypot(X, Y), np.arctan2(Y, X)
    folded = np.abs((angle + time * 0.25) % (np.pi / 4) - np.pi / 8)
    wave = np.sin(18 * radius - 2.2 * time + 9 * folded) * np.cos(14 * folded + time)
    shade = np.clip(1.25 - radius, 0, 1)[..., None]
    return np.asarray(mixed(0.5 + 0.5 * wave, BLUE, GOLD) * shade, np.float32)


def rain(time: float) -> F32:
    """Streaks falling down a window, at three speeds."""
    picture = mixed(np.clip(0.5 - Y, 0, 1), rgb(0.10, 0.15, 0.16), MOSS)
    for layer in range(3):
        columns = np.floor((X + 1) * (22 + 13 * layer))
        start = np.sin(columns * 127.1 + layer * 31.7) * 43758.5
        fall = (Y - time * (0.5 + 0.35 * layer) + (start - np.floor(start))) % 1.0
        picture += (np.clip(fall - 0.86, 0, 1) * 3.5)[..., None] * SKY
    return np.asarray(np.clip(picture, 0, 1), np.float32)


def sunrise(time: float) -> F32:
    """A sun coming up behind two hills."""
    height = np.float32(0.42 - 0.055 * time)
    light = np.exp(-((X - 0.15) ** 2 + (Y - height) ** 2) / np.float32(0.12 + 0.02 * time))
    picture = mixed(np.clip(light, 0, 1), rgb(0.16, 0.15, 0.26), CORAL)
    disc = (X - 0.15) ** 2 + (Y - height) ** 2 < 0.017
    picture[disc] = GOLD
    for hill, colour in enumerate((rgb(0.17, 0.20, 0.28), rgb(0.09, 0.11, 0.17))):
        slope = 0.22 + 0.12 * hill + 0.10 * np.cos(X * (2.6 + hill) + 2 * hill + 0.6)
        picture[slope < Y] = colour
    return picture


def tiles(time: float) -> F32:
    """Square tiles that flip, row after row."""
    column, row = np.floor((X + 1) * 7), np.floor((Y + 0.5) * 7)
    turn = np.cos(time * 2.4 - column * 0.7 - row * 0.45)
    inside = np.abs((X + 1) * 7 - column - 0.5) < 0.46 * np.abs(turn)
    inside &= np.abs((Y + 0.5) * 7 - row - 0.5) < 0.44
    picture = np.where((turn > 0)[..., None], CORAL, SKY)
    return np.where(inside[..., None], picture, PAPER)


@dataclass(frozen=True, slots=True)
class Film:
    """One film: its file, its pattern and its sound track."""

    title: str
    year: int
    suffix: str
    seconds: float
    pattern: Callable[[float], F32]
    style: Style
    seed: int

    @property
    def path(self) -> PurePosixPath:
        """Place below the demo folder."""
        return PurePosixPath("Films", f"{self.title}.{self.suffix}")

    def frames(self) -> Iterator[U8]:
        """Yield the pictures: uint8 (270, 480, 3), 24 a second."""
        for number in range(round(self.seconds * RATE)):
            yield np.asarray(np.clip(self.pattern(number / RATE), 0, 1) * 255, np.uint8)

    def sound(self) -> F32:
        """Compose the sound track: stereo float32 (n, 2) at 44.1 kHz."""
        return compose(self.style, np.random.default_rng(self.seed), self.seconds)


def films() -> list[Film]:
    """Return the six films, the same every time."""
    return [
        Film("Tide Lines", 2018, "mp4", 10.0, tide, Style.NOISE, 8_001),
        Film("Lantern Drift", 2021, "webm", 11.0, lanterns, Style.PADS, 8_002),
        Film("Paper Kaleidoscope", 2019, "mkv", 9.0, kaleidoscope, Style.BELLS, 8_003),
        Film("Rain on Glass", 2016, "webm", 10.0, rain, Style.STRINGS, 8_004),
        Film("Slow Sunrise", 2022, "mp4", 12.0, sunrise, Style.DRONE, 8_005),
        Film("A Floor of Tiles", 2020, "mkv", 8.0, tiles, Style.CHIPTUNE, 8_006),
    ]
