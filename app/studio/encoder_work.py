"""Gets, installs, tries and removes learned encoders for the window, and says which there are and how far they came.

Two threads: one does the long work, one thing after the other; the other answers at once what there is. What a command
(`bowerbird encoders get` and the others) changes beside a running studio is noticed within seconds.
"""

from __future__ import annotations

import contextlib
import logging
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from app.encoder_messages import (
    CheckEncoder,
    EncodersChanged,
    EncoderState,
    GetEncoder,
    InstallEncoder,
    ListEncoders,
    RemoveEncoder,
)
from app.encoders.catalogue import Family, KnownEncoder, find, slug
from app.encoders.families import FAMILIES
from app.encoders.hub import Hub
from app.encoders.installed import Installed, Tried
from app.encoders.shelf import EncoderShelf, Place, Step
from app.errors import ModelError
from app.jobs import Cancelled, JobControl, Rate
from app.protocol import Done, Event, Failed, Job, JobEnded, Progress, Trouble
from app.store.database import Database
from app.store.items import Items
from app.store.learned_spaces import Coverage, LearnedSpaces, SpaceRow
from app.store.vectors import MOMENTS
from app.studio.beside import Beside, Ending
from app.studio.encoders_in_use import EncodersInUse
from app.studio.failures import told
from app.studio.learned_indexing import LearnedIndexing
from app.studio.spaces import SpacesInUse, builtin_spaces, encoder_of
from models.types import Modality

if TYPE_CHECKING:
    from app.encoders.loading import Loaded

log = logging.getLogger(__name__)

LOOK = 5.0
"""Seconds after which it is looked whether a command changed anything."""
STEP_SECONDS = 0.2
"""Progress is said no more often."""

TryOut = Callable[[Installed], "tuple[Tried, Loaded | None]"]
Changing = GetEncoder | InstallEncoder | CheckEncoder | RemoveEncoder


def try_installed(installed: Installed) -> tuple[Tried, Loaded | None]:
    """The product's way: `app.encoders.trial.try_out`, with which torch is imported."""
    from app.encoders.trial import try_out

    return try_out(installed)


