"""Two towers: one network makes a vector of what a person said, another of each item; near means liked.

Called by the laboratory, and by the product once followed peers share their labels.
"""

from __future__ import annotations

import numpy as np
import torch
from scipy.sparse import csr_matrix
from torch import nn

from models.baselines.base import LIKED_FROM, Prediction
from models.baselines.population import Collaborative, Ratings
from models.taste import Labels
from models.types import F32, I64

BATCH = 512
MOST = 4_096
"""Items a liked one is compared with in one step; a larger catalogue is sampled anew for each."""


class TwoTower(Collaborative):
    """Covington, Adams & Sargin 2016, "Deep neural networks for YouTube recommendations", its candidate generation.

    The user tower takes the mean embedding of the liked and of the disliked items, through one hidden layer; the
    item tower is an embedding plus a projection of the item's features, so that items nobody knows can be
    ranked. Trained to pick one liked item out of the catalogue (softmax) from a random part of the same person's
    other labels. A newcomer is one forward pass.
    """

    name = "two-tower"

    def __init__(
        self,
        population: Ratings,
        width: int = 32,
        hidden: int = 64,
        epochs: int = 8,
        rate: float = 0.005,
        seed: int = 0,
    ) -> None:
        super().__init__(population, seed)
        self.width = width
        self.hidden = hidden
        self.epochs = epochs
        self.rate = rate
        self._towers: _Towers | None = None
        self._items = torch.zeros(0, 0)
        self._person = torch.zeros(1, width)

    def get_params(self) -> dict[str, float]:
        return {
            "width": self.width,
            "hidden": self.hidden,
            "epochs": self.epochs,
            "rate": self.rate,
            "seed": self.seed,
        }

    def predict(self, features: F32, rows: I64 | None = None) -> Prediction:
        """Rank items; one outside the catalogue (-1) by its features alone."""
        if self._towers is None or not self._fitted:
            raise ValueError("two-tower: not fitted")
        if rows is None:
            if len(features) != len(self._items):
                raise ValueError("an item is known by its row: say which rows of the catalogue these are")
            rows = np.arange(len(features))
        with torch.inference_mode():
            known = torch.from_numpy(rows >= 0)
            place = torch.from_numpy(np.maximum(rows, 0))
            offered = torch.from_numpy(np.ascontiguousarray(features, np.float32)) @ self._towers.offered
            vectors = offered + torch.where(known[:, None], self._towers.own_offered[place], 0.0)
            bias = torch.where(known, self._towers.bias[place], self._towers.bias.median())
            return Prediction((bias + vectors @ self._person[0]).numpy().copy())

    def _train(self, features: F32) -> None:
        said, n = self.population, len(features)
        rng = np.random.default_rng(self.seed)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.seed)
            towers = _Towers(n, features.shape[1], self.width, self.hidden)
        items = torch.from_numpy(np.ascontiguousarray(features, np.float32))
        signs = said.matrix(np.where(said.targets >= LIKED_FROM, 1, -1).astype(np.float32)).tocsr()
        likes = said.likes()
        optimiser = torch.optim.Adam(towers.parameters(), lr=self.rate)
        for _ in range(self.epochs if len(likes) else 0):
            order = rng.permutation(len(likes))
            for start in range(0, len(order), BATCH):
                chosen = order[start : start + BATCH]
                users, wanted = likes.users[chosen], likes.items[chosen]
                told = _partly(signs[users], wanted, rng)
                offered = np.arange(n)
                if n > MOST:
                    offered = np.unique(np.concatenate([wanted, rng.choice(n, MOST, replace=False)]))
                place = torch.from_numpy(np.searchsorted(offered, wanted))
                optimiser.zero_grad()
                logits = towers(told, items, torch.from_numpy(offered))
                torch.autograd.backward(nn.functional.cross_entropy(logits, place))
                optimiser.step()
        self._towers, self._items = towers.eval(), items

    def _fold(self, labels: Labels) -> None:
        assert self._towers is not None, "trained by fit"
        signs = np.where(labels.targets >= LIKED_FROM, labels.weights, -labels.weights)
        told = csr_matrix((signs, (np.zeros(len(signs), np.int64), labels.rows)), (1, len(self._items)), np.float32)
        with torch.inference_mode():
            self._person = self._towers.person(told, self._items)


class _Towers(nn.Module):
    """The parameters: embeddings heard by the user tower, embeddings offered by the item tower."""

    def __init__(self, items: int, features: int, width: int, hidden: int) -> None:
        super().__init__()
        self.heard = nn.Parameter(torch.randn(features, width) / features**0.5)
        self.own_heard = nn.Parameter(0.01 * torch.randn(items, width))
        self.offered = nn.Parameter(torch.randn(features, width) / features**0.5)
        self.own_offered = nn.Parameter(0.01 * torch.randn(items, width))
        self.bias = nn.Parameter(torch.zeros(items))
        self.layers = nn.Sequential(nn.Linear(2 * width + 2, hidden), nn.ReLU(), nn.Linear(hidden, width))

    def person(self, told: csr_matrix, items: torch.Tensor) -> torch.Tensor:
        """Vectors `(b, width)` of people who told `told (b, N)`, sparse: above 0 liked, below 0 disliked."""
        embedded = items @ self.heard + self.own_heard
        parts = []
        table = told.tocoo()
        places = torch.from_numpy(np.stack([table.row, table.col]).astype(np.int64))
        values = torch.from_numpy(table.data)
        for heavy in (values.clamp_min(0), (-values).clamp_min(0)):
            kind = torch.sparse_coo_tensor(places, heavy, table.shape, check_invariants=False)
            count = torch.zeros(table.shape[0]).index_add_(0, places[0], heavy)[:, None]
            parts += [torch.sparse.mm(kind, embedded) / count.clamp_min(1), torch.log1p(count)]
        return torch.as_tensor(self.layers(torch.cat(parts, 1)))

    def forward(self, told: csr_matrix, items: torch.Tensor, offered: torch.Tensor) -> torch.Tensor:
        """Logits `(b, m)` of the catalogue rows `offered (m,)`."""
        vectors = items[offered] @ self.offered + self.own_offered[offered]
        return self.bias[offered] + self.person(told, items) @ vectors.T


def _partly(told: csr_matrix, wanted: I64, rng: np.random.Generator) -> csr_matrix:
    """A random part of each row of `told (b, N)`, without the item to be guessed: from few labels to almost all."""
    counts = np.diff(told.indptr)
    few = np.exp(rng.uniform(0, np.log(counts + 1)))
    kept = rng.random(told.nnz) < np.repeat(few / np.maximum(counts, 1), counts)
    kept &= told.indices != np.repeat(wanted, counts)
    told = told.copy()
    told.data = np.where(kept, told.data, 0).astype(np.float32)
    told.eliminate_zeros()
    return told
