"""Sound and pictures into real files: one function for each, through PyAV, written whole or not at all.

Called by the writer. A codec this build of PyAV lacks is known beforehand; the writer takes another format.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import av
import numpy as np

from app.demo.score import RATE
from app.errors import MediaError
from models.types import F32, U8


@dataclass(frozen=True, slots=True)
class SoundFormat:
    """How sound is stored: PyAV's names for container and codec, and the codec's wishes."""

    container: str
    codec: str
    layout: str
    sample_format: str
    rate: int = RATE
    bit_rate: int | None = None
    options: dict[str, str] = field(default_factory=dict)


SOUND = {
    "flac": SoundFormat("flac", "flac", "stereo", "s16"),
    "mp3": SoundFormat("mp3", "libmp3lame", "stereo", "fltp", bit_rate=160_000, options={"compression_level": "7"}),
    # PyAV carries FFmpeg's own Vorbis encoder: stereo only, and it must be allowed explicitly.
    "ogg": SoundFormat("ogg", "vorbis", "stereo", "fltp", options={"strict": "experimental"}),
    "opus": SoundFormat("ogg", "libopus", "stereo", "flt", rate=48_000, bit_rate=112_000),
    "mp4": SoundFormat("mp4", "aac", "stereo", "fltp", bit_rate=128_000),
    "webm": SoundFormat("webm", "libopus", "stereo", "flt", rate=48_000, bit_rate=96_000),
    "mkv": SoundFormat("matroska", "flac", "stereo", "s16"),
}
PICTURES: dict[str, tuple[str, dict[str, str]]] = {
    "mp4": ("libx264", {"preset": "veryfast", "crf": "23"}),
    "webm": ("libvpx-vp9", {"deadline": "realtime", "cpu-used": "8", "crf": "34", "b:v": "0"}),
    "mkv": ("libx264", {"preset": "veryfast", "crf": "23"}),
}


@dataclass(frozen=True, slots=True)
class Reel:
    """What a film file is made from: pictures (height, width, 3) at `rate` a second, stereo sound and tags."""

    frames: Iterator[U8]
    rate: int
    sound: F32
    tags: dict[str, str]


BLOCK = 1 << 15
"""Samples handed to an encoder at a time."""


def available(suffix: str) -> bool:
    """Whether this build of PyAV can write files of that kind."""
    wanted = [SOUND[suffix].codec] + ([PICTURES[suffix][0]] if suffix in PICTURES else [])
    return all(can_encode(codec) for codec in wanted)


def can_encode(codec: str) -> bool:
    """Whether this build of PyAV has that encoder."""
    try:
        av.codec.Codec(codec, "w")
    except av.codec.codec.UnknownCodecError:
        return False
    return True


def write_sound(path: Path, suffix: str, sound: F32) -> None:
    """Write stereo sound (n, 2) at 44.1 kHz as a file of the kind `suffix` names. Raises MediaError."""
    wanted = SOUND[suffix]
    try:
        with av.open(str(path), "w", format=wanted.container, options={"fflags": "+bitexact"}) as container:
            stream = sound_stream(container, wanted)
            for packet in sound_packets(stream, wanted, sound):
                container.mux(packet)
    except av.FFmpegError as error:
        raise MediaError("The sound could not be encoded", str(error), path) from error


def write_film(path: Path, suffix: str, reel: Reel) -> None:
    """Write a film as a file of the kind `suffix` names. Raises MediaError."""
    wanted, (codec, options) = SOUND[suffix], PICTURES[suffix]
    first = next(reel.frames)
    try:
        with av.open(str(path), "w", format=wanted.container, options={"fflags": "+bitexact"}) as container:
            container.metadata.update(reel.tags)
            pictures = container.add_stream(codec, rate=reel.rate, options=options)
            assert isinstance(pictures, av.VideoStream)
            pictures.height, pictures.width = first.shape[:2]
            pictures.pix_fmt = "yuv420p"
            pictures.codec_context.thread_count = 1
            packets = sound_packets(sound_stream(container, wanted), wanted, reel.sound)
            ready = next(packets, None)
            for number, picture in enumerate(itertools.chain([first], reel.frames)):
                container.mux(pictures.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
                while ready is not None and (ready.pts or 0) * ready.time_base <= number / reel.rate:
                    container.mux(ready)
                    ready = next(packets, None)
            container.mux(pictures.encode(None))
            while ready is not None:
                container.mux(ready)
                ready = next(packets, None)
    except av.FFmpegError as error:
        raise MediaError("The film could not be encoded", str(error), path) from error


def sound_stream(container: av.container.OutputContainer, wanted: SoundFormat) -> av.AudioStream:
    """Add a stream of sound to a container."""
    stream = container.add_stream(wanted.codec, rate=wanted.rate, options=wanted.options)
    assert isinstance(stream, av.AudioStream)
    stream.codec_context.layout = wanted.layout
    stream.codec_context.format = wanted.sample_format
    if wanted.bit_rate:
        stream.codec_context.bit_rate = wanted.bit_rate
    return stream


def sound_packets(stream: av.AudioStream, wanted: SoundFormat, sound: F32) -> Iterator[av.Packet[av.AudioStream]]:
    """Yield the encoded packets of a whole sound (n, 2)."""
    resampler = av.AudioResampler(format=wanted.sample_format, layout=wanted.layout, rate=wanted.rate)
    for first in range(0, len(sound), BLOCK):
        block = np.ascontiguousarray(sound[first : first + BLOCK], np.float32).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(block, format="flt", layout="stereo")
        frame.sample_rate = RATE
        frame.pts = first
        for converted in resampler.resample(frame):
            yield from stream.encode(converted)
    for converted in resampler.resample(None):
        yield from stream.encode(converted)
    yield from stream.encode(None)
