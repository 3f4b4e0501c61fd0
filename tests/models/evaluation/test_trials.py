"""Every split keeps what is learned apart from what is asked, and one held-out set serves every number of labels."""

from __future__ import annotations

import numpy as np
import pytest

from models.baselines.base import Prediction
from models.baselines.population import Ratings
from models.evaluation.audience import Audience, Listener
from models.evaluation.measure import METRICS, Ruler
from models.evaluation.trials import Split, cold_items, make_trials, shuffled

ITEMS = 200


def _audience(implicit: bool = False) -> Audience:
    rng = np.random.default_rng(0)
    features = rng.normal(size=(ITEMS, 8))
    features /= np.linalg.norm(features, axis=1, keepdims=True)
    listeners = []
    for _ in range(5):
        rows = rng.permutation(ITEMS)[:80].astype(np.int64)
        targets = np.ones(80) if implicit else rng.choice([0.0, 0.5, 1.0], 80)
        listeners.append(Listener(rows, targets.astype(np.float32), np.arange(80, dtype=np.float32)))
    people = np.repeat(np.arange(3), 20).astype(np.int64)
    items = np.concatenate([rng.permutation(ITEMS)[:20] for _ in range(3)]).astype(np.int64)
    population = Ratings(people, items, np.ones(60, np.float32), 3, ITEMS)
    return Audience("made up", features.astype(np.float32), tuple(listeners), implicit, population, timed=True)


@pytest.mark.parametrize("split", list(Split))
def test_known_and_asked_are_apart(split: Split) -> None:
    audience = _audience()
    cold = cold_items(audience, 0)
    made = make_trials(audience, audience.listeners[0], (5, 20), split=split, seed=3, cold=cold)
    assert [len(trial.labels) for trial in made] == [5, 20]
    np.testing.assert_array_equal(made[0].held_out, made[1].held_out)
    assert np.isin(made[0].labels.rows, made[1].labels.rows).all()
    for trial in made:
        assert not np.intersect1d(trial.labels.rows, trial.held_out).size
        assert not trial.candidates[trial.labels.rows].any()
        assert trial.candidates[trial.held_out].all()
        assert not trial.relevant[trial.labels.rows].any()
        assert int(trial.relevant.sum()) == int((trial.targets >= 0.65).sum())
    short = Listener(audience.listeners[0].rows[:8], np.ones(8, np.float32), np.zeros(8, np.float32))
    assert make_trials(audience, short, (5,), split=split, seed=3, cold=cold) == []


def test_chronological_learns_from_the_past_and_ages_it() -> None:
    audience = _audience()
    listener = audience.listeners[0]
    (trial,) = make_trials(audience, listener, (10,), split=Split.CHRONOLOGICAL, seed=0)
    np.testing.assert_array_equal(trial.labels.rows, listener.rows[46:56])
    np.testing.assert_array_equal(trial.labels.ages, np.arange(10, 0, -1))
    np.testing.assert_array_equal(trial.held_out, listener.rows[56:])
    assert not trial.candidates[listener.rows[:56]].any()


def test_item_cold_hides_items_from_everybody() -> None:
    audience = _audience()
    cold = cold_items(audience, 7)
    assert cold.sum() == ITEMS // 4
    assert (cold != cold_items(audience, 8)).any()
    hidden = audience.hiding(cold)
    assert hidden.population is not None
    assert not cold[hidden.population.items].any()
    assert hidden.known()[0][cold].sum() == 0
    (trial,) = make_trials(audience, audience.listeners[1], (20,), split=Split.ITEM_COLD, seed=1, cold=cold)
    assert not cold[trial.labels.rows].any()
    assert cold[trial.held_out].all()
    np.testing.assert_array_equal(trial.candidates, cold)
    with pytest.raises(ValueError, match="hidden"):
        make_trials(audience, audience.listeners[1], (20,), split=Split.ITEM_COLD, seed=1)
    assert Audience("alone", audience.features, (), False).hiding(cold).population is None


@pytest.mark.parametrize("implicit", [False, True])
def test_shuffling_leaves_nothing_to_be_learned(implicit: bool) -> None:
    audience = _audience(implicit)
    (trial,) = make_trials(audience, audience.listeners[0], (20,), split=Split.FEW_SHOT, seed=0)
    made = shuffled(audience, trial, np.random.default_rng(0))
    assert len(made) == (1 if implicit else 2)
    for empty in made:
        np.testing.assert_array_equal(empty.labels.rows, trial.labels.rows)
        if implicit:
            assert (empty.relevant != trial.relevant).any()
            assert empty.relevant.sum() == trial.relevant.sum()
        else:
            assert (empty.labels.targets != trial.labels.targets).any()
    if not implicit:
        np.testing.assert_allclose(made[0].labels.targets + made[1].labels.targets, 1.0)


@pytest.mark.parametrize("implicit", [False, True])
def test_the_ruler_knows_chance_and_perfection(implicit: bool) -> None:
    audience = _audience(implicit)
    ruler = Ruler.of(audience)
    (trial,) = make_trials(audience, audience.listeners[0], (20,), split=Split.FEW_SHOT, seed=0)
    truth = np.zeros(ITEMS, np.float32)
    truth[trial.held_out] = trial.targets
    perfect = dict(zip(METRICS, ruler.measure(trial, Prediction(truth, truth, truth)).values, strict=True))
    base, ceiling = (dict(zip(METRICS, one.values, strict=True)) for one in ruler.expected(trial))
    for metric in ("auc", "all_p10", *(() if implicit else ("p10",))):
        assert perfect[metric] == pytest.approx(ceiling[metric])
        assert base[metric] < ceiling[metric]
    if implicit:
        assert np.isnan([perfect["p10"], perfect["rmse"]]).all()
    else:
        assert perfect["rmse"] == perfect["mae"] == 0.0
    measured = ruler.measure(trial, Prediction(truth))
    assert len(measured.top) == 10
    assert trial.relevant[list(measured.top)].all()
    assert np.isnan(dict(zip(METRICS, measured.values, strict=True))["rmse"])
