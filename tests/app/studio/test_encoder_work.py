"""Getting, installing, trying and removing learned encoders in a running studio: what it says, and what comes of it."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from app.encoder_messages import (
    CheckEncoder,
    EncodersChanged,
    EncoderState,
    GetEncoder,
    InstallEncoder,
    ListEncoders,
    RemoveEncoder,
)
from app.encoders.catalogue import Family, read_catalogue
from app.encoders.shelf import EncoderShelf
from app.network_messages import OffersChanged, OfferScoresChanged, OwnSpacesChanged
from app.paths import Profile
from app.protocol import (
    Done,
    Explain,
    Explanation,
    Failed,
    FeedbackChanged,
    Job,
    JobEnded,
    PartKind,
    Progress,
    ScoresChanged,
    Trouble,
)
from app.store.feedback import Feedback
from app.store.learned_spaces import LearnedSpaces
from app.store.scores import Scores
from app.store.vectors import Vectors
from app.studio import encoder_work
from models.ids import ItemId
from models.types import Modality
from tests.peers_catalogue import Offered, publish
from tests.plain_encoders import BOTH, DIMENSIONS, PlainEncoders, give_folder, install
from tests.studio_run import Run

HEARS = BOTH[1]
FOREIGN = "nobody-has-it-v1-0123456789abcdef"


@pytest.fixture
def plain() -> PlainEncoders:
    return PlainEncoders()


@pytest.fixture
def run(indexed: Path, tmp_path: Path, plain: PlainEncoders) -> Iterator[Run]:
    """A started studio with twelve sounds, and no learned encoder."""
    shutil.copytree(indexed, tmp_path / "copy")
    made = Run(Profile.at(tmp_path / "copy"), load=plain.load, try_out=plain.try_out)
    made.start()
    yield made
    made.studio.close()


def states(run: Run) -> dict[str, EncoderState]:
    return {one.name: one for one in run.ask(ListEncoders, EncodersChanged).encoders}


def install_pitches(run: Run, folder: Path) -> None:
    give_folder(folder, Family.CLAP)
    run.ask(lambda number: InstallEncoder(number, str(folder), "Pitches"), Done)
    run.settle_learned()


def test_all_on_offer_are_listed_with_what_they_cost(run: Run) -> None:
    told = run.ask(ListEncoders, EncodersChanged)
    assert [one.name for one in told.encoders] == [known.name for known in read_catalogue()]
    first = told.encoders[0]
    assert (first.hears, first.installed, first.used, first.default) == (False, False, False, True)
    assert first.size > 600e6
    assert first.licence == "MIT"
    assert told.words_ready == ()


def test_what_there_is_is_told_before_torch_says_what_it_counts_on(
    indexed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known, told = threading.Event(), "a slow driver"

    def best_device() -> SimpleNamespace:
        assert known.wait(20)
        return SimpleNamespace(words=told)

    monkeypatch.setattr("models.encoders.device.best_device", best_device)
    shutil.copytree(indexed, tmp_path / "copy")
    run = Run(Profile.at(tmp_path / "copy"))
    run.start()
    try:
        assert run.ask(ListEncoders, EncodersChanged).device == ""
        known.set()
        run.wait(EncodersChanged, lambda event: event.device == told)
    finally:
        known.set()
        run.studio.close()


def test_an_installed_encoder_is_tried_used_and_encodes_the_library(run: Run, tmp_path: Path) -> None:
    install_pitches(run, tmp_path / "given")
    found = states(run)["Pitches"]
    assert (found.hears, found.installed, found.used, found.said) == (True, True, True, "Behaves as trained.")
    assert (found.encoded, found.wanted, found.vouched) == (12, 12, "owner")
    assert found.on_disk > 0 < found.rate
    assert run.ask(ListEncoders, EncodersChanged).words_ready == ("Pitches",)
    steps = [event for event in run.seen if isinstance(event, Progress) and event.job is Job.ENCODER]
    assert {event.note for event in steps} == {"Pitches"}
    assert (steps[-1].done, steps[-1].total) == (0, 0), "being tried"
    assert any(event.done == event.total > 0 for event in steps)
    assert [event for event in run.seen if isinstance(event, OwnSpacesChanged)]
    with run.database() as database:
        (row,) = LearnedSpaces(database).rows()
    assert (row.space, row.modality, row.dimension) == (found.space, Modality.AUDIO, 24)


def test_one_that_does_not_behave_as_trained_is_not_used(run: Run, tmp_path: Path, plain: PlainEncoders) -> None:
    plain.trained = False
    install_pitches(run, tmp_path / "given")
    found = states(run)["Pitches"]
    assert (found.installed, found.used, found.said) == (True, False, "Does not behave as trained.")
    assert not any(isinstance(event, JobEnded) and event.job is Job.LEARNED for event in run.seen)
    plain.trained = True
    run.ask(lambda number: CheckEncoder(number, "Pitches"), Done)
    run.settle_learned()
    assert states(run)["Pitches"].encoded == 12


def test_removing_an_encoder_forgets_what_it_encoded(run: Run, tmp_path: Path) -> None:
    install_pitches(run, tmp_path / "given")
    space = states(run)["Pitches"].space
    run.ask(lambda number: RemoveEncoder(number, "Pitches"), Done)
    assert "Pitches" not in states(run)
    run.studio.close()
    assert space not in Vectors(run.profile.vectors).spaces()
    with run.database() as database:
        assert database.all("SELECT count(*) FROM marks WHERE space LIKE ?", (f"%{space}",)) == [(0,)]
        assert LearnedSpaces(database).rows() == ()


def test_what_fails_is_told_and_the_next_is_done(run: Run, tmp_path: Path) -> None:
    run.tell(RemoveEncoder(71, "Nobody"))
    failed = run.wait(Failed, lambda event: event.request == 71)
    assert "No encoder Nobody" in failed.title
    ended = run.wait(JobEnded, lambda event: event.job is Job.ENCODER)
    assert (ended.failed, ended.cancelled) == (1, False)
    install_pitches(run, tmp_path / "given")
    assert states(run)["Pitches"].used


def test_a_download_without_the_internet_says_so(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    run.tell(GetEncoder(72, read_catalogue()[0].name))
    failed = run.wait(Failed, lambda event: event.request == 72)
    assert failed.trouble is Trouble.OFFLINE
    run.tell(GetEncoder(73, "no such model"))
    assert "no such model" in run.wait(Failed, lambda event: event.request == 73).title


def test_what_a_command_changes_is_noticed(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoder_work, "LOOK", 0.05)
    run.ask(ListEncoders, EncodersChanged)
    install_pitches(run, tmp_path / "given")  # the waiting with the longer patience is over
    space = install(run.profile, *HEARS)
    told = run.wait(EncodersChanged, lambda event: any(one.space == space and one.used for one in event.encoders))
    assert told.request == 0
    run.settle_learned()
    assert states(run)[HEARS[0]].encoded == 12
    EncoderShelf(run.profile.encoders, read_catalogue()).remove(HEARS[0])
    run.wait(EncodersChanged, lambda event: all(one.space != space for one in event.encoders))
    with run.database() as database:
        assert database.all("SELECT count(*) FROM marks WHERE space = ?", (space,)) == [(0,)]


def test_what_was_removed_while_no_studio_ran_is_forgotten_at_the_start(
    run: Run, tmp_path: Path, plain: PlainEncoders
) -> None:
    install_pitches(run, tmp_path / "given")
    space = states(run)["Pitches"].space
    run.studio.close()
    shelf = EncoderShelf(run.profile.encoders, read_catalogue())
    (installed,) = shelf.installed()
    (installed.folder / "installation.json").write_text("damaged")
    again = Run(run.profile, load=plain.load, try_out=plain.try_out)
    again.start()
    assert "not wholly installed" in states(again)["pitches"].problem
    again.studio.close()
    assert space in Vectors(run.profile.vectors).spaces(), "hours of work are kept while its encoder may come back"
    shelf.remove("pitches")
    run.profile.encoders.rename(run.profile.root / "unplugged")
    again = Run(run.profile, load=plain.load, try_out=plain.try_out)
    again.start()
    again.ask(lambda number: RemoveEncoder(number, "Nobody"), Failed)
    again.studio.close()
    assert space in Vectors(run.profile.vectors).spaces()
    shutil.rmtree(run.profile.encoders, ignore_errors=True)
    (run.profile.root / "unplugged").rename(run.profile.encoders)
    again = Run(run.profile, load=plain.load, try_out=plain.try_out)
    again.start()
    again.ask(lambda number: RemoveEncoder(number, "Nobody"), Failed)
    again.studio.close()
    assert space not in Vectors(run.profile.vectors).spaces()


def rate(run: Run) -> None:
    """Two of the sounds are rated, and learned."""
    with run.database() as database:
        Feedback(database).like(ItemId(1))
        Feedback(database).dislike(ItemId(2))
    run.tell(FeedbackChanged())
    run.learned(2)


def parts(run: Run) -> set[str]:
    """In which spaces the taste was learned."""
    told = run.ask(lambda number: Explain(number, 3), Explanation)
    assert told.total == pytest.approx(sum(part.amount for part in told.parts if part.kind in (
        PartKind.ITEM, PartKind.MORE, PartKind.PEER, PartKind.REMAINDER)), abs=1e-3)  # fmt: skip
    return {part.label for part in told.parts if part.kind is PartKind.SPACE}


def test_the_taste_is_learned_in_a_learned_space_and_without_it_again(run: Run, tmp_path: Path) -> None:
    rate(run)
    before = parts(run)
    scores = Scores(run.profile.scores)
    items = list(range(1, 13))
    install_pitches(run, tmp_path / "given")
    run.tell(FeedbackChanged())
    run.wait(ScoresChanged)
    assert parts(run) == before | {"audio: Pitches"}
    assert None not in scores.score_of(items)
    run.ask(lambda number: RemoveEncoder(number, "Pitches"), Done)
    run.wait(ScoresChanged)
    assert parts(run) == before
    assert None not in scores.score_of(items)
    scores.close()


def test_offers_are_compared_in_the_spaces_that_both_have(run: Run, tmp_path: Path) -> None:
    rate(run)
    built_in = run.studio._spaces.now.audio
    dimension = DIMENSIONS[run.studio._spaces.now.modality(built_in)]
    chance = np.random.default_rng(5)

    def unit(count: int) -> np.ndarray:
        row = chance.standard_normal(count).astype(np.float32)
        return row / np.linalg.norm(row)

    folder = give_folder(tmp_path / "known", Family.CLAP)
    run.ask(lambda number: InstallEncoder(number, str(folder), "Pitches"), Done)
    run.settle_learned()
    (learned,) = run.studio._spaces.now.learned
    run.ask(lambda number: RemoveEncoder(number, "Pitches"), Done)
    publish(
        run.profile,
        "ann",
        [
            Offered(f"song {n}", {built_in: unit(860), learned.name: unit(dimension), FOREIGN: unit(7)})
            for n in range(3)
        ],
    )
    run.tell(OffersChanged())
    run.wait(OfferScoresChanged, lambda event: event.offers == 3)
    vectors = run.studio._offer_vectors
    assert vectors.ids(built_in).size == 3
    assert set(vectors.spaces()).isdisjoint({FOREIGN, learned.name}), "what we cannot compare is left alone"
    again = give_folder(tmp_path / "again", Family.CLAP)
    run.ask(lambda number: InstallEncoder(number, str(again), "Pitches"), Done)
    run.settle_learned()
    run.wait(OfferScoresChanged, lambda event: learned.name in vectors.spaces())
    assert vectors.ids(learned.name).size == 3
    run.tell(FeedbackChanged())
    run.wait(OfferScoresChanged)
    held = run.studio._offers._scored
    assert held is not None
    assert held.features.basis is not None
    assert learned.name in {part.space for part in held.features.basis.spaces}
    run.ask(lambda number: RemoveEncoder(number, "Pitches"), Done)
    run.wait(OfferScoresChanged, lambda event: learned.name not in vectors.spaces())
    assert FOREIGN not in vectors.spaces()
