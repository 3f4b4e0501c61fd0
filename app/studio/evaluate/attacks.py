"""What dishonest sources can do to a receiver, and what a curious receiver can learn from a message.

Called by `collaboration`; simulated on the same crowd, with the product's own messages.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from app.studio.evaluate.lifts import Lifts, Trial
from app.studio.evaluate.senders import CERTAIN, Senders, Told
from models import metrics
from models.collaborative import Contribution, Evidence, Pooled, combine
from models.evidence import FEWEST, MOST_MESSAGES, Message, TasteMessage, VoteMessage, taste_message
from models.metrics import Interval
from models.types import F32

LOUD = 50.0
SHARES = (0.1, 0.2, 0.3)


@dataclass(frozen=True, slots=True)
class Attack:
    """Gain in AUC over learning alone while `share` of the sources attack, and what the attack cost."""

    name: str
    share: float
    gain: Interval
    cost: Interval


@dataclass(frozen=True, slots=True)
class Promotion:
    """Share of users who find the promoted item among their top 10 when `share` of the sources collude."""

    share: float
    reached: Interval


@dataclass(frozen=True, slots=True)
class Reconstruction:
    """Share of 20 labels (item and sign) an attacker reads off one vector; and of guessing."""

    name: str
    recovered: Interval
    guessing: float


@dataclass(frozen=True, slots=True)
class Forgetting:
    """Median milliseconds to forget one of `sources` and add up again; whether every arrival order gave the bits."""

    sources: int
    messages: int
    forget_ms: float
    pool_ms: float
    exact: bool


def attacks(lifts: Lifts, people: Sequence[int]) -> list[Attack]:
    """Loud and lying sources at 5 labels, on top of the ridge."""
    trials = [next(iter(found)) for person in people if (found := list(lifts.trials(person)))]
    owns = [lifts.alone(trial)["ridge"] for trial in trials]
    alone = np.array([lifts.scored(trial, own)[0] for trial, own in zip(trials, owns, strict=True)])

    def areas(build: Callable[[Trial], Pooled]) -> np.ndarray:
        said = []
        for trial, own in zip(trials, owns, strict=True):
            total = combine(own, len(trial.labels), build(trial), lifts.senders.catalogue).total
            said.append(lifts.scored(trial, total)[0])
        return np.array(said)

    ways = (Told.TASTE, Told.VOTES)
    clean = {way: areas(partial(_lied, lifts, way=way, share=0.0, loudness=1.0)) for way in ways}
    loud = areas(partial(_lied, lifts, way=Told.TASTE, share=0.1, loudness=LOUD))
    raw = areas(partial(_unbounded, lifts, share=0.1))
    out = [
        _attack("level 1, turned and 50 times as loud, plain mean", 0.1, raw, clean[Told.TASTE], alone),
        _attack("level 1, turned and 50 times as loud, bounded", 0.1, loud, clean[Told.TASTE], alone),
    ]
    for way in ways:
        for share in SHARES:
            lied = areas(partial(_lied, lifts, way=way, share=share, loudness=1.0))
            out.append(_attack(f"{way}, turned", share, lied, clean[way], alone))
    return out


def promotions(lifts: Lifts, people: Sequence[int]) -> list[Promotion]:
    """Colluding followed sources vote for one obscure item, besides what they say anyway; 5 labels, ridge."""
    votes = np.bincount(np.concatenate([person.rows for person in lifts.crowd.people]))
    votes = np.pad(votes, (0, len(lifts.crowd.features) - len(votes)))
    reached: dict[float, list[float]] = {share: [] for share in SHARES}
    for person in people:
        found = list(lifts.trials(person))
        if not found:
            continue
        trial, rng = found[0], np.random.default_rng((lifts.seed, person, 3))
        obscure = np.flatnonzero((votes <= 5) & trial.open & ~trial.relevant)
        target = int(rng.choice(obscure))
        own = lifts.alone(trial)["ridge"]
        for share in SHARES:
            evidence = lifts.senders.evidence(Told.VOTES, trial.sources)
            for liar in _liars(trial, share):
                filler = rng.choice(len(votes), FEWEST, replace=False)
                up = sorted({lifts.senders.ids[int(row)] for row in filler} | {lifts.senders.ids[target]})
                message = VoteMessage(MOST_MESSAGES, 0, CERTAIN, tuple(up), ())
                evidence = evidence.receive(lifts.senders.source(liar), message)
            total = combine(own, len(trial.labels), lifts.senders.pool(evidence), lifts.senders.catalogue).total
            best = np.argsort(-np.where(trial.open, total, -np.inf), kind="stable")[:10]
            reached[share].append(float(target in best))
    return [Promotion(share, metrics.bootstrap(np.array(hits))) for share, hits in reached.items()]


def reconstructions(senders: Senders, people: Sequence[int]) -> list[Reconstruction]:
    """Read 20 labels off one vector by orthogonal matching pursuit (Pati et al. 1993), knowing every item's vector.

    The attacker also knows the sender's mean and the number of labels. `difference` asks for the one label by which
    two vectors of 20 and 21 labels differ, which Bowerbird never sends (a label is spent once).
    """
    found: dict[str, list[float]] = {}
    for person in people:
        known = senders.crowd.people[person]
        chosen = np.random.default_rng((senders.seed, person, 4)).permutation(len(known.rows))[: FEWEST + 1]
        rows, likes = known.rows[chosen], senders.likes(person)[chosen]
        mean = senders.crowd.features.mean(0) if senders.crowd.implicit else senders.crowd.features[known.rows].mean(0)
        wide = senders.crowd.features - mean
        narrow = senders.projection.project(senders.crowd.features, mean)
        for name, atoms, noisy in (
            (f"all {wide.shape[1]} features, no noise", wide, False),
            ("32 numbers, no noise", narrow, False),
            ("32 numbers, as sent", narrow, True),
        ):
            sums = []
            for count in (FEWEST, FEWEST + 1):
                vector = np.where(likes[:count, None], atoms[rows[:count]], -atoms[rows[:count]]).mean(0)
                if noisy:
                    told = taste_message(
                        narrow[rows[:count]],
                        likes[:count],
                        senders.projection,
                        secret=senders.secret(person),
                        seq=0,
                        day=0,
                    )
                    vector = np.array(told.vector)
                sums.append(count * np.asarray(vector, np.float64))
            truth = {(int(row), bool(liked)) for row, liked in zip(rows[:FEWEST], likes, strict=False)}
            hits = len(truth & set(matching_pursuit(atoms, sums[0], FEWEST)))
            found.setdefault(name, []).append(hits / FEWEST)
            named = matching_pursuit(atoms, sums[1] - sums[0], 1) == [(int(rows[FEWEST]), bool(likes[FEWEST]))]
            found.setdefault(f"{name}; difference of two", []).append(float(named))
    guess = 1.0 / len(senders.crowd.features)
    return [
        Reconstruction(name, metrics.bootstrap(np.array(values)), guess * (1 if "difference" in name else FEWEST))
        for name, values in found.items()
    ]


def matching_pursuit(atoms: F32, total: np.ndarray, count: int) -> list[tuple[int, bool]]:
    """The `count` rows of `atoms (N, d)` that explain `total (d,)` best, greedily, each with its sign (True: +)."""
    lengths = np.maximum(np.linalg.norm(atoms, axis=1), 1e-9)
    rest, picked = total.astype(np.float64), np.zeros(0, np.int64)
    amounts = np.zeros(0)
    for _ in range(count):
        likeness = np.abs(atoms @ rest) / lengths
        likeness[picked] = -1.0
        picked = np.append(picked, int(likeness.argmax()))
        amounts, *_ = np.linalg.lstsq(atoms[picked].T.astype(np.float64), total, rcond=None)
        rest = total - amounts @ atoms[picked]
    return [(int(row), bool(amount > 0)) for row, amount in zip(picked, amounts, strict=True)]


def forgetting(senders: Senders, count: int, *, rounds: int = 5) -> Forgetting:
    """Forget one of `count` sources and add up again; against never having followed it, in other orders."""
    people = [place for place in range(len(senders.crowd.people)) if senders.told(Told.VOTES, place)][:count]
    sent = [
        Contribution(senders.source(person), message)
        for person in people
        for message in (*senders.told(Told.VOTES, person), *_after(senders.told(Told.SMALL_TASTES, person)))
    ]
    evidence, gone = Evidence.of(sent), senders.source(people[len(people) // 2])
    forget, pool, exact = [], [], True
    for number in range(rounds):
        start = time.perf_counter()
        left = evidence.forget(gone)
        middle = time.perf_counter()
        pooled = senders.pool(left)
        pool.append(1e3 * (time.perf_counter() - middle))
        forget.append(1e3 * (middle - start))
        order = np.random.default_rng(number).permutation(len(sent))
        never = senders.pool(Evidence.of(sent[place] for place in order if sent[place].source != gone))
        exact &= _same(pooled, never)
    return Forgetting(len(people), len(sent), float(np.median(forget)), float(np.median(pool)), exact)


def _after(messages: Sequence[Message]) -> list[Message]:
    """Renumbered so that a person's votes and vectors do not share a number."""
    return [replace(message, seq=message.seq + 8) for message in messages]


