"""The vectors of offers on a real LanceDB, beside our own: adding, deleting for good, damage."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from app.errors import Corrupt, ModelError
from app.store.offer_vectors import FEW, OfferVectors
from app.store.vectors import Vectors
from models.int8 import Int8Vectors
from models.types import I64

SPACE = "audio-v1-0123456789abcdef"
OTHER = "text-v1-0123456789abcdef"
WIDTH = 43  # no multiple of 8
A, B = "aa" * 32, "bb" * 32


def _vectors(count: int, seed: int = 0) -> Int8Vectors:
    return Int8Vectors.of(np.random.default_rng(seed).standard_normal((count, WIDTH)).astype(np.float32))


def _ids(start: int, stop: int) -> I64:
    return np.arange(start, stop, dtype=np.int64)


def _all(vectors: OfferVectors, ids: I64 | None = None) -> tuple[list[int], np.ndarray, np.ndarray]:
    parts = list(vectors.batches(SPACE, ids))
    offers = np.concatenate([part[0] for part in parts])
    order = np.argsort(offers)
    codes = np.concatenate([part[1].codes for part in parts])[order]
    return offers[order].tolist(), codes, np.concatenate([part[1].scales for part in parts])[order]


@pytest.fixture
def vectors(tmp_path: Path) -> Iterator[OfferVectors]:
    opened = OfferVectors(tmp_path)
    yield opened
    opened.close()


def test_what_went_in_comes_out(vectors: OfferVectors) -> None:
    made = _vectors(30)
    vectors.add(SPACE, _ids(100, 130), [A] * 30, made)
    offers, codes, scales = _all(vectors)
    assert offers == list(range(100, 130))
    np.testing.assert_array_equal(codes, made.codes)
    np.testing.assert_array_equal(scales, made.scales)
    one = vectors.vector(SPACE, 107)
    assert one is not None
    np.testing.assert_array_equal(one.codes[0], made.codes[7])
    assert vectors.spaces() == [SPACE]
    assert vectors.ids(SPACE).tolist() == offers
    assert vectors.broken() == []


def test_what_is_not_there_is_not_there(vectors: OfferVectors) -> None:
    assert vectors.ids(SPACE).tolist() == []
    assert vectors.vector(SPACE, 1) is None
    assert list(vectors.batches(SPACE)) == []
    assert vectors.keep(SPACE, _ids(0, 3)) == 0
    vectors.tidy(SPACE)
    nothing = Int8Vectors(np.zeros((1, WIDTH), np.int8), np.zeros(1, np.float16))
    vectors.add(SPACE, _ids(5, 6), [A], nothing)
    assert vectors.ids(SPACE).tolist() == [5]
    assert vectors.vector(SPACE, 5) is None


@pytest.mark.parametrize("count", [20, FEW + 5])
def test_some_can_be_asked_for(vectors: OfferVectors, count: int) -> None:
    made = _vectors(2 * count)
    vectors.add(SPACE, _ids(0, 2 * count), [A] * (2 * count), made)
    wanted = _ids(0, 2 * count)[1::2]
    offers, codes, _ = _all(vectors, wanted)
    assert offers == wanted.tolist()
    np.testing.assert_array_equal(codes, made.codes[1::2])


def test_wrong_lengths_and_offers_given_twice_are_refused(vectors: OfferVectors) -> None:
    vectors.add(SPACE, _ids(0, 3), [A] * 3, _vectors(3))
    with pytest.raises(ModelError, match="do not fit"):
        vectors.add(SPACE, _ids(3, 6), [A] * 2, _vectors(3))
    with pytest.raises(ModelError, match="twice"):
        vectors.add(SPACE, _ids(2, 4), [A] * 2, _vectors(2))
    with pytest.raises(ModelError, match="twice"):
        vectors.add(SPACE, np.array([7, 7]), [A] * 2, _vectors(2))
    with pytest.raises(ModelError, match="wrong length"):
        vectors.add(SPACE, _ids(8, 9), [A], Int8Vectors(np.ones((1, 40), np.int8), np.ones(1, np.float16)))
    with pytest.raises(ModelError, match="name of a space"):
        vectors.ids("../up")
    assert vectors.ids(SPACE).tolist() == [0, 1, 2]


def test_nothing_deleted_stays_on_the_disk(vectors: OfferVectors, tmp_path: Path) -> None:
    theirs, ours = _vectors(50, seed=1), _vectors(50, seed=2)
    vectors.add(SPACE, _ids(0, 50), [A] * 50, theirs)
    vectors.add(SPACE, _ids(50, 100), [B] * 50, ours)

    def on_disk(secret: bytes) -> bool:
        return any(secret in file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())

    assert on_disk(theirs.codes[7].tobytes())
    assert on_disk(A.encode())
    assert vectors.keep(SPACE, _ids(50, 200)) == 50
    assert vectors.ids(SPACE).tolist() == list(range(50, 100))
    vectors.tidy(SPACE)
    assert not on_disk(theirs.codes[7].tobytes())
    assert not on_disk(A.encode())
    assert on_disk(ours.codes[7].tobytes())
    offers, codes, _ = _all(vectors)
    assert offers == list(range(50, 100))
    np.testing.assert_array_equal(codes, ours.codes)


def test_our_own_vectors_are_apart(vectors: OfferVectors, tmp_path: Path) -> None:
    own = Vectors(tmp_path)
    own.add(SPACE, _ids(1, 3), np.ones((2, WIDTH), np.float32))
    vectors.add(SPACE, _ids(0, 4), [A] * 4, _vectors(4))
    vectors.add(OTHER, _ids(0, 2), [A] * 2, _vectors(2))
    assert own.spaces() == [SPACE]
    assert own.heal({SPACE: {1, 2}}).count == 0
    own.optimize(rewrite=True)
    assert own.check() == []
    own.close()
    assert vectors.spaces() == [SPACE, OTHER]
    vectors.drop(OTHER)
    assert vectors.spaces() == [SPACE]
    assert vectors.ids(OTHER).tolist() == []


def test_what_was_written_is_there_after_a_new_start(tmp_path: Path) -> None:
    first = OfferVectors(tmp_path)
    first.add(SPACE, _ids(0, 10), [A] * 10, _vectors(10))
    first.close()
    second = OfferVectors(tmp_path)
    assert second.ids(SPACE).tolist() == list(range(10))
    second.close()


def test_a_damaged_table_says_so_and_can_be_dropped(tmp_path: Path) -> None:
    first = OfferVectors(tmp_path)
    first.add(SPACE, _ids(0, 10), [A] * 10, _vectors(10))
    first.close()
    for file in (tmp_path / f"offers.{SPACE}.lance" / "data").iterdir():
        file.write_bytes(file.read_bytes()[:50])
    vectors = OfferVectors(tmp_path)
    with pytest.raises(Corrupt):
        list(vectors.batches(SPACE))
    assert vectors.broken() == [SPACE]
    vectors.drop(SPACE)
    assert vectors.ids(SPACE).tolist() == []
    vectors.add(SPACE, _ids(0, 10), [A] * 10, _vectors(10))
    assert vectors.broken() == []
    vectors.close()
