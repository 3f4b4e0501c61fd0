"""The swarm: one libtorrent session that fetches catalogues and downloads contents, and gives both to others.

Owned by the network process and used on its event loop only. Torrents are made of infohashes, roots and sizes alone:
no magnet, tracker or web seed of a peer's is ever read. Long work on files runs in worker threads.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import libtorrent as lt

from app.errors import MediaError, PeerError
from app.files import write_atomically
from app.peers import torrents
from app.peers.place import Place
from app.peers.session import Address, Session
from app.peers.torrent import Progress, Purpose, Torrent, sync_file
from app.peers.transfer import Transfer

CheckFiles = Callable[[Sequence[tuple[str, int]]], None]
TORRENT_FILE = "catalogue.torrent"
"""Beside a fetched catalogue's folder: what `Swarm.seed_catalogue` wants to have after a restart."""
_FLAGS = lt.torrent_flags.update_subscribe | lt.torrent_flags.apply_ip_filter
_GIVE_ONLY = _FLAGS | lt.torrent_flags.upload_mode
"""A seed whose file changed would begin to fetch the old bytes and write them over the user's file (tried)."""


@dataclass(frozen=True, slots=True)
class _Given:
    """A file of ours that is given away, as it was when its hashes were computed."""

    path: Path
    size: int
    mtime_ns: int
    linger: float | None
    used: float


