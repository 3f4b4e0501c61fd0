"""The files below a vector store: bringing them to the disk, and setting aside what a power cut has damaged.

Used by vectors.py and offer_vectors.py alone. Knows of LanceDB's format only that manifests lie in `_versions` and end
with "LANC".
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

from app.errors import Corrupt, DiskFull

_ENDS_WITH = b"LANC"


def damaged_manifests(folder: Path) -> list[Path]:
    """Set aside every manifest below `folder` that is empty, full of zeros or cut off; returns where they are now.

    LanceDB cannot open a table whose newest manifest is empty, and takes one full of zeros for an empty table;
    without it, the version before is read (4 of 4 trials).
    """
    found = []
    for manifest in sorted(folder.glob("*.lance/_versions/*.manifest")):
        with manifest.open("rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - len(_ENDS_WITH)))
            sound = file.read() == _ENDS_WITH
        if not sound:
            found.append(set_aside(manifest))
    return found


def set_aside(path: Path) -> Path:
    """Rename a damaged file or folder so that nothing reads it any more; returns its new place."""
    target = path.with_name(f"{path.name}.damaged-{time.time_ns()}")
    path.rename(target)
    return target


@contextlib.contextmanager
def translated(table: Path) -> Iterator[None]:
    """Raise the store's errors: LanceDB's are OSError, ValueError and RuntimeError, which words alone tell apart."""
    try:
        yield
    except (OSError, ValueError, RuntimeError) as error:
        if "No space left" in str(error) or getattr(error, "errno", None) == 28:
            raise DiskFull("The disk is full", "Free some space and try again.", table) from error
        remedy = "Start again: it is set aside and made anew from your files."
        raise Corrupt("The vectors cannot be read or written", remedy, table) from error


@contextlib.contextmanager
def sync_newer(folder: Path) -> Iterator[None]:
    """After the block, bring everything below `folder` that is new in it to the disk, files before folders."""
    before = _listed(folder)
    yield
    folders = set()
    for path, stamp in _listed(folder).items():
        if before.get(path) != stamp:
            _sync(path)
            folders.add(path.parent)
    for changed in sorted(folders, reverse=True):  # deeper ones first
        _sync_folder(changed)
    if folders:
        _sync_folder(folder.parent)


def _listed(folder: Path) -> dict[Path, tuple[int, int]]:
    listed = {}
    for root, _, names in os.walk(folder):
        for name in names:
            path = Path(root, name)
            with contextlib.suppress(FileNotFoundError):
                stat = path.stat()
                listed[path] = (stat.st_size, stat.st_mtime_ns)
    return listed


def _sync(path: Path) -> None:
    with contextlib.suppress(FileNotFoundError):
        handle = os.open(path, os.O_RDONLY if os.name != "nt" else os.O_RDWR)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _sync_folder(path: Path) -> None:
    if os.name != "nt":  # Windows has no such call for folders
        _sync(path)
