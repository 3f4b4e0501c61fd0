"""Settings: what was learned and from what; feedback as a file; starting over."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QCoreApplication, QLocale, Qt, Signal
from PySide6.QtWidgets import QCheckBox, QFileDialog, QMessageBox, QPushButton, QWidget

from app.errors import BowerbirdError, StoreError
from app.files import write_atomically
from app.protocol import FeedbackChanged, ScoresChanged
from app.store.database import Database
from app.store.feedback_file import ImportCounts, export_feedback, import_feedback
from app.ui.bridge import StoreWrites, StudioBridge
from app.ui.pages.settings_rows import Section
from app.ui.pages.start_over import StartOver
from app.ui.ratings import Ratings
from app.ui.theme import Theme
from app.ui.undo import UndoList

MOST_BYTES = 256 * 1024 * 1024


class RecommendationsSection(Section):
    """What was learned, the private session, feedback in and out, starting over."""

    notice = Signal(str)

    def __init__(
        self,
        writes: StoreWrites,
        studio: StudioBridge,
        ratings: Ratings,
        undo: UndoList,
        theme: Theme,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(theme, parent)
        self._writes, self._studio, self._ratings = writes, studio, ratings
        self._start_over = StartOver(writes, studio, undo, self)
        self._start_over.said.connect(self.notice)
        self.set_title(self.tr("Recommendations"))
        self._learned = self.add_note(self.tr("Recommendations come from your likes, stars, plays and skips."))
        self._private = QCheckBox()
        self._private.setChecked(ratings.private)
        self._private.toggled.connect(self._set_private)
        ratings.private_changed.connect(self._private.setChecked)
        self.add_row(
            self.tr("Private session"),
            self._private,
            self.tr("While it is on, nothing you rate or hear is recorded."),
        )
        self.add_line()
        self.add_row(
            self.tr("Save your feedback as a file"),
            self._button(self.tr("Export…"), self._choose_export),
            self.tr("One line of JSON for every like, rating, play and skip."),
        )
        self.add_row(
            self.tr("Take in feedback from a file"),
            self._button(self.tr("Import…"), self._choose_import),
            self.tr("From another machine, say. What is known already is not added twice."),
        )
        self.add_line()
        self.add_row(
            self.tr("Start over"),
            self._button(self.tr("Forget my taste…"), self.ask_start_over),
            self.tr("Likes, dislikes, stars, plays and skips no longer count. It can be undone."),
        )
        studio.scores_changed.connect(self._tell_learned)

    def export_to(self, path: Path) -> None:
        """Write the feedback to a file."""

        def work(database: Database) -> int:
            lines = list(export_feedback(database))
            write_atomically(path, ("\n".join(lines) + "\n").encode())
            return len(lines) - 1

        def done(count: int) -> None:
            self.notice.emit(self.tr("{count} lines are written to {file}").format(count=count, file=path.name))

        self._writes.submit(work, done)

    def import_from(self, path: Path) -> None:
        """Take a file of feedback in."""

        def work(database: Database) -> ImportCounts | StoreError:
            try:
                if path.stat().st_size > MOST_BYTES:
                    return StoreError("This file is far larger than feedback is", "", path)
                with path.open(encoding="utf-8", errors="replace") as lines:
                    return import_feedback(database, lines)
            except OSError as error:
                return StoreError("This file cannot be read", error.strerror or str(error), path)
            except StoreError as error:
                return error

        self._writes.submit(work, self._imported)

    # Inside

    def _imported(self, result: ImportCounts | StoreError) -> None:
        if isinstance(result, BowerbirdError):
            self.notice.emit(": ".join(part for part in (result.title, result.detail) if part))
            return
        said = [self.tr("Taken in: {count}").format(count=result.added)]
        for count, words in (
            (result.known, self.tr("already known: {count}")),
            (result.unmatched, self.tr("of files not in the library: {count}")),
            (result.damaged, self.tr("unreadable: {count}")),
        ):
            if count:
                said.append(words.format(count=count))
        self.notice.emit(", ".join(said))
        if result.added:
            self._ratings.changed.emit(())
            self._studio.tell(FeedbackChanged())

    def _button(self, words: str, act: object) -> QPushButton:
        button = QPushButton(words)
        button.clicked.connect(act)
        return button

    def _choose_export(self) -> None:
        chosen, _ = QFileDialog.getSaveFileName(
            self, self.tr("Export feedback"), "bowerbird-feedback.jsonl", self.tr("Feedback (*.jsonl)")
        )
        if chosen:
            self.export_to(Path(chosen))

    def _choose_import(self) -> None:
        chosen, _ = QFileDialog.getOpenFileName(self, self.tr("Import feedback"), "", self.tr("Feedback (*.jsonl)"))
        if chosen:
            self.import_from(Path(chosen))

    def ask_start_over(self) -> None:
        """Ask whether the taste is to be forgotten, and do it."""
        box = QMessageBox(self)
        box.setIcon(QMessageBox.Icon.NoIcon)
        box.setWindowTitle(self.tr("Start over"))
        box.setText(self.tr("Forget your taste?"))
        box.setInformativeText(
            self.tr("All likes, dislikes, stars, plays and skips stop counting. Undo brings them back.")
        )
        forget = box.addButton(self.tr("Forget"), QMessageBox.ButtonRole.DestructiveRole)
        box.setDefaultButton(box.addButton(QMessageBox.StandardButton.Cancel))
        box.buttonClicked.connect(lambda button: self._start_over.begin() if button is forget else None)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.open()

    def _set_private(self, private: bool) -> None:
        self._ratings.private = private

    def _tell_learned(self, event: ScoresChanged) -> None:
        self._learned.setText(learned_words(event.labels, event.accuracy, event.accuracy_low, event.accuracy_high))


def learned_words(labels: int, accuracy: float = -1.0, low: float = -1.0, high: float = -1.0) -> str:
    """What was learned and how good it is, in a sentence; `accuracy` and its range are shares, -1 unknown."""
    translate = QCoreApplication.translate
    if not labels:
        return translate("Learned", "Nothing is learned yet: rate a few things, and it begins.")
    words = translate("Learned", "Learned from {count} rated or played items.").format(count=labels)
    if accuracy < 0:
        return words
    held = translate(
        "Learned",
        "Of ten pairs it had not seen, it put about {right} in the right order (between {low} and {high}).",
    )
    of_ten = QLocale().toString
    return f"{words} " + held.format(
        right=round(accuracy * 10),
        low=of_ten(max(low, 0) * 10, "f", 1),
        high=of_ten(max(high, 0) * 10, "f", 1),
    )
