"""Opening a media file with FFmpeg, and saying in words why that did not work.

Runs in the decode child only. A file is opened as a Python file object, with a list of containers that
FFmpeg may recognise and no way to open a second file or address: a playlist dressed as a song leads
nowhere.
"""

from __future__ import annotations

import errno
import math
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

import av
import av.error
import av.logging

from app.errors import MediaError
from app.files import Kind
from app.library.decode_messages import StreamFacts

# Containers of ordinary media. Not among them: hls, dash, concat, sdp, rtsp, image2, ffmetadata, lavfi,
# devices ...
CONTAINERS = (
    "mp3,flac,ogg,wav,w64,aiff,mov,mp4,m4a,3gp,matroska,webm,avi,asf,mpegts,mpeg,mpegvideo,m4v,aac,ac3,eac3,dts,"
    "dtshd,ape,mpc,mpc8,tta,wv,tak,dsf,iff,au,caf,amr,flv,rm,nut,mxf,truehd,mlp,spx,oma,live_flv"
)
_OPTIONS = {"format_whitelist": CONTAINERS, "protocol_whitelist": "none", "probesize": "5000000"}


class _Source:
    """A file that seems to end when its time is up: a search through gigabytes without an index then stops."""

    def __init__(self, file: BinaryIO, until: float) -> None:
        self._file = file
        self._until = until
        self.name = file.name  # its suffix is a hint for the demuxer
        self.seek = file.seek
        self.tell = file.tell

    def read(self, count: int) -> bytes:
        return self._file.read(count) if time.monotonic() < self._until else b""


@contextmanager
def opened(path: Path, until: float = math.inf) -> Iterator[Any]:
    """An open PyAV container; at `until` (time.monotonic()) the file seems to end. MediaError says what is wrong."""
    av.logging.set_level(None)
    try:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_size == 0:
                raise MediaError("the file is empty", "", path)
            container = av.open(
                _Source(file, until),
                mode="r",
                container_options=_OPTIONS,
                metadata_errors="replace",
                buffer_size=1 << 16,
                io_open=_refuse,
            )
            with container:
                yield container
    except MediaError:
        raise
    except Exception as error:  # foreign bytes: FFmpeg and PyAV raise what they please
        raise MediaError(why(error), "", path) from error


def _refuse(*_arguments: object) -> NoReturn:
    raise PermissionError("a media file may not open others")


def why(error: Exception) -> str:
    """The reason of a failure in words for the list of what could not be read."""
    if isinstance(error, (av.error.DecoderNotFoundError, av.error.EncoderNotFoundError)):
        return "no decoder for this codec"
    if isinstance(error, av.error.EOFError):
        return "the file ends too early"
    if isinstance(error, av.error.InvalidDataError):
        return "the file is damaged or not a media file"
    if isinstance(error, MemoryError) or getattr(error, "errno", None) == errno.ENOMEM:
        return "decoding needs more memory than allowed"
    if isinstance(error, av.error.PatchWelcomeError):
        return "this variant of the format is not supported"
    if isinstance(error, FileNotFoundError):
        return "the file is no longer there"
    if isinstance(error, PermissionError):
        return "not allowed to read the file"
    if isinstance(error, av.error.ArgumentError):
        return "not a supported media format"
    if isinstance(error, OSError) and error.errno == errno.EINVAL:  # sent to a place before the file's beginning
        return "the file is damaged or not a media file"
    if isinstance(error, OSError) and error.errno == errno.EIO:
        return "reading failed: the file is damaged, or its drive has errors"
    return f"{str(error) or type(error).__name__}"[:200]


def sound_stream(container: Any) -> Any | None:
    """The sound track a player would choose, of those that have a decoder; None for none."""
    best = container.streams.best("audio")
    usable = [stream for stream in container.streams.audio if stream.codec_context is not None]
    return best if best in usable else next(iter(usable), None)


def film_stream(container: Any) -> Any | None:
    """The first video track that has a decoder and is not merely an attached cover."""
    for stream in container.streams.video:
        if stream.codec_context is not None and not stream.disposition & av.stream.Disposition.attached_pic:
            return stream
    return None


def length(container: Any, stream: Any) -> float:
    """Seconds; 0 where unknown."""
    if stream.duration is not None and stream.time_base is not None:
        seconds = float(stream.duration * stream.time_base)
    elif container.duration is not None:
        seconds = container.duration / 1_000_000
    else:
        return 0.0
    return seconds if 0 < seconds < 1e7 else 0.0


def facts(container: Any) -> StreamFacts:
    """What the demuxer says of the file. Raises MediaError where there is nothing to hear or see."""
    sound, film = sound_stream(container), film_stream(container)
    main = film or sound
    if main is None:
        undecodable = any(stream.type in ("audio", "video") for stream in container.streams)
        raise MediaError("no decoder for this codec" if undecodable else "no sound or video in it")
    words = {key.lower(): str(value) for key, value in {**main.metadata, **container.metadata}.items()}
    rate = container.bit_rate if film is not None else main.codec_context.bit_rate or container.bit_rate
    width, height = shown_size(film) if film is not None else (0, 0)
    return StreamFacts(
        kind=Kind.VIDEO if film is not None else Kind.TRACK,
        duration=length(container, main),
        codec=codec_name(main.codec_context),
        bitrate=int(rate or 0) or None,
        sample_rate=int(sound.codec_context.sample_rate or 0) or None if sound is not None else None,
        channels=int(sound.codec_context.channels or 0) or None if sound is not None else None,
        width=width or None,
        height=height or None,
        title=words.get("title", ""),
        artist=words.get("artist", ""),
        album=words.get("album", ""),
    )


def codec_name(context: Any) -> str:
    """The codec, not the program that decodes it: "mp3" for mp3float, "pcm" for all its widths."""
    name = str(context.codec.canonical_name)
    return "pcm" if name.startswith("pcm_") else "dsd" if name.startswith("dsd_") else name


def shown_size(film: Any) -> tuple[int, int]:
    """Width and height as shown, with square pixels; rotation is the frame's business. Zeros where unknown."""
    codec = film.codec_context
    if not codec.width or not codec.height:
        return 0, 0
    ratio = film.sample_aspect_ratio
    wide = codec.width * float(ratio) if ratio and 0.1 < float(ratio) < 10 else codec.width
    return round(wide), int(codec.height)