class EncoderWork:
    """Does what the Encoders page asks; `put` from any thread."""

    def __init__(
        self,
        open_database: Callable[[], Database],
        shelf: EncoderShelf,
        catalogue: tuple[KnownEncoder, ...],
        encoders: EncodersInUse,
        spaces: SpacesInUse,
        indexing: LearnedIndexing,
        say: Callable[[Event], None],
        spaces_changed: Callable[[], None],
        *,
        hub: Callable[[], Hub] = Hub,
        try_out: TryOut = try_installed,
        beside: Beside | None = None,
    ) -> None:
        """`spaces_changed` is called when other learned spaces are in use than before; `beside` tries encoders out."""
        self._open_database = open_database
        self._shelf, self._catalogue = shelf, catalogue
        self._encoders, self._spaces, self._indexing = encoders, spaces, indexing
        self._say, self._spaces_changed = say, spaces_changed
        self._hub, self._try_out = hub, try_out
        self._beside = beside or Beside()
        self._asked: queue.SimpleQueue[Changing | None] = queue.SimpleQueue()
        self._listed: queue.SimpleQueue[int | None] = queue.SimpleQueue()
        self._control: JobControl | None = None
        self._progress: Progress | None = None
        self._seen: object = None
        self._device = ""
        self._ending = threading.Event()
        self._threads = (
            threading.Thread(target=self._work, name="encoder-work", daemon=True),
            threading.Thread(target=self._list, name="encoder-list", daemon=True),
            threading.Thread(target=self._ask_device, name="encoder-device", daemon=True),
        )

    def start(self) -> None:
        self.put_spaces()
        for thread in self._threads:
            thread.start()

    def put(self, request: ListEncoders | Changing) -> None:
        if isinstance(request, ListEncoders):
            self._listed.put(request.request)
        else:
            self._asked.put(request)

    def changed(self) -> None:
        """Something about encoders changed: say it to the window."""
        self._listed.put(0)

    def control_of(self, job: Job) -> JobControl | None:
        return self._control if job is Job.ENCODER else None

    def tell(self) -> None:
        """Say the progress again (after a pause or a resume)."""
        control, progress = self._control, self._progress
        if control is not None and progress is not None:
            self._say(replace(progress, paused=control.paused))

    def close(self, timeout: float = 10.0) -> None:
        """End; of a download what came stays."""
        self._ending.set()
        self._beside.end()
        for waiting in (self._asked, self._listed):
            waiting.put(None)
        if (control := self._control) is not None:
            control.cancel()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(timeout)

    # ------------------------------------------------------------------------------------------ changing

    def _work(self) -> None:
        self._guarded(self._clean)
        self._seen = self._signature()
        while True:
            try:
                asked = self._asked.get(timeout=LOOK)
            except queue.Empty:
                self._guarded(self._look)
                continue
            if asked is None or self._ending.is_set():
                return
            self._do(asked)
            self._seen = self._signature()
            self.changed()

    def _guarded(self, do: Callable[[], None]) -> None:
        try:
            do()
        except Exception as error:  # noqa: BLE001 - whatever it is, it is told and the thread lives
            self._say(told(error, "Something went wrong with the encoders"))

    def _do(self, asked: Changing) -> None:
        began = time.monotonic()
        self._control = control = JobControl()
        cancelled = failed = False
        try:
            match asked:
                case GetEncoder():
                    known = self._known(asked.name)
                    self._use(self._shelf.get(known, self._hub(), control, self._stepping(known.name, control)))
                case InstallEncoder():
                    self._use(self._install(asked, control))
                case CheckEncoder():
                    self._use(self._shelf.find(asked.name))
                case RemoveEncoder():
                    self._let_go(asked.name)
                    self._shelf.remove(asked.name)
                    self._refresh()
                    self._clean()
            self._say(Done(asked.request))
        except Cancelled:
            cancelled = True
            kept = "What came is kept; getting it again goes on."
            self._say(Failed(asked.request, "Cancelled", kept, trouble=Trouble.CANCELLED))
        except Ending:
            cancelled = True
        except Exception as error:  # noqa: BLE001 - whatever it is, the asker is told and the thread lives
            failed = True
            self._say(told(error, "Something went wrong with the encoder", asked.request))
        finally:
            self._control = None
            done = self._progress.done if self._progress else 0
            self._progress = None
            self._say(JobEnded(Job.ENCODER, done, int(failed), time.monotonic() - began, cancelled))

    def _install(self, asked: InstallEncoder, control: JobControl) -> Installed:
        source, name = Path(asked.path), asked.name
        config = b""
        beside = ("open_clip_config.json", "config.json")
        if name and source.is_file() and not any((source.parent / one).exists() for one in beside):
            from app.encoders.loading import configuration

            known = find(name, self._catalogue)
            config = configuration(known.name if known else name)
        shown = name or source.name
        return self._shelf.take(source, name, config, control, self._stepping(shown, control))

    def _known(self, name: str) -> KnownEncoder:
        """Of our catalogue, else of open_clip's own list."""
        found = find(name, self._catalogue)
        if found is None:
            from app.encoders.loading import listed

            found = listed(name)
        return found

    def _let_go(self, name: str) -> None:
        """Forget the network of an encoder that is to be removed: Windows deletes no file that is mapped."""
        with contextlib.suppress(ModelError):  # half arrived, or nothing that can be read
            if (tried := self._shelf.find(name).tried) is not None:
                self._encoders.let_go(tried.space)

    def _use(self, installed: Installed) -> None:
        """Try it, keep what it did, and use it where it behaves as trained."""
        self._progress = Progress(Job.ENCODER, 0, 0, 0.0, -1.0, note=installed.name)
        self._say(self._progress)
        if installed.tried is not None:
            # Two of one network would take twice the memory.
            self._encoders.let_go(installed.tried.space)
        tried, loaded = self._beside.do(lambda: self._try_out(installed))
        self._shelf.note(installed, tried)
        self._refresh()
        if loaded is not None and tried.trained:
            self._encoders.adopt(loaded)
        self._indexing.wake()

    def _refresh(self) -> None:
        """Use exactly what lies on the shelf."""
        if self._encoders.refresh():
            self.put_spaces()
            self._spaces_changed()
            self._indexing.wake()

    def put_spaces(self) -> None:
        """Write down which learned spaces are in use, for whoever publishes."""
        with self._open_database() as database:
            rows = [SpaceRow(one.name, one.modality, one.dimension) for one in self._spaces.now.learned]
            LearnedSpaces(database).put(rows)

    def _look(self) -> None:
        """Notice what a command changed, and let go of what nobody used for long."""
        rested = self._encoders.rest()
        seen = self._signature()
        if seen != self._seen:
            self._seen = seen
            self._refresh()
            self._clean()
            rested = True
        if rested:
            self.changed()

    def _signature(self) -> object:
        return [(place.name, place.installed, place.problem) for place in self._shelf.places()]

    def _clean(self) -> None:
        """Forget the spaces whose encoder was removed: one that cannot be read just now keeps what it has encoded."""
        if not self._shelf.there:
            return
        here = {slug(place.name) for place in self._shelf.places() if place.installed or place.problem}
        here |= {encoder_of(space) for space in builtin_spaces().all}
        with self._open_database() as database:
            marked = {space.removeprefix(MOMENTS) for space in Items(database).spaces()}
        for space in sorted(marked | set(self._indexing.spaces())):
            if (name := encoder_of(space)) and name not in here:
                self._indexing.forget(space)

    def _stepping(self, name: str, control: JobControl) -> Callable[[Step], None]:
        rate, last = Rate(), [0.0]

        def show(step: Step) -> None:
            now = time.monotonic()
            if not last[0]:
                rate.begin(step.done)
            if now - last[0] < STEP_SECONDS and step.done != step.total:
                return
            last[0] = now
            rate.note(step.done)
            left = rate.seconds_left(step.total)
            self._progress = Progress(
                Job.ENCODER, step.done, step.total, rate.per_minute, left, control.paused, note=name
            )
            self._say(self._progress)

        return show

    # ------------------------------------------------------------------------------------------- telling

    def _list(self) -> None:
        while True:
            requests = [self._listed.get()]
            while not self._listed.empty():
                requests.append(self._listed.get())
            if None in requests:
                return
            try:
                told_now = self._state()
            except Exception as error:  # noqa: BLE001 - whatever it is, the askers are told and the thread lives
                for request in requests:
                    self._say(told(error, "The encoders cannot be listed", request or 0))
                continue
            for request in dict.fromkeys(requests):
                self._say(replace(told_now, request=request or 0))

    def _ask_device(self) -> None:
        """Torch knows, which may still have to be imported: nobody who asks what there is shall wait for that."""

        def ask() -> str:
            from models.encoders.device import best_device

            return best_device().words

        try:
            self._device = self._beside.do(ask)
        except Ending:
            return
        except Exception as error:  # noqa: BLE001 - a driver's fault; what there is is told without
            log.warning("what encoders compute on cannot be told: %s", type(error).__name__)
            return
        self.changed()

    def _state(self) -> EncodersChanged:
        in_use = {one.name: one for one in self._spaces.now.learned}
        with self._open_database() as database:
            store = LearnedSpaces(database)
            covered = {name: store.coverage(name, one.modality) for name, one in in_use.items()}
        states = [_shown(place, covered, self._encoders) for place in self._shelf.places()]
        return EncodersChanged(0, tuple(states), self._device, self._encoders.words_ready())


