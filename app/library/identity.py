"""What makes a file the same recording: the size and a hash of samples of its encoded payload, without tags.

Called by the importer for each new or changed file. A file keeps its identity when it is moved, renamed or
retagged, and so keeps its ratings; a re-encoded one gets a new one.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import BinaryIO

from app.errors import MediaError
from app.library.ogg import HEADER, without_numbers
from app.library.payload import Payload, find_payload

BLOCKS = 8
BLOCK = 16 * 1024
"""Eight blocks of 16 KiB, first to last evenly spread: few seeks on a hard disk, and 128 KiB of 5 MB on average."""

LENGTH = 32
"""Bytes of an identity: 8 of size (big-endian), 24 of BLAKE2b."""

_PERSON = b"bowerbird-item-1"


def identity(path: Path) -> bytes:
    """The identity of a media file, LENGTH bytes. Raises MediaError where it is empty or cannot be read."""
    try:
        with path.open("rb", buffering=0) as raw:
            size = raw.seek(0, 2)
            if size == 0:
                raise MediaError("The file is empty", "", path)
            return _of(raw, find_payload(raw, size))
    except OSError as error:
        raise MediaError("The file cannot be read", error.strerror or "", path) from error


def _of(file: BinaryIO, payload: Payload) -> bytes:
    total = sum(span.stop - span.start for span in payload.spans)
    digest = hashlib.blake2b(digest_size=LENGTH - 8, person=_PERSON)
    if total <= BLOCKS * BLOCK:
        digest.update(_read(file, payload, 0, total))
    else:
        for number in range(BLOCKS):
            digest.update(_read(file, payload, number * (total - BLOCK) // (BLOCKS - 1), BLOCK))
    return total.to_bytes(8, "big") + digest.digest()


def _read(file: BinaryIO, payload: Payload, offset: int, count: int) -> bytes:
    """`count` bytes at `offset` of the payload, as if its spans were one piece."""
    margin = min(offset, HEADER) if payload.paged else 0
    offset, count = offset - margin, count + margin
    parts: list[bytes] = []
    for span in payload.spans:
        length = span.stop - span.start
        if offset >= length:
            offset -= length
            continue
        file.seek(span.start + offset)
        parts.append(_read_fully(file, min(count, length - offset)))
        count -= min(count, length - offset)
        offset = 0
        if not count:
            break
    block = b"".join(parts)
    return without_numbers(block, margin) if payload.paged else block


def _read_fully(file: BinaryIO, count: int) -> bytes:
    """Raw files may give less than asked for."""
    parts: list[bytes] = []
    while count and (part := file.read(count)):
        parts.append(part)
        count -= len(part)
    return b"".join(parts)
