"""The swarm: one libtorrent session that fetches catalogues and downloads contents, and gives both to others.

Owned by the network process and used on its event loop only. Torrents are made of infohashes, roots and sizes alone:
no magnet, tracker or web seed of a peer's is ever read. Long work on files runs in worker threads.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
import shutil
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, cast

import libtorrent as lt

from app.errors import MediaError, PeerError
from app.files import write_atomically
from app.network_messages import Reachable
from app.peers import torrents
from app.peers.alerts import Alerts, Heard, Pulse
from app.peers.place import Place
from app.peers.session_settings import checked_address, filter_of, limit_neighbours, settings_of
from app.peers.torrent import Progress, Purpose, Torrent, sync_file
from app.peers.transfer import Transfer

log = logging.getLogger(__name__)

Address = tuple[str, int]
CheckFiles = Callable[[Sequence[tuple[str, int]]], None]
TORRENT_FILE = "catalogue.torrent"
"""Beside a fetched catalogue's folder: what `Swarm.seed_catalogue` wants to have after a restart."""
_QUICK, _SLOW_TICK = 0.5, 5.0
_GUARD = 30.0
_FLAGS = lt.torrent_flags.update_subscribe | lt.torrent_flags.apply_ip_filter


@dataclass(frozen=True, slots=True)
class Traffic:
    """Payload bytes of this session by purpose, torrents that are gone included."""

    catalogue_received: int = 0
    catalogue_given: int = 0
    content_received: int = 0
    content_given: int = 0


@dataclass(frozen=True, slots=True)
class _Given:
    """A file of ours that is given away, as it was when its hashes were computed."""

    path: Path
    size: int
    mtime_ns: int
    linger: float | None
    used: float


