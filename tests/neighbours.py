"""Whole peers without the service: stores, a real swarm, an overlay in memory, publisher and exchange, and a library.

The studio is stood in for by `export`, which writes the vectors it is asked for; everything else is the real thing.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import itertools
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

import numpy as np

from app.network_messages import Arrived, NetworkEvent, VectorsExported, VectorsWanted
from app.paths import Profile
from app.peers.card_shelf import head_of
from app.peers.downloading import Downloading, DownloadOptions, Health
from app.peers.evidence import ToldMessage, write_told
from app.peers.exchange import Exchange
from app.peers.identity import Identity
from app.peers.krpc import SignedItem
from app.peers.overlay import MemoryNetwork, MemoryOverlay, OverlayPeer
from app.peers.place import Place
from app.peers.publishing import Publisher, PublishOptions
from app.peers.swarm import Swarm
from app.store.database import Database
from app.store.item_values import FoundItem
from app.store.items import Items
from app.store.publications import Publications, leaves
from app.store.tasks import Stores, StoreTasks
from app.trust import Budget
from models.int8 import Int8Vectors
from models.types import Modality
from tests.factories import MIGRATIONS
from tests.swarms import address, until

AUDIO = "builtin-audio-v1-0123456789abcdef"
IMAGE = "builtin-image-v1-0123456789abcdef"
TEXT = "builtin-text-v1-0123456789abcdef"
DIMENSIONS = {AUDIO: 860, IMAGE: 1543, TEXT: 512}
_NUMBERS = itertools.count(1)
MIB = 1 << 20
T = TypeVar("T")


class NoPointers:
    """A DHT that knows what the test gave it."""

    def __init__(self) -> None:
        self.cards: dict[bytes, tuple[bytes, ...]] = {}
        self.kept: list[SignedItem] = []

    async def get(self, key: bytes) -> tuple[bytes, ...]:
        return self.cards.get(key, ())

    def item(self, key: bytes) -> SignedItem | None:
        return None

    async def keep(self, items: Sequence[SignedItem]) -> int:
        self.kept = list(items)
        return len(self.kept)


class Neighbour:
    """One peer. What it says to window and studio is collected in `said`."""

    settle = 0.02
    """Seconds of quiet before a change is published."""

    def __init__(self, root: Path, network: MemoryNetwork, identity: Identity | None = None) -> None:
        self.profile = Profile.at(root)
        self.profile.make()
        self.identity = identity or Identity.load(self.profile.identity)
        self.key = self.identity.key
        self.said: list[NetworkEvent] = []
        self.options = PublishOptions(name="")
        self.budget = Budget(50 * MIB, 20)
        self.dimensions = dict(DIMENSIONS)
        self.told: list[ToldMessage] = []
        self.answers = True
        host = address()
        self.stores = StoreTasks(self.open, self.profile.offers)
        self.swarm = Swarm(Place(host=host))
        self.pointers = NoPointers()
        self.overlay = MemoryOverlay(
            network, (host, 4000 + next(_NUMBERS)), self.key, self, head_of, lambda: self.swarm.listen_port
        )
        self.publisher = Publisher(
            self.identity,
            self.profile.published,
            self.stores,
            self.swarm,
            announce=self.overlay.announce,
            put_pointer=self._put,
            say=self._say,
            options=lambda: self.options,
            told=self._tell,
            settle=self.settle,
            patience=10.0,
        )
        self.exchange = Exchange(
            self.key,
            self.profile.catalogues,
            self.stores,
            self.swarm,
            self.overlay,
            self.pointers,
            say=self._say,
            budget=lambda: self.budget,
            patience=20.0,
        )

        self.download_options = DownloadOptions(self.profile.downloads)
        self.free = 1 << 40
        self.downloading = Downloading(
            self.profile.incoming,
            self.stores,
            self.swarm,
            self.overlay,
            say=self._say,
            options=lambda: self.download_options,
            free=lambda _: self.free,
        )
        self.health = Health(self.stores, self.swarm, self.overlay, say=self._say)

    def open(self) -> Database:
        """The library, with everything attached."""
        return Database.open(self.profile.library, MIGRATIONS, scores=self.profile.scores, offers=self.profile.offers)

    async def start(self) -> None:
        await self.swarm.start()
        await self.overlay.start()
        await self.publisher.start()
        await self.exchange.start()
        await self.downloading.start()

    async def close(self) -> None:
        await self.downloading.close()
        await self.publisher.close()
        await self.exchange.close()
        await self.overlay.close()
        await self.swarm.close()
        await self.stores.close()

    # ------------------------------------------------------------------------------ the overlay's ears

    def card_came(self, card: bytes, via: bytes) -> None:
        self.exchange.card_came(card, via)

    def content_wanted(self, key: bytes, root: bytes) -> int:
        gives = self.publisher.give(root) or self.exchange.gives(root) or self.downloading.gives(root)
        return self.swarm.listen_port if gives else 0

    def connect_now(self, infohash: bytes, host: str, port: int) -> None:
        self.swarm.connect(infohash, host, port)

    def peer_changed(self, peer: OverlayPeer) -> None:
        self.exchange.peer_changed(peer)

    # ----------------------------------------------------------------------------------- its library

    def stock(self, count: int, *, first: int = 0, videos: int = 0, encoded: bool = True) -> list[Path]:
        """Add `count` Items with files of a few kilobytes each, the last `videos` of them films; returns the files."""
        folder = self.profile.root / "media"
        folder.mkdir(exist_ok=True)
        paths = []
        with self.open() as database:
            items = Items(database)
            known = items.add_folder(str(folder))
            found = []
            for number in range(first, first + count):
                film = number >= first + count - videos
                path = folder / f"{number:05d}.{'webm' if film else 'flac'}"
                seed = hashlib.sha256(self.key + number.to_bytes(4, "big")).digest()
                path.write_bytes((b"\x1aE\xdf\xa3\0\0webm" if film else b"fLaC") + seed * 40)
                state = path.stat()
                found.append(
                    FoundItem(
                        known.id, str(path), state.st_size, state.st_mtime_ns, seed[:24], "video" if film else "track",
                        f"Title {number}", f"Artist {number % 7}", f"Album {number % 5}", genre="Jazz; Cool",
                        year=2000 + number % 20, duration=100.0 + number, licence="CC BY 4.0",
                    )
                )  # fmt: skip
                paths.append(path)
            with database.transaction():
                items.save_found(found)
                if encoded:
                    database.execute("INSERT OR IGNORE INTO marks SELECT id, ?, 1, 0 FROM items", (AUDIO,))
        return paths

    async def publish(self, count: int, *, videos: int = 0, encoded: bool = True) -> list[Path]:
        """`stock`, publish that and wait until it is published; returns the files."""
        paths = self.stock(count, videos=videos, encoded=encoded)
        self.publish_all()
        await self.published()
        return paths

    def publish_all(self) -> None:
        """Publish the folder of `stock`."""
        with self.open() as database:
            Publications(database).add_folder(1)
        self.publisher.changed()

    async def published(self) -> None:
        """Wait until what was changed is published."""
        await asyncio.wait_for(self.publisher.settled(), 30)
        assert not self.publisher.problem, self.publisher.problem

    async def offers(self, count: int) -> None:
        """Wait until there are exactly `count` offers."""

        def counted() -> bool:
            with self.open() as database:
                row = database.one("SELECT count(*) FROM offers.offers")
                return row == (count,)

        await until(counted, f"{count} offers")
        # They stand a moment before it is said and the former version is gone.
        await until(lambda: not self.exchange._fetching._on_way, "the end of fetching")

    async def look(self, do: Callable[[Stores], object]) -> object:
        return await self.stores.run(do)

    def of(self, kind: type[T]) -> list[T]:
        """What was said of one kind."""
        return [event for event in self.said if isinstance(event, kind)]

    # ------------------------------------------------------------------------------------------ parts

    async def _tell(self) -> bytes:
        return write_told(self.told, self.identity)

    async def _put(self, card: bytes) -> None:
        self.pointers.cards[self.key] = (card,)

    def _say(self, event: NetworkEvent) -> None:
        self.said.append(event)
        if isinstance(event, VectorsWanted) and self.answers:
            asyncio.get_running_loop().create_task(self._export(Path(event.folder)))

    async def _export(self, folder: Path) -> None:
        rows = await self.stores.run(
            lambda stores: stores.database.all(
                "SELECT p.item_id, i.kind FROM published p JOIN items i ON i.id = p.item_id"
            )
        )
        learned = await self.stores.run(lambda stores: stores.publications.learned())
        spaces = export(folder, rows, self.dimensions, learned)
        self.publisher.exported(VectorsExported(str(folder), spaces, len(rows)))


def export(
    folder: Path,
    items: Sequence[tuple[int, str]],
    dimensions: dict[str, int],
    learned: Mapping[str, Modality] = MappingProxyType({}),
) -> tuple[str, ...]:
    """Write vectors as the studio does; of a number the same vector whenever it is asked for."""
    spaces = []
    for space, dimension in dimensions.items():
        ids = [item for item, kind in items if leaves(space, kind, learned)]
        if not ids:
            continue
        vectors = np.stack([unit(item, dimension) for item in ids])
        (folder / f"{space}.ids").write_bytes(np.array(ids, "<i8").tobytes())
        (folder / f"{space}.i8").write_bytes(Int8Vectors.of(vectors).write())
        spaces.append(space)
    (folder / "DONE").write_bytes(b"")
    return tuple(spaces)


def unit(item: int, dimension: int) -> np.ndarray:
    """A unit vector, the same for the same number."""
    vector = np.random.default_rng(item).standard_normal(dimension).astype(np.float32)
    return vector / np.linalg.norm(vector)


@contextlib.asynccontextmanager
async def neighbours(root: Path, *names: str) -> AsyncIterator[list[Neighbour]]:
    """Started peers that know each other, closed at the end."""
    network = MemoryNetwork()
    made = [Neighbour(root / name, network) for name in names]
    try:
        for one in made:
            await one.start()
        for one in made[1:]:
            one.overlay.walk_to(*made[0].overlay._address)
        await until(lambda: all(len(one.overlay.peers()) == len(made) - 1 for one in made), "peers")
        yield made
    finally:
        for one in made:
            await one.close()


async def clicked(peer: Neighbour, title: str) -> int:
    """Download the offer with this title; returns the download's number."""
    with peer.open() as database:
        row = database.one("SELECT id FROM offers.offers WHERE title = ?", (title,))
    assert row is not None
    return await peer.downloading.begin(row[0])


async def arrived(peer: Neighbour, download: int) -> Arrived:
    """Wait until a download is to be judged."""
    await until(lambda: any(event.download == download for event in peer.of(Arrived)), "the download", 30)
    return next(event for event in reversed(peer.of(Arrived)) if event.download == download)


async def verdict(peer: Neighbour, card: bytes) -> None:
    """Hand in a card and wait until it was looked at."""
    for came in (card, b"no card"):  # the second is taken up only when the first is done with
        peer.exchange.card_came(came, b"")
        await until(peer.exchange._cards.empty, "the card")
