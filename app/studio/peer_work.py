"""What the network process needs of the studio: vectors to publish, downloads judged, kept ones taken in.

Runs on a thread of its own, one thing after the other: a file that takes its half minute to decode delays neither the
taste nor Discover. It owns the pool whose child reads what came from others.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from app.config import TELL, Settings
from app.errors import StoreError
from app.library.decoder import DecodePool
from app.network_messages import (
    Arrived,
    DownloadKept,
    EvidenceTold,
    EvidenceWanted,
    Judged,
    TakenIn,
    VectorsExported,
    VectorsWanted,
)
from app.paths import Profile
from app.protocol import Event, FoldersChanged
from app.store.database import Database
from app.store.items import Items
from app.store.offer_vectors import OfferVectors
from app.store.vectors import Vectors
from app.studio.exporting import export
from app.studio.failures import told
from app.studio.judging import judge
from app.studio.spaces import SpacesInUse
from app.studio.telling import LEVELS, noise_secret, tell

PeerRequest = VectorsWanted | EvidenceWanted | Arrived | DownloadKept


@dataclass(frozen=True, slots=True)
class _Scanned:
    kept: DownloadKept


Said = Event | VectorsExported | EvidenceTold | Judged | TakenIn


class PeerWork:
    """Does what the network process asks, in order; `put` from any thread."""

    def __init__(
        self,
        open_database: Callable[[], Database],
        profile: Profile,
        own: Vectors,
        offers: OfferVectors,
        spaces: SpacesInUse,
        scan: Callable[[str, Callable[[], None]], None],
        folders_changed: Callable[[], None],
        taken_in: Callable[[], None],
        say: Callable[[Said], None],
    ) -> None:
        """Exports go nowhere but below the profile's folder. `scan` a folder and call back when it is over."""
        self._open_database = open_database
        self._profile = profile
        self._own = own
        self._offers = offers
        self._spaces = spaces
        self._scan = scan
        self._folders_changed = folders_changed
        self._taken_in = taken_in
        self._say = say
        self._pool = DecodePool(children=1)
        self._exported: tuple[str, ...] = ()
        self._asked: queue.SimpleQueue[PeerRequest | _Scanned | None] = queue.SimpleQueue()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="peer-work", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def put(self, request: PeerRequest) -> None:
        self._asked.put(request)

    def close(self, timeout: float = 10.0) -> None:
        """End; what was not done the network process asks for again."""
        self._ending.set()
        self._asked.put(None)
        if self._thread.is_alive():
            self._thread.join(timeout)
        self._pool.close()

    def _run(self) -> None:
        while (asked := self._asked.get()) is not None and not self._ending.is_set():
            try:
                self._do(asked)
            except Exception as error:  # noqa: BLE001 - whatever it is, it is told and the thread lives
                self._say(told(error, "Something went wrong in the studio"))

    def _do(self, asked: PeerRequest | _Scanned) -> None:
        match asked:
            case VectorsWanted():
                folder = Path(asked.folder)
                root = self._profile.root.resolve()
                if not folder.resolve().is_relative_to(root) or folder.resolve() == root:
                    raise StoreError("This folder is not the studio's to write", "", folder)
                with self._open_database() as database:
                    exported = export(folder, database, self._own, self._spaces.now, self._exported)
                self._exported = exported.spaces
                self._say(exported)
            case EvidenceWanted():
                self._say(EvidenceTold(self._tell()))
            case Arrived():
                judged = judge(asked, self._pool, self._offers, self._spaces.now, self._ending.is_set)
                if judged is not None:
                    self._say(judged)
                if self._asked.empty():
                    self._pool.rest()
            case DownloadKept():
                with self._open_database() as database:
                    known = {folder.path for folder in Items(database).folders()}
                    place = Items(database).add_folder(str(Path(asked.folder).resolve())).path
                if place not in known:
                    self._say(FoldersChanged())
                    self._folders_changed()
                self._scan(place, partial(self._asked.put, _Scanned(asked)))
            case _Scanned():
                # Which Item the file became; 0 if it could not be taken in.
                with self._open_database() as database:
                    row = Items(database).item_by_path(str(Path(asked.kept.path).resolve()))
                self._say(TakenIn(asked.kept.download, int(row.id) if row else 0))
                self._taken_in()

    def _tell(self) -> int:
        """Tell what the user wants to be told of the own taste; returns how many messages stand."""
        # Read each time: the window writes the settings while we run.
        level = LEVELS[Settings(self._profile.settings).get(TELL)]
        with self._open_database() as database:
            return tell(database, self._own, self._spaces.now.audio, level, noise_secret(self._profile.noise))
