"""Real music and films, and a thousand malformed files, through the whole program."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QCoreApplication
from pytestqt.qtbot import QtBot

from app.paths import Profile
from app.player.base import PlayerState
from app.player.qt import QtPlayer
from app.protocol import Scan
from app.store.facts import Facts
from app.store.item_lists import ItemLists, ListQuery
from app.store.items import Items
from app.store.vectors import Vectors
from app.studio.features import load_features
from app.studio.spaces import builtin_spaces
from models.ids import ItemId
from models.taste import Labels, Taste
from tests.studio_run import Run

pytestmark = [pytest.mark.journey, pytest.mark.media]


@pytest.fixture(scope="module")
def real(shared_media: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A profile that has taken in all the real media."""
    root = tmp_path_factory.mktemp("real") / "profile"
    run = Run(Profile.at(root))
    run.start()
    run.patience = 300.0
    run.take_in(shared_media)
    assert run.failures() == []
    run.studio.close()
    return root


def files_of(folder: Path) -> set[Path]:
    # Resolved, as the library does it: the shared folder may be a link.
    return {path for path in folder.resolve().rglob("*") if path.is_file() and path.suffix != ".md"}


def test_everything_is_scanned_encoded_and_shown(real: Path, shared_media: Path) -> None:
    run = Run(Profile.at(real))
    with run.database() as database:
        items, lists = Items(database), ItemLists(database)
        rows = lists.rows([ItemId(one) for one in lists.ids(ListQuery())])
        assert {Path(row.path) for row in rows} == files_of(shared_media)
        assert items.failures() == []
        spaces = builtin_spaces()
        audio, image, text = (items.marked(space) for space in spaces.all)
        assert text == {row.id for row in rows}
        assert {row.id for row in rows if row.kind == "track"} <= audio
        assert {row.id for row in rows if row.kind == "video"} <= image
        assert all(row.title and row.duration > 0 and row.codec for row in rows)
        videos = [row for row in rows if row.kind == "video"]
        assert all(row.width and row.height and row.cover for row in videos)
        assert all((Profile.at(real).covers / f"{row.cover}.jpg").is_file() for row in rows if row.cover)


def test_everything_plays(real: Path, shared_media: Path, qtbot: QtBot) -> None:
    player = QtPlayer()
    failed: list[str] = []
    player.events.failed.add(lambda error: failed.append(str(error)))
    try:
        for path in sorted(files_of(shared_media)):
            player.load(path)
            player.play()
            qtbot.waitUntil(lambda: player.position > 0.1 or bool(failed), timeout=20_000)
            assert failed == []
            player.stop()
            qtbot.waitUntil(lambda: player.state is PlayerState.STOPPED, timeout=20_000)
    finally:
        player.close()
        QCoreApplication.processEvents()


@pytest.mark.parametrize("with_words", [False, True], ids=["sound alone", "with words"])
def test_three_likes_of_one_artist_find_the_others(
    real: Path, with_words: bool, record_property: Callable[[str, object], None]
) -> None:
    """Mean AUC over all triples of HoliznaCC0 likes, of that artist's other full tracks against all others' tracks."""
    profile, spaces = Profile.at(real), builtin_spaces()
    vectors = Vectors(profile.vectors)
    features = load_features(vectors, spaces.all if with_words else (spaces.audio,))
    vectors.close()
    with Run(profile).database() as database:
        facts = {fact.id: fact for fact in Facts(database).present()}
        paths = {number: Items(database).path_of(ItemId(number)) or "" for number in facts}
    tracks = [n for n, fact in facts.items() if fact.kind == "track" and "/formats/" not in paths[n]]
    mine = [n for n in tracks if facts[n].artist == "HoliznaCC0"]
    rest = features.positions([n for n in tracks if n not in mine])
    areas = []
    for triple in combinations(mine, 3):
        rows = features.positions(triple)
        ones = np.ones(3, np.float32)
        found = Taste.fit(features.rows, Labels(rows, ones, ones, 0 * ones)).score(features.rows).discovery
        others = features.positions([n for n in mine if n not in triple])
        areas.append(float((found[others][:, None] > found[rest][None, :]).mean()))
    record_property("mean_auc", round(float(np.mean(areas)), 3))
    assert len(areas) == 120
    assert np.mean(areas) >= 0.80


def test_malformed_files_are_listed_once_and_left_alone(shared_odd_media: Path, tmp_path: Path) -> None:
    run = Run(Profile.at(tmp_path / "profile"))
    run.start()
    run.patience = 300.0
    try:
        run.take_in(shared_odd_media)
        with run.database() as database:
            before = Items(database).failures()
            counts = Items(database).counts()
        assert run.failures() == []
        assert len(before) > 50
        assert all(failure.reason for failure in before)
        assert counts.tracks > 50
        run.tell(Scan())
        run.settle()
        with run.database() as database:
            assert {(f.path, f.at) for f in Items(database).failures()} == {(f.path, f.at) for f in before}
    finally:
        run.studio.close()
