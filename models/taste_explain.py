"""Why an item scores what it scores: the network's sum, read label by label and space by space.

Every branch of the network is a sum over labelled items, so nothing has to be approximated. Called by
`models.taste`; the values are shown by the window.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

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

    `total` = sum of `parts` + `remainder`, and also = sum of `spaces` + `typical` + `remainder`. `parts`
    come largest first. `typical` is what any item gets that resembles no label at all; `remainder` is what
    cannot be laid at a label's door (rounding, since every branch is a sum over labels). `unattributed` is
    |remainder| / (sum |parts| + |remainder|), 0 when all are 0.
    """

    total: float
    parts: tuple[Part, ...]
    remainder: float
    spaces: tuple[SpacePart, ...]
    typical: float

    @property
    def unattributed(self) -> float:
        """The remainder's share of all absolute contributions, in [0, 1]."""
        whole = sum(abs(part.amount) for part in self.parts) + abs(self.remainder)
        return abs(self.remainder) / whole if whole > 0 else 0.0


def explain(taste: Taste, row: F32, split: F32 | None, total: float) -> Explanation:
    """Take `total`, the network's score of `row (p,)`, apart; `split (spaces, p)` sums to `row`."""
    weights = taste.weights
    z = row.astype(np.float64)
    amounts = taste.shares.astype(np.float64) @ (z - taste.centre)
    cosines = weights.landmarks.astype(np.float64) @ z
    around = weights.bumps[:, 1] * (bump(cosines, taste.settings.sharpness) - taste.bump_centre)
    np.add.at(amounts, taste.landmark_labels, around)
    likenesses = np.zeros(len(amounts))
    likenesses[taste.landmark_labels] = cosines
    order = np.argsort(-np.abs(amounts), kind="stable")
    parts = tuple(
        Part(int(label), float(amounts[label]), float(likenesses[label])) for label in order if amounts[label]
    )
    remainder = total - sum(part.amount for part in parts)
    if split is None:
        return Explanation(total, parts, remainder, (), total - remainder)
    by_space = _by_space(taste, split.astype(np.float64), cosines)
    spaces = tuple(SpacePart(number, float(amount)) for number, amount in enumerate(by_space))
    return Explanation(total, parts, remainder, spaces, total - remainder - float(by_space.sum()))


def _by_space(taste: Taste, split: np.ndarray, cosines: np.ndarray) -> np.ndarray:
    """What each space adds, `(spaces,)`.

    Linear branches split as the row does. A bump's rise above its height at cosine 0 is shared in proportion
    to each space's part of the cosine, which keeps the sum exact: (bump(c) - bump(0)) / c, smooth through 0.
    """
    weights, sharpness = taste.weights, taste.settings.sharpness
    safe = np.where(np.abs(cosines) < 1e-6, 1e-6, cosines)
    slope = weights.bumps[:, 1] * np.exp(-sharpness) * np.expm1(sharpness * safe) / safe
    direction = taste.shares.astype(np.float64).sum(0) + slope @ weights.landmarks.astype(np.float64)
    return np.asarray(split @ direction)
