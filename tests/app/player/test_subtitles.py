"""Subtitle files as people have them."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import MediaError
from app.player.subtitles import MOST_BYTES, Cue, Cues, beside, label, parse, read

SRT = """1
00:00:01,000 --> 00:00:02,500
<i>Hello</i> &amp; you
there

2
00:01:00,0 --> 00:01:01,5
Later
""".replace("\n", "\r\n")

VTT = """WEBVTT

NOTE x

id
00:01.000 --> 00:02.500 align:start
<v Ann>Hello</v>

01:00:00.000 --> 01:00:01.000
Late
"""

ASS = """[Events]
Format: x
Dialogue: 0,0:00:01.00,0:00:02.50,D,,0,0,0,,{\\b1}Hello,{\\b0} you\\Nthere
Dialogue: broken
Dialogue: 0,then,now,D,,0,0,0,,times that are none
"""


def test_the_three_formats() -> None:
    assert parse(SRT) == (Cue(1.0, 2.5, "Hello & you\nthere"), Cue(60.0, 61.5, "Later"))
    assert parse(VTT) == (Cue(1.0, 2.5, "Hello"), Cue(3600.0, 3601.0, "Late"))
    assert parse(ASS) == (Cue(1.0, 2.5, "Hello, you\nthere"),)


def test_what_is_shown_when() -> None:
    cues = Cues((Cue(5, 6, "c"), Cue(1, 10, "a"), Cue(2, 3, "b")))
    assert [cues.at(t) for t in (0.5, 1.0, 2.5, 3.0, 5.5, 10.0)] == ["", "a", "a\nb", "a", "a\nc", ""]
    assert len(cues) == 3


def test_cues_that_end_before_they_begin_are_left_out() -> None:
    assert parse("00:00:05,000 --> 00:00:04,000\nx\n") == ()


def test_files_beside_a_video(tmp_path: Path) -> None:
    video = tmp_path / "film.mp4"
    for name in ("film.srt", "film.de.vtt", "filmed.srt", "other.srt", "film.txt"):
        (tmp_path / name).touch()
    found = beside(video)
    assert [path.name for path in found] == ["film.de.vtt", "film.srt"]
    assert [label(path, video) for path in found] == ["de", "film.srt"]
    assert beside(tmp_path / "no" / "film.mp4") == ()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_encodings(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "x.srt"
    file.write_bytes("1\n00:00:01,000 --> 00:00:02,000\nschön\n".encode(encoding))
    assert read(file).at(1.5) == "schön"


def test_what_is_no_subtitle_file_says_so(tmp_path: Path) -> None:
    empty = tmp_path / "x.srt"
    empty.write_bytes(b"\xff\x00 nothing")
    huge = tmp_path / "huge.srt"
    with huge.open("wb") as made:
        made.truncate(MOST_BYTES + 1)
    for file in (empty, huge, tmp_path / "gone.srt"):
        with pytest.raises(MediaError) as caught:
            read(file)
        assert caught.value.path == file


times = st.floats(0, 300, allow_nan=False)


@given(st.lists(st.tuples(times, times), max_size=20), times)
def test_every_cue_of_the_moment_is_shown(spans: list[tuple[float, float]], now: float) -> None:
    cues = Cues(tuple(Cue(min(a, b), max(a, b), str(n)) for n, (a, b) in enumerate(spans)))
    shown = {text for text in cues.at(now).split("\n") if text}
    assert shown == {str(n) for n, (a, b) in enumerate(spans) if min(a, b) <= now < max(a, b)}


@given(st.text(max_size=400))
def test_any_text_is_parsed(text: str) -> None:
    for cue in parse("00:01 --> " + text + "\n00:00:01,000 --> 00:00:02,000\n" + text):
        assert cue.end > cue.start
        assert cue.text
