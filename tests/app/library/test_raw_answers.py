"""Sound and pictures on the pipe: what goes in comes out, and a child that lies is not believed."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from app.files import Kind
from app.library.decode_messages import BadAnswer, DecodeFailed, DecodeTask, Sampled, Work, failed_line
from app.library.raw_answers import MAX_SAMPLES, raw_size, read_sampled, sampled_answer
from models.types import Clip, Frame, Modality

TASK = DecodeTask(7, Path("/music/a.mp3"), Kind.TRACK, Work.SAMPLE, Modality.AUDIO, 48_000)
FILM = DecodeTask(8, Path("/films/a.mkv"), Kind.VIDEO, Work.SAMPLE, Modality.IMAGE)
_SOUND = arrays.arrays(np.float32, st.integers(1, 300), elements=st.floats(-2, 2, width=32))
_PIXELS = arrays.arrays(np.uint8, st.tuples(st.integers(1, 12), st.integers(1, 12), st.just(3)))


def _split(answer: bytes) -> tuple[bytes, bytes]:
    end = answer.index(b"\n") + 1
    return answer[:end], answer[end:]


def _read(answer: bytes, task: DecodeTask) -> Sampled:
    line, raw = _split(answer)
    assert raw_size(line) == len(raw)
    found = read_sampled(line, raw, task, 0.25)
    assert isinstance(found, Sampled)
    return found


@given(st.lists(_SOUND, max_size=3), st.text(max_size=20))
def test_sound_goes_in_and_comes_out(sounds: list[np.ndarray], note: str) -> None:
    found = _read(sampled_answer([Clip(samples, 48_000) for samples in sounds], [], [], note), TASK)
    assert (found.task, found.seconds, found.weights, found.frames) == (TASK, 0.25, (), ())
    assert [clip.rate for clip in found.clips] == [48_000] * len(sounds)
    for clip, samples in zip(found.clips, sounds, strict=True):
        assert clip.samples.dtype == np.float32
        np.testing.assert_allclose(clip.samples, np.clip(samples, -1, 1), atol=1 / 32_767)


@given(st.lists(_PIXELS, max_size=5))
def test_pictures_go_in_and_come_out(pictures: list[np.ndarray]) -> None:
    frames = [Frame(pixels, number / 10) for number, pixels in enumerate(pictures)]
    weights = [1 / len(frames) for _ in frames]
    found = _read(sampled_answer([], frames, weights, ""), FILM)
    assert (found.task, found.weights, found.clips) == (FILM, tuple(weights), ())
    assert [frame.seconds for frame in found.frames] == [frame.seconds for frame in frames]
    for frame, pixels in zip(found.frames, pictures, strict=True):
        np.testing.assert_array_equal(frame.pixels, pixels)
        assert frame.pixels.flags.writeable  # torch warns of others


def test_failures_survive() -> None:
    line = failed_line("the file is damaged")
    assert raw_size(line) == 0
    assert read_sampled(line, b"", TASK, 0.1) == DecodeFailed(TASK, "the file is damaged")


@pytest.mark.parametrize(
    "changed",
    [
        {"clips": [MAX_SAMPLES + 1]},
        {"clips": [0]},
        {"clips": [-5]},
        {"clips": [True]},
        {"clips": [3.0]},
        {"clips": [1, 1, 1, 1]},
        {"clips": 3},
        {"frames": [[601, 1, 0, 1]]},
        {"frames": [[1, 0, 0, 1]]},
        {"frames": [[1, 1, 0, 1]] * 2},  # twice at the same time
        {"frames": [[1, 1, 5, 0.5], [1, 1, 4, 0.5]]},
        {"frames": [[1, 1, number, 0] for number in range(33)]},
        {"frames": [[1, 1, float("nan"), 1]]},
        {"frames": [[1, 1, float("inf"), 1]]},
        {"frames": [[1, 1, -1, 1]]},
        {"frames": [[1, 1, 2e6, 1]]},  # later than a moment can be kept
        {"frames": [[1, 1, 5.01, 1], [1, 1, 5.02, 1]]},  # the same tenth of a second
        {"frames": [[1, 1, 0, 2]]},
        {"frames": [[1, 1]]},
        {"note": 3},
    ],
)
def test_lies_are_refused_before_a_byte_is_read(changed: dict[str, object]) -> None:
    line = json.dumps({"clips": [], "frames": [], "note": ""} | changed).encode() + b"\n"
    assert raw_size(line) == 0
    with pytest.raises(BadAnswer):
        read_sampled(line, b"", TASK, 0.1)


@pytest.mark.parametrize(
    ("task", "answer"),
    [
        (FILM, sampled_answer([Clip(np.zeros(8, np.float32), 48_000)], [], [], "")),
        (TASK, sampled_answer([], [Frame(np.zeros((2, 2, 3), np.uint8), 0.0)], [1.0], "")),
    ],
)
def test_sound_instead_of_pictures_never_reaches_an_encoder(task: DecodeTask, answer: bytes) -> None:
    with pytest.raises(BadAnswer, match="instead"):
        read_sampled(*_split(answer), task, 0.1)


def test_too_few_or_too_many_bytes_are_refused() -> None:
    line, raw = _split(sampled_answer([Clip(np.zeros(8, np.float32), 48_000)], [], [], ""))
    for wrong in (raw[:-1], raw + b"\0", b""):
        with pytest.raises(BadAnswer):
            read_sampled(line, wrong, TASK, 0.1)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: (
            st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["clips", "frames", "note", "failed"]), inner)
        ),
    )
)
def test_any_json_is_an_answer_or_refused(body: object) -> None:
    line = json.dumps(body).encode() + b"\n"
    raw = b"\0" * min(raw_size(line), 1 << 20)
    try:
        answer = read_sampled(line, raw, TASK, 0.1)
    except BadAnswer:
        return
    assert isinstance(answer, (Sampled, DecodeFailed))


@given(st.binary(max_size=60))
def test_any_bytes_promise_nothing(line: bytes) -> None:
    assert raw_size(line) == 0
    with pytest.raises(BadAnswer):
        read_sampled(line, b"", TASK, 0.1)
