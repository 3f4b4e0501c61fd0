"""Which pictures are alike, what becomes of them, and where one looks next."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.library.scenes import ALIKE, MOST, difference, look, scenes, where_to_look
from models.types import U8, Frame
from tests.film_files import scene_picture

A, B, C = scene_picture(1), scene_picture(2), scene_picture(3)
BLACK = np.zeros((96, 160, 3), np.uint8)


def _film(**pictures: U8) -> dict[float, Frame]:
    """Pictures by their time, written t12 for 12 s."""
    return {float(name[1:]): Frame(pixels, float(name[1:])) for name, pixels in pictures.items()}


def _brighter(pixels: U8, levels: int) -> U8:
    return np.clip(pixels.astype(int) + levels, 0, 255).astype(np.uint8)


def test_the_same_picture_is_alike_and_another_is_not() -> None:
    assert difference(look(A), look(A)) == 0
    assert difference(look(A), look(B)) > ALIKE
    assert difference(look(A), look(B)) == pytest.approx(difference(look(B), look(A)))


def test_noise_light_and_a_step_aside_make_no_other_scene() -> None:
    noisy = _brighter(A, 0) ^ np.random.default_rng(1).integers(0, 8, A.shape, np.uint8)
    assert difference(look(A), look(noisy)) < ALIKE
    assert difference(look(A), look(_brighter(A, 18))) < ALIKE
    assert difference(look(A), look(np.roll(A, 4, axis=1))) < ALIKE


def test_runs_of_like_pictures_are_one_scene_each() -> None:
    found = scenes(_film(t0=A, t10=A, t20=B, t30=B, t40=B, t50=A), 60.0)
    assert [scene.at for scene in found] == [0.0, 20.0, 50.0]
    assert [scene.weight for scene in found] == pytest.approx([15 / 60, 30 / 60, 15 / 60])
    assert all(scene.frame.seconds == scene.at for scene in found)
    np.testing.assert_array_equal(found[1].frame.pixels, B)


def test_a_scene_is_shown_by_its_liveliest_picture_and_begins_with_its_first() -> None:
    pale = (A.astype(int) // 6 + 100).astype(np.uint8)
    half = ((A.astype(int) + pale) // 2).astype(np.uint8)
    quarter = ((half.astype(int) + pale) // 2).astype(np.uint8)
    film = _film(t0=pale, t1=quarter, t2=half)
    (scene, *others) = scenes(film, 3.0)
    assert scene.at == 0.0
    assert not others
    np.testing.assert_array_equal(scene.frame.pixels, half)


def test_what_changes_little_by_little_becomes_another_scene() -> None:
    steps = {float(at): Frame((A * (1 - at / 20) + B * (at / 20)).astype(np.uint8)) for at in range(21)}
    assert 2 <= len(scenes(steps, 21.0)) <= 8


def test_black_and_transitions_are_left_out_where_there_is_more() -> None:
    assert [scene.at for scene in scenes(_film(t0=BLACK, t10=A, t20=BLACK), 30.0)] == [10.0]
    assert [scene.at for scene in scenes(_film(t0=BLACK), 5.0)] == [0.0]
    brief = {0.0: Frame(A), 2.0: Frame(A), 4.0: Frame(A), 4.4: Frame(B), 4.8: Frame(C), 7.0: Frame(C)}
    assert [scene.at for scene in scenes(brief, 8.0)] == [0.0, 4.8]


def test_a_scene_in_which_much_moves_is_one() -> None:
    """Each picture is another, as in a chase; none of them is on for long."""
    calm = {at: Frame(A) for at in (0.0, 1.0, 2.0, 3.0, 3.6)}
    chase = {4.0 + number * 0.4: Frame(scene_picture(10 + number)) for number in range(5)}
    after = {at: Frame(C) for at in (6.0, 7.0)}
    assert [scene.at for scene in scenes(calm | chase | after, 8.0)] == pytest.approx([0.0, 4.0, 6.0])


def test_no_pictures_no_scenes() -> None:
    assert scenes({}, 10.0) == []


def test_one_looks_where_neighbours_differ_and_are_far_apart() -> None:
    looks = {0.0: look(A), 100.0: look(A), 200.0: look(B), 210.0: look(C), 400.0: look(C)}
    assert where_to_look(looks, set()) == 150.0
    assert where_to_look(looks, {100.0}) == 205.0
    assert where_to_look(looks, {100.0, 200.0}) is None
    assert where_to_look({0.0: look(A), 1.0: look(B)}, set()) is None  # too close
    assert where_to_look({}, set()) is None


@given(
    st.dictionaries(st.floats(0, 1e6, allow_nan=False), st.integers(0, 4), max_size=MOST),
    st.one_of(st.just(0.0), st.floats(0, 1e6)),
)
def test_of_any_pictures_the_scenes_are_in_order_and_make_up_the_whole(
    pictures: dict[float, int], total: float
) -> None:
    found = scenes({at: Frame(scene_picture(seed, (20, 12)), at) for at, seed in pictures.items()}, total)
    ats = [scene.at for scene in found]
    assert bool(found) == bool(pictures)
    assert ats == sorted(set(ats))
    assert all(round(at * 10) / 10 == at for at in ats)
    assert len(found) <= MOST
    assert not found or sum(scene.weight for scene in found) == pytest.approx(1.0)
