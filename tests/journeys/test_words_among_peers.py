"""What a stranger publishes is found by words: its catalogue carries the vectors of learned encoders that both have.

Whole peers, real studios and network processes; the encoders are the miniatures, really trained.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from app.encoders.catalogue import read_catalogue
from app.encoders.shelf import EncoderShelf
from app.encoders.trial import try_out
from app.network_messages import Discover, NetworkState, OfferPick, OfferPicks, PublicationChanged
from app.search_messages import FoundBy
from app.store.items import Items
from app.studio.spaces import builtin_spaces
from models.encoders.device import processor
from tests.described import SOUNDS, picture, sound
from tests.film_files import write_scenes
from tests.journeys.sounds import write_track
from tests.peer_run import PeerRun, Router

pytestmark = pytest.mark.journey

ANNA, BERT, CARL = "127.21.9.1", "127.22.9.1", "127.23.9.1"
FILMS = ("red square", "stars", "orange rings", "rainbow", "landscape", "static", "green and white stripes")


@pytest.fixture
def router() -> Iterator[Router]:
    made = Router("127.97.9.1")
    yield made
    made.close()


@pytest.fixture(scope="module")
def annas(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two tracks of each kind of sound, and films of one scene; what they are stands in no name."""
    folder = tmp_path_factory.mktemp("annas")
    rng = np.random.default_rng(8)
    for number, kind in enumerate((*SOUNDS, *SOUNDS)):
        write_track(folder / f"track {number:02}.wav", sound(kind, rng, 10.0, 22_050), 22_050)
    for number, kind in enumerate(FILMS):
        write_scenes(folder / f"film {number:02}.mp4", [(4.0, picture(kind, rng, 128))])
    return folder


def equip(run: PeerRun, *folders: Path) -> list[str]:
    """Install encoders as the command does, before the studio starts; their spaces."""
    shelf = EncoderShelf(run.profile.encoders, read_catalogue())
    spaces = []
    for folder in folders:
        installed = shelf.take(folder, folder.name.partition("-")[0])
        tried, _ = try_out(installed, processor())
        assert tried.trained
        shelf.note(installed, tried)
        spaces.append(tried.space)
    return spaces


def own(run: PeerRun, folder: Path, seed: int) -> None:
    """A little music, so that there is a library."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(seed)
    for number, kind in enumerate(("chord", "piano", "hum")):
        write_track(folder / f"mine {number}.wav", sound(kind, rng, 6.0, 22_050), 22_050)
    run.take_in(folder.resolve())


def encoded(run: PeerRun, space: str) -> int:
    with run.database() as database:
        return len(Items(database).marked(space))


def titles(run: PeerRun) -> dict[int, str]:
    return {int(row.id): row.title for row in run.offers()}


def by_sound(found: OfferPicks) -> list[OfferPick]:
    return [pick for pick in found.picks if FoundBy.SOUND in pick.found_by]


def by_sight(found: OfferPicks) -> list[OfferPick]:
    return [pick for pick in found.picks if FoundBy.PICTURE in pick.found_by]


def test_offers_are_found_by_words_where_both_have_the_encoder(
    annas: Path, miniature_clip: Path, miniature_clap: Path, tmp_path: Path, router: Router
) -> None:
    anna = PeerRun(tmp_path / "anna", ANNA, [router.address], "Anna")
    bert = PeerRun(tmp_path / "bert", BERT, [router.address], "Bert")
    carl = PeerRun(tmp_path / "carl", CARL, [router.address], "Carl")
    count = 2 * len(SOUNDS) + len(FILMS)
    with contextlib.closing(anna), contextlib.closing(bert), contextlib.closing(carl):
        seeing, hearing = equip(anna, miniature_clip, miniature_clap)
        anna.start_studio()
        anna.take_in(annas.resolve())
        anna.until(lambda: encoded(anna, hearing) >= 2 * len(SOUNDS), "the sounds of Anna")
        anna.until(lambda: encoded(anna, seeing) == len(FILMS), "the films of Anna")
        anna.publish(annas.resolve())
        anna.start_network()
        anna.tell(PublicationChanged())
        anna.wait(NetworkState, lambda state: state.published == count and not state.publishing)
        shards = {path.name for path in anna.profile.root.rglob("vectors.*.i8")}
        for space, there in ((seeing, True), (hearing, True), (builtin_spaces().text, False)):
            assert any(space in name for name in shards) is there, space

        # Bert has both encoders, too: words find what Anna offers, before a byte of it came.
        equip(bert, miniature_clip, miniature_clap)
        bert.start_studio()
        own(bert, tmp_path / "berts", 1)
        bert.start_network()
        bert.until(lambda: len(bert.offers()) == count, "the catalogue")
        named = titles(bert)

        def found(run: PeerRun, words: str) -> OfferPicks:
            return run.ask_studio(lambda number: Discover(number, 20, search=words), OfferPicks)

        # One encoder may be there before the other: what is asked for is what it sounds like.
        bert.until(lambda: by_sound(found(bert, "a church bell")), "what words find")
        kinds = list(SOUNDS)
        for words, kind in (("a church bell", "bell"), ("a piano", "piano"), ("a beating heart", "heart")):
            picks = found(bert, words).picks
            assert FoundBy.SOUND in picks[0].found_by
            title = named[picks[0].offer]
            assert title.startswith("track")
            assert kinds[int(title.split()[1]) % len(kinds)] == kind, words
        for words, at in (("a starry sky", 1), ("a picture of a rainbow", 3), ("the sun above green grass", 4)):
            seen = bert.until(lambda: by_sight(found(bert, words)), f"films for {words}")  # noqa: B023 - called at once
            assert named[seen[0].offer] == f"film {at:02}", words

        # Carl has none of them: the catalogue is as good as any other, and words only find tags.
        carl.start_studio()
        own(carl, tmp_path / "carls", 2)
        carl.start_network()
        carl.until(lambda: len(carl.offers()) == count, "the catalogue of Carl")
        picks = carl.until(lambda: found(carl, "track 03").picks, "what the tags say")
        assert FoundBy.WORDS in picks[0].found_by
        assert not found(carl, "a church bell").picks
        assert anna.failures() == bert.failures() == carl.failures() == []
