"""The learned encoders that the studio uses: which there are, and the networks themselves, loaded when first needed.

Read from the shelf; only encoders that were tried on this machine and behave as trained are ever used. Loading reads
half a gigabyte and takes seconds, so that `ready` never does it and `warm` does it beside everything else. Importing
this is cheap: torch comes with the first network.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

from app.encoders.families import FAMILIES
from app.encoders.installed import Installed
from app.errors import ModelError
from app.studio.beside import Beside, Ending
from app.studio.spaces import LearnedSpace, SpacesInUse
from models.types import EncoderId

if TYPE_CHECKING:
    from app.encoders.loading import Loaded
    from models.encoders.base import WordEncoder

log = logging.getLogger(__name__)

UNUSED_SECONDS = 600.0
"""A network that nobody asked for so long is let go, for its memory."""


class Shelf(Protocol):
    """What is needed of `app.encoders.shelf.EncoderShelf`."""

    def installed(self) -> list[Installed]: ...


Load = Callable[[Installed], "Loaded"]


def take_half_the_processor() -> None:
    """Let networks that the calling thread runs count on half of the processor's cores.

    Threads that have computed before keep to their one: the taste's answers wait for nobody. The other half stays with
    the window, the player and the decoding children.
    """
    import torch

    torch.set_num_threads(max(1, (os.cpu_count() or 1) // 2))


def load_installed(installed: Installed) -> Loaded:
    """The product's way: `app.encoders.loading.load`, with which torch is imported."""
    from app.encoders.loading import load

    return load(installed)


@dataclass(slots=True)
class _Held:
    loaded: Loaded
    used: float


class EncodersInUse:
    """Finds encoders by the names of their spaces. Every method may be called from any thread."""

    def __init__(
        self,
        shelf: Shelf,
        spaces: SpacesInUse,
        load: Load = load_installed,
        *,
        changed: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
        beside: Beside | None = None,
    ) -> None:
        """`spaces` is told which learned ones there are. `changed` is called when a network becomes ready, or not.

        `beside` loads; whoever waits for that stops waiting when it is ended.
        """
        self._shelf, self._spaces, self._load = shelf, spaces, load
        self._changed, self._clock = changed, clock
        self._beside = beside or Beside()
        self._lock = threading.Lock()
        self._one_at_a_time = threading.Lock()
        self._installed: dict[str, Installed] = {}
        self._held: dict[str, _Held] = {}
        self._problems: dict[str, str] = {}
        self._warming: threading.Thread | None = None

    # ------------------------------------------------------------------------------------------- which

    def refresh(self) -> bool:
        """Read the shelf anew; True where other learned spaces are in use than before."""
        found = {str(one.tried.space): one for one in self._shelf.installed() if one.tried and _usable(one)}
        learned = tuple(
            LearnedSpace(space, FAMILIES[one.family].modality, one.tried.dimension, one.name)
            for space, one in found.items()
            if one.tried is not None
        )
        with self._lock:
            before = self._installed
            self._installed = found
            self._problems = {
                space: said for space, said in self._problems.items() if found.get(space) == before.get(space)
            }
            for space in set(self._held) - set(found):
                del self._held[space]
        now = self._spaces.now
        if now.learned == learned:
            return False
        self._spaces.change(replace(now, learned=learned))
        return True

    def installed(self, space: str) -> Installed | None:
        """What the space's encoder was installed from; None where none of it is in use."""
        with self._lock:
            return self._installed.get(space)

    def problem(self, space: str) -> str:
        """Why the network could not be loaded, in words; "" where it was, or nobody has tried."""
        with self._lock:
            return self._problems.get(space, "")

    # ---------------------------------------------------------------------------------------- networks

    def encoder(self, space: str) -> WordEncoder[Any]:
        """The encoder of a space, loaded where it is not: this may take half a minute.

        Raises ModelError; Ending where the studio ends meanwhile.
        """
        held = self.ready(space)
        if held is not None:
            return held
        with self._one_at_a_time:
            held = self.ready(space)  # somebody else may have loaded it meanwhile
            if held is not None:
                return held
            installed = self.installed(space)
            if installed is None:
                raise ModelError("This encoder is not installed any longer", space)
            try:
                loaded = self._beside.do(lambda: self._load(installed))
                if str(loaded.encoder.id) != space:
                    raise ModelError(f"{installed.name} was tried by another version", "Check it again.")
            except Ending:
                raise
            except ModelError as error:
                with self._lock:
                    self._problems[space] = str(error)
                raise
            return self.adopt(loaded)

    def adopt(self, loaded: Loaded) -> WordEncoder[Any]:
        """Use a network that was loaded already, to be tried. Raises ModelError where its space is not in use."""
        space = str(loaded.encoder.id)
        with self._lock:
            if space not in self._installed:
                raise ModelError("This encoder is not installed any longer", space)
            self._held[space] = _Held(loaded, self._clock())
            self._problems.pop(space, None)
        return loaded.encoder

    def ready(self, space: str) -> WordEncoder[Any] | None:
        """The encoder of a space if it is loaded: this never takes time."""
        with self._lock:
            held = self._held.get(space)
            if held is None:
                return None
            held.used = self._clock()
            return held.loaded.encoder

    def words_ready(self) -> tuple[str, ...]:
        """The names of the encoders that are loaded."""
        with self._lock:
            return tuple(self._installed[space].name for space in self._installed if space in self._held)

    def warm(self) -> None:
        """Load whatever is not loaded, beside everything else; `changed` is called after each."""
        with self._lock:
            if self._warming is not None and self._warming.is_alive():
                return
            cold = [one for one in self._installed if one not in self._held and one not in self._problems]
            if not cold:
                return
            self._warming = threading.Thread(target=self._load_all, args=(cold,), name="encoders", daemon=True)
            self._warming.start()

    def _load_all(self, spaces: list[str]) -> None:
        for space in spaces:
            try:
                self.encoder(space)
            except Ending:
                return
            except ModelError as error:
                log.warning("an encoder cannot be loaded: %s", error.title)
            except Exception as error:
                log.exception("a bug in loading an encoder: %s", type(error).__name__)
                with self._lock:
                    self._problems[space] = type(error).__name__
            self._changed()

    def let_go(self, space: str) -> None:
        """Forget a network; who still holds it may finish with it."""
        with self._lock:
            self._held.pop(space, None)

    def rest(self) -> bool:
        """Let go of what nobody asked for lately; True where there was any."""
        with self._lock:
            old = [space for space, held in self._held.items() if self._clock() - held.used > UNUSED_SECONDS]
            for space in old:
                del self._held[space]
            return bool(old)

    def close(self, timeout: float = 2.0) -> None:
        """Let go of everything; what is being loaded just then is let be."""
        self._beside.end()
        if self._warming is not None:
            self._warming.join(timeout)
        with self._lock:
            self._held.clear()


def _usable(installed: Installed) -> bool:
    tried = installed.tried
    if tried is None or not tried.trained or tried.dimension < 1:
        return False
    try:
        EncoderId.parse(tried.space)
    except ValueError:
        log.warning("an encoder's space has no name; it has to be checked again")
        return False
    return True
