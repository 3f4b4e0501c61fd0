"""Lists: order, filters, pages, albums, with and without scores."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.store.database import Database
from app.store.feedback import Feedback
from app.store.item_lists import ItemLists, ListQuery, SortKey
from app.store.item_values import ItemRow
from app.store.items import Items
from app.store.playlists import Playlists
from app.store.scores import Scores
from app.store.text import fold
from models.ids import ItemId
from tests.factories import found_item, make_library, open_database


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Database:
    """300 Items, some rated and played, most with scores."""
    folder: Path = tmp_path_factory.mktemp("lists")
    database = open_database(folder, scores=True)
    make_library(database, 300)
    feedback = Feedback(database)
    for item in range(1, 60, 7):
        feedback.stars(ItemId(item), item % 10 / 2 + 0.5)
        feedback.played(ItemId(item), 1.0, 100)
    feedback.like(ItemId(3))
    feedback.dislike(ItemId(4))
    scores = Scores(folder / "scores.db")
    chance = np.random.default_rng(0)
    scores.write(np.arange(1, 251), np.round(chance.random(250), 1).astype("f4"), chance.random(250).astype("f4"))
    scores.close()
    return database


def _key(sort: SortKey, row: ItemRow) -> tuple[object, ...]:
    album = (row.disc_number or 0, row.track_number or 0)
    keys: dict[SortKey, tuple[object, ...]] = {
        SortKey.TITLE: (fold(row.title),),
        SortKey.ARTIST: (fold(row.artist), fold(row.album), *album),
        SortKey.ALBUM: (fold(row.album), fold(row.album_artist or row.artist), *album),
        SortKey.GENRE: (fold(row.genre), fold(row.artist)),
        SortKey.YEAR: (row.year or 0, fold(row.album), *album),
        SortKey.DURATION: (row.duration,),
        SortKey.ADDED: (row.added_at,),
        SortKey.PLAYED: (row.last_played or 0,),
        SortKey.PLAYS: (row.play_count,),
        SortKey.STARS: (row.stars or 0,),
        SortKey.SCORE: (row.score or 0,),
        SortKey.PATH: (row.path,),
    }
    return (*keys[sort], row.id)


_LACKING = {
    SortKey.YEAR: lambda row: row.year is None,
    SortKey.PLAYED: lambda row: row.last_played is None,
    SortKey.STARS: lambda row: row.stars is None,
    SortKey.SCORE: lambda row: row.score is None,
}


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("sort", [key for key in SortKey if key is not SortKey.POSITION])
@pytest.mark.parametrize("few", [0, 10_000])
def test_every_order(
    library: Database, sort: SortKey, descending: bool, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.store.item_lists._FEW", few)
    lists = ItemLists(library)
    ids = lists.ids(ListQuery(sort=sort, descending=descending))
    rows = lists.rows(ids)
    assert [row.id for row in rows] == ids.tolist()
    assert sorted(ids) == list(range(1, 301))
    lacks = _LACKING.get(sort, lambda row: False)
    known = [row for row in rows if not lacks(row)]
    assert rows[: len(known)] == known, "what is unknown comes last"
    assert known == sorted(known, key=lambda row: _key(sort, row), reverse=descending)


def test_filters_join(library: Database) -> None:
    lists = ItemLists(library)
    everything = lists.rows(lists.ids(ListQuery(sort=SortKey.ADDED)))
    some = everything[40]

    def expect(query: ListQuery, ids: list[int]) -> None:
        assert sorted(lists.ids(query)) == sorted(ids)
        assert ids

    expect(ListQuery(kind="video"), [row.id for row in everything if row.kind == "video"])
    expect(ListQuery(kind="track", liked=1), [3])
    expect(ListQuery(liked=-1), [4])
    expect(ListQuery(artist=some.artist.upper()), [row.id for row in everything if row.artist == some.artist])
    expect(
        ListQuery(album=(some.album, some.artist)),
        [row.id for row in everything if (row.album, row.artist) == (some.album, some.artist)],
    )
    expect(ListQuery(genre=some.genre), [row.id for row in everything if row.genre == some.genre])
    expect(ListQuery(folder=1), [row.id for row in everything])
    word = some.title.split()[0]
    expect(
        ListQuery(search=word, sort=SortKey.SCORE),
        [
            row.id
            for row in everything
            if any(fold(word) in fold(text) for text in (row.title, row.artist, row.album, row.genre))
        ],
    )
    assert lists.ids(ListQuery(folder=2)).tolist() == []


def test_pages_keep_the_order_asked_for(library: Database) -> None:
    lists = ItemLists(library)
    assert [row.id for row in lists.rows([5, 2, 999_999, 2])] == [5, 2, 2]
    assert lists.rows([]) == []


def test_albums_artists_and_genres(database: Database, items: Items) -> None:
    number = items.add_folder("/more").id
    items.save_found(
        [
            found_item(100, number, album="Hits", album_artist="Various", artist="A", track_number=2, year=1990),
            found_item(101, number, album="HITS", album_artist="Various", artist="B", track_number=1, cover="aa" * 32),
            found_item(102, number, album="Hits", artist="C", genre="Rock; Pop"),
            found_item(103, number, album="", artist="C", genre="rock"),
        ]
    )
    lists = ItemLists(database)
    hits = lists.albums("hits")
    assert [(row.album_artist, row.count, row.year, row.cover, row.first_item) for row in hits] == [
        ("C", 1, None, "", 15),
        ("Various", 2, 1990, "aa" * 32, 14),
    ]
    for row in lists.albums():
        assert len(lists.ids(ListQuery(album=(row.album, row.album_artist)))) == row.count
    assert [(row.name, row.count) for row in lists.artists("hits")] == [("A", 1), ("B", 1), ("C", 1)]
    assert [(row.name.lower(), row.count) for row in lists.genres()] == [("pop", 1), ("rock", 2)]
    assert sorted(lists.ids(ListQuery(genre="rock"))) == [15, 16]
    assert lists.ids(ListQuery(genre="ock")).tolist() == []
    assert lists.ids(ListQuery(artist="Various", sort=SortKey.ALBUM)).tolist() == [14, 13]


def test_a_playlist_has_its_own_order_and_absent_places(database: Database, items: Items) -> None:
    playlist = Playlists(database).create("Mix", [ItemId(5), ItemId(2), ItemId(5), ItemId(9)])
    lists = ItemLists(database)
    query = ListQuery(playlist=playlist, sort=SortKey.POSITION)
    assert lists.ids(query).tolist() == [5, 2, 5, 9]
    assert sorted(lists.ids(ListQuery(playlist=playlist, sort=SortKey.TITLE))) == [2, 5, 9]
    items.mark_missing([items.known_files(1)["/music/000001.flac"].id])
    assert lists.ids(query).tolist() == [5, 5, 9]
    assert lists.ids(ListQuery(playlist=playlist, sort=SortKey.POSITION, absent=True)).tolist() == [5, 2, 5, 9]


def test_without_scores_attached_there_are_none(tmp_path: Path) -> None:
    with open_database(tmp_path) as database:
        make_library(database, 4)
        lists = ItemLists(database)
        assert lists.rows([1])[0].score is None
        assert len(lists.ids(ListQuery(sort=SortKey.SCORE, descending=True))) == 4
