"""The studio itself: takes requests, runs scans, indexing and the taste thread, and says events.

The studio process makes one and feeds it from its pipe; the command line makes one in its own process. Exactly one
may exist for a profile at a time, since it alone writes LanceDB; a lock file sees to that.
"""

from __future__ import annotations

import contextlib
import logging
import os
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from app.codec import Message
from app.config import READ_TAG_RATINGS, WATCH_FOLDERS, Settings
from app.encoder_messages import CheckEncoder, GetEncoder, InstallEncoder, ListEncoders, RemoveEncoder
from app.encoders.catalogue import read_catalogue
from app.encoders.shelf import EncoderShelf
from app.errors import Locked
from app.jobs import JobControl
from app.map_messages import MakeMap
from app.network_messages import (
    Arrived,
    Discover,
    DownloadKept,
    EvidenceChanged,
    EvidenceWanted,
    ExplainOffer,
    OffersChanged,
    OwnSpacesChanged,
    StudioNetworkEvent,
    VectorsWanted,
)
from app.paths import RESOURCES, Profile
from app.protocol import (
    AddFolder,
    Cancel,
    CompareRankings,
    ContinueRadio,
    Done,
    Event,
    Explain,
    Failed,
    FeedbackChanged,
    FindDuplicates,
    FindSimilar,
    FoldersChanged,
    ItemsChanged,
    Job,
    JobEnded,
    MakeDemo,
    Pause,
    Ready,
    Recommend,
    RemoveFolder,
    Resume,
    RetryFailures,
    Scan,
)
from app.search_messages import FindMoments, MoreLike, Search
from app.store.database import Database
from app.store.healing import heal
from app.store.items import Items
from app.store.moment_vectors import MomentVectors
from app.store.offer_vectors import OfferVectors
from app.store.vectors import Vectors
from app.studio.beside import Beside
from app.studio.encoder_work import EncoderWork, TryOut, try_installed
from app.studio.encoders_in_use import EncodersInUse, Load, load_installed, take_half_the_processor
from app.studio.failures import told
from app.studio.spaces import SpacesInUse, builtin_spaces
from app.studio.taste_work import ItemsStale, SpacesChanged, TasteWork, VectorsChanged
from app.studio.watching import Watching

if TYPE_CHECKING:
    from app.studio.trainer import Learned

log = logging.getLogger(__name__)

VERSION = "0.1.0"


