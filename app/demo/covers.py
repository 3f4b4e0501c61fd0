"""Covers for the demo's albums: flat shapes in the window's blues and warm neighbours, one motif per style.

Called by the writer. Drawn large and scaled down, so that edges are smooth.
"""

from __future__ import annotations

import io
import math
import zlib

import numpy as np
from PIL import Image, ImageDraw

from app.demo.programme import ALBUMS, Album
from app.demo.styles import Style

SIDE = 500
SCALE = 2
FULL = SIDE * SCALE

Colour = tuple[int, int, int]
PALETTES: tuple[tuple[Colour, Colour, Colour, Colour], ...] = (
    ((23, 37, 58), (59, 110, 168), (127, 176, 230), (242, 201, 120)),
    ((244, 238, 226), (59, 110, 168), (214, 120, 86), (40, 52, 72)),
    ((36, 62, 66), (96, 150, 140), (224, 214, 180), (127, 176, 230)),
    ((58, 40, 62), (150, 96, 140), (240, 170, 140), (127, 176, 230)),
    ((232, 236, 240), (127, 176, 230), (59, 110, 168), (232, 160, 96)),
    ((30, 34, 42), (90, 104, 124), (184, 196, 212), (220, 120, 110)),
)
"""Ground, and three colours on it."""


def cover(album: Album) -> bytes:
    """Return the album's cover as a JPEG of 500 x 500 pixels; the same bytes every time."""
    number = ALBUMS.index(album) if album in ALBUMS else zlib.crc32(album.title.encode())
    rng = np.random.default_rng(9_300 + number)
    ground, *colours = PALETTES[(number + number // 3) % len(PALETTES)]
    image = Image.new("RGB", (FULL, FULL), ground)
    MOTIFS[album.style](ImageDraw.Draw(image), rng, colours)
    written = io.BytesIO()
    image.resize((SIDE, SIDE), Image.Resampling.LANCZOS).save(written, "JPEG", quality=88)
    return written.getvalue()


def strings(draw: ImageDraw.ImageDraw, rng: np.random.Generator, colours: list[Colour]) -> None:
    """A sun behind six strings that bend."""
    x, y, radius = FULL * rng.uniform(0.35, 0.65), FULL * rng.uniform(0.3, 0.5), FULL * 0.24
    draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colours[1])
    bend = rng.uniform(40, 130)
    for string in range(6):
        base = FULL * (0.2 + 0.12 * string)
        line = [(px, base + bend * math.sin(px / FULL * math.pi * (1 + string / 3))) for px in range(0, FULL + 9, 8)]
        draw.line(line, fill=colours[0 if string % 2 else 2], width=9)


def chiptune(draw: ImageDraw.ImageDraw, rng: np.random.Generator, colours: list[Colour]) -> None:
    """A creature of large pixels, the same left and right."""
    half = rng.random((5, 8)) < 0.55
    half[4, 2:6] = True
    for column in range(10):
        for row in range(8):
            if half[min(column, 9 - column), row]:
                x, y = 150 + column * 70, 220 + row * 70
                draw.rectangle((x, y, x + 69, y + 69), fill=colours[0 if row < 5 else 1])
    for x in (360, 570):
        draw.rectangle((x, 360, x + 69, 429), fill=colours[2])


def drone(draw: ImageDraw.ImageDraw, rng: np.random.Generator, colours: list[Colour]) -> None:
    """Horizons, one below the other, and a pale moon."""
    radius, x = FULL * rng.uniform(0.08, 0.16), FULL * rng.uniform(0.25, 0.75)
    draw.ellipse((x - radius, 200 - radius, x + radius, 200 + radius), fill=colours[2])
    for layer in range(5):
        level, phase = 400 + layer * 120, rng.uniform(0, 6)
        shade = tuple(round(value * (1 - 0.14 * layer)) for value in colours[0])
        edge = [(px, level + 26 * math.sin(px / 170 + phase)) for px in range(0, FULL + 9, 8)]
        draw.polygon([*edge, (FULL, FULL), (0, FULL)], fill=shade)


def drums(draw: ImageDraw.ImageDraw, rng: np.random.Generator, colours: list[Colour]) -> None:
    """A grid of sixteen steps, some of them struck."""
    struck = rng.random((4, 4)) < 0.55
    for row in range(4):
        for column in range(4):
            x, y = 140 + column * 185, 140 + row * 185
            fill = colours[int(rng.integers(3))] if struck[row, column] else None
            draw.ellipse((x, y, x + 160, y + 160), fill=fill, outline=colours[0], width=8)


def bells(draw: ImageDraw.ImageDraw, rng: np.random.Generator, colours: list[Colour]) -> None:
    """Rings spreading from three strokes."""
    for stroke in range(3):
        x, y = rng.uniform(0.2, 0.8, 2) * FULL
        for ring in range(6, 0, -1):
            radius = ring * 52.0
            box = (x - radius, y - radius, x + radius, y + radius)
            draw.ellipse(box, outline=colours[stroke], width=12 if ring > 1 else 40)


def pads(draw: ImageDraw.ImageDraw, rng: np.random.Generator, colours: list[Colour]) -> None:
    """Broad bands of light, leaning."""
    lean = rng.uniform(-260, 260)
    for band in range(9):
        left, width = band * 130 - 120, rng.uniform(50, 120)
        corners = [(left, 0), (left + width, 0), (left + width + lean, FULL), (left + lean, FULL)]
        draw.polygon(corners, fill=colours[band % 3])


def bass(draw: ImageDraw.ImageDraw, rng: np.random.Generator, colours: list[Colour]) -> None:
    """Steps going up and down, and a round lamp."""
    heights = 300 + np.cumsum(rng.choice([-70, 70], 8))
    for step, height in enumerate(heights):
        draw.rectangle((step * 125, FULL - float(height), step * 125 + 124, FULL), fill=colours[step % 2])
    x = FULL * rng.uniform(0.3, 0.7)
    draw.ellipse((x - 110, 110, x + 110, 330), fill=colours[2])


def noise(draw: ImageDraw.ImageDraw, rng: np.random.Generator, colours: list[Colour]) -> None:
    """Short strokes in a slanting wind."""
    slant = rng.uniform(-0.6, 0.6)
    for _ in range(260):
        x, y = rng.uniform(-50, FULL, 2)
        length = rng.uniform(30, 150)
        line = (x, y, x + length * math.cos(slant), y + length * math.sin(slant))
        draw.line(line, fill=colours[int(rng.integers(3))], width=int(rng.integers(5, 14)))


MOTIFS = {
    Style.STRINGS: strings,
    Style.CHIPTUNE: chiptune,
    Style.DRONE: drone,
    Style.DRUMS: drums,
    Style.BELLS: bells,
    Style.PADS: pads,
    Style.BASS: bass,
    Style.NOISE: noise,
}
