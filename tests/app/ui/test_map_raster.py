"""The picture of the dots: where they are, in which shape and colour, and which lies on top."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtGui import QColor

from app.ui.map_raster import HIGH, LOW, STEPS, DotsPainter, View, colour_codes, colours, radius_for
from app.ui.tones import DARK, LIGHT, Tones, contrast, luminance

NAN = float("nan")
WHOLE = View(0.5, 0.5, 100.0)


def painter(places: list[list[float]], scores: list[float], films: list[bool] | None = None) -> DotsPainter:
    films = films or [False] * len(places)
    codes = colour_codes(np.array(scores, np.float32), None)
    return DotsPainter(np.array(places, np.float32), codes, np.array(films), colours(LIGHT))


def test_a_dot_is_where_its_place_is_and_round() -> None:
    picture = painter([[0.25, 0.75]], [1.0]).paint(WHOLE, 100, 100, 1.0, 5.0)
    assert picture.pixelColor(25, 75).name() == LIGHT.accent
    assert picture.pixelColor(25 + 4, 75).name() == LIGHT.accent
    assert picture.pixelColor(25 + 4, 75 + 4).alpha() == 0
    assert picture.pixelColor(60, 60).alpha() == 0


def test_a_film_is_a_square() -> None:
    picture = painter([[0.25, 0.75]], [1.0], [True]).paint(WHOLE, 100, 100, 1.0, 5.0)
    assert picture.pixelColor(25 + 4, 75 + 4).alpha() == 255


def test_what_is_liked_more_lies_on_top() -> None:
    for scores in ([1.0, 0.0], [0.0, 1.0], [NAN, 1.0]):
        picture = painter([[0.5, 0.5], [0.51, 0.5]], scores).paint(WHOLE, 100, 100, 1.0, 5.0)
        assert picture.pixelColor(50, 50).name() == LIGHT.accent


def test_a_dot_at_the_edge_or_beyond_it_is_cut_off() -> None:
    places = [[0.0, 0.0], [1.0, 1.0], [-0.02, 0.5], [5.0, 5.0], [-3.0, 0.4], [0.999, 0.0]]
    picture = painter(places, [1.0] * 6).paint(WHOLE, 100, 100, 1.0, 6.0)
    assert picture.pixelColor(0, 0).alpha() == 255
    assert picture.pixelColor(99, 99).alpha() > 0
    assert picture.pixelColor(2, 50).alpha() > 0
    assert picture.pixelColor(50, 50).alpha() == 0


def test_on_a_fine_screen_it_has_more_pixels() -> None:
    picture = painter([[0.5, 0.5]], [1.0]).paint(WHOLE, 100, 80, 2.0, 5.0)
    assert (picture.width(), picture.height(), picture.devicePixelRatio()) == (200, 160, 2.0)
    assert picture.pixelColor(100, 80).alpha() == 255


def test_no_dots_make_an_empty_picture() -> None:
    picture = DotsPainter(np.zeros((0, 2), np.float32), np.zeros(0, np.int64), np.zeros(0, bool), colours(LIGHT))
    assert picture.paint(WHOLE, 10, 10, 1.0, 2.0).pixelColor(5, 5).alpha() == 0


@pytest.mark.parametrize("tones", [LIGHT, DARK])
def test_more_liked_stands_out_more_and_everything_can_be_seen(tones: Tones) -> None:
    scale = colours(tones)[:STEPS]
    seen = [contrast(tones.surface, colour) for colour in scale]
    assert seen == sorted(seen)
    assert seen[0] > 1.5
    assert seen[-1] > 4.5
    dim = colours(tones)[STEPS + 1 :]
    assert len(dim) == STEPS + 1
    assert max(contrast(tones.surface, colour) for colour in dim) < min(seen)
    assert luminance(QColor(scale[-1]).name()) == pytest.approx(luminance(tones.accent))


def test_codes_follow_scores_and_matches() -> None:
    scores = np.array([LOW - 0.1, HIGH + 0.1, NAN], np.float32)
    assert colour_codes(scores, None).tolist() == [0, STEPS - 1, STEPS]
    matching = np.array([True, False, False])
    assert colour_codes(scores, matching).tolist() == [0, STEPS + STEPS, STEPS + 1 + STEPS]


def test_a_view_there_and_back() -> None:
    view = View(0.3, 0.6, 900.0)
    assert view.to_place(*view.to_pixels(0.1, 0.9, 640, 480), 640, 480) == pytest.approx((0.1, 0.9))


def test_the_more_dots_the_smaller() -> None:
    sizes = [radius_for(count, 600 * 600) for count in (1, 300, 20_000, 1_000_000)]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[-1] > 1
