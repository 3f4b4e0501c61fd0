"""What the decode pool and its children say to each other, and what the studio gets to see.

The values (DecodeTask, Decoded, Sampled, DecodeFailed) are the room's own; on the pipe each is one JSON line, which
raw bytes follow where sound and pictures themselves were asked for (`raw_answers.py`). A child has read hostile
bytes, so its answer is checked like anything from outside.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np

from app.files import Kind
from app.library.covers import picture_key
from app.library.text import clean
from models.types import Clip, Embedding, EncoderId, Frame, Modality

MAX_ANSWER = 4 * 1024 * 1024
"""No line of a child is longer, in bytes."""
MAX_MOMENTS = 32
"""Moments of one film, at most."""
_TENTHS = (1 << 24) - 1
"""The last time at which a moment can be kept, in tenths of a second: 19 days."""
JPEG = b"\xff\xd8\xff"
"""How a JPEG begins."""
MAX_TILE = 1024
"""Pixels of a tile's longer side, at most."""


class Work(StrEnum):
    """What is wanted of a file: GLANCE its small picture and its streams' facts only (fast), ENCODE its vectors of the
    built-in encoders too, SAMPLE the sound or the pictures themselves, for a learned encoder."""

    GLANCE = "glance"
    ENCODE = "encode"
    SAMPLE = "sample"


@dataclass(frozen=True, slots=True)
class DecodeTask:
    """One file to decode. `item` is the caller's own number and comes back with the result.

    `modality`: for SAMPLE what is wanted, sound or pictures; for ENCODE only these vectors are computed, None for
    both. `rate`: Hz of the sound of SAMPLE.
    """

    item: int
    path: Path
    kind: Kind
    work: Work = Work.ENCODE
    modality: Modality | None = None
    rate: int = 0


@dataclass(frozen=True, slots=True)
class StreamFacts:
    """What the demuxer knows. Seconds, bits/s, Hz, pixels as shown; None or "" where unknown."""

    kind: Kind
    duration: float = 0.0
    codec: str = ""
    bitrate: int | None = None
    sample_rate: int | None = None
    channels: int | None = None
    width: int | None = None
    height: int | None = None
    title: str = ""
    artist: str = ""
    album: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Moment:
    """One scene of a film: `at` seconds from its start, in tenths, and the vector of its liveliest picture."""

    at: float
    embedding: Embedding


@dataclass(frozen=True, slots=True)
class Strip:
    """A film's tiles side by side in one JPEG, one for each of its moments, in order; sizes of one tile in pixels.

    `key` is the picture's name in the cover folder: the SHA-256 of its bytes.
    """

    picture: bytes
    key: str
    tile_width: int
    tile_height: int


@dataclass(frozen=True, slots=True, eq=False)
class Decoded:
    """A file that could be decoded.

    `vectors`: one per space that has something to say about the file (none of them all zero). `picture`:
    JPEG of at most 600 px, the cover or a frame of the film; `picture_key` its name in the cover folder.
    `seconds`: wall time it took. `note`: what was odd though it worked ("ends early"), else "". `moments`: of a film
    whose pictures were encoded, in rising order of time, none twice; `strip` where there are any.
    """

    task: DecodeTask
    vectors: tuple[Embedding, ...]
    facts: StreamFacts
    picture: bytes | None
    picture_key: str
    seconds: float
    note: str = ""
    moments: tuple[Moment, ...] = ()
    strip: Strip | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Sampled:
    """What a learned encoder is to hear or see of a file; both empty for a file that has nothing of that kind.

    `clips`: up to three windows of 10 s at the task's rate. `frames`: of a film its moments' pictures, at the times
    that its Moments have; of a track its cover, at 0. `weights`: for each frame the share of the film that it stands
    for, together 1. `seconds`: wall time it took.
    """

    task: DecodeTask
    clips: tuple[Clip, ...]
    frames: tuple[Frame, ...]
    seconds: float
    note: str = ""
    weights: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class DecodeFailed:
    """A file that could not be decoded, and why, in words. `killed`: its child had to be ended."""

    task: DecodeTask
    reason: str
    killed: bool = False


Result = Decoded | Sampled | DecodeFailed
"""What becomes of a task: Decoded of GLANCE and ENCODE, Sampled of SAMPLE, DecodeFailed of any."""


class BadAnswer(ValueError):  # noqa: N818 - what it is, not an error class of the program's tree
    """A child's line is not an answer."""


def task_line(task: DecodeTask) -> bytes:
    """A task as one line. Lone surrogates of undecodable file names survive as escapes."""
    body = {
        "path": str(task.path),
        "kind": task.kind.value,
        "work": task.work.value,
        "modality": task.modality.value if task.modality else "",
        "rate": task.rate,
    }
    return json.dumps(body).encode("ascii") + b"\n"


