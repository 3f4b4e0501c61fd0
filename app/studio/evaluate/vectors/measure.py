"""The experiments on indexes: side by side, inserting without retraining, and the three metrics.

Called by `vectors_lab.py`. Every index lies in a folder of its own below a temporary one. Queries are asked one at a
time, and all indexes answer a few in turn, so that a machine that slows down slows all of them: compare within a run.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from app.studio.evaluate.vectors.findings import Insertion, MetricRow, Outcome, Stage
from app.studio.evaluate.vectors.sets import VectorSet
from app.studio.evaluate.vectors.trials import EXACT, Kind, Trial, missing
from models.evaluation.indexes import METRICS, Metric, imbalance, likeness, nearest, recall
from models.types import F32, I64

Said = Callable[[str], None]

WARM_UP = 3
TURN = 20
"""Queries an index answers before the next one's turn."""


class Unfit(Exception):  # noqa: N818 - named for what it is
    """An index cannot be tried on these vectors; the reason is for the report."""


@dataclass(frozen=True, slots=True, eq=False)
class Questions:
    """Queries (q, d) with the likeness of their k-th true neighbour (q,), by brute force."""

    queries: F32
    worst: F32
    k: int
    metric: Metric

    @classmethod
    def of(cls, base: F32, queries: F32, k: int, metric: Metric = "cosine") -> Questions:
        """Answer the queries exactly."""
        k = min(k, len(base))
        rows = nearest(base, queries, k, metric)[0]
        # Computed as it is for answers: what L2 loses by cancellation in a matrix product would count as missed.
        worst = [likeness(base[true], query, metric).min() for true, query in zip(rows, queries, strict=True)]
        return cls(queries, np.array(worst, np.float32), k, metric)


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """Recall of each query (q,) and its latency in ms (q,)."""

    recall: F32
    latency: F32


@dataclass(frozen=True, slots=True, eq=False)
class Built:
    """Indexes that are open on the same rows: `trials` by kind, and an outcome each, without answers as yet.

    Kinds that cannot be tried here have an outcome that says why, and no trial.
    """

    base: F32
    trials: dict[str, Trial]
    outcomes: dict[str, Outcome]


@contextmanager
def built(base: F32, metric: Metric, kinds: Sequence[Kind], folder: Path, say: Said) -> Iterator[Built]:
    """Build every kind on `base (n, d)`; all are closed when left."""
    made = Built(base, {}, {})
    with ExitStack() as open_trials:
        for kind in kinds:
            say(f"building {kind.name} on {len(base):,} by {metric}")
            try:
                trial, made.outcomes[kind.name] = _built(kind, base, metric, folder)
            except Unfit as error:
                made.outcomes[kind.name] = Outcome(kind.name, metric, skipped=str(error))
                continue
            open_trials.callback(trial.close)
            made.trials[kind.name] = trial
        yield made


def side_by_side(made: Built, questions: Questions) -> tuple[Outcome, ...]:
    """Ask all indexes the same; ratios are to brute force where it is among them."""
    answers = ask(made.base, questions, made.trials)
    exact = float(np.median(answers[EXACT.name].latency)) if EXACT.name in answers else float("nan")
    outcomes = dict(made.outcomes)
    for name, got in answers.items():
        p50 = float(np.median(got.latency))
        outcomes[name] = replace(
            outcomes[name],
            recall=float(got.recall.mean()),
            p50=p50,
            p95=float(np.percentile(got.latency, 95)),
            ratio=p50 / exact,
        )
    return tuple(outcomes.values())


