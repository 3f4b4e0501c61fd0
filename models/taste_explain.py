"""Why an item scores what it scores: the network's sum, read label by label and space by space.

Every branch of the network is a sum over labelled items, so nothing has to be approximated: the ramp, which is a
function of such a sum, rises by what each item adds to the sum (Aumann & Shapley 1974). Called by
`models.taste`; the values are shown by the window.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import expit

from models.taste_branches import bump
from models.types import F32

if TYPE_CHECKING:
    from models.taste import Taste


@dataclass(frozen=True, slots=True)
class Part:
    """What one label (position `label` in the labels of the fit) adds to the score; `likeness` is the
    cosine.
    """

    label: int
    amount: float
    likeness: float


@dataclass(frozen=True, slots=True)
class SpacePart:
    """What one space, by position, adds to the score."""

    space: int
    amount: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """A discovery score taken apart, relative to the average item of the library (whose score is 0).

    `total` = sum of `parts` + `prior` + `remainder`, and also = sum of `spaces` + `typical` + `remainder`. `parts`
    come largest first. `typical` is what any item gets that resembles no label at all; `prior` what a population's
    prior adds, 0 without one; `remainder` is what cannot be laid at anybody's door (rounding, since every branch is
    a sum over labels). `unattributed` is |remainder| / (sum |parts| + |prior| + |remainder|), 0 when all are 0.
    """

    total: float
    parts: tuple[Part, ...]
    remainder: float
    spaces: tuple[SpacePart, ...]
    typical: float
    prior: float = 0.0

    @property
    def unattributed(self) -> float:
        """The remainder's share of all absolute contributions, in [0, 1]."""
        whole = sum(abs(part.amount) for part in self.parts) + abs(self.prior) + abs(self.remainder)
        return abs(self.remainder) / whole if whole > 0 else 0.0


def explain(taste: Taste, row: F32, split: F32 | None, total: float) -> Explanation:
    """Take `total`, the network's score of `row (f,)`, apart; `split (spaces, f)` sums to `row`."""
    weights = taste.weights
    z = row.astype(np.float64)
    parted = None if split is None else split.astype(np.float64)
    if len(weights.fold):
        fold = weights.fold.astype(np.float64)
        z, parted = z @ fold, None if parted is None else parted @ fold
    away = z - taste.centre
    amounts = taste.shares.astype(np.float64) @ away
    ramp, (offset, height) = weights.ramp.astype(np.float64), weights.ramp_bias.astype(np.float64)
    slope = height * _slope(float(ramp @ taste.centre + offset), float(ramp @ z + offset))
    amounts += slope * (taste.ramp_shares.astype(np.float64) @ away)
    near = weights.landmarks.astype(np.float64) @ z
    around = weights.bumps[:, 1] * (bump(near, taste.settings.sharpness) - taste.bump_centre)
    np.add.at(amounts, taste.landmark_labels, around)
    likenesses = np.zeros(len(amounts))
    likenesses[taste.landmark_labels] = taste.landmark_items.astype(np.float64) @ z
    order = np.argsort(-np.abs(amounts), kind="stable")
    parts = tuple(
        Part(int(label), float(amounts[label]), float(likenesses[label])) for label in order if amounts[label]
    )
    prior = float(taste.prior.astype(np.float64) @ away)
    remainder = total - sum(part.amount for part in parts) - prior
    if parted is None:
        return Explanation(total, parts, remainder, (), total - remainder, prior)
    by_space = _by_space(taste, parted, z, near)
    spaces = tuple(SpacePart(number, float(amount)) for number, amount in enumerate(by_space))
    return Explanation(total, parts, remainder, spaces, total - remainder - float(by_space.sum()), prior)


def _by_space(taste: Taste, split: np.ndarray, z: np.ndarray, near: np.ndarray) -> np.ndarray:
    """What each space adds, `(spaces,)`.

    Linear branches split as the row does. What a bump or the ramp rises above its height at a row of zeros is shared
    in proportion to each space's part of the likeness, which keeps the sum exact: (bump(c) - bump(0)) / c, smooth
    through 0.
    """
    weights, sharpness = taste.weights, taste.settings.sharpness
    safe = np.where(np.abs(near) < 1e-6, 1e-6, near)
    slopes = weights.bumps[:, 1] * np.exp(-sharpness) * np.expm1(sharpness * safe) / safe
    direction = taste.shares.astype(np.float64).sum(0) + taste.prior + slopes @ weights.landmarks.astype(np.float64)
    ramp, (offset, height) = weights.ramp.astype(np.float64), weights.ramp_bias.astype(np.float64)
    direction += height * _slope(float(offset), float(ramp @ z + offset)) * ramp
    return np.asarray(split @ direction)


def _slope(start: float, end: float) -> float:
    """Mean slope of softplus between two points."""
    if abs(end - start) < 1e-6:
        return float(expit(0.5 * (start + end)))
    return float((np.logaddexp(0.0, end) - np.logaddexp(0.0, start)) / (end - start))
