"""Items by words, in real SQLite: which, and in which order."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.store.database import Database
from app.store.item_lists import ItemLists, ListQuery
from app.store.items import Items
from app.store.search import Node, parse, plain_words, without_words
from app.store.word_search import WordSearch
from tests.factories import found_item, open_database

ROWS = [
    {"title": "Hyperballad", "artist": "Björk", "album": "Post", "genre": "Electronic; Pop", "year": 1995},
    {"title": "Post Office Blues", "artist": "Old Joe", "album": "Björk covers", "genre": "Blues"},
    {"title": "The Post", "artist": "Joni", "genre": "Folk", "year": 1971},
    {"title": "Compost", "artist": "Nobody", "kind": "video"},
    {"title": "Björk", "artist": "Admirers", "album": "Letters"},
]


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Database:
    made = open_database(tmp_path_factory.mktemp("words"))
    items = Items(made)
    folder = items.add_folder("/music").id
    items.save_found([found_item(at, folder, **row) for at, row in enumerate(ROWS)])
    return made


@pytest.fixture
def words(database: Database) -> WordSearch:
    return WordSearch(database)


def node(text: str) -> Node:
    found = parse(text)
    assert found is not None
    return found


def fitting(words: WordSearch, text: str, kind: str = "", most: int = 10) -> list[int]:
    return words.fitting(node(text), kind, most).tolist()


def test_titles_come_before_artists_albums_and_parts_of_words(words: WordSearch) -> None:
    assert fitting(words, "post") == [2, 3, 1, 4]
    assert fitting(words, "björk") == [5, 1, 2]


def test_all_the_words_as_the_whole_title_come_first(words: WordSearch) -> None:
    assert fitting(words, "the post")[0] == 3


@pytest.mark.parametrize(
    "text", ["post", "björk", "artist:björk", "post -genre:blues", "year:1971", "a OR b", '"post o"']
)
def test_what_fits_is_what_the_lists_of_the_window_have(words: WordSearch, database: Database, text: str) -> None:
    listed = ItemLists(database).ids(ListQuery(search=text))
    assert sorted(fitting(words, text)) == sorted(listed)


def test_kinds_and_counts_limit(words: WordSearch) -> None:
    assert fitting(words, "post", kind="video") == [4]
    assert fitting(words, "post", most=2) == [2, 3]
    assert fitting(words, "nothing at all") == []


def test_what_fields_allow(words: WordSearch) -> None:
    assert words.allowed(None, "") is None
    for text, expected in (("piano artist:björk", [1]), ("piano -post", [5]), ("piano year:>1990", [1])):
        found = words.allowed(without_words(node(text)), "")
        assert found is not None
        assert found.tolist() == expected
    video = words.allowed(None, "video")
    assert video is not None
    assert video.tolist() == [4]


@pytest.mark.parametrize(
    ("text", "plain", "restricted"),
    [
        ("rainy night", ["rainy", "night"], False),
        ('"Rainy  Night" artist:x', ["Rainy Night"], True),
        ("Café OR year:1999", ["Café"], False),
        ("-live", [], True),
        ("(piano OR cello) -live", ["piano", "cello"], True),
        ("artist:x OR genre:y", [], True),
        ("NOT (a b)", [], True),
    ],
)
def test_plain_words_and_what_else_is_demanded(text: str, plain: list[str], restricted: bool) -> None:
    assert [word.typed for word in plain_words(node(text))] == plain
    assert (without_words(node(text)) is not None) is restricted


def test_present_and_texts(words: WordSearch, tmp_path: Path) -> None:
    assert words.present(np.array([4, 1, 99])).tolist() == [1, 4]
    assert words.present(np.array([4, 1, 99]), "video").tolist() == [4]
    assert words.texts([1, 99]) == {1: "hyperballad bjork bjork post electronic; pop"}
    other = open_database(tmp_path)
    items = Items(other)
    folder = items.add_folder("/music")
    items.save_found([found_item(0, folder.id)])
    items.set_online(folder.id, False)
    assert WordSearch(other).present(np.array([1])).tolist() == []
    other.close()


def test_many_words_are_no_trouble(words: WordSearch) -> None:
    assert fitting(words, " ".join(["post"] * 90)) == [2, 3, 1, 4]


def test_what_is_of_a_kind_is_read_again_after_others_wrote(tmp_path: Path) -> None:
    writing, reading = open_database(tmp_path), open_database(tmp_path)
    words, items = WordSearch(reading), Items(writing)
    folder = items.add_folder("/music").id
    for count in (1, 2):
        items.save_found([found_item(count, folder, kind="video")])
        for _ in range(2):
            found = words.allowed(None, "video")
            assert found is not None
            assert len(found) == count
    writing.close()
    reading.close()
