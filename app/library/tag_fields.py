"""The dialects of tags, brought to one vocabulary: ID3, Vorbis comments, APEv2, MP4 and ASF.

Called by `tags.py` with what mutagen parsed; knows mutagen's types and nothing else of the program.
Whatever a strange file makes these functions raise is caught there, at the one boundary.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from mutagen.apev2 import APEv2
from mutagen.asf import ASFTags
from mutagen.id3 import ID3
from mutagen.mp4 import MP4Tags

from app.library import tag_ratings

Words = dict[str, list[str]]

_ID3 = {
    "title": ("TIT2",), "artist": ("TPE1",), "album": ("TALB",), "albumartist": ("TPE2",), "track": ("TRCK",),
    "disc": ("TPOS",), "year": ("TDRC", "TYER", "TDRL", "TDOR", "TORY"), "licence": ("WCOP", "TCOP"),
}  # fmt: skip
_VORBIS = {
    "title": ("title",), "artist": ("artist",), "album": ("album",),
    "albumartist": ("albumartist", "album artist", "album_artist"), "genre": ("genre",),
    "year": ("date", "year", "originaldate", "originalyear"), "track": ("tracknumber", "track"),
    "disc": ("discnumber", "disc"), "licence": ("license", "licence", "copyright"),
}  # fmt: skip
_MP4 = {
    "title": ("\xa9nam",), "artist": ("\xa9ART",), "album": ("\xa9alb",), "albumartist": ("aART",),
    "genre": ("\xa9gen",), "year": ("\xa9day",), "licence": ("----:com.apple.iTunes:LICENSE", "cprt"),
}  # fmt: skip
_ASF = {
    "title": ("Title",), "artist": ("Author",), "album": ("WM/AlbumTitle",),
    "albumartist": ("WM/AlbumArtist",), "genre": ("WM/Genre",), "year": ("WM/Year", "WM/OriginalReleaseYear"),
    "track": ("WM/TrackNumber", "WM/Track"), "disc": ("WM/PartOfSet",), "licence": ("LICENSE", "Copyright"),
}  # fmt: skip

R128_OFFSET = 5.0
"""dB between the two references: R128 tags aim at -23 LUFS, ReplayGain 2.0 at -18 LUFS."""


@dataclass(frozen=True, slots=True)
class Loudness:
    """ReplayGain as tagged: gains in dB against -18 LUFS, peaks as a factor of full scale."""

    track_gain: float | None = None
    track_peak: float | None = None
    album_gain: float | None = None
    album_peak: float | None = None


@dataclass(frozen=True, slots=True)
class Fields:
    """What one file's tags say, in one vocabulary; texts are as they stand in the file."""

    words: Words
    loudness: Loudness
    rating: float | None


EMPTY = Fields({}, Loudness(), None)


def read_fields(tags: Any) -> Fields:
    """Translate mutagen's tags of any dialect; EMPTY for none and for unknown ones."""
    if tags is None:
        return EMPTY
    if isinstance(tags, ID3):
        return _id3(tags)
    if isinstance(tags, MP4Tags):
        return _mp4(tags)
    if isinstance(tags, ASFTags):
        return _asf(tags)
    if isinstance(tags, APEv2):
        return _apev2(tags)
    if isinstance(tags, list) or hasattr(tags, "as_dict"):  # Vorbis comments are a list of pairs
        return _comments(_lowered(tags))
    return EMPTY


def _lowered(tags: Any) -> Words:
    words: Words = {}
    for key, value in tags:
        words.setdefault(str(key).lower(), []).append(str(value))
    return words


