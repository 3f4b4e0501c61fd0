"""MPRIS 2 on the session bus: media keys, panels and `playerctl` see and steer what plays.

The start-up makes one for the session of the window and calls `start`; without a session bus (or with the
name taken) it logs at DEBUG and does nothing. Interfaces: MPRIS D-Bus Interface Specification 2.2, root and
Player.

PySide gives numbers below 2^31 to D-Bus as 32-bit integers, so `mpris:length` has its proper type x only for
pieces longer than 35 minutes; most clients convert, the duration() of playerctl's formats does not.
"""

from __future__ import annotations

import logging
import os
import random
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import ClassInfo, Property, QObject, Signal, Slot
from PySide6.QtDBus import QDBusAbstractAdaptor, QDBusConnection, QDBusMessage, QDBusObjectPath

from app.player.base import PlayerState, path_of
from app.player.playable import Playable
from app.player.queue import Repeat
from app.player.session import PlaySession

log = logging.getLogger(__name__)

PATH = "/org/mpris/MediaPlayer2"
SERVICE = "org.mpris.MediaPlayer2.bowerbird"
ROOT = "org.mpris.MediaPlayer2"
PLAYER = "org.mpris.MediaPlayer2.Player"
_TRACK = "/org/bowerbird/row/"
_NO_TRACK = "/org/mpris/MediaPlayer2/TrackList/NoTrack"

# The binding's stubs know only Python types here, where D-Bus needs the names of C++ types.
_interface: Any = ClassInfo
_typed: Any = Property
_signal: Any = Signal

_LOOPS = {
    Repeat.OFF: "None",
    Repeat.TRACK: "Track",
    Repeat.ALBUM: "Playlist",
    Repeat.LIST: "Playlist",
}


@_interface({"D-Bus Interface": ROOT})
class _Root(QDBusAbstractAdaptor):
    """The program itself."""

    def __init__(self, parent: QObject, show: Callable[[], None], leave: Callable[[], None]) -> None:
        super().__init__(parent)
        self._show, self._leave = show, leave

    @Slot()
    def Raise(self) -> None:
        self._show()

    @Slot()
    def Quit(self) -> None:
        self._leave()

    CanQuit = Property(bool, lambda _: True)
    CanRaise = Property(bool, lambda _: True)
    HasTrackList = Property(bool, lambda _: False)
    Identity = Property(str, lambda _: "Bowerbird")
    DesktopEntry = Property(str, lambda _: "bowerbird")
    SupportedUriSchemes = _typed("QStringList", lambda _: [])
    SupportedMimeTypes = _typed("QStringList", lambda _: [])


@_interface({"D-Bus Interface": PLAYER})
class _Player(QDBusAbstractAdaptor):
    """What plays, and what can be asked of it."""

    Seeked = _signal("qlonglong")

    def __init__(self, parent: QObject, session: PlaySession, art: Callable[[Playable], str]) -> None:
        super().__init__(parent)
        self._session, self._player, self._art = session, session.player, art

    # Values, as the properties below and PropertiesChanged give them

    def status(self) -> str:
        playing = (PlayerState.PLAYING, PlayerState.BUFFERING)
        if self._player.state in playing:
            return "Playing"
        return "Paused" if self._player.state == PlayerState.PAUSED else "Stopped"

    def track(self) -> str:
        row = self._session.queue.playing
        return _NO_TRACK if row is None else f"{_TRACK}{row.key}"

    def metadata(self) -> dict[str, object]:
        piece = self._session.current
        known: dict[str, object] = {"mpris:trackid": QDBusObjectPath(self.track())}
        if piece is None or self._session.queue.playing is None:
            return known
        length = self._player.duration or piece.duration
        if length > 0:
            known["mpris:length"] = round(length * 1e6)
        if piece.title:
            known["xesam:title"] = piece.title
        if piece.artist:
            known["xesam:artist"] = [piece.artist]
        if piece.album:
            known["xesam:album"] = piece.album
        path = path_of(piece.source)
        if path is not None:
            known["xesam:url"] = path.absolute().as_uri()
        cover = self._art(piece)
        if cover:
            known["mpris:artUrl"] = cover
        return known

    def can_go_next(self) -> bool:
        return bool(self._session.queue.rows)

    def can_seek(self) -> bool:
        return self._player.duration > 0

    def loop(self) -> str:
        return _LOOPS[self._session.queue.repeat]

    def _set_loop(self, value: str) -> None:
        repeat = {"None": Repeat.OFF, "Track": Repeat.TRACK, "Playlist": Repeat.LIST}.get(value)
        if repeat is not None:
            self._session.set_repeat(repeat)

    def shuffled(self) -> bool:
        return self._session.queue.shuffled

    def _set_shuffled(self, value: bool) -> None:
        if value and not self.shuffled():
            self._session.shuffle(random.getrandbits(32))
        elif not value and self.shuffled():
            self._session.unshuffle()

    def volume(self) -> float:
        return self._player.volume

    def _set_volume(self, value: float) -> None:
        self._player.volume = value

    def _position(self) -> int:
        return round(self._player.position * 1e6)

    PlaybackStatus = Property(str, status)
    LoopStatus = Property(str, loop, _set_loop)
    Rate = Property(float, lambda _: 1.0, lambda *_: None)
    Shuffle = Property(bool, shuffled, _set_shuffled)
    Metadata = _typed("QVariantMap", metadata)
    Volume = Property(float, volume, _set_volume)
    Position = _typed("qlonglong", _position)
    MinimumRate = Property(float, lambda _: 1.0)
    MaximumRate = Property(float, lambda _: 1.0)
    CanGoNext = Property(bool, can_go_next)
    CanGoPrevious = Property(bool, can_go_next)
    CanPlay = Property(bool, can_go_next)
    CanPause = Property(bool, can_go_next)
    CanSeek = Property(bool, can_seek)
    CanControl = Property(bool, lambda _: True)

    @Slot()
    def Next(self) -> None:
        self._session.next()

    @Slot()
    def Previous(self) -> None:
        self._session.previous()

    @Slot()
    def Pause(self) -> None:
        self._session.pause()

    @Slot()
    def PlayPause(self) -> None:
        self._session.toggle()

    @Slot()
    def Stop(self) -> None:
        self._session.stop()

    @Slot()
    def Play(self) -> None:
        self._session.play()

    @Slot("qlonglong")
    def Seek(self, offset: int) -> None:
        """Past the end means the next piece, says the specification."""
        goal = self._player.position + offset / 1e6
        if self._player.duration > 0 and goal > self._player.duration:
            self._session.next()
        else:
            self._session.seek(max(goal, 0.0))

    @Slot(QDBusObjectPath, "qlonglong")
    def SetPosition(self, track: QDBusObjectPath, position: int) -> None:
        """Ignored, as specified, for another track than the present and outside of it."""
        if track.path() == self.track() and 0 <= position <= self._player.duration * 1e6:
            self._session.seek(position / 1e6)

    @Slot(str)
    def OpenUri(self, _uri: str) -> None:
        """Only what is in the library is played, so no scheme is announced and nothing is opened."""
        log.debug("an address was asked for over D-Bus and not opened")


