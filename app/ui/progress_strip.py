"""Long work as one strip at the foot of the page: what, how far, how fast, how long still; pause and cancel.

One line per job that runs, nothing while none does. Also tells when the studio process had to be started again.
"""

from __future__ import annotations

from typing import Protocol

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from app.protocol import Cancel, Job, JobEnded, Pause, Progress, Request, Resume
from app.ui.progress_words import bar_range, done_words, pace_words
from app.ui.theme import Space, TextSize, Theme
from app.ui.widgets.elided_label import ElidedLabel
from app.ui.widgets.icon_button import icon_button
from app.ui.widgets.job_name import job_name


class Worker(Protocol):
    """Whoever does the work: the studio's bridge."""

    def tell(self, message: Request) -> None: ...


class _JobLine(QWidget):
    """One job."""

    details_wanted = Signal()

    def __init__(self, job: Job, studio: Worker, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._job, self._studio, self._theme = job, studio, theme
        self._paused = False
        self._words = ElidedLabel()
        self._words.setFont(theme.font(TextSize.SMALL, tabular=True))
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setFixedWidth(140)
        self._bar.setAccessibleName(self.tr("Progress"))
        self._pause = icon_button(theme, "pause", self.tr("Pause"), self)
        self._pause.clicked.connect(self._toggle)
        cancel = icon_button(theme, "close", self.tr("Cancel"), self)
        cancel.clicked.connect(lambda: studio.tell(Cancel(job)))
        details = QPushButton(self.tr("Details"))
        details.setProperty("link", True)
        details.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        details.clicked.connect(self.details_wanted)
        row = QHBoxLayout(self)
        row.setContentsMargins(Space.L, 2, Space.S, 2)
        row.setSpacing(Space.S)
        row.addWidget(self._bar)
        row.addSpacing(Space.XS)
        row.addWidget(self._words, 1)
        for part in (details, self._pause, cancel):
            row.addWidget(part)

    def show_progress(self, progress: Progress) -> None:
        self._words.setText(self.words(progress))
        done, total = bar_range(progress)
        self._bar.setRange(0, total)
        self._bar.setValue(done)
        if progress.paused != self._paused:
            self._paused = progress.paused
            name = self.tr("Go on") if progress.paused else self.tr("Pause")
            self._theme.dress(self._pause, "play" if progress.paused else "pause")
            self._pause.setAccessibleName(name)
            self._pause.setToolTip(name)
            self._bar.setProperty("paused", progress.paused)
            self._bar.style().polish(self._bar)

    def words(self, progress: Progress) -> str:
        """Indexing 412 of 1,300 · 31 a minute · 28 min left · 3 unreadable"""
        parts = ["  ".join(part for part in (job_name(progress.job), done_words(progress)) if part)]
        parts += [self.tr("paused")] if progress.paused else pace_words(progress)
        if progress.failed:
            parts.append(self.tr("%n unreadable", "", progress.failed))
        if progress.note:
            parts.append(progress.note)
        return "  ·  ".join(parts)

    def _toggle(self) -> None:
        self._studio.tell(Resume(self._job) if self._paused else Pause(self._job))


class ProgressStrip(QFrame):
    """Shows itself only while there is something to tell. `details_wanted` asks for the page of details."""

    details_wanted = Signal()

    def __init__(self, studio: Worker, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio, self._theme = studio, theme
        self._lines: dict[Job, _JobLine] = {}
        self.setProperty("surface", "frame")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._trouble = QLabel()
        self._trouble.setTextFormat(Qt.TextFormat.PlainText)
        self._trouble.setWordWrap(True)
        self._icon = QLabel()
        row = QHBoxLayout()
        row.setContentsMargins(Space.L, Space.XS, Space.L, Space.XS)
        row.setSpacing(Space.S)
        row.addWidget(self._icon)
        row.addWidget(self._trouble, 1)
        self._trouble_line = QWidget()
        self._trouble_line.setLayout(row)
        line = QFrame()
        line.setProperty("line", True)
        line.setFixedHeight(1)
        self._box = QVBoxLayout(self)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._box.setSpacing(0)
        self._box.addWidget(line)
        self._box.addWidget(self._trouble_line)
        self._trouble_line.hide()
        self.hide()

    @property
    def jobs(self) -> tuple[Job, ...]:
        return tuple(self._lines)

    def show_progress(self, progress: Progress) -> None:
        """A job tells how far it is."""
        line = self._lines.get(progress.job)
        if line is None:
            line = self._lines[progress.job] = _JobLine(progress.job, self._studio, self._theme, self)
            line.details_wanted.connect(self.details_wanted)
            self._box.addWidget(line)
        line.show_progress(progress)
        line.show()
        self._mind()

    def end(self, ended: JobEnded) -> None:
        """A job is over."""
        line = self._lines.pop(ended.job, None)
        if line is not None:
            self._box.removeWidget(line)
            line.hide()
            line.deleteLater()
        self._mind()

    def studio_lost(self, reason: str) -> None:
        """The studio process died; it is being started again, and what it did goes on then."""
        for job in tuple(self._lines):
            self.end(JobEnded(job, 0, 0, 0.0, cancelled=True))
        words = self.tr("The studio is being started again. Playing and rating go on meanwhile.")
        self._trouble.setText(f"{words} ({reason})" if reason else words)
        self._icon.setPixmap(self._theme.pixmap("warning", 20, "danger", self.devicePixelRatioF()))
        self._trouble_line.show()
        self._mind()

    def studio_ready(self) -> None:
        self._trouble_line.hide()
        self._mind()

    def _mind(self) -> None:
        self.setVisible(bool(self._lines) or not self._trouble_line.isHidden())
