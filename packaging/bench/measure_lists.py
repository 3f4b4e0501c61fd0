"""Filter, sort and search of 100,000 Items in SQL, beside the same in Python on rows held in memory."""

from __future__ import annotations

from collections.abc import Iterator

from made_profile import made_profile
from table import Row, seconds

from app.paths import RESOURCES
from app.store.database import Database
from app.store.item_lists import ItemLists, ListQuery, SortKey


def rows() -> Iterator[Row]:
    """Yield the times of a search, of sorts, and of a page of rows."""
    profile = made_profile(100_000)
    database = Database.open(profile.library, RESOURCES / "migrations", readonly=True, scores=profile.scores)
    try:
        lists = ItemLists(database)
        everything = lists.ids(ListQuery())
        held = lists.rows(everything)
        word = held[len(held) // 2].artist.split()[0].casefold()

        def searched() -> list[int]:
            return [row.id for row in held if word in f"{row.title} {row.artist} {row.album}".casefold()]

        def by_artist() -> list[int]:
            order = sorted(held, key=lambda row: (row.artist.casefold(), row.album.casefold(), row.track_number or 0))
            return [row.id for row in order]

        def by_title() -> list[int]:
            return [row.id for row in sorted(held, key=lambda row: row.title.casefold())]

        whose = "ms Python list"
        for name, query, theirs in (
            ("search one word in 100,000", ListQuery(search=word), searched),
            ("sort 100,000 by artist", ListQuery(), by_artist),
            ("sort 100,000 by title", ListQuery(sort=SortKey.TITLE), by_title),
        ):
            ours = seconds(lambda query=query: lists.ids(query)) * 1000
            yield Row(name, "ms", ours, seconds(theirs) * 1000, whose)
        yield Row("sort 100,000 by score", "ms", seconds(lambda: lists.ids(ListQuery(sort=SortKey.SCORE))) * 1000)
        yield Row("read a page of 256 rows", "ms", seconds(lambda: lists.rows(everything[5000:5256])) * 1000)
    finally:
        database.close()
