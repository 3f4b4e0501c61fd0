"""The studio's map thread: keeps the map of the library in scores.db when what is known of the Items has changed.

The taste thread hands over the features of every fit. A few new Items are put among their likes at once; when many
have come or gone, or other spaces are compared, the whole is arranged anew, from where everything lies. That takes
seconds, beside everything else, and can be cancelled.
"""

from __future__ import annotations

import contextlib
import logging
import queue
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from app.jobs import Cancelled, JobControl
from app.map_messages import MapChanged
from app.protocol import Event, Job, JobEnded, Progress
from app.store.database import Database
from app.store.facts import Facts
from app.store.map_layout import LaidOut, MapLayout
from app.studio.failures import told
from app.studio.features import ItemFeatures
from app.studio.map_regions import regions
from models.map_layout import LANDMARKS, between, lay_out

log = logging.getLogger(__name__)

ANEW_SHARE = 0.25
"""The whole is arranged again when this share of the Items has come or gone since it last was."""
QUIET_SECONDS = 1.0
"""What takes no longer is not reported as a job."""
AMONG = 4 * LANDMARKS
"""Of a larger map, so many Items are compared with to place one among them."""


class _Stop:
    pass


class _Stale:
    """Tags or presence of Items changed: regions may be called otherwise."""


class _Anew:
    """The user wants it arranged as a whole."""


_Work = ItemFeatures | _Stale | _Anew | _Stop


class Mapping:
    """Runs on a thread of its own; hand it work from any thread."""

    def __init__(
        self,
        open_database: Callable[[], Database],
        scores_path: Path,
        resting: threading.Event,
        say: Callable[[Event], None],
    ) -> None:
        """`resting` is set while the taste thread has nothing to learn; the map waits for that."""
        self._open_database = open_database
        self._scores_path = scores_path
        self._resting = resting
        self._say = say
        self._inbox: queue.SimpleQueue[_Work] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="map", daemon=True)
        self._closing = threading.Event()
        self._control: JobControl | None = None
        self._progress: Progress | None = None
        self._share = 0.0
        self._began = 0.0

    def start(self) -> None:
        self._thread.start()

    def features_changed(self, features: ItemFeatures) -> None:
        """What is known of the Items now; the same object again costs nothing."""
        self._inbox.put(features)

    def items_stale(self) -> None:
        """Tags or presence of Items changed."""
        self._inbox.put(_Stale())

    def make(self) -> None:
        """Arrange the whole anew."""
        self._inbox.put(_Anew())

    def control_of(self, job: Job) -> JobControl | None:
        """How to pause or cancel what is under way."""
        return self._control if job is Job.MAP else None

    def tell(self) -> None:
        """Say again how far it is: it was paused or goes on."""
        if self._progress is not None and self._control is not None:
            self._report(self._share, self._progress.total, self._control)

    def close(self, timeout: float = 5.0) -> None:
        """End; an arrangement under way is given up, and what stood stands."""
        self._closing.set()
        if self._control is not None:
            self._control.cancel()
        if self._thread.is_alive():
            self._inbox.put(_Stop())
            self._thread.join(timeout)

    # ---------------------------------------------------------------------------------------------- loop

    def _run(self) -> None:
        features: ItemFeatures | None = None
        anew = renamed = False
        while True:
            waiting: list[_Work] = [self._inbox.get()]
            while not self._inbox.empty():
                waiting.append(self._inbox.get())
            if any(isinstance(work, _Stop) for work in waiting):
                return
            newest = next((work for work in reversed(waiting) if isinstance(work, ItemFeatures)), features)
            anew |= any(isinstance(work, _Anew) for work in waiting)
            renamed |= any(isinstance(work, _Stale) for work in waiting)
            if newest is None or (newest is features and not anew and not renamed):
                continue
            features = newest
            anew_now, renamed_now = anew, renamed
            anew = renamed = False
            try:
                with contextlib.closing(MapLayout(self._scores_path)) as layout:
                    self._keep(layout, features, anew=anew_now, renamed=renamed_now)
            except Cancelled:
                log.info("the map was not arranged")
            except Exception as error:  # noqa: BLE001 - whatever it is, it is told and the thread lives
                self._say(told(error, "The map could not be made"))

    def _keep(self, layout: MapLayout, features: ItemFeatures, *, anew: bool, renamed: bool) -> None:
        held = layout.read()
        laid = self._arranged(held, features, anew=anew)
        if laid is None and not renamed:
            return
        if laid is not None:
            layout.write(laid)
        self._name_regions(layout, laid or held)
        self._say(MapChanged(len((laid or held).ids)))

    def _arranged(self, held: LaidOut, features: ItemFeatures, *, anew: bool) -> LaidOut | None:
        """The map that should stand for these features; None where the one that is held does."""
        spaces = tuple(sorted(features.counts))
        former = held.places_of(features.ids)
        new = ~np.isfinite(former).all(axis=1)
        gone = len(held.ids) - int((~new).sum())
        other = max(abs(len(features) - held.laid), int(new.sum()), gone)
        if anew or spaces != held.spaces or other > ANEW_SHARE * held.laid:
            places = self._laid_out(features, former if (~new).any() else None)
            return LaidOut(features.ids, places, spaces, len(features))
        if not new.any() and not gone:
            return None
        places = former
        if new.any():
            known = np.flatnonzero(~new)
            if len(known) > AMONG:
                known = np.sort(np.random.default_rng(0).choice(known, AMONG, replace=False))
            rows = features.rows
            places[new] = np.clip(between(rows[new], rows[known], former[known]), 0.0, 1.0)
        return LaidOut(features.ids, places, spaces, held.laid)

    def _laid_out(self, features: ItemFeatures, former: np.ndarray | None) -> np.ndarray:
        while not self._resting.wait(0.2):
            if self._closing.is_set():
                raise Cancelled
        control = self._control = JobControl()
        if self._closing.is_set():
            control.cancel()
        self._began = time.monotonic()
        cancelled = False

        def step(share: float) -> None:
            if time.monotonic() - self._began > QUIET_SECONDS:
                self._report(share, len(features), control)
            control.step()

        try:
            return lay_out(features.rows, former, step=step)
        except Cancelled:
            cancelled = True
            raise
        finally:
            self._control = None
            seconds = time.monotonic() - self._began
            if self._progress is not None:
                self._progress = None
                self._say(JobEnded(Job.MAP, 0 if cancelled else len(features), 0, seconds, cancelled))
            if not cancelled:
                log.info("arranged a map of %d in %.1f s", len(features), seconds)

    def _report(self, share: float, total: int, control: JobControl) -> None:
        self._share = share
        taken = time.monotonic() - self._began
        left = taken * (1 - share) / share if share > 0 else -1.0
        self._progress = Progress(Job.MAP, round(total * share), total, 0.0, left, control.paused)
        self._say(self._progress)

    def _name_regions(self, layout: MapLayout, laid: LaidOut) -> None:
        with self._open_database() as database:
            facts = {one.id: one for one in Facts(database).present()}
        there = np.array([item in facts for item in laid.ids.tolist()], bool)
        known = [facts[item] for item in laid.ids.tolist() if item in facts]
        found = regions(laid.places[there], [one.genre for one in known], [one.artist for one in known])
        layout.write_regions(found)
