"""A message of `protocol.py` or `network_messages.py` as one line of JSON, and back. Pure; used on both ends.

Whatever `encode` did not write, `decode` refuses: an unknown type, a field too many, too few or of another type.
"""

from __future__ import annotations

import json
import typing
from dataclasses import fields, is_dataclass
from enum import StrEnum
from typing import Any, get_args, get_origin, get_type_hints

from app.network_messages import NetworkMessage
from app.protocol import Event, Request

MAX_LINE = 8 * 1024 * 1024
"""No message is longer, in bytes."""

Message = Request | Event | NetworkMessage
"""All that may be said between our processes."""

_TYPES: dict[str, type[Any]] = {kind.__name__: kind for kind in get_args(Message)}


class ProtocolError(ValueError):
    """A line is not a message: a bug of ours, or a damaged pipe."""


def encode(message: Message) -> bytes:
    """One message as one line of ASCII JSON, with its newline. Raises ProtocolError beyond MAX_LINE."""
    body = [type(message).__name__, _plain(message)]
    # Escaped throughout: a file name may hold bytes that are no text, and travels as lone surrogates.
    line = json.dumps(body, separators=(",", ":")).encode("ascii")
    if len(line) >= MAX_LINE:
        raise ProtocolError(f"{type(message).__name__} is {len(line)} bytes long")
    return line + b"\n"


def decode(line: bytes) -> Message:
    """Read one line back. Raises ProtocolError on anything that `encode` would not have written."""
    if len(line) > MAX_LINE:
        raise ProtocolError(f"a line of {len(line)} bytes")
    try:
        name, body = json.loads(line)
        kind = _TYPES[name]
        message: Message = _typed(kind, body)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ProtocolError(f"not a message: {line[:80]!r}") from error
    return message


def _plain(value: object) -> object:
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    return value


def _typed(wanted: Any, value: Any) -> Any:
    if is_dataclass(wanted):
        if not isinstance(value, dict):
            raise TypeError(f"{wanted} from {type(value).__name__}")
        kind = typing.cast("type[Any]", wanted)
        hints = get_type_hints(kind)
        if unknown := value.keys() - hints.keys():
            raise TypeError(f"unknown fields {sorted(unknown)}")
        return kind(**{name: _typed(hints[name], part) for name, part in value.items()})
    if get_origin(wanted) is tuple:
        if not isinstance(value, list):
            raise TypeError(f"{wanted} from {type(value).__name__}")
        inner = get_args(wanted)[0]
        return tuple(_typed(inner, part) for part in value)
    if isinstance(wanted, type) and issubclass(wanted, StrEnum):
        return wanted(value)
    if wanted is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if type(value) is not wanted:
        raise TypeError(f"{wanted} from {type(value).__name__}")
    return value