def _shown(place: Place, covered: dict[str, Coverage], encoders: EncodersInUse) -> EncoderState:
    known, installed = place.known, place.installed
    family = known.family if known else installed.family if installed else Family.CLIP
    state = EncoderState(
        place.name,
        FAMILIES[family].modality is Modality.AUDIO,
        known.adds if known else "",
        (known.licence if known else "") or (installed.licence if installed else ""),
        (known.repo if known else "") or (installed.repo if installed else ""),
        (known.revision if known else "") or (installed.revision if installed else ""),
        known.size if known else installed.size if installed else 0,
        known.default if known else False,
        installed is not None,
        arrived=place.arrived,
        problem=place.problem,
    )
    if installed is None:
        return state
    state = replace(state, on_disk=installed.size, vouched=installed.vouched.value)
    tried = installed.tried
    if tried is None:
        return state
    found = covered.get(tried.space)
    return replace(
        state,
        used=found is not None,
        said=tried.said,
        problem=place.problem or encoders.problem(tried.space),
        rate=tried.rate,
        device=tried.device,
        half=tried.half,
        memory_mib=tried.memory_mib,
        hits=tried.hits,
        asked=tried.asked,
        space=tried.space,
        encoded=found.encoded if found else 0,
        wanted=found.wanted if found else 0,
    )
