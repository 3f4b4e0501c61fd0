"""A glance at which streams a container holds, without a demuxer: enough to tell a song from a film.

Called by the tag reader. Bounded work on any bytes: a fixed number of boxes, a fixed depth.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from app.library.payload import ebml_head

_MAX_BOXES = 4096


def mp4_has_video(path: Path) -> bool:
    """True when an MP4 holds a video track that is not just a cover picture. Raises OSError."""
    with path.open("rb", buffering=0) as file:
        end = file.seek(0, 2)
        for kind, start, stop in _boxes(file, 0, end):
            if kind == b"moov":
                return any(_is_film(file, *track) for track in _children(file, start, stop, b"trak"))
    return False


def matroska_has_video(path: Path) -> bool:
    """True when a Matroska or WebM file lists a video track, or its list of tracks is not found. Raises
    OSError."""
    with path.open("rb", buffering=0) as file:
        end = file.seek(0, 2)
        segment = next(_elements(file, 0, end, _SEGMENT), None)
        tracks = next(_elements(file, *segment, _TRACKS), None) if segment else None
        if tracks is None:
            return True
        for track in _elements(file, *tracks, _TRACK):
            for start, stop in _elements(file, *track, _TRACK_TYPE):
                file.seek(start)
                if file.read(min(8, stop - start)).lstrip(b"\0") == b"\1":
                    return True
    return False


_SEGMENT, _TRACKS, _TRACK, _TRACK_TYPE = 0x18538067, 0x1654AE6B, 0xAE, 0x83


def _elements(file: BinaryIO, start: int, stop: int, wanted: int) -> Iterator[tuple[int, int]]:
    """(start, stop) of the payloads of the wanted EBML elements between two offsets."""
    for _ in range(_MAX_BOXES):
        if start >= stop:
            return
        file.seek(start)
        name, length, header = ebml_head(file.read(12))
        if not name:
            return
        inner = start + header
        end = stop if length is None else min(stop, inner + length)
        if name == wanted:
            yield inner, end
        start = end


def _boxes(file: BinaryIO, start: int, end: int) -> list[tuple[bytes, int, int]]:
    """The boxes between two offsets: (type, start of payload, end)."""
    found: list[tuple[bytes, int, int]] = []
    while start + 8 <= end and len(found) < _MAX_BOXES:
        file.seek(start)
        head = file.read(16)
        if len(head) < 8:
            break
        size, header = int.from_bytes(head[:4], "big"), 8
        if size == 1 and len(head) == 16:
            size, header = int.from_bytes(head[8:], "big"), 16
        elif size == 0:
            size = end - start
        if size < header:
            break
        found.append((head[4:8], start + header, min(end, start + size)))
        start += size
    return found


def _children(file: BinaryIO, start: int, stop: int, kind: bytes) -> list[tuple[int, int]]:
    return [(inner, end) for name, inner, end in _boxes(file, start, stop) if name == kind]


def _is_film(file: BinaryIO, start: int, stop: int) -> bool:
    for media in _children(file, start, stop, b"mdia"):
        for handler, _ in _children(file, *media, b"hdlr"):
            file.seek(handler + 8)
            if file.read(4) == b"vide":
                return True
    return False
