"""A glance at which streams a container holds, without a demuxer: enough to tell a song from a film.

Called by the tag reader. Bounded work on any bytes: a fixed number of boxes, a fixed depth.
"""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

_MAX_BOXES = 4096


def mp4_has_video(path: Path) -> bool:
    """True when an MP4 holds a video track that is not just a cover picture. Raises OSError."""
    with path.open("rb", buffering=0) as file:
        end = file.seek(0, 2)
        for kind, start, stop in _boxes(file, 0, end):
            if kind == b"moov":
                return any(_is_film(file, *track) for track in _children(file, start, stop, b"trak"))
    return False


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