class Swarm(Session):
    """The session with catalogues and contents. `start` before all else, `close` at the end."""

    def __init__(self, place: Place, dht_file: Path | None = None) -> None:
        super().__init__(place, dht_file)
        self._transfers: dict[bytes, Transfer] = {}
        self._given: dict[bytes, _Given] = {}

    # ------------------------------------------------------------------------------ catalogues

    async def fetch_catalogue(
        self,
        infohash: bytes,
        folder: Path,
        *,
        at_most: int,
        known: Sequence[bytes] = (),
        peers: Sequence[Address] = (),
        progress: Callable[[Progress], None] | None = None,
        check: CheckFiles | None = None,
        patience: float = 60.0,
    ) -> Path:
        """Fetch a catalogue into `folder`/catalogue; its files are hash-checked and on the disk when it returns.

        The description is checked, and `check` asked with the (name, size) of all files, before a byte of them is
        fetched; `at_most` bounds their bytes. Files that one of the catalogues `known` (infohashes, in the session)
        has too are linked, not fetched. Afterwards the catalogue is given to others until `drop`, and
        `folder`/catalogue.torrent holds what `seed_catalogue` wants. Raises PeerError (not a catalogue we take),
        TimeoutError (nothing came for `patience` seconds), DiskFull, StoreError; nothing is left then.
        """
        if len(infohash) != 32:
            raise PeerError("That is not the infohash of a catalogue")
        if infohash in self._torrents:
            raise PeerError("This catalogue is already here or on its way")
        target = folder / torrents.CATALOGUE
        await asyncio.to_thread(target.mkdir, parents=True, exist_ok=True)
        params = lt.add_torrent_params()
        params.info_hashes = lt.info_hash_t(lt.sha256_hash(infohash))
        params.save_path = str(folder)
        params.flags = _FLAGS | lt.torrent_flags.default_dont_download
        torrent = self._add(infohash, Purpose.CATALOGUE, params)
        if progress is not None:
            torrent.listeners.append(progress)
        try:
            self._meet(torrent, peers)
            await torrent.until(lambda: torrent.described, patience, "Nobody who has this catalogue answers")
            info = bytes(torrent.handle.torrent_file().info_section())
            lines = torrents.check_metadata(info, at_most)
            if check is not None:
                check([(line.name, line.size) for line in lines])
            await torrent.until(lambda: torrent.checked, patience, "The disk did not answer")
            shared = self._files_of(known)
            links = {line.name: shared[line.root] for line in lines if line.root in shared}
            torrent.handle.prioritize_files(_priorities(torrent.handle.torrent_file(), links))
            if len(links) < len(lines):
                await torrent.advance(lambda: torrent.progress.complete, patience, "This catalogue stopped arriving")
                await torrent.flush()
            if links:  # libtorrent cannot be told that they are here; it begins anew with the whole
                await self._remove(torrent, delete=False)
            built = await asyncio.to_thread(_finish, folder, info, links)
            if links:
                self._seed(built, target, checked=True)
            else:
                torrent.files = {line.root: target / line.name for line in lines}
        except BaseException:
            await self._remove(torrent, delete=True)
            await asyncio.to_thread(shutil.rmtree, target, True)
            raise
        finally:
            torrent.listeners.clear()
        return target

    def seed_catalogue(self, torrent: bytes, folder: Path) -> bytes:
        """Give the catalogue whose files lie in `folder` to others; returns its infohash.

        `torrent` is `Built.torrent` or a kept catalogue.torrent. libtorrent reads the files through before it gives
        any. Raises PeerError (not a torrent of ours) and MediaError (a file is missing or of another size).
        """
        built = torrents.read_torrent(torrent)
        for line in torrents.check_metadata(built.info):
            path = folder / line.name
            if not path.is_file() or path.is_symlink() or path.stat().st_size != line.size:
                raise MediaError("A file of the catalogue is not as it was", line.name, path)
        self._seed(built, folder, checked=False)
        return built.infohash

    def _seed(self, built: torrents.Built, folder: Path, *, checked: bool) -> None:
        if built.infohash in self._torrents:
            return
        lines = torrents.check_metadata(built.info)
        params: Any = lt.load_torrent_buffer(built.torrent)
        params.save_path = str(folder.parent)
        if folder.name != torrents.CATALOGUE:
            names = _file_names(params.ti)
            params.renamed_files = {at: str(folder.absolute() / name) for at, name in names.items()}
        params.flags = _GIVE_ONLY | (lt.torrent_flags.seed_mode if checked else lt.torrent_flags.update_subscribe)
        torrent = self._add(built.infohash, Purpose.CATALOGUE, params)
        torrent.files = {line.root: folder / line.name for line in lines}

    def _files_of(self, infohashes: Sequence[bytes]) -> dict[bytes, Path]:
        found = {}
        for infohash in infohashes:
            torrent = self._torrents.get(infohash)
            if torrent is not None:
                found.update(torrent.files)
        return found

    # -------------------------------------------------------------------------------- contents

    async def seed_content(
        self,
        path: Path,
        root: bytes,
        size: int,
        extension: str,
        *,
        mtime_ns: int | None = None,
        linger: float | None = 600.0,
    ) -> bytes:
        """Give our own file at `path` to others as the content with that v2 root; returns the infohash.

        The file is read through first. Nothing of its path leaves this machine. It is dropped again when it changes,
        or after `linger` seconds in which nobody took any of it (None: never). Raises MediaError when it is not that
        file (any longer), PeerError while the same content is being downloaded.
        """
        infohash = torrents.file_infohash(root, size, extension)
        if infohash in self._transfers:
            raise PeerError("This file is being downloaded")
        if infohash in self._given and self._unchanged(infohash):
            self._given[infohash] = replace(self._given[infohash], used=time.monotonic(), linger=linger)
            return infohash
        try:
            before = await asyncio.to_thread(path.stat)
        except OSError as wrong:
            raise MediaError("The file cannot be read", str(wrong.strerror or wrong), path) from wrong
        if before.st_size != size or mtime_ns not in (None, before.st_mtime_ns):
            raise MediaError(
                "The file changed since it was published", "It is published anew at the next update.", path
            )
        built = await asyncio.to_thread(torrents.file_torrent, path, root, size, extension)
        if infohash in self._torrents:  # somebody else asked for it meanwhile
            return infohash
        params: Any = lt.load_torrent_buffer(built.torrent)
        params.save_path = str(path.parent)
        params.renamed_files = {0: str(path.absolute())}
        params.flags = _GIVE_ONLY | lt.torrent_flags.seed_mode
        self._add(infohash, Purpose.CONTENT, params)
        self._given[infohash] = _Given(path, size, before.st_mtime_ns, linger, time.monotonic())
        return infohash

    async def download(
        self,
        root: bytes,
        size: int,
        extension: str,
        folder: Path,
        *,
        resume: bytes | None = None,
        peers: Sequence[Address] = (),
        paused: bool = False,
    ) -> Transfer:
        """Begin (or with `resume` go on) to fetch a content into `folder`, from its first byte to its last.

        The same content asked for twice is one Transfer. Raises PeerError (impossible size or type; it is our own).
        """
        info = torrents.file_description(root, size, extension)
        infohash = hashlib.sha256(info).digest()
        if infohash in self._transfers:
            return self._transfers[infohash]
        if infohash in self._torrents:
            raise PeerError("This file is here already")

        def params(resume: bytes | None = None) -> Any:
            made = _resumed(info, infohash, resume)
            made.save_path = str(folder)
            made.flags = _FLAGS | lt.torrent_flags.sequential_download
            return made

        first = params(resume)
        if paused:
            first.flags |= lt.torrent_flags.paused
        folder.mkdir(parents=True, exist_ok=True)
        torrent = self._add(infohash, Purpose.CONTENT, first)
        path = folder / torrents.file_torrent_name(root, extension)
        transfer = Transfer(self, torrent, params, root, size, path)
        self._transfers[infohash] = transfer
        self._meet(torrent, peers)
        transfer.play_soon()
        return transfer

    def _unchanged(self, infohash: bytes) -> bool:
        given = self._given[infohash]
        try:
            now = given.path.stat()
        except OSError:
            return False
        return (now.st_size, now.st_mtime_ns) == (given.size, given.mtime_ns)

    def guard(self) -> None:
        """Drop what we give away but which changed, or which nobody took for its `linger`."""
        now = time.monotonic()
        for infohash, given in tuple(self._given.items()):
            torrent = self._torrents[infohash]
            if torrent.progress.peers:
                self._given[infohash] = replace(given, used=now)
                idle = 0.0
            else:
                idle = now - given.used
            if not self._unchanged(infohash) or (given.linger is not None and idle > given.linger):
                self.drop(infohash)

    def _spoilt(self, torrent: Torrent) -> None:
        if torrent.infohash in self._given:  # it changed since it was hashed, or is gone
            self.drop(torrent.infohash)

    def _forget(self, torrent: Torrent) -> None:
        super()._forget(torrent)
        self._transfers.pop(torrent.infohash, None)
        self._given.pop(torrent.infohash, None)


