"""Which pictures of a film are looked at."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from app.library import demuxer
from app.library.film_frames import COUNT, LARGEST, film_scenes, frames, portrait
from app.library.scenes import MOST, Scene
from models.types import Frame
from tests.film_files import write_scenes


def _frames(path: Path, count: int = COUNT) -> list[Frame]:
    with demuxer.opened(path) as container:
        return frames(container, demuxer.film_stream(container), count)


def _scenes(path: Path) -> list[Scene]:
    with demuxer.opened(path) as container:
        return film_scenes(container, demuxer.film_stream(container))


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".webm", ".avi", ".mov", ".mpg", ".ts"])
@pytest.mark.parametrize("seconds", [6.0, 120.0])
def test_frames_are_spread_in_order_and_never_twice(
    suffix: str, seconds: float, tmp_path: Path, film: Callable[..., Path]
) -> None:
    shots = _frames(film(tmp_path / f"a{suffix}", seconds, size=(64, 48), sound=False))
    times = [shot.seconds for shot in shots]
    assert times == sorted(set(times))
    assert 4 <= len(shots) <= COUNT
    assert times[0] < seconds * 0.3
    assert times[-1] > seconds * 0.6
    assert all(shot.pixels.shape == (48, 64, 3) and shot.pixels.dtype == np.uint8 for shot in shots)


def test_large_pictures_are_made_small(tmp_path: Path, film: Callable[..., Path]) -> None:
    (shot, *_) = _frames(film(tmp_path / "a.mp4", 1.0, size=(1280, 720), sound=False))
    assert shot.pixels.shape == (LARGEST * 9 // 16 + 1, LARGEST, 3)


def test_a_glance_is_short(tmp_path: Path, film: Callable[..., Path]) -> None:
    assert 1 <= len(_frames(film(tmp_path / "a.mkv", 12.0, sound=False), 3)) <= 3
    assert 1 <= len(_frames(film(tmp_path / "b.mkv", 100.0, sound=False), 3)) <= 3


@pytest.mark.parametrize("seconds", [6.0, 100.0])
def test_damage_costs_some_pictures_not_all(seconds: float, tmp_path: Path, film: Callable[..., Path]) -> None:
    path = film(tmp_path / "a.mkv", seconds, size=(64, 48), sound=False)
    content = bytearray(path.read_bytes())
    rng = np.random.default_rng(1)
    first = content.index(b"\x1f\x43\xb6\x75") + 200
    for at in rng.integers(first, len(content) - 4000, int(seconds * 5)):
        content[at] ^= 0x55
    path.write_bytes(content)
    assert _frames(path)


def test_without_key_frames_any_picture_will_do(tmp_path: Path, film: Callable[..., Path]) -> None:
    """As after a cut in a broadcast: the first key frame is gone, and the rest refer to it."""
    path = film(tmp_path / "a.mpg", 1.0, sound=False)
    content = path.read_bytes()
    path.write_bytes(content.replace(b"\x00\x00\x01\xb8", b"\x00\x00\x01\xb2"))  # no group starts
    assert _frames(path)


def test_the_portrait_is_lively() -> None:
    rng = np.random.default_rng(1)
    black = Frame(np.zeros((60, 80, 3), np.uint8), 0.0)
    white = Frame(np.full((60, 80, 3), 255, np.uint8), 1.0)
    lively = Frame(rng.integers(40, 220, (60, 80, 3), dtype=np.uint8), 2.0)
    chosen = portrait([black, white, lively, black])
    assert chosen is lively.pixels
    assert portrait([]) is None
    assert portrait([black]) is black.pixels


@pytest.mark.media
def test_real_films(shared_media: Path) -> None:
    for path in sorted((shared_media / "video").iterdir()):
        shots = _frames(path)
        assert shots, path
        assert max(shots[0].pixels.shape) <= LARGEST


@pytest.mark.parametrize("gop", [1, 10, 400])
def test_the_scenes_of_a_short_film_are_found_to_the_tenth(gop: int, tmp_path: Path) -> None:
    """Also where the only key frame is the first."""
    path = write_scenes(tmp_path / "a.mp4", [(3.0, 1), (2.0, 2), (4.0, 1), (3.0, 3)], gop=gop)
    found = _scenes(path)
    assert [scene.at for scene in found] == pytest.approx([0.0, 3.0, 5.0, 9.0], abs=0.4)
    assert [scene.weight for scene in found] == pytest.approx([3 / 12, 2 / 12, 4 / 12, 3 / 12], abs=0.05)
    assert _scenes(path)[2].frame.pixels.tobytes() == found[2].frame.pixels.tobytes()  # the same every time


def test_what_stays_alike_is_one_scene_of_a_long_film(tmp_path: Path) -> None:
    (scene,) = _scenes(write_scenes(tmp_path / "a.mkv", [(200.0, 1)], rate=5))
    assert scene.at <= 200.0 / COUNT  # when it was first seen
    assert scene.weight == 1.0


def test_a_long_film_is_looked_at_where_it_changes(tmp_path: Path) -> None:
    """A still hour in small, with three short scenes between two of the sixteen even looks."""
    parts = [(150.0, 1), (5.0, 2), (5.0, 3), (5.0, 4), (155.0, 5)]
    found = _scenes(write_scenes(tmp_path / "a.mkv", parts, rate=5, gop=5))
    ats = [scene.at for scene in found]
    assert ats == pytest.approx([0.0, 150.0, 155.0, 160.0, 165.0], abs=12.0)
    assert len(found) >= 4
    assert found[0].weight == pytest.approx(150 / 320, abs=0.05)


def test_a_film_of_many_scenes_has_no_more_than_fit(tmp_path: Path) -> None:
    found = _scenes(write_scenes(tmp_path / "a.mkv", [(3.0, number) for number in range(60)], rate=5, gop=5))
    assert COUNT < len(found) <= MOST
    assert sum(scene.weight for scene in found) == pytest.approx(1.0)


def test_times_count_from_the_films_beginning(tmp_path: Path) -> None:
    """A transport stream's own clock begins later."""
    found = _scenes(write_scenes(tmp_path / "a.ts", [(3.0, 1), (3.0, 2)], codec="mpeg2video", rate=25))
    assert [scene.at for scene in found] == pytest.approx([0.0, 3.0], abs=0.3)


@pytest.mark.media
def test_real_scenes(shared_media: Path) -> None:
    """A cartoon whose only key frame is its title."""
    found = _scenes(shared_media / "video" / "toast_penny_and_chip_locomotive.mp4")
    ats = [scene.at for scene in found]
    assert all(any(abs(at - begin) < 0.5 for at in ats) for begin in (0.0, 1.8, 3.4))
    assert len(ats) <= 6
    assert len(_scenes(shared_media / "video" / "mdn-stream-of-water.mp4")) == 1
