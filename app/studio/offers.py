"""The studio's offers thread: keeps what peers offer scored by the user's taste, and answers what Discover asks.

One thread owns vectors, features and scores of offers, so nothing here needs a lock. Its long work is cut into steps;
between two of them it answers questions from what stood before, and it stands back while the taste thread has feedback
to learn. The taste thread hands it every fit; nothing goes the other way: offers never enter the user's own model.
"""

from __future__ import annotations

import contextlib
import logging
import queue
import threading
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from scipy.special import ndtr

from app.errors import Corrupt
from app.network_messages import Discover, ExplainOffer, OfferPicks, OffersChanged, OfferScoresChanged
from app.protocol import Event, Failed
from app.store.database import Database
from app.store.facts import Facts
from app.store.offer_scores import OfferScores
from app.store.offer_table import OfferColumns, OfferTable
from app.store.offer_vectors import OfferVectors
from app.store.vectors import Vectors
from app.studio.discover import Discovery, ScoredOffers
from app.studio.explaining import with_encoders
from app.studio.failures import told
from app.studio.followed import Said, Seen
from app.studio.meaning import WordVectors
from app.studio.offer_features import NO_FEATURES, Agreement, OfferFeatures, merged, nothing_in, project
from app.studio.offer_words import OfferWords
from app.studio.owned import OwnVectors
from app.studio.spaces import SpacesInUse
from app.studio.taste_work import SpacesChanged
from app.studio.trainer import Learned
from models.types import F32

log = logging.getLogger(__name__)

SCORED = 2_304
"""Rows scored at a time, always so many (the last are filled up): a row's score then never depends on how many others
there are. A multiple of the tiles that matrix products are cut into."""
STAND_BACK = 0.5
"""Seconds that a step waits at most while own feedback is being learned."""


class _Stop:
    pass


@dataclass(frozen=True, slots=True)
class ItemsTakenIn:
    """A download became an Item: look again which offers the user has already."""


_Work = OffersChanged | Discover | ExplainOffer | Learned | ItemsTakenIn | SpacesChanged | _Stop
Steps = Generator[None, None, None]


