"""The loaders read the real files whole, tiny ones of every form, leak nothing, and name what is missing."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from app.errors import MediaError
from app.paths import Profile
from app.store.feedback import Feedback
from app.store.feedback_file import export_feedback
from app.store.items import Items
from app.store.vectors import Vectors
from app.studio.evaluate import datasets, table
from app.studio.evaluate.building import MOST_RATINGS, Sample, others
from app.studio.evaluate.datasets import open_dataset
from app.studio.spaces import builtin_spaces
from models.evaluation.audience import Audience
from models.ids import ItemId
from tests.factories import found_item, open_database

FILMS = 120


def _scores(users: int = 12, rated: int = 90) -> list[tuple[int, int, float, int]]:
    rng = np.random.default_rng(0)
    out = []
    for user in range(1, users + 1):
        for step, film in enumerate(rng.permutation(FILMS)[:rated]):
            out.append((user, int(film) + 1, float(rng.integers(1, 6)), 900_000_000 + 86_400 * step))
    return out


def _movielens_1m(folder: Path) -> Path:
    films = [f"{n}::Film {n} ({1950 + n % 50})::{'Drama|War' if n % 2 else 'Comedy'}" for n in range(1, FILMS + 1)]
    (folder / "movies.dat").write_text("\n".join(films), encoding="latin-1")
    (folder / "ratings.dat").write_text("\n".join(f"{u}::{i}::{r:.0f}::{t}" for u, i, r, t in _scores()))
    return folder


def _movielens_latest(folder: Path) -> Path:
    films = [f'{n},"Film, The {n} ({1950 + n % 50})",{"Drama|War" if n % 2 else "Comedy"}' for n in range(1, FILMS + 1)]
    lines = [f"{u},{i},{r},{t}" for u, i, r, t in _scores()]
    made = folder / "ml.zip"
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("ml-latest-small/movies.csv", "\n".join(["movieId,title,genres", *films]))
        archive.writestr("ml-latest-small/ratings.csv", "\n".join(["userId,movieId,rating,timestamp", *lines]))
        archive.writestr("ml-latest-small/README.txt", "read me")
    return made


def _movielens_100k(folder: Path) -> Path:
    films = []
    for n in range(1, FILMS + 1):
        day = "" if n == 7 else f"01-Jan-{1950 + n % 50}"
        films.append(f"{n}|Film {n} (19xx)|{day}||http://x|" + "|".join(str(int(n % 19 == g)) for g in range(19)))
    (folder / "u.item").write_text("\n".join(films), encoding="latin-1")
    (folder / "u.data").write_text("\n".join(f"{u}\t{i}\t{r:.0f}\t{t}" for u, i, r, t in _scores()))
    return folder


def _table(folder: Path) -> Path:
    items = ["id,title,artist,tempo,loudness"]
    items += [f"i{n},Song {n} of rain,Artist {n % 9},{100 + n},{-n / 10 if n % 5 else ''}" for n in range(1, FILMS + 1)]
    (folder / "items.csv").write_text("\n".join(items))
    lines = ["user,item,rating,timestamp", *(f"u{u},i{i},{r},{t}" for u, i, r, t in _scores()), "u1,unknown,5,1"]
    (folder / "ratings.csv").write_text("\n".join(lines))
    return folder / "ratings.csv"


@pytest.mark.parametrize("make", [_movielens_100k, _movielens_1m, _movielens_latest, _table])
def test_every_form_of_ratings_is_recognised(tmp_path: Path, make: Callable[[Path], Path]) -> None:
    made = open_dataset(str(make(tmp_path)), Sample(users=8))
    assert len(made.features) == FILMS
    assert len(made.listeners) == 8
    assert made.population is not None
    assert made.population.people == 4
    assert made.timed
    assert not made.implicit
    assert made.scale == 4.0
    for listener in made.listeners:
        assert len(np.unique(listener.rows)) == len(listener.rows) == 90
        assert listener.days.tolist() == list(range(90))
        assert set(np.unique(listener.targets)) <= {0.0, 0.25, 0.5, 0.75, 1.0}
    np.testing.assert_allclose(np.linalg.norm(made.features, axis=1), 1.0, atol=1e-5)
    halves = [open_dataset(str(make(tmp_path)), Sample(users=6, half=half)) for half in (0, 1)]
    first, second = ({tuple(one.rows) for one in half.listeners} for half in halves)
    assert len(first) == len(second) == 6
    assert not first & second


def test_targets_are_the_ratings_of_the_file(tmp_path: Path) -> None:
    _movielens_1m(tmp_path)
    made = open_dataset(str(tmp_path), Sample(users=12))
    wanted = {(u, i): r for u, i, r, _ in _scores()}
    # Films stand in the order of their file, people in rising order.
    for user, listener in enumerate(made.listeners, 1):
        for row, target in zip(listener.rows, listener.targets, strict=True):
            assert target == pytest.approx((wanted[user, int(row) + 1] - 1) / 4)


def test_a_table_of_likes_is_implicit_and_artists_are_known(tmp_path: Path) -> None:
    _table(tmp_path)
    lines = ["person\ttrack", *(f"u{u}\ti{i}" for u, i, _, _ in _scores(rated=40))]
    path = tmp_path / "likes.csv"
    path.write_text("\n".join(lines))
    made = open_dataset(str(path), Sample(users=5), items=tmp_path / "items.csv")
    assert made.implicit
    assert not made.timed
    assert len(set(made.artists.tolist())) == 9
    assert made.artists.min() >= 0


def test_a_later_rating_replaces_an_earlier_one(tmp_path: Path) -> None:
    (tmp_path / "items.csv").write_text("id,title\n" + "\n".join(f"{n},word{n} common" for n in range(20)))
    lines = [f"1,{n},5,{n}" for n in range(19, -1, -1)] + ["1,3,1,100"]
    (tmp_path / "ratings.csv").write_text("user,item,rating,timestamp\n" + "\n".join(lines))
    (listener,) = open_dataset(str(tmp_path), Sample()).listeners
    assert len(listener.rows) == 20
    assert listener.rows[-1] == 3
    assert listener.targets[-1] == 0.0
    assert listener.rows[0] == 0


@pytest.mark.parametrize(
    ("files", "given", "said"),
    [
        ({}, "nowhere", "no such data set"),
        ({}, ".", "No data set was found"),
        ({"notes.txt": "hello"}, "notes.txt", "cannot be told"),
        ({"r.csv": "user,item,rating\n1,2,3\n"}, "r.csv", "table of items is missing"),
        ({"r.csv": "user,item,rating\n1,2,x\n", "items.csv": "id,t\n2,a\n"}, "r.csv", "Line 2"),
        ({"r.csv": "user,item,rating\n1,2,nan\n", "items.csv": "id,t\n2,a\n"}, "r.csv", "not finite"),
        ({"r.csv": "user,item,rating\n1,2\n", "items.csv": "id,t\n2,a\n"}, "r.csv", "fewer columns"),
        ({"r.csv": "user,item,rating\n1,9,3\n", "items.csv": "id,t\n2,a\n"}, "r.csv", "No rating is about"),
        ({"r.csv": "user,item,rating\n1,2,3\n", "items.csv": "id\n2\n3\n"}, "r.csv", "no features"),
        ({"r.csv": "user,item,rating\n", "items.csv": "id,t\n2,a\n"}, "r.csv", "empty"),
        ({"x.rda": "nonsense"}, "x.rda", "R file cannot be read"),
        ({"u.data": "1\t1\tmany\t0\n", "u.item": "1|a|01-Jan-1990|||" + "|".join("0" * 19)}, ".", "damaged"),
        ({"u.data": "1\t1\t3\t0\n"}, ".", "No data set was found"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, files: dict[str, str], given: str, said: str) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    with pytest.raises(MediaError, match=said):
        open_dataset(str(tmp_path / given), Sample())


@pytest.mark.parametrize("name", datasets.NAMES)
def test_a_named_set_that_is_not_there_says_what_is_missing(tmp_path: Path, name: str) -> None:
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(MediaError, match=r"Missing: .*--data"):
            open_dataset(name, Sample(), folder=folder)


def test_ratings_need_the_columns_they_are_read_by(tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text("who,item,rating\n1,2,3\n")
    (tmp_path / "i.csv").write_text("id,t\n2,a\n")
    with pytest.raises(MediaError, match="user,item,rating"):
        table.load_table(tmp_path / "r.csv", tmp_path / "i.csv", Sample())


def test_a_large_population_is_drawn_from() -> None:
    one = (np.arange(1_000, dtype=np.int64), np.ones(1_000, np.float32))
    drawn = others([one] * 200, 1_000, seed=0)
    assert drawn is not None
    assert len(drawn) == MOST_RATINGS
    assert others([], 10, seed=0) is None


@pytest.fixture
def library(profile: Profile) -> Profile:
    """Sixty items with text vectors; forty rated, one of them twice."""
    rng = np.random.default_rng(0)
    with open_database(profile.root) as database:
        database.execute("INSERT INTO folders (id, path, added_at) VALUES (1, '/music', 0)")
        Items(database).save_found([found_item(number) for number in range(60)])
        ids = [int(row[0]) for row in database.all("SELECT id FROM items ORDER BY path")]
        feedback = Feedback(database)
        for number, item in enumerate(ids[:40]):
            feedback.stars(ItemId(item), 1.0 + number % 5)
        feedback.like(ItemId(ids[0]))
        lines = list(export_feedback(database))
    space = builtin_spaces().text
    vectors = Vectors(profile.vectors)
    try:
        made = rng.normal(size=(60, 512)).astype(np.float32)
        vectors.add(space, np.array(ids, np.int64), made / np.linalg.norm(made, axis=1, keepdims=True))
    finally:
        vectors.close()
    damaged = ["{", "[]", json.dumps({"identity": "zz", "kind": "like", "value": None, "at": 1})]
    (profile.root / "feedback.jsonl").write_text("\n".join([*lines, *damaged]))
    return profile


def test_the_users_own_feedback_is_a_data_set(library: Profile) -> None:
    made = open_dataset(str(library.root / "feedback.jsonl"), Sample(), profile=library)
    assert len(made.listeners) == 20
    assert made.population is None
    assert not made.implicit
    listener = made.listeners[0]
    assert len(listener.rows) == 40
    assert sorted(np.unique(listener.targets).round(2)) == [0.2, 0.4, 0.6, 0.8, 1.0]
    assert len(made.artist_codes()) == len(made.features) == 60
    assert len(set(made.artists.tolist())) == 7


def test_own_feedback_needs_a_library_with_vectors(library: Profile, tmp_path: Path) -> None:
    feedback = library.root / "feedback.jsonl"
    empty = Profile.at(tmp_path / "empty")
    with pytest.raises(MediaError, match="no library"):
        open_dataset(str(feedback), Sample(), profile=empty)
    lines = feedback.read_text().splitlines()
    feedback.write_text("\n".join(lines[:10]))
    with pytest.raises(MediaError, match="Only 9 rated"):
        open_dataset(str(feedback), Sample(), profile=library)
    shutil.rmtree(library.vectors)
    with pytest.raises(MediaError, match="no vectors"):
        open_dataset(str(feedback), Sample(), profile=library)


@pytest.mark.media
def test_movielens_is_read_whole(shared_data: Path) -> None:
    audience = datasets.movielens(shared_data, users=40)
    assert audience.features.shape == (1682, 96)
    assert len(audience.listeners) == 40
    assert not audience.implicit
    assert audience.population is not None
    assert audience.population.people == 943 - 40
    assert len(audience.population) + sum(len(one.rows) for one in audience.listeners) == 100_000
    for listener in audience.listeners:
        assert len(np.unique(listener.rows)) == len(listener.rows) >= 80
        assert set(np.unique(listener.targets)) <= {0.0, 0.25, 0.5, 0.75, 1.0}
        assert (np.diff(listener.days) >= 0).all()
        assert listener.days[0] == 0


@pytest.mark.media
def test_jester_is_read_whole(shared_data: Path) -> None:
    audience = open_dataset("jester", Sample(users=30), folder=shared_data)
    assert len(audience.features) == 100
    assert len(audience.listeners) == 30
    assert audience.scale == 20.0
    assert all(len(one.rows) >= 60 for one in audience.listeners)
    assert not audience.timed


@pytest.mark.media
def test_tags_of_tested_listeners_do_not_shape_the_features(shared_data: Path, tmp_path: Path) -> None:
    names = ("lastfm_artists.dat", "lastfm_user_artists.dat", "lastfm_user_taggedartists.dat")
    for name in names:
        # The published names and ours are both known.
        shutil.copyfile(shared_data / name, tmp_path / name.removeprefix("lastfm_"))
    before: Audience = open_dataset(str(tmp_path), Sample(users=30))
    # Everything the tested listeners tagged goes; nothing may change.
    lines = (shared_data / names[1]).read_text(encoding="utf-8").splitlines()[1:]
    counts: dict[int, int] = {}
    for line in lines:
        user = int(line.split("\t")[0])
        counts[user] = counts.get(user, 0) + 1
    eligible = [user for user in sorted(counts) if counts[user] >= 30]
    tested = {eligible[place] for place in np.random.default_rng(0).permutation(len(eligible))[:30]}
    path = tmp_path / "user_taggedartists.dat"
    tags = path.read_text(encoding="utf-8").splitlines()
    kept = [tags[0], *(line for line in tags[1:] if int(line.split("\t")[0]) not in tested)]
    assert len(kept) < len(tags)
    path.chmod(0o644)
    path.write_text("\n".join(kept) + "\n", encoding="utf-8")
    after = open_dataset(str(tmp_path), Sample(users=30))
    np.testing.assert_array_equal(before.features, after.features)
    assert before.implicit
    assert all((listener.targets == 1).all() and len(listener.rows) >= 25 for listener in before.listeners)
