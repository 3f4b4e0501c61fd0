"""Looks through a folder and tells what is new, changed, gone or out of reach, against what was known.

Called by the studio's scan. Takes the known files as values and yields values; opens no file and writes
nothing.
"""

from __future__ import annotations

import logging
import os
import stat
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from app.files import Kind, kind_of

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Stamp:
    """How a file looked when it was last read. `missing`: it was gone at the last scan."""

    size: int
    mtime_ns: int
    missing: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """A supported file that is new, changed, or back again. `kind` is what the suffix promises."""

    path: Path
    size: int
    mtime_ns: int
    kind: Kind
    new: bool
    """True when the path was not known."""


@dataclass(frozen=True, slots=True)
class Gone:
    """A known file that is no longer there, in a folder that is."""

    path: Path


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A folder inside that cannot be listed, or a file that cannot be examined: what was known below it
    stays."""

    path: Path
    reason: str


@dataclass(frozen=True, slots=True)
class Offline:
    """The whole folder is out of reach: its items are masked, never deleted. Nothing else is yielded then."""

    path: Path
    reason: str


@dataclass(frozen=True, slots=True)
class Looked:
    """How many supported files were seen so far; yielded now and then, and once at the end of the walk."""

    files: int
    finished: bool = False


Sight = Found | Gone | Unreadable | Offline | Looked

_SKIPPED = frozenset(
    {
        "lost+found",
        "system volume information",
        "$recycle.bin",
        "recycler",
        "__macosx",
        "found.000",
        "@eadir",
        "#recycle",
    }
)
_LOOKED_EVERY = 1000


def scan(
    folder: Path,
    known: Mapping[str, Stamp],
    cancelled: Callable[[], bool] = lambda: False,
    failures: Mapping[str, Stamp] | None = None,
) -> Iterator[Sight]:
    """Walk `folder`, in the order of names, and yield what differs from `known` (by absolute path).

    A file in `failures` with the same size and time is not tried again. Hidden and system folders, and
    folders with a `.nomedia` file, are skipped; links to folders are followed once. `Gone` comes last, and
    only after a complete walk: a cancelled scan forgets nothing.
    """
    failed = failures or {}
    walk = _Walk(folder, cancelled)
    if (reason := _why_offline(folder)) is not None:
        yield Offline(folder, reason)
        return
    seen: set[str] = set()
    changed: list[Found] = []
    for path, size, mtime_ns, kind in walk:
        seen.add(path)
        before = known.get(path)
        if before is None or before.missing or (before.size, before.mtime_ns) != (size, mtime_ns):
            given_up = failed.get(path)
            if given_up is None or (given_up.size, given_up.mtime_ns) != (size, mtime_ns):
                changed.append(Found(Path(path), size, mtime_ns, kind, before is None))
        if len(seen) % _LOOKED_EVERY == 0:
            yield Looked(len(seen))
    if cancelled():
        return
    if walk.entries == 0 and any(not stamp.missing for stamp in known.values()):
        # An empty mount point: the drive is not plugged in. Better masked than forgotten.
        yield Offline(folder, "the folder is empty; is its drive plugged in?")
        return
    yield Looked(len(seen), finished=True)
    yield from changed
    yield from (Unreadable(Path(path), reason) for path, reason in walk.unreadable.items())
    hidden_below = tuple(path + os.sep for path in walk.unreadable)
    for path, stamp in known.items():
        if path in seen or stamp.missing or path in walk.unreadable or path.startswith(hidden_below):
            continue
        yield Gone(Path(path))


def _why_offline(folder: Path) -> str | None:
    try:
        with os.scandir(folder):
            return None
    except FileNotFoundError:
        return "the folder is not there"
    except NotADirectoryError:
        return "this is not a folder"
    except PermissionError:
        return "not allowed to look into the folder"
    except OSError as error:  # a drive or a share that went away
        return (error.strerror or "the folder cannot be read").lower()


class _Walk:
    """All supported files below a folder, depth first, by name: (path, size, mtime_ns, kind)."""

    def __init__(self, folder: Path, cancelled: Callable[[], bool]) -> None:
        self.entries = 0
        """How many entries the folder itself holds, hidden and system ones not counted."""
        self.unreadable: dict[str, str] = {}
        self._folder = folder
        self._cancelled = cancelled
        self._visited: set[tuple[int, int]] = set()

    def __iter__(self) -> Iterator[tuple[str, int, int, Kind]]:
        waiting = [os.fspath(self._folder)]
        while waiting and not self._cancelled():
            path = waiting.pop()
            entries = self._list(path)
            if path == os.fspath(self._folder):
                self.entries = len(entries)
            folders: list[str] = []
            for entry in entries:
                kind = kind_of(entry.name)
                try:
                    if kind is not None and entry.is_file():
                        facts = entry.stat()
                        yield entry.path, facts.st_size, facts.st_mtime_ns, kind
                    elif entry.is_dir():
                        folders.append(entry.path)
                except OSError as error:
                    self.unreadable[entry.path] = (error.strerror or "cannot be examined").lower()
            waiting.extend(reversed(folders))

    def _list(self, path: str) -> list[os.DirEntry[str]]:
        """The entries of one folder by name; none when it was visited already or asks to be left out."""
        try:
            facts = os.stat(path)  # noqa: PTH116 - plain strings: this runs for every folder
            if not stat.S_ISDIR(facts.st_mode) or (facts.st_dev, facts.st_ino) in self._visited:
                return []
            if facts.st_ino:  # 0 where the system has no such number
                self._visited.add((facts.st_dev, facts.st_ino))
            with os.scandir(path) as found:
                entries = [entry for entry in found if not _hidden(entry.name)]
            if os.path.lexists(os.path.join(path, ".nomedia")):  # noqa: PTH118
                return []
        except OSError as error:
            self.unreadable[path] = (error.strerror or "cannot be listed").lower()
            return []
        entries.sort(key=lambda entry: entry.name)
        return entries


def _hidden(name: str) -> bool:
    return name.startswith((".", "~$")) or name.lower() in _SKIPPED
