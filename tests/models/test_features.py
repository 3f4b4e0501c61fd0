"""Properties of the features: unit rows, missing blocks, any number of items, restoring."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from models.features import Basis, Block, trust
from models.types import F32


def _vectors(n: int, d: int, seed: int) -> F32:
    return np.random.default_rng(seed).normal(size=(n, d)).astype(np.float32)


def _blocks(n: int, seed: int = 0) -> list[Block]:
    rng = np.random.default_rng(seed)
    return [
        Block("audio", _vectors(n, 40, seed), rng.random(n) < 0.9),
        Block("text", _vectors(n, 24, seed + 1), np.ones(n, bool)),
        Block("image", _vectors(n, 56, seed + 2), rng.random(n) < 0.2),
    ]


@given(n=st.integers(1, 150), seed=st.integers(0, 50))
@settings(max_examples=25, deadline=None)
def test_rows_are_unit_or_zero_for_any_library(n: int, seed: int) -> None:
    blocks = _blocks(n, seed)
    basis = Basis.fit(blocks)
    rows = basis.project(blocks)
    assert rows.shape == (n, min(96, n))
    assert rows.dtype == np.float32
    norms = np.linalg.norm(rows, axis=1)
    assert np.all((np.abs(norms - 1) < 1e-4) | (norms == 0))


@pytest.mark.parametrize("n", [1, 2, 66, 1500])
def test_library_sizes_seen_in_practice(n: int) -> None:
    rows = Basis.fit(_blocks(n)).project(_blocks(n))
    assert np.isfinite(rows).all()
    if n > 2:
        assert np.linalg.matrix_rank(rows) > 1


def test_randomised_and_exact_decompositions_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(3)
    low = rng.normal(size=(400, 8)) @ rng.normal(size=(8, 60)) + 0.01 * rng.normal(size=(400, 60))
    blocks = [Block("audio", low.astype(np.float32), np.ones(400, bool))]
    exact = Basis.fit(blocks, width=8).project(blocks)
    monkeypatch.setattr("models.features.EXACT", 10)
    randomised = Basis.fit(blocks, width=8).project(blocks)
    np.testing.assert_allclose(exact @ exact.T, randomised @ randomised.T, atol=2e-3)


def test_an_absent_block_and_a_zero_vector_say_the_same_nothing() -> None:
    blocks = _blocks(80)
    basis = Basis.fit(blocks)
    marked = [
        *blocks[:2],
        Block("image", np.where(blocks[2].present[:, None], blocks[2].vectors, 7.0), blocks[2].present),
    ]
    np.testing.assert_array_equal(basis.project(blocks), basis.project(marked))
    nothing = [Block(b.space, b.vectors, np.zeros(80, bool)) for b in blocks]
    assert not basis.project(nothing).any()
    np.testing.assert_allclose(
        basis.project(blocks[:2]),
        basis.project([*blocks[:2], Block("image", blocks[2].vectors, nothing[2].present)]),
        atol=1e-6,
    )


def test_items_with_one_block_find_their_like_among_items_with_two() -> None:
    rng = np.random.default_rng(5)
    styles = np.arange(200) % 4
    audio = (rng.normal(size=(4, 30))[styles] + 0.3 * rng.normal(size=(200, 30))).astype(np.float32)
    text = (rng.normal(size=(4, 20))[styles] + 0.3 * rng.normal(size=(200, 20))).astype(np.float32)
    has_text = np.arange(200) >= 40
    blocks = [Block("audio", audio, np.ones(200, bool)), Block("text", text, has_text)]
    rows = Basis.fit(blocks).project(blocks)
    likeness = rows[:40] @ rows[40:].T
    same = styles[:40, None] == styles[None, 40:]
    assert roc_auc_score(same.ravel(), likeness.ravel()) > 0.95


def test_offers_are_projected_alone_as_they_are_among_others() -> None:
    blocks = _blocks(300)
    basis = Basis.fit(blocks)
    one = [Block(b.space, b.vectors[7:8], b.present[7:8]) for b in blocks]
    np.testing.assert_allclose(basis.project(one)[0], basis.project(blocks)[7], atol=1e-5)
    stranger = [*one, Block("unknown", np.ones((1, 3), np.float32), np.ones(1, bool))]
    np.testing.assert_array_equal(basis.project(one), basis.project(stranger))


def test_split_sums_to_the_features() -> None:
    blocks = _blocks(120)
    basis = Basis.fit(blocks)
    np.testing.assert_allclose(basis.split(blocks).sum(1), basis.project(blocks), atol=1e-5)


def test_arrays_restore_the_basis_bit_for_bit() -> None:
    blocks = _blocks(90)
    basis = Basis.fit(blocks)
    again = Basis.from_arrays(basis.arrays())
    np.testing.assert_array_equal(basis.project(blocks), again.project(blocks))
    broken = basis.arrays()
    broken.pop(next(name for name in broken if ".directions." in name))
    with pytest.raises(ValueError, match="incomplete"):
        Basis.from_arrays(broken)
    with pytest.raises(ValueError, match="no spaces"):
        Basis.from_arrays({})


def test_what_does_not_fit_is_refused() -> None:
    blocks = _blocks(20)
    with pytest.raises(ValueError, match="different lengths"):
        Basis.fit([blocks[0], *_blocks(10)[1:]])
    with pytest.raises(ValueError, match="given twice"):
        Basis.fit([blocks[0], blocks[0]])
    with pytest.raises(ValueError, match="dimensions"):
        Basis.fit(blocks).project([Block("audio", np.ones((2, 3), np.float32), np.ones(2, bool))])
    with pytest.raises(ValueError, match="marks"):
        Block("audio", np.ones((2, 3), np.float32), np.ones(3, bool))
    with pytest.raises(ValueError, match="at least one"):
        Basis.fit([])
    arrays = Basis.fit(blocks).arrays()
    name = next(name for name in arrays if ".mean." in name)
    with pytest.raises(ValueError, match="float32"):
        Basis.from_arrays({**arrays, name: arrays[name].astype(np.float64)})


def test_a_small_library_is_not_taken_for_the_world() -> None:
    """A third of thirty tracks share a style: three of them must still find the others."""
    rng = np.random.default_rng(1)
    rows = rng.normal(size=(30, 60)) + np.where(np.arange(30)[:, None] < 12, rng.normal(size=60), 0)
    block = Block("audio", rows.astype(np.float32), np.ones(30, bool))
    features = Basis.fit([block]).project([block])
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    same = np.arange(3, 30) < 12
    ours = roc_auc_score(same, features[3:] @ features[:3].sum(0))
    plain = roc_auc_score(same, unit[3:] @ unit[:3].sum(0))
    assert ours > plain - 0.05
    assert trust(0) == 0
    assert trust(200) == 0.5
    assert trust(100_000) > 0.99
