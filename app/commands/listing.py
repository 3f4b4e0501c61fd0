"""`bowerbird recommend` and `bowerbird similar`: ranked items with their reasons."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable
from pathlib import Path

from app.commands.studio_run import studio_for
from app.errors import Locked, MediaError
from app.paths import RESOURCES, Profile
from app.protocol import FindSimilar, Pick, Picks, Recommend, Shelf
from app.store.database import Database
from app.store.item_lists import ItemLists, ListQuery, SortKey
from app.store.items import Items
from app.wording import sentence
from models.ids import ItemId


def recommend(profile: Profile, options: argparse.Namespace) -> int:
    """Print what the user would love. Beside an open window: the ranking it keeps, without reasons."""
    try:
        with studio_for(profile) as run:
            picks = run.ask(lambda number: Recommend(number, (Shelf.LOVE,), count=options.n, kind=options.kind), Picks)
    except Locked:
        _show(profile, _kept_ranking(profile, options.n, options.kind), as_json=options.json, column="score")
        return 0
    _show(profile, picks.shelves[0].picks, as_json=options.json, column="score")
    return 0


def similar(profile: Profile, options: argparse.Namespace) -> int:
    """Print what is like one file of the library."""
    with _reader(profile) as database:
        found = Items(database).item_by_path(str(options.path.absolute()))
        found = found or Items(database).item_by_path(str(options.path.resolve()))
    if found is None:
        raise MediaError("This file is not in the library", "Add it first: bowerbird scan DIR", options.path)
    with studio_for(profile) as run:
        picks = run.ask(lambda number: FindSimilar(number, found.id, options.n), Picks)
    _show(profile, picks.shelves[0].picks, as_json=options.json, column="likeness")
    return 0


def _kept_ranking(profile: Profile, count: int, kind: str) -> list[Pick]:
    with _reader(profile) as database:
        lists = ItemLists(database)
        ids = lists.ids(ListQuery(kind=kind, sort=SortKey.SCORE, descending=True))[:count]
        return [
            Pick(row.id, row.score, row.deviation or 0.0)
            for row in lists.rows([ItemId(item) for item in ids])
            if row.score is not None
        ]


def _show(profile: Profile, picks: Iterable[Pick], *, as_json: bool, column: str) -> None:
    with _reader(profile) as database:
        items = Items(database)
        rows = [(pick, items.item(ItemId(pick.item))) for pick in picks]
    if as_json:
        print(
            json.dumps(
                [
                    {
                        "path": row.path,
                        "title": row.title,
                        "artist": row.artist,
                        column: round(pick.score, 4),
                        "reason": sentence(pick.reason),
                    }
                    for pick, row in rows
                    if row is not None
                ],
                ensure_ascii=False,
            )
        )
        return
    if not rows:
        print("Nothing yet. Add music with: bowerbird scan DIR")
    for place, (pick, row) in enumerate(rows, 1):
        if row is not None:
            name = f"{row.artist} - {row.title}" if row.artist else row.title
            print(f"{place:3}. {pick.score:.2f}  {name}")
            print(f"           {sentence(pick.reason) or Path(row.path).name}")


def _reader(profile: Profile) -> Database:
    return Database.open(profile.library, RESOURCES / "migrations", scores=profile.scores)
