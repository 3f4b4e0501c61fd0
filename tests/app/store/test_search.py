"""The search field: never raises, and finds what a plain reading of the words in Python finds."""

from __future__ import annotations

import operator
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.store.database import Database
from app.store.feedback import Feedback
from app.store.item_lists import ItemLists, ListQuery, SortKey
from app.store.item_values import ItemRow
from app.store.items import Items
from app.store.search import And, Between, Not, Or, State, Words, condition, parse
from app.store.text import fold
from models.ids import ItemId
from tests.factories import found_item, open_database

_ROWS = [
    {"title": "Hyperballad", "artist": "Björk", "album": "Post", "genre": "Electronic; Pop", "year": 1995},
    {"title": "Jóga", "artist": "Björk", "album": "Homogenic", "genre": "Electronic", "year": 1997},
    {"title": "Post Office Blues", "artist": "Old Joe", "album": "", "genre": "Blues", "year": None},
    {"title": "AND OR NOT", "artist": 'The "Quotes"', "album": "(Brackets)", "genre": "", "year": 2003},
    {"title": "100% é *", "artist": "u2", "album": "War", "genre": "Rock", "year": 1983, "kind": "video"},
    {"title": "Blue", "artist": "Joni", "album": "Blue", "album_artist": "Björk", "genre": "Folk", "year": 1971},
]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Database:
    folder: Path = tmp_path_factory.mktemp("search")
    database = open_database(folder)
    items = Items(database)
    number = items.add_folder("/music").id
    items.save_found([found_item(at, number, **row) for at, row in enumerate(_ROWS)])
    feedback = Feedback(database)
    feedback.stars(ItemId(1), 4.5)
    feedback.stars(ItemId(2), 3)
    feedback.like(ItemId(1))
    feedback.dislike(ItemId(3))
    return database


def _found(library: Database, search: str) -> list[int]:
    return ItemLists(library).ids(ListQuery(search=search, sort=SortKey.ADDED)).tolist()


@pytest.mark.parametrize(
    ("search", "expected"),
    [
        ("", [1, 2, 3, 4, 5, 6]),
        ("   ", [1, 2, 3, 4, 5, 6]),
        ("bjork", [1, 2, 6]),
        ("BJÖRK", [1, 2, 6]),
        ("jö", [1, 2, 3, 6]),
        ("bjork post", [1]),
        ("post", [1, 3]),
        ("post -office", [1]),
        ("-bjork", [3, 4, 5]),
        ("NOT bjork", [3, 4, 5]),
        ("artist:bjork", [1, 2, 6]),
        ("artist:joni", [6]),
        ("album:post", [1]),
        ('"post office"', [3]),
        ('artist:"old joe"', [3]),
        ("genre:electronic", [1, 2]),
        ("title:blue", [3, 6]),
        ("year:1995..1997", [1, 2]),
        ("year:..1975", [6]),
        ("year:1997..", [2, 4]),
        ("year:1983", [5]),
        ("year:>1995", [2, 4]),
        ("-year:1995", [2, 3, 4, 5, 6]),
        ("rating:>=4", [1]),
        ("rating:<4", [2]),
        ("rating:3", [2]),
        ("is:liked", [1]),
        ("is:disliked", [3]),
        ("is:unrated", [4, 5, 6]),
        ("is:video", [5]),
        ("-is:video is:unrated", [4, 6]),
        ("hyper OR office", [1, 3]),
        ("hyper OR office blues", [1, 3]),
        ("(hyper OR office) blues", [3]),
        ("bjork (post OR homogenic)", [1, 2]),
        ("bjork AND post", [1]),
        ("-(bjork OR blues)", [4, 5]),
        ("u2", [5]),
        ("%", [5]),
        ("_", []),
        ("*", [5]),
        ('"AND OR"', [4]),
        ("year:abc", []),
        ("unknown:field", []),
        # half typed
        ("artist:", [1, 2, 3, 4, 5, 6]),
        ("bjork artist:", [1, 2, 6]),
        ('"bjork', [1, 2, 6]),
        ("(bjork", [1, 2, 6]),
        ("bjork)", [1, 2, 6]),
        ("bjork OR", [1, 2, 6]),
        ("OR bjork", [1, 2, 6]),
        ("bjork AND", [1, 2, 6]),
        ("bjork -", [1, 2, 6]),
        ("()", [1, 2, 3, 4, 5, 6]),
        ("bjork NOT", [1, 2, 6]),
        ("rating:>=", [1, 2, 3, 4, 5, 6]),
        ("bjork is:lik", [1, 2, 6]),
        ("is:nonsense", []),
    ],
)
def test_searches(library: Database, search: str, expected: list[int]) -> None:
    assert _found(library, search) == expected


