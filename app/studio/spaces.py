"""The spaces of the built-in encoders, by modality. Cheap: neither scikit-learn nor torch is imported."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from models.encoders.builtin_audio import BuiltinAudioEncoder
from models.encoders.builtin_image import BuiltinImageEncoder
from models.encoders.builtin_text import SPEC as TEXT


@dataclass(frozen=True, slots=True)
class Spaces:
    """Names of spaces, as `str(EncoderId)`."""

    audio: str
    image: str
    text: str

    @property
    def all(self) -> tuple[str, ...]:
        return (self.audio, self.image, self.text)


def builtin_spaces() -> Spaces:
    """The spaces this version encodes into."""
    return Spaces(str(BuiltinAudioEncoder().id), str(BuiltinImageEncoder().id), str(TEXT.id()))


def builtin_dimensions() -> Mapping[str, int]:
    """How many numbers a vector of each of these spaces has."""
    audio, image = BuiltinAudioEncoder(), BuiltinImageEncoder()
    return {str(audio.id): audio.dimension, str(image.id): image.dimension, str(TEXT.id()): TEXT.dimension}
