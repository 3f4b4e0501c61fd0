"""What a peer tells of its taste, as it travels: one signed line for each message, in a file of its catalogue.

Pure. The network process signs what the studio made and checks what a followed peer sent; what the messages mean is
the studio's business (`models/evidence_file.py`), which checks their bodies once more. The file is in the catalogue
only where the user has switched telling on.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass

from app.errors import PeerError
from app.peers.identity import Identity, verify

MOST_MESSAGES = 64
MOST_BODY = 64 * 1024
MOST_BYTES = MOST_MESSAGES * (MOST_BODY * 4 // 3 + 256)
LATEST = 2**53
_LEVELS = (1, 2)


@dataclass(frozen=True, slots=True)
class ToldMessage:
    """One message: its number, level 1 (taste) or 2 (votes), and its body as the studio wrote it."""

    seq: int
    level: int
    body: bytes


def write_told(messages: Sequence[ToldMessage], identity: Identity) -> bytes:
    """Sign messages, one line each, by their numbers."""
    lines = []
    for message in sorted(messages, key=lambda one: one.seq):
        signature = identity.sign(_signed(message))
        told = {"body": _text(message.body), "level": message.level, "seq": message.seq, "sig": _text(signature)}
        lines.append(json.dumps(told, sort_keys=True, separators=(",", ":")).encode("ascii") + b"\n")
    return b"".join(lines)


def read_told(content: bytes, key: bytes) -> tuple[ToldMessage, ...]:
    """Read and check what `key` signed. Raises PeerError with the reason; then nothing of it is used."""
    if len(content) > MOST_BYTES:
        raise PeerError("More is told than is listened to", f"{len(content)} bytes")
    lines = content.split(b"\n")
    if lines.pop() != b"" or len(lines) > MOST_MESSAGES:
        raise PeerError("What is told is not in its form", f"{len(lines)} lines")
    read: list[ToldMessage] = []
    for line in lines:
        message, signature = _read(line)
        if read and read[-1].seq >= message.seq:
            raise PeerError("What is told is not in order", f"number {message.seq}")
        if not verify(key, signature, _signed(message)):
            raise PeerError("What is told is not signed by whom it should be", f"number {message.seq}")
        read.append(message)
    return tuple(read)


def _read(line: bytes) -> tuple[ToldMessage, bytes]:
    try:
        told = json.loads(line.decode("ascii"))
        if type(told) is not dict or told.keys() != {"body", "level", "seq", "sig"}:
            raise PeerError("What is told is not in its form", "other fields than there should be")
        seq, level = told["seq"], told["level"]
        body, signature = _raw(told["body"]), _raw(told["sig"])
    except (ValueError, TypeError, RecursionError, AttributeError, binascii.Error) as error:
        raise PeerError("What is told is not in its form", "a line that is no message") from error
    if type(seq) is not int or type(level) is not int or not 0 <= seq <= LATEST or level not in _LEVELS:
        raise PeerError("What is told is not in its form", "a number out of range")
    if len(body) > MOST_BODY or len(signature) != 64:
        raise PeerError("What is told is not in its form", f"a body of {len(body)} bytes")
    return ToldMessage(seq, level, body), signature


def _signed(message: ToldMessage) -> bytes:
    return b"bowerbird evidence 1\0" + message.seq.to_bytes(8, "big") + bytes([message.level]) + message.body


def _raw(text: object) -> bytes:
    if type(text) is not str:
        raise TypeError("no text")
    return base64.b64decode(text.encode("ascii"), altchars=b"-_", validate=True)


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode("ascii")
