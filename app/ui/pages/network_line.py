"""One slim line that says how the network is, with what it fetches now and the step that leads on."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QWidget

from app.network_messages import AskNetworkState, NetworkProgress, Reachable
from app.ui.network import NetworkBridge
from app.ui.network_words import Health, amount, health
from app.ui.theme import Space, Theme
from app.ui.widgets.elided_label import ElidedLabel


class NetworkLine(QWidget):
    """`details_wanted` while the network is on, `switch_wanted` while it is off. Follows the bridge by itself."""

    details_wanted = Signal()
    switch_wanted = Signal()

    def __init__(self, network: NetworkBridge, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._network, self._theme = network, theme
        self._fetching = ""
        self._picture = QLabel(self)
        self._line = ElidedLabel("", self)
        self._line.setProperty("role", "muted")
        self._line.setAccessibleName(self.tr("How the network is"))
        self._step = QPushButton(self)
        self._step.setProperty("link", True)
        self._step.clicked.connect(self._lead_on)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(Space.S)
        row.addWidget(self._picture)
        row.addWidget(self._line, 1)
        row.addWidget(self._step)
        network.switched.connect(lambda _on: self.refresh())
        network.state_changed.connect(lambda _state: self.refresh())
        network.ready.connect(lambda _ready: self.ask())
        network.lost.connect(self._lost)
        network.progressed.connect(self._take_progress)
        theme.changed.connect(self.refresh)
        self.refresh()

    @property
    def words(self) -> str:
        """What is said."""
        return self._line.text()

    @property
    def now(self) -> Health:
        """How the network is, in words."""
        return health(self._network.on, self._network.state)

    @property
    def work(self) -> str:
        """What is fetched now, "" for nothing."""
        return self._fetching

    def ask(self) -> None:
        """Ask anew how the network is."""
        if self._network.on:
            self._network.ask(AskNetworkState, lambda _event: self.refresh())

    def refresh(self) -> None:
        """Say what is known now."""
        if not self._network.on:
            self._fetching = ""
        self._show(self.now)

    def _show(self, now: Health) -> None:
        on = self._network.on
        state = self._network.state
        known = state is not None and state.reachable is not Reachable.UNKNOWN
        parts = (now.line, self._fetching, *now.more[: int(known)]) if not now.trouble else (now.line,)
        words = " ".join(part for part in parts if part)
        self._line.setText(words)
        self._line.setAccessibleDescription(" ".join((words, *now.more[1:])))
        icon = "warning" if now.trouble else "discover" if on else "offline"
        tone = "danger" if now.trouble else "muted"
        self._picture.setPixmap(self._theme.pixmap(icon, 16, tone, self.devicePixelRatioF()))
        self._step.setText(self.tr("Peers") if on else self.tr("Switch on…"))
        self._step.setAccessibleName(
            self.tr("Peers and how the network is") if on else self.tr("Switch the network on…")
        )

    def _lead_on(self) -> None:
        if self._network.on:
            self.details_wanted.emit()
        else:
            self.switch_wanted.emit()

    def _lost(self, why: str) -> None:
        self._fetching = ""
        self._show(Health(self.tr("The network process ended: {why}").format(why=why), (), True))

    def _take_progress(self, event: NetworkProgress) -> None:
        if event.what != "catalogue":
            return
        over = event.done >= event.total > 0
        self._fetching = (
            ""
            if over
            else self.tr("Fetching a catalogue: {done} of {total}.").format(
                done=amount(event.done), total=amount(event.total)
            )
        )
        self._show(self.now)
