"""Arithmetic with the meaning of vectors: "more like this, but ...", towards Items and words and away from others.

Vectors of one space all lie in a narrow cone, and words in another cone than what they describe (Liang et al. 2022,
"Mind the gap"). What makes one thing differ from another is therefore what is left when the cone's own direction is
taken away: from Items their library's mean, from words the mean of words that say nothing (Mu & Viswanath 2018,
"All-but-the-top"). Used by search. Arrays in, arrays out.
"""

from __future__ import annotations

import numpy as np

from models.mixing import deviations
from models.types import F32, Modality

HELD = 8.0
"""The mean of `n` vectors is taken away by n / (n + HELD): of a few vectors it is mostly these vectors themselves."""
PLENTY = 3.0
"""From so many deviations above the crowd on, more likeness counts only logarithmically: who asks for this *and* that
does not want what is twice as much this."""
NEUTRAL = {
    Modality.AUDIO: ("a sound", "music", "a song", "an audio recording", "the sound of something"),
    Modality.IMAGE: ("a picture", "an image", "a photo", "a photo of something", "a frame of a film"),
}
"""Words that say nothing about what they are said of, by what they are compared with."""


def unit(rows: F32) -> F32:
    """Rows `(n, d)` at length 1; rows of zeros stay."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.where(lengths > 1e-9, lengths, 1.0), np.float32)


def held_mean(mean: F32, count: int) -> F32:
    """As much of the mean `(d,)` of `count` vectors as can be told from the vectors themselves."""
    return np.asarray(mean * (count / (count + HELD)), np.float32)


def centred(rows: F32, mean: F32) -> F32:
    """What makes `n` vectors `(n, d)` differ from `mean (d,)`: float32, of unit length or zero."""
    return unit(unit(rows) - mean)


def centred_cosines(cosines: F32, of_mean: F32, reach: F32) -> F32:
    """Cosines `(p, n)` of `p` centred vectors with `n` others, as they are once those are centred as well.

    `of_mean (p,)`: the products of the p with the mean; `reach (n,)`: how far each of the n lies from the mean.
    """
    return np.asarray((cosines - of_mean[:, None]) / np.maximum(reach, 1e-3), np.float32)


def bearing(plus: F32, minus: F32) -> F32:
    """How well `n` things lie in the direction of all `p` parts and of none of `m`, float32 `(n,)`; p may be 0.

    `plus (p, n)` and `minus (m, n)` are their cosines with each part. Each part is measured against its own crowd, so
    that a part of words (whose cosines hardly differ) counts as much as an Item. Parts to go away from only ever
    count against something: to be the contrary of one is no merit.
    """
    total = np.zeros(plus.shape[1] if len(plus) else minus.shape[1], np.float32)
    if len(plus):
        total += np.mean([_enough(deviations(row)) for row in plus], axis=0)
    if len(minus):
        total -= np.max([np.maximum(_enough(deviations(row)), 0) for row in minus], axis=0)
    return total


def _enough(above: F32) -> F32:
    return np.where(above > PLENTY, PLENTY + np.log1p(np.maximum(above - PLENTY, 0)), above).astype(np.float32)