def _resumed(info: bytes, infohash: bytes, resume: bytes | None) -> Any:
    """Parameters from resume data where it is of this torrent, else from the description alone."""
    if resume is not None:
        with contextlib.suppress(RuntimeError):  # damaged: the files on the disk are looked through instead
            params = lt.read_resume_data(resume)
            if params.info_hashes.v2.to_bytes() == infohash and params.ti is not None:
                params.trackers, params.url_seeds, params.http_seeds, params.dht_nodes = [], [], [], []
                params.renamed_files = {}
                return params
    return torrents.params_without_layers(info)


def _file_names(description: Any) -> dict[int, str]:
    """The names of a catalogue's files by libtorrent's numbers, which count its padding too."""
    files = description.layout()
    pad = int(files.flag_pad_file)
    return {at: Path(files.file_path(at)).name for at in range(files.num_files()) if not files.file_flags(at) & pad}


def _priorities(description: Any, links: Mapping[str, Path]) -> list[int]:
    """Fetch all but the files in `links`."""
    names = _file_names(description)
    return [4 if at in names and names[at] not in links else 0 for at in range(max(names) + 1)]


def _finish(folder: Path, info: bytes, links: Mapping[str, Path]) -> torrents.Built:
    """Put linked files beside the fetched ones, read all again, and keep the torrent; slow, for a worker thread."""
    target = folder / torrents.CATALOGUE
    for name, source in links.items():
        path = target / name
        path.unlink(missing_ok=True)
        try:
            path.hardlink_to(source)
        except OSError:  # a file system without links
            shutil.copyfile(source, path)
    built = torrents.verify_catalogue(info, target)
    for line in torrents.check_metadata(info):
        sync_file(target / line.name)
    write_atomically(folder / TORRENT_FILE, built.torrent)
    return built
