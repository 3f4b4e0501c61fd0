"""Synthetic personas over a catalogue, and the two ways of ranking that give one study two very different columns.

A student study reported P@10 1.00 for content-based filtering and .01 for factor models. Its own recall gives the
reason away: P * 10 / R relevant items, and that number over the size of the catalogue is exactly the low figures: one
group of methods was ranked over held-out items only, the other over the whole catalogue while only held-out items
counted as hits. Called by the laboratory's `personas`; arrays in, numbers out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models import metrics
from models.evaluation.audience import Listener
from models.types import F32, I64

HIGHEST = 10.0
"""Ratings are given from 0 to 10."""
LIKED = 0.65
SEEN, HELD_OUT = 0.2, 0.2
"""A persona rates a fifth of the catalogue (80 % sparse); a fifth of that is held out."""


@dataclass(frozen=True, slots=True, eq=False)
class Persona:
    """One made-up person: what they would say of every item, `truth (N,)` in [0, 1], and what they did say.

    `known` and `held` are disjoint rows of the catalogue with their noisy `targets (N,)`.
    """

    truth: F32
    targets: F32
    known: I64
    held: I64

    def listener(self) -> Listener:
        """What the persona said and a recommender may learn."""
        return Listener(self.known, self.targets[self.known], np.zeros(len(self.known), np.float32))


@dataclass(frozen=True, slots=True)
class TwoWays:
    """One persona's figures for one method.

    `held` and `recall`: P@10 and R@10 with only the held-out items ranked. `mixed`: everything not yet rated is
    ranked, but only held-out likes count: what the low columns of the study are. `true`: the same ranking, counting
    every item the persona would like. `error`: RMSE on the held-out items in points of HIGHEST, nan where unknown.
    """

    held: float
    recall: float
    mixed: float
    true: float
    error: float


def personas(features: F32, count: int = 30, *, seed: int = 0) -> list[Persona]:
    """Draw personas with a taste around one to four items of `features (N, p)`, about a third of them liked.

    Deterministic under `seed`.
    """
    return [_persona(features, np.random.default_rng((seed, number))) for number in range(count)]


def _persona(features: F32, rng: np.random.Generator) -> Persona:
    items = len(features)
    rows = features.astype(np.float64)
    anchors = rows[rng.choice(items, int(rng.integers(1, 5)), replace=False)]
    strengths = rng.uniform(0.6, 1.4, len(anchors))
    felt = (strengths * (rows @ anchors.T)).max(1)
    leaning = rows @ rng.normal(size=rows.shape[1])
    felt = felt / (felt.std() + 1e-9) + 0.5 * leaning / (leaning.std() + 1e-9)
    felt += 0.6 * rng.normal(size=items)
    # About a third of everything is liked: the persona's own scale is set so.
    cut, spread = np.quantile(felt, rng.uniform(0.62, 0.78)), felt.std() + 1e-9
    truth = np.clip(LIKED + 0.22 * (felt - cut) / spread, 0.0, 1.0)
    said = np.clip(np.round(HIGHEST * (truth + 0.05 * rng.normal(size=items))) / HIGHEST, 0.0, 1.0)
    order = rng.permutation(items)[: max(10, int(SEEN * items))]
    held = order[: max(5, int(HELD_OUT * len(order)))]
    known = order[len(held) :]
    return Persona(truth.astype(np.float32), said.astype(np.float32), known.astype(np.int64), held.astype(np.int64))


def two_ways(persona: Persona, ranking: F32, rating: F32 | None) -> TwoWays:
    """Measure one ranking `(N,)` of the whole catalogue both ways."""
    liked_held = persona.targets[persona.held] >= LIKED
    here = ranking[persona.held]
    unseen = np.ones(len(ranking), bool)
    unseen[persona.known] = False
    counted = np.zeros(len(ranking), bool)
    counted[persona.held[liked_held]] = True
    error = float("nan")
    if rating is not None:
        error = HIGHEST * metrics.rmse(rating[persona.held], persona.targets[persona.held])
    return TwoWays(
        held=metrics.precision_at(here, liked_held),
        recall=metrics.recall_at(here, liked_held),
        mixed=metrics.precision_at(ranking[unseen], counted[unseen]),
        true=metrics.precision_at(ranking[unseen], persona.truth[unseen] >= LIKED),
        error=error,
    )