def ask(base: F32, questions: Questions, trials: dict[str, Trial]) -> dict[str, Answers]:
    """Ask every trial every query, one at a time, in turns of twenty."""
    count, k = len(questions.queries), questions.k
    found = {name: np.zeros(count, np.float32) for name in trials}
    taken = {name: np.zeros(count, np.float32) for name in trials}
    for trial in trials.values():
        for query in questions.queries[:WARM_UP]:
            trial.search(query, k)
    for start in range(0, count, TURN):
        for name, trial in trials.items():
            for row in range(start, min(start + TURN, count)):
                query = questions.queries[row]
                began = time.perf_counter()
                answer = trial.search(query, k)
                taken[name][row] = (time.perf_counter() - began) * 1000
                found[name][row] = recall(base, query, answer, float(questions.worst[row]), k, questions.metric)
    return {name: Answers(found[name], taken[name]) for name in trials}


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """Row numbers of a set, all different and together all: queries of no domain in particular, queries of the old and
    of the new domain, and what is indexed of each.
    """

    asked: I64
    asked_old: I64
    asked_new: I64
    old: I64
    new: I64

    @classmethod
    def of(cls, chosen: VectorSet, queries: int, seed: int) -> Split:
        """`queries` at random and as many more, half from each domain, a tenth of either at most. Raises Unfit."""
        shuffle = np.random.default_rng(seed).permutation(len(chosen.vectors))
        asked, rest = shuffle[:queries], shuffle[queries:]
        old, new = rest[chosen.old[rest]], rest[~chosen.old[rest]]
        held = min(queries // 2, min(len(old), len(new)) // 10)
        if not queries or len(old) < 2 or len(new) < 2:
            raise Unfit("too few vectors of an old and a new domain")
        held = max(1, held)
        return cls(np.sort(asked), old[:held], new[:held], np.sort(old[held:]), np.sort(new[held:]))


def inserting(
    chosen: VectorSet, parts: Split, whole: Built, kinds: Sequence[Kind], folder: Path, k: int, say: Said
) -> tuple[Insertion, ...]:
    """Build on the old domain alone and insert the rest without retraining.

    `whole` holds the same rows, old ones first, indexed at once: what retraining would give.
    """
    first = chosen.vectors[parts.old]
    asked = chosen.vectors[np.concatenate([parts.asked_old, parts.asked_new])]
    is_old = np.arange(len(asked)) < len(parts.asked_old)
    small, all_ = Questions.of(first, asked, k), Questions.of(whole.base, asked, k)
    results = []
    for kind in kinds:
        say(f"inserting into {kind.name}")
        try:
            if kind.name not in whole.trials:
                raise Unfit(whole.outcomes[kind.name].skipped)
            stages = _grown(kind, first, whole.base, (small, all_), is_old, folder)
            seconds = whole.outcomes[kind.name].build
            stages.append(_stage("retrained", whole.trials[kind.name], whole.base, all_, is_old, seconds))
        except Unfit as error:
            results.append(Insertion(kind.name, skipped=str(error)))
        else:
            results.append(Insertion(kind.name, tuple(stages)))
    return tuple(results)


def metric_table(
    chosen: VectorSet, kinds: Sequence[Kind], folder: Path, *, queries: int, k: int, seed: int, say: Said
) -> tuple[MetricRow, ...]:
    """Cosine, dot and L2 on the same rows, at unit length and at lengths of their own."""
    rows = np.random.default_rng(seed).permutation(len(chosen.vectors))
    asked, kept = np.sort(rows[:queries]), np.sort(rows[queries:])
    raw = chosen.vectors * chosen.lengths[:, None]
    by_cosine = Questions.of(chosen.vectors[kept], chosen.vectors[asked], k)
    found = []
    for metric in METRICS:
        at_unit = nearest(chosen.vectors[kept], chosen.vectors[asked], k, metric)[0]
        at_raw = nearest(raw[kept], raw[asked], k, metric)[0]
        questions = Questions.of(raw[kept], raw[asked], k, metric)
        with built(raw[kept], metric, kinds, folder / metric, say) as made:
            outcomes = side_by_side(made, questions)
        found.append(
            MetricRow(
                metric,
                _shared(chosen.vectors[kept], by_cosine, at_unit),
                _shared(chosen.vectors[kept], by_cosine, at_raw),
                outcomes,
            )
        )
    return tuple(found)


def _shared(base: F32, asked: Questions, answers: I64) -> float:
    """Mean share of the true neighbours among answers `(q, k)` that were found in some other way."""
    shares = [
        recall(base, query, answer, float(worst), asked.k, asked.metric)
        for query, answer, worst in zip(asked.queries, answers, asked.worst, strict=True)
    ]
    return float(np.mean(shares))


def _built(kind: Kind, base: F32, metric: Metric, folder: Path) -> tuple[Trial, Outcome]:
    trial, wall, cpu = _made(kind, base, metric, folder / f"{kind.name.replace(' ', '-')}-{len(base)}")
    sizes = trial.partitions()
    outcome = Outcome(
        kind.name,
        metric,
        build=wall,
        build_cpu=cpu,
        bytes_per_vector=trial.stored() / len(base),
        partitions=None if sizes is None else len(sizes),
        imbalance=None if sizes is None else imbalance(sizes),
    )
    return trial, outcome


def _made(kind: Kind, base: F32, metric: Metric, folder: Path) -> tuple[Trial, float, float]:
    """The trial, built, with the wall and CPU seconds that took. Raises Unfit."""
    absent = missing(kind)
    if absent:
        raise Unfit(absent)
    folder.mkdir(parents=True)
    trial = None
    began, used = time.perf_counter(), time.process_time()
    try:
        trial = kind.make(folder, metric)
        began, used = time.perf_counter(), time.process_time()
        trial.build(base)
    except (RuntimeError, ValueError, AssertionError) as error:
        # Libraries say "too few rows" in these; what they say goes into the report instead of a figure.
        if trial is not None:
            trial.close()
        raise Unfit(str(error).splitlines()[0][:120] or type(error).__name__) from error
    return trial, time.perf_counter() - began, time.process_time() - used


def _grown(
    kind: Kind, first: F32, everything: F32, asked: tuple[Questions, Questions], is_old: np.ndarray, folder: Path
) -> list[Stage]:
    small, whole = asked
    stages = []
    with ExitStack() as open_trials:
        trial, seconds, _ = _made(kind, first, "cosine", folder / f"{kind.name.replace(' ', '-')}-grown")
        open_trials.callback(trial.close)
        stages.append(_stage("built", trial, first, small, is_old, seconds))
        began = time.perf_counter()
        trial.insert(everything[len(first) :])
        stages.append(_stage("inserted", trial, everything, whole, is_old, time.perf_counter() - began))
        if kind.folds:
            began = time.perf_counter()
            trial.fold()
            stages.append(_stage("folded", trial, everything, whole, is_old, time.perf_counter() - began))
    return stages


def _stage(name: str, trial: Trial, base: F32, asked: Questions, is_old: np.ndarray, seconds: float) -> Stage:
    got = ask(base, asked, {name: trial})[name]
    sizes = trial.partitions()
    return Stage(
        name,
        old_recall=float(got.recall[is_old].mean()),
        new_recall=float(got.recall[~is_old].mean()),
        p50=float(np.median(got.latency)),
        p95=float(np.percentile(got.latency, 95)),
        seconds=seconds,
        partitions=None if sizes is None else len(sizes),
        imbalance=None if sizes is None else imbalance(sizes),
    )
