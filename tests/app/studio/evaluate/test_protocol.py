"""The protocol keeps training and testing apart, and its gates catch a broken measurement."""

from __future__ import annotations

import numpy as np
import pytest

from app.studio.evaluate import report
from app.studio.evaluate.gates import slack
from app.studio.evaluate.protocol import Experiment, collect, few_shot, usable_counts
from models.baselines.neighbours import Cosine
from models.baselines.ours import TasteRecommender
from models.evaluation.audience import Audience, Listener
from models.evaluation.trials import Split


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
    broken = {key: {**values, "auc": values["auc"] * 0 + 0.75} for key, values in results.items()}
    failed = report.gates(broken, (5, 20))
    for control in ("random", "oracle", "shuffled"):
        assert sum(line.startswith(control) for line in failed) == 2


def test_few_listeners_leave_the_gates_more_room() -> None:
    assert slack(180) == pytest.approx(0.02)
    assert slack(9) == pytest.approx(1 / 12)
    assert slack(0) == 0.25


def test_numbers_of_labels_that_most_listeners_lack_are_left_out() -> None:
    audience = _audience()
    assert usable_counts(audience, Split.FEW_SHOT) == (5, 10, 20, 50)
    assert usable_counts(audience, Split.FEW_SHOT, counts=(5, 75, 76)) == (5, 75)
    assert usable_counts(audience, Split.ITEM_COLD, counts=(50, 75)) == (50,)


@pytest.mark.parametrize("split", list(Split))
def test_every_split_holds_its_gates(split: Split) -> None:
    audience = _audience()
    experiment = Experiment(audience, [Cosine(), TasteRecommender()], (5, 20), split=split)
    rows = [experiment.row(number) for number in range(len(audience.listeners))]
    results = collect(rows, len(audience.features))
    assert report.gates(results, (5, 20)) == []
    assert results["taste", 20]["auc"].mean() > 0.6
    assert (results["oracle", 20]["auc"] == 1.0).all()
    np.testing.assert_allclose(results["oracle", 20]["p10"], results["ceiling", 20]["p10"])


def test_the_measurement_is_deterministic() -> None:
    first, second = (few_shot(_audience(users=4), [TasteRecommender()], (5,)) for _ in range(2))
    for key, values in first.items():
        for metric, column in values.items():
            np.testing.assert_array_equal(column, second[key][metric])


def test_several_draws_are_averages_over_shuffles_of_the_same_listeners() -> None:
    audience, methods = _audience(users=8), [Cosine(), TasteRecommender()]
    one, two = (few_shot(audience, methods, (5, 20), draws=draws) for draws in (1, 2))
    assert report.gates(two, (5, 20)) == []
    assert one.keys() == two.keys()
    first, both = (Experiment(audience, methods, (5, 20), draws=draws).row(3) for draws in (1, 2))
    second = Experiment(audience, methods, (5, 20), draws=2)._draw(3, 1)
    for alone, other, mean in zip(first.cells, second, both.cells, strict=True):
        np.testing.assert_allclose(mean.measured.values[0], (alone.measured.values[0] + other.measured.values[0]) / 2)
        assert mean.measured.top == alone.measured.top
    assert {cell.measured.values for cell in first.cells} != {cell.measured.values for cell in both.cells}
    # The past of a listener can be split in one way only.
    assert Experiment(audience, methods, (5,), split=Split.CHRONOLOGICAL, draws=4).draws == 1
