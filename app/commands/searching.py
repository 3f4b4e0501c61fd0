"""`bowerbird search`: what fits words, by tags and by what it sounds like and shows, without a window."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence

from app.commands.studio_run import StudioRun, studio_for
from app.encoder_messages import EncodersChanged
from app.errors import Locked, ProcessError
from app.paths import RESOURCES, Profile
from app.search_messages import FoundBy, Hit, Hits, Meaning, Search
from app.store.database import Database
from app.store.item_values import ItemRow
from app.store.items import Items
from app.store.search import parse
from app.store.word_search import WordSearch
from models.ids import ItemId

LOADING = 120.0
"""Seconds that encoders may take to be loaded, after which what was found without them is shown."""
WHY = {
    FoundBy.WORDS: "by its tags",
    FoundBy.NEARLY: "nearly by its tags",
    FoundBy.SOUND: "by its sound",
    FoundBy.PICTURE: "by what it shows",
    FoundBy.MOMENT: "by a moment",
}


def search(profile: Profile, options: argparse.Namespace) -> int:
    """Print what fits the words. Beside an open window: by the tags only, since the studio is the window's."""
    words = " ".join(options.words)
    try:
        with studio_for(profile) as run:
            found = _asked(run, Search(0, words, options.n, options.kind))
        hits, meaning = found.hits, found.meaning
    except Locked:
        hits, meaning = _by_tags(profile, words, options.n, options.kind), None
    _show(profile, hits, meaning, as_json=options.json)
    return 0


def _asked(run: StudioRun, question: Search) -> Hits:
    """The answer, once the encoders that there are have been loaded."""
    deadline = time.monotonic() + LOADING
    while True:
        found = run.ask(lambda number: Search(number, question.words, question.count, question.kind), Hits)
        if found.meaning is not Meaning.LOADING or time.monotonic() > deadline:
            return found
        try:
            run.wait_for(EncodersChanged, 1.0)
        except ProcessError:
            continue  # it may have been said while the answer was waited for


def _by_tags(profile: Profile, words: str, count: int, kind: str) -> tuple[Hit, ...]:
    node = parse(words)
    with _reader(profile) as database:
        found = WordSearch(database).fitting(node, kind, count) if node is not None else ()
        return tuple(Hit(int(item), 0.0, (FoundBy.WORDS,)) for item in found)


def _show(profile: Profile, hits: Sequence[Hit], meaning: Meaning | None, *, as_json: bool) -> None:
    with _reader(profile) as database:
        items = Items(database)
        rows = [(hit, items.item(ItemId(hit.item))) for hit in hits]
    if as_json:
        print(json.dumps([_plain(hit, row) for hit, row in rows if row is not None], ensure_ascii=False))
        return
    if not rows:
        print("Nothing was found.")
    for place, (hit, row) in enumerate(rows, 1):
        if row is not None:
            name = f"{row.artist} - {row.title}" if row.artist else row.title
            why = ", ".join(WHY[reason] for reason in hit.found_by)
            print(f"{place:3}. {name}")
            print(f"     {why}{f' at {_clock(hit.at)}' if hit.at >= 0 else ''}")
    if meaning is Meaning.NONE:
        print("Words are looked for in the tags only. To search by what they mean: bowerbird encoders list")


def _plain(hit: Hit, row: ItemRow) -> dict[str, object]:
    return {
        "path": row.path,
        "kind": row.kind,
        "title": row.title,
        "artist": row.artist,
        "found_by": list(hit.found_by),
        "at": hit.at if hit.at >= 0 else None,
    }


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}" if minutes >= 60 else f"{minutes}:{rest:02}"


def _reader(profile: Profile) -> Database:
    return Database.open(profile.library, RESOURCES / "migrations")
