"""Features of single rows: the same as the basis gives, and bit for bit independent of their neighbours."""

from __future__ import annotations

import numpy as np
import pytest

from models.features import Basis, Block
from models.row_features import PIECE, contribution, finished, missing
from models.types import F32, Bool

N = 3 * PIECE + 17


def _unit(seed: int, width: int) -> F32:
    rows = np.random.default_rng(seed).standard_normal((N, width)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.fixture(scope="module")
def sound() -> F32:
    return _unit(0, 86)


@pytest.fixture(scope="module")
def words() -> F32:
    return _unit(1, 51)


@pytest.fixture(scope="module")
def heard() -> Bool:
    return np.random.default_rng(2).random(N) < 0.8


@pytest.fixture(scope="module")
def basis(sound: F32, words: F32, heard: Bool) -> Basis:
    return Basis.fit([Block("sound", sound, heard), Block("words", words, np.ones(N, bool))], width=40)


def _features(basis: Basis, sound: F32, words: F32, heard: Bool) -> F32:
    first = contribution(basis, basis.spaces[0], sound, heard)
    second = contribution(basis, basis.spaces[1], words, np.ones(len(words), bool))
    return finished(first + second, np.ones(len(words), bool))


def test_they_are_the_features_of_the_basis(basis: Basis, sound: F32, words: F32, heard: Bool) -> None:
    expected = basis.project([Block("sound", sound, heard), Block("words", words, np.ones(N, bool))])
    np.testing.assert_allclose(_features(basis, sound, words, heard), expected, atol=2e-6)


def test_a_missing_space_stands_at_its_mean(basis: Basis, words: F32) -> None:
    expected = basis.project([Block("words", words, np.ones(N, bool))])
    sums = contribution(basis, basis.spaces[1], words, np.ones(N, bool)) + missing(basis, basis.spaces[0])
    np.testing.assert_allclose(finished(sums, np.ones(N, bool)), expected, atol=2e-6)
    assert not finished(sums, np.zeros(N, bool)).any()


def test_no_neighbour_moves_a_bit(basis: Basis, sound: F32, words: F32, heard: Bool) -> None:
    whole = _features(basis, sound, words, heard)
    rng = np.random.default_rng(3)
    for count in (1, 2, 7, PIECE, PIECE + 1, 500, N):
        some = rng.permutation(N)[:count]
        np.testing.assert_array_equal(_features(basis, sound[some], words[some], heard[some]), whole[some])


def test_vectors_of_another_length_are_refused(basis: Basis) -> None:
    with pytest.raises(ValueError, match="space sound"):
        contribution(basis, basis.spaces[0], np.zeros((2, 85), np.float32), np.ones(2, bool))
