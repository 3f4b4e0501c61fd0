"""The catalogues of others that we hold: verified files on the disk, lines in offers.db, torrents given to others.

Used by the exchange alone. All on the event loop's thread; files and databases in others.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from app.errors import BowerbirdError, PeerError
from app.files import write_atomically
from app.peers.cards import Card, decode_card
from app.peers.evidence import read_told
from app.peers.exchange.ports import CatalogueSwarm
from app.peers.exchange.taking import taken_catalogue
from app.peers.krpc import SignedItem
from app.peers.swarm import TORRENT_FILE
from app.peers.torrents import CATALOGUE
from app.peers.wire import EVIDENCE, MANIFEST, read_manifest
from app.store.evidence import EvidenceRow
from app.store.offer_values import CatalogueRow
from app.store.tasks import StoreTasks

log = logging.getLogger(__name__)

POINTER = "pointer"
"""Beside a peer's versions: its signed pointer in the DHT, to put it there again while the peer is off."""


class Holdings:
    """Owns `Profile.catalogues`: a folder for each peer, in it one for the version we hold."""

    def __init__(self, folder: Path, stores: StoreTasks, swarm: CatalogueSwarm, clock: Callable[[], float]) -> None:
        self._folder = folder
        self._stores = stores
        self._swarm = swarm
        self._clock = clock
        self._held: dict[bytes, CatalogueRow] = {}

    def of(self, key: bytes) -> CatalogueRow | None:
        """The catalogue we hold of a peer."""
        return self._held.get(key)

    def __len__(self) -> int:
        return len(self._held)

    def gives(self, infohash: bytes) -> bool:
        """Whether we can give this catalogue to whoever asks."""
        return any(row.infohash == infohash for row in self._held.values()) and self._swarm.has(infohash)

    def place(self, card: Card) -> Path:
        """The folder for the catalogue a card names."""
        return self._folder / card.key.hex() / f"{card.seq}-{card.infohash.hex()[:16]}"

    async def take(self, card: Card, files: Path) -> None:
        """Verify a fetched catalogue and put it in the former's place. Raises PeerError; nothing is changed then."""
        now = self._clock()
        taken = await asyncio.to_thread(taken_catalogue, files, card, now)
        await self._stores.run(lambda stores: stores.offers.take(taken))
        held = self._held.get(card.key)
        if held is not None and held.infohash != card.infohash:
            await self._swarm.remove(held.infohash, delete=False)
        self._held[card.key] = CatalogueRow(
            card.key, card.seq, card.infohash, taken.folder, len(taken.offers), taken.size, now, taken.spaces
        )
        await asyncio.to_thread(_remove_others, files.parent)

    async def told(self, key: bytes) -> list[EvidenceRow]:
        """What a peer tells of its taste in the catalogue we hold of it; nothing where we hold none."""
        held = self._held.get(key)
        if held is None:
            return []
        return await asyncio.to_thread(_told, Path(held.folder), key)

    async def let_go(self, key: bytes) -> None:
        """Nothing of a peer's catalogue stays."""
        held = self._held.pop(key, None)
        if held is not None:
            await self._swarm.remove(held.infohash, delete=False)  # its files are let go of by then
        await self._stores.run(lambda stores: stores.offers.drop(key))
        await asyncio.to_thread(shutil.rmtree, self._folder / key.hex(), True)

    async def follows(self, followed: Sequence[bytes]) -> list[tuple[bytes, int]]:
        """Whom these peers say they follow, and how many of them do, as far as we hold their catalogues."""
        folders = [(key, Path(self._held[key].folder)) for key in followed if key in self._held]
        return await asyncio.to_thread(_follows, folders)

    async def pointers(self, keys: Sequence[bytes], seen: Callable[[bytes], SignedItem | None]) -> list[SignedItem]:
        """The signed pointers of peers: those just `seen` in the DHT, else as kept on the disk, where they are put."""
        return await asyncio.to_thread(lambda: [item for key in keys if (item := self._pointer(key, seen(key)))])

    def _pointer(self, key: bytes, seen: SignedItem | None) -> SignedItem | None:
        path = self._folder / key.hex() / POINTER
        try:
            kept = _read_pointer(key, path.read_bytes())
        except OSError:
            kept = None
        if seen is None or (kept is not None and kept.seq >= seen.seq):
            return kept
        path.parent.mkdir(exist_ok=True, mode=0o700)
        write_atomically(path, seen.seq.to_bytes(8, "big") + seen.signature + seen.salt + b"\0" + seen.value)
        return seen

    # ------------------------------------------------------------------------------------------- restoring

    async def restore(self) -> None:
        """Give the catalogues we hold; take again what offers.db lost, delete what nothing knows of."""
        await asyncio.to_thread(self._folder.mkdir, parents=True, exist_ok=True, mode=0o700)
        rows = await self._stores.run(lambda stores: stores.offers.catalogues())
        known = {row.key for row in await self._stores.run(lambda stores: stores.peers.rows()) if not row.blocked}
        for row in rows:
            try:
                if row.peer not in known:
                    raise PeerError("Its peer is not known")
                await self._seed(Path(row.folder))
                self._held[row.peer] = row
            except (OSError, BowerbirdError) as error:
                log.warning("a catalogue is let go and may be fetched again: %s", type(error).__name__)
                await self.let_go(row.peer)
        for key, version in await asyncio.to_thread(_versions, self._folder):
            if key in known and key not in self._held:
                await self._take_again(key, version)
            held = self._held.get(key)
            if held is None or Path(held.folder).parent != version:
                await asyncio.to_thread(shutil.rmtree, version, True)

    async def _seed(self, files: Path) -> bytes:
        torrent = await asyncio.to_thread((files.parent / TORRENT_FILE).read_bytes)
        return self._swarm.seed_catalogue(torrent, files)

    async def _take_again(self, key: bytes, version: Path) -> None:
        """offers.db was made anew, or the end came between fetching and taking: the files are there."""
        content = await self._stores.run(lambda stores: stores.peers.card(key))
        infohash = b""
        try:
            card = decode_card(content or b"")
            if version != self.place(card):
                return
            infohash = await self._seed(version / CATALOGUE)
            if infohash != card.infohash:
                raise PeerError("Another catalogue lies there")
            await self.take(card, version / CATALOGUE)
        except (OSError, BowerbirdError) as error:
            log.info("a half-fetched catalogue is let go: %s", type(error).__name__)
            if infohash:
                self._swarm.drop(infohash)