class Swarm:
    """One libtorrent session at one Place. `start` before all else, `close` at the end."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._session: Any = None
        self._alerts: Alerts | None = None
        self._torrents: dict[bytes, Torrent] = {}
        self._by_handle: dict[int, Torrent] = {}
        self._transfers: dict[bytes, Transfer] = {}
        self._given: dict[bytes, _Given] = {}
        self._blocked: set[str] = set()
        self._gone = Traffic()
        self._pulse = Pulse()
        self._ticking: asyncio.Task[None] | None = None
        self._stats: dict[str, int] = {}
        self._listening: set[str] = set()
        self._listen_problem = ""
        self._mapped = False
        self.listen_port = 0
        self.external_ip = ""
        self.dht_nodes = 0

    # ---------------------------------------------------------------------------------- life

    async def start(self) -> None:
        """Open the session's sockets. Raises PeerError when it cannot listen where the Place says."""
        self._metrics = {
            name: lt.find_metric_idx(name)
            for name in (
                "dht.dht_nodes",
                "net.recv_payload_bytes",
                "net.sent_payload_bytes",
                "net.has_incoming_connections",
            )
        }
        self._session = lt.session(cast(Any, settings_of(self._place)))
        limit_neighbours(self._session, self._place)
        self._session.set_ip_filter(filter_of(self._place, ()))
        self._alerts = Alerts(self._session)
        self._listen_to_session()
        self._alerts.start()
        self._ticking = asyncio.get_running_loop().create_task(self._tick())
        if self._place.proxy is not None:
            return  # libtorrent listens to nobody but the proxy
        try:
            await self._pulse.until(lambda: {"tcp", "udp"} <= self._listening, 10, "listening")
        except TimeoutError:
            await self.close()
            raise PeerError("The network cannot be used", self._listen_problem or "No port could be opened.") from None

    async def close(self) -> None:
        """Let the session go. Resume data is the caller's to ask for before."""
        if self._session is None:
            return
        if self._ticking is not None:
            self._ticking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._ticking
        alerts, self._alerts = self._alerts, None
        for torrent in self._torrents.values():
            torrent.removed = True
            torrent.changed()
        assert alerts is not None
        alerts.stop()
        last, self._session = [self._session], None
        last[0].pause()
        self._torrents.clear()
        self._by_handle.clear()
        self._transfers.clear()
        await asyncio.to_thread(last.clear)  # the destructor waits for libtorrent's threads
        alerts.close()

    @property
    def session(self) -> Any:
        """libtorrent's session, for the DHT (`dht`, `rendezvous`); its alerts come through `on` only."""
        if self._session is None:
            raise PeerError("The network is off")
        return self._session

    @property
    def place(self) -> Place:
        return self._place

    def on(self, kind: str, heard: Heard) -> Callable[[], None]:
        """Hear alerts of the class named `kind`; copy what you need inside the call. Returns how to stop."""
        if self._alerts is None:
            raise PeerError("The network is off")
        return self._alerts.on(kind, heard)

    # ------------------------------------------------------------------------------ catalogues

    async def fetch_catalogue(
        self,
        infohash: bytes,
        folder: Path,
        *,
        at_most: int,
        known: Sequence[bytes] = (),  # noqa: ARG002 - libtorrent finds them by what the description names
        peers: Sequence[Address] = (),
        progress: Callable[[Progress], None] | None = None,
        check: CheckFiles | None = None,
        patience: float = 60.0,
    ) -> Path:
        """Fetch a catalogue into `folder`/catalogue; its files are hash-checked and on the disk when it returns.

        The description is checked, and `check` asked with the (name, size) of all files, before a byte of them is
        fetched; `at_most` bounds their bytes. Files shared with catalogues in the session are linked, not fetched
        (`known`: those infohashes; they are found without help). Afterwards the catalogue is given to others until
        `drop`, and `folder`/catalogue.torrent holds what `seed_catalogue` wants. Raises PeerError (not a catalogue we
        take), TimeoutError (nothing came for `patience` seconds), DiskFull, StoreError; nothing is left then.
        """
        if len(infohash) != 32:
            raise PeerError("That is not the infohash of a catalogue")
        if infohash in self._torrents:
            raise PeerError("This catalogue is already here or on its way")
        await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
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
            torrent.handle.prioritize_files([4] * len(lines))
            await torrent.advance(lambda: torrent.progress.complete, patience, "This catalogue stopped arriving")
            await torrent.flush()
            built = await asyncio.to_thread(torrents.verify_catalogue, info, folder / torrents.CATALOGUE)
            await asyncio.to_thread(_keep, folder, built, [line.name for line in lines])
        except BaseException:
            await self._remove(torrent, delete=True)
            await asyncio.to_thread(shutil.rmtree, folder / torrents.CATALOGUE, True)
            raise
        finally:
            torrent.listeners.clear()
        return folder / torrents.CATALOGUE

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
        if built.infohash in self._torrents:
            return built.infohash
        params: Any = lt.load_torrent_buffer(torrent)
        params.save_path = str(folder.parent)
        if folder.name != torrents.CATALOGUE:
            files = params.ti.layout()
            names = {Path(files.file_path(at)).name: at for at in range(files.num_files())}
            params.renamed_files = {at: str(folder / name) for name, at in names.items()}
        params.flags = _FLAGS
        self._add(built.infohash, Purpose.CATALOGUE, params)
        return built.infohash

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
        infohash = torrents.content_infohash(root, size, extension)
        if infohash in self._transfers:
            raise PeerError("This file is being downloaded")
        if infohash in self._given and self._unchanged(infohash):
            self._given[infohash] = replace(self._given[infohash], used=time.monotonic(), linger=linger)
            return infohash
        before = await asyncio.to_thread(path.stat)
        if before.st_size != size or mtime_ns not in (None, before.st_mtime_ns):
            raise MediaError(
                "The file changed since it was published", "It is published anew at the next update.", path
            )
        built = await asyncio.to_thread(torrents.content_torrent, path, root, size, extension)
        if infohash in self._torrents:  # somebody else asked for it meanwhile
            return infohash
        params: Any = lt.load_torrent_buffer(built.torrent)
        params.save_path = str(path.parent)
        params.renamed_files = {0: str(path.absolute())}
        params.flags = _FLAGS | lt.torrent_flags.seed_mode
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
        info = torrents.content_info(root, size, extension)
        infohash = hashlib.sha256(info).digest()
        if infohash in self._transfers:
            return self._transfers[infohash]
        if infohash in self._torrents:
            raise PeerError("This file is here already")
        params = _resumed(info, infohash, resume)
        params.save_path = str(folder)
        params.flags = _FLAGS | lt.torrent_flags.sequential_download
        if paused:
            params.flags |= lt.torrent_flags.paused
        folder.mkdir(parents=True, exist_ok=True)
        torrent = self._add(infohash, Purpose.CONTENT, params)
        transfer = Transfer(self, torrent, root, size, folder / torrents.content_name(root, extension))
        self._transfers[infohash] = transfer
        self._meet(torrent, peers)
        transfer.play_soon()
        return transfer

    # ---------------------------------------------------------------------------- all torrents

    def has(self, infohash: bytes) -> bool:
        """Whether a torrent is in the session, whole or not."""
        return infohash in self._torrents

    def drop(self, infohash: bytes) -> None:
        """Give a torrent to others no longer; its files stay. Unknown ones are no error."""
        torrent = self._torrents.get(infohash)
        if torrent is not None:
            self._forget(torrent)
            self.session.remove_torrent(torrent.handle)

    async def remove(self, infohash: bytes, *, delete: bool) -> None:
        """Like `drop`, but wait until libtorrent has let go of the files; `delete` deletes them."""
        torrent = self._torrents.get(infohash)
        if torrent is not None:
            await self._remove(torrent, delete)

    def connect(self, infohash: bytes, host: str, port: int) -> None:
        """Connect to a peer now. Both sides doing so at one moment pass most NATs.

        Raises PeerError for an address no peer can have; an unknown torrent is no error (it was dropped meanwhile).
        """
        address = checked_address(self._place, host, port)
        torrent = self._torrents.get(infohash)
        if torrent is not None:
            torrent.handle.connect_peer(address)

    def block(self, hosts: Iterable[str]) -> None:
        """Talk to these addresses no longer; connections to them end."""
        self._blocked |= set(hosts)
        self.session.set_ip_filter(filter_of(self._place, self._blocked))

    def unblock(self, hosts: Iterable[str]) -> None:
        self._blocked -= set(hosts)
        self.session.set_ip_filter(filter_of(self._place, self._blocked))

    def limit(self, upload: int, download: int) -> None:
        """New rate limits, bytes/s, 0 for none."""
        self._place = replace(self._place, upload_limit=upload, download_limit=download)
        self.session.apply_settings({"upload_rate_limit": upload, "download_rate_limit": download})
        limit_neighbours(self.session, self._place)

    def progress(self, infohash: bytes) -> Progress | None:
        """How a torrent is, as of now; None when it is not in the session."""
        torrent = self._torrents.get(infohash)
        if torrent is None:
            return None
        torrent.look()
        return torrent.progress

    def traffic(self) -> Traffic:
        """Payload received and given since the start: the proof that a catalogue was ranked without its contents."""
        total = self._gone
        for torrent in self._torrents.values():
            torrent.look()
            total = _counted(total, torrent)
        return total

    @property
    def rates(self) -> tuple[float, float]:
        """Payload down and up, bytes/s, over all torrents."""
        every = [torrent.progress for torrent in self._torrents.values()]
        return sum(one.rate for one in every), sum(one.up_rate for one in every)

    @property
    def reachable(self) -> Reachable:
        """Whether others have begun to talk to us, or the router lets them."""
        if self._place.proxy is not None:
            return Reachable.NO
        if self._mapped or self._stats.get("net.has_incoming_connections"):
            return Reachable.YES
        return Reachable.UNKNOWN

    async def scrape(self, infohash: bytes, patience: float = 5.0) -> tuple[int, int]:
        """(seeds, peers) of a swarm: from its connections when it is here, else from the DHT, seeds -1 (unknown)."""
        torrent = self._torrents.get(infohash)
        if torrent is not None:
            torrent.look()
            return torrent.progress.seeds, torrent.progress.peers
        short = lt.sha1_hash(infohash[:20])
        found: set[Address] = set()

        def heard(alert: Any) -> None:
            if alert.info_hash == short:
                found.update((str(host), int(port)) for host, port in alert.peers())

        off = self.on("dht_get_peers_reply_alert", heard)
        try:
            self.session.dht_get_peers(short)
            await asyncio.sleep(patience)
        finally:
            off()
        return -1, len(found)

    # ------------------------------------------------------------------------------- inside

    def _add(self, infohash: bytes, purpose: Purpose, params: Any) -> Torrent:
        # add_torrent waits for libtorrent's thread (under a millisecond); a handle is needed before the first alert.
        torrent = Torrent(infohash, purpose, self.session.add_torrent(params))
        self._torrents[infohash] = torrent
        self._by_handle[hash(torrent.handle)] = torrent
        return torrent

    def _meet(self, torrent: Torrent, peers: Sequence[Address]) -> None:
        for host, port in peers:
            with contextlib.suppress(PeerError):  # one wrong address among several is no reason to fail
                torrent.handle.connect_peer(checked_address(self._place, host, port))

    def _forget(self, torrent: Torrent) -> None:
        torrent.look()
        self._gone = _counted(self._gone, torrent)
        self._torrents.pop(torrent.infohash, None)
        self._by_handle.pop(hash(torrent.handle), None)
        self._transfers.pop(torrent.infohash, None)
        self._given.pop(torrent.infohash, None)
        torrent.removed = True
        torrent.changed()

    async def _remove(self, torrent: Torrent, delete: bool) -> None:
        if torrent.removed or self._session is None:
            return
        gone: list[bool] = []
        pulse = Pulse()

        def heard(alert: Any) -> None:
            if alert.info_hashes.v2.to_bytes() == torrent.infohash:
                gone.append(True)
                pulse.beat()

        kinds = ("torrent_deleted_alert", "torrent_delete_failed_alert") if delete else ("torrent_removed_alert",)
        offs = [self.on(kind, heard) for kind in kinds]
        try:
            self._forget(torrent)
            self.session.remove_torrent(torrent.handle, lt.session.delete_files if delete else 0)
            with contextlib.suppress(TimeoutError):  # what is left is swept at the next start
                await pulse.until(lambda: bool(gone), 10, "removing")
        finally:
            for off in offs:
                off()

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

    async def _tick(self) -> None:
        """Ask for the state of what runs: twice a second while somebody waits or something moves, else rarely."""
        guarded = asked = time.monotonic()
        while True:
            busy = any(one.pulse.awaited or one.listeners or one.progress.rate for one in self._torrents.values())
            now = time.monotonic()
            if busy or now - asked >= _SLOW_TICK:
                self._session.post_torrent_updates(0)
                if now - asked >= _SLOW_TICK or not self._stats:
                    self._session.post_session_stats()
                    asked = now
            if now - guarded >= _GUARD:
                self.guard()
                guarded = now
            await asyncio.sleep(_QUICK)

    def _listen_to_session(self) -> None:
        assert self._alerts is not None
        on = self._alerts.on
        on("state_update_alert", self._states_came)
        on("session_stats_alert", self._stats_came)
        on("listen_succeeded_alert", self._listens)
        on("listen_failed_alert", self._does_not_listen)
        on("external_ip_alert", lambda alert: setattr(self, "external_ip", str(alert.external_address)))
        on("portmap_alert", lambda _: setattr(self, "_mapped", True))
        on("alerts_dropped_alert", lambda _: log.warning("alerts were dropped"))
        for kind, heard in _OF_TORRENTS.items():
            on(kind, partial(self._told, heard))

    def _told(self, heard: Callable[[Torrent, Any], None], alert: Any) -> None:
        torrent = self._by_handle.get(hash(alert.handle))
        if torrent is not None:
            heard(torrent, alert)

    def _states_came(self, alert: Any) -> None:
        for status in alert.status:
            torrent = self._by_handle.get(hash(status.handle))
            if torrent is not None:
                torrent.note(status)

    def _stats_came(self, alert: Any) -> None:
        values = alert.values
        self._stats = {name: int(values[name]) for name in self._metrics}
        before, self.dht_nodes = self.dht_nodes, self._stats["dht.dht_nodes"]
        if self.dht_nodes and not before:
            # What was announced before the DHT knew anybody was lost without a word.
            for torrent in self._torrents.values():
                torrent.handle.force_dht_announce()

    def _listens(self, alert: Any) -> None:
        kind = str(alert.socket_type)
        if kind == "tcp":
            self.listen_port = int(alert.port)
        self._listening.add("udp" if kind in ("udp", "utp") else kind)
        self._pulse.beat()

    def _does_not_listen(self, alert: Any) -> None:
        self._listen_problem = f"Port {alert.port}: {alert.error.message()}"


