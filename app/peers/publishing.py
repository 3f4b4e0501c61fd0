"""Publishing: keeps our catalogue, its torrent, our card and its pointer what the user wants them to be.

The service makes one `Publisher`, tells it when something changed, and hands it the studio's answers. Nothing is
published unless publications stand in library.db and the setting allows it. Of the library nothing enters a catalogue
but what the preview shows; feedback is never read, and the only time in it all is the card's.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import shutil
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from app.errors import BowerbirdError, MediaError, PeerError
from app.files import Kind, write_atomically
from app.jobs import Cancelled
from app.network_messages import NetworkEvent, NetworkProgress, VectorsExported, VectorsWanted
from app.peers.cards import Card, decode_card, encode_card
from app.peers.catalogue import MAX_FOLLOWS, MAX_SPACES, Manifest, Offering
from app.peers.catalogue_writer import TORRENT, Line, Version, read_former, remove_versions, write_version
from app.peers.identity import Identity
from app.peers.mime import HEAD_BYTES, extension_of, mime_of
from app.peers.roots import file_root
from app.peers.text_rules import clean_name
from app.peers.torrent import Progress
from app.peers.torrents import CATALOGUE
from app.peers.vector_rows import VectorRows, read_export
from app.store.publications import PublishedRow, WantedItem, leaves
from app.store.tasks import StoreTasks
from models.types import Modality

log = logging.getLogger(__name__)

SETTLE = 5.0
"""Seconds of quiet before a change is published."""
LOOK_AGAIN = 3600.0
"""Seconds after which the library is compared with the catalogue unasked; the service notices what changes sooner."""
STUDIO_PATIENCE = 900.0
POINTER_EVERY = 1800.0
"""The DHT forgets after two hours."""
RETRY = 60.0
READY_WITHIN = 60.0
_BATCH = 50
_MOST_BEING_ADDED = 8
CARD = "card"


@dataclass(frozen=True, slots=True)
class PublishOptions:
    """What the settings say: whether to publish at all, under which name, and whether to name whom we follow."""

    publish: bool = True
    name: str = ""
    follows: bool = False


class GivingSwarm(Protocol):
    """What the publisher needs of the swarm."""

    def has(self, infohash: bytes) -> bool: ...

    def drop(self, infohash: bytes) -> None: ...

    def progress(self, infohash: bytes) -> Progress | None: ...

    def seed_catalogue(self, torrent: bytes, folder: Path) -> bytes: ...

    async def seed_content(
        self, path: Path, root: bytes, size: int, extension: str, *, mtime_ns: int | None = None
    ) -> bytes: ...


class Publisher:
    """Owns `Profile.published`. All on the event loop's thread; files are read and written in worker threads."""

    def __init__(
        self,
        identity: Identity,
        folder: Path,
        stores: StoreTasks,
        swarm: GivingSwarm,
        *,
        announce: Callable[[bytes], None],
        put_pointer: Callable[[bytes], Awaitable[object]],
        say: Callable[[NetworkEvent], None],
        options: Callable[[], PublishOptions],
        told: Callable[[], Awaitable[bytes]],
        clock: Callable[[], float] = time.time,
        settle: float = SETTLE,
        patience: float = STUDIO_PATIENCE,
    ) -> None:
        """`announce` spreads our card in the overlay, `put_pointer` in the DHT; `say` reaches window and studio.

        `told` gives what is told of the user's taste, signed; b"" for nothing.
        """
        self._identity = identity
        self._folder = folder
        self._stores = stores
        self._swarm = swarm
        self._announce = announce
        self._put_pointer = put_pointer
        self._say = say
        self._options = options
        self._told = told
        self._clock = clock
        self._settle = settle
        self._patience = patience
        self._card: Card | None = None
        self._signed = b""
        self._roots: frozenset[bytes] = frozenset()
        self._given: list[bytes] = []
        """Infohashes of our catalogues in the swarm, the newest last: the one before is given a little longer."""
        self._changed = asyncio.Event()
        self._done = asyncio.Event()
        self._export: asyncio.Future[VectorsExported] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._adding: set[bytes] = set()
        self._closing = False
        self.busy = False
        """A new catalogue is being made or waits to be."""
        self.problem = ""

    # ---------------------------------------------------------------------------------------------- life

    async def start(self) -> None:
        """Give what was published before, then look whether it is still what is wanted."""
        await asyncio.to_thread(self._folder.mkdir, parents=True, exist_ok=True, mode=0o700)
        await self._restore()
        self.changed()
        self._spawn(self._publishing())
        self._spawn(self._pointing())

    async def close(self) -> None:
        """Stop; what is published stays so for the next time."""
        self._closing = True
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # ------------------------------------------------------------------------------------- what is said to it

    def changed(self) -> None:
        """Publications, settings or the library changed: look soon."""
        self.busy = True
        self._done.clear()
        self._changed.set()

    def exported(self, answer: VectorsExported) -> None:
        """Take the studio's answer to VectorsWanted."""
        wanted = self._export
        if wanted is not None and not wanted.done() and answer.folder == str(self._export_folder):
            wanted.set_result(answer)

    async def settled(self) -> None:
        """Wait until what was changed is published (or could not be: `problem`)."""
        await self._done.wait()

    # --------------------------------------------------------------------------------------- what it knows

    @property
    def items(self) -> int:
        """Items in our catalogue as others see it."""
        return self._card.items if self._card else 0

    @property
    def infohash(self) -> bytes:
        """Of our catalogue; b"" when nothing is published."""
        return self._card.infohash if self._card else b""

    @property
    def signed_card(self) -> bytes:
        """Our newest card as it is spread; b"" while we never published."""
        return self._signed

    def card_by_hand(self, host: str = "", port: int = 0) -> bytes:
        """Our card for a friend, with an address where others reach us; also when nothing is published."""
        card = self._card or Card(self._identity.key, self._next_seq(), int(self._clock()), name=self._name())
        return encode_card(replace(card, host=host, port=port), self._identity)

    def give(self, root: bytes) -> bool:
        """Whether we give `root` (a published file's, or our catalogue's infohash); its torrent is added by that."""
        if root in self._given:
            return True
        if root not in self._roots or (len(self._adding) >= _MOST_BEING_ADDED and root not in self._adding):
            return False
        if root not in self._adding:
            self._adding.add(root)
            self._spawn(self._add(root))
        return True

    # ----------------------------------------------------------------------------------------- restoring

    async def _restore(self) -> None:
        try:
            self._signed = await asyncio.to_thread((self._folder / CARD).read_bytes)
            self._card = decode_card(self._signed)
            if self._card.key != self._identity.key:
                raise PeerError("The card of this profile is another peer's")
        except FileNotFoundError:
            return
        except (OSError, PeerError) as error:
            log.warning("our last card cannot be read: %s", type(error).__name__)
            self._card, self._signed = None, b""
            return
        if self._card.infohash:
            version = self._folder / str(self._card.seq)
            try:
                torrent = await asyncio.to_thread((version / TORRENT).read_bytes)
                self._given = [self._swarm.seed_catalogue(torrent, version / CATALOGUE)]
            except (OSError, BowerbirdError) as error:
                log.warning("our catalogue is damaged and is made anew: %s", type(error).__name__)
            await self._load_roots()
        self._announce(self._signed)

    async def _load_roots(self) -> None:
        rows = await self._stores.run(lambda stores: stores.publications.published())
        self._roots = frozenset(row.root for row in rows if row.root is not None)

    # ---------------------------------------------------------------------------------------- publishing

    async def _publishing(self) -> None:
        wait = LOOK_AGAIN
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), wait)
            await self._quiet()
            wait = LOOK_AGAIN
            try:
                await self._publish()
                self.problem = ""
            except Cancelled:
                return
            except (BowerbirdError, OSError) as error:
                self.problem = str(error)
                wait = RETRY
                log.warning("publishing failed, it is tried again: %s", type(error).__name__)
            except Exception:
                self.problem = "Publishing failed; the log says why."
                log.exception("publishing failed")
            if not self._changed.is_set():
                self.busy = False
                self._done.set()

    async def _quiet(self) -> None:
        """Wait until nothing changed for a moment; a long import does not hold it up for more than a minute."""
        loop = asyncio.get_running_loop()
        ends = loop.time() + 12 * self._settle
        while loop.time() < ends:
            self._changed.clear()
            # Whoever takes everything back does not want it to be had for a moment longer.
            if not await self._stores.run(lambda stores: stores.database.one("SELECT 1 FROM publications")):
                return
            try:
                await asyncio.wait_for(self._changed.wait(), self._settle)
            except TimeoutError:
                return
        self._changed.clear()

    async def _publish(self) -> None:
        options = self._options()
        if not options.publish:
            await self._withdraw()
            return
        wanted = await self._stores.run(lambda stores: stores.publications.wanted())
        rows = await self._hashed(wanted)
        lines = _lines(wanted, rows)
        if not lines:
            await self._withdraw()
            return
        learned = await self._stores.run(lambda stores: stores.publications.learned())
        vectors = await self._vectors(learned)
        # What waits for its vectors waits here, too: sent without them it would have to be sent again, to everybody.
        encoded = await self._stores.run(lambda stores: stores.publications.encoded())
        lines = [line for line in lines if line.item in encoded]
        if not lines:
            await self._withdraw()
            return
        shared = {kind: tuple(space for space in sorted(vectors) if leaves(space, kind, learned)) for kind in Kind}
        lines = [replace(line, spaces=shared[line.offering.kind]) for line in lines]
        follows: tuple[bytes, ...] = ()
        if options.follows:
            followed = await self._stores.run(lambda stores: stores.peers.followed())
            follows = tuple(sorted(followed)[:MAX_FOLLOWS])
        head = Manifest(self._identity.key, self._next_seq(), name=self._name(), follows=follows)
        self._say(NetworkProgress("publishing", "", 0, len(lines)))
        version = await asyncio.to_thread(self._write, head, lines, vectors, await self._told())
        self._roots = frozenset(line.offering.root for line in lines)
        if version is not None:
            await self._show(version)
        elif not self._given:
            await self._restore()
        self._say(NetworkProgress("publishing", "", len(lines), len(lines)))

    def _write(
        self, head: Manifest, lines: Sequence[Line], vectors: dict[str, VectorRows], told: bytes
    ) -> Version | None:
        former = None
        if self._card is not None and self._card.infohash:
            try:
                former = read_former(self._folder / str(self._card.seq), self._identity.key, self._card.infohash)
            except PeerError as error:
                log.warning("our catalogue is damaged and is made anew: %s", error.title)
        return write_version(self._folder, head, lines, vectors, former, told)

    async def _show(self, version: Version) -> None:
        """Give a new version, and tell everybody."""
        given = self._swarm.seed_catalogue(version.torrent.torrent, version.folder / CATALOGUE)
        await self._ready(given)
        before = self._card.infohash if self._card else b""
        manifest = version.manifest
        spaces = tuple(space.name for space in manifest.spaces)
        card = Card(
            self._identity.key, manifest.seq, int(self._clock()), given, version.items, spaces, manifest.name,
            previous=before,
        )  # fmt: skip
        keep = [int(manifest.seq)] + ([self._card.seq] if self._card and self._card.infohash else [])
        await self._sign(card)
        for old in self._given[:-1]:
            self._swarm.drop(old)
        self._given = [*self._given[-1:], given]
        await asyncio.to_thread(remove_versions, self._folder, keep)

    async def _ready(self, infohash: bytes) -> None:
        """Wait until the swarm has read the files through: whoever came before would be turned away for a minute."""
        end = asyncio.get_running_loop().time() + READY_WITHIN
        while asyncio.get_running_loop().time() < end:
            progress = self._swarm.progress(infohash)
            if progress is None or progress.complete:
                return
            await asyncio.sleep(0.02)

    async def _withdraw(self) -> None:
        """Give nothing any longer, and say so to whoever had our card."""
        for infohash in self._given:
            self._swarm.drop(infohash)
        self._given, self._roots = [], frozenset()
        if self._card is not None and self._card.infohash:
            seq, before = self._next_seq(), self._card.infohash
            await self._sign(
                Card(self._identity.key, seq, int(self._clock()), name=self._name(), previous=before),
            )
        await asyncio.to_thread(remove_versions, self._folder, [])

    async def _sign(self, card: Card) -> None:
        signed = encode_card(card, self._identity)
        # The card is what says which version stands: it is the last thing written.
        await asyncio.to_thread(write_atomically, self._folder / CARD, signed)
        self._card, self._signed = card, signed
        self._announce(signed)
        self._spawn(self._point(signed))

    # -------------------------------------------------------------------------------------------- parts

    async def _hashed(self, wanted: Sequence[WantedItem]) -> dict[int, PublishedRow]:
        """The rows of all that can be published, roots computed where files are new or changed."""
        known = {row.item: row for row in await self._stores.run(lambda stores: stores.publications.published())}
        there = {item.item for item in wanted}
        gone = [item for item in known if item not in there]
        if gone:
            await self._stores.run(lambda stores: stores.publications.take_back(gone))
        rows: dict[int, PublishedRow] = {}
        missing: list[WantedItem] = []
        for item in wanted:
            row = known.get(item.item)
            same = row is not None and (row.path, row.size, row.mtime_ns) == (item.path, item.size, item.mtime_ns)
            if row is not None and row.root is not None and (same or not item.online):
                rows[item.item] = row
            elif item.online:
                missing.append(item)
        made: list[PublishedRow] = []
        for done, item in enumerate(missing):
            if done % 10 == 0:
                self._say(NetworkProgress("hashing", "", done, len(missing)))
            hashed = await asyncio.to_thread(_hash, item, lambda: self._closing)
            if hashed is not None:
                rows[item.item] = hashed
                made.append(hashed)
            if len(made) >= _BATCH or done == len(missing) - 1:
                batch, made = made, []
                await self._stores.run(lambda stores, batch=batch: stores.publications.put(batch))  # type: ignore[misc]
        if missing:
            self._say(NetworkProgress("hashing", "", len(missing), len(missing)))
        lost = [item.item for item in missing if item.item not in rows and item.item in known]
        if lost:
            await self._stores.run(lambda stores: stores.publications.take_back(lost))
        return rows

    @property
    def _export_folder(self) -> Path:
        return self._folder / "export"

    async def _vectors(self, learned: Mapping[str, Modality]) -> dict[str, VectorRows]:
        """Ask the studio for the vectors, and read them: of as many spaces as fit, in the studio's order."""
        folder = self._export_folder
        await asyncio.to_thread(shutil.rmtree, folder, True)
        await asyncio.to_thread(folder.mkdir, mode=0o700)
        self._export = asyncio.get_running_loop().create_future()
        try:
            self._say(VectorsWanted(str(folder)))
            answer = await asyncio.wait_for(self._export, self._patience)
            spaces = [space for space in answer.spaces if leaves(space, Kind.VIDEO, learned)][:MAX_SPACES]
            return await asyncio.to_thread(read_export, folder, sorted(spaces))
        except TimeoutError:
            raise PeerError("The vectors to publish did not come", "It is tried again.") from None
        finally:
            self._export = None
            await asyncio.to_thread(shutil.rmtree, folder, True)

    async def _add(self, root: bytes) -> None:
        """Add the torrent of a published file that somebody wants."""
        try:
            row = await self._stores.run(lambda stores: stores.publications.published_file(root))
            extension = extension_of(row.mime) if row else None
            if row is None or extension is None:
                return
            await self._swarm.seed_content(Path(row.path), root, row.size, extension, mtime_ns=row.mtime_ns)
        except MediaError:
            self.changed()  # the file is not what was published
        except (BowerbirdError, OSError) as error:
            log.info("a published file could not be given: %s", type(error).__name__)
        finally:
            self._adding.discard(root)

    async def _pointing(self) -> None:
        while True:
            if self._signed:
                await self._point(self._signed)
            await asyncio.sleep(POINTER_EVERY)

    async def _point(self, signed: bytes) -> None:
        try:
            if signed == self._signed:
                await self._put_pointer(signed)
        except (BowerbirdError, TimeoutError, OSError) as error:
            log.info("our pointer could not be put into the DHT: %s", type(error).__name__)

    def _next_seq(self) -> int:
        """Of the clock, so that a profile restored from a backup does not use a number twice."""
        return max(self._card.seq + 1 if self._card else 1, int(self._clock()))

    def _name(self) -> str:
        return clean_name(self._options().name)

    def _spawn(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _hash(item: WantedItem, cancelled: Callable[[], bool]) -> PublishedRow | None:
    """The row of a file, None where it cannot be published (now): gone, changed since the scan, of no known type."""
    path = Path(item.path)
    try:
        before = path.stat()
        if (before.st_size, before.st_mtime_ns) != (item.size, item.mtime_ns):
            return None
        with path.open("rb") as file:
            mime = mime_of(path, file.read(HEAD_BYTES), Kind(item.kind))
        if mime is None:
            return None
        root = file_root(path, cancelled)
    except (OSError, MediaError):
        return None
    return PublishedRow(item.item, item.path, item.size, item.mtime_ns, root, mime, item.licence)


def _lines(wanted: Sequence[WantedItem], rows: dict[int, PublishedRow]) -> list[Line]:
    """What the catalogue says of each; of two Items with the same bytes the first."""
    lines: dict[bytes, Line] = {}
    for item in wanted:
        row = rows.get(item.item)
        if row is None or row.root is None or row.root in lines:
            continue
        try:
            offering = Offering.of(
                row.root,
                row.size,
                row.mime,
                duration=item.duration,
                title=item.title,
                artist=item.artist,
                album=item.album,
                tags=item.tags,
                year=item.year,
                licence=item.licence,
                width=item.width or 0,
                height=item.height or 0,
            )
        except PeerError:
            continue  # its size or type is beyond what a catalogue may say
        lines[row.root] = Line(item.item, offering, ())
    return list(lines.values())
