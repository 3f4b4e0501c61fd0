"""Playlists as M3U and M3U8 files: lines to paths and back. Pure, but for reading and writing the file
itself.

The playlists page and the command line import and export with it. Nothing is ever fetched: lines that are
addresses of other machines are counted and left out.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath
from urllib.parse import unquote, urlsplit

from app.errors import MediaError

MOST_BYTES = 32 * 1024 * 1024
_BREAKS = re.compile(r"[\r\n]+")
_DRIVE = re.compile(r"[A-Za-z]:[\\/]")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")


@dataclass(frozen=True, slots=True)
class Line:
    """One piece of a playlist. `title` is the text of its EXTINF line, `seconds` the length there; -1 unknown."""

    path: Path
    title: str = ""
    seconds: int = -1


@dataclass(frozen=True, slots=True)
class Playlist:
    """What a file holds: its pieces in order, a name if it has one, and how many addresses were left out."""

    lines: tuple[Line, ...]
    name: str = ""
    remote: int = 0


def read(path: Path) -> Playlist:
    """Read a playlist file; relative paths are taken from its folder. Raises MediaError where it is none."""
    try:
        with path.open("rb") as file:
            raw = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise MediaError("This playlist cannot be read", error.strerror or str(error), path) from error
    if len(raw) > MOST_BYTES:
        raise MediaError("This playlist cannot be read", "The file is far larger than playlists are.", path)
    return parse(decode(raw), path.absolute().parent)


def write(path: Path, playlist: Playlist, *, relative: bool = True) -> None:
    """Write M3U8 (UTF-8); with `relative`, paths below the playlist's folder are given relative to it.

    Written to a file beside it and put in place. Raises MediaError where that fails.
    """
    text = render(playlist, path.absolute().parent if relative else None)
    fresh = path.with_name(path.name + ".new")
    try:
        with fresh.open("wb") as file:
            file.write(text.encode("utf-8", errors="replace"))
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except OSError as error:
        fresh.unlink(missing_ok=True)
        raise MediaError("This playlist cannot be written", error.strerror or str(error), path) from error


def decode(raw: bytes) -> str:
    """The text: by its byte order mark, else UTF-8, else Latin-1, which .m3u files of old are in."""
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw.decode("utf-16", errors="replace")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def parse(text: str, folder: Path) -> Playlist:
    """Read the lines of a playlist that lies in `folder`."""
    lines: list[Line] = []
    name, title, seconds, remote = "", "", -1, 0
    for raw in _BREAKS.split(text.removeprefix("\ufeff")):
        line = raw.strip(" \t")
        if not line:
            continue
        if line.startswith("#"):
            if line.startswith("#EXTINF:"):
                seconds, title = _extinf(line.removeprefix("#EXTINF:"))
            elif line.startswith("#PLAYLIST:"):
                name = line.removeprefix("#PLAYLIST:").strip()
            continue
        path = _path(line, folder)
        if path is None:
            remote += 1
        else:
            lines.append(Line(path, title, seconds))
        title, seconds = "", -1
    return Playlist(tuple(lines), name, remote)


def render(playlist: Playlist, folder: Path | None) -> str:
    """The text of a playlist; paths below `folder` relative to it, all absolute where it is None.

    Paths that would not be read back as they are (a line break in the name, a leading #, spaces at an end)
    are written as file addresses.
    """
    out = ["#EXTM3U"]
    if playlist.name:
        out.append(f"#PLAYLIST:{_one_line(playlist.name)}")
    for line in playlist.lines:
        if line.title or line.seconds >= 0:
            out.append(f"#EXTINF:{line.seconds},{_one_line(line.title)}")
        out.append(_written(line.path, folder))
    return "\n".join(out) + "\n"


def _written(path: Path, folder: Path | None) -> str:
    shown = str(path)
    if folder is not None and path.is_relative_to(folder):
        shown = str(path.relative_to(folder))
    if _path(shown, folder or path.parent) != path or _BREAKS.search(shown) or shown != shown.strip(" \t"):
        return path.as_uri()
    # A name that is not UTF-8 (surrogates, here) cannot stand in a UTF-8 file; its address can.
    if shown.startswith(("#", "\ufeff")) or _unwritable(shown):
        return path.as_uri()
    return shown


def _unwritable(text: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in text)


def _path(line: str, folder: Path) -> Path | None:
    """The path a line means; None for an address elsewhere or what no file can be called."""
    if "\0" in line:
        return None
    if line[:5].lower() == "file:":
        parts = urlsplit(line)
        if parts.netloc not in ("", "localhost"):
            return None
        # Bytes, not text: a file name on this system need not be UTF-8.
        local = unquote(line[5:].removeprefix("//" + parts.netloc), errors="surrogateescape")
        return _clean(local) if local.startswith("/") and "\0" not in local else None
    if _DRIVE.match(line):
        return Path(str(PureWindowsPath(line))) if os.name == "nt" else Path(line.replace("\\", "/"))
    if _SCHEME.match(line) and "://" in line:
        return None
    native = folder / line
    if "\\" in line and not native.exists():
        # Written on Windows; a backslash in a name here wins only where such a file is there.
        return _clean(str(folder / PurePosixPath(line.replace("\\", "/"))))
    return _clean(str(native))


def _clean(path: str) -> Path:
    """Without `.` and `..`, as far as the text tells."""
    return Path(os.path.normpath(path))


def _extinf(text: str) -> tuple[int, str]:
    head, _, title = text.partition(",")
    # Some write attributes behind the number: `-1 tvg-id="x"`.
    number = head.strip().split(" ")[0]
    try:
        seconds = round(float(number))
    except (ValueError, OverflowError):
        seconds = -1
    return max(seconds, -1), title.strip()


def _one_line(text: str) -> str:
    return _BREAKS.sub(" ", text).strip()


def from_paths(paths: Sequence[Path], name: str = "") -> Playlist:
    """A playlist of files without titles."""
    return Playlist(tuple(Line(path) for path in paths), name)