class Mpris:
    """Publishes `session` on the session bus from `start` until `close`.

    `show` brings the window to the front, `leave` ends the program, `art` gives a cover's file URL or "".
    """

    def __init__(
        self,
        session: PlaySession,
        *,
        show: Callable[[], None],
        leave: Callable[[], None],
        art: Callable[[Playable], str] = lambda _: "",
    ) -> None:
        self._session = session
        self._object = QObject()
        self._root = _Root(self._object, show, leave)
        self._face = _Player(self._object, session, art)
        self._bus: QDBusConnection | None = None
        self._service = SERVICE
        self._observing: list[Callable[[], None]] = []

    def start(self) -> bool:
        """Go on the bus; False where there is none. A second Bowerbird takes a name with its process number."""
        bus = QDBusConnection.sessionBus()
        if not bus.isConnected() or not bus.registerObject(PATH, self._object):
            log.debug("no session bus: media keys and panels will not see what plays")
            return False
        if not bus.registerService(self._service):
            self._service = f"{SERVICE}.instance{os.getpid()}"
            if not bus.registerService(self._service):
                bus.unregisterObject(PATH)
                log.debug("the name on the session bus is taken")
                return False
        self._bus = bus
        heard, player = self._session.events, self._session.player.events
        self._observing = [
            heard.current.add(lambda _: self._tell_piece()),
            heard.queue.add(lambda _: self._tell_queue()),
            player.duration.add(lambda _: self._tell_piece()),
            player.state.add(lambda _: self._tell({"PlaybackStatus": self._face.status()})),
            player.volume.add(lambda volume, _: self._tell({"Volume": volume})),
            player.seeked.add(lambda seconds: self._face.Seeked.emit(round(seconds * 1e6))),
        ]
        return True

    def close(self) -> None:
        """Leave the bus. Harmless when repeated."""
        for remove in self._observing:
            remove()
        self._observing = []
        if self._bus is not None:
            self._bus.unregisterObject(PATH)
            self._bus.unregisterService(self._service)
            self._bus = None

    def _tell_piece(self) -> None:
        self._tell({"Metadata": self._face.metadata(), "CanSeek": self._face.can_seek()})

    def _tell_queue(self) -> None:
        known = self._face.can_go_next()
        self._tell(
            {
                "LoopStatus": self._face.loop(),
                "Shuffle": self._face.shuffled(),
                "CanGoNext": known,
                "CanGoPrevious": known,
                "CanPlay": known,
                "CanPause": known,
            }
        )

    def _tell(self, changed: dict[str, object]) -> None:
        if self._bus is not None:
            message = QDBusMessage.createSignal(PATH, "org.freedesktop.DBus.Properties", "PropertiesChanged")
            message.setArguments([PLAYER, changed, []])
            self._bus.send(message)
