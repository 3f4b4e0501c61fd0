"""The experiments on indexes: side by side, inserting without retraining, and the three metrics.

Called by `vectors_lab.py`. Every index lies in a folder of its own below a temporary one. Queries are asked one at a
time, and all indexes answer a few in turn, so that a machine that slows down slows all of them: compare within a run.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from app.studio.evaluate.vectors.findings import Insertion, MetricRow, Outcome, Stage
from app.studio.evaluate.vectors.sets import VectorSet
from app.studio.evaluate.vectors.trials import EXACT, Kind, Trial, missing
from models.evaluation.indexes import METRICS, Metric, imbalance, nearest, overlap, recall
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
        return cls(queries, nearest(base, queries, k, metric)[1][:, -1], k, metric)


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """Recall of each query (q,) and its latency in ms (q,)."""

    recall: F32
    latency: F32


def side_by_side(
    base: F32, questions: Questions, kinds: Sequence[Kind], folder: Path, say: Said
) -> tuple[Outcome, ...]:
    """Build every kind on `base (n, d)` and ask all the same; kinds that cannot be tried say why."""
    outcomes: dict[str, Outcome] = {}
    trials: dict[str, Trial] = {}
    with ExitStack() as open_trials:
        for kind in kinds:
            say(f"{kind.name}: building")
            try:
                trial, outcomes[kind.name] = _built(kind, base, questions.metric, folder)
            except Unfit as error:
                outcomes[kind.name] = Outcome(kind.name, questions.metric, skipped=str(error))
                continue
            open_trials.callback(trial.close)
            trials[kind.name] = trial
        say("asking")
        answers = ask(base, questions, trials)
    exact = float(np.median(answers[EXACT.name].latency)) if EXACT.name in answers else float("nan")
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


def inserting(
    chosen: VectorSet, kinds: Sequence[Kind], folder: Path, *, queries: int, k: int, seed: int, say: Said
) -> tuple[Insertion, ...]:
    """Build on the set's old domain alone, insert the rest without retraining, then build anew on everything.

    Half of the queries come from each domain; none of them is in the index. Raises Unfit where there is one domain.
    """
    asked_old, asked_new, old, new = split(chosen, queries, seed)
    first, everything = chosen.vectors[old], chosen.vectors[np.concatenate([old, new])]
    asked = np.concatenate([chosen.vectors[asked_old], chosen.vectors[asked_new]])
    is_old = np.arange(len(asked)) < len(asked_old)
    small, whole = Questions.of(first, asked, k), Questions.of(everything, asked, k)
    results = []
    for kind in kinds:
        say(f"{kind.name}: inserting")
        try:
            stages = list(_grown(kind, first, everything, (small, whole), is_old, folder))
        except Unfit as error:
            results.append(Insertion(kind.name, skipped=str(error)))
        else:
            results.append(Insertion(kind.name, tuple(stages)))
    return tuple(results)


def split(chosen: VectorSet, queries: int, seed: int) -> tuple[I64, I64, I64, I64]:
    """Rows for: old queries, new queries, the old base and the new base; all different, together all rows.

    A tenth of the smaller domain at most is asked about. Raises Unfit where a domain is missing.
    """
    shuffle = np.random.default_rng(seed)
    old, new = (shuffle.permutation(np.flatnonzero(domain)) for domain in (chosen.old, ~chosen.old))
    held = min(queries // 2, min(len(old), len(new)) // 10)
    if held < 1:
        raise Unfit("too few rows of an old and a new domain")
    return old[:held], new[:held], np.sort(old[held:]), np.sort(new[held:])


def metric_table(
    chosen: VectorSet, kinds: Sequence[Kind], folder: Path, *, queries: int, k: int, seed: int, say: Said
) -> tuple[MetricRow, ...]:
    """Cosine, dot and L2 on the same rows, at unit length and at lengths of their own."""
    rows = np.random.default_rng(seed).permutation(len(chosen.vectors))
    asked, kept = np.sort(rows[:queries]), np.sort(rows[queries:])
    raw = chosen.vectors * chosen.lengths[:, None]
    by_cosine = nearest(chosen.vectors[kept], chosen.vectors[asked], k)[0]
    found = []
    for metric in METRICS:
        at_unit = nearest(chosen.vectors[kept], chosen.vectors[asked], k, metric)[0]
        at_raw = nearest(raw[kept], raw[asked], k, metric)[0]
        questions = Questions.of(raw[kept], raw[asked], k, metric)
        outcomes = side_by_side(raw[kept], questions, kinds, folder / metric, say)
        found.append(MetricRow(metric, overlap(at_unit, by_cosine), overlap(at_raw, by_cosine), outcomes))
    return tuple(found)


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
    with ExitStack() as open_trials:
        trial, seconds, _ = _made(kind, everything, "cosine", folder / f"{kind.name.replace(' ', '-')}-whole")
        open_trials.callback(trial.close)
        stages.append(_stage("retrained", trial, everything, whole, is_old, seconds))
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
