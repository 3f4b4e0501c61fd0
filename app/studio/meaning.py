"""What words mean to the learned encoders: their vectors, kept for a while, and whether there are any to be had.

Search and Discover ask here, each on a thread of its own. A network answers one at a time, two networks beside each
other: while they read a query on threads of their own, the search goes through the tags.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol

import numpy as np

from app.search_messages import Meaning
from app.studio.spaces import LearnedSpace
from models.encoders.base import WordEncoder
from models.types import F32

log = logging.getLogger(__name__)

KEPT = 256
"""Texts whose vectors are kept."""
LONGEST = 300
"""Letters of a query that an encoder is given: what it has read by then is all it can."""
BESIDE = 2
"""Networks that read at the same time."""


class Encoders(Protocol):
    """What is needed of `EncodersInUse`."""

    def ready(self, space: str) -> WordEncoder[Any] | None: ...

    def problem(self, space: str) -> str: ...

    def warm(self) -> None: ...


class WordVectors:
    """Words as vectors, where an encoder is ready. Every method may be called from any thread."""

    def __init__(self, encoders: Encoders) -> None:
        self._encoders = encoders
        self._lock = threading.Lock()
        self._known: OrderedDict[tuple[str, str], F32] = OrderedDict()
        self._reading: dict[str, threading.Lock] = {}
        self._beside = ThreadPoolExecutor(BESIDE, thread_name_prefix="words")

    def begin(self, spaces: Sequence[LearnedSpace], words: str) -> None:
        """Let the encoders that are ready read some words beside the caller, who asks for the vectors later."""
        with contextlib.suppress(RuntimeError):  # closed: whoever asks yet reads by himself
            for space in spaces:
                self._beside.submit(self._read, space.name, words)

    def close(self) -> None:
        """End the threads after what they read just now."""
        self._beside.shutdown(cancel_futures=True)

    def of(self, space: str, words: str) -> F32 | None:
        """The unit vector `(d,)` of some words; None where no encoder is ready or the words say nothing to it.

        A machine that cannot count just now (no memory, a graphics processor that is gone) costs the meaning only.
        """
        try:
            found = self._all(space, (words,))
        except (RuntimeError, MemoryError) as error:
            log.warning("words could not be read: %s", type(error).__name__)
            return None
        return None if found is None or not found.any() else found[0]

    def meaning(self, spaces: Sequence[LearnedSpace], count: Callable[[str], int]) -> Meaning:
        """Whether words can be looked for by what they mean; what is not loaded, and could be, is loaded from now on.

        `count` says how many vectors a space has.
        """
        usable = [one.name for one in spaces if not self._encoders.problem(one.name)]
        if not usable:
            return Meaning.NONE
        if any(self._encoders.ready(space) is None for space in usable):
            self._encoders.warm()
            return Meaning.LOADING
        return Meaning.READY if any(count(space) for space in usable) else Meaning.EMPTY

    def _read(self, space: str, words: str) -> None:
        try:
            self._all(space, (words,))
        except Exception as error:  # noqa: BLE001 - whoever asks for the vector meets it again, and tells it
            log.warning("words could not be read: %s", type(error).__name__)

    def _all(self, space: str, texts: Sequence[str]) -> F32 | None:
        """The vectors `(n, d)` of some texts; None where no encoder is ready."""
        encoder = self._encoders.ready(space)
        if encoder is None:
            return None
        with self._lock:
            alone = self._reading.setdefault(space, threading.Lock())
        with alone:
            return np.stack([self._vector(space, encoder, " ".join(text.split())[:LONGEST]) for text in texts])

    def _vector(self, space: str, encoder: WordEncoder[Any], text: str) -> F32:
        key = (space, text)
        with self._lock:
            if key in self._known:
                self._known.move_to_end(key)
                return self._known[key]
        found: F32 = encoder.encode_words([text])[0]
        with self._lock:
            self._known[key] = found
            while len(self._known) > KEPT:
                self._known.popitem(last=False)
        return found
