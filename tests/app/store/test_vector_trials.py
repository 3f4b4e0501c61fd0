"""LanceDB's indexes behind the experiments: what goes in is found, before and after it is folded in."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.store.vector_trials import LanceIndex, LanceTrial
from models.types import F32


def _unit(count: int, seed: int = 0, width: int = 12) -> F32:
    made = np.random.default_rng(seed).standard_normal((count, width)).astype(np.float32)
    return made / np.linalg.norm(made, axis=1, keepdims=True)


@pytest.mark.parametrize("kind", list(LanceIndex))
def test_each_row_finds_itself(kind: LanceIndex, tmp_path: Path) -> None:
    rows = _unit(600)
    trial = LanceTrial(tmp_path, kind)
    trial.build(rows[:400])
    assert [int(trial.search(row, 3)[0]) for row in rows[:5]] == [0, 1, 2, 3, 4]
    assert (trial.indexed() > 0) is (kind is not LanceIndex.FLAT)
    trial.insert(rows[400:])
    assert int(trial.search(rows[599], 3)[0]) == 599
    trial.fold()
    assert int(trial.search(rows[599], 3)[0]) == 599
    assert len(trial.search(rows[0], 10)) == 10
    # float16 padded to 16 columns, at the least.
    assert trial.stored() - trial.indexed() >= 600 * 16 * 2
    trial.close()


@pytest.mark.parametrize("metric", ["cosine", "dot", "l2"])
def test_metrics_rank_as_they_should(metric: str, tmp_path: Path) -> None:
    rows = np.array([[1, 0, 0], [3, 3, 0], [0.5, 0.1, 0]], np.float32)
    trial = LanceTrial(tmp_path, LanceIndex.FLAT, metric)  # type: ignore[arg-type]
    trial.build(rows)
    first = int(trial.search(np.array([0.6, 0.0, 0.0], np.float32), 1)[0])
    assert first == {"cosine": 0, "dot": 1, "l2": 2}[metric]
    trial.close()


def test_an_index_that_is_silently_not_made_is_said(tmp_path: Path) -> None:
    with pytest.raises((ValueError, RuntimeError)):
        LanceTrial(tmp_path, LanceIndex.PQ).build(_unit(100))
