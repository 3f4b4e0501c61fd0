"""Experiments on small sets: recall against brute force, the books of inserting, and what is not installed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.studio.evaluate.vectors import measure
from app.studio.evaluate.vectors.sets import VectorSet, synthetic
from app.studio.evaluate.vectors.trials import EXACT, KINDS, LANCE_RQ, PRODUCT, Exact, Kind, missing
from models.evaluation.indexes import METRICS, Metric
from models.types import F32, I64

ABSENT = Kind("absent", Exact, "a_package_that_nobody_has")


def _quiet(_: str) -> None:
    pass


class _Half:
    """An index that forgets every other row and all that is inserted until it is folded: its figures are known."""

    def __init__(self, folder: Path, metric: Metric = "cosine") -> None:
        self._exact = Exact(folder, metric)
        self._rows = np.zeros((0, 0), np.float32)
        self.calls: list[str] = []

    def build(self, vectors: F32) -> None:
        self.calls.append(f"build {len(vectors)}")
        self._rows = vectors
        self._exact.build(vectors)

    def insert(self, vectors: F32) -> None:
        self.calls.append(f"insert {len(vectors)}")
        self._rows = np.concatenate([self._rows, vectors])

    def fold(self) -> None:
        self.calls.append("fold")
        self._exact.build(self._rows)

    def search(self, query: F32, k: int) -> I64:
        return self._exact.search(query, k)[::2]

    def stored(self) -> int:
        return 40 * len(self._rows)

    def partitions(self) -> I64 | None:
        return np.array([1, len(self._rows) - 1])

    def close(self) -> None:
        self.calls.append("close")


@pytest.fixture
def small() -> VectorSet:
    return synthetic(400, dimension=16, clusters=40, seed=3)


@pytest.mark.parametrize("metric", METRICS)
def test_brute_force_finds_all_and_half_finds_half(metric: Metric, small: VectorSet, tmp_path: Path) -> None:
    base, asked = small.vectors[:350], small.vectors[350:]
    questions = measure.Questions.of(base, asked, 10, metric)
    with measure.built(base, metric, (EXACT, Kind("half", _Half)), tmp_path, _quiet) as made:
        exact, half = measure.side_by_side(made, questions)
    assert exact.recall == 1.0
    assert exact.ratio == 1.0
    assert half.recall == pytest.approx(0.5)
    assert half.bytes_per_vector == 40
    assert half.partitions == 2
    assert 0 < exact.p50 <= exact.p95


def test_the_products_own_store_is_exact_when_small(small: VectorSet, tmp_path: Path) -> None:
    base, asked = small.vectors[:350], small.vectors[350:]
    with measure.built(base, "cosine", (EXACT, PRODUCT), tmp_path, _quiet) as made:
        found = measure.side_by_side(made, measure.Questions.of(base, asked, 10))
    assert found[1].recall > 0.99  # half precision may swap two that are almost equally near


def test_what_is_not_installed_is_skipped_by_name(small: VectorSet, tmp_path: Path) -> None:
    assert "a_package_that_nobody_has" in missing(ABSENT)
    assert missing(EXACT) == ""
    parts = measure.Split.of(small, 20, seed=0)
    base = small.vectors[np.concatenate([parts.old, parts.new])]
    with measure.built(base, "cosine", (EXACT, ABSENT), tmp_path, _quiet) as made:
        exact, absent = measure.side_by_side(made, measure.Questions.of(base, small.vectors[parts.asked], 10))
        (grown,) = measure.inserting(small, parts, made, (ABSENT,), tmp_path, 5, _quiet)
    assert exact.skipped == ""
    assert "not installed" in absent.skipped
    assert "not installed" in grown.skipped
    assert grown.stages == ()


def test_the_set_is_split_without_loss_or_overlap(small: VectorSet) -> None:
    parts = measure.Split.of(small, 20, seed=0)
    assert len(parts.asked) == 20
    assert len(parts.asked_old) == len(parts.asked_new) >= 1
    assert small.old[parts.old].all()
    assert small.old[parts.asked_old].all()
    assert not small.old[parts.new].any()
    assert not small.old[parts.asked_new].any()
    together = np.concatenate([parts.asked, parts.asked_old, parts.asked_new, parts.old, parts.new])
    assert sorted(together.tolist()) == list(range(len(small.vectors)))


def test_a_set_of_one_domain_is_not_split(small: VectorSet) -> None:
    with pytest.raises(measure.Unfit):
        measure.Split.of(replace(small, old=np.ones(len(small.vectors), bool)), 20, seed=0)


def test_inserting_keeps_its_books(small: VectorSet, tmp_path: Path) -> None:
    made: list[_Half] = []

    def make(folder: Path, metric: Metric) -> _Half:
        made.append(_Half(folder, metric))
        return made[-1]

    kinds = (EXACT, Kind("half", make, folds=True))
    parts = measure.Split.of(small, 20, seed=0)
    base = small.vectors[np.concatenate([parts.old, parts.new])]
    with measure.built(base, "cosine", kinds, tmp_path / "whole", _quiet) as whole:
        exact, half = measure.inserting(small, parts, whole, kinds, tmp_path / "grown", 10, _quiet)
    assert [stage.name for stage in exact.stages] == ["built", "inserted", "retrained"]
    assert all(stage.old_recall == stage.new_recall == 1.0 for stage in exact.stages)
    assert [stage.name for stage in half.stages] == ["built", "inserted", "folded", "retrained"]
    assert made[0].calls == [f"build {len(base)}", "close"]
    assert made[1].calls == [f"build {len(parts.old)}", f"insert {len(parts.new)}", "fold", "close"]
    first, inserted, folded, retrained = half.stages
    assert first.old_recall == folded.old_recall == folded.new_recall == retrained.new_recall == pytest.approx(0.5)
    # What is not yet folded in is not found by it: new queries have their neighbours there.
    assert inserted.new_recall < 0.2
    assert folded.imbalance == pytest.approx(2 * (1 + (len(base) - 1) ** 2) / len(base) ** 2)


def test_metrics_agree_at_unit_length_only(small: VectorSet, tmp_path: Path) -> None:
    rows = measure.metric_table(small, (EXACT,), tmp_path, queries=20, k=5, seed=0, say=_quiet)
    by_name = {row.metric: row for row in rows}
    assert all(row.agrees_unit == 1.0 for row in rows)
    assert by_name["cosine"].agrees_raw == 1.0
    assert by_name["dot"].agrees_raw < 1.0
    assert all(row.outcomes[0].recall == 1.0 for row in rows)


def test_all_kinds_have_names_of_their_own() -> None:
    assert len({kind.name for kind in KINDS}) == len(KINDS)
    assert LANCE_RQ in KINDS
    assert KINDS[0] is EXACT
