"""What the decode pool and its children say to each other, and what the studio gets to see.

The values (DecodeTask, Decoded, DecodeFailed) are the room's own; on the pipe each is one JSON line. A
child has read hostile bytes, so its answer is checked like anything from outside.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from app.files import Kind
from app.library.text import clean
from models.types import Embedding, EncoderId

MAX_ANSWER = 4 * 1024 * 1024
"""No answer of a child is longer, in bytes."""


@dataclass(frozen=True, slots=True)
class DecodeTask:
    """One file to decode. `item` is the caller's own number and comes back with the result.

    `encode`: compute vectors; without it only the picture and the streams' facts are read (fast).
    """

    item: int
    path: Path
    kind: Kind
    encode: bool = True


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
class Decoded:
    """A file that could be decoded.

    `vectors`: one per space that has something to say about the file (none of them all zero). `picture`:
    JPEG of at most 600 px, the cover or a frame of the film; `picture_key` its name in the cover folder.
    `seconds`: wall time it took. `note`: what was odd though it worked ("ends early"), else "".
    """

    task: DecodeTask
    vectors: tuple[Embedding, ...]
    facts: StreamFacts
    picture: bytes | None
    picture_key: str
    seconds: float
    note: str = ""


@dataclass(frozen=True, slots=True)
class DecodeFailed:
    """A file that could not be decoded, and why, in words. `killed`: its child had to be ended."""

    task: DecodeTask
    reason: str
    killed: bool = False


class BadAnswer(ValueError):  # noqa: N818 - what it is, not an error class of the program's tree
    """A child's line is not an answer."""


def task_line(task: DecodeTask) -> bytes:
    """A task as one line. Lone surrogates of undecodable file names survive as escapes."""
    body = {"path": str(task.path), "kind": task.kind.value, "encode": task.encode}
    return json.dumps(body).encode("ascii") + b"\n"


def read_task(line: bytes) -> DecodeTask:
    """Read `task_line` back, in the child."""
    body = json.loads(line)
    return DecodeTask(0, Path(body["path"]), Kind(body["kind"]), bool(body["encode"]))


def decoded_line(
    vectors: list[Embedding], facts: StreamFacts, picture: bytes | None, picture_key: str, note: str
) -> bytes:
    """A child's good answer as one line."""
    body = {
        "vectors": [[str(one.space), _text(one.vector.astype("<f4").tobytes())] for one in vectors],
        "facts": {name: getattr(facts, name) for name in StreamFacts.__slots__},
        "picture": _text(picture) if picture else "",
        "picture_key": picture_key,
        "note": note,
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
        if picture and not picture.startswith(b"\xff\xd8\xff"):
            raise BadAnswer("the picture is no JPEG")
        key = str(body["picture_key"])
        if key and (len(key) != 64 or set(key) - set("0123456789abcdef")):
            raise BadAnswer("the picture's key is no SHA-256")
        vectors = tuple(_vector(space, text) for space, text in body["vectors"])
        facts, note = _facts(body["facts"]), clean(body["note"], 300)
    except BadAnswer:
        raise
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise BadAnswer(f"not an answer: {line[:80]!r}") from error
    return Decoded(task, vectors, facts, picture, key, seconds, note)


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
