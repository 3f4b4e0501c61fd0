"""Where the encoded sound and picture lie in a file, without the tags around them.

One function per family of containers, each giving byte ranges; `identity.py` samples those. Retagging moves,
grows or rewrites what lies outside the ranges and never what lies inside. Bounded work on any bytes: every
loop moves forward and is counted. Pure but for reading the file.
"""

from __future__ import annotations

import errno
from dataclasses import dataclass
from typing import BinaryIO

from app.library.ogg import ogg_payload_start

_MAX_STEPS = 200_000
"""Parts of one container that are looked at: a fragmented film of 24 hours has about 90,000."""


@dataclass(frozen=True, slots=True)
class Span:
    """Bytes `start` .. `stop` of a file."""

    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class Payload:
    """The spans that hold the encoded payload, in file order; `paged` where Ogg page headers run through
    them."""

    spans: tuple[Span, ...]
    paged: bool = False


def find_payload(file: BinaryIO, size: int) -> Payload:
    """Find the payload of an open file of `size` bytes, by what stands at its beginning. Raises OSError
    only."""
    whole = _without_tags(file, size)
    head = _at(file, whole.start, 36)
    if head[:4] == b"OggS":
        return Payload((Span(ogg_payload_start(file, whole.start, whole.stop), whole.stop),), paged=True)
    spans = _by_container(file, head, whole)
    spans = [Span(span.start, min(span.stop, size)) for span in spans if span.start < min(span.stop, size)]
    if spans:
        return Payload(tuple(spans))
    return Payload((whole if whole.start < whole.stop else Span(0, size),))  # nothing but tags: all of it


def _by_container(file: BinaryIO, head: bytes, whole: Span) -> list[Span]:
    if head[:4] == b"fLaC":
        return _flac(file, whole)
    if head[:4] in (b"RIFF", b"RF64"):
        return _riff(file, whole)
    if head[:4] == b"FORM":
        return _chunks(file, Span(whole.start + 12, whole.stop), b"SSND", "big")
    if head[:4] == b"FRM8":
        return _chunks(file, Span(whole.start + 16, whole.stop), b"DSD ", "big", width=8)
    if head[:4] == b"DSD ":
        return _dsf(file, whole)
    if head[4:8] in (b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"moof", b"styp", b"pnot"):
        return _mp4(file, whole)
    if head[:4] == b"\x1a\x45\xdf\xa3":
        return _matroska(file, whole)
    if head[:16] == _ASF_HEADER:
        return _asf(file, whole)
    return [Span(_first_frame(file, whole), whole.stop)]


def _at(file: BinaryIO, offset: int, count: int) -> bytes:
    """Bytes at a place; none where there is no such place, for lengths in a file can be any 64-bit number."""
    try:
        file.seek(offset)
    except (ValueError, OverflowError):
        return b""
    except OSError as error:
        if error.errno == errno.EINVAL:  # beyond what the file system can address
            return b""
        raise
    return file.read(max(0, count))


# ------------------------------------------------------------------------------- tags around the stream


def _without_tags(file: BinaryIO, size: int) -> Span:
    """Cut ID3v2 and APEv2 off the front, ID3v1, Lyrics3, APEv2 and appended ID3v2 off the end."""
    start, stop = 0, size
    for _ in range(8):
        cut = _front_tag(_at(file, start, 32))
        if not cut or start + cut > stop:
            break
        start += cut
    for _ in range(8):
        cut = _end_tag(file, start, stop)
        if not cut or stop - cut < start:
            break
        stop -= cut
    return Span(start, stop)


def _front_tag(head: bytes) -> int:
    if head[:3] == b"ID3" and len(head) >= 10 and max(head[6:10]) < 0x80:
        return 10 + _syncsafe(head[6:10]) + (10 if head[5] & 0x10 else 0)
    if head[:8] == b"APETAGEX" and len(head) == 32:
        return 32 + int.from_bytes(head[12:16], "little")
    return 0


def _end_tag(file: BinaryIO, start: int, stop: int) -> int:
    tail = _at(file, max(start, stop - 227), min(227, stop - start))
    if tail[-128:-125] == b"TAG":
        return 128 + (227 if len(tail) == 227 and _at(file, max(0, stop - 355), 4) == b"TAG+" else 0)
    if tail[-32:-24] == b"APETAGEX":
        body = int.from_bytes(tail[-20:-16], "little")
        has_header = int.from_bytes(tail[-12:-8], "little") & 0x80000000
        return body + (32 if has_header else 0)
    if tail[-9:] == b"LYRICS200" and tail[-15:-9].isdigit():
        return 15 + int(tail[-15:-9])
    if tail[-10:-7] == b"3DI" and max(tail[-4:]) < 0x80:
        return 20 + _syncsafe(tail[-4:])
    return 0


def _syncsafe(four: bytes) -> int:
    return four[0] << 21 | four[1] << 14 | four[2] << 7 | four[3]


def _first_frame(file: BinaryIO, whole: Span) -> int:
    """Past the padding between a tag and the first MPEG or ADTS frame; other streams begin where they
    begin."""
    head = _at(file, whole.start, 1)
    if head != b"\0":
        return whole.start
    block = _at(file, whole.start, min(1 << 20, whole.stop - whole.start))
    skipped = len(block) - len(block.lstrip(b"\0"))
    frame = block[skipped : skipped + 2]
    return whole.start + skipped if len(frame) == 2 and frame[0] == 0xFF and frame[1] >= 0xE0 else whole.start


