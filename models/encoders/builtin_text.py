"""The built-in text encoder: hashed character n-grams, without weights, vocabulary or network.

Used by the studio process for the tags of Items and offers (`item_text.py` composes them) and for queries.
The only built-in encoder that imports scikit-learn, and only once one is made: its id can be had without.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

import numpy as np

from models.encoders.spec import Block, Spec
from models.types import F32, EncoderId, Modality

SPEC = Spec(
    name="builtin-text",
    version=1,
    parameters={
        "analyzer": "char_wb",
        "shortest": 3,
        "longest": 5,
        "normal": "NFKC",
        "case": "lower",
        "hash": "murmur3",
    },
    blocks=(Block("n-grams", 512),),
)

LONGEST_TEXT = 4096
"""Characters read of one text: longer tags are descriptions or attacks, and cost time without saying more."""


class BuiltinTextEncoder:
    """Encoder[str]: signed hashing of character 3-5-grams within word boundaries, l2-normalised.

    512 float32 numbers. Case and compatibility forms (NFKC) do not matter. A text without letters enough for
    a single n-gram gives the zero vector. It knows spelling, not meaning: it finds the same names and genres.
    Source: Weinberger et al., "Feature Hashing for Large Scale Multitask Learning", ICML 2009.
    """

    def __init__(self) -> None:
        # The studio asks for the id (SPEC) before it heals, and must not wait for this.
        from sklearn.feature_extraction.text import HashingVectorizer

        self._vectorizer = HashingVectorizer(
            n_features=SPEC.dimension,
            analyzer="char_wb",
            ngram_range=(3, 5),
            lowercase=True,
            norm="l2",
            alternate_sign=True,
            dtype=np.float32,
        )

    @property
    def id(self) -> EncoderId:
        return SPEC.id()

    @property
    def modality(self) -> Modality:
        return Modality.TEXT

    @property
    def dimension(self) -> int:
        return SPEC.dimension

    def encode(self, inputs: Sequence[str]) -> F32:
        """Encode `n` texts: float32 `(n, 512)`, rows of unit length, or zero for a text that says nothing."""
        if not inputs:
            return np.zeros((0, self.dimension), np.float32)
        plain = [unicodedata.normalize("NFKC", text[:LONGEST_TEXT]) for text in inputs]
        return np.asarray(self._vectorizer.transform(plain).toarray(), dtype=np.float32)
