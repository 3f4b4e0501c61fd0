"""What a file says of itself: title, artist, length, loudness, rating and picture, read with mutagen.

Called by the importer for every new or changed file (in process: over a thousand odd files mutagen never
crashed or hung, it only raised), and by the decode child for the picture. Containers that mutagen does not
know (Matroska, AVI ...) get their title from the file name here; their length and streams come later, from
the decoder.
"""

from __future__ import annotations

import logging
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mutagen
from mutagen.mp4 import MP4
from mutagen.oggtheora import OggTheora

from app.errors import MediaError
from app.files import Kind, kind_of
from app.library import pictures
from app.library.pictures import FolderPictures
from app.library.streams import matroska_has_video, mp4_has_video
from app.library.tag_fields import EMPTY, Fields, read_fields
from app.library.text import clean, joined

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Tags:
    """One file's tags, cleaned. Texts are "" and numbers None where nothing is known; `duration` then is 0.

    `duration` in seconds, `bitrate` in bits/s, `sample_rate` in Hz, gains in dB, peaks as a factor of full
    scale, `rating` 0.5..5 stars, `cover` the raw bytes of the picture.
    """

    kind: Kind
    title: str
    artist: str = ""
    album: str = ""
    album_artist: str = ""
    genre: str = ""
    year: int | None = None
    track_number: int | None = None
    disc_number: int | None = None
    duration: float = 0.0
    codec: str = ""
    bitrate: int | None = None
    sample_rate: int | None = None
    channels: int | None = None
    licence: str = ""
    track_gain: float | None = None
    track_peak: float | None = None
    album_gain: float | None = None
    album_peak: float | None = None
    rating: float | None = None
    cover: bytes | None = None


def read_tags(path: Path, root: Path | None = None, beside: FolderPictures | None = None) -> Tags:
    """Read the tags of one file; `root` is the library folder, for names like Artist/Album/Title.

    `beside` finds pictures in the file's folder, and remembers them over calls.

    Raises MediaError where the file cannot be opened or is damaged so that its tags cannot be read.
    """
    kind = kind_of(path) or Kind.TRACK
    parsed = _parse(path)
    try:
        fields = read_fields(parsed.tags) if parsed is not None else EMPTY
        kind = _kind(path, parsed, kind)
        picture = _embedded(parsed, path) or (beside or FolderPictures()).read(path)
        return _assemble(path, root, kind, parsed=parsed, fields=fields, cover=picture)
    except Exception as error:  # foreign bytes: mutagen's values can have any shape
        raise MediaError("The tags cannot be read", _words(error), path) from error


def read_picture(path: Path, beside: FolderPictures) -> bytes | None:
    """The raw picture of a file, embedded or beside it. Raises MediaError like `read_tags`."""
    return _embedded(_parse(path), path) or beside.read(path)


def _embedded(parsed: Any, path: Path) -> bytes | None:
    """The embedded picture; none where it is spoilt, for the words may be whole."""
    try:
        return pictures.embedded(parsed) if parsed is not None else None
    except Exception as error:  # noqa: BLE001 - foreign bytes
        log.debug("the picture of %s cannot be read: %s", path, error)
        return None


_FILMS_IT_KNOWS = frozenset(
    {".mp4", ".m4v", ".mov", ".qt", ".3gp", ".3g2", ".f4v", ".ogv", ".ogm", ".oggtheora", ".wmv", ".asf"}
)


def _parse(path: Path) -> Any:
    """What mutagen makes of a file; None where it does not know the container (it takes AVI for WAVE)."""
    try:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_size == 0:
                raise MediaError("The file is empty", "", path)
            if kind_of(path) == Kind.VIDEO and path.suffix.lower() not in _FILMS_IT_KNOWS:
                return None
            return mutagen.File(file)
    except MediaError:
        raise
    except OSError as error:
        raise MediaError("The file cannot be opened", error.strerror or "", path) from error
    except Exception as error:  # foreign bytes: mutagen also raises ValueError, IndexError ...
        raise MediaError("The tags cannot be read", _words(error), path) from error


def _words(error: Exception) -> str:
    return clean(str(error) or type(error).__name__, 200)


def _kind(path: Path, parsed: Any, promised: Kind) -> Kind:
    """MP4 and Ogg may hold either: look at the streams where that is cheap."""
    if isinstance(parsed, OggTheora):
        return Kind.VIDEO
    if isinstance(parsed, MP4):
        return Kind.VIDEO if mp4_has_video(path) else Kind.TRACK
    if promised == Kind.VIDEO and type(parsed).__name__.startswith("Ogg"):
        return Kind.TRACK  # sound alone in a file called .ogv
    if path.suffix.lower() in (".webm", ".mkv") and parsed is None:
        return Kind.VIDEO if matroska_has_video(path) else Kind.TRACK
    return promised


