"""One libtorrent session and the torrents in it: sockets, alerts, limits, blocks, and what was sent and received.

`Swarm` builds on it what is ours, catalogues and contents. Used on the network process's event loop only.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, cast

import libtorrent as lt

from app.errors import MediaError, PeerError
from app.network_messages import Reachable
from app.peers.alerts import Alerts, Heard, Pulse
from app.peers.dht_memory import dht_state, read_nodes, write_nodes
from app.peers.place import Place
from app.peers.session_settings import checked_address, filter_of, limit_neighbours, settings_of
from app.peers.torrent import Progress, Purpose, Torrent

log = logging.getLogger(__name__)

Address = tuple[str, int]
_QUICK, _SELDOM = 0.5, 2.0
"""Seconds between two rounds of asking libtorrent how it is."""
_LONELY = 15.0
"""Seconds after which a torrent that nobody gives asks the DHT again."""
_CLOSED = 600.0
"""Seconds without anybody coming in after which we say that nobody can."""
_GUARD = 30.0
_REMEMBER = 900.0
_METRICS = ("dht.dht_nodes", "net.recv_payload_bytes", "net.sent_payload_bytes", "net.has_incoming_connections")


@dataclass(frozen=True, slots=True)
class Traffic:
    """Payload bytes of this session by purpose, torrents that are gone included."""

    catalogue_received: int = 0
    catalogue_given: int = 0
    content_received: int = 0
    content_given: int = 0


class Session:
    """One libtorrent session at one Place. `start` before all else, `close` at the end."""

    def __init__(self, place: Place, dht_file: Path | None = None) -> None:
        """`dht_file` keeps the DHT's nodes from one start to the next, so that no router need be asked again."""
        self._place = place
        self._dht_file = dht_file
        self._session: Any = None
        self._alerts: Alerts | None = None
        self._torrents: dict[bytes, Torrent] = {}
        self._by_handle: dict[int, Torrent] = {}
        self._blocked: set[str] = set()
        self._gone = Traffic()
        self._pulse = Pulse()
        self._ticking: asyncio.Task[None] | None = None
        self._stats: dict[str, int] = {}
        self._listening: set[str] = set()
        self._listen_problem = ""
        self._mapped = False
        self._began = time.monotonic()
        self.listen_port = 0
        self.external_ip = ""
        self.dht_nodes = 0

    # ---------------------------------------------------------------------------------- life

    async def start(self) -> None:
        """Open the session's sockets. Raises PeerError when it cannot listen where the Place says."""
        self._metrics = {name: lt.find_metric_idx(name) for name in _METRICS}
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
            await self._pulse.until(lambda: self._listens_fully or bool(self._listen_problem), 10, "listening")
            await self._pulse.until(lambda: self._listens_fully, 2, "listening")
            nodes = await asyncio.to_thread(read_nodes, self._dht_file) if self._dht_file else []
            self._ask_near()
            for node in nodes:
                self._session.add_dht_node(node)  # the binding drops a state given to the session's constructor
        except TimeoutError:
            await self.close()
            raise PeerError("The network cannot be used", self._listen_problem or "No port could be opened.") from None

    async def close(self) -> None:
        """Let the session go. Resume data is the caller's to ask for before."""
        alerts, self._alerts = self._alerts, None
        if alerts is None:
            return
        if self._ticking is not None:
            self._ticking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._ticking
        for torrent in tuple(self._torrents.values()):
            self._forget(torrent)
            self._session.remove_torrent(torrent.handle)
        await self._remember()
        if not self._place.isolated:
            # A goodbye over uTP that is answered now spares the destructor three seconds of saying it again.
            await asyncio.sleep(0.15)
        alerts.stop()
        last, self._session = [self._session], None
        await asyncio.to_thread(last.clear)  # the destructor waits for libtorrent's threads
        alerts.close()

    @property
    def _listens_fully(self) -> bool:
        return {"tcp", "udp"} <= self._listening

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

    async def _remember(self) -> None:
        """Write down which DHT nodes are known; losing them costs only a router's answer at the next start."""
        if self._dht_file is None or not self.dht_nodes:
            return
        with contextlib.suppress(OSError):
            await asyncio.to_thread(write_nodes, self._dht_file, dht_state(self._session))

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
            torrent.meet(address)

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
        closed = bool(self.dht_nodes) and time.monotonic() - self._began > _CLOSED
        return Reachable.NO if closed else Reachable.UNKNOWN

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
                torrent.meet(checked_address(self._place, host, port))

    def _forget(self, torrent: Torrent) -> None:
        torrent.look()
        self._gone = _counted(self._gone, torrent)
        self._torrents.pop(torrent.infohash, None)
        self._by_handle.pop(hash(torrent.handle), None)
        torrent.removed = True
        torrent.changed()

    async def _remove(self, torrent: Torrent, delete: bool) -> None:
        if not torrent.removed and self._session is not None:
            self._forget(torrent)
            await self._let_go(torrent, delete)

    async def read_again(self, torrent: Torrent, params: Any) -> None:
        """Begin anew with a torrent that is in the session: what lies on the disk is read through first.

        libtorrent's own `force_recheck` asks for blocks beyond the end of the last piece afterwards, and waits for
        them for ever (2.1.1, seen).
        """
        torrent.look()
        self._gone = _counted(self._gone, torrent)
        self._by_handle.pop(hash(torrent.handle), None)
        await self._let_go(torrent, delete=False)
        torrent.begin_again(self.session.add_torrent(params))
        self._by_handle[hash(torrent.handle)] = torrent

    async def _let_go(self, torrent: Torrent, delete: bool) -> None:
        """Remove from libtorrent, and wait until it has closed (or deleted) the files."""
        gone: list[bool] = []
        pulse = Pulse()

        def heard(alert: Any) -> None:
            if alert.info_hashes.v2.to_bytes() == torrent.infohash:
                gone.append(True)
                pulse.beat()

        kinds = ("torrent_deleted_alert", "torrent_delete_failed_alert") if delete else ("torrent_removed_alert",)
        offs = [self.on(kind, heard) for kind in kinds]
        try:
            self.session.remove_torrent(torrent.handle, lt.session.delete_files if delete else 0)
            with contextlib.suppress(TimeoutError):  # what is left is swept at the next start
                await pulse.until(lambda: bool(gone), 10, "removing")
        finally:
            for off in offs:
                off()

    def guard(self) -> None:
        """Look after what is given to others; asked twice a minute."""

    def _spoilt(self, torrent: Torrent) -> None:
        """A piece is not what it should be, on the wire or on our own disk, or could not be read or written."""

    async def _tick(self) -> None:
        """Ask for the state of what runs: twice a second while somebody waits or something moves, else rarely."""
        guarded = asked = 0.0
        remembered = time.monotonic()
        while True:
            now = time.monotonic()
            busy = any(one.moving for one in self._torrents.values())
            seldom = now - asked >= _SELDOM
            if busy or seldom:
                self._session.post_torrent_updates(0)
            if seldom or (busy and not self.dht_nodes):
                self._session.post_session_stats()
            if seldom:
                asked = now
                self._look_for_peers(now)
                self._ask_near()
            if now - guarded >= _GUARD:
                guarded = now
                self.guard()
            if now - remembered >= _REMEMBER:
                remembered = now
                await self._remember()
            await asyncio.sleep(_QUICK)

    def _ask_near(self) -> None:
        """Ask the first contacts nearby until one answers: whoever was started before them goes on looking."""
        if not self.dht_nodes and self._place.proxy is None:
            for address in self._place.near:
                self._session.add_dht_node(address)

    def _look_for_peers(self, now: float) -> None:
        for torrent in self._torrents.values():
            lonely = not (torrent.progress.complete or torrent.progress.paused or torrent.progress.peers)
            if lonely and now - torrent.announced >= _LONELY:
                torrent.announced = now
                torrent.handle.force_dht_announce()

    def _listen_to_session(self) -> None:
        assert self._alerts is not None
        on = self._alerts.on
        on("state_update_alert", self._states_came)
        on("session_stats_alert", self._stats_came)
        on("listen_succeeded_alert", self._listens)
        on("listen_failed_alert", self._does_not_listen)
        on("external_ip_alert", lambda alert: setattr(self, "external_ip", str(alert.external_address)))
        on("portmap_alert", lambda _: setattr(self, "_mapped", True))
        on("alerts_dropped_alert", self._lost_alerts)
        for kind, heard in _OF_TORRENTS.items():
            on(kind, partial(self._told, heard))
        for kind in ("hash_failed_alert", "torrent_error_alert", "file_error_alert"):
            on(kind, partial(self._told, lambda torrent, _: self._spoilt(torrent)))

    def _told(self, heard: Callable[[Torrent, Any], None], alert: Any) -> None:
        torrent = self._by_handle.get(hash(alert.handle))
        if torrent is not None:
            heard(torrent, alert)

    def _lost_alerts(self, _alert: Any) -> None:
        log.warning("libtorrent's alerts came faster than they were read")
        for torrent in self._torrents.values():
            torrent.catch_up()

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
        self._pulse.beat()


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
