"""A message of `models.evidence` as bytes, and back: what is signed, sent, and kept for each source.

JSON with sorted keys and no blanks, so that one message has one form; numbers of half precision and item ids as
base64url. Called by the studio process; what a stranger sent passes `from_bytes` and then `models.evidence.check`.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
from typing import Any

import numpy as np

from models.evidence import ITEM_BYTES, LATEST, WIDTH, Message, TasteMessage, VoteMessage, check

VERSION = 1
MOST_BYTES = 64 * 1024
LONGEST_NAME = 200


def to_bytes(message: Message) -> bytes:
    """One message as ASCII JSON of at most 64 KiB. Raises ValueError where the message breaks a limit."""
    check(message)
    told: dict[str, Any] = {"v": VERSION, "seq": message.seq, "day": message.day, "eps": message.epsilon}
    if isinstance(message, TasteMessage):
        vector = np.array(message.vector, "<f2")
        told |= {"basis": message.projection, "n": message.labels, "a": _text(vector.tobytes())}
    else:
        told |= {"up": _text(b"".join(message.up)), "down": _text(b"".join(message.down))}
    return json.dumps(told, sort_keys=True, separators=(",", ":"), allow_nan=False).encode("ascii")


def from_bytes(content: bytes) -> Message:
    """Read one message back. Raises ValueError on anything that `to_bytes` would not have written."""
    if len(content) > MOST_BYTES:
        raise ValueError(f"evidence: {len(content)} bytes")
    try:
        message = _message(json.loads(content.decode("ascii")))
    except (KeyError, TypeError, RecursionError, json.JSONDecodeError, UnicodeError, binascii.Error) as error:
        raise ValueError("evidence: not a message") from error
    check(message)
    if to_bytes(message) != content:
        raise ValueError("evidence: not in its one form")
    return message


def _message(told: Any) -> Message:
    if type(told) is not dict or told["v"] != VERSION:
        raise ValueError("evidence: not a message of this version")
    seq, day, epsilon = _whole(told["seq"]), _whole(told["day"]), told["eps"]
    if type(epsilon) is not float or not math.isfinite(epsilon):
        raise ValueError("evidence: epsilon is no number")
    if "a" not in told:
        return VoteMessage(seq, day, epsilon, _items(told["up"]), _items(told["down"]))
    raw = _raw(told["a"])
    if len(raw) != 2 * WIDTH:
        raise ValueError(f"evidence: a vector of {len(raw)} bytes")
    name = told["basis"]
    if type(name) is not str or len(name) > LONGEST_NAME:
        raise ValueError("evidence: no projection")
    vector = tuple(float(value) for value in np.frombuffer(raw, "<f2"))
    return TasteMessage(name, seq, day, epsilon, _whole(told["n"]), vector)


def _items(text: Any) -> tuple[bytes, ...]:
    raw = _raw(text)
    if len(raw) % ITEM_BYTES:
        raise ValueError("evidence: ids of a wrong length")
    return tuple(raw[start : start + ITEM_BYTES] for start in range(0, len(raw), ITEM_BYTES))


def _whole(value: Any) -> int:
    if type(value) is not int or not 0 <= value <= LATEST:
        raise ValueError("evidence: not a whole number in range")
    return value


def _raw(text: Any) -> bytes:
    if type(text) is not str:
        raise ValueError("evidence: no bytes")
    return base64.b64decode(text.encode("ascii"), altchars=b"-_", validate=True)


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode("ascii")
