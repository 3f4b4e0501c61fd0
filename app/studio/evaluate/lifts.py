"""How much peers add to learning alone: every way of sharing on the same people, labels and sources.

Called by `collaboration`. One value per tested person, so that differences are paired.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.sparse import csr_matrix

from app.studio.evaluate.crowd import Crowd
from app.studio.evaluate.senders import FIXED_BYTES, Senders, Told, weight
from models import metrics
from models.baselines.base import LIKED_FROM
from models.baselines.ours import TasteRecommender
from models.baselines.regressions import Ridge
from models.collaborative import LABELS_TRUST, VoteRule, combine, source_weights, standard
from models.evaluation.federated import Examples, federated_average, fine_tuned
from models.evaluation.gossip import gossip_average
from models.evidence import VoteMessage
from models.taste import Labels
from models.types import F32, Bool

ALONE = "alone"
SUPPORTED = "level 2, votes by support"
WEIGHTED = "level 2 + source weights"
AGREEING = "level 2, peers who agree"
AGREEING_WEIGHTED = "level 2, peers who agree, + weights"
PROFILES = "raw profiles, user-kNN"
FEDERATED = "FedAvg, fine-tuned"
FEDERATED_PRIOR = "FedAvg, as a prior"
GOSSIPED = "gossip averaging"
MOST_EXAMPLES = 128
"""Labels of one peer the networks learn from: enough for their shape, and it bounds the cost."""


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """One tested person with `n` labels, what is held out, and the people followed."""

    person: int
    labels: Labels
    open: Bool
    relevant: Bool
    held_out: np.ndarray
    liked: Bool
    sources: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Measured:
    """AUC and full-catalogue P@10 of one ranking, and the bytes one user sent and received for it."""

    own: str
    method: str
    labels: int
    person: int
    auc: float
    p10: float
    bytes: int


@dataclass(frozen=True, eq=False)
class Lifts:
    """Measures every method on a crowd; the trained networks only for the first `deep` people."""

    senders: Senders
    counts: tuple[int, ...]
    followed: int
    deep: int
    seed: int

    @property
    def crowd(self) -> Crowd:
        """The people and their catalogue."""
        return self.senders.crowd

    def trials(self, person: int) -> Iterator[Trial]:
        """The same person, held-out labels and sources for every number of labels."""
        everything = self.crowd.people[person]
        order = np.random.default_rng((self.seed, person)).permutation(len(everything.rows))
        rows, targets = everything.rows[order], everything.targets[order]
        most = max(self.counts)
        liked = targets[most:] >= LIKED_FROM
        relevant = np.zeros(len(self.crowd.features), bool)
        relevant[rows[most:][liked]] = True
        sources = self.crowd.sources(person, self.followed, self.seed)
        if not liked.any():
            return
        for count in self.counts:
            open_ = np.ones(len(relevant), bool)
            open_[rows[:count]] = False
            labels = Labels(rows[:count], targets[:count], np.ones(count, np.float32), np.zeros(count, np.float32))
            yield Trial(person, labels, open_, relevant, rows[most:], liked, sources)

    def measure(self, progress: Callable[[int, int], None] | None = None) -> list[Measured]:
        """Every method on every tested person."""
        out: list[Measured] = []
        for number, person in enumerate(self.crowd.tested):
            for trial in self.trials(person):
                out += self._evidence(trial)
            if number < self.deep:
                out += self._networks(list(self.trials(person)))
            if progress is not None:
                progress(number + 1, len(self.crowd.tested))
        return out

    def scored(self, trial: Trial, ranking: F32) -> tuple[float, float]:
        """AUC (over the held-out labels, or where only likes are known over the catalogue) and P@10."""
        p10 = metrics.precision_at(ranking[trial.open], trial.relevant[trial.open])
        if self.crowd.implicit:
            return metrics.auc(ranking[trial.open], trial.relevant[trial.open]), p10
        return metrics.auc(ranking[trial.held_out], trial.liked), p10

    def alone(self, trial: Trial) -> dict[str, F32]:
        """What the ridge and the taste network say without peers."""
        features = self.crowd.features
        return {
            "ridge": Ridge().fit(features, trial.labels).predict(features).ranking,
            "taste": TasteRecommender().fit(features, trial.labels).predict(features).ranking,
        }

    def _evidence(self, trial: Trial) -> Iterator[Measured]:
        senders, n, catalogue = self.senders, len(trial.labels), self.senders.catalogue
        owns = self.alone(trial)
        for own, ranking in owns.items():
            yield self._row(own, ALONE, trial, ranking, 0)
        groups = [(str(way), way, trial.sources, WEIGHTED if way is Told.VOTES else "") for way in Told]
        groups.append((AGREEING, Told.VOTES, self._agreeing(trial), AGREEING_WEIGHTED))
        for name, way, people, weighted in groups:
            pooled = senders.pool(senders.evidence(way, people))
            size = sum(weight(message) for person in people for message in senders.told(way, person))
            for own, ranking in owns.items():
                yield self._row(own, name, trial, combine(ranking, n, pooled, catalogue).total, size)
            if name == Told.VOTES:
                for own, ranking in owns.items():
                    total = combine(ranking, n, pooled, catalogue, rule=VoteRule.SUPPORT).total
                    yield self._row(own, SUPPORTED, trial, total, size)
            if weighted:
                weights = source_weights(self.crowd.features, trial.labels, pooled)
                for own, ranking in owns.items():
                    total = combine(ranking, n, pooled, catalogue, weights).total
                    yield self._row(own, weighted, trial, total, size)
        size = sum(FIXED_BYTES + 33 * len(self.crowd.people[person].rows) for person in trial.sources)
        profiles = standard(self._neighbours(trial))
        for own, ranking in owns.items():
            yield self._row(own, PROFILES, trial, standard(ranking) + profiles, size)

    def _networks(self, trials: Sequence[Trial]) -> Iterator[Measured]:
        if not trials:
            return
        features = self.crowd.features
        peers = [self._examples(self._whole(person), person) for person in trials[0].sources]
        common = federated_average(peers, seed=self.seed)
        prior = standard(common.network.predict(features))
        for trial in trials:
            n = len(trial.labels)
            own = self._examples(trial.labels, trial.person)
            tuned = fine_tuned(common.network, own).predict(features)
            met = gossip_average([own, *peers], seed=self.seed)
            for name, ranking in self.alone(trial).items():
                blended = standard(ranking) + LABELS_TRUST / (LABELS_TRUST + n) * prior
                yield self._row(name, FEDERATED, trial, tuned, common.bytes)
                yield self._row(name, FEDERATED_PRIOR, trial, blended, common.bytes)
                yield self._row(name, GOSSIPED, trial, met.networks.predict(features), met.bytes)

    def _row(self, own: str, method: str, trial: Trial, ranking: F32, size: int) -> Measured:
        area, p10 = self.scored(trial, ranking)
        return Measured(own, method, len(trial.labels), trial.person, area, p10, size)

    def _whole(self, person: int) -> Labels:
        """A peer's labels, at most 128 of them."""
        known = self.crowd.people[person]
        order = np.random.default_rng((self.seed, person, 1)).permutation(len(known.rows))[:MOST_EXAMPLES]
        ones = np.ones(len(order), np.float32)
        return Labels(known.rows[order], known.targets[order], ones, 0 * ones)

    def _examples(self, labels: Labels, person: int) -> Examples:
        """Labels as rows to learn from; where only likes are known, as many (20 at least) random others at 0."""
        rows, targets, weights = labels.rows, labels.targets, labels.weights
        if self.crowd.implicit:
            rng = np.random.default_rng((self.seed, person, 2))
            others = rng.integers(0, len(self.crowd.features), max(20, len(labels)))
            share = np.float32(len(labels) / len(others))
            rows = np.concatenate([rows, others])
            targets = np.concatenate([targets, np.zeros(len(others), np.float32)])
            weights = np.concatenate([weights, np.full(len(others), share)])
        return Examples(self.crowd.features[rows], targets, weights)

    def _agreeing(self, trial: Trial) -> tuple[int, ...]:
        """The people of the whole crowd whose noisy votes agree best with the few labels that are known."""
        signs = np.where(trial.labels.targets >= LIKED_FROM, 1.0, -1.0)
        said = self._votes
        counts = np.asarray(abs(said).sum(1)).ravel()
        agreement = np.asarray(said[:, trial.labels.rows] @ signs).ravel() / np.sqrt(counts + 10.0)
        agreement[counts == 0] = -np.inf
        agreement[trial.person] = -np.inf
        return tuple(np.argsort(-agreement, kind="stable")[: self.followed].tolist())

    @cached_property
    def _votes(self) -> csr_matrix:
        """Everybody's noisy votes: `(people, N)` of 1 and -1."""
        values: list[int] = []
        people: list[int] = []
        rows: list[int] = []
        for person in range(len(self.crowd.people)):
            for message in self.senders.told(Told.VOTES, person):
                if isinstance(message, VoteMessage):
                    for items, sign in ((message.up, 1), (message.down, -1)):
                        rows += [self.senders.row_of[item] for item in items]
                        values += [sign] * len(items)
                        people += [person] * len(items)
        shape = (len(self.crowd.people), len(self.crowd.features))
        return csr_matrix((np.array(values, np.float64), (people, rows)), shape)

    def _neighbours(self, trial: Trial) -> F32:
        """User-based neighbours over the sources' open profiles: cosine of the profiles, plus a floor.

        The floor lets people without an item in common still say what is popular.
        """
        mine = np.zeros(len(self.crowd.features))
        mine[trial.labels.rows] = self._opinion(trial.labels.targets)
        total = np.zeros(len(mine))
        for person in trial.sources:
            known = self.crowd.people[person]
            theirs = self._opinion(known.targets)
            length = np.linalg.norm(mine) * np.linalg.norm(theirs)
            likeness = mine[known.rows] @ theirs / length if length > 0 else 0.0
            total[known.rows] += (likeness + 0.1) * theirs
        return np.asarray(total, np.float32)

    def _opinion(self, targets: F32) -> np.ndarray:
        return np.asarray(2.0 * targets - 1.0, np.float64)
