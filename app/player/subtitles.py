"""Subtitle files that lie beside a video: found, read and parsed into cues. Pure but for reading the files.

`qt.QtPlayer` offers them next to the tracks inside the file. SubRip (.srt), WebVTT (.vtt) and the dialogue
lines of SubStation Alpha (.ass, .ssa) are understood; styling is dropped, for the window paints plain text.
These are foreign bytes: files above MOST_BYTES are refused and what does not parse is left out.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from pathlib import Path

from app.errors import MediaError

SUFFIXES = (".srt", ".vtt", ".ass", ".ssa")
MOST_BYTES = 8 * 1024 * 1024

_TIME = r"(?:(\d{1,3}):)?(\d{1,2}):(\d{1,2})[.,](\d{1,3})"
_ARROW = re.compile(rf"\s*{_TIME}\s*-->\s*{_TIME}")
_ASS_TIME = re.compile(r"\s*(\d{1,3}):(\d{1,2}):(\d{1,2})[.,](\d{1,3})\s*")
_TAG = re.compile(r"<[^<>]{0,200}>|\{\\[^{}]{0,500}\}")
_ENTITIES = (("&nbsp;", " "), ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))


@dataclass(frozen=True, slots=True)
class Cue:
    """Plain text to show from `start` up to `end`, seconds."""

    start: float
    end: float
    text: str


class Cues:
    """Cues that can be asked what to show when, in logarithmic time."""

    def __init__(self, cues: tuple[Cue, ...]) -> None:
        self._cues = tuple(sorted(cues, key=lambda cue: (cue.start, cue.end)))
        self._starts = [cue.start for cue in self._cues]
        # The latest end among a cue and all before it says how far back an older one may still be showing.
        self._latest: list[float] = []
        for cue in self._cues:
            self._latest.append(max(cue.end, self._latest[-1] if self._latest else 0.0))

    def __len__(self) -> int:
        return len(self._cues)

    def at(self, seconds: float) -> str:
        """All texts shown at `seconds`, oldest first, one per line; "" for none."""
        shown: list[str] = []
        index = bisect_right(self._starts, seconds) - 1
        while index >= 0 and self._latest[index] > seconds:
            if self._cues[index].end > seconds:
                shown.append(self._cues[index].text)
            index -= 1
        return "\n".join(reversed(shown))


def beside(video: Path) -> tuple[Path, ...]:
    """Subtitle files in the same folder whose name begins with the video's: `film.srt`, `film.de.srt`."""
    try:
        names = sorted(video.parent.iterdir())
    except OSError:
        return ()
    return tuple(
        path
        for path in names
        if path.suffix.lower() in SUFFIXES and (path.stem == video.stem or path.stem.startswith(video.stem + "."))
    )


def label(subtitles: Path, video: Path) -> str:
    """What tells this file from the others beside the same video: `de` for film.de.srt, else its name."""
    return subtitles.stem[len(video.stem) :].strip(".") or subtitles.name


def read(path: Path) -> Cues:
    """Read a subtitle file. Raises MediaError where it cannot be read or holds no cue."""
    try:
        with path.open("rb") as file:
            raw = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise MediaError("These subtitles cannot be read", error.strerror or str(error), path) from error
    if len(raw) > MOST_BYTES:
        raise MediaError("These subtitles cannot be read", "The file is far larger than subtitles are.", path)
    cues = parse(_text(raw))
    if not cues:
        raise MediaError("These subtitles cannot be read", "No line with a time was found in the file.", path)
    return Cues(cues)


def parse(text: str) -> tuple[Cue, ...]:
    """The cues in the text of any of the formats, in the order they stand there."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    lines = text.split("\n")
    if any(line.startswith("Dialogue:") for line in lines):
        return tuple(cue for line in lines if (cue := _dialogue(line)) is not None)
    return _arrows(lines)


def _arrows(lines: list[str]) -> tuple[Cue, ...]:
    cues: list[Cue] = []
    number = 0
    while number < len(lines):
        match = _ARROW.match(lines[number])
        number += 1
        if match is None:
            continue
        body: list[str] = []
        while number < len(lines) and lines[number].strip() and not _ARROW.match(lines[number]):
            body.append(lines[number])
            number += 1
        start, end = _seconds(*match.groups()[:4]), _seconds(*match.groups()[4:])
        shown = _plain("\n".join(body))
        if end > start and shown:
            cues.append(Cue(start, end, shown))
    return tuple(cues)


def _dialogue(line: str) -> Cue | None:
    fields = line.removeprefix("Dialogue:").split(",", 9)
    if not line.startswith("Dialogue:") or len(fields) < 10:
        return None
    start, end = _ASS_TIME.fullmatch(fields[1]), _ASS_TIME.fullmatch(fields[2])
    if start is None or end is None:
        return None
    shown = _plain(fields[9].replace("\\N", "\n").replace("\\n", "\n").replace("\\h", " "))
    begin, stop = _seconds(*start.groups()), _seconds(*end.groups())
    return Cue(begin, stop, shown) if stop > begin and shown else None


def _seconds(hours: str | None, minutes: str, seconds: str, fraction: str) -> float:
    return int(hours or 0) * 3600 + int(minutes) * 60 + float(f"{seconds}.{fraction}")


def _plain(text: str) -> str:
    text = _TAG.sub("", text)
    for entity, character in _ENTITIES:
        text = text.replace(entity, character)
    return text.strip()


def _text(raw: bytes) -> str:
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw.decode("utf-16", errors="replace")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252", errors="replace")
