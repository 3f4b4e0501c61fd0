"""The player on QtMultimedia: sound to the system's output, pictures and subtitles to a QVideoSink for the
window.

The composition makes one; the session and the window use it as a `base.Player`, the window's video widget
also paints `video_sink`. Facts it rests on (Qt 6.11 with its FFmpeg): there is no gapless interface, so the
next source is set the moment the last one ends; a seek before loading is lost, so it is kept here; AV1
without a hardware decoder gives neither a picture nor an error, so a watchdog looks for the first picture;
volume ends at 1.0, so ReplayGain above 0 dB is clamped there.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, QUrl
from PySide6.QtMultimedia import QAudioOutput, QMediaDevices, QMediaMetaData, QMediaPlayer, QVideoSink

from app.errors import MediaError, PlayerError
from app.player import subtitles
from app.player.base import (
    ABOUT_TO_FINISH,
    PlayerEvents,
    PlayerState,
    Source,
    TrackChoice,
    amplitude,
    path_of,
)
from app.player.qt_errors import (
    broken,
    no_backend,
    no_picture,
    no_such_track,
    not_there,
    nothing_in_it,
)
from app.player.qt_faults import LAST_PLACE, settle, switch_track
from app.player.replaygain import factor

log = logging.getLogger(__name__)

Status = QMediaPlayer.MediaStatus

PICTURE_MS = 2000
"""So long a video may play without a first picture."""
_STALL_MS = 300
_SILENT_TICKS = 10
"""So many times _STALL_MS a source may be ready and play without its position moving once (3 s)."""
_NEAR_END = 2.0
"""A video begun this near its end may have no picture left to show (seconds)."""


class QtPlayer:
    """A Player that plays. Make it on the UI thread, after the QGuiApplication.

    Raises PlayerError when this system has no multimedia backend Qt can load.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        self.events = PlayerEvents()
        self._owner = QObject(parent)
        self._engine = QMediaPlayer(self._owner)
        if not self._engine.isAvailable():
            self._owner.deleteLater()
            raise no_backend()
        self._output = QAudioOutput(self._owner)
        self._devices = QMediaDevices(self._owner)
        self._chosen_output = b""
        self.video_sink = QVideoSink(self._owner)
        """What the window paints: frames by `videoFrameChanged`, subtitles by `subtitleTextChanged`."""
        for emitter in (self._engine, self._output, self.video_sink):
            settle(emitter)
        self._engine.setAudioOutput(self._output)
        self._engine.setVideoSink(self.video_sink)
        self._volume, self._muted, self._gain = 1.0, False, 0.0
        self._source: Source | None = None
        self._next: tuple[Source, float] | None = None
        self._state = PlayerState.STOPPED
        self._wants_play = self._loaded = self._switching = self._closed = False
        self._warned = self._seen = self._moved = False
        self._start = 0.0
        self._files: tuple[Path, ...] = ()
        self._cues: subtitles.Cues | None = None
        self._cues_from: int | None = None
        self._stalled_at: int | None = None
        self._silent = 0
        self._picture = self._timer(PICTURE_MS, self._on_no_picture, once=True)
        self._stall = self._timer(_STALL_MS, self._on_stall, once=False)
        self._refuse = self._timer(0, self._on_refused, once=True)
        self._connect()

    def _timer(self, interval: int, slot: object, *, once: bool) -> QTimer:
        timer = QTimer(self._owner)
        timer.setInterval(interval)
        timer.setSingleShot(once)
        timer.timeout.connect(slot)
        return timer

    def _connect(self) -> None:
        engine = self._engine
        engine.mediaStatusChanged.connect(self._on_status)
        engine.playbackStateChanged.connect(self._on_playback)
        engine.errorOccurred.connect(self._on_error)
        engine.positionChanged.connect(self._on_position)
        engine.durationChanged.connect(self._on_duration)
        engine.tracksChanged.connect(self._on_tracks)
        self.video_sink.videoFrameChanged.connect(self._on_frame)
        self._devices.audioOutputsChanged.connect(self._on_devices)

    # What it is doing

    @property
    def state(self) -> PlayerState:
        return self._state

    @property
    def position(self) -> float:
        if self._state in (PlayerState.STOPPED, PlayerState.FAILED):
            return 0.0
        return self._engine.position() / 1000 if self._loaded else self._start

    @property
    def duration(self) -> float:
        return self._engine.duration() / 1000 if self._loaded else 0.0

    @property
    def has_video(self) -> bool:
        """Whether the present source has a moving picture (cover art is none)."""
        return self._loaded and self._engine.hasVideo()

    @property
    def volume(self) -> float:
        return self._volume

    @volume.setter
    def volume(self, value: float) -> None:
        self._volume = min(max(value, 0.0), 1.0)
        self._apply_volume()
        self.events.volume.tell(self._volume, self._muted)

    @property
    def muted(self) -> bool:
        return self._muted

    @muted.setter
    def muted(self, value: bool) -> None:
        self._muted = value
        self._output.setMuted(value)
        self.events.volume.tell(self._volume, self._muted)

    # What can be asked

    def load(self, source: Source, *, start: float = 0.0, gain_db: float = 0.0) -> None:
        self._next = None
        self._wants_play = False
        self._open(source, max(start, 0.0), gain_db)

    def prepare(self, source: Source | None, *, gain_db: float = 0.0) -> None:
        self._next = None if source is None else (source, gain_db)

    def play(self) -> None:
        if self._source is None or self._closed:
            return
        if self._state == PlayerState.FAILED:
            self._open(self._source, 0.0, self._gain)
        self._wants_play = True
        if self._loaded:
            self._engine.play()
        elif self._start == 0.0 and not self._refuse.isActive():
            # Begins as soon as it is loaded; with a start we wait, to hear nothing before it.
            self._engine.play()

    def pause(self) -> None:
        self._wants_play = False
        if self._loaded and self._state in (PlayerState.PLAYING, PlayerState.BUFFERING):
            self._engine.pause()

    def stop(self) -> None:
        self._next = None
        self._wants_play = self._warned = False
        self._start = 0.0
        self._picture.stop()
        self._engine.stop()
        self._show_cue(0.0)
        if self._state != PlayerState.FAILED:
            self._set(PlayerState.STOPPED)

    def seek(self, seconds: float) -> None:
        if self._source is None or self._state == PlayerState.FAILED:
            return
        seconds = max(seconds, 0.0)
        if self._loaded:
            seconds = min(seconds, max(self.duration - LAST_PLACE, 0.0))
            self._warned = False
            if self._state == PlayerState.STOPPED:
                self._engine.pause()
            self._engine.setPosition(round(seconds * 1000))
        else:
            self._start = seconds
            if self._state == PlayerState.STOPPED:
                self._set(PlayerState.LOADING)
        self.events.seeked.tell(seconds)
        self._show_cue(seconds)
        self.events.position.tell(seconds)

    def set_gain(self, gain_db: float) -> None:
        self._gain = gain_db
        self._apply_volume()

    def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        self.events = PlayerEvents()
        for timer in (self._picture, self._stall, self._refuse):
            timer.stop()
        for emitter in (self._engine, self.video_sink, self._devices):
            emitter.blockSignals(True)
        self._state = PlayerState.STOPPED
        self._engine.stop()
        self._engine.setSource(QUrl())
        self._owner.deleteLater()

    # Tracks and outputs

    def audio_tracks(self) -> tuple[TrackChoice, ...]:
        if not self._loaded:
            return ()
        return tuple(_choice(index, track) for index, track in enumerate(self._engine.audioTracks()))

    @property
    def audio_track(self) -> int | None:
        index = self._engine.activeAudioTrack() if self._loaded else -1
        return index if index >= 0 else None

    def choose_audio(self, index: int) -> None:
        if index not in range(len(self.audio_tracks())):
            raise no_such_track(index)
        self._switch_track(lambda: self._engine.setActiveAudioTrack(index))
        self.events.tracks.tell()

    def subtitles(self) -> tuple[TrackChoice, ...]:
        """The tracks inside the file, then the subtitle files that lie beside it."""
        if not self._loaded:
            return ()
        inside = [_choice(index, track) for index, track in enumerate(self._engine.subtitleTracks())]
        video = path_of(self._source) if self._source is not None else None
        if video is None:
            return tuple(inside)
        beside = (
            TrackChoice(len(inside) + number, subtitles.label(file, video)) for number, file in enumerate(self._files)
        )
        return (*inside, *beside)

    @property
    def subtitle(self) -> int | None:
        if not self._loaded or self._cues_from is not None:
            return self._cues_from
        index = self._engine.activeSubtitleTrack()
        return index if index >= 0 else None

    def choose_subtitle(self, index: int | None) -> None:
        if index is not None and index not in range(len(self.subtitles())):
            raise no_such_track(index)
        inside = len(self._engine.subtitleTracks())
        cues = None
        if index is not None and index >= inside:
            try:
                cues = subtitles.read(self._files[index - inside])
            except MediaError as error:
                raise PlayerError(error.title, error.detail, error.path) from error
        self._cues, self._cues_from = cues, index if cues is not None else None
        track = -1 if index is None or cues is not None else index
        if track != self._engine.activeSubtitleTrack():
            self._switch_track(lambda: self._engine.setActiveSubtitleTrack(track))
        self.video_sink.setSubtitleText("")
        self._show_cue(self.position)
        self.events.tracks.tell()

    def outputs(self) -> tuple[tuple[str, str], ...]:
        """Sound outputs that are there now, as (id, name)."""
        return tuple((bytes(each.id().data()).hex(), each.description()) for each in QMediaDevices.audioOutputs())

    def choose_output(self, identity: str) -> None:
        """Play on this output; "" (and one that is gone) follows the system's default."""
        self._chosen_output = bytes.fromhex(identity)
        self._on_devices()

    # Inside

    def _open(self, source: Source, start: float, gain_db: float) -> None:
        self._source, self._start, self._gain = source, start, gain_db
        self._loaded = self._warned = self._seen = False
        self._silent, self._moved = 0, False
        self._cues, self._cues_from, self._files = None, None, ()
        for timer in (self._picture, self._stall, self._refuse):
            timer.stop()
        self._apply_volume()
        path = path_of(source)
        url = QUrl.fromLocalFile(str(path.absolute())) if path is not None else QUrl(str(source))
        there = path is None or path.is_file()
        self._switching = True  # Letting go of the old source tells of its state, not of the new one's.
        if self._engine.source() == url:
            self._engine.setSource(QUrl())  # Qt takes the same source twice for no change.
        self._engine.setSource(url if there else QUrl())
        self.video_sink.setSubtitleText("")
        self._switching = False
        self._set(PlayerState.LOADING)
        if there:
            self._on_status(self._engine.mediaStatus())
        else:
            self._refuse.start()

    def _switch_track(self, switch: Callable[[], None]) -> None:
        self._switching = True
        switch_track(self._engine, switch)
        self._switching = False

    def _apply_volume(self) -> None:
        self._output.setVolume(min(amplitude(self._volume) * factor(self._gain), 1.0))

    def _set(self, state: PlayerState) -> None:
        if state == self._state:
            return
        self._state = state
        if state == PlayerState.PLAYING:
            self._watch_picture()
            self._stall.start()
        elif state != PlayerState.BUFFERING:
            self._picture.stop()
            self._stall.stop()
        self.events.state.tell(state)

    def _fail(self, error: PlayerError) -> None:
        if self._state == PlayerState.FAILED:
            return
        log.debug("cannot play: %s", error.title)
        self._next = None
        self._wants_play = False
        self._set(PlayerState.FAILED)
        self._switching = True
        self._engine.stop()
        self._switching = False
        self.events.failed.tell(error)

    def _watch_picture(self) -> None:
        if self._engine.hasVideo() and not self._seen and not self._picture.isActive():
            self._picture.start()

    def _misses_picture(self) -> bool:
        late = self.duration > 0 and self._start > self.duration - _NEAR_END
        return self._loaded and self._engine.hasVideo() and not self._seen and not late

    def _codec(self) -> str:
        tracks = self._engine.videoTracks()
        return str(tracks[0].stringValue(QMediaMetaData.Key.VideoCodec)) if tracks else ""

    def _show_cue(self, seconds: float) -> None:
        if self._cues is not None:
            text = self._cues.at(seconds) if self._state != PlayerState.STOPPED else ""
            if text != self.video_sink.subtitleText():
                self.video_sink.setSubtitleText(text)

    # What Qt tells

    def _on_status(self, status: Status) -> None:
        if self._switching or self._source is None or self._state == PlayerState.FAILED:
            return
        if status in (Status.LoadedMedia, Status.BufferingMedia, Status.BufferedMedia) and not self._loaded:
            self._on_loaded()
        elif status == Status.InvalidMedia:
            self._fail(broken(self._source, self._engine.error(), self._engine.errorString()))
        elif status == Status.EndOfMedia and self._state != PlayerState.STOPPED:
            self._on_end()

    def _on_loaded(self) -> None:
        self._loaded = True
        path = path_of(self._source) if self._source is not None else None
        if path is not None and self._engine.hasVideo():
            self._files = subtitles.beside(path)
        stopped = self._state == PlayerState.STOPPED
        if self._start > 0:
            last = max(self.duration - LAST_PLACE, 0.0)
            start = min(self._start, last) if self.duration > 0 else self._start
            self._engine.pause()
            self._engine.setPosition(round(start * 1000))
        self.events.duration.tell(self.duration)
        self.events.tracks.tell()
        # A listener may have loaded something else or stopped by now.
        if not self._loaded or self._state == PlayerState.FAILED or stopped:
            return
        if self._wants_play:
            self._engine.play()
            self._on_playback(self._engine.playbackState())
        else:
            self._engine.pause()
            self._set(PlayerState.PAUSED)

    def _on_playback(self, state: QMediaPlayer.PlaybackState) -> None:
        if self._switching or not self._loaded or self._state == PlayerState.FAILED:
            return
        if state == QMediaPlayer.PlaybackState.PlayingState:
            self._set(PlayerState.PLAYING)
        elif state == QMediaPlayer.PlaybackState.PausedState and not self._wants_play:
            self._set(PlayerState.PAUSED)

    def _on_end(self) -> None:
        if self._misses_picture():
            self._on_no_picture()
            return
        if self._next is not None:
            (source, gain), self._next = self._next, None
            self._open(source, 0.0, gain)
            self.play()
            self.events.advanced.tell()
            return
        self._wants_play = self._warned = False
        self._start = 0.0
        self._set(PlayerState.STOPPED)
        self.events.finished.tell()

    def _on_error(self, error: QMediaPlayer.Error, text: str) -> None:
        if error != QMediaPlayer.Error.NoError and not self._switching and self._source is not None:
            self._fail(broken(self._source, error, text))

    def _on_refused(self) -> None:
        if self._source is not None:
            self._fail(not_there(self._source))

    def _on_no_picture(self) -> None:
        if self._source is None or not self._misses_picture():
            return
        if self._state == PlayerState.BUFFERING:
            self._picture.start()
            return
        self._fail(no_picture(self._source, self._codec()))

    def _on_position(self, milliseconds: int) -> None:
        playing = self._state in (PlayerState.PLAYING, PlayerState.BUFFERING)
        if self._switching or not self._loaded or not playing:
            return
        seconds = milliseconds / 1000
        self._moved = True
        self._show_cue(seconds)
        self.events.position.tell(seconds)
        if not self._warned and self._loaded and self.duration - seconds <= ABOUT_TO_FINISH:
            self._warned = True
            self.events.about_to_finish.tell()

    def _on_duration(self, _milliseconds: int) -> None:
        if self._loaded and not self._switching:
            self.events.duration.tell(self.duration)

    def _on_tracks(self) -> None:
        if self._loaded and not self._switching:
            self.events.tracks.tell()

    def _on_frame(self) -> None:
        if not self._seen and self._loaded and self.video_sink.videoFrame().isValid():
            self._seen = True
            self._picture.stop()

    def _on_stall(self) -> None:
        """Qt never says StalledMedia: a position that stands still while it fetches is a stall.

        One that never moved though Qt has all it needs means a file without anything to play (seen with headers
        without sound): Qt would stay silent for ever.
        """
        position = self._engine.position()
        fetching = self._engine.mediaStatus() in (Status.BufferingMedia, Status.StalledMedia)
        if self._state == PlayerState.PLAYING and fetching and position == self._stalled_at:
            self._set(PlayerState.BUFFERING)
        elif self._state == PlayerState.BUFFERING and position != self._stalled_at:
            self._set(PlayerState.PLAYING)
        elif self._source is not None and self._state == PlayerState.PLAYING and not self._moved:
            self._silent += 1
            if self._silent >= _SILENT_TICKS:
                self._fail(nothing_in_it(self._source))
        self._stalled_at = position

    def _on_devices(self) -> None:
        """An output came or went: Qt stays silent on one that is gone, so choose again."""
        for device in QMediaDevices.audioOutputs():
            if self._chosen_output and bytes(device.id().data()) == self._chosen_output:
                self._output.setDevice(device)
                return
        self._output.setDevice(QMediaDevices.defaultAudioOutput())


def _choice(index: int, track: QMediaMetaData) -> TrackChoice:
    return TrackChoice(
        index,
        str(track.stringValue(QMediaMetaData.Key.Title)),
        str(track.stringValue(QMediaMetaData.Key.Language)),
    )
