"""Small real media made on the spot: tones, films and pictures, encoded with FFmpeg and Pillow."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from app.library.decoder import DecodePool

# suffix -> codec and the options it needs
AUDIO_CODECS = {
    ".mp3": "libmp3lame",
    ".flac": "flac",
    ".ogg": "vorbis",
    ".opus": "libopus",
    ".m4a": "aac",
    ".wav": "pcm_s16le",
    ".aiff": "pcm_s16be",
    ".wma": "wmav2",
    ".wv": "wavpack",
    ".tta": "tta",
    ".mka": "flac",
    ".webm": "libopus",
    ".aac": "aac",
    ".mp4": "aac",
    ".ac3": "ac3",
}
RATE = 48_000


def write_tone(path: Path, seconds: float = 3.0, *, hertz: float = 440.0, seed: int = 0, climb: float = 0.0) -> Path:
    """A tone with overtones and a little noise, stereo, 48 kHz, in the codec of its suffix.

    `climb`: Hz that it rises in every second.
    """
    codec = AUDIO_CODECS[path.suffix]
    time = np.arange(int(seconds * RATE)) / RATE
    if climb:
        time = time + climb / hertz * time**2 / 2  # its derivative is the pitch
    noise = np.random.default_rng(seed).normal(0, 0.02, len(time))
    wave = 0.3 * np.sin(2 * np.pi * hertz * time) + 0.1 * np.sin(2 * np.pi * 2.5 * hertz * time) + noise
    stereo = np.ascontiguousarray(np.stack([wave, wave * 0.8]).astype(np.float32))
    with av.open(str(path), "w") as out:
        options = {"strict": "experimental"} if codec == "vorbis" else {}
        stream = out.add_stream(codec, rate=RATE, layout="stereo", options=options)
        stream.bit_rate = 128_000
        wanted = stream.codec_context
        resampler = av.AudioResampler(format=wanted.format, layout="stereo", rate=RATE, frame_size=None)
        frame = av.AudioFrame.from_ndarray(stereo, format="fltp", layout="stereo")
        frame.sample_rate, frame.pts, frame.time_base = RATE, 0, Fraction(1, RATE)
        fifo = av.AudioFifo()
        for part in (*resampler.resample(frame), *resampler.resample(None)):
            fifo.write(part)
        size = wanted.frame_size or 1024
        while (part := fifo.read(size)) is not None:
            out.mux(stream.encode(part))
        if (part := fifo.read()) is not None:
            out.mux(stream.encode(part))
        out.mux(stream.encode(None))
    return path


def write_film(
    path: Path, seconds: float = 3.0, *, size: tuple[int, int] = (160, 96), sound: bool = True, black: float = 0.0
) -> Path:
    """A moving coloured square, 10 pictures/s, `black` seconds of nothing first, with or without a tone."""
    codec = {".webm": "libvpx", ".avi": "mpeg4", ".mpg": "mpeg2video"}.get(path.suffix, "mpeg4")
    rate = 25 if codec == "mpeg2video" else 10
    with av.open(str(path), "w") as out:
        film = out.add_stream(codec, rate=rate)
        film.width, film.height = size
        film.pix_fmt = "yuv420p"
        film.codec_context.gop_size = 5
        tone = None
        if sound:
            tone = out.add_stream("libopus" if path.suffix == ".webm" else "mp2", rate=RATE, layout="stereo")
        for number in range(int(seconds * rate)):
            pixels = np.zeros((size[1], size[0], 3), np.uint8)
            if number / rate >= black:
                pixels[:, :] = (40, 90 + number % 100, 160)
                left = 4 * number % (size[0] - 30)
                pixels[20:50, left : left + 30] = (240, 200, 40)
            frame = av.VideoFrame.from_ndarray(pixels, "rgb24")
            frame.pts = number
            frame.time_base = Fraction(1, rate)
            out.mux(film.encode(frame))
        out.mux(film.encode(None))
        if tone is not None:
            time = np.arange(int(seconds * RATE)) / RATE
            wave = (0.3 * np.sin(2 * np.pi * 330 * time) * 32767).astype(np.int16)
            context = tone.codec_context
            resampler = av.AudioResampler(format=context.format, layout="stereo", rate=RATE)
            frame = av.AudioFrame.from_ndarray(np.stack([wave, wave], 1).reshape(1, -1), "s16", "stereo")
            frame.sample_rate, frame.pts, frame.time_base = RATE, 0, Fraction(1, RATE)
            fifo = av.AudioFifo()
            for part in (*resampler.resample(frame), *resampler.resample(None)):
                fifo.write(part)
            while (part := fifo.read(context.frame_size)) is not None:
                out.mux(tone.encode(part))
            out.mux(tone.encode(None))
    return path


def picture_bytes(
    size: tuple[int, int] = (64, 48), colour: tuple[int, int, int] = (200, 40, 40), kind: str = "PNG"
) -> bytes:
    """A picture with a gradient, so that it is not empty for an image encoder."""
    pixels = np.zeros((size[1], size[0], 3), np.uint8)
    pixels[:, :] = colour
    pixels[:, :, 1] = np.linspace(0, 255, size[0]).astype(np.uint8)
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, kind)
    return out.getvalue()


@pytest.fixture
def tone() -> Callable[..., Path]:
    return write_tone


@pytest.fixture
def film() -> Callable[..., Path]:
    return write_film


@pytest.fixture
def picture() -> Callable[..., bytes]:
    return picture_bytes


@pytest.fixture(scope="session")
def pool() -> Iterator[DecodePool]:
    """Two real decode children, for the whole run."""
    made = DecodePool(children=2)
    yield made
    made.close()
