"""The values that travel between encoders, the taste network and the rest of Bowerbird.

Arrays in, arrays out: nothing here knows files, Qt, the network or a database. Everybody may import it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from models.ids import ItemId

__all__ = ["F32", "I64", "U8", "Bool", "Clip", "Embedding", "EncoderId", "Frame", "ItemId", "Modality"]

F32 = NDArray[np.float32]
U8 = NDArray[np.uint8]
I64 = NDArray[np.int64]
Bool = NDArray[np.bool_]


class Modality(StrEnum):
    """What an encoder listens to, looks at or reads."""

    AUDIO = "audio"
    IMAGE = "image"
    TEXT = "text"


_ENCODER_ID = re.compile(r"([a-z0-9]+(?:-[a-z0-9]+)*)-v(\d+)-([0-9a-f]{8,64})")


@dataclass(frozen=True, slots=True)
class EncoderId:
    """Names one encoder exactly: two vectors are comparable only when their EncoderIds are equal.

    `name` is lower-case words joined by "-"; `digest` is the first 16 hex digits of the SHA-256 of its
    specification and weights. `str()` gives `name-vN-digest`, which is also the name of its space.
    """

    name: str
    version: int
    digest: str

    def __str__(self) -> str:
        return f"{self.name}-v{self.version}-{self.digest}"

    @classmethod
    def parse(cls, text: str) -> EncoderId:
        """Read back what `str()` wrote. Raises ValueError on anything else."""
        match = _ENCODER_ID.fullmatch(text)
        if match is None:
            raise ValueError(f"not an encoder id: {text!r}")
        return cls(match[1], int(match[2]), match[3])


@dataclass(frozen=True, slots=True, eq=False)
class Clip:
    """A decoded window of sound: mono float32 samples in [-1, 1], shape (n,), at `rate` Hz."""

    samples: F32
    rate: int


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """A decoded picture: RGB uint8 pixels, shape (height, width, 3), shown at `seconds` of its video."""

    pixels: U8
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Embedding:
    """One vector of one space: float32, shape (d,), unit length."""

    space: EncoderId
    vector: F32
