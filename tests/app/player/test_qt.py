"""What is special to QtMultimedia: tracks, subtitles, missing pictures, real formats, a system without a backend."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import wave
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PySide6.QtCore import QCoreApplication, QObject, Signal
from pytestqt.qtbot import QtBot

from app.errors import PlayerError
from app.player.base import PlayerState
from app.player.qt import QtPlayer

ROOT = Path(__file__).resolve().parents[3]
DEADLINE = 15_000
FPS = 10
RATE = 48000


@pytest.fixture
def player(qtbot: QtBot) -> Iterator[QtPlayer]:
    made = QtPlayer()
    made.muted = True
    yield made
    made.close()


def film(path: Path, codec: str, *, seconds: int = 3, voices: tuple[str, ...] = (), captions: str = "") -> Path:
    """A tiny video of grey frames, with one sound track per language in `voices` and one subtitle track."""
    with av.open(str(path), "w") as container:
        picture = container.add_stream(codec, rate=FPS)
        picture.width, picture.height, picture.pix_fmt = 64, 64, "yuv420p"
        sounds = []
        for language in voices:
            sound = container.add_stream("aac", rate=RATE)
            sound.layout = "stereo"
            sound.metadata["language"] = language
            sounds.append(sound)
        for number in range(seconds * FPS):
            frame = av.VideoFrame.from_ndarray(np.full((64, 64, 3), number * 8 % 256, np.uint8), "rgb24")
            frame.pts, frame.time_base = number, Fraction(1, FPS)
            container.mux(picture.encode(frame))
        container.mux(picture.encode(None))
        for hertz, sound in enumerate(sounds, 1):
            tone = 0.1 * np.sin(np.arange(seconds * RATE) * hertz * 2 * np.pi * 440 / RATE)
            for start in range(0, seconds * RATE, 1024):
                part = np.stack([tone[start : start + 1024]] * 2).astype(np.float32)
                heard = av.AudioFrame.from_ndarray(part, "fltp", "stereo")
                heard.rate, heard.pts, heard.time_base = RATE, start, Fraction(1, RATE)
                container.mux(sound.encode(heard))
            container.mux(sound.encode(None))
    return path


def reached(qtbot: QtBot, condition: Callable[[], bool]) -> None:
    qtbot.waitUntil(condition, timeout=DEADLINE)


@pytest.mark.parametrize("voices", [(), ("eng",)])
def test_a_video_without_a_picture_says_so(
    player: QtPlayer, qtbot: QtBot, tmp_path: Path, voices: tuple[str, ...]
) -> None:
    video = film(tmp_path / "new film.mp4", "libsvtav1", seconds=4, voices=voices)
    errors: list[PlayerError] = []
    finished: list[int] = []
    player.events.failed.add(errors.append)
    player.events.finished.add(lambda: finished.append(1))
    player.load(video)
    player.play()
    reached(qtbot, lambda: bool(errors) or player.video_sink.videoFrame().isValid() or bool(finished))
    if player.video_sink.videoFrame().isValid():
        pytest.skip("this machine decodes AV1 in hardware")
    (error,) = errors
    assert (error.path, player.state) == (video, PlayerState.FAILED)
    assert "new film.mp4" in error.detail
    assert "AV1" in error.detail
    assert "VP9" in error.detail
    assert finished == []


def test_a_video_with_a_picture_plays(player: QtPlayer, qtbot: QtBot, tmp_path: Path) -> None:
    ended: list[int] = []
    errors: list[PlayerError] = []
    player.events.finished.add(lambda: ended.append(1))
    player.events.failed.add(errors.append)
    player.load(film(tmp_path / "film.mp4", "mpeg4"))
    reached(qtbot, lambda: player.state == PlayerState.PAUSED)
    assert player.has_video
    player.play()
    reached(qtbot, lambda: player.video_sink.videoFrame().isValid())
    reached(qtbot, lambda: bool(ended))
    assert errors == []


def test_a_paused_video_shows_its_picture(player: QtPlayer, qtbot: QtBot, tmp_path: Path) -> None:
    player.load(film(tmp_path / "film.mp4", "mpeg4"), start=1.5)
    reached(qtbot, lambda: player.state == PlayerState.PAUSED)
    reached(qtbot, lambda: player.video_sink.videoFrame().isValid())
    assert player.position == pytest.approx(1.5, abs=0.1)


def test_sound_tracks_are_named_and_chosen(player: QtPlayer, qtbot: QtBot, tmp_path: Path) -> None:
    player.load(film(tmp_path / "film.mkv", "mpeg4", voices=("eng", "deu")))
    reached(qtbot, lambda: player.state == PlayerState.PAUSED)
    assert [(track.index, track.language) for track in player.audio_tracks()] == [(0, "English"), (1, "German")]
    told: list[int | None] = []
    player.events.tracks.add(lambda: told.append(player.audio_track))
    player.seek(0.5)
    qtbot.waitUntil(lambda: player.video_sink.videoFrame().isValid())
    player.choose_audio(1)
    assert player.audio_track == 1
    assert 1 in told
    assert player.state == PlayerState.PAUSED
    assert player.position == pytest.approx(0.5, abs=0.1)
    player.play()
    reached(qtbot, lambda: player.position > 1.3)
    player.choose_audio(0)
    reached(qtbot, lambda: player.position > 1.8)


def test_subtitles_beside_the_file_are_shown_at_their_time(player: QtPlayer, qtbot: QtBot, tmp_path: Path) -> None:
    video = film(tmp_path / "film.mp4", "mpeg4")
    (tmp_path / "film.de.srt").write_text("1\n00:00:01,000 --> 00:00:02,000\nschön\n", "utf-8")
    (tmp_path / "film.srt").write_text("nothing", "utf-8")
    player.load(video)
    reached(qtbot, lambda: player.state == PlayerState.PAUSED)
    assert [track.title for track in player.subtitles()] == ["de", "film.srt"]
    assert player.subtitle is None
    player.choose_subtitle(0)
    assert player.subtitle == 0
    player.seek(1.5)
    assert player.video_sink.subtitleText() == "schön"
    player.seek(0.5)
    assert player.video_sink.subtitleText() == ""
    player.play()
    reached(qtbot, lambda: player.video_sink.subtitleText() == "schön")
    reached(qtbot, lambda: player.video_sink.subtitleText() == "")
    player.choose_subtitle(None)
    assert player.subtitle is None
    with pytest.raises(PlayerError):
        player.choose_subtitle(1)


def test_subtitles_inside_the_file_are_listed_and_shown(player: QtPlayer, qtbot: QtBot, tmp_path: Path) -> None:
    video = with_captions(film(tmp_path / "plain.mkv", "mpeg4"), tmp_path / "film.mkv", "Grüße")
    player.load(video)
    reached(qtbot, lambda: player.state == PlayerState.PAUSED)
    assert [track.language for track in player.subtitles()] == ["German"]
    player.choose_subtitle(0)
    assert player.subtitle == 0
    player.play()
    reached(qtbot, lambda: player.video_sink.subtitleText() == "Grüße")
    player.choose_subtitle(None)
    assert player.subtitle is None


def with_captions(plain: Path, path: Path, text: str) -> Path:
    """Copy `plain`, adding one subtitle from 0.5 s to 2.5 s."""
    lines = path.with_suffix(".srt")
    lines.write_text(f"1\n00:00:00,500 --> 00:00:02,500\n{text}\n", "utf-8")
    with av.open(str(plain)) as source, av.open(str(lines)) as spoken, av.open(str(path), "w") as target:
        # Both tracks first: the header is written with the first packet.
        picture = target.add_stream_from_template(source.streams.video[0])
        caption = target.add_stream_from_template(spoken.streams.subtitles[0])
        caption.metadata["language"] = "deu"
        for container, track in ((spoken, caption), (source, picture)):
            for packet in container.demux():
                if packet.dts is not None:
                    packet.stream = track
                    target.mux(packet)
    lines.unlink()
    return path


def test_gain_and_volume_meet_in_one_factor_that_ends_at_one(player: QtPlayer, tmp_path: Path) -> None:
    player.volume = 0.5
    assert player._output.volume() == pytest.approx(0.125)
    player.set_gain(-6.0206)
    assert player._output.volume() == pytest.approx(0.0625, rel=1e-3)
    player.volume = 1.0
    player.set_gain(12.0)
    assert player._output.volume() == 1.0


def test_play_survives_a_change_of_sound_outputs(player: QtPlayer, qtbot: QtBot, tmp_path: Path) -> None:
    player.load(film(tmp_path / "film.mkv", "mpeg4", voices=("eng",)))
    player.play()
    reached(qtbot, lambda: player.position > 0.2)
    player._devices.audioOutputsChanged.emit()
    player.choose_output("ffff")
    assert all(len(output) == 2 for output in player.outputs())
    reached(qtbot, lambda: player.position > 1.0)


@pytest.mark.media
def test_every_shared_format_plays(player: QtPlayer, qtbot: QtBot, shared_media: Path) -> None:
    files = sorted([*(shared_media / "formats").iterdir(), *(shared_media / "video").iterdir()])
    assert len(files) >= 10
    errors: list[PlayerError] = []
    player.events.failed.add(errors.append)
    for file in files:
        player.load(file, start=2.0)
        player.play()
        reached(qtbot, lambda: player.position > 2.2 or bool(errors))
        assert player.has_video == (file.parent.name == "video"), file
        if player.has_video:
            reached(qtbot, lambda: player._seen or bool(errors))
    assert errors == []


@pytest.mark.media
def test_malformed_files_fail_or_play_but_never_hang(player: QtPlayer, qtbot: QtBot, shared_odd_media: Path) -> None:
    files = sorted(path for path in shared_odd_media.rglob("*") if path.suffix in (".webm", ".mkv", ".mp4", ".flac"))
    outcomes: list[str] = []
    player.events.failed.add(lambda error: outcomes.append(error.title))
    player.events.finished.add(lambda: outcomes.append("finished"))
    for file in files[::12]:
        outcomes.clear()
        player.load(file)
        player.play()
        reached(qtbot, lambda: bool(outcomes) or player.position > 0.2)


def test_a_file_with_nothing_in_it_is_not_played_for_ever(player: QtPlayer, qtbot: QtBot, tmp_path: Path) -> None:
    empty = tmp_path / "empty.wav"
    with wave.open(str(empty), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
    told: list[str] = []
    player.events.failed.add(lambda error: told.append(error.detail))
    player.events.finished.add(lambda: told.append("finished"))
    player.load(empty)
    player.play()
    reached(qtbot, lambda: bool(told))
    assert told == ["finished"] or "empty.wav" in told[0]
    assert player.state in (PlayerState.FAILED, PlayerState.STOPPED)


def test_without_a_multimedia_backend_it_says_what_is_missing() -> None:
    program = """
        from PySide6.QtCore import QCoreApplication
        from PySide6.QtGui import QGuiApplication
        app = QGuiApplication([])
        QCoreApplication.setLibraryPaths([])  # the plugins cannot be loaded, as with a library missing
        from app.errors import PlayerError
        from app.player.qt import QtPlayer
        try:
            QtPlayer()
        except PlayerError as error:
            print(error.title, error.detail)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)],
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "libxrandr2" in done.stdout


def test_qt_calls_keep_the_reference_count_of_none(qtbot: QtBot) -> None:
    """PySide6 6.12.0 loses a reference to None in every such call and dies after a few thousand."""

    class Emitter(QObject):
        told = Signal(int)

    emitter = Emitter()
    emitter.told.connect(lambda _: None)
    app = QCoreApplication.instance()
    assert app is not None

    def calls() -> int:
        before = sys.getrefcount(None)
        for number in range(1000):
            app.processEvents()
            emitter.told.emit(number)
        return sys.getrefcount(None) - before

    calls()
    # Others may take or give a reference meanwhile; a leak would be a thousand of them.
    assert abs(calls()) < 20
