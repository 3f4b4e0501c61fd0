"""Whole spaces in memory: read when asked for, again when changed, and not too often while they change."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from app.studio.crowds import PATIENCE, SMALL, Crowd, Crowds
from models.types import F32, I64

F16 = NDArray[np.float16]


class Source:
    """A space that counts how often it is read, and how long that takes on a clock of its own."""

    def __init__(self, count: int = 30, takes: float = 0.0) -> None:
        self.rows = np.random.default_rng(0).normal(size=(count, 8)).astype(np.float16)
        self.reads, self.takes, self.now, self.version = 0, takes, 100.0, 1

    def revision(self, space: str) -> int:
        return self.version

    def halves(self, space: str) -> tuple[I64, F16]:
        self.reads += 1
        self.now += self.takes
        return np.arange(1, len(self.rows) + 1) * 10, self.rows

    def changed(self) -> None:
        self.version += 1


class Films(Source):
    """The same for moments."""

    def halves(self, space: str) -> tuple[I64, NDArray[np.float64], F16]:  # type: ignore[override]
        items, rows = super().halves(space)
        return items, np.arange(len(items)) / 2.0, rows


def crowds(source: Source, films: Films | None = None) -> Crowds:
    return Crowds(source, films or Films(), lambda: source.now)


def unit(rows: F32) -> F32:
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def test_cosines_are_cosines_though_what_is_stored_is_not_of_unit_length() -> None:
    source = Source()
    crowd = crowds(source).items("space")
    queries = unit(np.random.default_rng(1).normal(size=(2, 8)).astype(np.float32))
    np.testing.assert_allclose(crowd.cosines(queries), queries @ unit(source.rows.astype(np.float32)).T, atol=1e-5)
    np.testing.assert_allclose(crowd.vectors(np.array([4])), unit(source.rows[4:5].astype(np.float32)), atol=1e-6)


def test_centred_cosines_are_those_of_centred_vectors() -> None:
    source = Source(200)
    source.rows += np.float16(2)
    crowd = crowds(source).items("space")
    rows = unit(source.rows.astype(np.float32))
    np.testing.assert_allclose(crowd.mean, rows.mean(0) * 200 / 208, atol=1e-4)
    part = unit(rows[:1] - crowd.mean)
    np.testing.assert_allclose(crowd.centred_cosines(part)[0], (part @ unit(rows - crowd.mean).T)[0], atol=1e-4)


def test_places_of_items_leave_out_what_is_not_there() -> None:
    crowd = crowds(Source()).items("space")
    assert crowd.places(np.array([30, 7, 10, 999])).tolist() == [2, 0]
    assert Crowd(np.zeros(0, np.int64), np.zeros((0, 8), np.float16)).places(np.array([1])).tolist() == []


def test_a_space_is_read_once_and_again_when_it_has_changed() -> None:
    source = Source()
    held = crowds(source)
    assert held.items("space") is held.items("space")
    source.changed()
    held.items("space")
    assert source.reads == 2
    held.let_go()
    held.items("space")
    assert source.reads == 3


def test_a_large_space_is_not_read_for_every_change() -> None:
    source = Source(SMALL + 1, takes=0.5)
    held = crowds(source)
    first = held.items("space")
    source.changed()
    assert held.items("space") is first
    source.now += PATIENCE * source.takes
    assert held.items("space") is not first
    assert source.reads == 2


def test_a_small_space_is_read_anew_however_long_that_takes() -> None:
    source = Source(0, takes=0.5)
    held = crowds(source)
    assert not len(held.items("space"))
    for count in (3, 4):
        source.rows = np.ones((count, 8), np.float16)
        source.changed()
        assert len(held.items("space")) == count


def test_moments_have_times_and_are_held_apart() -> None:
    source, films = Source(), Films(5)
    held = crowds(source, films)
    crowd = held.moments("space")
    assert crowd.ats is not None
    assert crowd.ats.tolist() == [0.0, 0.5, 1.0, 1.5, 2.0]
    assert held.items("space").ats is None
    assert (source.reads, films.reads) == (1, 1)


def test_what_is_not_in_use_any_longer_is_given_back() -> None:
    source, films = Source(), Films(5)
    held = crowds(source, films)
    stays = held.items("space")
    held.items("removed")
    held.moments("removed")
    held.keep(("space", "another"))
    assert held.items("space") is stays
    held.items("removed")
    held.moments("removed")
    assert (source.reads, films.reads) == (3, 2)
