"""From a sound track to the windows that an audio encoder hears: three of 10 s, at 20, 50 and 80 per cent.

Runs in the decode child only. Mono, float32; 22,050 Hz for the built-in encoder, at whatever rate a learned one asks.
"""

from __future__ import annotations

from typing import Any

import av
import av.error
import numpy as np

from app.library.demuxer import length
from models.types import F32, Clip

RATE = 22_050
SECONDS = 10.0
PLACES = (0.2, 0.5, 0.8)
SHORTEST = 0.1
"""Seconds below which a piece of sound says nothing."""

_MAX_BAD_PACKETS = 200
_SEARCH_SECONDS = 90.0
"""How much is decoded from the start where the length is unknown or seeking fails."""


def windows(container: Any, stream: Any, rate: int = RATE, *, full: bool = False) -> list[Clip]:
    """Up to three windows; fewer for short pieces, none for a track without sound that can be decoded.

    Below 30 s the windows are what is there, cut into equal parts of at most 10 s, or with `full` into parts of 10 s
    that overlap: a network that hears ten seconds at once gets the rest of a shorter one as silence. Where a seek
    leads nowhere, the windows come from the first 90 s.
    """
    stream.codec_context.thread_count = 1
    total = length(container, stream)
    if not total:
        return _parts(_listen(container, stream, rate, None, _SEARCH_SECONDS), rate, full)
    if total <= SECONDS * len(PLACES):
        return _parts(_listen(container, stream, rate, None, total + 1), rate, full)
    clips: list[Clip] = []
    for place in PLACES:
        start = min(max(0.0, total * place - SECONDS / 2), total - SECONDS)
        samples = _listen(container, stream, rate, start, SECONDS)
        if len(samples) >= rate * SECONDS / 2:
            clips.append(Clip(samples, rate))
    if clips:
        return clips
    return _parts(_listen(container, stream, rate, 0.0, _SEARCH_SECONDS), rate, full)


def can_be_heard(container: Any, stream: Any) -> bool:
    """True when at least one frame can be decoded, from where the demuxer stands."""
    return next(_frames(container, stream), None) is not None


def _parts(samples: F32, rate: int, full: bool) -> list[Clip]:
    """Cut into equal parts of at most 10 s, at most three of them, spread over the whole; `full` as in `windows`."""
    if not len(samples):
        return []
    count = min(len(PLACES), max(1, -(-len(samples) // int(rate * SECONDS))))
    size = min(len(samples) // (1 if full else count), int(rate * SECONDS))
    starts = np.linspace(0, len(samples) - size, count).astype(int)
    return [Clip(samples[start : start + size], rate) for start in starts]


def _listen(container: Any, stream: Any, rate: int, start: float | None, seconds: float) -> F32:
    """Decode `seconds` from `start` (None: from where the demuxer stands, the beginning)."""
    origin = float(stream.start_time * stream.time_base) if stream.start_time is not None else 0.0
    if start is not None:
        try:
            container.seek(int((origin + start) / stream.time_base), stream=stream)
        except av.error.FFmpegError:
            return np.zeros(0, np.float32)
    wanted = int(seconds * rate)
    pieces: list[F32] = []
    have, skip = 0, None if start else 0
    resampler, shape = None, None
    for frame in _frames(container, stream):
        if skip is None:  # the demuxer lands before the wanted time; how far before, the first frame tells
            at = frame.time - origin if frame.time is not None else start or 0.0
            skip = max(0, int(((start or 0.0) - at) * rate))
            if skip > _SEARCH_SECONDS * rate:
                break
        if resampler is None or shape != (frame.format.name, frame.layout.name, frame.sample_rate):
            # At the start, and where a stream changes its channels or rate on the way.
            shape = frame.format.name, frame.layout.name, frame.sample_rate
            resampler = av.AudioResampler(format="flt", layout="mono", rate=rate)
        for part in resampler.resample(frame):
            samples: F32 = part.to_ndarray().ravel().astype(np.float32, copy=False)
            if skip:
                dropped = min(skip, len(samples))
                samples, skip = samples[dropped:], skip - dropped
            pieces.append(samples)
            have += len(samples)
        if have >= wanted:
            break
    joined = np.concatenate(pieces)[:wanted] if pieces else np.zeros(0, np.float32)
    return np.nan_to_num(joined, nan=0.0, posinf=0.0, neginf=0.0)


def _frames(container: Any, stream: Any) -> Any:
    """Frames of one stream, passing over damaged packets."""
    bad = 0
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets, None)
            if packet is None:
                return
            yield from packet.decode()
        except av.error.EOFError:
            return
        except av.error.FFmpegError:
            bad += 1
            if bad > _MAX_BAD_PACKETS:
                return
