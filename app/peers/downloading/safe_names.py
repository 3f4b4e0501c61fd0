"""Names and places of kept downloads: what a stranger wrote becomes a file name that no system trips over. Pure but for
`keep_file`, which puts a file there without ever touching another.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from pathlib import Path

from app.errors import StoreError
from app.files import safe_join
from app.peers.text_rules import clean_text

LONGEST = 140
"""Bytes of a name without its extension; with a number and a temporary's ending it stays below 255 everywhere."""
_FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f]+')
_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?")
_TRIES = 1000


def file_name(artist: str, title: str, root: bytes, extension: str) -> str:
    """ "Artist - Title.ext", of letters that every file system takes; named after the root where nothing is left."""
    words = " - ".join(part for part in (_plain(artist), _plain(title)) if part)
    words = _plain(words.encode()[:LONGEST].decode(errors="ignore"))
    if not words:
        words = root.hex()[:16]
    if _RESERVED.fullmatch(words):
        words = f"_{words}"
    return words + extension


def _plain(text: str) -> str:
    # Leading dots hide a file, trailing dots and blanks are lost on Windows, a leading dash looks like an option, a
    # leading tilde like somebody's home.
    return _FORBIDDEN.sub("_", clean_text(text)).strip(" ._-~").strip()


def keep_file(source: Path, folder: Path, name: str) -> Path:
    """Give the file at `source` a second name in `folder` (or a copy on another disk); nothing is overwritten.

    `source` stays, for the caller to remove. Asked again after a crash it finds what it did. Raises OSError and
    StoreError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    stem, extension = os.path.splitext(name)  # noqa: PTH122 - a name, not a path
    for number in range(1, _TRIES):
        target = safe_join(folder, name if number == 1 else f"{stem} ({number}){extension}")
        try:
            os.link(source, target)
        except FileExistsError:
            if target.exists() and source.samefile(target):
                return target
            continue
        except OSError:  # another disk, or a file system without links
            try:
                _copy(source, target)
            except FileExistsError:
                continue
        with contextlib.suppress(OSError):
            target.chmod(0o644)
        _sync_folder(folder)
        return target
    raise StoreError("There are too many files of this name", "Move some away.", folder)


def _copy(source: Path, target: Path) -> None:
    with source.open("rb") as read, target.open("xb") as write:
        try:
            shutil.copyfileobj(read, write, 1 << 20)
            write.flush()
            os.fsync(write.fileno())
        except BaseException:
            with contextlib.suppress(OSError):
                target.unlink()
            raise


def _sync_folder(folder: Path) -> None:
    if os.name == "posix":
        with contextlib.suppress(OSError):
            handle = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)
