"""Inputs of several Items in full calls of a network, and what becomes of each Item."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from app.studio.full_batches import Encoded, FullBatches, Wanted, moments_of
from models.types import F32, Clip, Frame, ItemId


def frame(value: int) -> Frame:
    return Frame(np.full((2, 2, 3), value, np.uint8))


class Network:
    """Turns a picture of value v into a unit vector along axis v; refuses 9, says nothing of 0."""

    def __init__(self) -> None:
        self.calls: list[int] = []

    def encode(self, inputs: Sequence[Frame]) -> F32:
        self.calls.append(len(inputs))
        values = [int(one.pixels[0, 0, 0]) for one in inputs]
        if 9 in values:
            raise ValueError("nine is too much")
        rows = np.eye(8, dtype=np.float32)[values]
        rows[:, 0] = 0
        return rows


def put(batches: FullBatches, item: int, *values: int, ats: Sequence[float] = ()) -> None:
    batches.put(Wanted(ItemId(item), ats=ats), [frame(value) for value in values])


def steps(batches: FullBatches, *, last: bool = False) -> list[Encoded]:
    return [one for part in batches.steps(last=last) for one in part]


@pytest.fixture
def network() -> Network:
    return Network()


@pytest.fixture
def batches(network: Network) -> FullBatches:
    return FullBatches(network.encode, 4)


def test_a_call_waits_until_it_is_full_and_crosses_items(batches: FullBatches, network: Network) -> None:
    put(batches, 1, 1, 2, 3)
    assert steps(batches) == []
    put(batches, 2, 4, 5)
    (first,) = steps(batches)
    assert (first.wanted.item, first.rows.shape, network.calls) == (1, (3, 8), [4])
    (second,) = steps(batches, last=True)
    assert (second.wanted.item, network.calls) == (2, [4, 1])
    assert np.array_equal(second.rows, np.eye(8, dtype=np.float32)[[4, 5]])
    assert steps(batches, last=True) == []


def test_items_come_out_in_the_order_they_came_in(batches: FullBatches) -> None:
    put(batches, 1, *range(1, 8))
    put(batches, 2, 1)
    assert [one.wanted.item for one in steps(batches, last=True)] == [1, 2]


def test_an_input_that_is_refused_is_its_items_problem_alone(batches: FullBatches) -> None:
    put(batches, 1, 1)
    put(batches, 2, 2, 9)
    put(batches, 3, 3)
    found = steps(batches)
    assert [(one.wanted.item, one.problem) for one in found] == [(1, ""), (2, "nine is too much"), (3, "")]
    assert found[1].rows.shape == (0, 0)


def test_what_the_machine_cannot_is_raised() -> None:
    def fail(_inputs: Sequence[Clip]) -> F32:
        raise RuntimeError("out of memory")

    batches = FullBatches(fail, 1)
    put(batches, 1, 1)
    with pytest.raises(RuntimeError, match="memory"):
        steps(batches)


def test_an_items_vector_weighs_its_inputs(batches: FullBatches) -> None:
    batches.put(Wanted(ItemId(1), weights=(0.9, 0.1)), [frame(1), frame(2)])
    put(batches, 2, 1, 2)
    heavy, even = steps(batches, last=True)
    assert np.allclose(heavy.vector[1:3], np.array([0.9, 0.1]) / np.hypot(0.9, 0.1), atol=1e-6)
    assert np.allclose(even.vector[1:3], np.sqrt(0.5), atol=1e-6)
    put(batches, 3, 0)
    (silent,) = steps(batches, last=True)
    assert not silent.vector.any()


def test_moments_are_the_pictures_that_show_something(batches: FullBatches) -> None:
    put(batches, 1, 1, 0, 2, ats=(0.0, 4.0, 9.5))
    put(batches, 2, 3)
    film, track = steps(batches, last=True)
    places, rows = moments_of(film)
    assert places.tolist() == [0, 2]
    assert np.array_equal(rows, np.eye(8, dtype=np.float32)[[1, 2]])
    assert moments_of(track)[0].size == 0
