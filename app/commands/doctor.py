"""`bowerbird doctor`: versions, codecs, the health of library, vectors and encoders; `--repair` mends what it can."""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import platform
from dataclasses import asdict, dataclass, field

from filelock import FileLock, Timeout

from app.encoders.catalogue import read_catalogue
from app.encoders.installed import Installed
from app.encoders.shelf import EncoderShelf
from app.errors import Locked, StoreError
from app.paths import RESOURCES, Profile
from app.store.database import Database, check, restore
from app.store.healing import disagreements, heal
from app.store.items import Items
from app.store.learned_spaces import LearnedSpaces
from app.store.offer_vectors import OfferVectors
from app.store.vectors import Vectors

PACKAGES = (
    "PySide6_Essentials",
    "torch",
    "lancedb",
    "open_clip_torch",
    "scikit-learn",
    "mutagen",
    "av",
    "libtorrent",
    "pyipv8",
    "numpy",
)
CODECS = ("mp3", "flac", "vorbis", "opus", "aac", "alac", "wmav2", "wavpack", "ape", "h264", "hevc", "vp9", "av1")


@dataclass(slots=True)
class Findings:
    """What the doctor found. `problems` and `mended` are sentences."""

    versions: dict[str, str] = field(default_factory=dict)
    codecs: dict[str, bool] = field(default_factory=dict)
    library: dict[str, int] = field(default_factory=dict)
    encoders: dict[str, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    mended: list[str] = field(default_factory=list)


def doctor(profile: Profile, options: argparse.Namespace) -> int:
    """Look at everything. Exit status 1 when something is wrong and was not mended."""
    found = Findings(versions(), codecs())
    lock = FileLock(profile.root / "studio.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise Locked("Bowerbird is at work on this library", "Close it, then call the doctor.", profile.root) from error
    try:
        _library(profile, found, repair=options.repair)
        _vectors(profile, found, repair=options.repair)
        _offer_vectors(profile, found, repair=options.repair)
        _encoders(profile, found)
    finally:
        lock.release()
    _show(found, as_json=options.json)
    return 1 if found.problems else 0


def versions() -> dict[str, str]:
    """The versions of Python, the system and what Bowerbird is built on; "missing" where one is not installed."""
    shown = {"python": platform.python_version(), "system": platform.platform()}
    for package in PACKAGES:
        try:
            shown[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            shown[package] = "missing"
    return shown


def codecs() -> dict[str, bool]:
    """Which formats can be analysed here."""
    import av

    return {name: name in av.codecs_available for name in CODECS}


def _library(profile: Profile, found: Findings, *, repair: bool) -> None:
    if not profile.library.exists():
        return
    wrong = check(profile.library)
    if wrong and repair:
        used = restore(profile.library)
        found.mended.append(f"The library was damaged; the backup {used.name} stands in its place.")
        wrong = []
    found.problems += [f"library: {problem}" for problem in wrong]
    if wrong:
        return
    with Database.open(profile.library, RESOURCES / "migrations") as database:
        problems = database.problems()
        if problems and repair:
            database.rebuild_search()
            found.mended += problems
            problems = database.problems()
        found.problems += [f"library: {problem}" for problem in problems]
        items = Items(database)
        if repair and (masked := items.refresh_presence()):
            found.mended.append(f"{masked} items were shown or hidden wrongly.")
        counts = items.counts()
        found.library = asdict(counts)


def _vectors(profile: Profile, found: Findings, *, repair: bool) -> None:
    if not profile.library.exists():
        return
    vectors = Vectors(profile.vectors)
    try:
        with Database.open(profile.library, RESOURCES / "migrations") as database:
            items = Items(database)
            problems = vectors.check()
            if repair:
                found.mended += [f"{space} is set aside and made anew" for space in vectors.repair()]
                healed = heal(items, vectors)
                if healed.count:
                    found.mended.append(f"{healed.count} vectors or marks disagreed; the files are encoded again.")
                problems = vectors.check()
            else:
                problems += disagreements(items, vectors)
            found.problems += problems
    except StoreError as error:
        found.problems.append(f"vectors: {error}")
    finally:
        vectors.close()


def _offer_vectors(profile: Profile, found: Findings, *, repair: bool) -> None:
    """What peers offer is derived: a table that cannot be read is thrown away, and the studio makes it anew."""
    if not profile.offers.exists():
        return
    vectors = OfferVectors(profile.vectors)
    try:
        for space in vectors.broken():
            if repair:
                vectors.drop(space)
                found.mended.append(f"the vectors of offers in {space} are made anew")
            else:
                found.problems.append(f"the vectors of offers in {space} cannot be read")
    finally:
        vectors.close()


def _encoders(profile: Profile, found: Findings) -> None:
    """Every installed encoder with how far it has come; all its files are read and compared with their digests."""
    encoded: dict[str, str] = {}
    if profile.library.exists() and not any(problem.startswith("library") for problem in found.problems):
        with Database.open(profile.library, RESOURCES / "migrations") as database:
            store = LearnedSpaces(database)
            for row in store.rows():
                covered = store.coverage(row.space, row.modality)
                encoded[row.space] = f"{covered.encoded} of {covered.wanted} encoded"
    shelf = EncoderShelf(profile.encoders, read_catalogue())
    for place in shelf.places():
        if place.problem:
            found.encoders[place.name] = "cannot be used"
            found.problems.append(f"{place.name}: {place.problem}")
        elif place.installed is not None:
            found.encoders[place.name] = _state(place.installed, encoded)
            if damage := shelf.damage(place.installed):
                found.problems.append(f"{place.name}: {damage}. Remove it and get it again.")


def _state(installed: Installed, encoded: dict[str, str]) -> str:
    tried = installed.tried
    if tried is None:
        return "not tried yet: bowerbird encoders check"
    return f"{tried.said} {encoded.get(tried.space, 'Nothing encoded yet')}"


def _show(found: Findings, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(asdict(found)))
        return
    for name, version in found.versions.items():
        print(f"{name:20} {version}")
    missing = [name for name, there in found.codecs.items() if not there]
    print(f"{'codecs':20} {', '.join(name for name, there in found.codecs.items() if there)}")
    if missing:
        print(f"{'codecs missing':20} {', '.join(missing)}")
    for name, count in found.library.items():
        print(f"{name:20} {count}")
    for name, state in found.encoders.items():
        print(f"encoder {name}: {state}")
    for sentence in found.mended:
        print(f"mended: {sentence}")
    for sentence in found.problems:
        print(f"problem: {sentence}")
    if not found.problems:
        print("Everything is sound.")
