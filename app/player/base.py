"""The contract of everything that plays: what may be asked of a player and what it tells, without Qt.

`null.NullPlayer` and `qt.QtPlayer` fulfil it and pass the same tests; `session.PlaySession` and the window
use it. Nothing here touches files, sound or screens.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Generic, ParamSpec, Protocol

from app.errors import PlayerError

P = ParamSpec("P")

Source = Path | str
"""A file on disk, or the URL of something that is still arriving (a string with a scheme)."""

ABOUT_TO_FINISH = 5.0
"""Seconds before the end at which `about_to_finish` is told, so that the next piece can be prepared."""


class PlayerState(StrEnum):
    """What the player is doing now."""

    STOPPED = "stopped"
    LOADING = "loading"
    BUFFERING = "buffering"
    PLAYING = "playing"
    PAUSED = "paused"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class TrackChoice:
    """One sound or subtitle track inside a file; `index` is what choosing takes."""

    index: int
    title: str
    language: str = ""

    @property
    def label(self) -> str:
        """What a menu shows: title and language, or the number where the file names neither."""
        named = " · ".join(part for part in (self.title, self.language) if part)
        return named or f"{self.index + 1}"


class Observers(Generic[P]):
    """Those who want to hear of one kind of event; plain callables, called in the order they were added."""

    __slots__ = ("_calls",)

    def __init__(self) -> None:
        self._calls: list[Callable[P, None]] = []

    def add(self, call: Callable[P, None]) -> Callable[[], None]:
        """Call `call` at every event from now on, until the returned function is called."""
        self._calls.append(call)

        def remove() -> None:
            if call in self._calls:
                self._calls.remove(call)

        return remove

    def tell(self, *args: P.args, **kwargs: P.kwargs) -> None:
        """Tell everybody; somebody who leaves while it is being told is told no more."""
        for call in tuple(self._calls):
            if call in self._calls:
                call(*args, **kwargs)


@dataclass(frozen=True, slots=True)
class PlayerEvents:
    """Everything a player tells. All calls come on the thread the player was made on."""

    state: Observers[[PlayerState]] = field(default_factory=Observers)
    position: Observers[[float]] = field(default_factory=Observers)
    """Seconds, several times a second while playing; never a promise of how often."""
    duration: Observers[[float]] = field(default_factory=Observers)
    seeked: Observers[[float]] = field(default_factory=Observers)
    """The position jumped to these seconds because somebody asked for it."""
    about_to_finish: Observers[[]] = field(default_factory=Observers)
    finished: Observers[[]] = field(default_factory=Observers)
    """The end was reached with nothing prepared; the state is STOPPED."""
    advanced: Observers[[]] = field(default_factory=Observers)
    """The end was reached and the prepared source plays now."""
    failed: Observers[[PlayerError]] = field(default_factory=Observers)
    tracks: Observers[[]] = field(default_factory=Observers)
    """The lists of sound and subtitle tracks, or the choice among them, changed."""
    volume: Observers[[float, bool]] = field(default_factory=Observers)
    """The volume or the mute changed: (volume 0..1, muted)."""


class Player(Protocol):
    """Plays one source after the other.

    Loading, seeking and failing happen later than the call that asks for them: `load` returns at once with
    the state LOADING. Errors that belong to a source arrive as `events.failed`; nothing here raises for a bad
    file.
    """

    @property
    def events(self) -> PlayerEvents: ...

    @property
    def state(self) -> PlayerState: ...

    @property
    def position(self) -> float:
        """Seconds from the beginning; the awaited position while loading or seeking; 0.0 when stopped."""

    @property
    def duration(self) -> float:
        """Seconds; 0.0 while unknown."""

    @property
    def volume(self) -> float:
        """0..1 as a slider shows it; `amplitude` gives the factor it stands for."""

    @volume.setter
    def volume(self, value: float) -> None: ...

    @property
    def muted(self) -> bool: ...

    @muted.setter
    def muted(self, value: bool) -> None: ...

    def load(self, source: Source, *, start: float = 0.0, gain_db: float = 0.0) -> None:
        """Take `source`, forget what was loaded or prepared, and wait, paused, at `start` seconds."""

    def prepare(self, source: Source | None, *, gain_db: float = 0.0) -> None:
        """Go straight on to `source` when the present one ends; None forgets what was prepared."""

    def play(self) -> None:
        """Play as soon as possible; from the beginning after a stop or an end. Harmless without a source."""

    def pause(self) -> None: ...

    def stop(self) -> None:
        """Stop and go back to the beginning; the source stays loaded, what was prepared is forgotten."""

    def seek(self, seconds: float) -> None:
        """Jump there, within the piece; before it is loaded, begin there."""

    def set_gain(self, gain_db: float) -> None:
        """Change the ReplayGain of the present source."""

    def audio_tracks(self) -> tuple[TrackChoice, ...]: ...

    @property
    def audio_track(self) -> int | None:
        """Index of the sound track that plays; None without sound."""

    def choose_audio(self, index: int) -> None:
        """Play this sound track. Raises PlayerError where there is no such track."""

    def subtitles(self) -> tuple[TrackChoice, ...]: ...

    @property
    def subtitle(self) -> int | None:
        """Index of the subtitle track that is shown; None when none is."""

    def choose_subtitle(self, index: int | None) -> None:
        """Show this subtitle track, or none. Raises PlayerError where there is no such track."""

    def close(self) -> None:
        """Let go of devices and files; nothing is told any more. Harmless when repeated."""


def amplitude(volume: float) -> float:
    """Turn a volume slider in 0..1 into a factor for samples, so that equal steps sound equal.

    The cube, as PulseAudio does it (`pa_sw_volume_to_linear`): half of the slider is -18 dB.
    """
    return float(min(max(volume, 0.0), 1.0) ** 3)


def name_of(source: Source) -> str:
    """The last part of a path or URL, for messages."""
    return source.name if isinstance(source, Path) else source.rstrip("/").rsplit("/", 1)[-1].split("?", 1)[0]


def path_of(source: Source) -> Path | None:
    """The file of a source; None for something that is still arriving."""
    return source if isinstance(source, Path) else None