@given(st.text(st.sampled_from('ab"():-*%_ .<>=0 1éOR\0\udcff') | st.characters(), max_size=60))
@settings(max_examples=300, deadline=None)
def test_no_text_raises(library: Database, text: str) -> None:
    assert len(_found(library, text)) <= len(_ROWS)


@pytest.mark.parametrize("text", ["(" * 5000, "-" * 5000, "NOT " * 5000, "a OR " * 5000, '"' * 999, "x" * 100_000])
def test_very_long_searches_are_answered(library: Database, text: str) -> None:
    assert len(_found(library, text)) <= len(_ROWS)


# The oracle: trees written out as text must be read back with the meaning that Python gives them.

_WORDS = st.sampled_from(["bjork", "blue", "post", "jo", "e", "office blues", "homogenic", "zzz", "and", "or"])
_LEAVES = st.one_of(
    _WORDS.map(Words),
    st.builds(Words, _WORDS, st.sampled_from(["title", "artist", "album", "genre"])),
    st.builds(Between, st.just("year"), st.sampled_from([None, 1983.0, 1995.0]), st.sampled_from([1997.0, 2003.0])),
    st.sampled_from(["liked", "disliked", "unrated", "video", "track"]).map(State),
)
_TREES = st.recursive(
    _LEAVES,
    lambda inner: st.one_of(
        inner.map(Not),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: And(tuple(parts))),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: Or(tuple(parts))),
    ),
    max_leaves=8,
)


def _written(node: object) -> str:
    match node:
        case Words(text, field):
            return (f"{field}:" if field else "") + f'"{text}"'
        case Between(field, low, high):
            return f"{field}:{'' if low is None else f'{low:.0f}'}..{'' if high is None else f'{high:.0f}'}"
        case State(name):
            return f"is:{name}"
        case Not(part):
            return f"-({_written(part)})"
        case And(parts):
            return "(" + " AND ".join(map(_written, parts)) + ")"
        case Or(parts):
            return "(" + " OR ".join(map(_written, parts)) + ")"
    raise AssertionError(node)


def _fits(node: object, row: ItemRow) -> bool:
    texts = {
        "title": [row.title],
        "artist": [row.artist, row.album_artist or row.artist],
        "album": [row.album],
        "genre": [row.genre],
    }
    match node:
        case Words(text, field):
            chosen = texts[field] if field else [text for found in texts.values() for text in found]
            return any(text in fold(one) for one in chosen)
        case Between(_, low, high):
            return row.year is not None and (low is None or row.year >= low) and (high is None or row.year <= high)
        case State("liked"):
            return row.liked == 1
        case State("disliked"):
            return row.liked == -1
        case State("unrated"):
            return row.liked == 0 and row.stars is None
        case State(kind):
            return row.kind == kind
        case Not(part):
            return not _fits(part, row)
        case And(parts):
            return all(_fits(part, row) for part in parts)
        case Or(parts):
            return any(_fits(part, row) for part in parts)
    raise AssertionError(node)


@given(_TREES)
@settings(max_examples=200, deadline=None)
def test_a_search_means_what_python_reads(library: Database, tree: object) -> None:
    lists = ItemLists(library)
    everything = lists.rows(lists.ids(ListQuery(sort=SortKey.ADDED)))
    expected = [row.id for row in everything if _fits(tree, row)]
    assert _found(library, _written(tree)) == expected


@given(st.lists(st.sampled_from(["hyper", "blue", "joni", "OR", "AND"]), min_size=1, max_size=7))
@settings(deadline=None)
def test_and_binds_closer_than_or(library: Database, words: list[str]) -> None:
    groups: list[list[str]] = [[]]
    for word in words:
        if word == "OR":
            groups.append([])
        elif word != "AND":
            groups[-1].append(word)
    wanted: list[Callable[[str], bool]] = [
        (lambda text, group=group: all(word in text for word in group)) for group in groups if group
    ]
    lists = ItemLists(library)
    rows = lists.rows(lists.ids(ListQuery(sort=SortKey.ADDED)))
    texts = [fold("\n".join((row.title, row.artist, row.album, row.album_artist, row.genre))) for row in rows]
    expected = [
        row.id for row, text in zip(rows, texts, strict=True) if not wanted or any(test(text) for test in wanted)
    ]
    assert _found(library, " ".join(words)) == expected


def test_conditions_hold_no_text_of_the_user() -> None:
    tree = parse("""artist:"x'; DROP TABLE items" year:1999 ab""")
    assert tree is not None
    made = condition(tree)
    assert "DROP" not in made.sql
    assert made.sql.count("?") == len(made.values)
    assert operator.contains(made.values, 1999.0)
