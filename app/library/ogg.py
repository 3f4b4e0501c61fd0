"""Ogg pages: where the header packets end, and how to look at pages so that renumbering does not show.

Called by `payload.py` and `identity.py`. When a comment packet grows by a page, every later page gets a new
sequence number and checksum; the packets in them stay. (RFC 3533 for the page, RFC 5215, 7845 and the
mappings of FLAC, Speex and Theora for the number of header packets.)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import BinaryIO

HEADER = 27
"""Length of a page's fixed header, in bytes."""

_MAX_PAGES = 20_000


@dataclass(slots=True)
class _Stream:
    """How far one logical stream is: header packets still to come (-1: all of it is headers, or unknown)."""

    left: int
    known: bool


def ogg_payload_start(file: BinaryIO, start: int, stop: int) -> int:
    """Offset of the first page that no header packet reaches into; `start` where that cannot be told."""
    streams: dict[bytes, _Stream] = {}
    offset = start
    for _ in range(_MAX_PAGES):
        file.seek(offset)
        head = file.read(HEADER)
        if len(head) < HEADER or head[:4] != b"OggS" or offset >= stop:
            return start
        lacing = file.read(head[26])
        body = sum(lacing)
        serial = head[14:18]
        if head[5] & 2 and serial not in streams:  # begin of stream
            streams[serial] = _announce(file.read(min(body, 80)))
            streams[serial].left -= 1
        else:
            stream = streams.get(serial)
            if stream is None or (stream.known and stream.left <= 0) or not (stream.known or _early(head)):
                return offset
            stream.left -= sum(length < 255 for length in lacing)
        offset += HEADER + len(lacing) + body
    return start


def _announce(packet: bytes) -> _Stream:
    """How many header packets the codec has, from its first packet."""
    if packet[1:7] in (b"vorbis", b"theora"):
        return _Stream(3, True)
    if packet[:8] == b"OpusHead":
        return _Stream(2, True)
    if packet[:8] == b"Speex   " and len(packet) >= 72:
        return _Stream(2 + int.from_bytes(packet[68:72], "little"), True)
    if packet[:5] == b"\x7fFLAC" and int.from_bytes(packet[7:9], "big"):
        return _Stream(1 + int.from_bytes(packet[7:9], "big"), True)
    return _Stream(0, False)


def _early(head: bytes) -> bool:
    """Streams of unknown headers: pages without a position in time (0, or -1 inside a long packet) are
    headers."""
    return head[6:14] in (bytes(8), b"\xff" * 8)


def without_numbers(block: bytes, margin: int) -> bytes:
    """Blank sequence number and checksum of every page in `block`; the first `margin` bytes only lead in
    and go.

    `margin` is at least HEADER where the block does not start the payload, so that a header that began
    before it is seen. Applied to what merely looks like a page it blanks the same bytes every time.
    """
    blanked = bytearray(block)
    at = block.find(b"OggS")
    while at >= 0:
        blanked[at + 18 : at + 26] = bytes(len(blanked[at + 18 : at + 26]))
        at = block.find(b"OggS", at + 4)
    return bytes(blanked[margin:])
