"""What learned encoders are to hear and see, taken together across Items, so that every call of a network is full.

Used by the studio's thread of learned encoders. A film has up to 32 pictures, a track three windows of sound or one
cover: a network is quickest on as many at once as it was made to take.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from models.encoders.pooling import pool
from models.types import F32, I64, Clip, Frame, ItemId


@dataclass(frozen=True, slots=True, eq=False)
class Wanted:
    """An Item that is to be encoded. `weights`: how much each of its inputs counts, all alike where empty.

    `ats`: for a film the seconds of its pictures, rising; empty for what has no moments.
    """

    item: ItemId
    weights: Sequence[float] = ()
    ats: Sequence[float] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Encoded:
    """`rows` float32 `(m, d)`, one for each input, zero for what says nothing. `problem`: why there are none."""

    wanted: Wanted
    rows: F32
    problem: str = ""

    @property
    def vector(self) -> F32:
        """The Item's vector `(d,)`: of unit length, or zero."""
        weights = np.asarray(self.wanted.weights or [1.0] * len(self.rows), np.float32)
        return pool(self.rows * weights[:, None])


@dataclass(slots=True, eq=False)
class _Open:
    wanted: Wanted
    left: int
    rows: list[F32] = field(default_factory=list)
    problem: str = ""


class FullBatches:
    """Collects inputs of several Items, and encodes `size` of them at a time."""

    def __init__(self, encode: Callable[[Sequence[Any]], F32], size: int) -> None:
        self._encode, self._size = encode, size
        self._open: deque[_Open] = deque()
        self._inputs: deque[tuple[_Open, Any]] = deque()

    def put(self, wanted: Wanted, inputs: Sequence[Clip] | Sequence[Frame]) -> None:
        """Take an Item's inputs; they are let go as soon as they are encoded."""
        made = _Open(wanted, len(inputs))
        self._open.append(made)
        self._inputs.extend((made, one) for one in inputs)

    def steps(self, *, last: bool = False) -> Iterator[list[Encoded]]:
        """Encode while batches are full, `last` also the rest; after each call what became whole, in order.

        An input that the encoder refuses (ValueError) is its Item's problem; whatever else it raises is the machine's.
        """
        while len(self._inputs) >= self._size or (last and self._inputs):
            batch = [self._inputs.popleft() for _ in range(min(self._size, len(self._inputs)))]
            for (one, _), row in zip(batch, self._rows([given for _, given in batch]), strict=True):
                one.left -= 1
                if isinstance(row, str):
                    one.problem = row
                else:
                    one.rows.append(row)
            yield list(self._whole())

    def _rows(self, inputs: Sequence[Any]) -> Sequence[F32 | str]:
        try:
            return list(self._encode(inputs))
        except ValueError as error:
            if len(inputs) == 1:
                return [str(error)]
            return [row for one in inputs for row in self._rows([one])]

    def _whole(self) -> Iterator[Encoded]:
        while self._open and not self._open[0].left:
            one = self._open.popleft()
            if one.problem or not one.rows:
                yield Encoded(one.wanted, np.zeros((0, 0), np.float32), one.problem)
            else:
                yield Encoded(one.wanted, np.stack(one.rows).astype(np.float32))


def moments_of(encoded: Encoded) -> tuple[I64, F32]:
    """Which of a film's pictures are moments (places in `ats`), and their vectors: those that show something."""
    if not encoded.wanted.ats:
        return np.zeros(0, np.int64), encoded.rows[:0]
    alive = np.flatnonzero(np.any(encoded.rows != 0, axis=1) & np.isfinite(encoded.rows).all(axis=1))
    return alive, encoded.rows[alive]
