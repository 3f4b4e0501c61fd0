"""From a film to the pictures that the image encoder sees, and the one that stands for it in a list.

Runs in the decode child only. Key frames for short films, 16 seeks for long ones; RGB, upright, square
pixels.
"""

from __future__ import annotations

from typing import Any

import av.error
import numpy as np

from app.library.demuxer import length
from app.library.scenes import MOST, Look, Scene, liveliness, look, scenes, where_to_look
from models.types import U8, Frame

COUNT = 16
"""Pictures of one film, at most."""

SHORT = 90.0
"""Up to this many seconds all packets are read and the key frames among them decoded; beyond, we seek."""

LARGEST = 600
"""Pixels of the longer side after scaling."""

_MAX_BAD_PACKETS = 100
_MAX_PACKETS_FOR_ONE = 400


def film_scenes(container: Any, stream: Any) -> list[Scene]:
    """The scenes of a film in order of time, at most MOST. Empty where nothing can be decoded.

    Of a long film COUNT pictures spread evenly are looked at, and as many more where neighbours differ.
    """
    total = length(container, stream)
    context = stream.codec_context
    context.thread_count = 1
    context.skip_frame = "NONKEY"
    looks: dict[float, Look] = {}
    if 0 < total <= SHORT or not total:
        found = _key_frames(container, stream, total or SHORT, MOST)
    else:
        found = _by_seeking(container, stream, total, COUNT)
        _look_closer(container, stream, found, looks)
    if not found:
        context.skip_frame = "DEFAULT"
        found = _first(container, stream)
    begins = _origin(stream)
    moved = {max(0.0, at - begins): frame for at, frame in found.items()}
    return scenes(moved, total, {max(0.0, at - begins): one for at, one in looks.items()})


def _look_closer(container: Any, stream: Any, found: dict[float, Frame], looks: dict[float, Look]) -> None:
    """Spend the rest of the looks between neighbours that differ."""
    spent: set[float] = set()
    for _ in range(MOST - COUNT):
        looks.update({at: look(frame.pixels) for at, frame in found.items() if at not in looks})
        where = where_to_look(looks, spent)
        if where is None:
            return
        before = len(found)
        _seek_one(container, stream, where, found)
        if len(found) == before:  # no key frame between that one and the next
            spent.add(max(at for at in found if at <= where))


def _origin(stream: Any) -> float:
    return float(stream.start_time * stream.time_base) if stream.start_time is not None else 0.0


def frames(container: Any, stream: Any, count: int = COUNT) -> list[Frame]:
    """Up to `count` frames in order of time, no two the same. Empty where nothing can be decoded."""
    context = stream.codec_context
    context.thread_count = 1
    context.skip_frame = "NONKEY"
    total = length(container, stream)
    if 0 < total <= SHORT or not total:
        found = _key_frames(container, stream, total or SHORT, count)
    else:
        found = _by_seeking(container, stream, total, count)
    if not found:  # no key frame where the index promised one: take any
        context.skip_frame = "DEFAULT"
        found = _first(container, stream)
    return [found[at] for at in sorted(found)]


def portrait(shots: list[Frame]) -> U8 | None:
    """The frame that stands for the film: rich in contrast and colour, not black, rather early than late."""
    if not shots:
        return None
    worth = [liveliness(shot.pixels) * (1.0 - 0.3 * place / len(shots)) for place, shot in enumerate(shots)]
    return shots[int(np.argmax(worth))].pixels


def _key_frames(container: Any, stream: Any, total: float, count: int) -> dict[float, Frame]:
    """Key frames, at most `count`, at least total / count apart (intra-only codecs have nothing but key
    frames)."""
    found: dict[float, Frame] = {}
    apart, last = total / count * 0.9, None
    bad = 0
    packets = container.demux(stream)
    while len(found) < count:
        try:
            packet = next(packets, None)
            if packet is None:
                break
            at = float(packet.pts * packet.time_base) if packet.pts is not None and packet.time_base else None
            if packet.size and not packet.is_keyframe:
                continue
            if packet.size and at is not None and last is not None and 0 <= at - last < apart:
                continue
            last = at if packet.size else last
            for frame in packet.decode():
                _keep(found, frame)
        except av.error.EOFError:
            break
        except av.error.FFmpegError:
            bad += 1
            if bad > _MAX_BAD_PACKETS:
                break
    return found


def _by_seeking(container: Any, stream: Any, total: float, count: int) -> dict[float, Frame]:
    found: dict[float, Frame] = {}
    origin = _origin(stream)
    for number in range(count):
        _seek_one(container, stream, origin + total * (number + 0.5) / count, found)
    return found


def _seek_one(container: Any, stream: Any, at: float, found: dict[float, Frame]) -> None:
    """Add the key frame before a time, where there is one that is not there yet."""
    try:
        container.seek(int(at / stream.time_base), stream=stream)
        frame = _next_frame(container, stream)
    except av.error.FFmpegError:
        return
    if frame is not None:
        _keep(found, frame)


def _next_frame(container: Any, stream: Any) -> Any | None:
    for seen, packet in enumerate(container.demux(stream)):
        try:
            for frame in packet.decode():
                return frame
        except av.error.FFmpegError:
            pass
        if seen > _MAX_PACKETS_FOR_ONE:
            return None
    return None


def _first(container: Any, stream: Any) -> dict[float, Frame]:
    found: dict[float, Frame] = {}
    try:
        container.seek(0)
        frame = _next_frame(container, stream)
    except av.error.FFmpegError:
        return found
    if frame is not None:
        _keep(found, frame)
    return found


def _keep(found: dict[float, Frame], frame: Any) -> None:
    """Scale, turn upright and keep a decoded frame under its time."""
    at = float(frame.time) if frame.time is not None else float(len(found))
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