def _read_pointer(key: bytes, content: bytes) -> SignedItem | None:
    salt, zero, value = content[72:].partition(b"\0")
    item = SignedItem(key, salt, int.from_bytes(content[:8], "big"), value, content[8:72])
    return item if zero and item.genuine() else None


def _remove_others(version: Path) -> None:
    for path in version.parent.iterdir():
        if path not in (version, version.parent / POINTER):
            shutil.rmtree(path, ignore_errors=True)


def _versions(folder: Path) -> list[tuple[bytes, Path]]:
    """The folders of fetched versions with their peers' keys; what is none of ours is removed."""
    found = []
    for peer in sorted(folder.iterdir()):
        try:
            key = bytes.fromhex(peer.name)
        except ValueError:
            key = b""
        if len(key) != 32 or not peer.is_dir():
            shutil.rmtree(peer, ignore_errors=True)
            continue
        found += [(key, version) for version in sorted(peer.iterdir(), reverse=True) if version.is_dir()]
    return found


def _follows(folders: Sequence[tuple[bytes, Path]]) -> list[tuple[bytes, int]]:
    counts: dict[bytes, int] = {}
    for key, folder in folders:
        with contextlib.suppress(OSError, PeerError):
            for other in read_manifest((folder / MANIFEST).read_bytes(), key).follows:
                counts[other] = counts.get(other, 0) + 1
    return sorted(counts.items())


def _told(files: Path, key: bytes) -> list[EvidenceRow]:
    try:
        content = (files / EVIDENCE).read_bytes()
    except FileNotFoundError:
        return []
    return [EvidenceRow(key, message.seq, message.level, message.body) for message in read_told(content, key)]
