"""One suite that every player passes: the null player on its manual clock and QtMultimedia on real files."""

from __future__ import annotations

import math
import struct
import time
import wave
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.errors import PlayerError
from app.player.base import Player, PlayerState, Source, TrackChoice, amplitude
from app.player.null import NullPlayer, Piece
from app.player.playable import Playable, Played
from app.player.qt import QtPlayer
from app.player.session import PlaySession
from models.ids import ItemId

DEADLINE = 15.0
"""Seconds of the player's own time after which an awaited event counts as missing."""


class Rig:
    """A player, a way to let its time pass, and all it told."""

    def __init__(self, player: Player, step: Callable[[], None], now: Callable[[], float]) -> None:
        self.player = player
        self._step, self._now = step, now
        self.states: list[PlayerState] = []
        self.positions: list[float] = []
        self.durations: list[float] = []
        self.seeks: list[float] = []
        self.failures: list[PlayerError] = []
        self.told: list[str] = []
        player.events.state.add(self.states.append)
        player.events.position.add(self.positions.append)
        player.events.duration.add(self.durations.append)
        player.events.seeked.add(self.seeks.append)
        player.events.failed.add(self.failures.append)
        player.events.finished.add(lambda: self.told.append("finished"))
        player.events.advanced.add(lambda: self.told.append("advanced"))
        player.events.about_to_finish.add(lambda: self.told.append("about"))

    def until(self, reached: Callable[[], bool], what: str) -> None:
        end = self._now() + DEADLINE
        while not reached():
            assert self._now() < end, f"{what} did not come; told {self.told}, states {self.states}, {self.failures}"
            self._step()

    def until_state(self, state: PlayerState) -> None:
        self.until(lambda: self.player.state == state, str(state))

    def plays_for(self, seconds: float) -> None:
        goal = self.player.position + seconds
        self.until(lambda: self.player.position >= goal, f"{goal:.1f} s")


def tone(path: Path, seconds: float, hertz: float = 440.0) -> Path:
    """A small real sound file, so that the suite runs where no media are shared."""
    rate = 8000
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(
            b"".join(
                struct.pack("<h", int(9000 * math.sin(2 * math.pi * hertz * n / rate)))
                for n in range(int(rate * seconds))
            )
        )
    return path


@pytest.fixture(scope="session")
def tones(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Path]:
    """Two short sounds and one that is none."""
    folder = tmp_path_factory.mktemp("tones")
    damaged = folder / "damaged.wav"
    damaged.write_bytes(b"this is no sound at all " * 50)
    return tone(folder / "first.wav", 2.0), tone(folder / "söcond #2 %.wav", 1.5, 660.0), damaged


def measure(source: Source) -> Piece:
    """What the null player makes of the same files."""
    path = Path(source)
    if not path.is_file():
        return Piece(error=PlayerError("This file is not there", path.name, path))
    try:
        with wave.open(str(path)) as file:
            return Piece(file.getnframes() / file.getframerate(), (TrackChoice(0, ""),))
    except wave.Error:
        return Piece(error=PlayerError("This file cannot be played", path.name, path))


@pytest.fixture(params=["null", "qt"])
def rig(request: pytest.FixtureRequest, qtbot: QtBot) -> Iterator[Rig]:
    player: Player
    if request.param == "null":
        null = NullPlayer(measure)
        clock = [0.0]

        def tick() -> None:
            clock[0] += 0.05
            null.advance(0.05)

        player, made = null, Rig(null, tick, lambda: clock[0])
    else:
        player = QtPlayer()
        made = Rig(player, lambda: qtbot.wait(5), time.monotonic)
    yield made
    player.close()
    player.close()


def test_a_new_player_is_stopped_and_empty(rig: Rig) -> None:
    player = rig.player
    assert (player.state, player.position, player.duration) == (PlayerState.STOPPED, 0.0, 0.0)
    assert (player.audio_tracks(), player.subtitles(), player.audio_track, player.subtitle) == (
        (),
        (),
        None,
        None,
    )
    player.play()
    player.pause()
    player.seek(3.0)
    player.stop()
    assert player.state == PlayerState.STOPPED
    assert rig.states == []


def test_it_loads_paused_and_tells_duration_and_tracks(rig: Rig, tones: tuple[Path, Path, Path]) -> None:
    rig.player.load(tones[0])
    assert rig.player.state == PlayerState.LOADING
    rig.until_state(PlayerState.PAUSED)
    assert rig.player.duration == pytest.approx(2.0, abs=0.1)
    assert rig.durations[-1] == pytest.approx(2.0, abs=0.1)
    assert (rig.player.position, rig.player.audio_track) == (0.0, 0)
    assert len(rig.player.audio_tracks()) == 1


def test_it_plays_to_the_end_and_can_play_again(rig: Rig, tones: tuple[Path, Path, Path]) -> None:
    rig.player.load(tones[0])
    rig.player.play()
    rig.until(lambda: "finished" in rig.told, "the end")
    assert rig.told == ["about", "finished"]
    assert (rig.player.state, rig.player.position) == (PlayerState.STOPPED, 0.0)
    assert rig.states == [PlayerState.LOADING, PlayerState.PLAYING, PlayerState.STOPPED]
    assert rig.positions == sorted(rig.positions)
    assert rig.positions[-1] > 1.5
    rig.player.play()
    rig.plays_for(0.3)
    assert rig.player.position < 1.5


