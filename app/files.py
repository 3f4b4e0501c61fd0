"""Files on disk: which suffixes are ours, writing that survives a crash, and joining paths that cannot
escape.

Everybody may import this. It knows nothing of what is inside a file.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from enum import StrEnum
from pathlib import Path


class Kind(StrEnum):
    """What an Item is: something to listen to, or something to watch."""

    TRACK = "track"
    VIDEO = "video"


AUDIO_SUFFIXES = frozenset({
    ".mp3", ".mp2", ".mp1", ".mpga", ".flac", ".ogg", ".oga", ".opus", ".spx", ".m4a", ".m4b", ".m4r",
    ".aac", ".alac", ".wav", ".wave", ".w64", ".aif", ".aiff", ".aifc", ".wma", ".wv", ".ape", ".mpc",
    ".mp+", ".mpp", ".tta", ".tak", ".ofr", ".ofs", ".dsf", ".dff", ".ac3", ".eac3", ".dts", ".amr", ".au",
    ".snd", ".caf", ".mka", ".ra", ".weba", ".oggflac",
})  # fmt: skip
VIDEO_SUFFIXES = frozenset({
    ".mp4", ".m4v", ".mkv", ".webm", ".mov", ".qt", ".avi", ".divx", ".mpg", ".mpeg", ".mpe", ".m1v",
    ".m2v", ".vob", ".ts", ".mts", ".m2ts", ".ogv", ".ogm", ".wmv", ".asf", ".flv", ".f4v", ".3gp", ".3g2",
    ".mxf", ".rm", ".rmvb", ".nut", ".oggtheora",
})  # fmt: skip


def kind_of(path: Path | str) -> Kind | None:
    """What the suffix promises; None for what Bowerbird does not take in. The streams inside have the last
    word."""
    suffix = os.path.splitext(path)[1].lower()  # noqa: PTH122 - called 100,000 times in a scan
    if suffix in AUDIO_SUFFIXES:
        return Kind.TRACK
    return Kind.VIDEO if suffix in VIDEO_SUFFIXES else None


def is_supported(path: Path | str) -> bool:
    """True when the suffix is one that Bowerbird takes in."""
    return kind_of(path) is not None


def write_atomically(path: Path, content: bytes, *, mode: int = 0o600) -> None:
    """Replace `path` by `content` so that after a crash either the old or the new file is there, whole.

    The bytes go to a temporary file in the same folder, reach the disk, and are renamed over `path`.
    Raises OSError (disk full, no permission); the temporary file is then removed and `path` untouched.
    """
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:40]}.", suffix=".part")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(mode)
        temporary.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """Make the rename itself durable, where the system can open folders."""
    if os.name != "posix":
        return
    with contextlib.suppress(OSError):  # some network file systems refuse; the content itself is synced
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def safe_join(root: Path, *parts: str) -> Path:
    """Join names from outside below `root`. Raises ValueError on anything that would lie elsewhere.

    Refused: empty, absolute and drive paths, `..`, NUL, backslashes, names that Windows reserves for streams
    (`a:b`), and links that lead out of `root`.
    """
    joined = root
    for part in parts:
        for name in part.split("/"):
            if not name or name in (".", "..") or any(sign in name for sign in "\0\\:"):
                raise ValueError(f"not a plain relative path: {part!r}")
            joined = joined / name
    if joined == root:
        raise ValueError("no name to join")
    resolved = joined.resolve()
    if not resolved.is_relative_to(root.resolve()):
        raise ValueError(f"leads out of its folder: {'/'.join(parts)!r}")
    return joined
