"""The studio's taste thread: learns soon after feedback, keeps scores.db, and answers what the window asks.

One thread owns features, taste and recommender, so nothing here needs a lock. Work arrives as messages; feedback is
debounced, but a question that comes while something is still to be learned is answered after learning it. Vectors that
were added are read beside the loop, which takes seconds in a large library; feedback is learned meanwhile in those
that are known.
"""

from __future__ import annotations

import contextlib
import logging
import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from app.network_messages import EvidenceChanged
from app.protocol import (
    CompareRankings,
    ContinueRadio,
    Duplicates,
    Event,
    Explain,
    Explanation,
    Failed,
    FeedbackChanged,
    FindDuplicates,
    FindSimilar,
    Picks,
    RankedBy,
    RankingsCompared,
    Recommend,
    ScoresChanged,
)
from app.store.database import Database
from app.store.facts import Facts, ItemFacts
from app.store.feedback import Feedback
from app.store.scores import Fitting, Scores
from app.store.vectors import Vectors
from app.studio.accuracy import UNKNOWN, Accuracy
from app.studio.explaining import with_encoders
from app.studio.failures import told
from app.studio.features import EMPTY, ItemFeatures, load_features, split_of
from app.studio.followed import Hearing
from app.studio.joining import joined
from app.studio.rankings import compare, ranked_by
from app.studio.recommender import Recommender
from app.studio.similar import find_duplicates, find_similar
from app.studio.spaces import SpacesInUse
from app.studio.taste_work import ItemsStale, TasteWork, VectorsChanged
from app.studio.trainer import Learned, Trainer, accuracy_of, save_taste
from models import gate
from models.taste import TasteSettings

log = logging.getLogger(__name__)

SETTLE = 0.08
"""Seconds without further feedback after which it is learned."""
AT_MOST = 0.4
"""Seconds after which it is learned even while more comes in."""
BESIDE_SECONDS = 2.0
"""At the end, how long what is measured beside the loop is waited for; it writes nothing."""
REFRESH_SHARE = 0.05
"""While indexing, features are read again when this share of new vectors has come."""


class _Stop:
    pass


@dataclass(frozen=True, slots=True, eq=False)
class _Thought:
    of: Learned
    accuracy: Accuracy
    settings: TasteSettings
    judged_at: int


@dataclass(frozen=True, slots=True, eq=False)
class _Read:
    reading: Future[ItemFeatures]


_Work = TasteWork | _Thought | _Read | _Stop


