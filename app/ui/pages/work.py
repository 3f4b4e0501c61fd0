"""Work in progress: each long work with rate, time left, pause and cancel, and what was done since the start."""

from __future__ import annotations

from typing import Protocol

from PySide6.QtCore import QLocale, QTime, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QProgressBar, QPushButton, QScrollArea, QVBoxLayout, QWidget

from app.protocol import Cancel, Job, JobEnded, Pause, Progress, Ready, Resume, Scan
from app.store.item_values import Counts
from app.ui.bridge import StudioBridge
from app.ui.progress_words import IN_BYTES, bar_range, done_words, ended_words, pace_words
from app.ui.theme import Space, TextSize, Theme
from app.ui.widgets.job_name import job_name
from app.ui.widgets.times import about

MOST_ENDED = 30


class Counter(Protocol):
    """Who knows the sizes of the library."""

    def counts(self) -> Counts: ...


class JobCard(QFrame):
    """One work that runs."""

    def __init__(self, job: Job, studio: StudioBridge, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._job, self._studio = job, studio
        self._paused = False
        self._name = QLabel(job_name(job), self)
        self._name.setFont(theme.font(TextSize.BODY, bold=True))
        self._words = QLabel(self)
        self._words.setFont(theme.font(tabular=True))
        self._words.setProperty("role", "muted")
        self._words.setWordWrap(True)
        self._bar = QProgressBar(self)
        self._bar.setTextVisible(False)
        self._bar.setAccessibleName(self.tr("Progress: {job}").format(job=self._name.text()))
        self._pause = QPushButton(self.tr("Pause"), self)
        self._pause.clicked.connect(lambda: studio.tell(Resume(job) if self._paused else Pause(job)))
        cancel = QPushButton(self.tr("Cancel"), self)
        cancel.clicked.connect(lambda: studio.tell(Cancel(job)))
        for button in (self._pause, cancel):
            button.setAccessibleDescription(self._name.text())
        head = QHBoxLayout()
        head.addWidget(self._name, 1)
        head.addWidget(self._pause)
        head.addWidget(cancel)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, Space.S)
        column.setSpacing(Space.XS)
        column.addLayout(head)
        column.addWidget(self._bar)
        column.addWidget(self._words)

    def show_progress(self, progress: Progress) -> None:
        """Show how far it is."""
        self._paused = progress.paused
        done, total = bar_range(progress)
        self._bar.setRange(0, total)
        self._bar.setValue(done)
        self._pause.setText(self.tr("Go on") if progress.paused else self.tr("Pause"))
        parts = [words] if (words := done_words(progress)) else []
        parts += [self.tr("paused")] if progress.paused else pace_words(progress)
        if progress.failed:
            parts.append(self.tr("{count} unreadable").format(count=QLocale().toString(progress.failed)))
        if progress.note:
            parts.append(progress.note)
        self._words.setText(" · ".join(parts))


class WorkView(QWidget):
    """Follows the studio's works."""

    changed = Signal()

    def __init__(self, counter: Counter, studio: StudioBridge, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._counter, self._studio, self._theme = counter, studio, theme
        self._cards: dict[Job, JobCard] = {}
        self._idle = QLabel(self.tr("Nothing is being worked on."), self)
        self._idle.setProperty("role", "muted")
        self._state = QLabel(self)
        self._state.setProperty("role", "muted")
        self._state.setWordWrap(True)
        look = QPushButton(self.tr("Look for changes now"), self)
        look.clicked.connect(lambda: studio.tell(Scan()))
        inside = QWidget(self)
        self._column = QVBoxLayout(inside)
        self._column.setContentsMargins(Space.L, Space.XS, Space.L, Space.L)
        self._column.setSpacing(Space.S)
        top = QHBoxLayout()
        top.addWidget(self._state, 1)
        top.addWidget(look)
        self._column.addLayout(top)
        self._column.addWidget(self._idle)
        self._done_heading = QLabel(self.tr("Done since the start"), self)
        self._done_heading.setFont(theme.font(TextSize.BODY, bold=True))
        self._done_heading.hide()
        self._done = QVBoxLayout()
        self._done.setSpacing(2)
        self._column.addWidget(self._done_heading)
        self._column.addLayout(self._done)
        self._column.addStretch(1)
        scroll = QScrollArea(self)
        scroll.setWidget(inside)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.viewport().setAutoFillBackground(False)
        inside.setAutoFillBackground(False)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.addWidget(scroll)
        studio.progressed.connect(self._progress)
        studio.job_ended.connect(self._end)
        studio.lost.connect(self._forget_all)
        studio.ready.connect(self._ready)
        self._tell_state()

    def _progress(self, progress: Progress) -> None:
        card = self._cards.get(progress.job)
        if card is None:
            card = self._cards[progress.job] = JobCard(progress.job, self._studio, self._theme, self)
            self._column.insertWidget(1, card)
            card.show()
            self._idle.hide()
            self.changed.emit()
        card.show_progress(progress)

    def _end(self, ended: JobEnded) -> None:
        card = self._cards.pop(ended.job, None)
        if card is not None:
            self._take_out(card)
        self._idle.setVisible(not self._cards)
        number = QLocale().toString
        # Trying or removing an encoder moves no bytes.
        counted = ended.done or ended.job not in IN_BYTES
        template = (
            self.tr("{time}  {job}: {count} done in {seconds}") if counted else self.tr("{time}  {job}: {seconds}")
        )
        words = template.format(
            time=QTime.currentTime().toString("HH:mm"),
            job=job_name(ended.job),
            count=ended_words(ended),
            seconds=about(ended.seconds),
        )
        if ended.failed:
            words += self.tr(", {count} unreadable").format(count=number(ended.failed))
        if ended.cancelled:
            words += self.tr(", cancelled")
        line = QLabel(words, self)
        line.setProperty("role", "muted")
        line.setFont(self._theme.font(tabular=True))
        self._done.insertWidget(0, line)
        line.show()
        self._done_heading.show()
        while self._done.count() > MOST_ENDED:
            old = self._done.takeAt(self._done.count() - 1)
            widget = old.widget() if old is not None else None
            if widget is not None:
                widget.deleteLater()
        self._tell_state()
        self.changed.emit()

    def _take_out(self, card: JobCard) -> None:
        self._column.removeWidget(card)
        card.hide()
        card.deleteLater()

    def _forget_all(self, _reason: str) -> None:
        for card in self._cards.values():
            self._take_out(card)
        self._cards.clear()
        self._idle.show()

    def _ready(self, ready: Ready) -> None:
        if ready.healed:
            line = QLabel(self.tr("{count} marks or vectors were mended at the start").format(count=ready.healed), self)
            line.setProperty("role", "muted")
            self._done.insertWidget(0, line)
            self._done_heading.show()

    def _tell_state(self) -> None:
        counts, number = self._counter.counts(), QLocale().toString
        there = counts.tracks + counts.videos
        self._state.setText(
            self.tr("{encoded} of {there} items have been listened to or looked at.").format(
                encoded=number(counts.encoded), there=number(there)
            )
            if there
            else ""
        )
