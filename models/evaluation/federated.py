"""Federated averaging of a small network among peers, simulated in one process with its bytes counted.

A comparison for the evidence of `models.collaborative`, not a part of the product: what is averaged cannot be taken
out again. No network code. Called by the laboratory; `gossip` shares its network.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from models.types import F32


@dataclass(frozen=True, slots=True, eq=False)
class Examples:
    """What one peer learns from: `rows (m, p)` of features, `targets (m,)` in [0, 1], `weights (m,)`."""

    rows: F32
    targets: F32
    weights: F32


@dataclass(frozen=True, slots=True)
class FederationSettings:
    """A p-`hidden`-1 network; each of `rounds` rounds every peer takes `steps` full-batch steps of Adam."""

    hidden: int = 64
    rounds: int = 20
    steps: int = 5
    rate: float = 0.01
    decay: float = 1e-3


@dataclass(frozen=True, slots=True, eq=False)
class Swarm:
    """The networks of K peers side by side: `(K, p, h)`, `(K, 1, h)`, `(K, h, 1)`, `(K, 1, 1)`."""

    parts: tuple[Tensor, Tensor, Tensor, Tensor]

    @classmethod
    def drawn(cls, peers: int, features: int, hidden: int, seed: int) -> Swarm:
        """K copies of one seeded random network: averaging different starts would average noise."""
        made = torch.Generator().manual_seed(seed)
        first = (torch.rand((1, features, hidden), generator=made) * 2 - 1) / features**0.5
        last = (torch.rand((1, hidden, 1), generator=made) * 2 - 1) / hidden**0.5
        parts = (first, torch.zeros(1, 1, hidden), last, torch.full((1, 1, 1), 0.5))
        return cls(parts).spread(peers)

    def spread(self, peers: int) -> Swarm:
        """K copies of the first network."""
        first, second, third, fourth = (part[:1].repeat(peers, 1, 1) for part in self.parts)
        return Swarm((first, second, third, fourth))

    def mixed(self, mixing: Tensor) -> Swarm:
        """Networks that are weighted sums of these: `mixing (L, K)`, rows summing to 1."""
        first, second, third, fourth = (torch.einsum("lk,kab->lab", mixing, part) for part in self.parts)
        return Swarm((first, second, third, fourth))

    @property
    def bytes(self) -> int:
        """One network on the wire, as float32."""
        return sum(4 * part[0].numel() for part in self.parts)

    def train(self, batch: Batch, steps: int, rate: float, decay: float) -> Swarm:
        """Every network takes `steps` steps of Adam on its own examples, weighted squared error."""
        parts = [part.clone().requires_grad_() for part in self.parts]
        optimiser = torch.optim.Adam(parts, lr=rate, weight_decay=decay)
        shares = batch.weights / batch.weights.sum(1, keepdim=True).clamp_min(1e-6)
        for _ in range(steps):
            optimiser.zero_grad()
            loss = (shares * (_forward(parts, batch.rows) - batch.targets).square()).sum()
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
        first, second, third, fourth = (part.detach() for part in parts)
        return Swarm((first, second, third, fourth))

    def predict(self, features: F32, peer: int = 0) -> F32:
        """What one peer's network says of `features (N, p)`: float32 `(N,)`."""
        with torch.inference_mode():
            own = [part[peer : peer + 1] for part in self.parts]
            return np.asarray(_forward(own, torch.from_numpy(np.ascontiguousarray(features))[None])[0].numpy())


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """The examples of K peers, filled up with weight 0: `(K, m, p)`, `(K, m)`, `(K, m)`."""

    rows: Tensor
    targets: Tensor
    weights: Tensor

    @classmethod
    def of(cls, peers: Sequence[Examples]) -> Batch:
        """Raises ValueError without peers."""
        if not peers:
            raise ValueError("federated: no peers")
        most, width = max(len(peer.rows) for peer in peers), peers[0].rows.shape[1]
        rows = np.zeros((len(peers), most, width), np.float32)
        targets, weights = (np.zeros((len(peers), most), np.float32) for _ in range(2))
        for number, peer in enumerate(peers):
            here = slice(0, len(peer.rows))
            rows[number, here], targets[number, here], weights[number, here] = peer.rows, peer.targets, peer.weights
        return cls(torch.from_numpy(rows), torch.from_numpy(targets), torch.from_numpy(weights))


@dataclass(frozen=True, slots=True, eq=False)
class Federated:
    """The averaged network and how many bytes each peer sent and received for it."""

    network: Swarm
    bytes: int


def federated_average(
    peers: Sequence[Examples], settings: FederationSettings | None = None, *, seed: int = 0
) -> Federated:
    """Average the peers' networks by their labels, round after round.

    McMahan et al., "Communication-Efficient Learning of Deep Networks from Decentralized Data", AISTATS 2017, with
    every peer in every round. Deterministic under `seed`. Raises ValueError without peers.
    """
    settings = settings or FederationSettings()
    batch = Batch.of(peers)
    counts = batch.weights.sum(1)
    mixing = (counts / counts.sum().clamp_min(1e-6))[None]
    common = Swarm.drawn(1, batch.rows.shape[2], settings.hidden, seed)
    for _ in range(settings.rounds):
        trained = common.spread(len(peers)).train(batch, settings.steps, settings.rate, settings.decay)
        common = trained.mixed(mixing)
    return Federated(common, 2 * settings.rounds * common.bytes)


def fine_tuned(network: Swarm, own: Examples, *, steps: int = 20, rate: float = 0.01, decay: float = 1e-3) -> Swarm:
    """The averaged network after some steps on the user's own labels; as it was without any."""
    if not len(own.rows):
        return network
    return network.train(Batch.of([own]), steps, rate, decay)


def _forward(parts: Sequence[Tensor], rows: Tensor) -> Tensor:
    first, second, third, fourth = parts
    return (torch.relu(rows @ first + second) @ third + fourth)[..., 0]
