"""A Taste, with the basis it was fitted on, to bytes and back: safetensors, never pickle.

Called by the studio process, which owns the file. What is read is checked before it is used: a file from
elsewhere can be refused, not executed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

from models.features import Basis
from models.taste import Mix, Taste, TasteSettings
from models.taste_network import Weights

FORMAT = 3
SETTINGS = tuple(field.name for field in fields(TasteSettings) if field.name != "mix")
MIX = tuple(field.name for field in fields(Mix))
WHOLE = ("landmarks", "directions", "width")
"""Settings that are whole numbers."""


def to_bytes(taste: Taste, basis: Basis | None = None) -> bytes:
    """Serialise; the same taste gives the same bytes."""
    settings = taste.settings
    arrays: dict[str, np.ndarray] = {
        "format": np.array([FORMAT], np.int64),
        "settings": np.array([getattr(settings, name) for name in SETTINGS], np.float64),
        "mix": np.array([getattr(settings.mix, name) for name in MIX], np.float64),
        "shares": taste.shares,
        "ramp_shares": taste.ramp_shares,
        "landmark_items": taste.landmark_items,
        "centre": taste.centre,
        "bump_centre": taste.bump_centre,
        "landmark_labels": taste.landmark_labels,
        "prior": taste.prior,
        "calibration": np.array(taste.calibration, np.float64),
    }
    for field in fields(Weights):
        arrays[f"network.{field.name}"] = getattr(taste.weights, field.name)
    if basis is not None:
        arrays |= basis.arrays()
    return bytes(save({name: np.ascontiguousarray(array) for name, array in arrays.items()}))


def from_bytes(payload: bytes) -> tuple[Taste, Basis | None]:
    """Read what `to_bytes` wrote. Raises ValueError on anything else, and on parts that do not fit
    together.
    """
    try:
        arrays = load(payload)
    except (SafetensorError, KeyError, TypeError, ValueError) as problem:
        raise ValueError(f"taste: not a safetensors file ({problem})") from problem
    if _take(arrays, "format", np.int64, (1,))[0] != FORMAT:
        raise ValueError(f"taste: format {arrays['format'][0]}, expected {FORMAT}")
    network = {field.name: arrays.get(f"network.{field.name}") for field in fields(Weights)}
    found = {name: array for name, array in network.items() if array is not None}
    if len(found) != len(network):
        raise ValueError(f"taste: missing {sorted(network.keys() - found.keys())}")
    if any(found[name].ndim != 2 for name in ("linear", "landmarks", "known", "fold")):
        raise ValueError("taste: a matrix of the network has the wrong rank")
    weights = Weights(**found)
    weights.check()
    p, m = len(weights.linear), len(weights.landmarks)
    shares = _take(arrays, "shares", np.float32, (None, p))
    landmark_labels = _take(arrays, "landmark_labels", np.int64, (m,))
    if m and (landmark_labels.min() < 0 or landmark_labels.max() >= len(shares)):
        raise ValueError("taste: a landmark belongs to no label")
    calibration = _take(arrays, "calibration", np.float64, (2,))
    taste = Taste(
        settings=_settings(arrays),
        weights=weights,
        shares=shares,
        ramp_shares=_take(arrays, "ramp_shares", np.float32, shares.shape),
        landmark_items=_take(arrays, "landmark_items", np.float32, (m, p)),
        centre=_take(arrays, "centre", np.float32, (p,)),
        bump_centre=_take(arrays, "bump_centre", np.float32, (m,)),
        landmark_labels=landmark_labels,
        calibration=(float(calibration[0]), float(calibration[1])),
        prior=_take(arrays, "prior", np.float32, (p,)),
    )
    has_basis = any(name.startswith("basis.") for name in arrays)
    basis = Basis.from_arrays(arrays) if has_basis else None
    if basis is not None and basis.width != weights.takes:
        raise ValueError(f"taste: a basis of {basis.width} features for a network of {weights.takes}")
    return taste, basis


def _settings(arrays: Mapping[str, np.ndarray]) -> TasteSettings:
    plain = _take(arrays, "settings", np.float64, (len(SETTINGS),))
    mix = _take(arrays, "mix", np.float64, (len(MIX),))
    values = dict(zip(SETTINGS, map(float, plain), strict=True))
    if values["half_life"] <= 0 or values["sharpness"] <= 0 or values["noise"] <= 0:
        raise ValueError("taste: a setting that must be positive is not")
    whole = {name: int(values.pop(name)) for name in WHOLE}
    return TasteSettings(
        **values,  # type: ignore[arg-type]  # the whole numbers and the mix are taken out
        **whole,
        mix=Mix(**dict(zip(MIX, map(float, mix), strict=True))),
    )


def _take(
    arrays: Mapping[str, np.ndarray], name: str, kind: type[np.generic], shape: tuple[int | None, ...]
) -> np.ndarray:
    """The array `name`, checked for type, shape (None = any length) and finite values."""
    array = arrays.get(name)
    if array is None:
        raise ValueError(f"taste: {name} is missing")
    fits = array.ndim == len(shape) and all(
        want is None or have == want for have, want in zip(array.shape, shape, strict=True)
    )
    if array.dtype != kind or not fits or not np.isfinite(array).all():
        raise ValueError(f"taste: {name} is {array.dtype}{array.shape} or not finite")
    return array
