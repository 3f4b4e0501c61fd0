"""Gives every Item its vectors of the learned encoders, beside everything else and after it. Resumable at any point.

Runs on a thread of its own; `wake` it when there may be work. As with the built-in encoders SQLite knows what is left
(Items without a mark), vectors are written first and marks second. It stands back while files are scanned or encoded
by the built-in encoders, and between two calls of a network while there is feedback to learn from.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

import numpy as np

from app.errors import ModelError
from app.files import Kind
from app.jobs import JobControl, Rate
from app.library.decoder import DecodeFailed, DecodePool, DecodeTask, Result, Sampled, Work
from app.protocol import Event, Job, JobEnded, Progress
from app.store.database import Database
from app.store.items import Items
from app.store.learned_spaces import Lacking, LearnedSpaces
from app.store.moment_vectors import MomentRows, MomentVectors, mark_of
from app.store.vectors import Vectors
from app.studio.encoders_in_use import EncodersInUse
from app.studio.failures import told
from app.studio.full_batches import Encoded, FullBatches, Wanted, moments_of
from app.studio.spaces import LearnedSpace, SpacesInUse, encoder_of
from app.studio.taste_work import TasteWork, VectorsChanged
from models.types import F32, ItemId, Modality

log = logging.getLogger(__name__)

CHILDREN = 2
FLUSH_ITEMS = 64
FLUSH_SECONDS = 8.0
"""A kill costs at most what so many seconds encoded."""
BATCH = 500
"""Items taken from SQLite at a time."""
FULL = {Modality.AUDIO: 4, Modality.IMAGE: 16}
"""Inputs of one call: what the networks take at once (`BATCH` in models/encoders/clap.py and clip.py)."""
RATE = 48_000
"""Hz of the sound they hear."""
STAND_BACK = 2.0
"""Seconds that a call of a network waits at most while own feedback is being learned."""
LOOK = 0.1
"""Seconds after which it is looked again whether others are still busy."""
COVERS = 4_096
"""Covers remembered with their vectors: the tracks of one album share theirs."""


class Pool(Protocol):
    """What is needed of a DecodePool."""

    def run(
        self, tasks: Iterable[DecodeTask], cancelled: Callable[[], bool] = ..., paused: Callable[[], bool] = ...
    ) -> Iterator[Result]: ...

    def close(self) -> None: ...


class LearnedIndexing:
    """Encodes with the learned encoders what they have not encoded yet, whenever it is woken."""

    def __init__(
        self,
        open_database: Callable[[], Database],
        vectors: Vectors,
        encoders: EncodersInUse,
        spaces: SpacesInUse,
        others_busy: Callable[[], bool],
        resting: threading.Event,
        say: Callable[[Event], None],
        tell_taste: Callable[[TasteWork], None],
        finished: Callable[[], None] = lambda: None,
        make_pool: Callable[[], Pool] = lambda: DecodePool(children=CHILDREN),
        prepare: Callable[[], None] = lambda: None,
    ) -> None:
        """`others_busy`: files are scanned, or encoded by the built-in encoders. `resting`: nothing is to be learned.
        `finished` is called when a run has added vectors, or a space was forgotten; `prepare` on the thread that
        encodes, once a network is there."""
        self._open_database = open_database
        self._vectors, self._moments = vectors, MomentVectors(vectors)
        self._encoders, self._spaces = encoders, spaces
        self._others_busy, self._resting = others_busy, resting
        self._say, self._tell_taste, self._finished = say, tell_taste, finished
        self._make_pool, self._prepare = make_pool, prepare
        self._awake = threading.Event()
        self._ending, self._over = threading.Event(), threading.Event()
        self._control = JobControl()
        self._writing = threading.Lock()
        """Held while vectors of a learned space are written or deleted: what is forgotten is not written again."""
        self._busy = False
        self._progress = Progress(Job.LEARNED, 0, 0, 0.0, -1.0)
        self._thread = threading.Thread(target=self._run, name="learned", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        """There may be Items that a learned encoder has not encoded."""
        self._awake.set()

    @property
    def idle(self) -> bool:
        """True when nothing is under way and nobody woke it."""
        return not (self._busy or self._awake.is_set())

    def control_of(self, job: Job) -> JobControl | None:
        return self._control if job is Job.LEARNED else None

    def tell(self) -> None:
        """Say the progress again (after a pause or a resume)."""
        if self._busy and self._progress.total:
            self._say_progress()

    def spaces(self) -> list[str]:
        """All spaces that have vectors of Items or moments, also those that are not in use."""
        return sorted({*self._vectors.spaces(), *self._moments.spaces()})

    def forget(self, space: str) -> None:
        """Delete all that is known of a space which is not in use any longer."""
        with self._writing:
            self._vectors.drop(space)
            self._moments.drop(space)
            with self._open_database() as database:
                store = LearnedSpaces(database)
                store.forget(mark_of(space))
                store.forget(space)
        self._tell_taste(VectorsChanged(final=True))
        self._finished()

    @property
    def left(self) -> bool:
        """After `close`: whether a call of a network is still under way."""
        return self._thread.is_alive()

    def close(self, timeout: float = 3.0) -> None:
        """End after the batch at hand, or without it; what was not marked is done at the next start."""
        self._ending.set()
        self._control.cancel()
        self._awake.set()
        if self._thread.is_alive():
            self._thread.join(timeout)
        self._over.set()

    # ---------------------------------------------------------------------------------------------- loop

    def _run(self) -> None:
        while True:
            self._awake.wait()
            # In this order: never both not busy and not awake while there is work.
            self._busy = True
            self._awake.clear()
            # A cancelled job stays so until something new comes and wakes it again.
            self._control = JobControl()
            if self._ending.is_set():
                return
            work = _Run()
            try:
                self._encode_all(work)
            except Exception as error:  # noqa: BLE001 - whatever it is, the window is told and the thread lives
                self._say(told(error, "Encoding stopped"))
            self._busy = False
            if work.began is not None:
                seconds = time.monotonic() - work.began
                self._say(JobEnded(Job.LEARNED, work.done, work.failed, seconds, self._control.cancelled))

    def _encode_all(self, work: _Run) -> None:
        """All learned spaces, one after the other."""
        self._stand_back()
        with self._open_database() as database:
            store, items = LearnedSpaces(database), Items(database)
            # One that could not be loaded was told once, and is tried again when it was checked or installed anew.
            learned = [one for one in self._spaces.now.learned if not self._encoders.problem(one.name)]
            for space in learned:
                if space.modality is Modality.IMAGE:
                    items.unmark([(item, space.name) for item in store.retagged(space.name)])
            left = {one.name: len(store.lacking(one.name, one.modality, 1_000_000)) for one in learned}
            work.total = sum(left.values())
            if not work.total:
                return
            work.began = time.monotonic()
            for space in learned:
                if left[space.name] and not self._control.cancelled:
                    self._encode_space(space, work, store, items)
        if work.done - work.failed:
            self._tell_taste(VectorsChanged(final=True))
            if not self._gone():
                self._drop_outdated()
                self._vectors.optimize()
                self._finished()

    def _drop_outdated(self) -> None:
        """Forget the spaces that encoders in use had before they were installed anew, now that all is encoded."""
        learned = self._spaces.now.learned
        names = {encoder_of(space.name) for space in learned}
        for space in set(self._vectors.spaces()) - {space.name for space in learned}:
            if encoder_of(space) in names:
                self.forget(space)

    def _encode_space(self, space: LearnedSpace, work: _Run, store: LearnedSpaces, items: Items) -> None:
        self._progress = Progress(
            Job.LEARNED, work.done, work.total, work.rate.per_minute, -1.0, failed=work.failed, note=space.encoder
        )
        self._say_progress()
        try:
            encoder = self._encoders.encoder(space.name)
        except ModelError as error:
            if not self._gone() and space in self._spaces.now.learned:  # else nobody wants it any longer
                self._say(told(error, "An encoder cannot be used"))
            return
        self._prepare()
        one = _OneSpace(space, FullBatches(encoder.encode, FULL[space.modality]))
        pool = self._make_pool()
        try:
            while one.more and self._go_on(one, work, items):
                for result in pool.run(one.tasks(store, self._gone), self._gone, self._held_up):
                    one.take(result, items)
                    if not self._encode(one, work, items):
                        return
                if not self._encode(one, work, items, last=True):
                    return
        except (RuntimeError, MemoryError) as error:
            # The machine's fault, not a file's: no memory, or the graphics processor is gone.
            stopped = ModelError(f"{space.encoder} stopped", str(error) or "no memory")
            self._say(told(stopped, "Encoding stopped"))
        finally:
            try:
                self._flush(one, work, items)
            finally:
                pool.close()

    def _encode(self, one: _OneSpace, work: _Run, items: Items, *, last: bool = False) -> bool:
        """What fills a batch, `last` also the rest. False where it is over."""
        for encoded in one.batches.steps(last=last):
            one.keep(encoded, items)
            if not self._go_on(one, work, items):
                return False
        return self._go_on(one, work, items)

    def _go_on(self, one: _OneSpace, work: _Run, items: Items) -> bool:
        """Between two calls of the network: write what is due, let others pass. False where it is over."""
        if one.due:
            self._flush(one, work, items)
        self._stand_back()
        self._encoders.ready(one.space.name)  # it is still needed
        return not self._gone() and one.space in self._spaces.now.learned

    def _stand_back(self) -> None:
        while self._held_up() and not self._gone():
            self._ending.wait(LOOK)
        self._resting.wait(STAND_BACK)

    def _held_up(self) -> bool:
        return self._control.paused or self._others_busy()

    def _gone(self) -> bool:
        return self._control.cancelled or self._ending.is_set()

    def _flush(self, one: _OneSpace, work: _Run, items: Items) -> None:
        if self._over.is_set():
            return  # nobody waited for this batch: the stores are closed
        with self._writing:
            if one.space in self._spaces.now.learned:
                one.write(self._vectors, self._moments, items)
        done, failed = one.counted()
        work.count(done, failed)
        self._progress = Progress(
            Job.LEARNED, work.done, max(work.total, work.done), work.rate.per_minute, work.seconds_left,
            failed=work.failed, note=one.space.encoder,
        )  # fmt: skip
        self._say_progress()
        self._tell_taste(VectorsChanged(final=False))

    def _say_progress(self) -> None:
        self._say(replace(self._progress, paused=self._control.paused))


@dataclass(slots=True)
class _Run:
    """How far one run over all spaces is. `began` is None while there was nothing to do."""

    total: int = 0
    done: int = 0
    failed: int = 0
    began: float | None = None
    rate: Rate = field(default_factory=Rate)

    @property
    def seconds_left(self) -> float:
        return self.rate.seconds_left(max(self.total, self.done))

    def count(self, done: int, failed: int) -> None:
        self.done += done
        self.failed += failed
        self.rate.note(self.done)


class _OneSpace:
    """One space on its way: what to decode, what was encoded and waits to be written."""

    def __init__(self, space: LearnedSpace, batches: FullBatches) -> None:
        self.space, self.batches = space, batches
        self._finished: list[Encoded] = []
        self._covers: dict[str, F32] = {}
        """The vectors of covers by the pictures' keys."""
        self._sharing: dict[str, list[Lacking]] = {}
        """Tracks that wait for the vector of a cover that is on its way."""
        self._leading: dict[int, str] = {}
        """The track that is looked at for each such cover."""
        self._given: set[int] = set()
        """What is under way: decoding, waiting for a batch or a cover, or to be written."""
        self._again: list[Lacking] = []
        """Tracks whose cover could not be read from another track."""
        self._asked = False
        self._done = self._failed = 0
        self._began = time.monotonic()

    @property
    def more(self) -> bool:
        """Whether `tasks` may have any."""
        return not self._asked or bool(self._again)

    @property
    def due(self) -> bool:
        """Whether enough waits to be written, or for long enough."""
        return len(self._finished) >= FLUSH_ITEMS or time.monotonic() - self._began > FLUSH_SECONDS

    def tasks(self, store: LearnedSpaces, cancelled: Callable[[], bool]) -> Iterator[DecodeTask]:
        """What the space lacks, asked for again until nothing is left; of a cover only its first track."""
        space, modality = self.space.name, self.space.modality
        rate = RATE if modality is Modality.AUDIO else 0
        fresh, self._again, self._asked = self._again, [], True
        while not cancelled():
            for found in fresh:
                self._given.add(int(found.id))
                if not self._shares(found):
                    yield DecodeTask(found.id, Path(found.path), Kind(found.kind), Work.SAMPLE, modality, rate)
            lacking = store.lacking(space, modality, BATCH + len(self._given))
            fresh = [one for one in lacking if one.id not in self._given][:BATCH]
            if not fresh:
                return

    def _shares(self, found: Lacking) -> bool:
        """Whether another track's cover says what this one's would."""
        if self.space.modality is not Modality.IMAGE or found.kind != Kind.TRACK.value or not found.cover:
            return False
        known = self._covers.get(found.cover)
        if known is not None:
            self._finished.append(Encoded(Wanted(found.id), known[None, :]))
            return True
        if found.cover in self._sharing:
            self._sharing[found.cover].append(found)
            return True
        self._sharing[found.cover] = []
        self._leading[int(found.id)] = found.cover
        return False

    def take(self, result: Result, items: Items) -> None:
        """What a child gave: on to the batches, or noted."""
        item = ItemId(result.task.item)
        if isinstance(result, Sampled):
            film = result.task.kind is Kind.VIDEO and self.space.modality is Modality.IMAGE
            ats = tuple(frame.seconds for frame in result.frames) if film else ()
            wanted = Wanted(item, result.weights, ats)
            if result.clips or result.frames:
                self.batches.put(wanted, result.clips or result.frames)
            else:
                self._settle(Encoded(wanted, np.zeros((0, self.space.dimension), np.float32)))
        elif isinstance(result, DecodeFailed):
            self._fail(item, result.task.path, result.reason, items)

    def keep(self, encoded: Iterable[Encoded], items: Items) -> None:
        """What the network gave waits to be written."""
        for one in encoded:
            if one.problem:
                row = items.item(one.wanted.item)
                self._fail(one.wanted.item, Path(row.path) if row else Path(), one.problem, items)
            else:
                self._settle(one)

    def _settle(self, encoded: Encoded) -> None:
        self._finished.append(encoded)
        cover = self._leading.pop(int(encoded.wanted.item), "")
        if cover:
            vector = encoded.vector if len(encoded.rows) else np.zeros(self.space.dimension, np.float32)
            if len(self._covers) >= COVERS:
                self._covers.clear()
            self._covers[cover] = vector
            for track in self._sharing.pop(cover, ()):
                self._finished.append(Encoded(Wanted(track.id), vector[None, :]))

    def _fail(self, item: ItemId, path: Path, reason: str, items: Items) -> None:
        """Note the failure with the file's present stamp, so that it is not tried again until it changes."""
        self._done += 1
        self._failed += 1
        cover = self._leading.pop(int(item), "")
        self._again += self._sharing.pop(cover, [])
        try:
            stat = path.stat()
        except OSError:
            return
        items.record_failure(str(path), stat.st_size, stat.st_mtime_ns, "encode", reason)

    def write(self, vectors: Vectors, moments: MomentVectors, items: Items) -> None:
        """Vectors first, marks second; what says nothing only gets a silent mark."""
        finished, self._finished, self._began = self._finished, [], time.monotonic()
        if not finished:
            return
        self._done += len(finished)
        self._given -= {int(one.wanted.item) for one in finished}
        name = self.space.name
        spoke, films, marks, silent = [], [], [], []
        for one in finished:
            item, vector = one.wanted.item, one.vector if len(one.rows) else None
            if vector is not None and vector.any():
                spoke.append((int(item), vector))
                marks.append((item, name))
            else:
                silent.append((item, name))
            if one.wanted.ats:
                places, rows = moments_of(one)
                (marks if len(places) else silent).append((item, mark_of(name)))
                if len(places):
                    films.append(MomentRows(item, np.asarray(one.wanted.ats, np.float64)[places], rows))
        if spoke:
            vectors.add(name, np.array([item for item, _ in spoke], np.int64), np.stack([row for _, row in spoke]))
        if films:
            moments.add_many(name, films)
        # The moments' marks first: an Item's own is what it is asked for by.
        for pairs, quiet in ((marks, False), (silent, True)):
            items.mark(sorted(pairs, key=lambda pair: pair[1] == name), silent=quiet)

    def counted(self) -> tuple[int, int]:
        """How many were done since the last time, and how many of them failed."""
        done, failed, self._done, self._failed = self._done, self._failed, 0, 0
        return done, failed