def _same(one: Pooled, other: Pooled) -> bool:
    pairs = (
        (one.tastes, other.tastes),
        (one.voted(), other.voted()),
        (one.columns(), other.columns()),
        (one.taste, other.taste),
    )
    return one.sources == other.sources and all(first.tobytes() == second.tobytes() for first, second in pairs)


def _liars(trial: Trial, share: float) -> tuple[int, ...]:
    return trial.sources[: round(share * len(trial.sources))]


def _turned(message: Message, loudness: float) -> Message:
    if isinstance(message, TasteMessage):
        return replace(message, vector=tuple(-loudness * value for value in message.vector))
    return replace(message, up=message.down, down=message.up)


def _lied(lifts: Lifts, trial: Trial, way: Told, share: float, loudness: float) -> Pooled:
    """What is read when some sources turn everything they say round."""
    senders, liars = lifts.senders, _liars(trial, share)
    return senders.pool(
        Evidence.of(
            Contribution(senders.source(person), _turned(message, loudness) if person in liars else message)
            for person in trial.sources
            for message in senders.told(way, person)
        )
    )


def _unbounded(lifts: Lifts, trial: Trial, share: float) -> Pooled:
    """The loud attack on a receiver who takes the plain mean of what arrives."""
    honest = lifts.senders.pool(lifts.senders.evidence(Told.TASTE, trial.sources))
    liars = {lifts.senders.source(person) for person in _liars(trial, share)}
    said = {
        lifts.senders.source(person): np.array(message.vector, np.float32)
        for person in trial.sources
        for message in lifts.senders.told(Told.TASTE, person)
        if isinstance(message, TasteMessage)
    }
    raw = [(-LOUD if source in liars else 1.0) * said[source] for source in honest.sources]
    return replace(honest, tastes=np.array(raw, np.float32).reshape(honest.tastes.shape))


def _attack(name: str, share: float, areas: np.ndarray, clean: np.ndarray, alone: np.ndarray) -> Attack:
    return Attack(name, share, metrics.bootstrap(areas - alone), metrics.bootstrap(clean - areas))
