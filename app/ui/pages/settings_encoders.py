"""Settings: the encoders. Those built in, the learned ones that can be added, and how to add one without the internet.

The studio gets, tries and removes them; this page asks it to, and shows what it tells. Nothing here opens a
connection or reads an encoder's files.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from PySide6.QtCore import QElapsedTimer, Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLabel, QMessageBox, QPushButton, QVBoxLayout, QWidget

from app.encoder_messages import (
    CheckEncoder,
    EncodersChanged,
    EncoderState,
    GetEncoder,
    InstallEncoder,
    ListEncoders,
    RemoveEncoder,
)
from app.encoders.catalogue import hub_address
from app.protocol import Cancel, Event, Failed, Job, JobEnded, Progress, Ready, Request, Trouble
from app.ui.bridge import StudioBridge
from app.ui.encoder_words import failure_words
from app.ui.network_words import amount, number
from app.ui.pages.encoder_card import Doing, EncoderCard
from app.ui.pages.settings_rows import Section
from app.ui.progress_words import done_words, pace_words
from app.ui.theme import Space, Theme
from app.ui.widgets.elided_label import ElidedLabel
from app.ui.widgets.tab_order import tab_before

COUNT_MS = 3_000
"""How often is asked how much has been encoded, while that grows."""
BY_HAND = ""
"""The name under which a folder is installed that may hold any encoder."""


class EncodersSection(Section):
    """What listens and looks: the encoders in use, and those that can be added."""

    def __init__(self, studio: StudioBridge, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self._studio = studio
        self._cards: dict[str, EncoderCard] = {}
        self._asked: dict[str, Doing] = {}
        self._progress: Progress | None = None
        self._since_asked = QElapsedTimer()
        self.set_title(self.tr("Encoders"))
        self.add_note(
            self.tr(
                "Encoders turn sound and pictures into numbers, so that what is alike lies close together. "
                "All of it happens on this machine."
            )
        )
        self._learned_rows()
        self._by_hand_rows()
        self._built_in_rows()
        self._tell_spaces(studio.spaces)
        studio.ready.connect(self._studio_ready)
        studio.encoders_changed.connect(self._show)
        studio.progressed.connect(self._show_progress)
        studio.job_ended.connect(self._end)

    # For the page and tests

    def exact(self, name: str) -> str:
        """The exact space of the "audio", "image" or "text" encoder; "" until the studio has told."""
        return self._in_use[name].text()

    def card(self, name: str) -> EncoderCard | None:
        """What shows one learned encoder, None where it is not listed."""
        return self._cards.get(name)

    @property
    def names(self) -> tuple[str, ...]:
        """The learned encoders, as they are listed."""
        return tuple(self._cards)

    @property
    def said(self) -> str:
        """What stands where an encoder is installed by hand: how far it is, or why it did not work."""
        return "" if self._hand_words.isHidden() else self._hand_words.text()

    def get(self, name: str) -> None:
        """Download an encoder, or go on with it."""
        self._ask(name, Doing.GETTING, lambda request: GetEncoder(request, name))

    def install(self, path: Path, name: str = BY_HAND) -> None:
        """Take an encoder from a file or folder; without a name, whichever it turns out to be."""
        self._ask(name, Doing.INSTALLING, lambda request: InstallEncoder(request, str(path), name))

    def check(self, name: str) -> None:
        """Try an installed encoder again."""
        self._ask(name, Doing.CHECKING, lambda request: CheckEncoder(request, name))

    def remove(self, name: str) -> None:
        """Delete an encoder and what it has encoded."""
        self._ask(name, Doing.REMOVING, lambda request: RemoveEncoder(request, name))

    def stop(self) -> None:
        """End what is being done just now; what has arrived is kept."""
        self._studio.tell(Cancel(Job.ENCODER))

    def ask_remove(self, name: str) -> None:
        """Ask whether an encoder is to be removed, and do it."""
        card = self._cards.get(name)
        if card is None or card.state is None:
            return
        state = card.state
        if not state.installed:
            self.remove(name)
            return
        box = QMessageBox(self)
        box.setIcon(QMessageBox.Icon.NoIcon)
        box.setWindowTitle(self.tr("Remove an encoder"))
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setText(self.tr("Remove {encoder}?").format(encoder=name))
        box.setInformativeText(self._lost_words(state))
        remove = box.addButton(self.tr("Remove"), QMessageBox.ButtonRole.DestructiveRole)
        box.setDefaultButton(box.addButton(QMessageBox.StandardButton.Cancel))
        box.buttonClicked.connect(lambda button: self.remove(name) if button is remove else None)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.open()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._refresh()

    # The parts

    def _learned_rows(self) -> None:
        self.add_heading(self.tr("Learned encoders: search by words"))
        self.add_note(
            self.tr(
                "What is built in knows what sounds and looks alike. A learned encoder also knows what it is: type "
                "“rainy night piano” or “people dancing on a beach” and find it, in your library, in moments of films "
                "and in what others offer. One for sound and one for pictures are enough. They understand "
                "English best, and help your recommendations, too."
            )
        )
        self.add_note(
            self.tr(
                "“Get” fetches an encoder once from {place}, directly, not through the proxy of the network's "
                "settings; that server then sees this machine's internet address, and nothing of your library. What "
                "comes is checked before it is used. From then on it works without any network."
            ).format(place=urlsplit(hub_address()).hostname or hub_address())
        )
        self._where = self.add_note("")
        self._where.hide()
        self._first, self._more = self._group(), self._group()
        self.add(self._first)
        self._more_heading = QLabel(self.tr("Others to choose from"), self)
        self._more_heading.setProperty("role", "muted")
        self._more_heading.hide()
        self.add(self._more_heading)
        self.add(self._more)
        self._waiting = self.add_note(self.tr("The studio is asked which there are…"))

    def _by_hand_rows(self) -> None:
        self.add_heading(self.tr("Without the internet"))
        self.add_note(
            self.tr(
                "On a computer that is online, open the place that “Details” names and save the files listed there in "
                "one folder, or take the encoder's folder from another Bowerbird (in “encoders” of its profile). Bring "
                "it here, on a stick, say, and install it. It is checked and tried like one that was fetched."
            )
        )
        row = QWidget(self)
        across = QHBoxLayout(row)
        across.setContentsMargins(0, 0, 0, 0)
        across.setSpacing(Space.S)
        self._folder = QPushButton(self.tr("Install from a folder…"), row)
        self._folder.clicked.connect(lambda: self._choose_folder(BY_HAND))
        self._hand_stop = QPushButton(self.tr("Stop"), row)
        self._hand_stop.setAccessibleName(self.tr("Stop installing"))
        self._hand_stop.clicked.connect(self.stop)
        self._hand_stop.hide()
        across.addWidget(self._folder)
        across.addWidget(self._hand_stop)
        across.addStretch(1)
        self.add(row)
        self._hand_words = QLabel(self)
        self._hand_words.setTextFormat(Qt.TextFormat.PlainText)
        self._hand_words.setWordWrap(True)
        self._hand_words.hide()
        self.add(self._hand_words)

    def _built_in_rows(self) -> None:
        self.add_heading(self.tr("Built in, always in use"))
        self._in_use: dict[str, ElidedLabel] = {}
        for name, title, words in (
            ("audio", self.tr("Sound"), self.tr("860 numbers a track: timbre, rhythm, harmony. No download.")),
            (
                "image",
                self.tr("Picture"),
                self.tr("1,543 numbers a picture: colour, shape, layout. No download."),
            ),
            ("text", self.tr("Words"), self.tr("512 numbers from title, artist, album and genre. No download.")),
        ):
            box = QWidget(self)
            down = QVBoxLayout(box)
            down.setContentsMargins(Space.S, 0, 0, 0)
            down.setSpacing(2)
            exact = self._in_use[name] = ElidedLabel("", box)
            exact.setProperty("role", "small")
            exact.hide()
            for part in (QLabel(title, box), self.note(words, box), exact):
                down.addWidget(part)
            self.add(box)

    def _group(self) -> QWidget:
        group = QWidget(self)
        column = QVBoxLayout(group)
        column.setContentsMargins(Space.S, 0, 0, 0)
        column.setSpacing(Space.S)
        return group

    # What the studio tells

    def _refresh(self) -> None:
        self._since_asked.start()
        self._studio.ask(ListEncoders, self._listed)

    def _listed(self, event: Event) -> None:
        if isinstance(event, EncodersChanged):
            self._show(event)
        elif isinstance(event, Failed) and not self._cards:
            self._waiting.setText(failure_words(event))

    def _show(self, told: EncodersChanged) -> None:
        self._waiting.hide()
        self._where.setText(self.tr("They compute on: {device}").format(device=told.device))
        self._where.setVisible(bool(told.device))
        for name in [name for name in self._cards if all(name != state.name for state in told.encoders)]:
            card = self._cards.pop(name)
            card.hide()
            card.deleteLater()
        for state in told.encoders:
            if state.name not in self._cards:
                self._cards[state.name] = self._new_card(state.name)
            self._cards[state.name].show_state(state, words_ready=state.name in told.words_ready)
        here = [state.name for state in told.encoders if state.installed or state.problem]
        first = here + [state.name for state in told.encoders if state.default and state.name not in here]
        self._place(self._first, first)
        more = [state.name for state in told.encoders if state.name not in first]
        self._place(self._more, more)
        tab_before(self._folder, [stop for name in (*first, *more) for stop in self._cards[name].stops])
        self._more_heading.setVisible(len(first) < len(told.encoders))
        self._draw()

    def _show_progress(self, progress: Progress) -> None:
        if progress.job is Job.ENCODER:
            self._progress = progress
            self._draw()
        elif progress.job is Job.LEARNED and self.isVisible() and self._since_asked.hasExpired(COUNT_MS):
            self._refresh()

    def _end(self, ended: JobEnded) -> None:
        if ended.job is Job.ENCODER:
            self._progress = None
            self._draw()
        elif ended.job is Job.LEARNED and self.isVisible():
            self._refresh()

    def _tell_spaces(self, spaces: Sequence[str]) -> None:
        for name, label in self._in_use.items():
            exact = next((space for space in spaces if name in space.split("-")[:2]), "")
            label.setText(exact)
            label.setVisible(bool(exact))

    def _studio_ready(self, ready: Ready) -> None:
        self._tell_spaces(ready.spaces)
        self._progress = None
        if self.isVisible():
            self._refresh()

    # Inside

    def _ask(self, name: str, doing: Doing, make: Callable[[int], Request]) -> None:
        if name in self._asked:
            return
        self._asked[name] = doing
        self._hand_words.hide()
        self._studio.ask(make, lambda event: self._answered(name, event))
        self._draw()

    def _answered(self, name: str, event: Event) -> None:
        del self._asked[name]
        self._progress = None
        self._draw()
        if not isinstance(event, Failed):
            if name == BY_HAND:
                self._say_by_hand(self.tr("It is installed, and stands above."))
            return
        card = self._cards.get(name)
        if event.trouble is Trouble.CANCELLED:
            self._hand_words.setHidden(name == BY_HAND or self._hand_words.isHidden())
        elif card is not None:
            card.show_failure(event)
        else:
            self._say_by_hand(failure_words(event), trouble=True)

    def _draw(self) -> None:
        """Each card gets what concerns it; what concerns none of them stands where one installs by hand."""
        at_work = self._progress.note if self._progress is not None else None
        for name, card in self._cards.items():
            doing = self._asked.get(name, Doing.NOTHING)
            mine = at_work == name
            first = next(iter(self._asked), name) == name
            waits = doing is not Doing.NOTHING and not mine and (at_work is not None or not first)
            card.show_doing(doing, waits=waits)
            card.show_progress(self._progress if mine else None)
        by_hand = BY_HAND in self._asked
        self._folder.setEnabled(not by_hand)
        self._hand_stop.setVisible(by_hand and next(iter(self._asked)) == BY_HAND)
        if by_hand:
            self._say_by_hand(self._by_hand_words())

    def _by_hand_words(self) -> str:
        progress = self._progress
        if next(iter(self._asked)) != BY_HAND:
            return self.tr("Waits until the other one is done.")
        if progress is None:
            return self.tr("Reading the files…")
        if progress.total > 0:
            return " · ".join((progress.note, done_words(progress), *pace_words(progress)))
        return self.tr("{encoder} is being checked and tried…").format(encoder=progress.note)

    def _say_by_hand(self, words: str, *, trouble: bool = False) -> None:
        self._hand_words.setText(words)
        self._hand_words.setProperty("role", "danger" if trouble else "small")
        self._hand_words.style().unpolish(self._hand_words)
        self._hand_words.style().polish(self._hand_words)
        self._hand_words.show()

    def _new_card(self, name: str) -> EncoderCard:
        card = EncoderCard(self._theme, self)
        card.get_wanted.connect(lambda: self.get(name))
        card.folder_wanted.connect(lambda: self._choose_folder(name))
        card.file_wanted.connect(lambda: self._choose_file(name))
        card.check_wanted.connect(lambda: self.check(name))
        card.remove_wanted.connect(lambda: self.ask_remove(name))
        card.stop_wanted.connect(self.stop)
        return card

    def _place(self, group: QWidget, names: Sequence[str]) -> None:
        column = group.layout()
        assert isinstance(column, QVBoxLayout)
        for at, name in enumerate(names):
            card = self._cards[name]
            if column.indexOf(card) != at:
                column.insertWidget(at, card)
                card.show()
        group.setVisible(bool(names))

    def _lost_words(self, state: EncoderState) -> str:
        words = [self.tr("{size} on the disk is freed.").format(size=amount(state.on_disk))]
        if state.encoded:
            words.append(self.tr("What it has encoded is deleted too ({count}).").format(count=number(state.encoded)))
        if state.used:
            words.append(
                self.tr("Search by words then no longer knows what something sounds like.")
                if state.hears
                else self.tr("Search by words then no longer knows what pictures and films show.")
            )
        words.append(self.tr("Your library, your ratings and what is built in stay as they are."))
        return " ".join(words)

    def _choose_folder(self, name: str) -> None:
        chosen = QFileDialog.getExistingDirectory(self, self.tr("The folder that holds an encoder's files"))
        if chosen:
            self.install(Path(chosen), name)

    def _choose_file(self, name: str) -> None:
        chosen, _ = QFileDialog.getOpenFileName(
            self, self.tr("An encoder's weights"), "", self.tr("Weights (*.safetensors *.bin *.pt)")
        )
        if chosen:
            self.install(Path(chosen), name)
