"""A word encoder made by hand, for tests of searching: NOT a learned one, it looks its few words up in a list.

Every word of WORDS is an axis of its space; the vector of a text is the sum of the axes of the words in it, turned
towards a direction that all texts share, as the texts of trained encoders are; what Items sound or look like is told
by the test in the same words, and shares another direction. Where the right answer is known, one sees whether search
finds it. What trained encoders make of words is tested with `miniature.py`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from models.types import F32, EncoderId, Modality

WORDS = (
    "rain", "night", "piano", "drums", "guitar", "fast", "slow", "calm", "loud", "beach", "dancing", "people", "snow",
    "mountain", "city", "forest", "voice", "choir", "happy", "sad",
)  # fmt: skip
ALSO = {"rainy": "rain", "rainfall": "rain", "nocturnal": "night", "pianist": "piano", "dance": "dancing"}
DIMENSION = 64
CONE = 1.5
NOISE = 0.06


class ConceptEncoder:
    """WordEncoder by a list of words. `asked` counts the texts."""

    def __init__(self, modality: Modality, name: str = "concepts") -> None:
        self._modality = modality
        self._id = EncoderId(f"{name}-{modality.value}", 1, "0123456789abcdef")
        self.asked = 0

    @property
    def id(self) -> EncoderId:
        return self._id

    @property
    def modality(self) -> Modality:
        return self._modality

    @property
    def dimension(self) -> int:
        return DIMENSION

    def encode(self, inputs: Sequence[object]) -> F32:
        raise NotImplementedError("tests tell what Items are with `sight_of`")

    def encode_words(self, texts: Sequence[str]) -> F32:
        self.asked += len(texts)
        return np.stack(
            [_unit(_axes(text) + CONE * _axis(DIMENSION - 1)) if text.strip() else _zero() for text in texts]
        )


def sight_of(text: str, seed: int) -> F32:
    """What an encoder would make of something that the text describes, `(d,)`: with noise of its own."""
    noise = np.random.default_rng(seed).normal(0.0, NOISE, DIMENSION).astype(np.float32)
    return _unit(_axes(text) + CONE * _axis(DIMENSION - 2) + noise)


def _axes(text: str) -> F32:
    words = [ALSO.get(word, word) for word in text.lower().replace(",", " ").split()]
    return np.sum([_zero(), *(_axis(WORDS.index(word)) for word in words if word in WORDS)], axis=0)


def _axis(at: int) -> F32:
    return np.eye(DIMENSION, dtype=np.float32)[at]


def _zero() -> F32:
    return np.zeros(DIMENSION, np.float32)


def _unit(vector: F32) -> F32:
    return np.asarray(vector / np.linalg.norm(vector), np.float32)
