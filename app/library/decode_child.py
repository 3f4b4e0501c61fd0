"""The decode child: reads one file at a time, and answers with vectors, small pictures and the streams' facts, or with
the sound or the pictures themselves.

Started by `decoder.py` as `python -m app.library.decode_child`; one JSON line in, one out (and the bytes it promises),
until its input closes. It is the only process that lets FFmpeg and Pillow see foreign bytes, and it is confined before
it does.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from dataclasses import dataclass, replace
from typing import BinaryIO

import numpy as np

from app.errors import MediaError
from app.files import Kind
from app.library import covers, demuxer, film_frames, sound_windows, strips, tags
from app.library.confinement import be_nice, leave_network, limit_memory, limit_processor, refuse_calls
from app.library.decode_messages import DecodeTask, Moment, StreamFacts, Work, decoded_line, failed_line, read_task
from app.library.pictures import FolderPictures
from app.library.raw_answers import sampled_answer
from app.library.scenes import Scene
from models.encoders import image_blocks
from models.encoders.base import Encoder
from models.encoders.builtin_audio import BuiltinAudioEncoder
from models.encoders.builtin_image import BuiltinImageEncoder
from models.encoders.pooling import pool
from models.types import F32, U8, Clip, Embedding, Frame, Modality

_GLANCE = 3
"""Frames that suffice for a thumbnail."""


@dataclass(slots=True)
class _Seen:
    """What was found of a file in time."""

    facts: StreamFacts
    shots: list[Frame]
    scenes: list[Scene]
    clips: list[Clip]
    notes: list[str]


class FileDecoder:
    """Decodes and encodes single files with the encoders it is given, each within about `seconds`."""

    def __init__(self, audio: Encoder[Clip], image: Encoder[Frame], seconds: float = 30.0) -> None:
        self._audio = audio
        self._image = image
        self._seconds = seconds
        self._folder_pictures = FolderPictures()

    def answer(self, task: DecodeTask) -> bytes:
        """Decode one file; what to send back, good or bad. Raises nothing that a file can cause."""
        try:
            return self._sampled(task) if task.work is Work.SAMPLE else self._decoded(task)
        except MediaError as error:
            return failed_line(error.title)
        except MemoryError:
            return failed_line("decoding needs more memory than allowed")
        except Exception as error:  # noqa: BLE001 - foreign bytes: decoding is one of the two places
            return failed_line(demuxer.why(error))

    # ------------------------------------------------------------------------------------ picture and vectors

    def _decoded(self, task: DecodeTask) -> bytes:
        """The picture that stands for the file, and the vectors that were asked for."""
        encode = task.work is Work.ENCODE
        began = time.monotonic()
        pictures, sound = encode and task.modality in (None, Modality.IMAGE), encode and task.modality != Modality.IMAGE
        seen = self._look_and_listen(task, began, pictures=pictures, sound=sound)
        if time.monotonic() - began > 0.5 * self._seconds:
            seen.notes.append("only a part could be looked at in time")
        pixels, picture, key = self._cover(task, seen)
        vectors: list[Embedding] = []
        moments: list[Moment] = []
        strip = None
        if sound:
            vectors += self._heard(seen)
        if seen.scenes:
            rows = self._image.encode([scene.frame for scene in seen.scenes])
            weights = np.array([[scene.weight] for scene in seen.scenes], np.float32)
            vectors += self._embedding(self._image, rows * weights)
            shown = [(scene, row) for scene, row in zip(seen.scenes, rows, strict=True) if np.any(row)]
            moments = [Moment(scene.at, Embedding(self._image.id, row)) for scene, row in shown]
            strip = strips.strip_of([scene.frame for scene, _ in shown])
        elif pictures and pixels is not None:
            vectors += self._embedding(self._image, self._image.encode([Frame(pixels)]))
        return decoded_line(vectors, seen.facts, picture, key, "; ".join(seen.notes), moments, strip)

    def _look_and_listen(self, task: DecodeTask, began: float, *, pictures: bool, sound: bool) -> _Seen:
        """What was found in time: the pictures get half of it, the sound most of the rest."""
        heard = False
        with demuxer.opened(task.path, began + 0.5 * self._seconds) as container:
            seen = _Seen(demuxer.facts(container), [], [], [], [])
            film, track = demuxer.film_stream(container), demuxer.sound_stream(container)
            if film is not None:
                if pictures:
                    seen.scenes = film_frames.film_scenes(container, film)
                    seen.shots = [scene.frame for scene in seen.scenes]
                else:
                    seen.shots = film_frames.frames(container, film, _GLANCE)
                seen.facts = _upright(seen.facts, seen.shots)
                if not seen.shots:
                    seen.notes.append("no picture could be decoded")
            elif sound:
                seen.clips = sound_windows.windows(container, track)
            else:
                heard = sound_windows.can_be_heard(container, track)
        asked = track is not None and (film is None or sound or not seen.shots)
        if film is not None and asked:
            # From a new demuxer: the one that showed the film stands at its end.
            with demuxer.opened(task.path, began + 0.8 * self._seconds) as container:
                seen.clips = sound_windows.windows(container, demuxer.sound_stream(container))
        heard = heard or bool(seen.clips)
        if asked and not heard:
            seen.notes.append("no sound could be decoded")
        if not seen.shots and not heard:
            raise MediaError("; ".join(seen.notes) or "no sound or video in it")
        return seen

    def _heard(self, seen: _Seen) -> list[Embedding]:
        clips = _long_enough(seen.clips)
        if seen.clips and not clips:
            seen.notes.append("too short to be heard")
        return self._embedding(self._audio, self._audio.encode(clips)) if clips else []

    @staticmethod
    def _embedding(encoder: Encoder[Clip] | Encoder[Frame], rows: F32) -> list[Embedding]:
        """One vector for all windows or frames; none where they say nothing (silence, black)."""
        vector = pool(rows)
        return [Embedding(encoder.id, vector)] if np.any(vector) else []

    def _cover(self, task: DecodeTask, seen: _Seen) -> tuple[U8 | None, bytes | None, str]:
        """The picture that stands for the file: the cover, else a frame of the film."""
        try:
            raw = tags.read_picture(task.path, self._folder_pictures)
            if raw is not None:
                pixels = covers.normalise(raw)
                return pixels, covers.jpeg(pixels), covers.picture_key(raw)
        except MediaError as error:
            seen.notes.append(error.title)
        best = film_frames.portrait(seen.shots) if seen.facts.kind == Kind.VIDEO else None
        if best is None:
            return None, None, ""
        picture = covers.jpeg(best)
        return best, picture, covers.picture_key(picture)

    # ---------------------------------------------------------------------------------- sound and pictures raw

    def _sampled(self, task: DecodeTask) -> bytes:
        """The sound's windows or the pictures themselves; empty where the file has none."""
        notes: list[str] = []
        with demuxer.opened(task.path, time.monotonic() + 0.8 * self._seconds) as container:
            if task.modality is Modality.AUDIO:
                track = demuxer.sound_stream(container)
                found = sound_windows.windows(container, track, task.rate, full=True) if track is not None else []
                return sampled_answer(_long_enough(found), [], [], "")
            film = demuxer.film_stream(container)
            scenes = film_frames.film_scenes(container, film) if film is not None else []
        if not scenes:
            scenes = self._cover_scene(task, notes)
        # The same times as the moments have: a picture of nothing has no vector, and so no moment.
        scenes = [scene for scene in scenes if image_blocks.look(scene.frame) is not None]
        frames, weights = [scene.frame for scene in scenes], [scene.weight for scene in scenes]
        return sampled_answer([], frames, weights, "; ".join(notes))

    def _cover_scene(self, task: DecodeTask, notes: list[str]) -> list[Scene]:
        """The cover as the one thing to see; empty for a file without one."""
        try:
            raw = tags.read_picture(task.path, self._folder_pictures)
            return [] if raw is None else [Scene(0.0, Frame(covers.normalise(raw)), 1.0)]
        except MediaError as error:
            notes.append(error.title)
            return []


def _long_enough(clips: list[Clip]) -> list[Clip]:
    return [clip for clip in clips if len(clip.samples) >= sound_windows.SHORTEST * clip.rate]


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
