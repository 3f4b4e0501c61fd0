"""Made-up libraries for tests and benchmarks: any number of Items with plausible words, without media files.

make_library(database, 100_000)      about 20 s; for benchmarks, keep the file and copy it
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator, Sequence
from pathlib import Path

from app.paths import RESOURCES
from app.store.database import Database
from app.store.item_values import FoundItem
from app.store.items import Items
from app.store.offer_values import CatalogueShard, CatalogueSpace, TakenCatalogue, TakenOffer

_SYLLABLES = (  # noqa: SIM905 - sixty literals would not read better
    "ba be bi bo bu da de di do du fa fe fi fo ga ge gi go ka ke ki ko la le li lo lu ma me mi mo na ne ni no nu "
    "ra re ri ro ru sa se si so su ta te ti to va ve vi vo za ze zo chá né rü sø łu çe ñi"
).split()
_GENRES = ("Ambient", "Blues", "Chiptune", "Classical", "Drone", "Electronic", "Folk", "Hip-Hop", "Jazz", "Rock")

MIGRATIONS = RESOURCES / "migrations"


def open_database(folder: Path, *, scores: bool = False, offers: bool = False, readonly: bool = False) -> Database:
    """The library.db of a folder, with its scores.db and offers.db attached when wanted."""
    return Database.open(
        folder / "library.db",
        MIGRATIONS,
        readonly=readonly,
        scores=folder / "scores.db" if scores else None,
        offers=folder / "offers.db" if offers else None,
    )


def found_item(number: int, folder_id: int = 1, root: str = "/music", **given: object) -> FoundItem:
    """One found file, the same for the same number; any field can be given."""
    fields: dict[str, object] = {
        "folder_id": folder_id,
        "path": f"{root}/{number:06d}.flac",
        "size": 1000 + number,
        "mtime_ns": 1_700_000_000_000_000_000 + number,
        "identity": hashlib.sha256(str(number).encode()).digest()[:24],
        "kind": "track",
        "title": f"Title {number}",
        "artist": f"Artist {number % 7}",
        "album": f"Album {number % 5}",
        "duration": 100.0 + number,
    }
    return FoundItem(**{**fields, **given})  # type: ignore[arg-type]  # the caller's fields are FoundItem's


def found_items(count: int, folder_id: int = 1, seed: int = 0) -> Iterator[FoundItem]:
    """A plausible collection: artists with a few albums of about twelve tracks, one file in fifty a video."""
    chance = random.Random(seed)

    def word() -> str:
        return "".join(chance.choice(_SYLLABLES) for _ in range(chance.randint(2, 4))).capitalize()

    def words(most: int) -> str:
        return " ".join(word() for _ in range(chance.randint(1, most)))

    made = 0
    while made < count:
        artist, genre = words(2), chance.choice(_GENRES)
        for _ in range(chance.randint(1, 6)):
            album, year, tracks = words(3), chance.randint(1960, 2026), chance.randint(6, 18)
            for track in range(1, tracks + 1):
                if made == count:
                    return
                video = chance.random() < 0.02
                title = words(4)
                yield found_item(
                    made,
                    folder_id,
                    path=f"/music/{artist}/{album}/{track:02d} {title}.{'mp4' if video else 'flac'}",
                    kind="video" if video else "track",
                    title=title,
                    artist=artist,
                    album=album,
                    genre=genre,
                    year=year,
                    track_number=track,
                    disc_number=1,
                    duration=chance.uniform(60, 600),
                    codec="h264" if video else "flac",
                    bitrate=900_000,
                    sample_rate=44_100,
                    channels=2,
                )
                made += 1


def make_library(database: Database, count: int, seed: int = 0) -> Items:
    """Fill a database with `count` made-up Items in one folder, /music."""
    items = Items(database)
    folder = items.add_folder("/music")
    items.save_found(found_items(count, folder.id, seed))
    return items


def peer_key(number: int) -> bytes:
    """The 32 bytes that stand for a peer's public key, the same for the same number."""
    return hashlib.sha256(f"peer {number}".encode()).digest()


def file_root(number: int) -> bytes:
    """The 32 bytes that stand for a file's v2 root, the same for the same number."""
    return hashlib.sha256(f"file {number}".encode()).digest()


def taken_offer(number: int, **given: object) -> TakenOffer:
    """One line of a catalogue, the same for the same number; any field can be given."""
    fields: dict[str, object] = {
        "root": file_root(number),
        "shard": f"{number // 4096:05d}",
        "row": number % 4096,
        "kind": "track",
        "mime": "audio/flac",
        "size": 1_000_000 + number,
        "duration": 100.0 + number,
        "title": f"Title {number}",
        "artist": f"Artist {number % 7}",
        "album": f"Album {number % 5}",
        "tags": ("Ambient", "Drone") if number % 2 else ("Jazz",),
        "year": 2000 + number % 20,
        "licence": "https://creativecommons.org/licenses/by/4.0/",
    }
    return TakenOffer(**{**fields, **given})  # type: ignore[arg-type]  # the caller's fields are TakenOffer's


def taken_catalogue(
    peer: int, offers: Sequence[TakenOffer] | int = 10, *, seq: int = 1, **given: object
) -> TakenCatalogue:
    """A verified catalogue of peer number `peer`; any field can be given."""
    lines = tuple(taken_offer(peer * 100_000 + n) for n in range(offers)) if isinstance(offers, int) else tuple(offers)
    shards = {line.shard: sum(other.shard == line.shard for other in lines) for line in lines[:: max(1, len(lines))]}
    fields: dict[str, object] = {
        "peer": peer_key(peer),
        "seq": seq,
        "infohash": hashlib.sha256(f"catalogue {peer} {seq}".encode()).digest(),
        "folder": f"/catalogues/{peer}",
        "size": 950 * len(lines),
        "spaces": (CatalogueSpace("builtin-audio-v1-0123456789abcdef", 860),),
        "shards": tuple(CatalogueShard(name, items) for name, items in sorted(shards.items())),
        "offers": lines,
        "fetched_at": 1_800_000_000.0,
    }
    return TakenCatalogue(**{**fields, **given})  # type: ignore[arg-type]  # the caller's fields are TakenCatalogue's
