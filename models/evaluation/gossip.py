"""Gossip averaging of a small network: no server, everybody meets somebody each round. Simulated in one process.

A comparison for the evidence of `models.collaborative`, not a part of the product. Called by the laboratory.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from models.evaluation.federated import Batch, Examples, FederationSettings, Swarm

GOSSIP = FederationSettings(rounds=30, steps=3)


@dataclass(frozen=True, slots=True, eq=False)
class Gossiped:
    """Everybody's network in the end, and how many bytes each sent and received on average."""

    networks: Swarm
    bytes: int


def gossip_average(peers: Sequence[Examples], settings: FederationSettings = GOSSIP, *, seed: int = 0) -> Gossiped:
    """Each round all train on their own labels, pair up at random and take the mean of both networks.

    Boyd et al., "Randomized gossip algorithms", 2006, with learning as in Ormandi et al., "Gossip learning with linear
    models", 2013. With an odd number one stays alone that round. Deterministic under `seed`. Raises ValueError
    without peers.
    """
    batch = Batch.of(peers)
    rng = np.random.default_rng(seed)
    networks = Swarm.drawn(len(peers), batch.rows.shape[2], settings.hidden, seed)
    meetings = 0
    for _ in range(settings.rounds):
        networks = networks.train(batch, settings.steps, settings.rate, settings.decay)
        mixing = np.eye(len(peers), dtype=np.float32)
        order = rng.permutation(len(peers))
        for one, other in zip(order[::2], order[1::2], strict=False):
            mixing[np.ix_([one, other], [one, other])] = 0.5
            meetings += 1
        networks = networks.mixed(torch.from_numpy(mixing))
    return Gossiped(networks, round(2 * 2 * meetings * networks.bytes / len(peers)))
