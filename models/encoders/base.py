"""What every encoder promises, built in or downloaded.

Implementations live beside this file; `tests/contracts/test_encoders.py` runs the same checks on each.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

from models.types import F32, EncoderId, Modality

T_contra = TypeVar("T_contra", contravariant=True)


class Encoder(Protocol[T_contra]):
    """Turns inputs (Clip, Frame or str) into unit-length vectors of one space.

    Deterministic, and independent of how the inputs are batched. An input without any signal (silence,
    an empty text) gives the zero vector: it says nothing, so it is like nothing.
    """

    @property
    def id(self) -> EncoderId: ...

    @property
    def modality(self) -> Modality: ...

    @property
    def dimension(self) -> int:
        """Length of a vector (as computed; the store pads it to a multiple of 8)."""
        ...

    def encode(self, inputs: Sequence[T_contra]) -> F32:
        """Encode `n` inputs: float32 `(n, dimension)`, each row of unit length or all zero."""
        ...


class WordEncoder(Encoder[T_contra], Protocol[T_contra]):
    """An Encoder that also places words in its space: near what they describe."""

    def encode_words(self, texts: Sequence[str]) -> F32:
        """Encode `n` texts: float32 `(n, dimension)`, rows of unit length; zero for a text without a word."""
        ...
