"""Finds a data set by name or path, says what it is, and reads it; what is missing is named.

Data sets of other people's ratings are read for measuring only: nothing learned on them ships. Called by
`bowerbird evaluate` and the studies of this package.
"""

from __future__ import annotations

import zipfile
from pathlib import Path

from app.errors import MediaError
from app.paths import Profile
from app.studio.evaluate import jester, own, table
from app.studio.evaluate import lastfm as lastfm_files
from app.studio.evaluate import movielens as movielens_files
from app.studio.evaluate.building import Files, Sample
from models.evaluation.audience import Audience, Listener

__all__ = ["NAMES", "Audience", "Listener", "Sample", "lastfm", "movielens", "open_dataset", "shared_folder"]

NAMES = ("movielens", "lastfm", "jester")
JESTER = "Jester5k.rda"
KINDS = """\
MovieLens 100k (u.data, u.item), 1M (ratings.dat, movies.dat) or newer (ratings.csv, movies.csv), as folder or zip;
HetRec Last.fm (user_artists.dat, artists.dat, user_taggedartists.dat); Jester5k.rda;
a CSV user,item,rating[,timestamp] with --items FILE; feedback written by `bowerbird export`."""


def open_dataset(
    name: str,
    sample: Sample,
    *,
    folder: Path | None = None,
    items: Path | None = None,
    profile: Profile | None = None,
) -> Audience:
    """Read the data set of that name (looked for in `folder`) or at that path. Raises MediaError, naming what is
    missing.
    """
    if name in NAMES and not Path(name).exists():
        return _named(name, folder or shared_folder(), sample)
    path = Path(name).expanduser()
    if not path.exists():
        raise MediaError(
            "There is no such data set",
            f"Give one of {', '.join(NAMES)}, or the path of a file or folder:\n{KINDS}",
            path,
        )
    try:
        return _at(path, sample, items, profile)
    except (ValueError, IndexError, KeyError, UnicodeDecodeError) as error:
        # A table whose lines are not what its name promises.
        raise MediaError("The data set is damaged or of another form", str(error), path) from error


def shared_folder() -> Path:
    """Where named data sets are looked for: `shared/data` beside the checkout."""
    return Path(__file__).resolve().parents[4] / "shared" / "data"


def movielens(folder: Path, *, users: int = 180, seed: int = 0, half: int | None = None) -> Audience:
    """MovieLens-100k from a folder."""
    return movielens_files.load_100k(Files(folder), Sample(users, seed, half))


def lastfm(folder: Path, *, users: int = 180, seed: int = 0, half: int | None = None) -> Audience:
    """HetRec Last.fm from a folder."""
    return lastfm_files.load_lastfm(Files(folder), Sample(users, seed, half))


def _named(name: str, folder: Path, sample: Sample) -> Audience:
    files = Files(folder)
    wanted = {
        "movielens": (movielens_files.SMALL_RATINGS, movielens_files.SMALL_ITEMS),
        "lastfm": (lastfm_files.PLAYS, lastfm_files.NAMES, lastfm_files.TAGS),
        "jester": (JESTER,),
    }[name]
    missing = [one.replace("|", " or ") for one in wanted if not folder.is_dir() or not files.has(one)]
    if missing:
        raise MediaError(
            f"The data set {name} is not here", f"Missing: {', '.join(missing)}. Say where it is with --data.", folder
        )
    if name == "jester":
        return jester.load_jester(folder / JESTER, sample)
    return (movielens_files.load_100k if name == "movielens" else lastfm_files.load_lastfm)(files, sample)


def _at(path: Path, sample: Sample, items: Path | None, profile: Profile | None) -> Audience:
    if path.is_file() and not zipfile.is_zipfile(path):
        if own.is_feedback(path):
            return own.load_feedback(path, profile or Profile.default(), sample)
        if path.suffix.lower() in (".rda", ".rdata"):
            return jester.load_jester(path, sample)
        if table.looks_like_ratings(path):
            return table.load_table(path, items, sample)
        raise MediaError("It cannot be told what this file is", f"Known are:\n{KINDS}", path)
    files = Files(path)
    for there, load in (
        (movielens_files.has_100k, movielens_files.load_100k),
        (movielens_files.has_1m, movielens_files.load_1m),
        (movielens_files.has_latest, movielens_files.load_latest),
        (lastfm_files.has_lastfm, lastfm_files.load_lastfm),
    ):
        if there(files):
            return load(files, sample)
    if path.is_dir():
        if (path / JESTER).is_file():
            return jester.load_jester(path / JESTER, sample)
        ratings = next((one for one in sorted(path.glob("*.csv")) if table.looks_like_ratings(one)), None)
        if ratings is not None:
            return table.load_table(ratings, items, sample)
    raise MediaError("No data set was found there", f"Known are:\n{KINDS}", path)
