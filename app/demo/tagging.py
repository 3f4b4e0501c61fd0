"""The tags of the demo's pieces, as each file format wants them, with the cover inside.

Called by the writer. ReplayGain is written where players look for it: in decibels, but in Opus as R128.
"""

from __future__ import annotations

import base64
from pathlib import Path

from mutagen.flac import FLAC, Picture
from mutagen.id3 import APIC, ID3, TALB, TCON, TCOP, TDRC, TIT2, TPE1, TRCK, TXXX, ID3NoHeaderError
from mutagen.oggopus import OggOpus
from mutagen.oggvorbis import OggVorbis

from app.demo.covers import SIDE
from app.demo.loudness import REFERENCE, Gain
from app.demo.programme import LICENCE, Piece

FRONT_COVER = 3
R128_REFERENCE = -23.0


def write_tags(path: Path, suffix: str, piece: Piece, cover: bytes, gain: Gain) -> None:
    """Write title, artist, album, genre, year, number, ReplayGain and cover into a finished file."""
    if suffix == "mp3":
        write_id3(path, piece, cover, gain)
        return
    picture = Picture()
    picture.type, picture.mime, picture.data = FRONT_COVER, "image/jpeg", cover
    picture.width = picture.height = SIDE
    picture.depth = 24
    tags = FLAC(path) if suffix == "flac" else OggOpus(path) if suffix == "opus" else OggVorbis(path)
    tags["title"], tags["artist"], tags["album"] = piece.title, piece.album.artist, piece.album.title
    tags["genre"], tags["date"] = piece.album.genre, str(piece.album.year)
    tags["license"] = LICENCE
    tags["tracknumber"], tags["tracktotal"] = str(piece.track), str(len(piece.album.titles))
    if suffix == "opus":
        tags["R128_TRACK_GAIN"] = str(round((gain.decibels + R128_REFERENCE - REFERENCE) * 256))
    else:
        tags["replaygain_track_gain"], tags["replaygain_track_peak"] = f"{gain.decibels:.2f} dB", f"{gain.peak:.6f}"
    if suffix == "flac":
        assert isinstance(tags, FLAC)
        tags.add_picture(picture)
    else:
        tags["metadata_block_picture"] = base64.b64encode(picture.write()).decode("ascii")
    tags.save()


def write_id3(path: Path, piece: Piece, cover: bytes, gain: Gain) -> None:
    """Write the same as ID3v2.4 frames."""
    try:
        tags = ID3(path)
    except ID3NoHeaderError:
        tags = ID3()
    frames = [
        TIT2(encoding=3, text=piece.title),
        TPE1(encoding=3, text=piece.album.artist),
        TALB(encoding=3, text=piece.album.title),
        TCON(encoding=3, text=piece.album.genre),
        TDRC(encoding=3, text=str(piece.album.year)),
        TCOP(encoding=3, text=LICENCE),
        TRCK(encoding=3, text=f"{piece.track}/{len(piece.album.titles)}"),
        TXXX(encoding=3, desc="replaygain_track_gain", text=f"{gain.decibels:.2f} dB"),
        TXXX(encoding=3, desc="replaygain_track_peak", text=f"{gain.peak:.6f}"),
        APIC(encoding=3, mime="image/jpeg", type=FRONT_COVER, desc="", data=cover),
    ]
    for frame in frames:
        tags.add(frame)
    tags.save(path)
