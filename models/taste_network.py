"""The taste network itself: one torch module, a sum of branches over unit feature rows.

A linear layer, a ramp that lifts what is most like the likes, a layer of bumps around labelled items (landmarks), and
the directions in which uncertainty is already gone. All its numbers are set by `models.taste`; this file only runs it,
fast.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, fields

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from models.types import F32

CHUNK = 2_048
"""Rows scored at a time: the likeness to 224 landmarks then stays in a core's cache."""


def _unfolded() -> F32:
    return np.zeros((0, 0), np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Weights:
    """Everything the network knows; float32. `p` features, `m` landmarks, two heads (rating, discovery).

    `linear (p, 2)`, `bias (2,)`, `landmarks (m, p)`, `bumps (m, 2)`, `known (p, r)`; `ramp (p,)` with
    `ramp_bias (2,)`, its offset and its height: discovery rises by height * softplus(row . ramp + offset).
    `fold (f, p)` leads from the features of an item to those the network works in; empty where they are the same.
    """

    linear: F32
    bias: F32
    landmarks: F32
    bumps: F32
    known: F32
    ramp: F32
    ramp_bias: F32
    fold: F32 = field(default_factory=_unfolded)

    @property
    def takes(self) -> int:
        """How many features an item has."""
        return len(self.fold) or len(self.linear)

    def check(self) -> None:
        """Raises ValueError unless all shapes and types agree and all is finite."""
        p, m = len(self.linear), len(self.landmarks)
        shapes = {
            "linear": (p, 2),
            "bias": (2,),
            "landmarks": (m, p),
            "bumps": (m, 2),
            "known": (p, self.known.shape[-1]),
            "ramp": (p,),
            "ramp_bias": (2,),
            "fold": (len(self.fold), p) if len(self.fold) else (0, 0),
        }
        for part in fields(self):
            array = getattr(self, part.name)
            if array.shape != shapes[part.name] or array.dtype != np.float32:
                raise ValueError(f"taste network: {part.name} is {array.dtype}{array.shape}")
            if not np.isfinite(array).all():
                raise ValueError(f"taste network: {part.name} is not finite")


class TasteNetwork(nn.Module):
    """Runs `Weights` of sharpness `sharpness` on rows of features."""

    bias: Tensor
    landmarks: Tensor
    bumps: Tensor
    ramp_bias: Tensor
    first: Tensor
    fold: Tensor
    steep: Tensor
    lower: Tensor

    def __init__(self, weights: Weights, sharpness: float) -> None:
        super().__init__()
        weights.check()
        self.sharpness = sharpness
        for part in fields(weights):
            self.register_buffer(part.name, torch.from_numpy(getattr(weights, part.name).copy()))
        first = np.concatenate([weights.linear, weights.ramp[:, None], weights.known], axis=1)
        self.register_buffer("first", torch.from_numpy(first))
        # exp(sharpness (cosine - 1)) in one multiplication and one pass.
        self.register_buffer("steep", sharpness * torch.from_numpy(weights.landmarks.T.copy()))
        self.register_buffer("lower", torch.full((len(weights.landmarks),), -sharpness))

    def forward(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        """Heads `(n, 2)` and remaining variance `(n,)` in [0, 1] of unit rows `(n, f)`."""
        if len(self.fold):
            rows = rows @ self.fold
        straight = rows @ self.first
        heads = straight[:, :2] + self.bias
        heads[:, 1] += self.ramp_bias[1] * softplus(straight[:, 2] + self.ramp_bias[0])
        variance = (1.0 - straight[:, 3:].square().sum(1)).clamp_(0.0, 1.0)
        if len(self.landmarks):
            heads = heads + torch.addmm(self.lower, rows, self.steep).exp_() @ self.bumps
        return heads, variance

    def run(self, rows: F32, threads: int = 1) -> tuple[F32, F32]:
        """`forward` over any number of rows, a chunk at a time, on so many threads; their number changes no bit."""
        heads = np.empty((len(rows), 2), np.float32)
        variance = np.empty(len(rows), np.float32)
        every = torch.from_numpy(np.ascontiguousarray(rows))

        @torch.inference_mode()
        def score(start: int) -> None:
            part = slice(start, start + CHUNK)
            out, left = self(every[part])
            heads[part], variance[part] = out.numpy(), left.numpy()

        starts = range(0, len(rows), CHUNK)
        if threads < 2 or len(starts) < 2:
            for start in starts:
                score(start)
            return heads, variance
        # Whole chunks side by side: threads that meet at the end of every multiplication mostly wait for each other.
        with ThreadPoolExecutor(threads) as pool:
            for _ in pool.map(score, starts):
                pass
        return heads, variance
