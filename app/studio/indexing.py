"""Gives every Item its vectors: words here in bulk, sound and pictures in decode children. Resumable at any point.

Runs on a thread of its own; `wake` it when there may be work. What is to be done is read from SQLite (Items without a
mark), so that nothing has to be remembered: after a crash the same question gives what is left. The vector is
written first, the mark second.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from app.files import Kind
from app.jobs import JobControl, Rate
from app.library.covers import cover_path
from app.library.decoder import DecodePool, DecodeTask, Work
from app.protocol import Event, ItemsChanged, Job, JobEnded, Progress
from app.store.database import Database
from app.store.facts import Facts
from app.store.item_values import Unmarked
from app.store.items import Items
from app.store.moment_vectors import MomentVectors, mark_of
from app.store.vectors import Vectors
from app.studio.decoded_batch import DecodedBatch, store
from app.studio.failures import told
from app.studio.spaces import Spaces
from app.studio.taste_work import TasteWork, VectorsChanged
from models.encoders.builtin_text import BuiltinTextEncoder
from models.encoders.item_text import item_text
from models.types import EncoderId, ItemId, Modality

log = logging.getLogger(__name__)

CHILDREN = 2
BATCH = 500
"""Items taken from SQLite at a time."""
TEXTS = 2_000


class Indexing:
    """Encodes what is not encoded yet, whenever it is woken."""

    def __init__(
        self,
        open_database: Callable[[], Database],
        vectors: Vectors,
        spaces: Spaces,
        covers: Path,
        say: Callable[[Event], None],
        tell_taste: Callable[[TasteWork], None],
    ) -> None:
        self._open_database = open_database
        self._vectors = vectors
        self._spaces = spaces
        self._covers = covers
        self._say = say
        self._tell_taste = tell_taste
        self._awake = threading.Event()
        self._ending = threading.Event()
        self._control = JobControl()
        self._busy = False
        self._progress = Progress(Job.INDEX, 0, 0, 0.0, -1.0)
        self._text_encoder: BuiltinTextEncoder | None = None
        self._thread = threading.Thread(target=self._run, name="index", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        """There may be Items without vectors now."""
        self._awake.set()

    @property
    def idle(self) -> bool:
        """True when nothing is under way and nobody woke it."""
        return not (self._busy or self._awake.is_set())

    def control_of(self, job: Job) -> JobControl | None:
        return self._control if job is Job.INDEX else None

    def tell(self) -> None:
        """Say the progress again (after a pause or a resume)."""
        if self._busy:
            self._say_progress()

    def close(self, timeout: float = 10.0) -> None:
        """End after the file at hand; what was not marked is done at the next start."""
        self._ending.set()
        self._control.cancel()
        self._awake.set()
        if self._thread.is_alive():
            self._thread.join(timeout)

    # ---------------------------------------------------------------------------------------------- loop

    def _run(self) -> None:
        while True:
            self._awake.wait()
            # In this order: never both not busy and not awake while there is work.
            self._busy = True
            self._awake.clear()
            # A cancelled job stays so until somebody asks for more (a scan, a retry) and wakes it again.
            self._control = JobControl()
            if self._ending.is_set():
                return
            ended = JobEnded(Job.INDEX, 0, 0, 0.0)
            try:
                with self._open_database() as database:
                    ended = self._index(database)
            except Exception as error:  # noqa: BLE001 - whatever it is, the window is told and the thread lives
                self._say(told(error, "Indexing stopped"))
            self._busy = False
            self._say(ended)

    def _index(self, database: Database) -> JobEnded:
        items, facts = Items(database), Facts(database)
        self._text_items(items, facts)
        left = self._count_left(items)
        if not left:
            return JobEnded(Job.INDEX, 0, 0, 0.0)
        began = time.monotonic()
        self._progress = Progress(Job.INDEX, 0, left, 0.0, -1.0)
        self._say_progress()
        rate = Rate()
        batch = DecodedBatch(database, self._vectors, self._spaces, self._covers)
        pool = DecodePool(children=CHILDREN)
        woken = False
        try:
            for result in pool.run(self._tasks(items), lambda: self._control.cancelled, lambda: self._control.paused):
                batch.take(result)
                rate.note(batch.done)
                if batch.full:
                    self._flush(batch)
                    if self._awake.is_set():
                        # A scan found more meanwhile.
                        self._awake.clear()
                        woken = True
                        self._text_items(items, facts)
                        left = batch.done + self._count_left(items)
                    total = max(left, batch.done)
                    self._progress = Progress(
                        Job.INDEX,
                        batch.done,
                        total,
                        rate.per_minute,
                        rate.seconds_left(total),
                        failed=batch.failed,
                    )
                    self._say_progress()
        finally:
            self._flush(batch)
            pool.close()
        self._tell_taste(VectorsChanged(final=True))
        cancelled = self._control.cancelled
        if not cancelled:
            self._drop_outdated()
            self._vectors.optimize()
            if woken:  # perhaps after the last task was drawn: look again
                self._awake.set()
        return JobEnded(Job.INDEX, batch.done, batch.failed, time.monotonic() - began, cancelled)

    def _drop_outdated(self) -> None:
        """Drop the spaces of built-in encoders of another version, once everything has its new vectors."""
        ours = self._spaces.built_in
        names = {EncoderId.parse(space).name for space in ours}
        for space in set(self._vectors.spaces()) - set(ours):
            if EncoderId.parse(space).name in names:
                self._vectors.drop(space)
        moments = MomentVectors(self._vectors)
        for space in set(moments.spaces()) - set(ours):
            if EncoderId.parse(space).name in names:
                moments.drop(space)

    def _flush(self, batch: DecodedBatch) -> None:
        described = batch.flush()
        if described:
            self._say(ItemsChanged(0, described, 0))
        self._tell_taste(VectorsChanged(final=False))

    def _say_progress(self) -> None:
        self._say(replace(self._progress, paused=self._control.paused))

    # --------------------------------------------------------------------------------------------- tasks

    def _tasks(self, items: Items) -> Iterator[DecodeTask]:
        """Items that lack the sound's, the pictures' or the moments' vectors, asked for again until none is left."""
        given: set[int] = set()
        while not self._control.cancelled:
            # What was given and is not marked yet is under way: a few hundred at most.
            fresh = [found for found in self._left(items, 2 * BATCH) if found.id not in given][:BATCH]
            if not fresh:
                return
            for found in fresh:
                given.add(found.id)
                # What was heard already need not be heard again for the pictures' or the moments' sake.
                only = Modality.IMAGE if items.is_marked(found.id, self._spaces.audio) else None
                yield DecodeTask(found.id, Path(found.path), Kind(found.kind), Work.ENCODE, only)

    def _left(self, items: Items, limit: int) -> list[Unmarked]:
        films = mark_of(self._spaces.image)
        kinds = ((self._spaces.audio, None), (self._spaces.image, None), (films, Kind.VIDEO.value))
        return list({one.id: one for space, kind in kinds for one in items.unmarked(space, kind, limit)}.values())

    def _count_left(self, items: Items) -> int:
        return len(self._left(items, 1_000_000))

    def _text_items(self, items: Items, facts: Facts) -> None:
        """Encode the words of all Items that lack them, or whose tags changed: seconds for a large library."""
        space = self._spaces.text
        items.unmark([(item, space) for item in facts.retagged(space)])
        items.unmark([(item, self._spaces.image) for item in self._new_covers(items, facts)])
        any_new = False
        while not self._ending.is_set():
            found = items.unmarked(space, None, TEXTS)
            if not found:
                break
            any_new = True
            if self._text_encoder is None:
                self._text_encoder = BuiltinTextEncoder()
            texts = items.texts([one.id for one in found])
            words = [item_text(one.title, one.artist, one.album, one.genre.split("; "), one.year) for one in texts]
            vectors = self._text_encoder.encode(words)
            store(items, self._vectors, space, [one.id for one in texts], vectors)
        if any_new:
            self._tell_taste(VectorsChanged(final=True))

    def _new_covers(self, items: Items, facts: Facts) -> Iterator[ItemId]:
        """Items whose tags changed and whose picture was never made small: it has to be looked at again."""
        for number in facts.retagged(self._spaces.image):
            row = items.item(number)
            if row is not None and row.cover and not cover_path(self._covers, row.cover).exists():
                yield number
