"""The experiment with peers runs on the real files, holds together, and finds what it must find."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from app.studio.evaluate import attacks, collaboration
from app.studio.evaluate.collaboration_report import Report, text
from app.studio.evaluate.crowd import Crowd, Person, lastfm_crowd
from app.studio.evaluate.lifts import ALONE, FEDERATED, GOSSIPED, Lifts
from app.studio.evaluate.senders import FIXED_BYTES, Senders, Told, weight
from models.evidence import Projection


@pytest.fixture(scope="module")
def crowd() -> Crowd:
    """Two kinds of people on 300 items of 40 features: each likes one half of the catalogue."""
    rng = np.random.default_rng(0)
    features = rng.normal(size=(300, 40)).astype(np.float32)
    features /= np.linalg.norm(features, axis=1, keepdims=True)
    people = []
    for number in range(40):
        rows = rng.choice(300, 70, replace=False).astype(np.int64)
        wanted = (features[rows, 0] + 0.05 * rng.normal(size=70) > 0) == (number % 8 > 0)
        people.append(Person(rows, wanted.astype(np.float32)))
    people.append(Person(np.arange(5, dtype=np.int64), np.ones(5, np.float32)))
    return Crowd("made up", features, tuple(people), tuple(range(1, 8)), implicit=False)


@pytest.fixture(scope="module")
def lifts(crowd: Crowd) -> Lifts:
    senders = Senders(crowd, Projection.drawn("made up", 40), 0)
    return Lifts(senders, (5, 20), 10, 1, 0)


def test_sources_are_others_and_the_same_again(crowd: Crowd) -> None:
    for person in crowd.tested:
        sources = crowd.sources(person, 10, 0)
        assert len(set(sources)) == 10
        assert person not in sources
        assert sources == crowd.sources(person, 10, 0)


def test_what_is_sent_weighs_what_it_says(lifts: Lifts) -> None:
    (one,) = lifts.senders.told(Told.TASTE, 0)
    assert weight(one) == FIXED_BYTES + 64
    (votes,) = lifts.senders.told(Told.VOTES, 0)
    assert weight(votes) == FIXED_BYTES + 2 + 70 * 32
    assert len(lifts.senders.told(Told.SMALL_TASTES, 0)) == 3
    # Five labels are never told.
    assert all(lifts.senders.told(way, 40) == () for way in Told)


def test_like_minded_peers_help_and_every_method_is_there(lifts: Lifts) -> None:
    measured = lifts.measure()
    found = collaboration.cells(measured)
    # Two numbers of labels, two ways, four rivals.
    assert len(collaboration.duels(measured)) == 16
    by = {(cell.own, cell.method, cell.labels): cell for cell in found}
    assert by["ridge", str(Told.VOTES), 5].auc_gain.low > 0
    assert by["taste", str(Told.VOTES), 5].auc_gain.mean > 0
    assert by["ridge", ALONE, 5].auc_gain.mean == 0
    assert (
        by["ridge", FEDERATED, 5].bytes > by["ridge", str(Told.VOTES), 5].bytes > by["ridge", str(Told.TASTE), 5].bytes
    )
    assert by["ridge", GOSSIPED, 20].people == 1
    assert len({cell.method for cell in found}) == 14


def test_bounded_sources_cannot_shout(lifts: Lifts) -> None:
    by = {(attack.name, attack.share): attack for attack in attacks.attacks(lifts, lifts.crowd.tested)}
    plain = by["level 1, turned and 50 times as loud, plain mean", 0.1]
    bounded = by["level 1, turned and 50 times as loud, bounded", 0.1]
    assert bounded.cost.mean < plain.cost.mean
    assert len(attacks.promotions(lifts, lifts.crowd.tested)) == 3


def test_the_attacker_reads_exact_vectors_but_not_those_sent(lifts: Lifts) -> None:
    found = {one.name: one.recovered.mean for one in attacks.reconstructions(lifts.senders, lifts.crowd.tested)}
    assert found["32 numbers, no noise; difference of two"] == 1.0
    assert found["32 numbers, as sent; difference of two"] < 0.5
    atoms = np.eye(12, 9, dtype=np.float32)
    assert set(attacks.matching_pursuit(atoms, atoms[2] - atoms[5], 2)) == {(2, True), (5, False)}


def test_forgetting_is_exact(lifts: Lifts) -> None:
    found = attacks.forgetting(lifts.senders, 10, rounds=2)
    assert found.exact
    assert found.sources == 10
    assert found.messages == 40


@pytest.mark.media
def test_the_tested_people_of_lastfm_leave_no_tags(shared_data: Path) -> None:
    found = lastfm_crowd(shared_data, users=20, seed=0)
    assert found.implicit
    assert len(found.people) > 1_000
    assert all(len(found.people[place].rows) >= 25 for place in found.tested)


@pytest.fixture(scope="module")
def report(request: pytest.FixtureRequest) -> Report:
    folder: Path = request.getfixturevalue("shared_data")
    return collaboration.run(folder, dataset="movielens", users=3, deep=0)


@pytest.mark.media
def test_the_report_says_what_was_measured(report: Report) -> None:
    said = text(report)
    for part in ("movielens-100k: 943 people", "level 2 + source weights", "targets", "forget one of 50", "as sent"):
        assert part in said
    assert len(report.targets()) == 6
    with pytest.raises(KeyError):
        report.cell("ridge", "magic", 5)


@pytest.mark.media
def test_the_command_writes_json(shared_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "report.json"
    options = ["--data", str(shared_data), "--dataset", "movielens", "--users", "1", "--deep", "0"]
    assert collaboration.main([*options, "--json", str(target)]) == 0
    assert "level 2 less raw profiles" in capsys.readouterr().out
    (found,) = json.loads(target.read_text("utf-8"))
    assert found["dataset"] == "movielens-100k"
    assert found["forgetting"]["exact"] is True


def test_wrong_arguments_are_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for options, said in (
        (["--data", str(tmp_path / "nowhere")], "no folder"),
        (["--data", str(tmp_path)], "lacks ml100k_u.data"),
    ):
        with pytest.raises(SystemExit):
            collaboration.main(options)
        assert said in capsys.readouterr().err
    with pytest.raises(ValueError, match="not one of"):
        collaboration.run(tmp_path, dataset="jester")
