"""The picture that belongs to a file, as raw bytes: embedded in its tags, else lying beside it.

Called by the tag reader (which keeps only the hash) and by the decode child (which alone opens the picture).
Nothing here looks inside the picture.
"""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mutagen import MutagenError
from mutagen.apev2 import APEv2
from mutagen.asf import ASFTags
from mutagen.flac import Picture
from mutagen.id3 import ID3
from mutagen.mp4 import MP4Tags

MAX_PICTURE = 20 * 1024 * 1024
"""Larger pictures are passed over, in bytes."""

FRONT = 3
"""The picture type "front cover" that ID3, FLAC and ASF share."""

_STEMS = ("cover", "folder", "front", "albumart", "album")
_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp")


def embedded(parsed: Any) -> bytes | None:
    """The best picture of a file that mutagen parsed: the front cover, else the largest. None for none."""
    found = [(kind, picture) for kind, picture in _pictures(parsed) if 0 < len(picture) <= MAX_PICTURE]
    if not found:
        return None
    return max(found, key=lambda pair: (pair[0] == FRONT, len(pair[1])))[1]


def _pictures(parsed: Any) -> Iterator[tuple[int, bytes]]:
    kind: Any = type(parsed.tags)
    for picture in getattr(parsed, "pictures", ()):  # FLAC
        yield int(picture.type), bytes(picture.data)
    tags: Any = parsed.tags
    if issubclass(kind, ID3):
        for frame in tags.getall("APIC"):
            yield int(frame.type), bytes(frame.data)
    elif issubclass(kind, MP4Tags):
        for cover in tags.get("covr", ()):
            yield FRONT, bytes(cover)
    elif issubclass(kind, APEv2):
        for key, value in tags.items():
            if key.lower().startswith("cover art") and value.kind == 1:
                yield FRONT if "front" in key.lower() else 0, bytes(value.value).partition(b"\0")[2]
    elif issubclass(kind, ASFTags):
        for value in tags.get("WM/Picture", ()):
            yield _asf_picture(bytes(value.value))
    elif tags is not None:
        for key, value in tags:
            try:
                if key.lower() == "metadata_block_picture":
                    block: Any = Picture(base64.b64decode(value))
                    yield int(block.type), bytes(block.data)
                elif key.lower() == "coverart":
                    yield 0, base64.b64decode(value)
            except (binascii.Error, MutagenError):
                continue  # one spoilt picture; others may be whole


def _asf_picture(value: bytes) -> tuple[int, bytes]:
    """Type byte, four bytes of length, two UTF-16 texts that end in a zero, then the picture."""
    length = int.from_bytes(value[1:5], "little")
    return (value[0] if value else 0), value[len(value) - length :] if 0 < length < len(value) else b""


class FolderPictures:
    """The picture files that stand for folders; remembers the folders it looked through last."""

    def __init__(self, remembered: int = 256) -> None:
        self._remembered = remembered
        self._found: dict[str, tuple[int, Path | None]] = {}

    def beside(self, path: Path) -> Path | None:
        """The picture in the folder of `path`: cover, folder, front ... in any case; the same one every
        time."""
        folder = path.parent
        try:
            changed = folder.stat().st_mtime_ns
            seen = self._found.get(str(folder))
            if seen is not None and seen[0] == changed:
                return seen[1]
            picture = _best_picture(folder)
        except OSError:
            return None
        if len(self._found) >= self._remembered:
            self._found.clear()
        self._found[str(folder)] = (changed, picture)
        return picture

    def read(self, path: Path) -> bytes | None:
        """The bytes of that picture, None where there is none, it is too large or cannot be read."""
        picture = self.beside(path)
        try:
            if picture is None or not 0 < picture.stat().st_size <= MAX_PICTURE:
                return None
            return picture.read_bytes()
        except OSError:
            return None


def _best_picture(folder: Path) -> Path | None:
    found: list[tuple[bool, int, int, str]] = []
    with os.scandir(folder) as entries:
        for entry in entries:
            stem, suffix = os.path.splitext(entry.name.lower())  # noqa: PTH122 - names, not paths
            if suffix in _SUFFIXES and stem.startswith(_STEMS) and entry.is_file():
                rank = next(place for place, word in enumerate(_STEMS) if stem.startswith(word))
                found.append((stem not in _STEMS, rank, _SUFFIXES.index(suffix), entry.name))
    return folder / min(found)[3] if found else None