def _assemble(path: Path, root: Path | None, kind: Kind, *, parsed: Any, fields: Fields, cover: bytes | None) -> Tags:
    words = fields.words
    guess = guess_from_path(path, root, kind)
    artist = joined(words.get("artist", []))
    album = joined(words.get("album", []))
    title = joined(words.get("title", []))
    stream = getattr(parsed, "info", None)
    return Tags(
        kind=kind,
        title=title or guess.title,
        artist=artist or ("" if title else guess.artist) or guess.folder_artist,
        album=album or guess.album,
        album_artist=joined(words.get("albumartist", [])),
        genre=joined(words.get("genre", [])),
        year=_year(words.get("year", [])),
        track_number=_number(words.get("track", [])) or (None if title else guess.track_number),
        disc_number=_number(words.get("disc", [])),
        duration=_positive(getattr(stream, "length", 0.0)) or 0.0,
        codec=_codec(parsed, path),
        bitrate=_whole(getattr(stream, "bitrate", None)),
        sample_rate=_whole(getattr(stream, "sample_rate", None)),
        channels=_whole(getattr(stream, "channels", None)),
        licence=joined(words.get("licence", [])),
        track_gain=fields.loudness.track_gain,
        track_peak=fields.loudness.track_peak,
        album_gain=fields.loudness.album_gain,
        album_peak=fields.loudness.album_peak,
        rating=fields.rating,
        cover=cover,
    )


# ------------------------------------------------------------------------------------- names of files


@dataclass(frozen=True, slots=True)
class PathGuess:
    """What the names of a file and its folders suggest."""

    title: str
    artist: str = ""
    folder_artist: str = ""
    album: str = ""
    track_number: int | None = None


_NUMBERED = re.compile(r"(?:(?:\d{1,2}[-.])?(\d{1,3})\s*[-._)\]]+\s*|(0\d{1,2})\s+)(?=\S)(.+)")
_DISC = re.compile(r"(?:cd|dis[ck]|disque)\s*[-_#]?\s*\d{1,2}", re.IGNORECASE)
_GENERIC = frozenset({"music", "musik", "audio", "songs", "tracks", "media", "video", "videos", "downloads", "library"})


def guess_from_path(path: Path, root: Path | None, kind: Kind) -> PathGuess:
    """Title from the file name without its track number; artist and album from Artist/Album/Title below
    `root`."""
    stem = clean(path.stem.encode("utf-8", "replace").decode().replace("_", " ")) or "Untitled"
    if kind == Kind.VIDEO:
        return PathGuess(stem)
    number: int | None = None
    if match := _NUMBERED.fullmatch(stem):
        number, stem = int(match[1] or match[2]), match[3]
    artist = ""
    if stem.count(" - ") == 1:
        artist, stem = (part.strip() for part in stem.split(" - "))
    folders: list[str] = []
    if root is not None and path.is_relative_to(root):
        folders = [name for name in path.relative_to(root).parts[:-1] if not _DISC.fullmatch(name)]
    if len(folders) < 2 or folders[-2].lower() in _GENERIC:
        return PathGuess(stem, artist, "", "", number)
    folder_artist, album = (clean(name.encode("utf-8", "replace").decode()) for name in folders[-2:])
    return PathGuess(stem, artist, folder_artist, album, number)


# -------------------------------------------------------------------------------------------- numbers


def _year(texts: list[str]) -> int | None:
    for text in texts:
        if (match := re.search(r"(?<!\d)(\d{4})(?!\d)", text)) and 1000 <= int(match[1]) <= 2999:
            return int(match[1])
    return None


def _number(texts: list[str]) -> int | None:
    """The 3 of "3", "03/12" or "3.0"; None for 0 and nonsense."""
    match = re.match(r"\s*(\d{1,5})(?!\d)", texts[0]) if texts else None
    return int(match[1]) or None if match else None


def _positive(value: Any) -> float | None:
    number = float(value or 0)
    return number if 0 < number < 1e7 else None


def _whole(value: Any) -> int | None:
    number = _positive(value)
    return int(number) or None if number else None


_CODECS = {
    "FLAC": "flac", "OggVorbis": "vorbis", "OggOpus": "opus", "OggFLAC": "flac", "OggSpeex": "speex",
    "OggTheora": "theora", "ASF": "wma", "WavPack": "wavpack", "Musepack": "musepack", "MonkeysAudio": "ape",
    "OptimFROG": "optimfrog", "TrueAudio": "tta", "TAK": "tak", "DSF": "dsd", "DSDIFF": "dsd", "WAVE": "pcm",
    "AIFF": "pcm", "AAC": "aac", "AC3": "ac3",
}  # fmt: skip


def _codec(parsed: Any, path: Path) -> str:
    if parsed is None:
        return ""
    if isinstance(parsed, MP4):
        name = str(getattr(parsed.info, "codec", "") or "").partition(".")[0]
        return {"mp4a": "aac", "alac": "alac"}.get(name, clean(name, 20))
    if type(parsed).__name__ == "MP3":
        return f"mp{getattr(parsed.info, 'layer', 3)}"
    return _CODECS.get(type(parsed).__name__, path.suffix.lower().lstrip("."))