def read_task(line: bytes) -> DecodeTask:
    """Read `task_line` back, in the child."""
    body = json.loads(line)
    modality = Modality(body["modality"]) if body["modality"] else None
    return DecodeTask(0, Path(body["path"]), Kind(body["kind"]), Work(body["work"]), modality, int(body["rate"]))


def decoded_line(
    vectors: list[Embedding],
    facts: StreamFacts,
    picture: bytes | None,
    key: str,
    note: str,
    moments: Sequence[Moment] = (),
    strip: Strip | None = None,
) -> bytes:
    """A child's good answer as one line."""
    body = {
        "vectors": [[str(one.space), _text(_bytes(one))] for one in vectors],
        "facts": {name: getattr(facts, name) for name in StreamFacts.__slots__},
        "picture": _text(picture) if picture else "",
        "picture_key": key,
        "note": note,
        "moments": [[one.at, str(one.embedding.space), _text(_bytes(one.embedding))] for one in moments],
        "strip": [_text(strip.picture), strip.tile_width, strip.tile_height] if strip else [],
    }
    return json.dumps(body).encode("ascii") + b"\n"


def failed_line(reason: str) -> bytes:
    """A child's bad answer as one line."""
    return json.dumps({"failed": reason}).encode("ascii") + b"\n"


def read_answer(line: bytes, task: DecodeTask, seconds: float) -> Decoded | DecodeFailed:
    """Check and read a child's answer. Raises BadAnswer on anything a healthy child would not say."""
    try:
        body = json.loads(line)
        if "failed" in body:
            return DecodeFailed(task, clean(body["failed"], 300) or "the file cannot be decoded")
        picture = base64.b64decode(body["picture"], validate=True) or None
        if picture and not picture.startswith(JPEG):
            raise BadAnswer("the picture is no JPEG")
        key = str(body["picture_key"])
        if key and (len(key) != 64 or set(key) - set("0123456789abcdef")):
            raise BadAnswer("the picture's key is no SHA-256")
        vectors = tuple(_vector(space, text) for space, text in body["vectors"])
        facts, note = _facts(body["facts"]), clean(body["note"], 300)
        moments = _moments(body["moments"])
        strip = _strip(body["strip"], len(moments))
    except BadAnswer:
        raise
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise BadAnswer(f"not an answer: {line[:80]!r}") from error
    return Decoded(task, vectors, facts, picture, key, seconds, note, moments, strip)


def _bytes(embedding: Embedding) -> bytes:
    return embedding.vector.astype("<f4").tobytes()


def _moments(body: list[list[Any]]) -> tuple[Moment, ...]:
    moments = tuple(Moment(moment_time(at), _vector(space, text)) for at, space, text in body)
    times = [moment.at for moment in moments]
    spaces = {moment.embedding.space for moment in moments}
    if len(moments) > MAX_MOMENTS or times != sorted(set(times)) or len(spaces) > 1:
        raise BadAnswer("the moments are not in order")
    return moments


def moment_time(at: Any) -> float:
    """The time of a moment, told apart in tenths of a second, as it is kept. Raises BadAnswer."""
    tenths = float(at) * 10
    if not 0 <= tenths <= _TENTHS:
        raise BadAnswer("a moment is at no time")
    return round(tenths) / 10


def _strip(body: list[Any], moments: int) -> Strip | None:
    if not body:
        return None
    text, width, height = body
    picture = base64.b64decode(text, validate=True)
    if not picture.startswith(JPEG) or not moments:
        raise BadAnswer("the strip is no JPEG of moments")
    if not (isinstance(width, int) and isinstance(height, int) and 0 < width <= MAX_TILE and 0 < height <= MAX_TILE):
        raise BadAnswer("the strip's tiles have no size")
    return Strip(picture, picture_key(picture), width, height)


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")


def _vector(space: str, text: str) -> Embedding:
    try:
        vector = np.frombuffer(base64.b64decode(text, validate=True), "<f4").astype(np.float32)
    except binascii.Error as error:
        raise BadAnswer("a vector is not base64") from error
    if not 1 <= vector.size <= 65_536 or not np.isfinite(vector).all() or abs(np.linalg.norm(vector) - 1) > 1e-3:
        raise BadAnswer("a vector is not of unit length")
    return Embedding(EncoderId.parse(space), vector)


def _facts(body: dict[str, Any]) -> StreamFacts:
    return StreamFacts(
        kind=Kind(body["kind"]),
        duration=_number(body["duration"]) or 0.0,
        codec=clean(body["codec"], 40),
        bitrate=_whole(body["bitrate"]),
        sample_rate=_whole(body["sample_rate"]),
        channels=_whole(body["channels"]),
        width=_whole(body["width"]),
        height=_whole(body["height"]),
        title=clean(body["title"]),
        artist=clean(body["artist"]),
        album=clean(body["album"]),
    )


def _number(value: Any) -> float | None:
    if value is None:
        return None
    number = float(value)
    return number if math.isfinite(number) and 0 < number < 1e9 else None


def _whole(value: Any) -> int | None:
    number = _number(value)
    return int(number) or None if number else None
