"""Between playlists and files: M3U8 in and out, and what dropped files and folders are in the library.

Reads playlist files and walks dropped folders; never adds a file to the library by itself.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from app.files import is_supported
from app.player import m3u
from app.store.item_values import ItemRow
from models.ids import ItemId

MOST_FILES = 20_000
"""More files than this in one drop are not looked at."""
PLAYLIST_SUFFIXES = (".m3u", ".m3u8")


class Finder(Protocol):
    """Who knows which item a file holds."""

    def item_by_path(self, path: str) -> ItemRow | None: ...

    def path_of(self, item: ItemId) -> str | None: ...

    def item(self, item: ItemId) -> ItemRow | None: ...


@dataclass(frozen=True, slots=True)
class Found:
    """What paths turned out to be: items of the library in order, and the files that are in none."""

    items: tuple[ItemId, ...]
    missing: tuple[str, ...]
    name: str = ""
    remote: int = 0
    """How many entries were addresses on other machines."""


def read_playlist(path: Path, finder: Finder) -> Found:
    """The items a playlist file names. Raises MediaError where the file is none."""
    playlist = m3u.read(path)
    found = find((line.path for line in playlist.lines), finder)
    return Found(found.items, found.missing, playlist.name or path.stem, playlist.remote)


def write_playlist(path: Path, name: str, items: Sequence[ItemId], finder: Finder) -> None:
    """Write a playlist's items to a file, the unreachable ones with the place they were last. Raises MediaError."""
    lines = []
    for item in items:
        row = finder.item(item)
        if row is not None and row.path:
            title = f"{row.artist} - {row.title}" if row.artist else row.title
            lines.append(m3u.Line(Path(row.path), title, round(row.duration) if row.duration else -1))
    m3u.write(path, m3u.Playlist(tuple(lines), name))


def find_dropped(paths: Iterable[Path], finder: Finder) -> Found:
    """The items of dropped files and folders; playlist files among them are read."""
    items: list[ItemId] = []
    missing: list[str] = []
    remote = 0
    for path in paths:
        if path.is_dir():
            found = find(_files_below(path), finder)
        elif path.suffix.lower() in PLAYLIST_SUFFIXES:
            found = read_playlist(path, finder)
        else:
            found = find((path,), finder)
        items += found.items
        missing += found.missing
        remote += found.remote
    return Found(tuple(items), tuple(missing), remote=remote)


def find(paths: Iterable[Path], finder: Finder) -> Found:
    """The items of these files, in order."""
    items: list[ItemId] = []
    missing: list[str] = []
    for path in paths:
        row = finder.item_by_path(str(path))
        if row is None and path.is_symlink():
            row = finder.item_by_path(os.path.realpath(path))
        if row is None:
            missing.append(str(path))
        else:
            items.append(row.id)
    return Found(tuple(items), tuple(missing))


def _files_below(folder: Path) -> list[Path]:
    """Media files below a folder in the order of their names."""
    files: list[Path] = []
    for root, folders, names in os.walk(folder):
        folders.sort()
        files += [Path(root, name) for name in sorted(names) if is_supported(Path(name))]
        if len(files) >= MOST_FILES:
            return files[:MOST_FILES]
    return files
