"""Any ratings as CSV: `user,item,rating[,timestamp]` beside a table of items with an id, texts and numbers."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from app.errors import MediaError
from app.studio.evaluate.building import RatingTable, Sample, audience, meanings, words
from models.evaluation.audience import Audience
from models.features import Basis, Block
from models.types import F32, I64

USERS = ("user", "userid", "user_id", "uid", "person", "listener")
ITEMS = ("item", "itemid", "item_id", "iid", "id", "track", "trackid", "track_id", "movieid", "song", "songid")
RATINGS = ("rating", "score", "stars", "value", "label")
TIMES = ("timestamp", "time", "at", "date", "unix")
LIMIT = 20_000_000


def load_table(ratings_file: Path, items_file: Path | None, sample: Sample) -> Audience:
    """Read both files; without an items file one named `items.csv` or `<name>_items.csv` beside it is taken.

    The lowest rating becomes target 0 and the highest 1 (a like from .65); where there is no rating, or only one
    value, everything named is a like. A column of items that is all numbers is a feature as a number, any other as
    words; one named `artist` also keeps an artist's items apart in the radio. Raises MediaError.
    """
    beside = (ratings_file.with_name("items.csv"), ratings_file.with_name(f"{ratings_file.stem}_items.csv"))
    items_file = items_file or next((path for path in beside if path.is_file()), None)
    if items_file is None:
        raise MediaError(
            "The table of items is missing",
            f"Give it with --items, or put {beside[0].name} beside the ratings: an id and columns of text or numbers.",
            ratings_file,
        )
    head, lines = _read(items_file)
    key = _column(head, ITEMS)
    row_of: dict[str, int] = {}
    kept: list[list[str]] = []
    for line in lines:
        if line[0 if key is None else key] not in row_of:
            row_of[line[0 if key is None else key]] = len(kept)
            kept.append(line)
    features = _features(head, kept, 0 if key is None else key, sample.seed)
    artist = _column(head, ("artist", "artists", "performer"))
    codes = None
    if artist is not None:
        known: dict[str, int] = {"": -1}
        codes = np.array([known.setdefault(line[artist].strip().lower(), len(known)) for line in kept], np.int64)
    ratings, implicit, scale, timed = _ratings(ratings_file, row_of)
    least = _least(ratings.people)
    return audience(
        ratings_file.stem,
        features,
        ratings,
        sample,
        least=least,
        implicit=implicit,
        timed=timed,
        scale=scale,
        unit="units of its ratings",
        artists=codes,
    )


def looks_like_ratings(path: Path) -> bool:
    """Whether a CSV file's first line names people and items."""
    try:
        with path.open(encoding="utf-8-sig", newline="", errors="replace") as file:
            first = file.readline(10_000)
        head = [name.strip().lower() for name in next(csv.reader([first], delimiter=_sign(first)), [])]
    except (OSError, csv.Error):
        return False
    return _column(head, USERS) is not None and _column(head, ITEMS) is not None


def _ratings(path: Path, row_of: dict[str, int]) -> tuple[RatingTable, bool, float, bool]:
    head, lines = _read(path)
    user, item, rating, time = (_column(head, names) for names in (USERS, ITEMS, RATINGS, TIMES))
    if user is None or item is None:
        raise MediaError("The ratings name no people or no items", "The first line must say user,item,rating.", path)
    people: dict[str, int] = {}
    found: list[tuple[int, int, float, float]] = []
    unknown = 0
    for number, line in enumerate(lines, 2):
        row = row_of.get(line[item])
        if row is None:
            unknown += 1
            continue
        try:
            value = 1.0 if rating is None else float(line[rating])
            at = 0.0 if time is None else float(line[time])
        except ValueError as error:
            raise MediaError(f"Line {number} has a rating or a time that is no number", str(error), path) from error
        if not (np.isfinite(value) and np.isfinite(at)):
            raise MediaError(f"Line {number} has a rating or a time that is not finite", "", path)
        found.append((people.setdefault(line[user], len(people)), row, value, at))
    if not found:
        raise MediaError("No rating is about an item of the table of items", f"{unknown} are about others.", path)
    table = np.array(found)
    low, high = float(table[:, 2].min()), float(table[:, 2].max())
    implicit = high <= low
    targets = np.ones(len(table)) if implicit else (table[:, 2] - low) / (high - low)
    ratings = RatingTable(
        table[:, 0].astype(np.int64), table[:, 1].astype(np.int64), targets.astype(np.float32), table[:, 3]
    )
    return ratings, implicit, 1.0 if implicit else high - low, time is not None


def _features(head: list[str], lines: list[list[str]], key: int, seed: int) -> F32:
    every = np.ones(len(lines), bool)
    numeric, texts = [], [""] * len(lines)
    for column in range(len(head)):
        if column == key:
            continue
        cells = [line[column].strip() for line in lines]
        values = _numeric(cells)
        if values is not None:
            numeric.append(values)
        else:
            texts = [f"{text} {cell.replace('|', ' ')}".strip() for text, cell in zip(texts, cells, strict=True)]
    blocks = []
    if numeric:
        blocks.append(Block("numbers", np.stack(numeric, 1).astype(np.float32), every))
    if any(texts):
        blocks.append(Block("words", words(texts), every))
        if float(np.mean([len(text.split()) for text in texts])) >= 12:
            blocks.append(Block("meaning", meanings(texts, seed=seed), every))
    if not blocks:
        raise MediaError("The table of items has no features", "It needs columns of text or numbers beside the id.")
    return Basis.fit(blocks, seed=seed).project(blocks)


def _numeric(cells: Sequence[str]) -> F32 | None:
    """The column as standardised numbers, missing ones at the mean; None where something else stands in it."""
    try:
        values = np.array([float(cell) if cell else np.nan for cell in cells])
    except ValueError:
        return None
    known = np.isfinite(values)
    if not known.any():
        return None
    spread = float(values[known].std())
    standard = np.where(known, (values - values[known].mean()) / (spread if spread > 1e-9 else 1.0), 0.0)
    return np.clip(standard, -4, 4).astype(np.float32)


def _least(people: I64) -> int:
    """The most ratings to ask of a tested person such that at least 40 people have them; 15 at the least."""
    counts = np.bincount(people)
    return next((least for least in (80, 60, 30) if (counts >= least).sum() >= 40), 15)


def _column(head: Sequence[str], names: Sequence[str]) -> int | None:
    return next((head.index(name) for name in names if name in head), None)


def _read(path: Path) -> tuple[list[str], list[list[str]]]:
    try:
        text = path.read_text(encoding="utf-8-sig", errors="replace")
        lines = [line for line in csv.reader(io.StringIO(text), delimiter=_sign(text.split("\n", 1)[0])) if line]
    except (OSError, csv.Error) as error:
        raise MediaError("The table cannot be read", str(error), path) from error
    if len(lines) < 2 or len(lines) > LIMIT:
        raise MediaError("The table is empty or has more than 20 million lines", "", path)
    head = [name.strip().lower() for name in lines[0]]
    wrong = next((number for number, line in enumerate(lines, 1) if len(line) < len(head)), None)
    if wrong is not None:
        raise MediaError(f"Line {wrong} has fewer columns than the first", "", path)
    return head, lines[1:]


def _sign(first: str) -> str:
    return "\t" if "\t" in first else ","
