"""Films in a real studio: their moments are written, kept, and made again where they are missing."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from app.library.covers import cover_path
from app.paths import RESOURCES, Profile
from app.protocol import Scan
from app.store.database import Database
from app.store.items import Items
from app.store.moment_vectors import MomentVectors, mark_of
from app.store.moments import Moments
from app.store.vectors import Vectors
from app.studio.spaces import builtin_spaces
from models.types import ItemId
from tests.film_files import write_scenes
from tests.studio_run import Run, write_sound

SPACES = builtin_spaces()
MARK = mark_of(SPACES.image)
ATS = pytest.approx([0.0, 2.0, 5.0], abs=0.3)


@pytest.fixture(scope="module")
def indexed_films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A profile with a film of three scenes (Item 1 or 2 or 3), a black one and a song; copied, not used, by tests."""
    folder = tmp_path_factory.mktemp("films")
    (folder / "shelf").mkdir()
    write_scenes(folder / "shelf" / "three.mp4", [(2.0, 1), (3.0, 2), (2.0, 3)])
    write_scenes(folder / "shelf" / "black.mp4", [(2.0, np.zeros((96, 160, 3), np.uint8))])
    write_sound(folder / "shelf" / "song.wav", pitch=300, noise=0.1)
    run = Run(Profile.at(folder / "profile"))
    run.start()
    run.take_in(folder / "shelf")
    run.studio.close()
    return folder / "profile"


@pytest.fixture
def profile(indexed_films: Path, tmp_path: Path) -> Profile:
    shutil.copytree(indexed_films, tmp_path / "profile")
    return Profile.at(tmp_path / "profile")


@contextmanager
def _stores(profile: Profile) -> Iterator[tuple[Database, Items, MomentVectors]]:
    vectors = Vectors(profile.vectors)
    with Database.open(profile.library, RESOURCES / "migrations") as database:
        yield database, Items(database), MomentVectors(vectors)
    vectors.close()


def _item(items: Items, name: str) -> ItemId:
    (found,) = [text.id for text in items.texts() if text.title == name]
    return found


def _index_again(profile: Profile) -> None:
    """Start a studio and wait until it has nothing to do."""
    run = Run(profile)
    run.start()
    run.tell(Scan(""))
    run.settle()
    run.studio.close()


def test_a_film_gets_its_moments_and_their_tiles(profile: Profile) -> None:
    with _stores(profile) as (database, items, moments):
        film = _item(items, "three")
        known = Moments(database).of(film)
        assert known is not None
        assert list(known.ats) == ATS
        assert moments.of(SPACES.image, film)[0].tolist() == list(known.ats)
        assert moments.items(SPACES.image).tolist() == [film]
        assert items.marked(MARK) == {film}
        with Image.open(cover_path(profile.covers, known.picture)) as image:
            assert image.size == (3 * known.tile_width, known.tile_height)


def test_what_has_none_is_not_looked_at_for_ever(profile: Profile) -> None:
    with _stores(profile) as (database, items, _):
        black, song = _item(items, "black"), _item(items, "song")
        assert Moments(database).of(black) is None
        assert items.is_marked(black, MARK)
        assert not items.is_marked(song, MARK)
        assert items.unmarked(MARK, "video") == []
        assert items.failures() == []


def test_a_library_from_before_gets_its_moments_and_is_not_heard_again(profile: Profile) -> None:
    with _stores(profile) as (database, items, moments):
        film = _item(items, "three")
        with database.transaction():
            for table in ("moments", "strips"):
                database.execute(f"DELETE FROM {table}")
            database.execute("DELETE FROM marks WHERE space = ?", (MARK,))
            database.execute("UPDATE marks SET encoded_at = 1.0")
        moments.drop(SPACES.image)
    _index_again(profile)
    with _stores(profile) as (database, items, moments):
        known = Moments(database).of(film)
        assert known is not None
        assert list(known.ats) == ATS
        assert moments.of(SPACES.image, film)[0].tolist() == list(known.ats)
        heard = database.all("SELECT DISTINCT encoded_at FROM marks WHERE space = ?", (SPACES.audio,))
        assert heard == [(1.0,)]
        assert items.marked(SPACES.image) >= {film}


def test_moments_that_were_lost_are_made_again(profile: Profile) -> None:
    shutil.rmtree(profile.vectors / f"{MARK}.lance")
    _index_again(profile)
    with _stores(profile) as (_, items, moments):
        assert moments.of(SPACES.image, _item(items, "three"))[0].tolist() == ATS


def test_moments_of_an_older_encoder_are_dropped(profile: Profile) -> None:
    older = "builtin-image-v0-0123456789abcdef"
    learned = "clip-v1-0123456789abcdef"
    with _stores(profile) as (_, items, moments):
        film = _item(items, "three")
        for space in (older, learned):
            moments.add(space, film, np.array([1.0]), np.ones((1, 8), np.float32))
            items.mark([(film, mark_of(space))])
        items.unmark([(film, MARK)])  # so that there is something to do
    _index_again(profile)
    with _stores(profile) as (_, items, moments):
        assert moments.spaces() == sorted([SPACES.image, learned])
