"""What learned spaces do beside encoding: the taste is learned in them, offers are compared in the common ones."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from app.encoder_messages import InstallEncoder, RemoveEncoder
from app.encoders.catalogue import Family
from app.network_messages import OffersChanged, OfferScoresChanged
from app.paths import Profile
from app.protocol import Done, Explain, Explanation, FeedbackChanged, PartKind, ScoresChanged
from app.store.feedback import Feedback
from app.store.scores import Scores
from models.ids import ItemId
from tests.peers_catalogue import Offered, publish
from tests.plain_encoders import DIMENSIONS, PlainEncoders, give_folder
from tests.studio_run import Run

FOREIGN = "nobody-has-it-v1-0123456789abcdef"


@pytest.fixture
def run(indexed: Path, tmp_path: Path) -> Iterator[Run]:
    """A started studio with twelve sounds, two of them rated, and no learned encoder."""
    shutil.copytree(indexed, tmp_path / "copy")
    plain = PlainEncoders()
    made = Run(Profile.at(tmp_path / "copy"), load=plain.load, try_out=plain.try_out)
    made.start()
    with made.database() as database:
        Feedback(database).like(ItemId(1))
        Feedback(database).dislike(ItemId(2))
    made.tell(FeedbackChanged())
    made.learned(2)
    yield made
    made.studio.close()


def get(run: Run, folder: Path) -> str:
    """Install an encoder of pitches and let it encode all; its space."""
    give_folder(folder, Family.CLAP)
    run.ask(lambda number: InstallEncoder(number, str(folder), "Pitches"), Done)
    run.settle_learned()
    (space,) = run.studio._spaces.now.learned
    return space.name


def parts(run: Run) -> set[str]:
    """In which spaces the taste was learned."""
    told = run.ask(lambda number: Explain(number, 3), Explanation)
    assert told.total == pytest.approx(sum(part.amount for part in told.parts if part.kind in (
        PartKind.ITEM, PartKind.MORE, PartKind.PEER, PartKind.REMAINDER)), abs=1e-3)  # fmt: skip
    return {part.label for part in told.parts if part.kind is PartKind.SPACE}


def test_the_taste_is_learned_in_a_learned_space_and_without_it_again(run: Run, tmp_path: Path) -> None:
    before = parts(run)
    scores = Scores(run.profile.scores)
    items = list(range(1, 13))
    get(run, tmp_path / "given")
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