class TasteLoop:
    """Runs on a thread of its own; `put` hands it work from any thread."""

    def __init__(
        self,
        open_database: Callable[[], Database],
        vectors: Vectors,
        spaces: SpacesInUse,
        trainer: Trainer,
        scores_path: Path,
        taste_path: Path,
        say: Callable[[Event], None],
        tell_learned: Callable[[Learned], None],
        resting: threading.Event,
    ) -> None:
        """`tell_learned` is handed every fit after its scores were written.

        `resting` is set while there is nothing to learn; others with long work stand back while it is not.
        """
        self._open_database = open_database
        self._vectors = vectors
        self._spaces = spaces
        self._trainer = trainer
        self._scores_path = scores_path
        self._taste_path = taste_path
        self._say = say
        self._tell_learned = tell_learned
        self._resting = resting
        self._inbox: queue.Queue[_Work] = queue.Queue()
        self._thread = threading.Thread(target=self._run, name="taste", daemon=True)
        self._features: ItemFeatures = EMPTY
        self._facts: list[ItemFacts] | None = None
        self._learned: Learned | None = None
        self._recommender: Recommender | None = None
        self._other: tuple[RankedBy, Recommender, Recommender] | None = None
        self._hearing = Hearing(vectors, spaces.now.audio)
        self._stale_vectors = True
        self._reading: Future[ItemFeatures] | None = None
        """The features that are being read beside the loop."""
        self._fed = False
        """There is feedback that was not learned."""
        self._accuracy: Accuracy = UNKNOWN
        self._judged_at = 0
        self._thinking = False
        self._beside: list[threading.Thread] = []
        self._unlearned_since: float | None = None
        self._last_feedback = 0.0

    def start(self) -> None:
        self._unlearned_since = time.monotonic()
        self._thread.start()

    def put(self, work: TasteWork) -> None:
        """Hand over something to do or to know, in order."""
        self._inbox.put(work)

    def close(self, timeout: float = 5.0) -> None:
        """End after the work at hand."""
        if self._thread.is_alive():
            self._inbox.put(_Stop())
            self._thread.join(timeout)
        for thread in self._beside:
            thread.join(BESIDE_SECONDS)

    # ---------------------------------------------------------------------------------------------- loop

    def _run(self) -> None:
        try:
            with self._open_database() as database, contextlib.closing(Scores(self._scores_path)) as scores:
                self._serve(database, scores)
        except Exception as error:  # noqa: BLE001 - without its stores the thread can only tell
            self._say(told(error, "The studio cannot learn"))
            while not isinstance(work := self._inbox.get(), _Stop):
                if request := getattr(work, "request", 0):
                    self._say(told(error, "The studio cannot learn", request))

    def _serve(self, database: Database, scores: Scores) -> None:
        while True:
            try:
                work = self._inbox.get(timeout=self._patience())
            except queue.Empty:
                self._guarded(lambda: self._learn_due(database, scores))
                if self._reading is None:
                    self._resting.set()
                continue
            if isinstance(work, _Stop):
                return
            self._guarded(partial(self._take, work, database, scores), getattr(work, "request", 0))

    def _patience(self) -> float | None:
        """Seconds to wait for more work before learning; None when there is nothing to learn."""
        if self._unlearned_since is None:
            return None
        now = time.monotonic()
        due = min(self._last_feedback + SETTLE, self._unlearned_since + AT_MOST)
        return max(0.0, due - now)

    def _take(self, work: _Work, database: Database, scores: Scores) -> None:
        match work:
            case FeedbackChanged() | EvidenceChanged():
                self._fed = True
                self._note_unlearned()
            case VectorsChanged():
                spaces = self._taste_spaces()
                grown = sum(self._vectors.count(space) for space in spaces)
                known = sum(self._features.counts.values())
                other = set(self._features.counts) != {space for space in spaces if self._vectors.count(space)}
                if work.final or other or grown > known * (1 + REFRESH_SHARE) + 8 or grown < known:
                    self._stale_vectors = True
                    self._note_unlearned()
            case ItemsStale():
                self._facts = None
                self._recommender = None
            case _Thought():
                self._take_thought(work, scores)
            case _Read():
                self._take_read(work, database, scores)
            case Recommend() | FindSimilar() | ContinueRadio() | Explain() | FindDuplicates() | CompareRankings():
                self._answer(work, database, scores)

    def _taste_spaces(self) -> tuple[str, ...]:
        """Those to learn in now: a learned one joins when it has encoded enough."""
        spaces = self._spaces.now
        counts = {space: self._vectors.count(space) for space in spaces.all}
        return joined(spaces, counts, self._features.counts)

    def _note_unlearned(self) -> None:
        self._resting.clear()
        self._last_feedback = time.monotonic()
        if self._unlearned_since is None:
            self._unlearned_since = self._last_feedback

    def _guarded(self, do: Callable[[], object], request: int = 0) -> None:
        try:
            do()
        except Exception as error:  # noqa: BLE001 - whatever it is, the asker is told and the thread lives
            self._say(told(error, "Something went wrong in the studio", request))

    # ------------------------------------------------------------------------------------------ learning

    def _learn_due(self, database: Database, scores: Scores) -> None:
        """Learn what came; what only new vectors could change waits until those are read."""
        if self._stale_vectors and self._reading is None:
            if len(self._features):
                self._read_beside()
            else:
                self._wait_for_features()
        if self._reading is None or self._fed:
            self._learn(database, scores)
        else:
            self._unlearned_since = None

    def _read_beside(self) -> None:
        reading: Future[ItemFeatures] = Future()
        spaces = self._taste_spaces()
        self._reading, self._stale_vectors = reading, False

        def work() -> None:
            try:
                reading.set_result(load_features(self._vectors, spaces))
            except Exception as error:  # noqa: BLE001 - whatever it is, the loop tells it
                reading.set_exception(error)
            self._inbox.put(_Read(reading))

        self._do_beside(work, "features")

    def _take_read(self, read: _Read, database: Database, scores: Scores) -> None:
        if read.reading is not self._reading:
            return  # a question could not wait for this message
        try:
            self._wait_for_features(again=False)
            self._learn(database, scores)
        finally:
            self._resting.set()
        if self._stale_vectors:
            self._note_unlearned()

    def _wait_for_features(self, *, again: bool = True) -> None:
        """Have the newest features, or without `again` those that are being read."""
        reading, self._reading = self._reading, None
        stale, self._stale_vectors = self._stale_vectors, True
        if reading is not None and not (stale and again):
            found = reading.result()
        elif stale:
            found, stale = load_features(self._vectors, self._taste_spaces()), False
        else:
            found = self._features
        self._stale_vectors = stale
        if found is not self._features:
            self._features = found
            self._hearing.vectors_changed()

    def _learn(self, database: Database, scores: Scores) -> Learned:
        began = time.perf_counter()
        self._unlearned_since, self._fed = None, False
        learned = self._trainer.learn(self._features, Feedback(database).effective(), time.time())
        heard = self._hearing.listen(database)
        if heard is not None and len(self._features):
            learned = learned.with_followed(heard, self._hearing.seen(heard, self._features.ids, database))
        self._learned = learned
        self._recommender = None
        labels, found = len(learned.labels), self._accuracy
        if learned.rated:
            fitting = Fitting(labels, time.time(), found.share, found.low, found.high)
            scores.write(self._features.ids, learned.shown, learned.scores.deviation, fitting)
        else:
            none = np.zeros(0, np.float32)
            scores.write(np.zeros(0, np.int64), none, none, None)
        if self._features.basis is not None:
            save_taste(self._taste_path, learned)
        self._say(ScoresChanged(labels, time.perf_counter() - began, found.share, found.low, found.high))
        self._resting.set()
        self._tell_learned(learned)
        self._second_thoughts(learned)
        return learned

    def _second_thoughts(self, learned: Learned) -> None:
        """Measure and, when due, let the gate judge, beside the loop: neither may delay an answer."""
        if self._thinking or not len(learned.labels):
            return
        self._thinking = True
        judging = gate.due(len(learned.labels), self._judged_at)
        self._do_beside(lambda: self._think(learned, judging), "second-thoughts")

    def _think(self, learned: Learned, judging: bool) -> None:
        settings = learned.taste.settings
        try:
            accuracy = accuracy_of(learned)
            if judging:
                settings = gate.judge(learned.features.rows, learned.fitted_on, settings).settings
        except Exception as error:
            log.exception("a bug in measuring the taste: %s", type(error).__name__)
            accuracy = UNKNOWN
        self._inbox.put(_Thought(learned, accuracy, settings, len(learned.labels) if judging else 0))

    def _take_thought(self, thought: _Thought, scores: Scores) -> None:
        self._thinking = False
        changed = thought.accuracy != self._accuracy
        self._accuracy = thought.accuracy
        self._judged_at = thought.judged_at or self._judged_at
        if thought.settings != self._trainer.settings:
            log.info("the gate chose other settings")
            self._trainer.settings = thought.settings
            self._note_unlearned()
        elif changed and self._learned is not None:
            labels, found = len(self._learned.labels), self._accuracy
            scores.note(Fitting(labels, time.time(), found.share, found.low, found.high))
            self._say(ScoresChanged(labels, 0.0, found.share, found.low, found.high))
        if self._learned is not None and self._learned is not thought.of and self._unlearned_since is None:
            # It was of an earlier fit: what came meanwhile is measured, too.
            self._second_thoughts(self._learned)

    def _do_beside(self, work: Callable[[], object], name: str) -> None:
        """Do something long on a thread of its own; `close` waits for it, for a while."""
        thread = threading.Thread(target=work, name=name, daemon=True)
        self._beside = [*(one for one in self._beside if one.is_alive()), thread]
        thread.start()

    def _current(self, database: Database, scores: Scores) -> Recommender:
        learned = self._learned
        if learned is None or self._unlearned_since is not None or self._reading is not None:
            self._wait_for_features()
            learned = self._learn(database, scores)
        if self._recommender is None:
            reader = Facts(database)
            if self._facts is None:
                self._facts = reader.present()
            self._recommender = Recommender(learned, self._facts, reader.standings())
        return self._recommender

    # ----------------------------------------------------------------------------------------- answering

    def _answer(
        self,
        work: Recommend | FindSimilar | ContinueRadio | Explain | FindDuplicates | CompareRankings,
        database: Database,
        scores: Scores,
    ) -> None:
        recommender = self._current(database, scores)
        match work:
            case Recommend():
                recommender = self._by(work.ranked_by, recommender, database)
                shelves = recommender.shelves(work.shelves, work.count, adventure=work.adventure, kind=work.kind)
                self._say(Picks(work.request, shelves, recommender.labels))
            case ContinueRadio():
                shelf = recommender.radio(work.recent, work.queued, work.count)
                self._say(Picks(work.request, (shelf,), recommender.labels))
            case FindSimilar():
                facts, counting = dict(recommender.facts), self._features.counts
                shelf = find_similar(self._vectors, self._spaces.now, facts, work.item, work.count, counting)
                self._say(Picks(work.request, (shelf,), recommender.labels))
            case Explain():
                split = split_of(self._vectors, self._features, work.item)
                self._say(self._explanation(recommender, work, split))
            case CompareRankings():
                if self._learned is not None:
                    self._compare(work.request, self._learned)
            case FindDuplicates():
                pairs = find_duplicates(self._vectors, self._spaces.now, database)
                self._say(Duplicates(work.request, pairs))

    def _by(self, way: RankedBy, recommender: Recommender, database: Database) -> Recommender:
        """The recommender for another way of ranking; kept until something new is learned."""
        if way is RankedBy.TASTE or self._learned is None:
            return recommender
        if self._other is None or self._other[0] is not way or self._other[1] is not recommender:
            ranked = ranked_by(self._learned, way)
            made = Recommender(ranked, list(recommender.facts.values()), Facts(database).standings(), way=way)
            self._other = (way, recommender, made)
        return self._other[2]

    def _compare(self, request: int, learned: Learned) -> None:
        """Compare the ways of ranking beside the loop: some of them take seconds."""

        def work() -> None:
            accuracies, pairs = compare(learned)
            self._say(RankingsCompared(request, accuracies, pairs))

        self._do_beside(lambda: self._guarded(work, request), "compare")

    def _explanation(self, recommender: Recommender, work: Explain, split: np.ndarray | None) -> Explanation | Failed:
        found = recommender.explain(work.item, split, work.request)
        if found is None:
            return Failed(work.request, "Not analysed yet", "It is scored as soon as its vectors are there.")
        return with_encoders(found, self._spaces.now)
