"""What peers offer that fits words by what it sounds like and shows. Used by the offers thread for Discover.

The vectors that peers publish of learned spaces are held in memory, one byte a number, from the first search on and as
long as the offers are the same.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.search_messages import FoundBy
from app.store.offer_table import OfferTable
from app.store.offer_vectors import OfferVectors
from app.studio.meaning import WordVectors
from app.studio.spaces import SpacesInUse
from models.mixing import standing_out
from models.nearest import lengths, products
from models.types import F32, I64, Bool, Modality

WHY = {Modality.AUDIO: FoundBy.SOUND, Modality.IMAGE: FoundBy.PICTURE}


@dataclass(frozen=True, slots=True, eq=False)
class Meant:
    """One encoder's ranking: `rows` of the table, int64 `(n,)`, best first, each with how far it stands out."""

    space: str
    why: FoundBy
    rows: I64
    merits: F32


@dataclass(frozen=True, slots=True, eq=False)
class _Codes:
    """One space's vectors: `rows (n,)` of the table, `codes (n, d)` and their `lengths (n,)`."""

    rows: I64
    codes: NDArray[np.int8]
    lengths: F32


class OfferWords:
    """Searches the offers of one table at a time. For the offers thread."""

    def __init__(self, vectors: OfferVectors, words: WordVectors, spaces: SpacesInUse) -> None:
        self._vectors = vectors
        self._words = words
        self._spaces = spaces
        self._held: dict[str, _Codes] = {}
        self._table: OfferTable | None = None

    def found(self, words: str, table: OfferTable, allowed: Bool, most: int) -> list[Meant]:
        """What each encoder that is ready finds among the `allowed (n,)` rows, at most `most` each.

        An encoder that is not ready is loaded from now on, and finds from then on.
        """
        if table is not self._table:
            self._held, self._table = {}, table
        learned = self._spaces.now.learned
        self._words.meaning(learned, lambda space: len(self._vectors.ids(space)))
        self._words.begin(learned, words)
        found = []
        for space in learned:
            vector = self._words.of(space.name, words)
            if vector is None:
                continue
            held = self._codes(space.name, table)
            if not len(held.rows) or held.codes.shape[1] != len(vector):
                continue
            cosines = products(held.codes, vector[None])[0] / held.lengths
            at, merits = standing_out(cosines, most, allowed[held.rows])
            found.append(Meant(space.name, WHY[space.modality], held.rows[at], merits))
        return found

    def _codes(self, space: str, table: OfferTable) -> _Codes:
        if space not in self._held:
            rows, codes = [np.zeros(0, np.int64)], []
            for offers, found in self._vectors.batches(space):
                at = table.positions(offers)
                chosen = found.present & (at >= 0)
                rows.append(at[chosen])
                codes.append(found.codes[chosen])
            together = np.concatenate(codes) if codes else np.zeros((0, 1), np.int8)
            self._held[space] = _Codes(np.concatenate(rows), together, np.maximum(lengths(together), 1e-6))
        return self._held[space]
