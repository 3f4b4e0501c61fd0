"""Whole peers on one machine: a real studio, a real network process, a DHT of their own on 127.N addresses."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

import libtorrent as lt

from app.codec import Message
from app.composition import open_library
from app.config import BOOTSTRAP, LISTEN_HOST, NETWORK, PEER_NAME, Settings
from app.network_messages import FOR_NETWORK, FOR_STUDIO, NetworkReady, OfferScoresChanged
from app.paths import Profile
from app.processes import Child, network_command
from app.protocol import AddFolder, Done, Failed, Job, JobEnded
from app.store.database import Database
from app.store.offer_rows import OfferRows
from app.store.offer_values import OfferRow
from app.store.publications import Publications
from app.studio.service import Studio

T = TypeVar("T")

ROOT = Path(__file__).resolve().parents[1]
PATIENCE = 90.0
ROUTER_PORT = 46_881


class Router:
    """What a public router of the DHT is for the first contact: a node that everybody may ask, and no peer."""

    def __init__(self, host: str = "127.99.9.1") -> None:
        self.address = host, ROUTER_PORT
        self._session = lt.session(
            {
                "listen_interfaces": f"{host}:{ROUTER_PORT}",
                "enable_dht": True,
                "enable_lsd": False,
                "enable_upnp": False,
                "enable_natpmp": False,
                "dht_bootstrap_nodes": "",
                "dht_block_ratelimit": 10_000,
                "dht_upload_rate_limit": 1_000_000,
            }
        )

    def close(self) -> None:
        del self._session


class PeerRun:
    """One peer. Whatever studio and network process say is kept in `seen` and can be waited for, also afterwards."""

    def __init__(
        self, root: Path, host: str, routers: Sequence[tuple[str, int]] = (), name: str = "", *, namespace: str = ""
    ) -> None:
        """Listen on `host`, told of the DHT nodes `routers`; the network process runs in the namespace given."""
        self.profile = Profile.at(root)
        self.profile.make()
        self._prefix = ["ip", "netns", "exec", namespace] if namespace else []
        settings = Settings(self.profile.settings)
        settings.set(LISTEN_HOST, host)
        settings.set(BOOTSTRAP, " ".join(f"{where}:{port}" for where, port in routers))
        settings.set(PEER_NAME, name)
        settings.set(NETWORK, True)
        self.seen: list[Message] = []
        self.patience = PATIENCE
        self._changed = threading.Condition()
        self._request = 0
        self._studio: Studio | None = None
        self._network: Child | None = None
        self.key = ""

    def __enter__(self) -> PeerRun:
        self.start_studio()
        self.start_network()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def start_studio(self) -> None:
        self._studio = Studio(self.profile, self._from_studio, watch=False)
        self._studio.start()

    def start_network(self) -> None:
        """Start the network process and wait until it is up."""
        since = self.mark()
        os.environ["PYTHONPATH"] = os.pathsep.join((str(ROOT), os.environ.get("PYTHONPATH", "")))
        command = [*self._prefix, *network_command(self.profile.root)]
        self._network = Child(command, self._from_network, self._lost)
        self._network.start()
        self.key = self.wait(NetworkReady, since=since).key

    def stop_network(self) -> None:
        if self._network is not None:
            self._network.close(15.0)
            self._network = None

    def kill(self) -> None:
        """End the network process as a power cut would, for good."""
        assert self._network is not None
        pid, child, self._network = self._network.pid, self._network, None
        child.close(0.0)
        with_pid = Path(f"/proc/{pid}")
        self.until(lambda: not with_pid.exists() or sys.platform != "linux", "the network process to be dead")

    def close(self) -> None:
        self.stop_network()
        if self._studio is not None:
            self._studio.close()
            self._studio = None

    @property
    def network_pid(self) -> int:
        assert self._network is not None
        return self._network.pid

    # -------------------------------------------------------------------------------------- messages

    def tell_studio(self, message: Message) -> None:
        assert self._studio is not None
        self._studio.handle(message)

    def tell(self, message: Message) -> None:
        """Tell the network process something."""
        assert self._network is not None
        self._network.send(message)

    def ask(self, make: Callable[[int], Message], kind: type[T]) -> T:
        """The network process's answer, of `kind`."""
        return self._asked(self.tell, make, kind)

    def ask_studio(self, make: Callable[[int], Message], kind: type[T]) -> T:
        return self._asked(self.tell_studio, make, kind)

    def mark(self) -> int:
        """A point in `seen`, to wait for what comes after it."""
        with self._changed:
            return len(self.seen)

    def wait(self, kind: type[T], fits: Callable[[T], bool] = lambda event: True, since: int = 0) -> T:
        """The first event of a kind that fits, from `since` on."""
        deadline = time.monotonic() + self.patience
        at = since
        with self._changed:
            while True:
                while at < len(self.seen):
                    event: Any = self.seen[at]
                    at += 1
                    if isinstance(event, kind) and fits(event):
                        return event
                left = deadline - time.monotonic()
                if left <= 0:
                    said = [event for event in self.seen if isinstance(event, Failed)]
                    raise AssertionError(f"no such {kind.__name__} in {self.patience} s; failures: {said}")
                self._changed.wait(left)

    def until(self, true: Callable[[], T], what: str = "") -> T:
        """Ask again and again until something is true, and give it."""
        deadline = time.monotonic() + self.patience
        while not (found := true()):
            if time.monotonic() > deadline:
                said = [event for event in self.seen if isinstance(event, Failed)]
                raise AssertionError(f"waited {self.patience} s in vain for {what}; failures: {said}")
            time.sleep(0.05)
        return found

    def failures(self) -> list[Failed]:
        with self._changed:
            return [event for event in self.seen if isinstance(event, Failed)]

    # ------------------------------------------------------------------------------------ the library

    def take_in(self, folder: Path) -> None:
        """Add a folder and wait until all is scanned and encoded."""
        since = self.mark()
        self.ask_studio(lambda number: AddFolder(number, str(folder)), Done)
        self.wait(JobEnded, lambda event: event.job is Job.SCAN, since)
        assert self._studio is not None
        studio = self._studio
        self.until(lambda: studio.idle, "the indexing")

    def publish(self, folder: Path, licence: str = "CC0-1.0") -> None:
        """Publish a folder of the library; the caller tells the network process."""
        with self.database() as database:
            (number,) = (one[0] for one in database.all("SELECT id FROM folders WHERE path = ?", (str(folder),)))
            Publications(database).add_folder(number, licence)

    def database(self) -> Database:
        return open_library(self.profile, scores=True, offers=True)

    def offers(self) -> list[OfferRow]:
        """All offers, as the window reads them."""
        with self.database() as database:
            rows = OfferRows(database)
            return rows.rows(rows.ids())

    def scored(self, count: int) -> list[OfferRow]:
        """Wait until there are so many offers and each has its score, which takes a taste that was learned."""

        def ready() -> list[OfferRow]:
            rows = self.offers()
            return rows if len(rows) == count and all(row.score is not None for row in rows) else []

        self.wait(OfferScoresChanged)
        return self.until(ready, f"{count} scored offers")

    # ------------------------------------------------------------------------------------------ inside

    def _asked(self, tell: Callable[[Message], None], make: Callable[[int], Message], kind: type[T]) -> T:
        self._request += 1
        number, since = self._request, self.mark()
        tell(make(number))
        answer = self.wait(object, lambda event: getattr(event, "request", None) == number, since)
        assert isinstance(answer, kind), answer
        return answer

    def _from_studio(self, event: Message) -> None:
        self._keep(event)
        network = self._network
        if isinstance(event, FOR_NETWORK) and network is not None:
            network.send(event)

    def _from_network(self, event: Message) -> None:
        self._keep(event)
        studio = self._studio
        if isinstance(event, FOR_STUDIO) and studio is not None:
            studio.handle(event)

    def _lost(self, reason: str, final: bool) -> None:
        self._keep(Failed(0, "The network process ended", f"{reason} final={final}"))

    def _keep(self, event: Message) -> None:
        with self._changed:
            self.seen.append(event)
            self._changed.notify_all()
