"""The lines between pool and child: what goes in comes out, and lies are refused."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.files import Kind
from app.library.covers import picture_key
from app.library.decode_messages import (
    BadAnswer,
    Decoded,
    DecodeFailed,
    DecodeTask,
    Moment,
    StreamFacts,
    Strip,
    Work,
    decoded_line,
    failed_line,
    read_answer,
    read_task,
    task_line,
)
from models.types import Embedding, EncoderId, Modality

SPACE = EncoderId("builtin-audio", 1, "0123456789abcdef")
TASK = DecodeTask(7, Path("/music/caf\udce9.mp3"), Kind.TRACK)
FACTS = StreamFacts(Kind.VIDEO, 12.5, "h264", 1000, 48_000, 2, 640, 360, "Title", "Artist", "Album")
KEY = "0f" * 32
PARTS = ["vectors", "facts", "picture", "picture_key", "note", "failed", "moments", "strip"]
ONE = "AACAPw=="  # the one number 1.0, a vector of unit length


def _vector() -> np.ndarray:
    vector = np.arange(1, 861, dtype=np.float32)
    return vector / np.linalg.norm(vector)


def _line(**changed: object) -> bytes:
    body = json.loads(decoded_line([Embedding(SPACE, _vector())], FACTS, b"\xff\xd8\xffjpeg", KEY, "odd"))
    return json.dumps(body | changed).encode() + b"\n"


def test_tasks_survive_even_with_strange_names() -> None:
    back = read_task(task_line(TASK))
    assert (back.path, back.kind, back.work) == (TASK.path, TASK.kind, Work.ENCODE)
    assert task_line(TASK).count(b"\n") == 1


def test_tasks_say_what_is_wanted() -> None:
    for work, modality, rate in ((Work.SAMPLE, Modality.AUDIO, 48_000), (Work.ENCODE, Modality.IMAGE, 0)):
        back = read_task(task_line(DecodeTask(7, TASK.path, Kind.VIDEO, work, modality, rate)))
        assert (back.kind, back.work, back.modality, back.rate) == (Kind.VIDEO, work, modality, rate)


def test_moments_and_their_strip_survive() -> None:
    moments = [Moment(0.0, Embedding(SPACE, _vector())), Moment(12.3, Embedding(SPACE, _vector()))]
    strip = Strip(b"\xff\xd8\xfftiles", picture_key(b"\xff\xd8\xfftiles"), 160, 90)
    answer = read_answer(decoded_line([], FACTS, None, "", "", moments, strip), TASK, 0.1)
    assert isinstance(answer, Decoded)
    assert [moment.at for moment in answer.moments] == [0.0, 12.3]
    np.testing.assert_array_equal(answer.moments[1].embedding.vector, _vector())
    assert answer.strip == strip


def test_answers_survive() -> None:
    answer = read_answer(_line(), TASK, 0.25)
    assert isinstance(answer, Decoded)
    assert (answer.task, answer.facts, answer.picture_key, answer.note) == (TASK, FACTS, KEY, "odd")
    assert answer.picture == b"\xff\xd8\xffjpeg"
    assert answer.vectors[0].space == SPACE
    np.testing.assert_array_equal(answer.vectors[0].vector, _vector())
    assert answer.vectors[0].vector.dtype == np.float32


def test_failures_survive() -> None:
    assert read_answer(failed_line("too\nbad"), TASK, 0.1) == DecodeFailed(TASK, "too bad")
    assert read_answer(failed_line(""), TASK, 0.1) == DecodeFailed(TASK, "the file cannot be decoded")


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"{}\n",
        b"[]\n",
        b"null\n",
        b"not json\n",
        _line(picture="AAAA"),
        _line(picture="!"),
        _line(picture_key="../../etc/passwd"),
        _line(vectors=[["builtin-audio-v1-0123456789abcdef", "AAAA"]]),
        _line(vectors=[["builtin-audio-v1-0123456789abcdef", "AACAfw=="]]),  # infinity
        _line(vectors=[["../x", ""]]),
        _line(vectors=7),
        _line(facts={"kind": "song"}),
        _line(note=3),
        _line(moments=7),
        _line(moments=[[0.0, str(SPACE), "AAAA"]]),
        _line(moments=[[-1.0, str(SPACE), ONE]]),
        _line(moments=[[float("nan"), str(SPACE), ONE]]),
        _line(moments=[[1e9, str(SPACE), ONE]]),
        _line(moments=[[2.0, str(SPACE), ONE], [1.0, str(SPACE), ONE]]),
        _line(moments=[[1.01, str(SPACE), ONE], [1.02, str(SPACE), ONE]]),  # the same tenth of a second
        _line(moments=[[0.0, str(SPACE), ONE], [1.0, str(SPACE).replace("audio", "image"), ONE]]),
        _line(moments=[[number, str(SPACE), ONE] for number in range(33)]),
        _line(strip=["/9j/", 160, 90]),  # of no moments
        _line(moments=[[0.0, str(SPACE), ONE]], strip=["AAAA", 160, 90]),
        _line(moments=[[0.0, str(SPACE), ONE]], strip=["/9j/", 0, 90]),
        _line(moments=[[0.0, str(SPACE), ONE]], strip=["/9j/", 160, 1e5]),
        _line(moments=[[0.0, str(SPACE), ONE]], strip=["/9j/", 160]),
    ],
)
def test_lies_are_refused(line: bytes) -> None:
    with pytest.raises(BadAnswer):
        read_answer(line, TASK, 0.1)


def test_numbers_beyond_reason_are_dropped() -> None:
    facts = {"duration": 1e300, "bitrate": -5, "width": float("inf"), "height": None, "title": "x\u202e" * 900}
    body = json.loads(_line())["facts"] | facts
    answer = read_answer(_line(facts=body), TASK, 0.1)
    assert isinstance(answer, Decoded)
    assert (answer.facts.duration, answer.facts.bitrate, answer.facts.width) == (0.0, None, None)
    assert answer.facts.title == "x" * 500


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(PARTS),
                inner,
            )
        ),
    )
)
def test_any_json_is_an_answer_or_refused(body: object) -> None:
    line = json.dumps(body).encode() + b"\n"
    try:
        answer = read_answer(line, TASK, 0.1)
    except BadAnswer:
        return
    assert isinstance(answer, (Decoded, DecodeFailed))
