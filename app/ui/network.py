"""The network process as the window sees it: switched on and off, told and asked; its events come as signals.

While the network is off no such process exists and every question is answered at once with that. The composition
joins `for_studio` and the studio's `for_network`. Ending a child takes its time, and happens on a thread.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, Signal

from app.codec import Message
from app.config import NETWORK, Settings
from app.network_messages import (
    FOR_STUDIO,
    CardText,
    DownloadChanged,
    DownloadStarted,
    HealthChanged,
    NetworkEvent,
    NetworkProgress,
    NetworkReady,
    NetworkRequest,
    NetworkSettingsChanged,
    NetworkState,
    OffersChanged,
    PeersChanged,
    StreamAt,
    StudioNetworkEvent,
)
from app.processes import Child
from app.protocol import Done, Failed
from app.ui.child_bridge import ChildBridge

NetworkAnswer = Callable[[NetworkEvent | Done | Failed], None]


class NetworkBridge(ChildBridge):
    """`set_on` starts and stops the process and keeps the choice; `switched(on)` tells everybody."""

    switched = Signal(bool)
    state_changed = Signal(object)
    """A NetworkState nobody asked for."""
    progressed = Signal(object)
    peers_changed = Signal()
    offers_changed = Signal()
    health_changed = Signal(object)
    download_changed = Signal(object)
    for_studio = Signal(object)
    """What the studio is to hear of the network process."""
    _let_go = Signal()

    def __init__(self, command: list[str], settings: Settings, parent: QObject | None = None) -> None:
        super().__init__(command, parent)
        self._settings = settings
        self._started = False
        self._key = ""
        self._state: NetworkState | None = None
        self._ending: threading.Thread | None = None
        self._let_go.connect(self._ended_one, Qt.ConnectionType.QueuedConnection)

    @property
    def on(self) -> bool:
        """Whether the user has switched the network on."""
        return self._settings.get(NETWORK)

    @property
    def key(self) -> str:
        """Who we are to others (64 hex digits); "" until the process has said so."""
        return self._key

    @property
    def state(self) -> NetworkState | None:
        """How the network was when it told last; None while off or not heard of yet."""
        return self._state

    def start(self) -> None:
        """Begin, after the first paint: start the process where the network is on."""
        self._started = True
        self._follow()

    def set_on(self, on: bool) -> None:
        """Switch the network on or off, and keep that. Raises SettingsError where it cannot be kept."""
        if on == self.on:
            return
        self._settings.set(NETWORK, on)
        if on:
            self._follow()
        else:
            self._send_away()
        self.switched.emit(on)

    def settings_changed(self) -> None:
        """Let the process read the network's settings anew."""
        self.tell(NetworkSettingsChanged())

    def tell(self, message: NetworkRequest | StudioNetworkEvent) -> None:
        """Send a message that has no answer; while the network is off nobody hears it."""
        self._send(message)

    def ask(self, make: Callable[[int], NetworkRequest], answer: NetworkAnswer) -> int:
        """Send the request that `make` builds from its number; `answer` gets the event, Done, or Failed."""
        number = self._ask(make, answer)
        if self._child is None:
            self._refused.emit(Failed(number, *self._off()))
        return number

    def close(self) -> None:
        """End the process, and wait for one that is still ending."""
        super().close()
        if self._ending is not None:
            self._ending.join()

    # Inside

    def _follow(self) -> None:
        """Have a process where one is wanted; while the last one is still ending, as soon as it has."""
        if self._started and not self._closed and self.on and self._child is None and self._ending is None:
            self._adopt().start()

    def _send_away(self) -> None:
        child, self._child = self._child, None
        self._epoch += 1
        self._key, self._state = "", None
        self._refuse_all(*self._off())
        if child is not None:
            self._ending = threading.Thread(target=self._end, args=(child,), name="network-end", daemon=True)
            self._ending.start()

    def _end(self, child: Child) -> None:
        child.close()
        self._let_go.emit()

    def _ended_one(self) -> None:
        self._ending = None
        self._follow()

    def _take(self, message: Message) -> None:
        if isinstance(message, FOR_STUDIO):
            self.for_studio.emit(message)
        match message:
            case NetworkState() if not message.request:
                self._state = message
                self.state_changed.emit(message)
            case NetworkState():
                self._state = message
                self._answer(message)
            case CardText() | DownloadStarted() | StreamAt() | Done():
                self._answer(message)
            case NetworkReady():
                self._key = message.key
                self.ready.emit(message)
            case NetworkProgress():
                self.progressed.emit(message)
            case PeersChanged():
                self.peers_changed.emit()
            case OffersChanged():
                self.offers_changed.emit()
            case HealthChanged():
                self.health_changed.emit(message)
            case DownloadChanged():
                self.download_changed.emit(message)

    def _ended(self) -> str:
        return self.tr("The network process ended")

    def _off(self) -> tuple[str, str]:
        return self.tr("The network is off"), self.tr("Switch it on under Discover or in the settings.")