class Studio:
    """One profile's studio. `start`, then `handle` requests from any one thread, then `close`."""

    def __init__(
        self,
        profile: Profile,
        say: Callable[[Event | StudioNetworkEvent], None],
        *,
        watch: bool | None = None,
        load: Load = load_installed,
        try_out: TryOut = try_installed,
    ) -> None:
        """`say` is called with each event, from several threads. `watch` overrides the setting of that name.

        `load` is how an installed encoder becomes one that encodes, `try_out` how it is judged.
        """
        self._profile = profile
        self._say = say
        settings = Settings(profile.settings)
        self._watch = settings.get(WATCH_FOLDERS) if watch is None else watch
        self._read_ratings = settings.get(READ_TAG_RATINGS)
        self._spaces = SpacesInUse(builtin_spaces())
        self._catalogue = read_catalogue()
        self._shelf = EncoderShelf(profile.encoders, self._catalogue)
        self._beside = Beside()
        self._encoders = EncodersInUse(
            self._shelf, self._spaces, load, changed=self._encoders_changed, beside=self._beside
        )
        self._try_out = try_out
        self._closers: list[Callable[[], None]] = []
        self._lefts: list[Callable[[], bool]] = [lambda: self._beside.left]

    def start(self) -> None:
        """Lock the profile, open and heal the stores, and start the threads. Raises StoreError."""
        self._profile.make()
        lock = FileLock(self._profile.root / "studio.lock")
        try:
            lock.acquire(timeout=0)
        except Timeout as error:
            raise Locked(
                "Bowerbird is already at work on this library",
                "Close the other one first.",
                self._profile.root,
            ) from error
        self._closers.append(lock.release)
        self._encoders.refresh()
        self._closers.append(self._encoders.close)
        with self._open() as database:
            self._vectors = Vectors(self._profile.vectors)
            self._closers.append(self._vectors.close)
            self._offer_vectors = OfferVectors(self._profile.vectors)
            self._closers.append(self._offer_vectors.close)
            healed = self._heal(database)
        self._start_threads(healed)
        self._indexing.wake()
        self._learned.wake()
        self._background(self._back_up)

    def _heal(self, database: Database) -> int:
        """Make marks and vectors agree (before torch is imported: healing must be quick)."""
        healed = heal(Items(database), self._vectors)
        if healed.count:
            log.info("healed %d vectors or marks", healed.count)
        return healed.count

    def _start_threads(self, healed: int) -> None:
        # Imported here: torch and scikit-learn come with them, and healing did not have to wait for that.
        from app.studio.indexing import Indexing
        from app.studio.learned_indexing import LearnedIndexing
        from app.studio.mapping import Mapping
        from app.studio.meaning import WordVectors
        from app.studio.offers import ItemsTakenIn, Offers
        from app.studio.peer_work import PeerWork
        from app.studio.scanning import Scanning
        from app.studio.searching import Searching
        from app.studio.taste_loop import TasteLoop
        from app.studio.trainer import Trainer, kept_settings

        resting, words = threading.Event(), WordVectors(self._encoders)
        self._closers.append(words.close)
        self._offers = Offers(
            self._open_with_offers,
            self._profile.offers,
            self._profile.catalogues,
            self._profile.scores,
            self._vectors,
            self._offer_vectors,
            self._spaces,
            resting,
            self._say,
            words,
        )
        self._mapping = Mapping(self._open, self._profile.scores, resting, self._say)
        self._taste = TasteLoop(
            self._open,
            self._vectors,
            self._spaces,
            Trainer(kept_settings(self._profile.taste)),
            self._profile.scores,
            self._profile.taste,
            self._say,
            self._tell_learned,
            resting,
        )
        self._indexing = Indexing(
            self._open, self._vectors, builtin_spaces(), self._profile.covers, self._say_indexing, self._taste.put
        )
        self._learned = LearnedIndexing(
            self._open,
            self._vectors,
            self._encoders,
            self._spaces,
            lambda: not self.idle,
            resting,
            self._say_learned,
            self._taste.put,
            self._learned_finished,
            prepare=take_half_the_processor,
        )
        self._encoder_work = EncoderWork(
            self._open,
            self._shelf,
            self._catalogue,
            self._encoders,
            self._spaces,
            self._learned,
            self._say,
            self._spaces_changed,
            try_out=self._try_out,
            beside=self._beside,
        )
        self._scanning = Scanning(
            self._open,
            self._profile.covers,
            self._say,
            self._indexing.wake,
            self._tell_taste,
            read_ratings=self._read_ratings,
        )
        self._watching = Watching(self._scanning.ask)
        self._peer_work = PeerWork(
            self._open,
            self._profile,
            self._vectors,
            self._offer_vectors,
            self._spaces,
            self._scanning.ask,
            lambda: self._background(self._watch_folders),
            lambda: self._offers.put(ItemsTakenIn()),
            self._say,
        )
        self._searching = Searching(
            self._open,
            self._vectors,
            MomentVectors(self._vectors),
            self._spaces,
            words,
            self._say,
        )
        # Before any of them can say anything.
        self._say(Ready(VERSION, os.getpid(), healed, self._spaces.now.all))
        for part in (
            self._offers,
            self._mapping,
            self._taste,
            self._searching,
            self._indexing,
            self._learned,
            self._encoder_work,
            self._scanning,
            self._watching,
            self._peer_work,
        ):
            part.start()
            self._closers.append(part.close)
        self._lefts.append(lambda: self._learned.left)
        # The first to be closed: nobody waits for a network that is being loaded.
        self._closers.append(self._beside.end)
        self._background(self._watch_folders)

    def handle(self, message: Message) -> None:
        """Take one request; answers and events come through `say`, errors among them."""
        try:
            self._take(message)
        except Exception as error:  # noqa: BLE001 - whatever it is, the asker is told and the studio lives
            self._say(told(error, "Something went wrong in the studio", getattr(message, "request", 0)))

    def _take(self, message: Message) -> None:
        match message:
            case (
                Recommend()
                | FindSimilar()
                | ContinueRadio()
                | Explain()
                | FindDuplicates()
                | FeedbackChanged()
                | EvidenceChanged()
                | CompareRankings()
            ):
                self._taste.put(message)
            case OffersChanged() | Discover() | ExplainOffer():
                self._offers.put(message)
            case VectorsWanted() | EvidenceWanted() | Arrived() | DownloadKept():
                self._peer_work.put(message)
            case ListEncoders() | GetEncoder() | InstallEncoder() | CheckEncoder() | RemoveEncoder():
                self._encoder_work.put(message)
            case Search() | MoreLike() | FindMoments():
                self._searching.put(message)
            case MakeMap():
                self._mapping.make()
            case AddFolder():
                self._add_folder(message)
            case RemoveFolder():
                self._remove_folder(message)
            case Scan():
                self._scanning.ask(message.path)
            case RetryFailures():
                with self._open() as database:
                    Items(database).clear_failures()
                self._scanning.ask("")
                self._indexing.wake()
                self._learned.wake()
            case MakeDemo():
                self._scanning.make_demo(message.request, self._profile.demo)
            case Cancel():
                self._control(message.job, JobControl.cancel)
            case Pause():
                self._control(message.job, JobControl.pause)
            case Resume():
                self._control(message.job, JobControl.resume)
            case _:
                log.warning("not a request: %s", type(message).__name__)

    @property
    def idle(self) -> bool:
        """True when neither a scan nor indexing is under way."""
        return self._scanning.idle and self._indexing.idle

    @property
    def learned_idle(self) -> bool:
        """True when nothing is being encoded with learned encoders, either."""
        return self.idle and self._learned.idle

    @property
    def left(self) -> bool:
        """After `close`: whether a library is being imported, or a network loaded or called; nothing ends that."""
        return any(left() for left in self._lefts)

    def close(self) -> None:
        """End the threads, in order, and give the profile back. May be called twice."""
        while self._closers:
            with contextlib.suppress(OSError):
                self._closers.pop()()

    def _open(self) -> Database:
        return Database.open(self._profile.library, RESOURCES / "migrations")

    def _open_with_offers(self) -> Database:
        return Database.open(self._profile.library, RESOURCES / "migrations", offers=self._profile.offers)

    def _background(self, work: Callable[[], None]) -> None:
        """Do something short beside the threads, once; `close` waits for it."""

        def guarded() -> None:
            try:
                work()
            except Exception as error:  # noqa: BLE001 - whatever it is, it is told
                self._say(told(error, "Something went wrong in the studio"))

        thread = threading.Thread(target=guarded, name="studio-background", daemon=True)
        thread.start()
        self._closers.append(lambda: thread.join(5.0))

    def _say_indexing(self, event: Event) -> None:
        if isinstance(event, JobEnded):
            # Also where it had nothing to do: a drive that is back may hold what a learned encoder has not encoded.
            self._learned.wake()  # before it is said: whoever hears it and asks must not find both idle
        self._say(event)

    def _tell_learned(self, learned: Learned) -> None:
        self._offers.learned(learned)
        self._mapping.features_changed(learned.features)

    def _tell_taste(self, work: TasteWork) -> None:
        self._taste.put(work)
        if isinstance(work, ItemsStale):
            self._mapping.items_stale()

    def _encoders_changed(self) -> None:
        self._encoder_work.changed()

    def _say_learned(self, event: Event) -> None:
        self._say(event)
        if isinstance(event, JobEnded):
            self._encoder_work.changed()  # so many are encoded now

    def _learned_finished(self) -> None:
        """Vectors of learned encoders came or went."""
        self._say(OwnSpacesChanged())

    def _spaces_changed(self) -> None:
        """Other learned encoders are in use than before."""
        self._taste.put(VectorsChanged(final=True))
        self._offers.put(SpacesChanged())
        self._say(OwnSpacesChanged())

    def _back_up(self) -> None:
        with self._open() as database:
            database.backup_if_older()

    def _control(self, job: Job, do: Callable[[JobControl], None]) -> None:
        for part in (self._scanning, self._indexing, self._learned, self._encoder_work, self._mapping):
            control = part.control_of(job)
            if control is not None:
                do(control)
                part.tell()

    def _add_folder(self, message: AddFolder) -> None:
        path = Path(message.path)
        if not path.is_dir():
            self._say(
                Failed(
                    message.request,
                    "This is not a folder",
                    "Choose a folder with music or videos.",
                    str(path),
                )
            )
            return
        with self._open() as database:
            Items(database).add_folder(str(path.resolve()))
        self._say(Done(message.request))
        self._say(FoldersChanged())
        self._background(self._watch_folders)
        self._scanning.ask(str(path.resolve()))

    def _remove_folder(self, message: RemoveFolder) -> None:
        with self._open() as database:
            items = Items(database)
            for folder in items.folders():
                if folder.path == message.path:
                    self._scanning.leave(folder.id, partial(items.remove_folder, folder.id))
        self._say(Done(message.request))
        self._say(FoldersChanged())
        self._say(ItemsChanged(0, 0, 1))
        self._tell_taste(ItemsStale())
        self._background(self._watch_folders)

    def _watch_folders(self) -> None:
        if self._watch:
            with self._open() as database:
                self._watching.watch([folder.path for folder in Items(database).folders()])
            # Whatever changed until now is found by one scan; from now on by the watcher.
            self._scanning.ask("")
