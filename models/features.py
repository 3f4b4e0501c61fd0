"""From an Item's vectors in several spaces to one row of features for the taste network.

An Item has the blocks it has: a track sound and words (perhaps a cover), a video pictures, sound and words.
`Basis` is fitted on the Items of the library and applied to whatever is to be scored, Offers included. Called
by the studio process and by the laboratory; arrays in, arrays out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.linalg import eigh
from sklearn.utils.extmath import randomized_svd

from models.types import F32, Bool

SAMPLE = 8_192
"""Items the basis is estimated from: 96 directions need no more, and it keeps the fit within seconds."""
CHUNK = 4_096
EXACT = 1_024
"""Up to this many rows or columns the decomposition is exact, beyond it is randomised."""


def trust(items: int) -> float:
    """How far the averages over a library of so many items are taken for those of the world, in [0, 1).

    n / (n + 200): ten tracks of one artist in a library of thirty are not what all music has in common.
    """
    return items / (items + 200.0)


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """The vectors of `n` items in one space.

    `vectors` float32 `(n, d)`; `present` bool `(n,)`, False where the item has no vector here. An all-zero
    vector counts as absent. `weight` is this space's share of energy among the spaces (1 = like the others).
    """

    space: str
    vectors: F32
    present: Bool
    weight: float = 1.0

    def __post_init__(self) -> None:
        if self.vectors.ndim != 2 or self.present.shape != self.vectors.shape[:1]:
            raise ValueError(f"block {self.space}: {self.vectors.shape} vectors, {self.present.shape} marks")


@dataclass(frozen=True, slots=True, eq=False)
class SpaceBasis:
    """How one space enters: `mean (d,)` of its unit vectors, and `directions (d, p)` of the whole basis."""

    space: str
    mean: F32
    directions: F32


@dataclass(frozen=True, slots=True, eq=False)
class Basis:
    """A linear map from blocks to `width` features, fitted on own Items.

    Each vector is brought to unit length and centred on its space's mean; a missing block stands at that
    mean, so it says nothing. Every space is scaled to the same average energy, and the whole is reduced by
    PCA with mild whitening (eigenvalue^-1/4, half way between plain PCA and full whitening). Rows end with
    unit length, so that an item with one block and one with three are comparable, or all zero where
    nothing is known of an item. In a small library, where the mean may well be what is liked, centring and
    whitening are held back by `trust(n)`.
    """

    spaces: tuple[SpaceBasis, ...]
    width: int
    held: float

    @classmethod
    def fit(cls, blocks: Sequence[Block], *, width: int = 96, seed: int = 0) -> Basis:
        """Fit on the blocks of `n` items; the result has `min(width, n)` features, at least one.

        Deterministic under `seed`, which picks the sample of at most 8,192 items. Raises ValueError if the
        blocks disagree about `n`, name a space twice, or there is none.
        """
        n = _rows(blocks)
        chosen = np.arange(n)
        if n > SAMPLE:
            chosen = np.sort(np.random.default_rng(seed).choice(n, SAMPLE, replace=False))
        width, held = max(1, min(width, n)), trust(n)
        means: list[F32] = []
        gains: list[float] = []
        for block in blocks:
            unit, present = _unit(block.vectors[chosen], block.present[chosen])
            mean = unit[present].mean(0) if present.any() else np.zeros(unit.shape[1], np.float32)
            spread = float(np.square(unit[present] - held * mean).sum(1).mean()) if present.any() else 0.0
            means.append(np.asarray(mean, np.float32))
            gains.append(np.sqrt(block.weight / spread) if spread > 1e-9 else 0.0)
        columns = [
            _centred(block, chosen, mean, held) * np.float32(gain)
            for block, mean, gain in zip(blocks, means, gains, strict=True)
        ]
        values, directions = _principal(np.concatenate(columns, axis=1), width, seed)
        # Directions that carry (numerically) nothing would be blown up by the whitening: leave them out.
        alive = values > 1e-7 * max(float(values[0]), 1e-12)
        whiten = np.where(alive, np.power(np.maximum(values, 1e-12), -0.25 * held), 0.0)
        directions = directions * whiten.astype(np.float32)
        ends = np.cumsum([block.vectors.shape[1] for block in blocks])
        spaces = tuple(
            SpaceBasis(
                block.space,
                mean,
                np.ascontiguousarray(directions[end - len(mean) : end] * np.float32(gain)),
            )
            for block, mean, gain, end in zip(blocks, means, gains, ends, strict=True)
        )
        return cls(spaces, width, held)

    def project(self, blocks: Sequence[Block]) -> F32:
        """Features of `n` items: float32 `(n, width)`, rows of unit length or all zero.

        Spaces the basis does not know are ignored; a space it knows and the items lack counts as missing.
        """
        rows = np.zeros((_rows(blocks), self.width), np.float32)
        for chosen in _chunks(len(rows)):
            rows[chosen] = _to_unit(np.sum(self._contributions(blocks, chosen), axis=0, dtype=np.float32))
        return rows

    def split(self, blocks: Sequence[Block]) -> F32:
        """The same features split by space: float32 `(n, spaces, width)`, in the order of `self.spaces`.

        Summed over spaces it is `project` (of few items: this is for explaining a pick).
        """
        parts = np.stack(self._contributions(blocks, np.arange(_rows(blocks))), axis=1)
        norms = np.linalg.norm(parts.sum(1), axis=1)[:, None, None]
        return np.asarray(np.divide(parts, norms, out=np.zeros_like(parts), where=norms > 1e-6))

    def arrays(self) -> dict[str, np.ndarray]:
        """Everything needed to restore the basis, ready for safetensors; read back by `from_arrays`."""
        out: dict[str, np.ndarray] = {"basis.held": np.array([self.held], np.float64)}
        for number, part in enumerate(self.spaces):
            out[f"basis.{number:02d}.mean.{part.space}"] = part.mean
            out[f"basis.{number:02d}.directions.{part.space}"] = part.directions
        return out

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> Basis:
        """Restore what `arrays` gave. Raises ValueError if something is missing or does not fit."""
        spaces: list[SpaceBasis] = []
        for name in sorted(key for key in arrays if key.startswith("basis.") and ".mean." in key):
            _, number, _, space = name.split(".", 3)
            mean = arrays[name]
            directions = arrays.get(f"basis.{number}.directions.{space}")
            if directions is None or directions.ndim != 2 or mean.shape != directions.shape[:1]:
                raise ValueError(f"basis: space {space} is incomplete")
            if directions.dtype != np.float32 or mean.dtype != np.float32:
                raise ValueError(f"basis: space {space} is not float32")
            spaces.append(SpaceBasis(space, mean, directions))
        widths = {part.directions.shape[1] for part in spaces}
        held = arrays.get("basis.held")
        if len(widths) != 1 or held is None or held.shape != (1,) or not 0 <= held[0] <= 1:
            raise ValueError("basis: no spaces, spaces of different widths, or no trust")
        return cls(tuple(spaces), widths.pop(), float(held[0]))

    def _contributions(self, blocks: Sequence[Block], chosen: np.ndarray) -> list[F32]:
        known = {block.space: block for block in blocks}
        out: list[F32] = []
        anything = np.zeros((len(chosen), 1), bool)
        for part in self.spaces:
            block = known.get(part.space)
            if block is None:
                typical = (1.0 - self.held) * part.mean @ part.directions
                out.append(np.broadcast_to(typical.astype(np.float32), (len(chosen), self.width)))
                continue
            if block.vectors.shape[1] != len(part.mean):
                raise ValueError(f"space {part.space}: {block.vectors.shape[1]} dimensions, expected {len(part.mean)}")
            anything |= (block.present[chosen] & block.vectors[chosen].any(axis=1))[:, None]
            out.append(_centred(block, chosen, part.mean, self.held) @ part.directions)
        return [part * anything for part in out]


def _rows(blocks: Sequence[Block]) -> int:
    if not blocks:
        raise ValueError("at least one block is needed")
    counts = {len(block.vectors) for block in blocks}
    if len(counts) != 1:
        raise ValueError(f"blocks of different lengths: {sorted(counts)}")
    if len({block.space for block in blocks}) != len(blocks):
        raise ValueError("a space is given twice")
    return counts.pop()


def _chunks(n: int) -> Iterator[np.ndarray]:
    for start in range(0, n, CHUNK):
        yield np.arange(start, min(n, start + CHUNK))


def _unit(vectors: F32, present: Bool) -> tuple[F32, Bool]:
    norms = np.linalg.norm(vectors, axis=1)
    alive = present & np.isfinite(norms) & (norms > 1e-9)
    unit = np.zeros(vectors.shape, np.float32)
    unit[alive] = vectors[alive] / norms[alive, None]
    return unit, alive


def _to_unit(rows: F32) -> F32:
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(np.divide(rows, norms, out=np.zeros_like(rows), where=norms > 1e-6))


def _centred(block: Block, chosen: np.ndarray, mean: F32, held: float) -> F32:
    """Unit vectors less `held` of the mean; where there is none, the mean stands in."""
    unit, present = _unit(block.vectors[chosen], block.present[chosen])
    unit[~present] = mean
    unit -= np.float32(held) * mean
    return unit


def _principal(rows: F32, width: int, seed: int) -> tuple[F32, F32]:
    """Leading eigenvalues `(width,)` and eigenvectors `(d, width)` of the rows' second moment."""
    n, d = rows.shape
    kept = min(width, n, d)
    if min(n, d) > EXACT:
        _, singular, vectors = randomized_svd(rows, kept, n_iter=3, random_state=seed)
        values, directions = np.square(singular) / n, vectors.T
    elif d <= n:
        values, directions = eigh(rows.T.astype(np.float64) @ rows / n, subset_by_index=(d - kept, d - 1))
        values, directions = values[::-1], directions[:, ::-1]
    else:
        values, left = eigh(rows.astype(np.float64) @ rows.T / n, subset_by_index=(n - kept, n - 1))
        values, left = values[::-1], left[:, ::-1]
        directions = rows.T @ left / np.sqrt(np.maximum(values * n, 1e-12))
    # A fixed sign, so that the same library gives the same features on every machine.
    pivot = np.abs(directions).argmax(0)
    signs = np.where(directions[pivot, np.arange(kept)] < 0, -1.0, 1.0)
    full = np.zeros((d, width), np.float32)
    full[:, :kept] = directions * signs
    padded = np.zeros(width, np.float32)
    padded[:kept] = np.maximum(values, 0.0)
    return padded, full
