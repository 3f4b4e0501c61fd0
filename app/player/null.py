"""A player without sound or picture whose time passes only when told to: for tests and silent machines.

It fulfils the whole contract of `base.Player`, so what works with it works with a real one. With a `measure`
that answers every source with an error it also stands in where the multimedia system is missing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from app.errors import PlayerError
from app.player.base import ABOUT_TO_FINISH, PlayerEvents, PlayerState, Source, TrackChoice, path_of

_STEP = 0.25
"""Seconds between two position events while time passes."""


@dataclass(frozen=True, slots=True)
class Piece:
    """What a source turns out to be: its length in seconds and its tracks, or the error it fails with."""

    duration: float = 180.0
    audio: tuple[TrackChoice, ...] = (TrackChoice(0, ""),)
    subtitles: tuple[TrackChoice, ...] = ()
    error: PlayerError | None = None


def _measure(source: Source) -> Piece:
    path = path_of(source)
    if path is not None and not path.exists():
        return Piece(error=PlayerError("This file is not there", "It was moved or deleted.", path))
    return Piece()


class NullPlayer:
    """A Player on a manual clock: `advance(seconds)` lets loading end, time pass, pieces finish or fail."""

    def __init__(self, measure: Callable[[Source], Piece] = _measure) -> None:
        self.events = PlayerEvents()
        self._measure = measure
        self._state = PlayerState.STOPPED
        self._source: Source | None = None
        self._piece = Piece(duration=0.0, audio=())
        self._next: Source | None = None
        self._next_gain = 0.0
        self._wants_play = False
        self._position = 0.0
        self._warned = False
        self._volume = 1.0
        self._muted = False
        self._gain = 0.0
        self._audio: int | None = None
        self._subtitle: int | None = None
        self._closed = False

    # What it is doing

    @property
    def state(self) -> PlayerState:
        return self._state

    @property
    def position(self) -> float:
        return self._position

    @property
    def duration(self) -> float:
        return self._piece.duration

    @property
    def source(self) -> Source | None:
        return self._source

    @property
    def prepared(self) -> Source | None:
        return self._next

    @property
    def gain_db(self) -> float:
        return self._gain

    @property
    def volume(self) -> float:
        return self._volume

    @volume.setter
    def volume(self, value: float) -> None:
        self._volume = min(max(value, 0.0), 1.0)
        self.events.volume.tell(self._volume, self._muted)

    @property
    def muted(self) -> bool:
        return self._muted

    @muted.setter
    def muted(self, value: bool) -> None:
        self._muted = value
        self.events.volume.tell(self._volume, self._muted)

    # What can be asked

    def load(self, source: Source, *, start: float = 0.0, gain_db: float = 0.0) -> None:
        self._source, self._gain = source, gain_db
        self._next = None
        self._piece = Piece(duration=0.0, audio=())
        self._audio = self._subtitle = None
        self._wants_play = self._warned = False
        self._position = max(start, 0.0)
        self._set(PlayerState.LOADING)

    def prepare(self, source: Source | None, *, gain_db: float = 0.0) -> None:
        self._next, self._next_gain = source, gain_db

    def play(self) -> None:
        if self._source is None or self._closed:
            return
        if self._state == PlayerState.FAILED:
            self.load(self._source, gain_db=self._gain)
        self._wants_play = True
        if self._state in (PlayerState.PAUSED, PlayerState.STOPPED):
            self._set(PlayerState.PLAYING)

    def pause(self) -> None:
        self._wants_play = False
        if self._state == PlayerState.PLAYING:
            self._set(PlayerState.PAUSED)

    def stop(self) -> None:
        self._next = None
        self._wants_play = self._warned = False
        self._position = 0.0
        if self._state == PlayerState.LOADING:
            self._open()
        if self._state != PlayerState.FAILED:
            self._set(PlayerState.STOPPED)

    def seek(self, seconds: float) -> None:
        if self._source is None or self._state == PlayerState.FAILED:
            return
        self._position = max(seconds, 0.0)
        if self._state != PlayerState.LOADING:
            self._position = min(self._position, self._piece.duration)
            self._warned = False
        if self._state == PlayerState.STOPPED:
            self._set(PlayerState.PAUSED)
        self.events.seeked.tell(self._position)
        self.events.position.tell(self._position)

    def set_gain(self, gain_db: float) -> None:
        self._gain = gain_db

    def audio_tracks(self) -> tuple[TrackChoice, ...]:
        return self._piece.audio

    @property
    def audio_track(self) -> int | None:
        return self._audio

    def choose_audio(self, index: int) -> None:
        if index not in range(len(self._piece.audio)):
            raise PlayerError("There is no such sound track", f"Number {index + 1} was asked for.")
        self._audio = index
        self.events.tracks.tell()

    def subtitles(self) -> tuple[TrackChoice, ...]:
        return self._piece.subtitles

    @property
    def subtitle(self) -> int | None:
        return self._subtitle

    def choose_subtitle(self, index: int | None) -> None:
        if index is not None and index not in range(len(self._piece.subtitles)):
            raise PlayerError("There is no such subtitle track", f"Number {index + 1} was asked for.")
        self._subtitle = index
        self.events.tracks.tell()

    def close(self) -> None:
        self._closed = True
        self._source = self._next = None
        self._state = PlayerState.STOPPED
        self.events = PlayerEvents()

    # How time passes

    def advance(self, seconds: float = 0.0) -> None:
        """Let `seconds` pass: loading ends first (or fails), then time goes by in small steps."""
        if self._state == PlayerState.LOADING:
            self._open()
        left = seconds
        while left > 1e-9 and self._plays():
            step = min(_STEP, left, max(self._piece.duration - self._position, 0.0))
            self._position += step
            left -= step
            self.events.position.tell(self._position)
            self._near_the_end()
            if self._state == PlayerState.LOADING:
                self._open()

    def _plays(self) -> bool:
        return self._state == PlayerState.PLAYING

    def _near_the_end(self) -> None:
        if not self._plays():
            return
        remaining = self._piece.duration - self._position
        if remaining <= ABOUT_TO_FINISH and not self._warned:
            self._warned = True
            self.events.about_to_finish.tell()
        if remaining > 1e-9 or not self._plays():
            return
        if self._next is None:
            self._wants_play = self._warned = False
            self._position = 0.0
            self._set(PlayerState.STOPPED)
            self.events.finished.tell()
            return
        self.load(self._next, gain_db=self._next_gain)
        self._wants_play = True
        self.events.advanced.tell()

    def _open(self) -> None:
        assert self._source is not None
        piece = self._measure(self._source)
        if piece.error is not None:
            self._set(PlayerState.FAILED)
            self.events.failed.tell(piece.error)
            return
        self._piece = piece
        self._position = min(self._position, piece.duration)
        self._audio = 0 if piece.audio else None
        self.events.duration.tell(piece.duration)
        self.events.tracks.tell()
        self._set(PlayerState.PLAYING if self._wants_play else PlayerState.PAUSED)

    def _set(self, state: PlayerState) -> None:
        if state != self._state:
            self._state = state
            self.events.state.tell(state)
