"""The decode child: reads one file at a time, and answers with vectors, a small picture and the streams'
facts.

Started by `decoder.py` as `python -m app.library.decode_child`; one JSON line in, one out, until its input
closes. It is the only process that lets FFmpeg and Pillow see foreign bytes, and it is confined before it
does.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from dataclasses import replace
from typing import BinaryIO

import numpy as np

from app.errors import MediaError
from app.files import Kind
from app.library import covers, demuxer, film_frames, sound_windows, tags
from app.library.confinement import be_nice, leave_network, limit_memory, limit_processor, refuse_calls
from app.library.decode_messages import DecodeTask, StreamFacts, decoded_line, failed_line, read_task
from app.library.pictures import FolderPictures
from models.encoders.base import Encoder
from models.encoders.builtin_audio import BuiltinAudioEncoder
from models.encoders.builtin_image import BuiltinImageEncoder
from models.encoders.pooling import pool
from models.types import U8, Clip, Embedding, Frame

_GLANCE = 3
"""Frames that suffice for a thumbnail."""


class FileDecoder:
    """Decodes and encodes single files with the encoders it is given, each within about `seconds`."""

    def __init__(self, audio: Encoder[Clip], image: Encoder[Frame], seconds: float = 30.0) -> None:
        self._audio = audio
        self._image = image
        self._seconds = seconds
        self._folder_pictures = FolderPictures()

    def answer(self, task: DecodeTask) -> bytes:
        """Decode one file; the line to send back, good or bad. Raises nothing that a file can cause."""
        try:
            return self._decoded(task)
        except MediaError as error:
            return failed_line(error.title)
        except MemoryError:
            return failed_line("decoding needs more memory than allowed")
        except Exception as error:  # noqa: BLE001 - foreign bytes: decoding is one of the two places
            return failed_line(demuxer.why(error))

    def _decoded(self, task: DecodeTask) -> bytes:
        """What was found in time: the pictures get half of it, the sound most of the rest."""
        began = time.monotonic()
        notes: list[str] = []
        shots: list[Frame] = []
        clips: list[Clip] = []
        heard = False
        with demuxer.opened(task.path, began + 0.5 * self._seconds) as container:
            facts = demuxer.facts(container)
            film, sound = demuxer.film_stream(container), demuxer.sound_stream(container)
            if film is not None:
                shots = film_frames.frames(container, film, film_frames.COUNT if task.encode else _GLANCE)
                facts = _upright(facts, shots)
                if not shots:
                    notes.append("no picture could be decoded")
            elif task.encode:
                clips = sound_windows.windows(container, sound)
            else:
                heard = sound_windows.can_be_heard(container, sound)
        if film is not None and sound is not None and (task.encode or not shots):
            # From a new demuxer: the one that showed the film stands at its end.
            with demuxer.opened(task.path, began + 0.8 * self._seconds) as container:
                clips = sound_windows.windows(container, demuxer.sound_stream(container))
        heard = heard or bool(clips)
        if sound is not None and not heard and (film is None or task.encode or not shots):
            notes.append("no sound could be decoded")
        if not shots and not heard:
            raise MediaError("; ".join(notes) or "no sound or video in it")
        if time.monotonic() - began > 0.5 * self._seconds:
            notes.append("only a part could be looked at in time")
        pixels, picture, key = self._cover(task, facts, shots, notes)
        vectors: list[Embedding] = []
        if task.encode:
            long_enough = [clip for clip in clips if len(clip.samples) >= sound_windows.SHORTEST * clip.rate]
            if clips and not long_enough:
                notes.append("too short to be heard")
            seen = shots or ([Frame(pixels)] if pixels is not None else [])
            vectors = self._embeddings(self._audio, long_enough) + self._embeddings(self._image, seen)
        return decoded_line(vectors, facts, picture, key, "; ".join(notes))

    @staticmethod
    def _embeddings(encoder: Encoder[Clip] | Encoder[Frame], inputs: list[Clip] | list[Frame]) -> list[Embedding]:
        """One vector for all windows or frames; none where they say nothing (silence, black)."""
        if not inputs:
            return []
        vector = pool(encoder.encode(inputs))  # type: ignore[arg-type]
        return [Embedding(encoder.id, vector)] if np.any(vector) else []

    def _cover(
        self, task: DecodeTask, facts: StreamFacts, shots: list[Frame], notes: list[str]
    ) -> tuple[U8 | None, bytes | None, str]:
        """The picture that stands for the file: the cover, else a frame of the film."""
        try:
            raw = tags.read_picture(task.path, self._folder_pictures)
            if raw is not None:
                pixels = covers.normalise(raw)
                return pixels, covers.jpeg(pixels), covers.picture_key(raw)
        except MediaError as error:
            notes.append(error.title)
        best = film_frames.portrait(shots) if facts.kind == Kind.VIDEO else None
        if best is None:
            return None, None, ""
        picture = covers.jpeg(best)
        return best, picture, covers.picture_key(picture)


def _upright(facts: StreamFacts, shots: list[Frame]) -> StreamFacts:
    """Width and height as shown: a film that was turned upright has them exchanged."""
    if not shots or not facts.width or not facts.height or facts.width == facts.height:
        return facts
    height, width = shots[0].pixels.shape[:2]
    turned = width != height and (width > height) != (facts.width > facts.height)
    return replace(facts, width=facts.height, height=facts.width) if turned else facts


def main() -> None:
    """Serve until the input closes."""
    answers: BinaryIO = os.fdopen(os.dup(1), "wb")  # libraries print; the protocol keeps a descriptor of its own
    os.dup2(2, 1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which ends its children in order
    be_nice()
    leave_network()
    seconds = float(os.environ.get("BOWERBIRD_DECODE_SECONDS", "30"))
    decoder = FileDecoder(BuiltinAudioEncoder(), BuiltinImageEncoder(), seconds)
    limit_memory(int(os.environ.get("BOWERBIRD_DECODE_MEMORY", str(1 << 30))))
    refuse_calls()
    answers.write(b'"ready"\n')
    answers.flush()
    for line in sys.stdin.buffer:
        limit_processor(seconds)
        answers.write(decoder.answer(read_task(line)))
        answers.flush()


if __name__ == "__main__":
    main()