def _described(torrent: Torrent, _alert: Any) -> None:
    torrent.described = True
    torrent.changed()


def _finished(torrent: Torrent, _alert: Any) -> None:
    torrent.look()


def _piece_came(torrent: Torrent, alert: Any) -> None:
    torrent.have.add(int(alert.piece_index))
    torrent.pulse.beat()


def _piece_read(torrent: Torrent, alert: Any) -> None:
    if alert.error.value():
        torrent.pieces[int(alert.piece)] = MediaError("The download cannot be read", str(alert.error.message()))
    else:
        torrent.pieces[int(alert.piece)] = bytes(alert.buffer)
    torrent.pulse.beat()


def _flushed(torrent: Torrent, _alert: Any) -> None:
    torrent.flushed += 1
    torrent.pulse.beat()


def _resume_came(torrent: Torrent, alert: Any) -> None:
    torrent.resume = bytes(lt.write_resume_data_buf(alert.params))
    torrent.pulse.beat()


def _resume_failed(torrent: Torrent, alert: Any) -> None:
    torrent.failed(alert.error, "The state of the download could not be saved")


_OF_TORRENTS: dict[str, Callable[[Torrent, Any], None]] = {
    "metadata_received_alert": _described,
    "torrent_checked_alert": lambda torrent, _: torrent.checked_disk(),
    "torrent_finished_alert": _finished,
    "piece_finished_alert": _piece_came,
    "read_piece_alert": _piece_read,
    "cache_flushed_alert": _flushed,
    "save_resume_data_alert": _resume_came,
    "save_resume_data_failed_alert": _resume_failed,
    "torrent_error_alert": lambda torrent, alert: torrent.failed(alert.error, "The transfer stopped"),
    "file_error_alert": lambda torrent, alert: torrent.failed(alert.error, "A file cannot be written or read"),
}


def _counted(total: Traffic, torrent: Torrent) -> Traffic:
    received, given = torrent.progress.received, torrent.progress.given
    if torrent.purpose is Purpose.CATALOGUE:
        return replace(
            total,
            catalogue_received=total.catalogue_received + received,
            catalogue_given=total.catalogue_given + given,
        )
    return replace(total, content_received=total.content_received + received, content_given=total.content_given + given)


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


def _keep(folder: Path, built: torrents.Built, names: Sequence[str]) -> None:
    for name in names:
        sync_file(folder / torrents.CATALOGUE / name)
    write_atomically(folder / TORRENT_FILE, built.torrent)
