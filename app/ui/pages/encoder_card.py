"""One learned encoder in the settings: what it adds, how it fares, what can be done with it, and its details.

Made by `settings_encoders`, which hands in what the studio tells and does what the buttons ask for. Asks nobody itself.
"""

from __future__ import annotations

from enum import Enum, auto

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QProgressBar, QPushButton, QVBoxLayout, QWidget

from app.encoder_messages import EncoderState
from app.encoders.catalogue import find, hub_address, read_catalogue
from app.encoders.families import TOKENIZER, files_of
from app.protocol import Failed, Progress, Trouble
from app.ui.encoder_words import (
    adds_words,
    encoded_words,
    facts_words,
    failure_words,
    measured_words,
    standing_words,
    trouble_of,
    vouched_words,
)
from app.ui.progress_words import bar_range, done_words, pace_words
from app.ui.theme import Space, TextSize, Theme
from app.ui.widgets.elided_label import ElidedLabel
from app.ui.widgets.flow import FlowLayout


class Doing(Enum):
    """What was asked for an encoder and is not done yet."""

    NOTHING = auto()
    GETTING = auto()
    INSTALLING = auto()
    CHECKING = auto()
    REMOVING = auto()


class EncoderCard(QWidget):
    """Shows one EncoderState. The signals are its buttons."""

    get_wanted = Signal()
    folder_wanted = Signal()
    file_wanted = Signal()
    check_wanted = Signal()
    remove_wanted = Signal()
    stop_wanted = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._state: EncoderState | None = None
        self._doing = Doing.NOTHING
        self._waits = False
        self._progress: Progress | None = None
        self._failed: Failed | None = None
        self._words_ready = False
        column = QVBoxLayout(self)
        column.setContentsMargins(0, Space.S, 0, Space.S)
        column.setSpacing(Space.XS)
        column.addLayout(self._head())
        self._adds = self._label("", wrap=True)
        self._facts = self._label("small", wrap=True)
        self._measured = self._label("small", wrap=True)
        self._standing = self._label("muted", wrap=True)
        self._trouble = self._label("danger", wrap=True)
        self._bar = QProgressBar(self)
        self._bar.setTextVisible(False)
        self._so_far = self._label("small")
        self._so_far.setWordWrap(True)
        self._so_far.setFont(theme.font(TextSize.SMALL, tabular=True))
        for part in (self._adds, self._facts, self._standing, self._measured, self._trouble, self._bar, self._so_far):
            column.addWidget(part)
        column.addWidget(self._button_row())
        self._about = self._label("small", wrap=True)
        self._about.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self._about.hide()
        column.addWidget(self._about)

    # What is shown

    @property
    def state(self) -> EncoderState | None:
        """What is shown."""
        return self._state

    @property
    def stops(self) -> tuple[QWidget, ...]:
        """Where the Tab key stops, in this order, so far as it can be seen."""
        return (*self.buttons, self._about)

    @property
    def words(self) -> tuple[str, ...]:
        """All sentences that can be seen now, from above; for tests and screen readers."""
        labels = (
            self._title, self._adds, self._facts, self._standing, self._measured, self._trouble, self._so_far,
            self._about,
        )  # fmt: skip
        return tuple(label.text() for label in labels if not label.isHidden() and label.text())

    def show_state(self, state: EncoderState, *, words_ready: bool) -> None:
        """The studio tells how the encoder is."""
        if self._state is not None and state.installed and not self._state.installed:
            self._failed = None
        self._state, self._words_ready = state, words_ready
        self._draw()

    def show_progress(self, progress: Progress | None) -> None:
        """How far getting it is; None when that is over."""
        self._progress = progress
        self._draw()

    def show_doing(self, doing: Doing, *, waits: bool = False) -> None:
        """What was asked for it; `waits` while another one is worked on."""
        if doing is not Doing.NOTHING:
            self._failed = None
        self._doing, self._waits = doing, waits
        self._draw()

    def show_failure(self, failed: Failed) -> None:
        """What was asked for did not work."""
        self._failed = failed
        self._draw()

    # The parts

    def _head(self) -> QHBoxLayout:
        self._title = ElidedLabel("", self)
        self._title.setFont(self._theme.font(TextSize.BODY, bold=True))
        self._default = QLabel(self.tr("recommended"), self)
        self._default.setProperty("role", "small")
        head = QHBoxLayout()
        head.setSpacing(Space.S)
        head.addWidget(self._title, 1)
        head.addWidget(self._default)
        return head

    def _button_row(self) -> QWidget:
        row = QWidget(self)
        flow = FlowLayout(Space.S, Space.XS, row)
        flow.setContentsMargins(0, Space.XS, 0, 0)
        self._get = QPushButton(row)
        self._get.clicked.connect(self.get_wanted)
        self._install = QPushButton(self.tr("Install from"), row)
        menu = QMenu(self._install)
        for words, signal in (
            (self.tr("A folder…"), self.folder_wanted),
            (self.tr("A file of weights…"), self.file_wanted),
        ):
            action = QAction(words, menu)
            action.triggered.connect(signal)
            menu.addAction(action)
        self._install.setMenu(menu)
        self._check = QPushButton(row)
        self._check.clicked.connect(self.check_wanted)
        self._remove = QPushButton(row)
        self._remove.clicked.connect(self.remove_wanted)
        self._stop = QPushButton(self.tr("Stop"), row)
        self._stop.setToolTip(self.tr("What has arrived is kept."))
        self._stop.clicked.connect(self.stop_wanted)
        self._details = QPushButton(row)
        self._details.setProperty("link", True)
        self._details.setCheckable(True)
        self._details.toggled.connect(self._show_details)
        self.buttons = (self._get, self._install, self._check, self._remove, self._stop, self._details)
        for button in self.buttons:
            flow.addWidget(button)
        return row

    def _label(self, role: str, *, wrap: bool = False) -> QLabel:
        label = QLabel(self)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setWordWrap(wrap)
        if role:
            label.setProperty("role", role)
        return label

    # Inside

    def _draw(self) -> None:
        state = self._state
        if state is None:
            return
        # Whatever is hidden hands the keyboard to any neighbour: who had it is asked before.
        had_keys = next((button for button in self.buttons if button.hasFocus()), None)
        self._title.setText(state.name)
        self._default.setVisible(state.default)
        self._say(self._adds, adds_words(state))
        self._say(self._facts, facts_words(state))
        self._say(self._measured, measured_words(state))
        self._say(self._standing, self._standing_words(state))
        trouble = failure_words(self._failed, state) if self._failed is not None else trouble_of(state)
        self._say(self._trouble, trouble if self._doing is Doing.NOTHING else "")
        self._draw_progress(state)
        self._draw_buttons(state)
        self._show_details(self._details.isChecked())
        if had_keys is not None and had_keys.isHidden():
            next(button for button in self.buttons if not button.isHidden()).setFocus()

    def _standing_words(self, state: EncoderState) -> str:
        if self._doing in (Doing.GETTING, Doing.INSTALLING) or self._progress is not None:
            return ""
        parts = [standing_words(state), encoded_words(state)]
        if state.used and self._words_ready:
            parts.append(self.tr("Search by words is ready."))
        return " ".join(part for part in parts if part)

    def _draw_progress(self, state: EncoderState) -> None:
        progress, busy = self._progress, self._progress is not None or self._doing is not Doing.NOTHING
        self._bar.setVisible(busy)
        self._bar.setAccessibleName(self.tr("Progress: {encoder}").format(encoder=state.name))
        done, total = bar_range(progress) if progress is not None else (0, 0)
        self._bar.setRange(0, 1 if self._waits else total)
        self._bar.setValue(done)
        self._bar.setProperty("paused", progress is not None and progress.paused)
        self._bar.style().polish(self._bar)
        self._say(self._so_far, self._busy_words(progress) if busy else "")

    def _busy_words(self, progress: Progress | None) -> str:
        if self._waits:
            return self.tr("Waits until the other one is done.")
        if progress is not None and progress.total > 0:
            pace = [self.tr("paused")] if progress.paused else pace_words(progress)
            return " · ".join((done_words(progress), *pace))
        if progress is not None and self._doing in (Doing.GETTING, Doing.INSTALLING):
            return self.tr("Being checked and tried…")
        return {
            Doing.GETTING: self.tr("Asking for it…"),
            Doing.INSTALLING: self.tr("Reading the files…"),
            Doing.CHECKING: self.tr("Being tried: does it know what it hears or sees?"),
            Doing.REMOVING: self.tr("Being removed…"),
            Doing.NOTHING: self.tr("Being worked on…"),
        }[self._doing]

    def _draw_buttons(self, state: EncoderState) -> None:
        busy = self._progress is not None or self._doing is not Doing.NOTHING
        there = state.installed
        offline = self._failed is not None and self._failed.trouble is Trouble.OFFLINE
        self._get.setText(self.tr("Go on") if state.arrived else self.tr("Get"))
        self._get.setVisible(not busy and not there and not state.problem and bool(state.repo))
        self._install.setVisible(not busy and not there and not state.problem)
        self._check.setText(self.tr("Check again") if state.asked else self.tr("Check"))
        self._check.setVisible(not busy and there)
        self._remove.setText(self.tr("Remove…") if there or state.problem else self.tr("Discard"))
        self._remove.setVisible(not busy and bool(there or state.problem or state.arrived))
        tried = self._progress is not None and not self._progress.total
        endless = tried or self._doing in (Doing.CHECKING, Doing.REMOVING)
        self._stop.setVisible(busy and not self._waits and not endless)
        for button, primary in ((self._get, state.default and not offline), (self._install, offline)):
            if button.property("primary") != primary:
                button.setProperty("primary", primary)
                button.style().unpolish(button)
                button.style().polish(button)
        for button in self.buttons:
            button.setAccessibleName(f"{button.text()}: {state.name}")

    def _show_details(self, on: bool) -> None:
        self._details.setText(self.tr("Fewer details") if on else self.tr("Details"))
        self._about.setVisible(on)
        if on and self._state is not None:
            self._about.setText("\n".join(self._detail_lines(self._state)))
            self._about.setAccessibleName(self.tr("Details: {encoder}").format(encoder=self._state.name))

    def _detail_lines(self, state: EncoderState) -> list[str]:
        lines = []
        if state.repo:
            place = f"{hub_address()}/{state.repo}" + (f"/tree/{state.revision}" if state.revision else "")
            lines.append(self.tr("Comes from: {place}").format(place=place))
            if not state.revision:
                lines.append(self.tr("Revision: the newest; the one first taken is kept to."))
        if state.installed:
            lines.append(self.tr("Who vouches for its files: {who}").format(who=vouched_words(state.vouched)))
            if state.space:
                lines.append(self.tr("Its space: {space}").format(space=state.space))
        else:
            known = find(state.name, read_catalogue())
            if known is not None:
                files, words = ", ".join(files_of(known)), ", ".join(TOKENIZER)
                lines.append(self.tr("Files for a folder of it: {files}").format(files=files))
                lines.append(self.tr("And whichever of these there are: {files}").format(files=words))
                if any(file.sha256 for file in known.files):
                    lines.append(self.tr("The weights must have the digest (SHA-256) that this program knows."))
        return lines

    def _say(self, label: QLabel, words: str) -> None:
        label.setText(words)
        label.setVisible(bool(words))
