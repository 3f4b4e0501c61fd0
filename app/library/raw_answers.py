"""Sound and pictures on the pipe between a decode child and its pool: a line with their sizes, then their bytes.

The child writes (`sampled_answer`), the pool reads (`raw_size`, `read_sampled`). Sound travels as int16, pictures as
RGB uint8. What a child promises is held against what was asked before anything is read, so that it can neither fill
the memory nor make the pool wait for bytes without end (beyond its time).
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from app.library.decode_messages import (
    MAX_MOMENTS,
    BadAnswer,
    DecodeFailed,
    DecodeTask,
    Sampled,
    moment_time,
    read_answer,
)
from app.library.text import clean
from models.types import Clip, Frame, Modality

MAX_CLIPS = 3
MAX_SAMPLES = 10 * 192_000
"""Samples of one clip: 10 s at the highest rate there is."""
MAX_SIDE = 600
"""Pixels of a frame's longer side."""

_FULL = 32_767.0


@dataclass(frozen=True, slots=True)
class _Sizes:
    """What follows a line: samples of each clip; height, width, time and weight of each frame."""

    clips: tuple[int, ...]
    frames: tuple[tuple[int, int, float, float], ...]
    note: str

    @property
    def total(self) -> int:
        return 2 * sum(self.clips) + 3 * sum(height * width for height, width, _, _ in self.frames)


def sampled_answer(clips: Sequence[Clip], frames: Sequence[Frame], weights: Sequence[float], note: str) -> bytes:
    """A child's answer to SAMPLE: the line, and the bytes that belong to it."""
    head = {
        "clips": [len(clip.samples) for clip in clips],
        "frames": [
            [*frame.pixels.shape[:2], frame.seconds, weight] for frame, weight in zip(frames, weights, strict=True)
        ],
        "note": note,
    }
    parts = [json.dumps(head).encode("ascii"), b"\n"]
    for clip in clips:
        parts.append(np.rint(np.clip(clip.samples, -1.0, 1.0) * _FULL).astype("<i2").tobytes())
    parts += [np.ascontiguousarray(frame.pixels).tobytes() for frame in frames]
    return b"".join(parts)


def raw_size(line: bytes) -> int:
    """How many bytes follow a line; 0 for one that is no good answer to SAMPLE. Raises nothing."""
    try:
        return _sizes(json.loads(line)).total
    except (BadAnswer, ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError):
        return 0


def read_sampled(line: bytes, raw: bytes, task: DecodeTask, seconds: float) -> Sampled | DecodeFailed:
    """Check and read a child's answer to SAMPLE. Raises BadAnswer on anything a healthy child would not say."""
    try:
        body = json.loads(line)
        if "failed" in body:
            failed = read_answer(line, task, seconds)
            assert isinstance(failed, DecodeFailed)
            return failed
        sizes = _sizes(body)
    except BadAnswer:
        raise
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError) as error:
        raise BadAnswer(f"not an answer: {line[:80]!r}") from error
    if (sizes.clips and task.modality is not Modality.AUDIO) or (sizes.frames and task.modality is not Modality.IMAGE):
        raise BadAnswer("sound instead of pictures, or pictures instead of sound")
    if len(raw) != sizes.total:
        raise BadAnswer("not as many bytes as were promised")
    clips, frames, start = [], [], 0
    for count in sizes.clips:
        whole = np.frombuffer(raw, "<i2", count, start)
        clips.append(Clip(whole.astype(np.float32) / np.float32(_FULL), task.rate))
        start += 2 * count
    for height, width, at, _ in sizes.frames:
        pixels = np.frombuffer(raw, np.uint8, 3 * height * width, start).reshape(height, width, 3)
        frames.append(Frame(pixels.copy(), at))  # its own, so that the answer's bytes need not be kept for one
        start += 3 * height * width
    weights = tuple(weight for _, _, _, weight in sizes.frames)
    return Sampled(task, tuple(clips), tuple(frames), seconds, sizes.note, weights)


def _sizes(body: dict[str, Any]) -> _Sizes:
    clips = tuple(_whole(count, MAX_SAMPLES) for count in body["clips"])
    frames = tuple(
        (_whole(height, MAX_SIDE), _whole(width, MAX_SIDE), moment_time(at), _number(weight, 1.0))
        for height, width, at, weight in body["frames"]
    )
    times = [at for _, _, at, _ in frames]
    if len(clips) > MAX_CLIPS or len(frames) > MAX_MOMENTS or times != sorted(set(times)):
        raise BadAnswer("more than was asked for, or out of order")
    return _Sizes(clips, frames, clean(body["note"], 300))


def _whole(value: Any, most: int) -> int:
    if type(value) is not int or not 0 < value <= most:
        raise BadAnswer("a size is beyond reason")
    return value


def _number(value: Any, most: float) -> float:
    number = float(value)
    if not math.isfinite(number) or not 0 <= number <= most:
        raise BadAnswer("a number is beyond reason")
    return number