def test_pausing_holds_the_position(rig: Rig, tones: tuple[Path, Path, Path]) -> None:
    rig.player.load(tones[0])
    rig.player.play()
    rig.plays_for(0.4)
    rig.player.pause()
    rig.until_state(PlayerState.PAUSED)
    held = rig.player.position
    told = len(rig.positions)
    for _ in range(20):
        rig._step()
    assert rig.player.position == pytest.approx(held, abs=0.06)
    assert len(rig.positions) <= told + 1
    rig.player.play()
    rig.plays_for(0.2)
    assert rig.player.position < held + 1.0


def test_it_begins_where_asked(rig: Rig, tones: tuple[Path, Path, Path]) -> None:
    rig.player.load(tones[0], start=1.2)
    assert rig.player.position == pytest.approx(1.2)
    rig.player.play()
    rig.until_state(PlayerState.PLAYING)
    rig.until(lambda: bool(rig.positions), "a position")
    assert min(rig.positions) >= 1.15
    rig.until(lambda: "finished" in rig.told, "the end")


def test_it_begins_where_asked_while_something_else_plays(rig: Rig, tones: tuple[Path, Path, Path]) -> None:
    rig.player.load(tones[1])
    rig.player.play()
    rig.plays_for(0.2)
    rig.positions.clear()
    rig.player.load(tones[0], start=1.2)
    rig.player.play()
    rig.until(lambda: bool(rig.positions), "a position")
    assert min(rig.positions) >= 1.15
    assert rig.player.duration == pytest.approx(2.0, abs=0.1)


def test_a_seek_before_loading_is_kept(rig: Rig, tones: tuple[Path, Path, Path]) -> None:
    rig.player.load(tones[0])
    rig.player.seek(1.0)
    assert rig.player.position == pytest.approx(1.0)
    rig.until_state(PlayerState.PAUSED)
    assert rig.player.position == pytest.approx(1.0, abs=0.06)
    assert rig.seeks == [1.0]


def test_a_seek_before_loading_comes_before_the_place_to_resume(rig: Rig, tones: tuple[Path, Path, Path]) -> None:
    rig.player.load(tones[0], start=0.4)
    rig.player.seek(1.2)
    rig.player.play()
    rig.until(lambda: bool(rig.positions) and rig.player.state == PlayerState.PLAYING, "a position")
    rig.plays_for(0.1)
    assert min(rig.positions) >= 1.15


