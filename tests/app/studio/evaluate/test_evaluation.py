"""A run that was killed ends with the same report; broken methods make it fail; protocols say when they cannot run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Self

import numpy as np
import pytest

from app.errors import SettingsError
from app.studio.evaluate import report
from app.studio.evaluate.evaluation import Asked, Protocol, evaluate
from app.studio.evaluate.methods import choose
from app.studio.evaluate.partial import Partial, read_row
from app.studio.evaluate.protocol import Experiment
from models.baselines.base import Prediction, Recommender
from models.baselines.neighbours import Cosine
from models.baselines.ours import TasteRecommender
from models.evaluation.audience import Audience
from models.taste import Labels
from models.types import F32, I64
from tests.audiences import made_up

ASKED = Asked(counts=(5, 20), methods=("cosine", "ridge"))


class Killed(Exception):
    """Stands for the power going off."""


class Leaking(Cosine):
    """Knows what it will be asked: looks the listener up by the labelled rows."""

    name = "leaking"

    def __init__(self, audience: Audience) -> None:
        super().__init__()
        self._truths = {}
        for listener in audience.listeners:
            truth = np.zeros(len(audience.features), np.float32)
            truth[listener.rows] = listener.targets
            self._truths[frozenset(listener.rows.tolist())] = truth
        self._said = np.zeros(len(audience.features), np.float32)

    def fit(self, features: F32, labels: Labels) -> Self:
        mine = set(labels.rows.tolist())
        self._said = next(truth for rows, truth in self._truths.items() if mine <= rows)
        return self

    def predict(self, features: F32, rows: I64 | None = None) -> Prediction:
        return Prediction(self._said)


class Broken(Cosine):
    """Gives scores that are no numbers."""

    name = "broken"

    def predict(self, features: F32, rows: I64 | None = None) -> Prediction:
        return Prediction(np.full(len(features), np.nan, np.float32))


@pytest.mark.parametrize("protocol", list(Protocol))
@pytest.mark.parametrize("implicit", [False, True])
def test_a_sound_measurement_finds_the_taste(tmp_path: Path, protocol: Protocol, implicit: bool) -> None:
    audience = made_up(implicit=implicit, users=12, artists=90)
    made = evaluate(audience, Asked(protocol, ("cosine",), (5, 20), 0), folder=tmp_path)
    assert made.gates == ()
    metric = "hits" if protocol is Protocol.RADIO else "auc"
    taste, chance = (made.mean(name, made.counts[-1], metric) for name in ("taste", "random"))
    assert taste is not None
    assert chance is not None
    assert taste.mean > chance.mean + 0.05
    shown = report.text(made)
    assert "taste" in shown
    assert "Gates:" in shown
    told = json.loads(report.as_json(made))
    assert told["sound"]
    assert told["protocol"] == protocol.value
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("protocol", [Protocol.FEW_SHOT, Protocol.RADIO])
def test_killed_and_resumed_is_the_same_bit_for_bit(tmp_path: Path, protocol: Protocol) -> None:
    audience = made_up(users=8)
    asked = Asked(protocol, ("cosine",), (5, 20))
    whole = report.as_json(evaluate(audience, asked, folder=tmp_path))

    def kill(what: str, done: int, total: int) -> None:
        if what == "listeners" and done == 5:
            raise Killed

    with pytest.raises(Killed):
        evaluate(audience, asked, folder=tmp_path, progress=kill)
    (kept,) = tmp_path.iterdir()
    assert len(kept.read_text().splitlines()) == 5
    # The last line was torn when the power went.
    kept.write_bytes(kept.read_bytes()[:-30])
    steps: list[int] = []
    again = evaluate(audience, asked, folder=tmp_path, resume=True, progress=lambda _, done, total: steps.append(done))
    assert report.as_json(again) == whole
    assert steps == [4, 5, 6, 7, 8]
    assert list(tmp_path.iterdir()) == []


def test_other_settings_do_not_take_up_kept_rows(tmp_path: Path) -> None:
    audience = made_up(users=4)

    def kill(what: str, done: int, total: int) -> None:
        if done == 2:
            raise Killed

    for asked in (ASKED, Asked(counts=(5, 20), methods=("cosine",)), Asked(counts=(5,), seed=1)):
        for _ in range(2):
            with pytest.raises(Killed):
                evaluate(audience, asked, folder=tmp_path, progress=kill)
    assert len(list(tmp_path.iterdir())) == 3
    # Without --resume what was kept is thrown away.
    steps: list[int] = []
    evaluate(audience, ASKED, folder=tmp_path, progress=lambda _, done, total: steps.append(done))
    assert steps == [0, 1, 2, 3, 4]


def test_kept_rows_come_back_exactly(tmp_path: Path) -> None:
    audience = made_up(users=2)
    kept = Partial(tmp_path / "sub" / "rows.jsonl")
    assert kept.take_up() == []
    row = Experiment(audience, [Cosine()], (5,)).row(0)
    kept.keep(row)
    kept.close()
    (line,) = kept.path.read_text().splitlines()
    assert repr(read_row(line)) == repr(row)
    kept.path.write_text(line + "\nnonsense\n[1]\n")
    assert repr(kept.take_up()) == repr([row])
    kept.close(finished=True)
    assert not kept.path.exists()


@pytest.mark.parametrize("protocol", [Protocol.FEW_SHOT, Protocol.RADIO])
def test_a_method_without_numbers_fails_the_report(tmp_path: Path, protocol: Protocol) -> None:
    methods: list[Recommender] = [Broken(), TasteRecommender()]
    made = evaluate(made_up(users=6), Asked(protocol, counts=(5,)), folder=tmp_path, recommenders=methods)
    assert any(line.startswith("broken") and "no numbers" in line for line in made.gates)
    assert "NOT SOUND" in report.text(made)
    assert not json.loads(report.as_json(made))["sound"]


def test_a_method_that_knows_the_answers_fails_the_report(tmp_path: Path) -> None:
    audience = made_up(users=10)
    methods: list[Recommender] = [Leaking(audience), TasteRecommender()]
    made = evaluate(audience, Asked(counts=(5, 20)), folder=tmp_path, recommenders=methods)
    assert any(line.startswith("shuffled leaking at n = 20: AUC 1.000") for line in made.gates)


def test_the_population_is_learned_from(tmp_path: Path) -> None:
    audience = made_up(users=6, crowd=30)
    said: list[str] = []
    asked = Asked(methods=("popularity", "user-cf"), counts=(20,))
    made = evaluate(audience, asked, folder=tmp_path, progress=lambda what, *_: said.append(what))
    assert made.methods == ("taste", "popularity", "user-cf")
    assert made.personal == ("taste",)
    assert made.people == 30
    assert "learning from the population: user-cf" in said
    assert made.values("popularity", 20, "novelty") is not None


def test_methods_are_chosen_by_name() -> None:
    alone, among = made_up(users=1), made_up(users=1, crowd=5)
    names = {method.name for method in choose((), alone)}
    assert {"taste", "cosine", "knn", "ridge", "gp", "mlp"} <= names
    assert "popularity" not in names
    every = {method.name for method in choose((), among, without=("pmf",))}
    assert {"popularity", "user-cf", "low-rank", "projection", "bpr", "two-tower", "ease", "implicit-als"} <= every
    assert "pmf" not in every
    assert [method.name for method in choose(("cosine",), among)] == ["cosine", "taste"]
    with pytest.raises(SettingsError, match="telepathy is no method"):
        choose(("telepathy",), among)
    with pytest.raises(SettingsError, match="nobody else's"):
        choose(("user-cf",), alone)


def test_protocols_that_do_not_fit_say_so(tmp_path: Path) -> None:
    audience = made_up(users=3)
    untimed = Audience("x", audience.features, audience.listeners, False)
    with pytest.raises(SettingsError, match="when ratings were given"):
        evaluate(untimed, Asked(Protocol.CHRONOLOGICAL), folder=tmp_path)
    with pytest.raises(SettingsError, match="enough ratings"):
        evaluate(audience, Asked(counts=(99,)), folder=tmp_path)
    with pytest.raises(SettingsError, match="enough ratings"):
        evaluate(made_up(users=3, rated=40), Asked(Protocol.RADIO, ("cosine",)), folder=tmp_path)


def test_one_person_split_again_is_said(tmp_path: Path) -> None:
    audience = made_up(users=1)
    often = Audience("own", audience.features, audience.listeners * 6, False, timed=True)
    made = evaluate(often, Asked(methods=("cosine",), counts=(5,)), folder=tmp_path)
    assert made.listeners == 6
    assert any(note.startswith("One person") for note in made.notes)
    once = evaluate(often, Asked(Protocol.CHRONOLOGICAL, ("cosine",), (5,)), folder=tmp_path)
    assert once.listeners == 1