class Offers:
    """Runs on a thread of its own; `put` and `learned` hand it work from any thread."""

    def __init__(
        self,
        open_database: Callable[[], Database],
        offers_path: Path,
        catalogues: Path,
        scores_path: Path,
        own: Vectors,
        vectors: OfferVectors,
        spaces: SpacesInUse,
        resting: threading.Event,
        say: Callable[[Event | OfferPicks | OfferScoresChanged], None],
        words: WordVectors | None = None,
    ) -> None:
        """`open_database` opens library.db with `offers_path` attached. `resting`: nothing is to be learned. Without
        `words` nothing is searched for by its meaning."""
        self._open_database = open_database
        self._offers_path = offers_path
        self._scores_path = scores_path
        self._own = own
        self._vectors = vectors
        self._spaces = spaces
        self._resting = resting
        self._say = say
        self._words = OfferWords(vectors, words, spaces) if words is not None else None
        self._agreement = Agreement(vectors, spaces, catalogues)
        self._inbox: queue.SimpleQueue[_Work] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="offers", daemon=True)
        self._database: Database | None = None
        self._scores: OfferScores | None = None
        self._newest: Learned | None = None
        self._scored: ScoredOffers | None = None
        self._seen: tuple[OfferTable, F32, Seen] | None = None
        """The offers as followed peers' words are measured on them, and for which table and mean."""
        self._discovery: Discovery | None = None
        self._changed_at: float | None = time.perf_counter()
        """When offers.db changed that is not looked at yet; at the start everything has to be."""
        self._taste_changed = False
        self._untidy = False
        """What was deleted may still be on the disk."""
        self._mended = False
        """Tables were thrown away and are being made anew: if that fails as well, the disk is at fault."""

    def start(self) -> None:
        self._thread.start()

    def put(self, work: OffersChanged | Discover | ExplainOffer | ItemsTakenIn | SpacesChanged) -> None:
        """Hand over a question or news."""
        self._inbox.put(work)

    def learned(self, fit: Learned) -> None:
        """A new fit stands, and its scores of the own Items are written: score the offers by it."""
        self._inbox.put(fit)

    def close(self, timeout: float = 10.0) -> None:
        """End after the step at hand; what was not done is done at the next start."""
        self._inbox.put(_Stop())
        if self._thread.is_alive():
            self._thread.join(timeout)

    # ---------------------------------------------------------------------------------------------- loop

    def _run(self) -> None:
        try:
            self._serve()
            for space in self._vectors.spaces() if self._untidy else ():
                self._guarded(partial(self._vectors.tidy, space), 0)
        finally:
            for held in (self._database, self._scores):
                if held is not None:
                    held.close()

    def _serve(self) -> None:
        work: Steps | None = None
        while True:
            try:
                message = self._inbox.get(block=work is None)
            except queue.Empty:
                self._resting.wait(STAND_BACK)
                work = self._advance(work)
            else:
                if isinstance(message, _Stop):
                    if work is not None:
                        work.close()  # here: what it holds open belongs to this thread
                    return
                self._guarded(lambda: self._take(message), getattr(message, "request", 0))  # noqa: B023 - called at once
            if work is None and self._due:
                work = self._work()

    def _advance(self, work: Steps | None) -> Steps | None:
        """Take one step; None when the work is over, well or not."""
        try:
            if work is not None:
                next(work)
            return work
        except StopIteration:
            return None
        except Exception as error:  # noqa: BLE001 - whatever it is, it is told and the thread lives
            self._say(told(error, "What peers offer could not be scored"))
            return None

    def _guarded(self, do: Callable[[], object], request: int) -> None:
        try:
            do()
        except Exception as error:  # noqa: BLE001 - whatever it is, the asker is told and the thread lives
            self._say(told(error, "Something went wrong in the studio", request))

    def _take(self, message: _Work) -> None:
        match message:
            case Learned():
                self._newest = message
                self._taste_changed = True
            case OffersChanged() | SpacesChanged():
                if self._changed_at is None:
                    self._changed_at = time.perf_counter()
            case ItemsTakenIn():
                self._taste_changed = True
            case Discover():
                self._say(self._answering().picks(message))
            case ExplainOffer():
                found = self._answering().explanation(message, self._vectors)
                if found is None:
                    self._say(Failed(message.request, "Not analysed yet", "It is scored when its vectors are here."))
                else:
                    self._say(with_encoders(found, self._spaces.now))

    def _answering(self) -> Discovery:
        if self._discovery is None:
            if self._database is None and self._offers_path.exists():
                self._database = self._open_database()
            self._discovery = Discovery(self._database, self._scored, self._newest, self._words)
        return self._discovery

    # ---------------------------------------------------------------------------------------------- work

    @property
    def _due(self) -> bool:
        return self._newest is not None and (self._changed_at is not None or self._taste_changed)

    def _work(self) -> Steps:
        """Bring everything up to date once. A table that cannot be read is thrown away and made anew."""
        try:
            yield from self._update()
        except Corrupt as error:
            broken = self._vectors.broken()
            if not broken or self._mended:
                raise
            log.warning("vectors of offers cannot be read and are made anew: %s", error.__cause__)
            for space in broken:
                self._vectors.drop(space)
            self._mended = True
            self._changed_at = time.perf_counter()
        else:
            self._mended = False

    def _update(self) -> Steps:
        learned, began, changed_at = self._newest, time.perf_counter(), self._changed_at
        if learned is None:
            return
        self._taste_changed, self._changed_at = False, None
        if changed_at is not None:
            self._let_go()
        if not self._offers_path.exists() and not self._vectors.spaces() and self._scored is None:
            return  # the network was never on
        before = self._scored
        table = before.table if before is not None else None
        if changed_at is not None or table is None:
            began = changed_at if changed_at is not None and before is not None else began
            with self._open_offers() as database:
                table = OfferColumns(database).table() if database else _no_offers()
                yield
                self._untidy = True
                if database is not None:
                    yield from self._agreement.steps(database, table)
                else:
                    for space in self._vectors.spaces():
                        self._vectors.drop(space)
        features = before.features if before is not None else NO_FEATURES
        if changed_at is not None or features.basis is not learned.features.basis:
            features = yield from self._features(table, features, learned)
        discovery, deviation = yield from self._score(learned, features.rows)
        said = yield from self._said(learned, table)
        if said is not None:
            more = said.added_to(discovery) - discovery
            discovery = discovery + more[table.first_of_each_file()[table.file]]
        shown = np.asarray(ndtr(discovery), np.float32)
        owned = yield from self._owned(table, features)
        if self._scores is None:
            self._scores = OfferScores(self._scores_path)
        rated = learned.rated
        yield from self._scores.write(table.ids, shown if rated else None, deviation if rated else None, owned)
        self._scored = ScoredOffers(table, features, discovery, shown, deviation, owned, learned, said)
        self._discovery = None
        if len(table) or changed_at is not None:
            self._say(OfferScoresChanged(len(table), time.perf_counter() - began))
        if changed_at is not None:
            for space in self._vectors.spaces():
                yield
                self._vectors.tidy(space)
            self._untidy = False

    def _features(
        self, table: OfferTable, known: OfferFeatures, learned: Learned
    ) -> Generator[None, None, OfferFeatures]:
        """Features of all offers of the table: those that are known stay, the others are projected."""
        basis = learned.features.basis
        if known.basis is not basis:
            known = NO_FEATURES
        wanted = np.setdiff1d(table.ids, known.ids)
        with self._open_offers() as database:
            if not len(wanted) or database is None:
                return merged(known, nothing_in(basis), table.ids)
            spaces = self._spaces.now
            compared = (spaces.audio, spaces.image)
            own = OwnVectors(self._own, compared, Facts(database))
        yield
        found = yield from project(self._vectors, own, compared, basis, table, wanted)
        return merged(known, found, table.ids)

    def _score(self, learned: Learned, rows: F32) -> Generator[None, None, tuple[F32, F32]]:
        discovery, deviation = np.zeros(len(rows), np.float32), np.zeros(len(rows), np.float32)
        if learned.features.basis is None:
            return discovery, deviation
        piece = np.zeros((SCORED, rows.shape[1]), np.float32)
        for start in range(0, len(rows), SCORED):
            count = min(SCORED, len(rows) - start)
            piece[:count] = rows[start : start + count]
            found = learned.taste.score(piece)
            discovery[start : start + count] = found.discovery[:count]
            deviation[start : start + count] = found.deviation[:count]
            yield
        return discovery, deviation

    def _said(self, learned: Learned, table: OfferTable) -> Generator[None, None, Said | None]:
        """What followed peers say about the offers; None where nobody tells anything."""
        heard = learned.heard
        if heard is None or not len(table):
            self._seen = None
            return None
        if self._seen is None or self._seen[0] is not table or self._seen[1] is not heard.mean:
            rows = np.zeros((len(table), heard.projection.directions.shape[1]), np.float32)
            for found, vectors in self._vectors.batches(self._spaces.now.audio):
                at = table.positions(found)
                rows[at[at >= 0]] = heard.projection.project(vectors.unit()[at >= 0], heard.mean)
                yield
            # Of one file in several catalogues the first stands for all.
            roots = dict(zip(table.files, table.first_of_each_file().tolist(), strict=True))
            self._seen = table, heard.mean, Seen(rows, roots)
        return heard.said_of(self._seen[2], len(learned.labels))

    def _owned(self, table: OfferTable, features: OfferFeatures) -> Generator[None, None, np.ndarray]:
        """The own Item that each offer is: the same file, else nearly the same vector."""
        owned = features.like.copy()
        with self._open_offers() as database:
            ours = OfferColumns(database).own_files() if database else {}
        yield
        if ours:
            same = np.array([ours.get(root, 0) for root in table.files], np.int64)[table.file]
            owned = np.where(same > 0, same, owned)
        return owned

    @contextlib.contextmanager
    def _open_offers(self) -> Generator[Database | None, None, None]:
        """library.db with the offers, opened anew: offers.db may have been made anew. None where there is none."""
        if not self._offers_path.exists():
            yield None
            return
        with self._open_database() as database:
            yield database

    def _let_go(self) -> None:
        """Forget the open offers.db: the file may be another by now."""
        if self._database is not None:
            self._database.close()
        self._database = self._discovery = None


def _no_offers() -> OfferTable:
    none = np.zeros(0, np.int64)
    return OfferTable(none, (), none, (), none, none, (), none, none.astype(bool), none, np.zeros(0))
