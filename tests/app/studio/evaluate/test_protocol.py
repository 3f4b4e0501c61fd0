"""The protocol keeps training and testing apart, and its gates catch a broken measurement."""

from __future__ import annotations

import numpy as np

from app.studio.evaluate import report
from app.studio.evaluate.datasets import Audience, Listener
from app.studio.evaluate.protocol import few_shot, trials
from models.baselines.neighbours import Cosine
from models.baselines.ours import TasteRecommender


def _audience(implicit: bool = False, users: int = 25) -> Audience:
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(500, 16))
    features = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    listeners = []
    for _ in range(users):
        felt = features @ rng.normal(size=16)
        chosen = np.argsort(-felt)[:120] if implicit else np.arange(500)
        chosen = rng.permutation(chosen)[:80].astype(np.int64)
        targets = np.ones(80) if implicit else np.clip(0.5 + 0.3 * felt[chosen], 0, 1)
        listeners.append(Listener(chosen, targets.astype(np.float32), np.zeros(80, np.float32)))
    return Audience("made up", features, tuple(listeners), implicit)


def test_one_held_out_set_serves_every_number_of_labels() -> None:
    audience = _audience()
    made = trials(audience, audience.listeners[0], (5, 20), seed=3)
    assert [len(trial.labels) for trial in made] == [5, 20]
    np.testing.assert_array_equal(made[0].held_out, made[1].held_out)
    np.testing.assert_array_equal(made[0].labels.rows, made[1].labels.rows[:5])
    for trial in made:
        assert not np.intersect1d(trial.labels.rows, trial.held_out).size
        assert not trial.candidates[trial.labels.rows].any()
        assert trial.candidates[trial.held_out].all()
        assert not trial.relevant[trial.labels.rows].any()
    assert not trials(audience, audience.listeners[0], (79,), seed=3)


def test_gates_hold_and_the_taste_is_found() -> None:
    for implicit in (False, True):
        results = few_shot(_audience(implicit), [Cosine(), TasteRecommender()], (5, 20))
        assert report.gates(results, (5, 20)) == []
        for count in (5, 20):
            assert results["taste", count]["auc"].mean() > results["random", count]["auc"].mean() + 0.1
            assert results["oracle", count]["all_p10"].mean() > results["taste", count]["all_p10"].mean()


def test_the_report_names_every_method_and_a_broken_gate() -> None:
    results = few_shot(_audience(users=6), [Cosine(), TasteRecommender()], (5, 20))
    text = report.tables(results, (5, 20))
    for name in ("random", "oracle", "shuffled", "cosine", "taste", "AUC", "RMSE in stars", "n = 20"):
        assert name in text
    broken = {key: {**values, "auc": values["auc"] * 0 + 0.9} for key, values in results.items()}
    assert len(report.gates(broken, (5, 20))) == 6


def test_the_measurement_is_deterministic() -> None:
    first, second = (few_shot(_audience(users=4), [TasteRecommender()], (5,)) for _ in range(2))
    for key, values in first.items():
        for metric, column in values.items():
            np.testing.assert_array_equal(column, second[key][metric])
