"""The decode child: reads one file at a time, and answers with vectors, a small picture and the streams' facts.

Started by `decoder.py` as `python -m app.library.decode_child`; one JSON line in, one out, until its input closes.
It is the only process that lets FFmpeg and Pillow see foreign bytes, and it is confined before it does.
"""

from __future__ import annotations

from app.library.confinement import be_nice, leave_network, limit_memory, limit_processor, refuse_calls

if __name__ == "__main__":
    leave_network()  # before NumPy makes threads

import os
import sys
from typing import BinaryIO

import numpy as np

from app.errors import MediaError
from app.files import Kind
from app.library import covers, film_frames, media_input, sound_windows, tags
from app.library.decode_messages import DecodeTask, StreamFacts, decoded_line, failed_line, read_task
from models.encoders.base import Encoder
from models.encoders.builtin_audio import BuiltinAudioEncoder
from models.encoders.builtin_image import BuiltinImageEncoder
from models.encoders.pooling import pool
from models.types import U8, Clip, Embedding, Frame


class FileDecoder:
    """Decodes and encodes single files with the encoders it is given."""

    def __init__(self, audio: Encoder[Clip], image: Encoder[Frame]) -> None:
        self._audio = audio
        self._image = image

    def answer(self, task: DecodeTask) -> bytes:
        """Decode one file; the line to send back, good or bad. Raises nothing that a file can cause."""
        try:
            return self._decoded(task)
        except MediaError as error:
            return failed_line(error.title)
        except MemoryError:
            return failed_line("decoding needs more memory than allowed")
        except Exception as error:  # noqa: BLE001 - foreign bytes: decoding is one of the two places
            return failed_line(media_input.why(error))

    def _decoded(self, task: DecodeTask) -> bytes:
        notes: list[str] = []
        vectors: list[Embedding] = []
        shots: list[Frame] = []
        with media_input.opened(task.path) as container:
            facts = media_input.facts(container)
            sound, film = media_input.sound_stream(container), media_input.film_stream(container)
            if film is not None:
                shots = film_frames.frames(container, film)
                if not shots:
                    notes.append("no picture could be decoded")
            heard = False
            if sound is not None and task.encode:
                clips = self._clips(task, film is not None)
                heard = bool(clips)
                vectors += self._embeddings(self._audio, clips)
                if not clips:
                    notes.append("no sound could be decoded")
        if not shots and not heard and (task.encode or film is not None):
            raise MediaError("; ".join(notes) or "no sound or video in it")
        pixels, picture, key = self._cover(task, facts, shots, notes)
        if task.encode:
            seen = shots or ([Frame(pixels)] if pixels is not None else [])
            vectors += self._embeddings(self._image, seen)
        return decoded_line(vectors, facts, picture, key, "; ".join(notes))

    @staticmethod
    def _clips(task: DecodeTask, after_film: bool) -> list[Clip]:
        """The windows of sound, from a demuxer of their own: the one that showed the film stands at its end."""
        del after_film
        with media_input.opened(task.path) as container:
            stream = media_input.sound_stream(container)
            return sound_windows.windows(container, stream) if stream is not None else []

    @staticmethod
    def _embeddings(
        encoder: Encoder[Clip] | Encoder[Frame], inputs: list[Clip] | list[Frame]
    ) -> list[Embedding]:
        """One vector for all windows or frames; none where they say nothing (silence, black)."""
        if not inputs:
            return []
        vector = pool(encoder.encode(inputs))  # type: ignore[arg-type]
        return [Embedding(encoder.id, vector)] if np.any(vector) else []

    @staticmethod
    def _cover(
        task: DecodeTask, facts: StreamFacts, shots: list[Frame], notes: list[str]
    ) -> tuple[U8 | None, bytes | None, str]:
        """The picture that stands for the file: the cover, else a frame of the film."""
        try:
            raw = tags.read_picture(task.path)
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


def main() -> None:
    """Serve until the input closes."""
    answers: BinaryIO = os.fdopen(
        os.dup(1), "wb"
    )  # libraries print; the protocol keeps a descriptor of its own
    os.dup2(2, 1)
    be_nice()
    decoder = FileDecoder(BuiltinAudioEncoder(), BuiltinImageEncoder())
    limit_memory(int(os.environ.get("BOWERBIRD_DECODE_MEMORY", str(1 << 30))))
    seconds = float(os.environ.get("BOWERBIRD_DECODE_SECONDS", "30"))
    refuse_calls()
    answers.write(b'"ready"\n')
    answers.flush()
    for line in sys.stdin.buffer:
        limit_processor(seconds)
        answers.write(decoder.answer(read_task(line)))
        answers.flush()


if __name__ == "__main__":
    main()
