"""Writes the demo library: every piece and film of the programme as a real file, each whole or not at all.

Called by the studio process as a job and by the command line. A file that is there is kept, so a cancelled or
killed run goes on where it stopped.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Sequence
from pathlib import Path

from app.demo.covers import cover
from app.demo.encode import Reel, available, write_film, write_sound
from app.demo.films import ARTIST, RATE, Film, films
from app.demo.loudness import replay_gain
from app.demo.programme import LICENCE, Piece, pieces
from app.demo.tagging import write_tags
from app.errors import BowerbirdError, MediaError

log = logging.getLogger(__name__)

ALTERNATIVES = {
    "mp3": ("flac", "ogg", "opus"),
    "ogg": ("opus", "flac"),
    "opus": ("ogg", "flac"),
    "flac": ("ogg", "mp3"),
    "mp4": ("mkv", "webm"),
    "mkv": ("mp4", "webm"),
    "webm": ("mkv", "mp4"),
}
"""What is written instead where an encoder is missing; the file's name then says so."""


def make_demo(folder: Path, progress: Callable[[int, int], None], cancelled: Callable[[], bool]) -> None:
    """Write what is missing of the demo library below `folder`.

    `progress(done, total)` is called after each file, also for those already there; `cancelled()` is asked
    before each. Raises BowerbirdError when the folder cannot be written, MediaError when nothing can be
    encoded.
    """
    write_all([*pieces(), *films()], folder, progress, cancelled)


def write_all(
    works: Sequence[Piece | Film],
    folder: Path,
    progress: Callable[[int, int], None],
    cancelled: Callable[[], bool],
) -> None:
    """Write those of `works` that are missing below `folder`; otherwise as `make_demo`."""
    for number, work in enumerate(works):
        if cancelled():
            log.info("the demo library was stopped after %d of %d files", number, len(works))
            return
        suffix = writable(work.suffix)
        path = folder / work.path.with_suffix(f".{suffix}")
        if not (path.is_file() and path.stat().st_size):
            try:
                write(work, suffix, path)
            except OSError as error:
                reason = error.strerror or str(error)
                raise BowerbirdError("The demo library could not be written", reason, path) from error
        progress(number + 1, len(works))


def writable(suffix: str) -> str:
    """Return the kind of file to write: the wished one, or the first alternative this PyAV can encode."""
    for kind in (suffix, *ALTERNATIVES[suffix]):
        if available(kind):
            return kind
    raise MediaError("No demo library can be made", "this build of PyAV has no encoder for it")


def write(work: Piece | Film, suffix: str, path: Path) -> None:
    """Write one file under a name that no scan takes in, then give it its own."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.part")
    try:
        sound = work.sound()
        if isinstance(work, Piece):
            write_sound(unfinished, suffix, sound)
            write_tags(unfinished, suffix, work, cover(work.album), replay_gain(sound))
        else:
            tags = {
                "title": work.title,
                "artist": ARTIST,
                "date": str(work.year),
                "genre": "Short film",
                "copyright": LICENCE,
            }
            write_film(unfinished, suffix, Reel(work.frames(), RATE, sound, tags))
        with unfinished.open("rb") as written:
            os.fsync(written.fileno())
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