def _texts(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        return [value]
    return [str(part) for part in value] if isinstance(value, Iterable) else [str(value)]


def _first(words: Mapping[str, list[str]], names: Iterable[str]) -> list[str]:
    return next((words[name] for name in names if any(part.strip() for part in words.get(name, ()))), [])


def _comments(words: Words) -> Fields:
    """Vorbis comments and APEv2: free keys, lower-cased."""
    picked = {field: _first(words, names) for field, names in _VORBIS.items()}
    return Fields(picked, _loudness(words), _written_rating(words))


def _apev2(tags: Any) -> Fields:
    return _comments({key.lower(): list(_texts(value)) for key, value in tags.items() if value.kind == 0})


def _id3(tags: Any) -> Fields:
    words: Words = {field: [] for field in _ID3}
    for field, frames in _ID3.items():
        for name in frames:
            texts = [text for frame in tags.getall(name) for text in _frame_texts(frame)]
            if any(text.strip() for text in texts):
                words[field] = texts
                break
    words["genre"] = [genre for frame in tags.getall("TCON") for genre in frame.genres]
    free: Words = {}
    for frame in tags.getall("TXXX"):
        free.setdefault(frame.desc.lower(), []).extend(_frame_texts(frame))
    words["albumartist"] = words["albumartist"] or _first(free, _VORBIS["albumartist"])
    words["licence"] = _first(free, ("license", "licence")) or words["licence"]
    loudness = _loudness(free)
    for frame in tags.getall("RVA2"):
        # Relative volume adjustment, the older home of ReplayGain: only where no TXXX says otherwise.
        if frame.channel == 1 and frame.desc.lower() == "track" and loudness.track_gain is None:
            loudness = Loudness(frame.gain, frame.peak or None, loudness.album_gain, loudness.album_peak)
        if frame.channel == 1 and frame.desc.lower() == "album" and loudness.album_gain is None:
            loudness = Loudness(loudness.track_gain, loudness.track_peak, frame.gain, frame.peak or None)
    rating = _written_rating(free)
    for frame in sorted(tags.getall("POPM"), key=lambda frame: str(frame.email)):
        if rating is None:
            rating = tag_ratings.from_popm(int(frame.rating), str(frame.email))
    return Fields(words, loudness, rating)


def _frame_texts(frame: Any) -> list[str]:
    return [str(text) for text in frame.text] if hasattr(frame, "text") else [str(getattr(frame, "url", ""))]


def _mp4(tags: Any) -> Fields:
    found: Words = {}
    free: Words = {}
    for key, value in tags.items():
        if key.startswith("----"):
            texts = [bytes(part).decode("utf-8", "replace") for part in value]
            found[key] = texts
            free.setdefault(key.rpartition(":")[2].lower(), []).extend(texts)
        elif isinstance(value, list) and value and isinstance(value[0], str):
            found[key] = value
    words = {field: _first(found, names) for field, names in _MP4.items()}
    for field, key in (("track", "trkn"), ("disc", "disk")):
        words[field] = [str(pair[0]) for pair in tags.get(key, []) if pair[0]]
    rating = _written_rating(free)
    rate = tags.get("rate") or free.get("rate")
    if rating is None and rate:
        rating = tag_ratings.from_hundred(tag_ratings.number(str(rate[0])))
    return Fields(words, _loudness(free), rating)


def _asf(tags: Any) -> Fields:
    words: Words = {}
    free: Words = {}
    for key, value in tags:
        if type(value).__name__ == "ASFByteArrayAttribute":
            continue
        words.setdefault(key, []).append(str(value))
        free.setdefault(key.lower(), []).append(str(value))
    picked = {field: _first(words, names) for field, names in _ASF.items()}
    rating = _written_rating(free)
    if rating is None and free.get("wm/shareduserrating"):
        rating = tag_ratings.from_asf(tag_ratings.number(free["wm/shareduserrating"][0]))
    return Fields(picked, _loudness(free), rating)


_GAIN = re.compile(r"\s*([+-]?\d+(?:[.,]\d+)?)\s*(?:dB)?\s*", re.IGNORECASE)


def decibels(text: str) -> float | None:
    """Read "-7.25 dB"; None for what is no gain, or an absurd one."""
    match = _GAIN.fullmatch(text)
    value = float(match[1].replace(",", ".")) if match else None
    return value if value is not None and abs(value) <= 60 else None


def _peak(text: str) -> float | None:
    value = decibels(text)
    return value if value is not None and value > 0 else None


def _loudness(words: Words) -> Loudness:
    def of(scope: str) -> tuple[float | None, float | None]:
        gain = next(map(decibels, words.get(f"replaygain_{scope}_gain", ())), None)
        if gain is None:
            fixed = next(iter(words.get(f"r128_{scope}_gain", ())), "")
            if re.fullmatch(r"\s*[+-]?\d{1,5}\s*", fixed):  # signed 8.8 fixed point
                gain = int(fixed) / 256 + R128_OFFSET
        return gain, next(map(_peak, words.get(f"replaygain_{scope}_peak", ())), None)

    return Loudness(*of("track"), *of("album"))


def _written_rating(words: Words) -> float | None:
    """FMPS_RATING before Quod Libet's RATING:address before a bare RATING."""
    for text in words.get("fmps_rating", ()):
        if (stars := tag_ratings.from_fmps(text)) is not None:
            return stars
    for key in sorted(words):
        if key.startswith("rating:"):
            return tag_ratings.from_fmps(words[key][0])
    for text in words.get("rating", ()):
        if (stars := tag_ratings.from_words(text)) is not None:
            return stars
    return None
