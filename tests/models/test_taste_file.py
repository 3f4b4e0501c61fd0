"""A saved Taste scores bit for bit as before; what is damaged is refused."""

from __future__ import annotations

import numpy as np
import pytest
from safetensors.numpy import load, save

from models.features import Basis, Block
from models.taste import Labels, Taste, TasteSettings
from models.taste_file import from_bytes, to_bytes


def _taste(n: int) -> tuple[Taste, Basis, Block]:
    rng = np.random.default_rng(0)
    block = Block("audio", rng.normal(size=(400, 40)).astype(np.float32), np.ones(400, bool))
    basis = Basis.fit([block])
    features = basis.project([block])
    ones = np.ones(n, np.float32)
    targets = rng.integers(0, 2, n).astype(np.float32)
    return Taste.fit(features, Labels(np.arange(n), targets, ones, 10 * ones)), basis, block


@pytest.mark.parametrize("n", [0, 1, 60, 300])
def test_round_trip_is_bitwise(n: int) -> None:
    taste, basis, block = _taste(n)
    payload = to_bytes(taste, basis)
    again, basis_again = from_bytes(payload)
    assert basis_again is not None
    features = basis.project([block])
    np.testing.assert_array_equal(features, basis_again.project([block]))
    before, after = taste.score(features), again.score(features)
    for name in ("rating", "discovery", "deviation", "like"):
        np.testing.assert_array_equal(getattr(before, name), getattr(after, name))
    assert again.explain(features[3]) == taste.explain(features[3])
    assert again.settings == taste.settings
    assert to_bytes(again, basis_again) == payload


def test_a_fold_and_a_prior_come_back() -> None:
    rng = np.random.default_rng(1)
    features = rng.normal(size=(300, 20)).astype(np.float32) / 5
    labels = Labels(np.arange(30), rng.random(30).astype(np.float32), np.ones(30, np.float32), np.zeros(30, np.float32))
    taste = Taste.fit(features, labels, settings=TasteSettings(width=8), prior=features[50])
    again, _ = from_bytes(to_bytes(taste))
    np.testing.assert_array_equal(taste.score(features).discovery, again.score(features).discovery)
    assert again.explain(features[3]) == taste.explain(features[3])


def test_without_basis() -> None:
    taste, _, _ = _taste(5)
    assert from_bytes(to_bytes(taste))[1] is None


def test_not_a_taste_is_refused() -> None:
    for payload in (b"", b"\x00" * 40, b"not a file at all, but some text", to_bytes(_taste(3)[0])[:-9]):
        with pytest.raises(ValueError, match="taste"):
            from_bytes(payload)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("shares", None),
        ("ramp_shares", np.zeros((4, 2), np.float32)),
        ("landmark_items", np.zeros((5, 3), np.float32)),
        ("network.linear", None),
        ("network.linear", np.zeros((3, 2), np.float32)),
        ("network.bumps", np.full((5, 2), np.nan, np.float32)),
        ("network.landmarks", np.zeros(4, np.float32)),
        ("landmark_labels", np.array([0, 1, 2, 3, 99])),
        ("format", np.array([99])),
        ("settings", np.zeros(3)),
        ("calibration", np.array([np.inf, 0])),
        ("centre", np.zeros(2, np.float32)),
        ("prior", np.zeros(2, np.float32)),
        ("network.fold", np.zeros((50, 2), np.float32)),
        ("network.fold", np.zeros(3, np.float32)),
    ],
)
def test_parts_that_do_not_fit_are_refused(name: str, value: np.ndarray | None) -> None:
    arrays = load(to_bytes(_taste(5)[0]))
    assert name in arrays
    del arrays[name]
    if value is not None:
        arrays[name] = value
    with pytest.raises(ValueError, match="taste"):
        from_bytes(save(arrays))


def test_a_nonsensical_setting_is_refused() -> None:
    arrays = load(to_bytes(_taste(5)[0]))
    arrays["settings"] = -arrays["settings"]
    with pytest.raises(ValueError, match="positive"):
        from_bytes(save(arrays))


def test_a_basis_of_another_width_is_refused() -> None:
    taste, _, block = _taste(5)
    with pytest.raises(ValueError, match="basis"):
        from_bytes(to_bytes(taste, Basis.fit([block], width=7)))