class OneFile:
    """The session's library, of one sound."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def resolve(self, item: ItemId) -> Playable:
        return Playable(item, self._path, 2.0)

    def save(self, item: ItemId, seconds: float) -> None:
        pass


def test_a_session_plays_from_a_moment_on_every_player(rig: Rig, tones: tuple[Path, Path, Path]) -> None:
    library, heard = OneFile(tones[0]), list[Played]()
    session = PlaySession(rig.player, library, library)
    session.events.played.add(heard.append)
    session.play_from(ItemId(1), 1.0)
    rig.until_state(PlayerState.PLAYING)
    rig.plays_for(0.2)
    assert min(rig.positions) >= 0.95
    session.play_from(ItemId(1), 0.2)
    rig.plays_for(0.2)
    assert rig.player.position < 1.0
    session.close()
    (played,) = heard
    assert 0.3 <= played.seconds < 1.5
    assert played.fraction < 0.8


def test_it_seeks_while_playing_and_never_past_the_end(rig: Rig, tones: tuple[Path, Path, Path]) -> None:
    rig.player.load(tones[0])
    rig.player.play()
    rig.plays_for(0.2)
    rig.player.seek(1.3)
    assert rig.player.position == pytest.approx(1.3, abs=0.1)
    rig.player.seek(0.1)
    rig.plays_for(0.2)
    assert rig.player.position < 1.2
    rig.player.seek(99.0)
    assert rig.seeks[-1] == pytest.approx(2.0, abs=0.1)
    rig.until(lambda: "finished" in rig.told, "the end")
    rig.player.seek(0.5)
    rig.until_state(PlayerState.PAUSED)
    assert rig.player.position == pytest.approx(0.5, abs=0.1)


def test_stopping_goes_to_the_beginning(rig: Rig, tones: tuple[Path, Path, Path]) -> None:
    rig.player.load(tones[0])
    rig.player.play()
    rig.plays_for(0.3)
    rig.player.stop()
    assert (rig.player.state, rig.player.position) == (PlayerState.STOPPED, 0.0)
    rig.player.play()
    rig.plays_for(0.1)
    assert rig.player.position < 1.0
    assert "finished" not in rig.told


def test_a_prepared_source_follows_by_itself(rig: Rig, tones: tuple[Path, Path, Path]) -> None:
    rig.player.load(tones[0], start=1.2)
    rig.player.play()
    rig.player.prepare(tones[1])
    rig.until(lambda: "advanced" in rig.told, "the hand-over")
    rig.until_state(PlayerState.PLAYING)
    assert rig.player.duration == pytest.approx(1.5, abs=0.1)
    rig.until(lambda: "finished" in rig.told, "the end")
    assert [told for told in rig.told if told != "about"] == ["advanced", "finished"]
    assert PlayerState.STOPPED not in rig.states[:-1]


def test_the_same_source_can_follow_itself(rig: Rig, tones: tuple[Path, Path, Path]) -> None:
    rig.player.load(tones[0], start=1.5)
    rig.player.play()
    rig.player.prepare(tones[0])
    rig.until(lambda: "advanced" in rig.told, "the hand-over")
    rig.plays_for(0.3)
    assert rig.player.position < 1.5


def test_what_was_prepared_can_be_forgotten(rig: Rig, tones: tuple[Path, Path, Path]) -> None:
    rig.player.load(tones[0], start=1.5)
    rig.player.prepare(tones[1])
    rig.player.prepare(None)
    rig.player.play()
    rig.until(lambda: "finished" in rig.told, "the end")
    assert "advanced" not in rig.told


@pytest.mark.parametrize("which", ["missing", "damaged"])
def test_what_cannot_be_played_fails_with_its_name(
    rig: Rig, tones: tuple[Path, Path, Path], tmp_path: Path, which: str
) -> None:
    bad = tones[2] if which == "damaged" else tmp_path / "gone.mp3"
    rig.player.load(bad)
    rig.player.play()
    rig.until(lambda: bool(rig.failures), "the failure")
    (error,) = rig.failures
    assert error.path == bad
    assert error.title
    assert bad.name in error.detail
    assert rig.player.state == PlayerState.FAILED
    rig.player.load(tones[0])
    rig.player.play()
    rig.plays_for(0.2)
    assert len(rig.failures) == 1


def test_a_prepared_source_that_fails_is_told(rig: Rig, tones: tuple[Path, Path, Path]) -> None:
    rig.player.load(tones[0], start=1.6)
    rig.player.play()
    rig.player.prepare(tones[2])
    rig.until(lambda: bool(rig.failures), "the failure")
    assert "advanced" in rig.told
    assert rig.player.state == PlayerState.FAILED


def test_a_new_load_drops_the_one_before(rig: Rig, tones: tuple[Path, Path, Path]) -> None:
    for source in (tones[0], tones[2], tones[0], tones[1]):
        rig.player.load(source)
        rig.player.play()
    rig.plays_for(0.2)
    assert rig.failures == []
    assert rig.player.duration == pytest.approx(1.5, abs=0.1)


def test_loading_from_within_an_event_works(rig: Rig, tones: tuple[Path, Path, Path]) -> None:
    def again() -> None:
        rig.player.load(tones[1])
        rig.player.play()

    rig.player.load(tones[0], start=1.7)
    remove = rig.player.events.finished.add(again)
    rig.player.play()
    rig.until(lambda: "finished" in rig.told, "the end")
    remove()
    rig.plays_for(0.2)
    assert rig.player.duration == pytest.approx(1.5, abs=0.1)


def test_volume_and_mute_are_kept_and_told(rig: Rig, tones: tuple[Path, Path, Path]) -> None:
    told: list[tuple[float, bool]] = []
    rig.player.events.volume.add(lambda volume, muted: told.append((volume, muted)))
    rig.player.volume = 0.4
    rig.player.muted = True
    rig.player.volume = 7.0
    assert told == [(0.4, False), (0.4, True), (1.0, True)]
    rig.player.load(tones[0], gain_db=6.0)
    rig.player.set_gain(-6.0)
    assert (rig.player.volume, rig.player.muted) == (1.0, True)


def test_a_track_that_is_not_there_is_refused(rig: Rig, tones: tuple[Path, Path, Path]) -> None:
    rig.player.load(tones[0])
    rig.until_state(PlayerState.PAUSED)
    with pytest.raises(PlayerError):
        rig.player.choose_audio(3)
    with pytest.raises(PlayerError):
        rig.player.choose_subtitle(0)
    rig.player.choose_audio(0)
    rig.player.choose_subtitle(None)
    assert (rig.player.audio_track, rig.player.subtitle) == (0, None)


def test_a_closed_player_tells_nothing(rig: Rig, tones: tuple[Path, Path, Path]) -> None:
    rig.player.load(tones[0])
    rig.player.play()
    rig.plays_for(0.1)
    rig.player.close()
    told = len(rig.states), len(rig.positions)
    for _ in range(20):
        rig._step()
    assert (len(rig.states), len(rig.positions)) == told


def test_the_volume_curve_ends_where_it_must() -> None:
    assert (amplitude(0.0), amplitude(1.0), amplitude(-3.0), amplitude(9.0)) == (0.0, 1.0, 0.0, 1.0)
    assert 20 * math.log10(amplitude(0.5)) == pytest.approx(-18.06, abs=0.01)
