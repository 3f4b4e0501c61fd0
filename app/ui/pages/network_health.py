"""How the network is, as a strip on a page: in words, with what is under way, and the step that leads on.

Shown on the peers page; follows the bridge by itself.
"""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from app.network_messages import AskNetworkState, NetworkProgress
from app.ui.network import NetworkBridge
from app.ui.network_words import Health, amount, health, number
from app.ui.theme import Space, Theme

QUIET_MS = 20_000
"""What was not heard of for so long has ended without a word."""


class NetworkHealth(QWidget):
    """`settings_wanted` is the button: to switch it on, or to see how it is set."""

    settings_wanted = Signal()

    def __init__(self, network: NetworkBridge, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._network, self._theme = network, theme
        self.setProperty("surface", "frame")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._picture = QLabel(self)
        self._line = QLabel(self)
        self._line.setTextFormat(Qt.TextFormat.PlainText)
        self._line.setWordWrap(True)
        self._line.setAccessibleName(self.tr("How the network is"))
        self._more = QLabel(self)
        self._more.setTextFormat(Qt.TextFormat.PlainText)
        self._more.setProperty("role", "small")
        self._more.setWordWrap(True)
        self._work = QLabel(self)
        self._work.setTextFormat(Qt.TextFormat.PlainText)
        self._work.setProperty("role", "small")
        self._bar = QProgressBar(self)
        self._bar.setTextVisible(False)
        self._bar.setAccessibleName(self.tr("What the network is at"))
        self._bar.setFixedWidth(160)
        self._step = QPushButton(self)
        self._step.clicked.connect(self.settings_wanted)
        working = QHBoxLayout()
        working.setSpacing(Space.S)
        working.addWidget(self._work)
        working.addWidget(self._bar)
        working.addStretch(1)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self._line)
        words.addWidget(self._more)
        words.addLayout(working)
        across = QHBoxLayout(self)
        across.setContentsMargins(Space.M, Space.S, Space.M, Space.S)
        across.setSpacing(Space.M)
        across.addWidget(self._picture, 0, Qt.AlignmentFlag.AlignTop)
        across.addLayout(words, 1)
        across.addWidget(self._step, 0, Qt.AlignmentFlag.AlignVCenter)
        self._quiet = QTimer(self)
        self._quiet.setSingleShot(True)
        self._quiet.setInterval(QUIET_MS)
        self._quiet.timeout.connect(self._end_work)
        network.switched.connect(self.refresh)
        network.state_changed.connect(self.refresh)
        network.lost.connect(self._lost)
        network.ready.connect(self.ask)
        network.progressed.connect(self._take_progress)
        theme.changed.connect(self.refresh)
        self._end_work()
        self.refresh()

    @property
    def words(self) -> str:
        """All that is said."""
        return " ".join(part for part in (self._line.text(), self._more.text()) if part)

    @property
    def work(self) -> str:
        """What is under way; "" for nothing."""
        return "" if self._work.isHidden() else self._work.text()

    def ask(self, _ready: object = None) -> None:
        """Ask anew how the network is."""
        if self._network.on:
            self._network.ask(AskNetworkState, self.refresh)

    def refresh(self, _event: object = None) -> None:
        """Say what is known now."""
        on = self._network.on
        if not on:
            self._end_work()
        self._show(health(on, self._network.state))
        self._step.setText(self.tr("Settings…") if on else self.tr("Switch on…"))
        self._step.setAccessibleName(self.tr("Network settings") if on else self.tr("Switch the network on…"))

    def _show(self, now: Health) -> None:
        self._line.setText(now.line)
        self._more.setText(" ".join(now.more))
        self._more.setVisible(bool(now.more))
        icon = "warning" if now.trouble else "discover" if self._network.on else "offline"
        tone = "danger" if now.trouble else "muted"
        self._picture.setPixmap(self._theme.pixmap(icon, 20, tone, self.devicePixelRatioF()))

    def _lost(self, why: str) -> None:
        self._end_work()
        self._show(Health(self.tr("The network process ended: {why}").format(why=why), (), True))

    def _take_progress(self, event: NetworkProgress) -> None:
        if not self._network.on or event.done >= event.total > 0:
            self._end_work()
            return
        self._quiet.start()
        match event.what:
            case "catalogue" if event.total <= 0:
                words = self.tr("Looking for whoever has a catalogue…")
            case "catalogue":
                words = self.tr("Fetching a catalogue: {done} of {total}").format(
                    done=amount(event.done), total=amount(event.total)
                )
            case "hashing":
                words = self.tr("Reading what you publish: {done} of {total}").format(
                    done=number(event.done), total=number(event.total)
                )
            case _:
                words = self.tr("Making your catalogue")
        self._work.setText(words)
        self._bar.setRange(0, 1000 if event.total > 0 else 0)
        self._bar.setValue(1000 * event.done // event.total if event.total > 0 else 0)
        self._work.show()
        self._bar.show()

    def _end_work(self) -> None:
        self._quiet.stop()
        self._work.hide()
        self._bar.hide()
