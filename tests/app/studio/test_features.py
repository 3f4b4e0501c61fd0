"""The library's Items as rows of features."""

from __future__ import annotations

import numpy as np

from app.studio.features import EMPTY, load_features, split_of
from models.types import F32, I64, ItemId


class Held:
    """Vectors in memory, as the store would give them."""

    def __init__(self, **spaces: tuple[I64, F32]) -> None:
        self.spaces = spaces

    def matrix(self, space: str) -> tuple[I64, F32]:
        return self.spaces.get(space, (np.zeros(0, np.int64), np.zeros((0, 4), np.float32)))

    def vector_of(self, space: str, item: ItemId) -> F32 | None:
        ids, rows = self.matrix(space)
        at = np.flatnonzero(ids == item)
        return rows[at[0]] if len(at) else None


def unit(n: int, d: int, seed: int) -> F32:
    rows = np.random.default_rng(seed).normal(size=(n, d)).astype(np.float32)
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True))


def test_no_vectors_give_no_features() -> None:
    assert load_features(Held(), ("a", "b")) is EMPTY
    assert EMPTY.positions([1, 2]).tolist() == [-1, -1]


def test_items_of_all_spaces_come_once_in_order_of_their_ids() -> None:
    source = Held(a=(np.array([9, 2, 5]), unit(3, 8, 0)), b=(np.array([5, 11]), unit(2, 6, 1)))
    features = load_features(source, ("a", "b", "absent"))
    assert features.ids.tolist() == [2, 5, 9, 11]
    assert features.rows.shape == (4, features.rows.shape[1])
    assert np.isfinite(features.rows).all()
    assert dict(features.counts) == {"a": 3, "b": 2}
    assert features.positions([11, 3, 2]).tolist() == [3, -1, 0]


def test_the_order_in_the_store_does_not_matter() -> None:
    ids, rows = np.arange(50), unit(50, 16, 3)
    shuffled = np.random.default_rng(1).permutation(50)
    one = load_features(Held(a=(ids, rows)), ("a",))
    other = load_features(Held(a=(ids[shuffled], rows[shuffled])), ("a",))
    np.testing.assert_array_equal(one.rows, other.rows)


def test_chunks_do_not_show() -> None:
    ids, rows = np.arange(20_000), unit(20_000, 12, 4)
    features = load_features(Held(a=(ids, rows)), ("a",), sample=500)
    again = load_features(Held(a=(ids[::-1].copy(), rows[::-1].copy())), ("a",), sample=500)
    np.testing.assert_allclose(features.rows, again.rows, atol=1e-6)
    assert features.rows.shape[0] == 20_000


def test_the_split_of_an_item_sums_to_its_features() -> None:
    source = Held(a=(np.arange(30), unit(30, 8, 0)), b=(np.arange(10, 40), unit(30, 6, 1)))
    features = load_features(source, ("a", "b"))
    for item in (3, 15, 35):
        split = split_of(source, features, item)
        assert split is not None
        assert split.shape == (2, features.rows.shape[1])
        np.testing.assert_allclose(split.sum(0), features.rows[features.positions([item])[0]], atol=1e-5)
    assert split_of(source, EMPTY, 3) is None
