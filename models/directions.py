"""Arithmetic with the meaning of vectors: "more like this, but ...", towards Items and words and away from others.

Vectors of one space all lie in a narrow cone. What makes one Item differ from another is what is left when the cone's
own direction, the library's mean, is taken away (Mu & Viswanath 2018, "All-but-the-top"). Words lie in another cone
than what they describe (Liang et al. 2022, "Mind the gap"); that moves all their cosines alike, and drops out where
each part's cosines are measured against their own crowd. (Taking away the mean of words that say nothing was tried:
with trained miniatures a church bell then stood out of the other sounds by 1.0 deviations instead of 4.7.) Used by
search. Arrays in, arrays out.
"""

from __future__ import annotations

import numpy as np

from models.mixing import deviations
from models.types import F32

HELD = 8.0
"""The mean of `n` vectors is taken away by n / (n + HELD): of a few vectors it is mostly these vectors themselves."""
PLENTY = 2.0
"""From so many deviations above the crowd on, more likeness counts only logarithmically: who asks for this *and* that
does not want what is twice as much this."""
LITTLE = 0.25
"""What being less than the crowd counts: to be the contrary of a part is hardly worse than to have nothing of it."""
HAS = 1.0
"""From so many deviations above the crowd on, something has a part that is to be gone away from."""
SAID = 1.5
"""What words are worth beside all Items together: they say in what the Items are to be left behind."""


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


def bearing(things: F32, words: F32, minus: F32) -> F32:
    """How well `n` things lie towards the parts to come nearer to and away from the others, float32 `(n,)`.

    `things (p, n)`, `words (w, n)` and `minus (m, n)` are their cosines with each part; each may be empty. Each part is
    measured against its own crowd, so that one of words (whose cosines hardly differ) counts as an Item does. Parts to
    go away from only ever count against something: to be the contrary of one is no merit.
    """
    total = np.zeros(max(things.shape[1], words.shape[1], minus.shape[1]), np.float32)
    if len(things):
        total += np.mean([_enough(deviations(row)) for row in things], axis=0)
    if len(words):
        total += np.float32(SAID) * np.mean([_enough(deviations(row)) for row in words], axis=0)
    if len(minus):
        total -= np.float32(SAID) * np.max([np.maximum(_enough(deviations(row)) - HAS, 0) for row in minus], axis=0)
    return total


def _enough(above: F32) -> F32:
    much = PLENTY + 0.5 * np.log1p(np.maximum(above - PLENTY, 0))
    return np.where(above > PLENTY, much, np.where(above < 0, LITTLE * above, above)).astype(np.float32)
