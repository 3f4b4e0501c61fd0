"""Whether a downloaded file is what its publisher promised. Called by the studio's thread for what peers need.

The file lies in quarantine; only a decode child, without network and under limits of time and memory, ever reads it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from app.files import Kind, kind_of
from app.library.decoder import Decoded, DecodeFailed, DecodePool, DecodeTask
from app.network_messages import Arrived, Judged
from app.store.offer_vectors import OfferVectors
from app.studio.spaces import Spaces

UNKNOWN = -1.0


def judge(
    arrived: Arrived,
    pool: DecodePool,
    promised: OfferVectors,
    spaces: Spaces,
    cancelled: Callable[[], bool] = lambda: False,
) -> Judged | None:
    """Decode and encode the file, and compare it with its offer's vectors in every space that the offer has.

    What was promised and not found (sound in a silent file) counts as a cosine of 0. Text was never promised. None
    where it was cancelled.
    """
    path = Path(arrived.path)
    result = next(pool.run([DecodeTask(arrived.download, path, kind_of(path) or Kind.TRACK)], cancelled), None)
    if result is None:
        return None
    if not isinstance(result, Decoded):
        reason = result.reason if isinstance(result, DecodeFailed) else result.note
        return Judged(arrived.download, playable=False, reason=reason)
    found = {str(part.space): part.vector for part in result.vectors}
    likeness = [
        _cosine(held.unit()[0], found.get(space))
        for space in (spaces.audio, spaces.image)
        if arrived.offer and (held := promised.vector(space, arrived.offer)) is not None
    ]
    return Judged(
        arrived.download,
        playable=True,
        kind=str(result.facts.kind.value),
        likeness=min(likeness, default=UNKNOWN),
        reason=result.note,
    )


def _cosine(promised: np.ndarray, found: np.ndarray | None) -> float:
    if found is None or found.shape != promised.shape:
        return 0.0
    return float(np.clip(np.dot(promised.astype(np.float64), found.astype(np.float64)), -1.0, 1.0))
