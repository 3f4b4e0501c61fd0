"""From a film to its scenes, and to the picture that stands for it in a list.

Runs in the decode child only. RGB, upright, square pixels. Short films are read through: all of their pictures where
that is cheap, else the key frames; into long ones we seek, evenly first, then where neighbours differ.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import av.error
import numpy as np

from app.library.demuxer import length
from app.library.scenes import MOST, Look, Scene, liveliness, look, scenes, where_to_look
from models.types import U8, Frame

COUNT = 16
"""Pictures looked at evenly in a long film; up to MOST in all."""

SHORT = 90.0
"""Up to this many seconds a film is read through; beyond, we seek."""

CHEAP = 500_000_000
"""Pixels of all pictures up to which a short film is decoded whole (some 10 s of 1080p): key
frames can be ten seconds apart, and then an animation is known by its title alone."""

LARGEST = 600
"""Pixels of the longer side after scaling."""

_MAX_BAD_PACKETS = 100
_MAX_PACKETS_FOR_ONE = 400


def film_scenes(container: Any, stream: Any) -> list[Scene]:
    """The scenes of a film in order of time, at most MOST. Empty where nothing can be decoded.

    Of a long film COUNT pictures spread evenly are looked at, and as many more where neighbours differ.
    """
    _prepare(stream)
    total = length(container, stream)
    looks: dict[float, Look] = {}
    if 0 < total <= SHORT or not total:
        found = _reading_through(container, stream, total or SHORT, MOST, whole=0 < _work(stream, total) <= CHEAP)
    else:
        found = _by_seeking(container, stream, total, COUNT)
        looks = _look_closer(container, stream, found)
    if not found:
        found = _first(container, stream)
    begins = _origin(stream)
    moved = {max(0.0, at - begins): frame for at, frame in found.items()}
    return scenes(moved, total, {max(0.0, at - begins): one for at, one in looks.items()})


def frames(container: Any, stream: Any, count: int) -> list[Frame]:
    """Up to `count` pictures in order of time, no two the same, at little cost. Empty where nothing can be decoded."""
    _prepare(stream)
    total = length(container, stream)
    if 0 < total <= SHORT or not total:
        found = _reading_through(container, stream, total or SHORT, count, whole=False)
    else:
        found = _by_seeking(container, stream, total, count)
    if not found:
        found = _first(container, stream)
    return [found[at] for at in sorted(found)]


def portrait(shots: list[Frame]) -> U8 | None:
    """The frame that stands for the film: rich in contrast and colour, not black, rather early than late."""
    if not shots:
        return None
    worth = [liveliness(shot.pixels) * (1.0 - 0.3 * place / len(shots)) for place, shot in enumerate(shots)]
    return shots[int(np.argmax(worth))].pixels


def _prepare(stream: Any) -> None:
    stream.codec_context.thread_count = 1
    stream.codec_context.skip_frame = "NONKEY"


def _work(stream: Any, total: float) -> float:
    """Pixels to decode for all of a film; 0 where unknown."""
    rate = float(stream.average_rate or 0)
    return total * rate * stream.codec_context.width * stream.codec_context.height if 0 < rate < 1000 else 0.0


def _origin(stream: Any) -> float:
    return float(stream.start_time * stream.time_base) if stream.start_time is not None else 0.0


def _reading_through(container: Any, stream: Any, total: float, count: int, *, whole: bool) -> dict[float, Frame]:
    """Pictures at least about total / count apart, at most `count`: of all (`whole`), or of the key frames only."""
    if whole:
        stream.codec_context.skip_frame = "NONREF"  # BIDIR costs a third less, but spoils pictures that refer to such
    found: dict[float, Frame] = {}
    apart = total / count * 0.9
    last: float | None = None
    for frame in _decoded(container, stream, 0.0 if whole else apart):
        at = _time(frame, stream)
        if not whole or last is None or at is None or not 0 <= at - last < apart:
            last = at
            _keep(found, frame, stream)
        if len(found) >= count:
            break
    return found


def _decoded(container: Any, stream: Any, apart: float) -> Iterator[Any]:
    """Decoded frames from where the demuxer stands; with `apart` only key frames, that many seconds from each other
    (intra-only codecs have nothing but key frames)."""
    last: float | None = None
    bad = 0
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets, None)
            if packet is None:
                return
            at = float(packet.pts * packet.time_base) if packet.pts is not None and packet.time_base else None
            if apart and packet.size:
                if not packet.is_keyframe or (at is not None and last is not None and 0 <= at - last < apart):
                    continue
                last = at
            yield from packet.decode()
        except av.error.EOFError:
            return
        except av.error.FFmpegError:
            bad += 1
            if bad > _MAX_BAD_PACKETS:
                return


def _by_seeking(container: Any, stream: Any, total: float, count: int) -> dict[float, Frame]:
    found: dict[float, Frame] = {}
    origin = _origin(stream)
    for number in range(count):
        _seek_one(container, stream, origin + total * (number + 0.5) / count, found)
    return found


def _look_closer(container: Any, stream: Any, found: dict[float, Frame]) -> dict[float, Look]:
    """Spend the rest of the looks between neighbours that differ; returns how each picture looks."""
    looks: dict[float, Look] = {}
    spent: set[float] = set()
    for _ in range(MOST - COUNT):
        looks.update({at: look(frame.pixels) for at, frame in found.items() if at not in looks})
        where = where_to_look(looks, spent)
        if where is None:
            break
        before = len(found)
        _seek_one(container, stream, where, found)
        if len(found) == before:  # no key frame between that one and the next
            spent.add(max(at for at in looks if at <= where))
    return looks


def _seek_one(container: Any, stream: Any, at: float, found: dict[float, Frame]) -> None:
    """Add the key frame before a time, where there is one that is not there yet."""
    try:
        container.seek(int(at / stream.time_base), stream=stream)
        frame = _next_frame(container, stream, found)
    except av.error.FFmpegError:
        return
    if frame is not None:
        _keep(found, frame, stream)


def _next_frame(container: Any, stream: Any, known: dict[float, Frame]) -> Any | None:
    """The first picture from where the demuxer stands, None where it is known. A seek must follow: the decoder is at
    its end."""
    for seen, packet in enumerate(container.demux(stream)):
        try:
            if packet.is_keyframe and packet.pts is not None and float(packet.pts * packet.time_base) in known:
                return None
            for frame in packet.decode():
                return frame
            if packet.is_keyframe and stream.codec_context.skip_frame == "NONKEY":
                # It may be held back for others to be shown before it; but none of them is decoded.
                for frame in stream.decode(None):
                    return frame
                stream.codec_context.flush_buffers()
        except av.error.FFmpegError:
            pass
        if seen > _MAX_PACKETS_FOR_ONE:
            return None
    return None


def _first(container: Any, stream: Any) -> dict[float, Frame]:
    """No key frame where the index promised one: take any picture."""
    stream.codec_context.skip_frame = "DEFAULT"
    found: dict[float, Frame] = {}
    try:
        container.seek(0)
        frame = _next_frame(container, stream, {})
    except av.error.FFmpegError:
        return found
    if frame is not None:
        _keep(found, frame, stream)
    return found


def _time(frame: Any, stream: Any) -> float | None:
    """When a picture is shown, in the stream's own seconds. (A frame that is fetched at the end has no time base.)"""
    base = stream.time_base
    return float(frame.pts * base) if frame.pts is not None and base else None


def _keep(found: dict[float, Frame], frame: Any, stream: Any) -> None:
    """Scale, turn upright and keep a decoded frame under its time."""
    seconds = _time(frame, stream)
    at = float(len(found)) if seconds is None else seconds
    if at in found or not frame.width or not frame.height:
        return
    ratio = frame.sample_aspect_ratio if hasattr(frame, "sample_aspect_ratio") else None
    wide = frame.width * (float(ratio) if ratio and 0.1 < float(ratio) < 10 else 1.0)
    shrink = min(1.0, LARGEST / max(wide, frame.height))
    size = max(2, round(wide * shrink)), max(2, round(frame.height * shrink))
    pixels = frame.to_ndarray(format="rgb24", width=size[0], height=size[1])
    turns = round(getattr(frame, "rotation", 0) / 90) % 4
    if turns:
        pixels = np.rot90(pixels, turns)
    found[at] = Frame(np.ascontiguousarray(pixels), at)
