"""Each image block sees what it is for."""

from __future__ import annotations

import numpy as np
import pytest

from models.encoders import builtin_image, image_blocks
from models.types import Frame


def seen(pixels: np.ndarray) -> image_blocks.Picture:
    found = image_blocks.look(Frame(np.ascontiguousarray(pixels, dtype=np.uint8)))
    assert found is not None
    return found


def stripes(angle: float, width: int = 8, side: int = 128) -> np.ndarray:
    down, across = np.mgrid[:side, :side]
    wave = np.sin(2 * np.pi * (across * np.cos(angle) + down * np.sin(angle)) / width)
    return np.repeat((127 + 120 * wave)[:, :, None], 3, axis=2)


def halves(left: tuple[int, int, int], right: tuple[int, int, int]) -> np.ndarray:
    picture = np.empty((100, 200, 3), np.uint8)
    picture[:, :100], picture[:, 100:] = left, right
    return picture


def test_the_layout_is_the_documented_one() -> None:
    documented = [
        (int(cells[1]), int(cells[2]), cells[3].strip())
        for cells in (line.split("|") for line in (builtin_image.__doc__ or "").splitlines() if line.startswith("|"))
        if cells[1].strip().isdigit()
    ]
    at = 0
    built = []
    for block in builtin_image.SPEC.blocks:
        built.append((at, block.size, block.name))
        at += block.size
    assert documented == built
    assert at == builtin_image.SPEC.dimension == 1543


def test_blocks_have_their_size_and_are_finite() -> None:
    raw = builtin_image.raw_features(Frame(stripes(0.3).astype(np.uint8)))
    assert raw.shape == (1543,)
    assert raw.dtype == np.float32
    assert np.isfinite(raw).all()


def test_the_histogram_counts_colours_wherever_they_are() -> None:
    first = image_blocks.hsv_histogram(seen(halves((250, 10, 10), (10, 10, 250))))
    swapped = image_blocks.hsv_histogram(seen(halves((10, 10, 250), (250, 10, 10))))
    assert (first**2).sum() == pytest.approx(1.0, abs=1e-5)
    assert first == pytest.approx(swapped, abs=0.05)
    assert sorted(first[first > 0.3]) == pytest.approx([np.sqrt(0.5)] * 2, abs=0.05)


def test_the_grid_knows_where_they_are() -> None:
    grid = image_blocks.colour_grid(seen(halves((250, 10, 10), (10, 10, 250)))).reshape(3, 8, 8)
    blue, red = grid[1], grid[2]
    assert (red[:, :3] > 0.4).all()
    assert (red[:, 5:] < 0.1).all()
    assert (blue[:, 5:] > 0.4).all()


@pytest.mark.parametrize("step", range(8))
def test_gist_finds_the_orientation(step: int) -> None:
    # Stripes whose phase runs along an angle have their energy there in the spectrum.
    found = image_blocks.gist(seen(stripes(np.pi * step / 8, width=6))).reshape(4, 8, 4, 4)
    assert int(found[1].mean((1, 2)).argmax()) == step


def test_gist_finds_the_scale() -> None:
    for scale, width in enumerate((3, 6, 12, 25)):
        found = image_blocks.gist(seen(stripes(0.0, width=width))).reshape(4, 8, 4, 4)
        assert int(found.mean((2, 3)).max(1).argmax()) == scale


def test_gradients_find_vertical_and_horizontal_edges() -> None:
    upright = image_blocks.oriented_gradients(seen(stripes(0.0, width=32))).reshape(8, 8, 9)
    lying = image_blocks.oriented_gradients(seen(stripes(np.pi / 2, width=32))).reshape(8, 8, 9)
    assert int(upright.mean((0, 1)).argmax()) in (0, 8)
    assert int(lying.mean((0, 1)).argmax()) == 4


def test_gradients_ignore_brightness() -> None:
    bright = image_blocks.oriented_gradients(seen(stripes(0.4, width=32)))
    dark = image_blocks.oriented_gradients(seen(stripes(0.4, width=32) * 0.4))
    assert bright == pytest.approx(dark, abs=0.15)


def test_overall_numbers() -> None:
    grey = image_blocks.overall(seen(stripes(0.0, width=32)))
    colourful = image_blocks.overall(seen(halves((250, 10, 10), (10, 10, 250))))
    assert colourful[3] > 10 * grey[3]  # colourfulness
    assert colourful[6] == pytest.approx(1.0)  # twice as wide as high
    assert grey[6] == 0.0


@pytest.mark.parametrize("levels", [0, 3])
def test_a_flat_picture_says_nothing(levels: int) -> None:
    pixels = np.full((64, 64, 3), 16, np.uint8)
    pixels[::2] += np.uint8(levels)
    assert image_blocks.look(Frame(pixels)) is None


def test_a_dark_picture_with_something_in_it_does_not() -> None:
    pixels = np.zeros((64, 64, 3), np.uint8)
    pixels[20:40, 20:40] = 60
    assert image_blocks.look(Frame(pixels)) is not None
