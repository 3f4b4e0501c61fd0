"""`bowerbird rate`, `export` and `import`: feedback without a window. They work beside an open window, too."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from app.errors import MediaError, SettingsError
from app.files import write_atomically
from app.paths import RESOURCES, Profile
from app.store.database import Database
from app.store.feedback import Feedback
from app.store.feedback_file import export_feedback, import_feedback
from app.store.item_values import ItemRow
from app.store.items import Items
from models.ids import ItemId


def rate(profile: Profile, options: argparse.Namespace) -> int:
    """Rate one file of the library."""
    with _writer(profile) as database:
        row = find(database, options.path)
        _rate(Feedback(database), row.id, options.rating)
        now = Items(database).item(row.id)
    if options.json and now is not None:
        print(json.dumps({"path": now.path, "title": now.title, "liked": now.liked, "stars": now.stars}))
    else:
        print(f"{options.rating}: {row.title}")
    return 0


def export(profile: Profile, options: argparse.Namespace) -> int:
    """Write all feedback as JSON Lines."""
    with _writer(profile) as database:
        lines = list(export_feedback(database))
    text = "\n".join(lines) + "\n"
    if options.file is None:
        sys.stdout.write(text)
    else:
        write_atomically(options.file, text.encode())
        print(f"{len(lines) - 1} rows written to {options.file}", file=sys.stderr)
    return 0


def import_(profile: Profile, options: argparse.Namespace) -> int:
    """Take exported feedback in; rows that are already there are passed over."""
    try:
        text = sys.stdin.read() if options.file is None else options.file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise MediaError("The file cannot be read", str(error), options.file) from error
    with _writer(profile) as database:
        taken = import_feedback(database, text.splitlines())
    if options.json:
        counts = {
            "added": taken.added,
            "known": taken.known,
            "unmatched": taken.unmatched,
            "damaged": taken.damaged,
        }
        print(json.dumps(counts))
    else:
        print(
            f"{taken.added} rows taken in, {taken.known} known before, {taken.unmatched} about items not here, "
            f"{taken.damaged} unreadable."
        )
    return 0


def find(database: Database, path: Path) -> ItemRow:
    """The Item of a file. Raises MediaError where it is not in the library."""
    items = Items(database)
    row = items.item_by_path(str(path.absolute())) or items.item_by_path(str(path.resolve()))
    if row is None:
        raise MediaError("This file is not in the library", "Add it first: bowerbird scan DIR", path)
    return row


def _rate(feedback: Feedback, item: ItemId, rating: str) -> None:
    match rating:
        case "like":
            feedback.like(item, "command")
        case "dislike":
            feedback.dislike(item, "command")
        case "clear":
            feedback.clear(item, "command")
            feedback.stars(item, 0, "command")
        case _:
            try:
                feedback.stars(item, float(rating), "command")
            except ValueError as error:
                raise SettingsError(
                    f"{rating} is no rating", "Give 0 to 5 in halves, like, dislike or clear."
                ) from error


def _writer(profile: Profile) -> Database:
    return Database.open(profile.library, RESOURCES / "migrations")
