"""Looks through the library's folders and takes in what is new, changed, moved or gone. One scan at a time.

Runs on a thread of its own; `ask` it for a folder (or all). Files are read by a few threads (mostly waiting for the
disk), written in batches, and shown while the scan goes on. The demo library is made here, too, since it ends in a
scan.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from app.demo.writer import make_demo
from app.errors import StoreError
from app.jobs import Cancelled, JobControl, Rate
from app.library.decoder import DecodePool
from app.library.importer import Importer, Refused
from app.library.scanner import Found, Gone, Looked, Offline, Stamp, Unreadable, scan
from app.protocol import Done, Event, FoldersChanged, ItemsChanged, Job, JobEnded, Progress
from app.store.database import Database
from app.store.item_values import Folder, FoundItem
from app.store.items import Items
from app.studio.failures import told
from app.studio.taste_work import ItemsStale, TasteWork

log = logging.getLogger(__name__)

BATCH = 64
BATCH_SECONDS = 0.5
"""An item is shown at the latest this long after it was read."""
SHOWN_EVERY = 16
"""Pieces of the demo after which those that are there are taken in."""


@dataclass(frozen=True, slots=True)
class _Demo:
    request: int
    folder: Path


class Scanning:
    """Scans on request; requests for what already waits are joined."""

    def __init__(
        self,
        open_database: Callable[[], Database],
        covers: Path,
        say: Callable[[Event], None],
        wake_indexing: Callable[[], None],
        tell_taste: Callable[[TasteWork], None],
        *,
        read_ratings: bool = True,
    ) -> None:
        self._open_database = open_database
        self._covers = covers
        self._pool = DecodePool(children=1)
        self._say = say
        self._wake_indexing = wake_indexing
        self._tell_taste = tell_taste
        self._read_ratings = read_ratings
        self._asked: queue.SimpleQueue[str | _Demo | None] = queue.SimpleQueue()
        self._waiting: dict[str, list[Callable[[], None]]] = {}
        """Folders to scan, each with what is to be done when that is over."""
        self._lock = threading.Lock()
        self._open_work = 0
        self._unanswered = 0
        """The request that waits for the demo's folder, 0 for none."""
        self._ending = threading.Event()
        self._writing = threading.Lock()
        self._left: set[int] = set()
        """Folders that were taken out since the request at hand began; changed while `_writing` is held."""
        self._job = Job.SCAN
        self._control = JobControl()
        self._progress = Progress(Job.SCAN, 0, 0, 0.0, -1.0)
        self._thread = threading.Thread(target=self._run, name="scan", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def ask(self, folder: str = "", then: Callable[[], None] | None = None) -> None:
        """Scan one folder, or all, and call `then` on the scan's thread; a request that waits is not made twice."""
        with self._lock:
            waits = folder in self._waiting
            self._waiting.setdefault(folder, []).extend([then] if then else [])
            if waits:
                return
            self._open_work += 1
        self._asked.put(folder)

    def make_demo(self, request: int, folder: Path) -> None:
        """Synthesise the demo library in `folder` where it is missing, and take it in."""
        with self._lock:
            self._open_work += 1
        self._asked.put(_Demo(request, folder))

    def leave(self, folder: int, remove: Callable[[], object]) -> None:
        """Take a folder out by `remove`, between two batches of a scan that may be in it just now."""
        with self._writing:
            self._left.add(folder)
            remove()

    @property
    def idle(self) -> bool:
        """True when no scan is under way or waiting."""
        return self._open_work == 0

    def control_of(self, job: Job) -> JobControl | None:
        return self._control if job is self._job and not self.idle else None

    def tell(self) -> None:
        """Say the progress again (after a pause or a resume)."""
        self._say_progress()

    def close(self, timeout: float = 10.0) -> None:
        """End after the batch at hand; what waits is found by the first scan of the next start."""
        # In this order: the thread makes its control first and looks whether it is to end second.
        self._ending.set()
        self._control.cancel()
        self._asked.put(None)
        if self._thread.is_alive():
            self._thread.join(timeout)
        self._pool.close()

    # ---------------------------------------------------------------------------------------------- loop

    def _run(self) -> None:
        while (asked := self._asked.get()) is not None:
            self._job = Job.DEMO if isinstance(asked, _Demo) else Job.SCAN
            self._control = JobControl()
            if self._ending.is_set():
                return
            then: list[Callable[[], None]] = []
            if isinstance(asked, str):
                with self._lock:
                    then = self._waiting.pop(asked, [])
            with self._writing:
                self._left.clear()
            try:
                with self._open_database() as database:
                    if isinstance(asked, _Demo):
                        self._demo(asked, Items(database))
                        asked = str(asked.folder)
                    self._job = Job.SCAN
                    ended = self._scan(Items(database), asked)
            except Cancelled:
                ended = JobEnded(self._job, 0, 0, 0.0, cancelled=True)
            except Exception as error:  # noqa: BLE001 - whatever it is, the window is told and the thread lives
                request, self._unanswered = self._unanswered, 0
                self._say(told(error, "The scan stopped", request))
                ended = JobEnded(self._job, 0, 0, 0.0)
            self._wake_indexing()
            with self._lock:
                self._open_work -= 1
            self._say(ended)
            for call in then:
                call()

    def _demo(self, demo: _Demo, items: Items) -> None:
        began = time.monotonic()
        rate = Rate()

        def progress(done: int, total: int) -> None:
            self._control.step()
            if done % SHOWN_EVERY == 0:
                # What is there can be seen and played while the rest is made.
                self._scan(items, str(demo.folder))
            rate.note(done)
            self._progress = Progress(
                Job.DEMO, done, total, rate.per_minute, rate.seconds_left(total), self._control.paused
            )
            self._say_progress()

        self._unanswered = demo.request
        try:
            demo.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError("The demo cannot be made here", error.strerror or "", demo.folder) from error
        items.add_folder(str(demo.folder))
        self._unanswered = 0
        self._say(Done(demo.request))
        self._say(FoldersChanged())
        make_demo(demo.folder, progress, lambda: self._control.cancelled)
        self._control.step()
        self._say(JobEnded(Job.DEMO, self._progress.total, 0, time.monotonic() - began))

    # ---------------------------------------------------------------------------------------------- scan

    def _scan(self, items: Items, only: str) -> JobEnded:
        began = time.monotonic()
        done = failed = 0
        importer = Importer(self._covers, self._pool)
        for folder in items.folders():
            if only and folder.path != only:
                continue
            if folder.id in self._left:
                continue
            run = _FolderScan(
                items, folder, importer, self._control, self._read_ratings, self._writing, lambda: self._left
            )
            for counts in run.steps():
                self._progress = Progress(
                    Job.SCAN,
                    done + run.done,
                    done + run.total,
                    run.rate.per_minute,
                    run.rate.seconds_left(run.total),
                    self._control.paused,
                    failed + run.failed,
                )
                self._say_progress()
                if counts is not None:
                    self._say(counts)
                    self._tell_taste(ItemsStale())
                    self._wake_indexing()
            done, failed = done + run.done, failed + run.failed
            if run.online != folder.online:
                self._say(FoldersChanged())
                self._say(ItemsChanged(0, 0, 1))
                self._tell_taste(ItemsStale())
        # The children of a scan are seldom needed: their memory is better free.
        self._pool.rest()
        return JobEnded(Job.SCAN, done, failed, time.monotonic() - began, self._control.cancelled)

    def _say_progress(self) -> None:
        self._say(replace(self._progress, paused=self._control.paused))


class _FolderScan:
    """One folder's scan, in steps that say what changed."""

    def __init__(
        self,
        items: Items,
        folder: Folder,
        importer: Importer,
        control: JobControl,
        read_ratings: bool,
        writing: threading.Lock,
        left: Callable[[], set[int]],
    ) -> None:
        """`writing` is held for every batch written; `left` are the folders taken out meanwhile."""
        self._items = items
        self._importer = importer
        self._folder = folder
        self._control = control
        self._read_ratings = read_ratings
        self._writing = writing
        self._left = left
        self.done = self.total = self.failed = 0
        self.online = folder.online
        self.rate = Rate()

    def steps(self) -> Iterator[ItemsChanged | None]:
        """Scan; yields after each batch what changed, None where nothing is to be shown yet."""
        known = self._items.known_files(self._folder.id)
        stamps = {path: Stamp(file.size, file.mtime_ns, file.missing) for path, file in known.items()}
        failures = {
            failure.path: Stamp(failure.size, failure.mtime_ns)
            for failure in self._items.failures()
            if failure.path not in stamps
        }
        found: list[Found] = []
        gone: list[int] = []
        for sight in scan(Path(self._folder.path), stamps, self._is_over, failures):
            match sight:
                case Offline():
                    self.online = False
                    self._items.set_online(self._folder.id, False)
                    return
                case Unreadable():
                    self._items.record_failure(str(sight.path), 0, 0, "tags", sight.reason)
                    self.failed += 1
                case Looked():
                    yield None
                case Gone():
                    gone.append(known[str(sight.path)].id)
                case Found():
                    found.append(sight)
        if not self._folder.online:
            self.online = True
            self._items.set_online(self._folder.id, True)
        yield from self._take_in(found)
        # Last: a moved file is known again by then, and its Item never was absent.
        if gone and not self._is_over():
            masked = self._items.mark_missing(gone)
            yield ItemsChanged(0, 0, masked)

    def _take_in(self, found: list[Found]) -> Iterator[ItemsChanged | None]:
        self.total = len(found)
        batch: list[FoundItem] = []
        last = time.monotonic()
        root = Path(self._folder.path)
        for read in self._importer.take_in(found, self._folder.id, root, self._is_over, lambda: self._control.paused):
            self.done += 1
            if isinstance(read, Refused):
                self._refuse(read)
            else:
                batch.append(read if self._read_ratings else replace(read, rating=None))
            if len(batch) >= BATCH or time.monotonic() - last > BATCH_SECONDS:
                yield self._save(batch)
                batch, last = [], time.monotonic()
        yield self._save(batch)

    def _save(self, batch: list[FoundItem]) -> ItemsChanged:
        self.rate.note(self.done)
        with self._writing:
            if self._folder.id in self._left():
                return ItemsChanged(0, 0, 0)
            counts = self._items.save_found(batch)
        return ItemsChanged(counts.added, counts.changed + counts.moved, 0)

    def _is_over(self) -> bool:
        """Whether the user cancelled, or took this folder out."""
        return self._control.cancelled or self._folder.id in self._left()

    def _refuse(self, refused: Refused) -> None:
        self.failed += 1
        found = refused.found
        self._items.record_failure(str(found.path), found.size, found.mtime_ns, refused.stage, refused.reason)
