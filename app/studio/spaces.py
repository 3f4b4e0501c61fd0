"""The spaces in use, by modality: of the built-in encoders, and of the learned ones that are installed.

Cheap: neither scikit-learn nor torch is imported. Every part of the studio asks `SpacesInUse` when it needs to know,
since encoders come and go while it runs.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass

from models.encoders.builtin_audio import BuiltinAudioEncoder
from models.encoders.builtin_image import BuiltinImageEncoder
from models.encoders.builtin_text import SPEC as TEXT
from models.types import EncoderId, Modality


@dataclass(frozen=True, slots=True)
class LearnedSpace:
    """The space of one learned encoder; `encoder` is what the user calls it."""

    name: str
    modality: Modality
    dimension: int
    encoder: str


@dataclass(frozen=True, slots=True)
class Spaces:
    """Names of spaces, as `str(EncoderId)`: the three built-in ones, and the learned ones."""

    audio: str
    image: str
    text: str
    learned: tuple[LearnedSpace, ...] = ()

    @property
    def built_in(self) -> tuple[str, ...]:
        return (self.audio, self.image, self.text)

    @property
    def all(self) -> tuple[str, ...]:
        """The built-in ones first."""
        return (*self.built_in, *(space.name for space in self.learned))

    def modality(self, space: str) -> Modality:
        """What a space is of. Raises KeyError for one that is not in use."""
        known = {self.audio: Modality.AUDIO, self.image: Modality.IMAGE, self.text: Modality.TEXT}
        return (known | {one.name: one.modality for one in self.learned})[space]

    def of(self, modality: Modality) -> tuple[str, ...]:
        """All of one modality, the built-in one first."""
        return tuple(space for space in self.all if self.modality(space) is modality)


class SpacesInUse:
    """Which spaces there are now; read from any thread, changed by the thread that owns the learned encoders."""

    def __init__(self, spaces: Spaces) -> None:
        self._lock = threading.Lock()
        self._spaces = spaces

    @property
    def now(self) -> Spaces:
        with self._lock:
            return self._spaces

    def change(self, spaces: Spaces) -> None:
        """From now on these."""
        with self._lock:
            self._spaces = spaces


def encoder_of(space: str) -> str:
    """The name of the encoder a space is of; "" for what is no name of a space."""
    try:
        return EncoderId.parse(space).name
    except ValueError:
        return ""


def builtin_spaces() -> Spaces:
    """The spaces this version encodes into without any learned encoder."""
    return Spaces(str(BuiltinAudioEncoder().id), str(BuiltinImageEncoder().id), str(TEXT.id()))


def builtin_dimensions() -> Mapping[str, int]:
    """How many numbers a vector of each of the built-in spaces has."""
    audio, image = BuiltinAudioEncoder(), BuiltinImageEncoder()
    return {str(audio.id): audio.dimension, str(image.id): image.dimension, str(TEXT.id()): TEXT.dimension}


def dimensions(spaces: Spaces) -> Mapping[str, int]:
    """How many numbers a vector of each space in use has."""
    return {**builtin_dimensions(), **{one.name: one.dimension for one in spaces.learned}}
