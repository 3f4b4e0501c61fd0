"""ReplayGain: how much louder or softer a piece is played so that all sound equally loud. Pure arithmetic.

`session.PlaySession` asks for each piece and hands the decibels to the player; the settings page shows the
note. Formulas: ReplayGain 2.0 specification, "Player requirements" (pre-amp, clipping prevention by peak).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum


class GainMode(StrEnum):
    """Which of a file's two gains counts."""

    OFF = "off"
    TRACK = "track"
    ALBUM = "album"
    AUTO = "auto"
    """The album's while an album is played in a row, the track's otherwise."""


@dataclass(frozen=True, slots=True)
class Loudness:
    """What a file's tags say: gains in dB, peaks as a factor of full scale; None where the tag is missing."""

    track_gain: float | None = None
    track_peak: float | None = None
    album_gain: float | None = None
    album_peak: float | None = None


@dataclass(frozen=True, slots=True)
class GainChoice:
    """What the listener chose; `fallback_db` is for files without tags, `preamp_db` for the others."""

    mode: GainMode = GainMode.AUTO
    preamp_db: float = 0.0
    fallback_db: float = -6.0
    prevent_clipping: bool = True


class GainNote(StrEnum):
    """Why the gain is not simply the tag's plus the pre-amp."""

    OFF = "off"
    UNTAGGED = "untagged"
    OTHER_TAG = "other tag"
    """The wanted gain is missing, the other of track and album was taken."""
    PEAK = "peak"
    """Lowered, because the loudest sample would have clipped."""
    CEILING = "ceiling"
    """Above 0 dB, more than a volume control can give; the player plays at 0 dB instead."""


@dataclass(frozen=True, slots=True)
class Gain:
    """The gain to apply: decibels, the same as a factor for samples, and what was done to reach it."""

    db: float
    factor: float
    notes: tuple[GainNote, ...] = ()


def choose(loudness: Loudness, choice: GainChoice, *, in_album: bool = False, ceiling_db: float | None = 0.0) -> Gain:
    """Choose the gain of one piece.

    `in_album` says that its neighbours in the queue are of the same album (for AUTO). `ceiling_db` is the
    most the player can raise (0 dB for a volume control; None for one that multiplies samples). Values that
    are not finite, gains beyond 60 dB and peaks that are not positive count as missing.
    """
    if choice.mode == GainMode.OFF:
        return Gain(0.0, 1.0, (GainNote.OFF,))
    album = choice.mode == GainMode.ALBUM or (choice.mode == GainMode.AUTO and in_album)
    track_pair = _sound_gain(loudness.track_gain), _sound_peak(loudness.track_peak)
    album_pair = _sound_gain(loudness.album_gain), _sound_peak(loudness.album_peak)
    wanted, other = (album_pair, track_pair) if album else (track_pair, album_pair)

    notes: list[GainNote] = []
    peak: float | None
    if wanted[0] is not None:
        db, peak = wanted[0] + choice.preamp_db, wanted[1]
    elif other[0] is not None:
        db, peak = other[0] + choice.preamp_db, other[1]
        notes.append(GainNote.OTHER_TAG)
    else:
        db, peak = choice.fallback_db, wanted[1] or other[1]
        notes.append(GainNote.UNTAGGED)

    if choice.prevent_clipping and peak is not None and db > _decibels(1.0 / peak):
        db = _decibels(1.0 / peak)
        notes.append(GainNote.PEAK)
    if ceiling_db is not None and db > ceiling_db:
        db = ceiling_db
        notes.append(GainNote.CEILING)
    return Gain(db, factor(db), tuple(notes))


def factor(db: float) -> float:
    """Decibels as a factor for samples."""
    return float(10.0 ** (db / 20.0))


def _decibels(ratio: float) -> float:
    return 20.0 * math.log10(ratio)


def _sound_gain(db: float | None) -> float | None:
    return db if db is not None and math.isfinite(db) and abs(db) <= 60.0 else None


def _sound_peak(peak: float | None) -> float | None:
    # Decoders of lossy files reach above full scale, but not a thousand times.
    return peak if peak is not None and math.isfinite(peak) and 1e-4 <= peak <= 1e3 else None
