"""The closed list of types that a catalogue may name, and how a file's first bytes tell its type. Pure.

A content torrent's name ends in its type's extension, so all publishers of a file must name the same type: it follows
from the bytes where they tell it, and from the suffix only where they do not.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath
from types import MappingProxyType

from app.files import Kind

HEAD_BYTES = 4096
"""How much of a file's beginning `sniff` wants."""

MIMES: Mapping[str, str] = MappingProxyType({
    "audio/aac": ".aac",
    "audio/ac3": ".ac3",
    "audio/aiff": ".aiff",
    "audio/amr": ".amr",
    "audio/basic": ".au",
    "audio/dsf": ".dsf",
    "audio/dff": ".dff",
    "audio/dts": ".dts",
    "audio/flac": ".flac",
    "audio/matroska": ".mka",
    "audio/mp4": ".m4a",
    "audio/mpeg": ".mp3",
    "audio/musepack": ".mpc",
    "audio/ogg": ".ogg",
    "audio/opus": ".opus",
    "audio/tak": ".tak",
    "audio/tta": ".tta",
    "audio/wav": ".wav",
    "audio/wavpack": ".wv",
    "audio/webm": ".weba",
    "audio/wma": ".wma",
    "audio/x-ape": ".ape",
    "audio/x-caf": ".caf",
    "video/avi": ".avi",
    "video/matroska": ".mkv",
    "video/mp2t": ".ts",
    "video/mp4": ".mp4",
    "video/mpeg": ".mpg",
    "video/ogg": ".ogv",
    "video/quicktime": ".mov",
    "video/webm": ".webm",
    "video/wmv": ".wmv",
    "video/x-flv": ".flv",
})  # fmt: skip
"""Type -> extension of the file a download becomes. Types, extensions: each once."""

_SUFFIXES = {extension: mime for mime, extension in MIMES.items()} | {
    ".mp2": "audio/mpeg", ".mp1": "audio/mpeg", ".mpga": "audio/mpeg", ".oga": "audio/ogg", ".spx": "audio/ogg",
    ".oggflac": "audio/ogg", ".m4b": "audio/mp4", ".m4r": "audio/mp4", ".alac": "audio/mp4", ".wave": "audio/wav",
    ".w64": "audio/wav", ".aif": "audio/aiff", ".aifc": "audio/aiff", ".mp+": "audio/musepack",
    ".mpp": "audio/musepack", ".eac3": "audio/ac3", ".snd": "audio/basic", ".m4v": "video/mp4", ".f4v": "video/mp4",
    ".3gp": "video/mp4", ".3g2": "video/mp4", ".qt": "video/quicktime", ".divx": "video/avi", ".mpeg": "video/mpeg",
    ".mpe": "video/mpeg", ".m1v": "video/mpeg", ".m2v": "video/mpeg", ".vob": "video/mpeg", ".mts": "video/mp2t",
    ".m2ts": "video/mp2t", ".ogm": "video/ogg", ".oggtheora": "video/ogg", ".asf": "video/wmv",
}  # fmt: skip

# Containers that hold sound or film: what is in them (the Item's kind) decides.
_TWINS = {
    "audio/mp4": "video/mp4",
    "audio/matroska": "video/matroska",
    "audio/webm": "video/webm",
    "audio/ogg": "video/ogg",
    "audio/opus": "video/ogg",
    "audio/wma": "video/wmv",
}
_SOUND_OF = {video: audio for audio, video in reversed(_TWINS.items())} | {"video/quicktime": "audio/mp4"}


def extension_of(mime: str) -> str | None:
    """The extension of a type of the list, with its dot; None for any other text."""
    return MIMES.get(mime)


def kind_of(mime: str) -> Kind:
    """Whether a type of the list is something to listen to or something to watch."""
    return Kind.VIDEO if mime.startswith("video/") else Kind.TRACK


def mime_of(name: PurePath | str, head: bytes, kind: Kind) -> str | None:
    """The type to publish a file under: from its first HEAD_BYTES, else its suffix; None: not one of the list.

    `kind` is what its streams are: an .mp4 with nothing to watch is audio/mp4.
    """
    found = sniff(head) or _SUFFIXES.get(PurePath(name).suffix.lower())
    if found is None:
        return None
    if kind is Kind.TRACK:
        return found if found.startswith("audio/") else _SOUND_OF.get(found)
    return found if found.startswith("video/") else _TWINS.get(found)


def agrees(mime: str, head: bytes) -> bool:
    """Whether a file that begins with `head` can be what `mime` says. A beginning that tells nothing agrees."""
    found = sniff(head)
    return found is None or mime in (found, _TWINS.get(found), _SOUND_OF.get(found))


def sniff(head: bytes) -> str | None:
    """The type that a file's first bytes tell; of containers that hold both, the one for sound. None: they do not."""
    if head.startswith(b"ID3"):  # tags come first; what follows a long one is not in `head`, and the suffix must tell
        size = head[6:10]
        after = 10 + sum((byte & 0x7F) << shift for byte, shift in zip(size, (21, 14, 7, 0), strict=False))
        head = head[after:] if len(size) == 4 else b""
    for sign, mime in _SIGNS:
        if head.startswith(sign):
            return mime
    kind = head[:4]
    if kind == b"RIFF":
        return {b"WAVE": "audio/wav", b"AVI ": "video/avi"}.get(head[8:12])
    if kind == b"FORM":
        return "audio/aiff" if head[8:12] in (b"AIFF", b"AIFC") else None
    if kind == b"OggS":
        return "audio/opus" if b"OpusHead" in head[:128] else "video/ogg" if b"theora" in head[:512] else "audio/ogg"
    if kind == b"\x1aE\xdf\xa3":
        return "audio/webm" if b"webm" in head[:64] else "audio/matroska"
    if head[4:8] == b"ftyp":
        return "video/quicktime" if head[8:12] == b"qt  " else "audio/mp4"
    return _raw_stream(head)


_SIGNS = (
    (b"fLaC", "audio/flac"),
    (b"wvpk", "audio/wavpack"),
    (b"MAC ", "audio/x-ape"),
    (b"MPCK", "audio/musepack"),
    (b"MP+", "audio/musepack"),
    (b"TTA1", "audio/tta"),
    (b"tBaK", "audio/tak"),
    (b"DSD ", "audio/dsf"),
    (b"FRM8", "audio/dff"),
    (b"#!AMR", "audio/amr"),
    (b".snd", "audio/basic"),
    (b"caff", "audio/x-caf"),
    (b"RF64", "audio/wav"),
    (b"riff\x2e\x91\xcf\x11", "audio/wav"),
    (b"FLV\x01", "video/x-flv"),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "audio/wma"),
    (b"\x00\x00\x01\xba", "video/mpeg"),
    (b"\x00\x00\x01\xb3", "video/mpeg"),
    (b"\x0b\x77", "audio/ac3"),
    (b"\x7f\xfe\x80\x01", "audio/dts"),
)


def _raw_stream(head: bytes) -> str | None:
    """Streams without a container: frames of MPEG sound, and transport packets."""
    if len(head) > 188 and head[0] == 0x47 and head[188] == 0x47:
        return "video/mp2t"
    if len(head) > 192 and head[4] == 0x47 and head[196:197] == b"\x47":
        return "video/mp2t"
    if head[:1] == b"\xff" and len(head) > 2:
        if head[1] & 0xF6 == 0xF0:
            return "audio/aac"
        if head[1] & 0xE0 == 0xE0 and head[1] & 0x18 != 0x08 and head[1] & 0x06 and head[2] & 0xF0 != 0xF0:
            return "audio/mpeg"
    return None
