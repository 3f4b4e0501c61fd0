"""Features of single rows, each the same to the last bit whoever stands beside it.

`Basis.project` multiplies matrices, and what BLAS gives for a row depends, in its last bits, on where in the matrix it
stands. For our own Items that does not matter. What peers offer has to be exactly reversible: when one peer is blocked,
the features of the others must be what they would be had it never been met. Called by the studio.
"""

from __future__ import annotations

import numpy as np

from models.features import Basis, SpaceBasis
from models.types import F32, Bool

PIECE = 256
"""Rows multiplied at a time, always so many: plain loops over a fixed shape, no BLAS (7 against 30 GFLOP/s)."""


def contribution(basis: Basis, part: SpaceBasis, units: F32, present: Bool) -> F32:
    """What one space adds to the features of `n` items, float32 `(n, width)`.

    `units (n, d)` are of unit length; rows that are not `present (n,)` stand at the space's mean. Raises ValueError if
    d does not fit.
    """
    if units.shape != (len(present), len(part.mean)):
        raise ValueError(f"space {part.space}: {units.shape} vectors, expected (n, {len(part.mean)})")
    rows = np.empty((len(units), basis.width), np.float32)
    piece = np.zeros((PIECE, len(part.mean)), np.float32)
    shift = np.float32(basis.held) * part.mean
    for start in range(0, len(units), PIECE):
        here = slice(start, min(start + PIECE, len(units)))
        count = here.stop - here.start
        piece[:count] = np.where(present[here, None], units[here], part.mean) - shift
        rows[here] = np.einsum("nd,dp->np", piece, part.directions, optimize=False)[:count]
    return rows


def missing(basis: Basis, part: SpaceBasis) -> F32:
    """What a space adds to an item that has no vector in it, float32 `(width,)`."""
    nobody = np.zeros((1, len(part.mean)), np.float32)
    return np.asarray(contribution(basis, part, nobody, np.zeros(1, np.bool_))[0], np.float32)


def finished(sums: F32, anything: Bool) -> F32:
    """Contributions `(n, width)` summed over all spaces as features: unit rows, zeros where no space had a vector."""
    sums = np.where(anything[:, None], sums, np.float32(0))
    norms = np.linalg.norm(sums, axis=1, keepdims=True)
    rows: F32 = np.divide(sums, norms, out=np.zeros_like(sums), where=norms > 1e-6)
    return rows
