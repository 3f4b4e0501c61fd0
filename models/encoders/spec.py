"""Specifications and frozen constants of the built-in encoders.

A built-in encoder is its parameters (a Spec) and, per dimension, a mean and a deviation measured once over
real material by `packaging/encoder_constants.py` and shipped as numbers in `constants/*.json`. Both go into
the digest of its EncoderId, so that vectors made with other numbers land in another space. Used by the
`builtin_*` modules and by the script that measures; reads the shipped files, nothing else.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models.types import F32, EncoderId

SHIPPED = Path(__file__).parent / "constants"
"""Folder of the shipped constants, one JSON file per encoder."""

Z_LIMIT = 4.0
"""No single dimension may say more than "four deviations": it would drown the rest of its block."""


@dataclass(frozen=True, slots=True)
class Block:
    """A named, consecutive part of a vector and its number of dimensions."""

    name: str
    size: int


@dataclass(frozen=True, slots=True)
class Spec:
    """What an encoder computes: name, version, parameters, and its blocks in order.

    `version` is raised by hand when the arithmetic changes while the parameters stay the same.
    """

    name: str
    version: int
    parameters: Mapping[str, str | int | float]
    blocks: tuple[Block, ...]

    @property
    def dimension(self) -> int:
        return sum(block.size for block in self.blocks)

    def canonical(self) -> bytes:
        """The same bytes for the same specification, on every machine."""
        told = {
            "name": self.name,
            "version": self.version,
            "parameters": dict(self.parameters),
            "blocks": [[block.name, block.size] for block in self.blocks],
        }
        return json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()

    def id(self, *weights: bytes) -> EncoderId:
        """The EncoderId of this specification with these weights (bytes of its constants, if it has any)."""
        digest = hashlib.sha256(self.canonical())
        for part in weights:
            digest.update(hashlib.sha256(part).digest())
        return EncoderId(self.name, self.version, digest.hexdigest()[:16])


@dataclass(frozen=True, slots=True, eq=False)
class Constants:
    """Frozen mean and deviation per dimension: float32, shape (d,) each, deviations above zero."""

    mean: F32
    deviation: F32

    def __post_init__(self) -> None:
        if self.mean.ndim != 1 or self.mean.shape != self.deviation.shape:
            raise ValueError("mean and deviation must be vectors of one length")
        if not (np.isfinite(self.mean).all() and np.isfinite(self.deviation).all()):
            raise ValueError("constants must be finite")
        if not (self.deviation > 0).all():
            raise ValueError("deviations must be above zero")

    def bytes(self) -> bytes:
        """The numbers alone, little-endian: what goes into the digest (the provenance does not)."""
        return self.mean.astype("<f4").tobytes() + self.deviation.astype("<f4").tobytes()

    @classmethod
    def neutral(cls, dimension: int) -> Constants:
        """Mean 0 and deviation 1: leaves raw features as they are (for measuring, not for shipping)."""
        return cls(np.zeros(dimension, np.float32), np.ones(dimension, np.float32))

    @classmethod
    def shipped(cls, spec: Spec) -> Constants:
        """Read the shipped constants of `spec`. Raises ValueError where they do not fit it."""
        told = json.loads((SHIPPED / f"{spec.name}.json").read_text(encoding="ascii"))
        names = [(block["name"], len(block["mean"])) for block in told["blocks"]]
        if names != [(block.name, block.size) for block in spec.blocks]:
            raise ValueError(f"constants of {spec.name} do not have its blocks")
        return cls(
            np.concatenate([np.asarray(block["mean"], np.float32) for block in told["blocks"]]),
            np.concatenate([np.asarray(block["deviation"], np.float32) for block in told["blocks"]]),
        )


def standardise(raw: F32, spec: Spec, constants: Constants) -> F32:
    """Turn raw features into unit vectors.

    z-scores with the frozen constants, limits them to +-Z_LIMIT, divides each block by the square root of its
    size (so that all blocks weigh the same, however many numbers they have) and scales rows to unit length.
    raw: float32 `(n, d)`; a row of NaN means "no signal" and becomes the zero row.
    """
    z = np.clip((raw - constants.mean) / constants.deviation, -Z_LIMIT, Z_LIMIT).astype(np.float32)
    silent = np.asarray(np.isnan(raw).all(axis=1))
    z[~np.isfinite(z)] = 0.0
    scale = np.concatenate([np.full(b.size, 1.0 / np.sqrt(b.size), np.float32) for b in spec.blocks])
    z *= scale
    return unit_rows(np.where(silent[:, None], np.float32(0.0), z))


def unit_rows(rows: F32) -> F32:
    """Scale each row of float32 `(n, d)` to unit length; rows (almost) without length become zero."""
    length = np.linalg.norm(rows.astype(np.float64), axis=1, keepdims=True)
    safe = np.where(length > 1e-9, length, np.inf)
    return np.asarray(rows / safe, dtype=np.float32)
