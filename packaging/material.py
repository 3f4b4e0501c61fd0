"""Finds and decodes the real music and pictures that the built-in encoders are measured on.

Shared by `encoder_constants.py` and `retrieval.py` (development only; the product decodes in app/library).
Reads files, writes none.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from PIL import Image

from models.encoders.sound import RATE
from models.types import F32, Clip, Frame

SOUNDS = {".mp3", ".ogg", ".flac", ".opus", ".m4a", ".wav", ".aiff", ".wma", ".wv", ".ape"}
VIDEOS = {".mp4", ".mkv", ".webm", ".mov", ".avi"}
IMAGES = {".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp"}
WINDOW_SECONDS = 10.0
LONGEST_MINUTES = 12


@dataclass(frozen=True, slots=True)
class Source:
    """A folder of material and where it comes from, in words that can be published."""

    folder: Path
    origins: tuple[str, ...]


def source(argument: str) -> Source:
    """Read `FOLDER` or `FOLDER=ORIGIN` from the command line.

    Without an origin, the tables of a LICENCES.md in or right above the folder are read: `repo@commit
    (licence)`.
    """
    path, _, origin = argument.partition("=")
    folder = Path(path).resolve()
    if not folder.is_dir():
        raise SystemExit(f"no such folder: {path}")
    if origin:
        return Source(folder, (origin,))
    for table in (folder / "LICENCES.md", folder.parent / "LICENCES.md"):
        if table.is_file():
            return Source(folder, _origins(table, folder.name))
    raise SystemExit(f"say where {path} is from: FOLDER=repo@commit (licence)")


def _origins(table: Path, section: str) -> tuple[str, ...]:
    """Distinct `repo@commit (licence)` of the table under `## section/`."""
    text = table.read_text(encoding="utf-8")
    part = text.partition(f"## {section}/")[2].partition("\n## ")[0]
    found = set()
    for line in part.splitlines():
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip().strip("|"))]
        at = next((k for k, cell in enumerate(cells) if re.match(r"[\w.-]+/[\w.-]+@[0-9a-f]{7,}", cell)), None)
        if at is None:
            continue
        where = cells[at].split(" : ")[0]
        licence = next((c for k, c in enumerate(cells) if k != at and re.match(r"(CC|MIT|stated only)", c)), "?")
        found.add(f"{where} ({licence.split(',')[0]})")
    return tuple(sorted(found))


def files(sources: list[Source], kinds: set[str]) -> Iterator[Path]:
    """Files of these kinds below the sources, in a fixed order."""
    for each in sources:
        yield from (p for p in sorted(each.folder.rglob("*")) if p.suffix.lower() in kinds and p.is_file())


def decoded_sound(path: Path) -> F32:
    """A file's first sound track, mono at RATE, at most LONGEST_MINUTES; empty where it has none."""
    parts: list[F32] = []
    with av.open(str(path)) as container:
        if not container.streams.audio:
            return np.zeros(0, np.float32)
        resampler = av.AudioResampler("flt", "mono", RATE)
        got = 0
        for frame in container.decode(audio=0):
            for piece in resampler.resample(frame):
                parts.append(piece.to_ndarray()[0])
                got += len(parts[-1])
            if got > LONGEST_MINUTES * 60 * RATE:
                break
    return np.concatenate(parts) if parts else np.zeros(0, np.float32)


def windows(sound: F32, centres: tuple[float, ...]) -> list[Clip]:
    """Windows of WINDOW_SECONDS around these shares of the length; one of everything where it is shorter."""
    size = int(WINDOW_SECONDS * RATE)
    if len(sound) <= size:
        return [Clip(sound, RATE)]
    starts = sorted({int(min(max(c * len(sound) - size / 2, 0), len(sound) - size)) for c in centres})
    return [Clip(sound[start : start + size], RATE) for start in starts]


def pictures(path: Path, frames: int) -> list[Frame]:
    """The picture in an image file, or `frames` pictures spread evenly over a video."""
    if path.suffix.lower() in IMAGES:
        with Image.open(path) as image:
            if image.width * image.height > 60_000_000:
                return []
            image.draft("RGB", (512, 512))
            return [Frame(np.asarray(image.convert("RGB")))]
    shown: list[Frame] = []
    with av.open(str(path)) as container:
        if not container.streams.video:
            return []
        stream = container.streams.video[0]
        length = float(container.duration or 0) / av.time_base
        for k in range(frames):
            container.seek(int(length * (k + 0.5) / frames * av.time_base))
            frame = next(container.decode(stream), None)
            if frame is not None:
                shown.append(Frame(frame.to_ndarray(format="rgb24"), float(frame.time or 0.0)))
    return shown


def fingerprint(array: np.ndarray) -> str:
    """Names decoded content, so that the same track or picture from two places counts once."""
    return hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()
