"""The picture with a film's tiles."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from app.library.covers import picture_key
from app.library.strips import HIGHEST, LOWEST, TILE, strip_of
from models.types import Frame
from tests.film_files import scene_picture


def test_tiles_lie_side_by_side_in_order() -> None:
    frames = [Frame(np.full((90, 160, 3), level, np.uint8), level) for level in (20, 120, 220)]
    strip = strip_of(frames)
    assert strip is not None
    assert (strip.tile_width, strip.tile_height) == (TILE, 90)
    assert strip.key == picture_key(strip.picture)
    with Image.open(io.BytesIO(strip.picture)) as image:
        pixels = np.asarray(image)
    assert pixels.shape == (90, 3 * TILE, 3)
    for number, level in enumerate((20, 120, 220)):
        assert abs(float(pixels[:, number * TILE + 8 : (number + 1) * TILE - 8].mean()) - level) < 4


@pytest.mark.parametrize(
    ("size", "height"), [((600, 338), 90), ((338, 600), HIGHEST), ((600, 20), LOWEST), ((2, 2), 160)]
)
def test_a_tile_has_the_films_proportions_within_reason(size: tuple[int, int], height: int) -> None:
    strip = strip_of([Frame(scene_picture(1, size))])
    assert strip is not None
    assert strip.tile_height == height


def test_a_picture_of_another_size_fits_its_tile() -> None:
    strip = strip_of([Frame(scene_picture(1, (160, 90))), Frame(scene_picture(2, (90, 160)))])
    assert strip is not None
    with Image.open(io.BytesIO(strip.picture)) as image:
        assert image.size == (2 * TILE, 90)


def test_no_pictures_no_strip() -> None:
    assert strip_of([]) is None
