"""What words mean to the learned encoders: their vectors, kept for a while, and whether there are any to be had.

Search and Discover ask here, each on a thread of its own; the networks answer one at a time.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np

from app.search_messages import Meaning
from app.studio.spaces import LearnedSpace
from models.directions import NEUTRAL, centred
from models.encoders.base import WordEncoder
from models.types import F32

KEPT = 256
"""Texts whose vectors are kept."""
LONGEST = 300
"""Letters of a query that an encoder is given: what it has read by then is all it can."""


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

    def of(self, space: str, words: str) -> F32 | None:
        """The unit vector `(d,)` of some words; None where no encoder is ready or the words say nothing to it."""
        found = self._all(space, (words,))
        return None if found is None or not found.any() else found[0]

    def centred(self, space: LearnedSpace, words: str) -> F32 | None:
        """What makes these words differ from words that say nothing, `(d,)`, of unit length or None."""
        found = self.of(space.name, words)
        plain = self._all(space.name, NEUTRAL[space.modality])
        if found is None or plain is None:
            return None
        away = centred(found[None], plain.mean(axis=0))[0]
        return away if away.any() else None

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

    def _all(self, space: str, texts: Sequence[str]) -> F32 | None:
        """The vectors `(n, d)` of some texts; None where no encoder is ready."""
        encoder = self._encoders.ready(space)
        if encoder is None:
            return None
        short = [" ".join(text.split())[:LONGEST] for text in texts]
        with self._lock:
            for text in short:
                key = (space, text)
                if key not in self._known:
                    self._known[key] = encoder.encode_words([text])[0]
                self._known.move_to_end(key)
            rows = np.stack([self._known[space, text] for text in short])
            while len(self._known) > KEPT:
                self._known.popitem(last=False)
        return rows
