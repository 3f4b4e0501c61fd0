"""On real music the audio encoder alone finds an artist's other tracks from three liked ones."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from models.encoders.builtin_audio import BuiltinAudioEncoder
from models.encoders.pooling import pool
from models.evaluation.retrieval import liking_auc, mean_cosine, precision_at
from models.types import F32, Clip

RATE = 22050


def _windows(path: Path) -> list[Clip]:
    """Three windows of 10 s around 20, 50 and 80 % of a track."""
    resampler = av.AudioResampler("flt", "mono", RATE)
    with av.open(str(path)) as container:
        parts = [p.to_ndarray()[0] for frame in container.decode(audio=0) for p in resampler.resample(frame)]
    samples: F32 = np.concatenate(parts)
    size = min(10 * RATE, len(samples))
    starts = [int(min(max(centre * len(samples) - size / 2, 0), len(samples) - size)) for centre in (0.2, 0.5, 0.8)]
    return [Clip(samples[start : start + size], RATE) for start in starts]


@pytest.mark.media
def test_three_likes_of_an_artist_find_the_others(shared_media: Path) -> None:
    encoder = BuiltinAudioEncoder()
    tracks = sorted(path for path in (shared_media / "music").rglob("*") if path.is_file())
    artists = np.array([path.relative_to(shared_media / "music").parts[0] for path in tracks])
    vectors = np.stack([pool(encoder.encode(_windows(path))) for path in tracks])
    assert liking_auc(vectors, artists == "HoliznaCC0") >= 0.80
    assert precision_at(vectors, artists, 1) > 0.5
    assert mean_cosine(vectors) < 0.3