# ----------------------------------------------------------------------------------------- containers


def _flac(file: BinaryIO, whole: Span) -> list[Span]:
    offset = whole.start + 4
    for _ in range(_MAX_STEPS):
        head = _at(file, offset, 4)
        if len(head) < 4 or head[0] == 0xFF:  # 127 is no block type: the frames begin here
            break
        offset += 4 + int.from_bytes(head[1:], "big")
        if head[0] & 0x80:
            break
    return [Span(offset, whole.stop)]


def _chunks(
    file: BinaryIO, within: Span, wanted: bytes, order: str, *, width: int = 4, first: bytes = b""
) -> list[Span]:
    """Payloads of the wanted chunks (id, length of `width` bytes, body, padded to even), `first` their
    first bytes."""
    found: list[Span] = []
    offset = within.start
    for _ in range(_MAX_STEPS):
        head = _at(file, offset, 4 + width)
        if len(head) < 4 + width or offset >= within.stop:
            break
        length = int.from_bytes(head[4:], "big" if order == "big" else "little")
        if length == 0xFFFFFFFF and width == 4:  # RF64, or a stream that was never finished
            length = within.stop - offset - 8
        body = offset + 4 + width
        if head[:4] == wanted and (not first or _at(file, body, len(first)) == first):
            found.append(Span(body, min(within.stop, body + length)))
        offset = body + length + (length & 1)
    return found


def _riff(file: BinaryIO, whole: Span) -> list[Span]:
    """WAVE: the data chunk. AVI: the movi lists of all its RIFF parts."""
    found: list[Span] = []
    offset = whole.start
    for _ in range(1000):
        head = _at(file, offset, 12)
        if len(head) < 12 or head[:4] not in (b"RIFF", b"RF64"):
            break
        length = int.from_bytes(head[4:8], "little")
        stop = whole.stop if length == 0xFFFFFFFF or head[8:] == b"WAVE" else min(whole.stop, offset + 8 + length)
        part = Span(offset + 12, stop)
        if head[8:12] == b"WAVE":
            return _chunks(file, part, b"data", "little")
        found += _chunks(file, part, b"LIST", "little", first=b"movi")
        offset += 8 + length + (length & 1)
    return found


def _dsf(file: BinaryIO, whole: Span) -> list[Span]:
    """Sony's DSF: chunks whose 8-byte length counts their header."""
    offset = whole.start
    for _ in range(16):
        head = _at(file, offset, 12)
        length = int.from_bytes(head[4:], "little")
        if len(head) < 12 or length < 12:
            break
        if head[:4] == b"data":
            return [Span(offset + 12, min(whole.stop, offset + length))]
        offset += length
    return []


def _mp4(file: BinaryIO, whole: Span) -> list[Span]:
    found: list[Span] = []
    offset = whole.start
    for _ in range(_MAX_STEPS):
        head = _at(file, offset, 16)
        if len(head) < 8 or offset >= whole.stop:
            break
        length, header = int.from_bytes(head[:4], "big"), 8
        if length == 1 and len(head) == 16:
            length, header = int.from_bytes(head[8:], "big"), 16
        elif length == 0:
            length = whole.stop - offset
        if length < header:
            break
        if head[4:8] == b"mdat":
            found.append(Span(offset + header, min(whole.stop, offset + length)))
        offset += length
    return found


_EBML_SEGMENT, _EBML_CLUSTER = 0x18538067, 0x1F43B675


def _matroska(file: BinaryIO, whole: Span) -> list[Span]:
    """The clusters; where their length is left open (live recordings), all from the first one on."""
    found: list[Span] = []
    offset = whole.start
    for _ in range(_MAX_STEPS):
        name, length, header = ebml_head(_at(file, offset, 12))
        if not name or offset >= whole.stop:
            break
        if name == _EBML_SEGMENT:
            offset += header  # step into it
            continue
        if name == _EBML_CLUSTER:
            if length is None:
                return [*found, Span(offset + header, whole.stop)]
            found.append(Span(offset + header, min(whole.stop, offset + header + length)))
        if length is None:
            break
        offset += header + length
    return found


def ebml_head(head: bytes) -> tuple[int, int | None, int]:
    """Id, length (None: open) and header length of an EBML element; (0, 0, 0) for none."""
    if len(head) < 2 or head[0] < 0x10:
        return 0, 0, 0
    wide = 9 - head[0].bit_length()
    name = int.from_bytes(head[:wide], "big")
    if wide >= len(head) or head[wide] == 0:
        return 0, 0, 0
    long = 9 - head[wide].bit_length()
    raw = head[wide : wide + long]
    if len(raw) < long:
        return 0, 0, 0
    mask = (1 << (7 * long)) - 1
    value = int.from_bytes(raw, "big") & mask
    return name, (None if value == mask else value), wide + long


_ASF_HEADER = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")
_ASF_DATA = bytes.fromhex("3626b2758e66cf11a6d900aa0062ce6c")


def _asf(file: BinaryIO, whole: Span) -> list[Span]:
    offset = whole.start
    for _ in range(64):
        head = _at(file, offset, 24)
        length = int.from_bytes(head[16:], "little")
        if len(head) < 24 or length < 24:
            # A stream without an end says 0: the rest is its data.
            return [Span(offset + 24, whole.stop)] if head[:16] == _ASF_DATA else []
        if head[:16] == _ASF_DATA:
            return [Span(offset + 24, min(whole.stop, offset + length))]
        offset += length
    return []
