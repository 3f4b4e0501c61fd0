"""Stars that other players left in files, on Bowerbird's scale: 0.5 to 5 in halves, None for "not rated".

| where | written by | scale |
|---|---|---|
| POPM byte | Windows, Winamp, foobar2000 | 1, 64, 128, 196, 255 = 1..5 stars; read by ranges |
| POPM byte | MediaMonkey, MusicBee | the same, and 13, 54, 118, 186, 242 for 0.5, 1.5, 2.5, 3.5, 4.5 |
| POPM byte | Quod Libet, Picard, Banshee | linear, 51 a star |
| FMPS_RATING | Amarok, Clementine, Strawberry, Rhythmbox plug-ins | 0.0 .. 1.0 |
| RATING (Vorbis, APEv2, TXXX) | foobar2000, Picard / MediaMonkey, MusicBee | 0..5 / 0..100 |
| RATING:address (Vorbis) | Quod Libet | 0.0 .. 1.0 |
| rate (MP4) | MusicBee, MediaMonkey | 0..100 |
| WM/SharedUserRating (ASF) | Windows Media Player | 1, 25, 50, 75, 99 = 1..5 stars |

Pure; called by the tag reader.
"""

from __future__ import annotations

import math

_HALVES = {1: 1.0, 13: 0.5, 54: 1.5, 64: 2.0, 118: 2.5, 128: 3.0, 186: 3.5, 196: 4.0, 242: 4.5, 255: 5.0}
_LINEAR_WRITERS = ("quodlibet@", "users@musicbrainz.org", "banshee")


def in_halves(stars: float) -> float | None:
    """Round to half stars; None outside (0, 5]."""
    if not math.isfinite(stars) or not 0 < stars <= 5.01:
        return None
    return min(5.0, max(0.5, round(stars * 2) / 2))


def from_popm(byte: int, writer: str) -> float | None:
    """Stars of an ID3 popularimeter; 0 means unrated."""
    if not 0 < byte <= 255:
        return None
    if writer.lower().startswith(_LINEAR_WRITERS):
        return in_halves(byte / 51)
    if byte in _HALVES:
        return _HALVES[byte]
    return float(1 + (byte >= 32) + (byte >= 96) + (byte >= 160) + (byte >= 224))


def from_fmps(text: str) -> float | None:
    """Stars of FMPS_RATING, 0.0 to 1.0."""
    value = number(text)
    return None if value is None or value > 1 else in_halves(value * 5)


def from_words(text: str) -> float | None:
    """Stars of a RATING field of unknown writer: up to 5 are stars, a fraction below 1 is a share, else of
    100."""
    value = number(text)
    if value is None or not 0 < value <= 100:
        return None
    if value < 1:
        return in_halves(value * 5)
    return in_halves(value if value <= 5 else value / 20)


def from_hundred(value: float | None) -> float | None:
    """Stars of a 0..100 scale."""
    return in_halves(value / 20) if value is not None and 0 < value <= 100 else None


def from_asf(value: float | None) -> float | None:
    """Stars of WM/SharedUserRating: 1, 25, 50, 75, 99."""
    return in_halves(1 + value / 25) if value is not None and 0 < value < 100 else None


def number(text: str) -> float | None:
    """A finite number, or None; a comma is taken for a point."""
    try:
        value = float(text.strip().replace(",", "."))
    except ValueError:
        return None
    return value if math.isfinite(value) else None
