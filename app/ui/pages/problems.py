"""The files that could not be read: which, at what step, why; and trying again. A list, not a stack of dialogs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import Qt, QTimer, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QGuiApplication, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QStackedWidget,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.protocol import RetryFailures
from app.store.item_values import Failure
from app.ui.bridge import StudioBridge
from app.ui.item_models import columns
from app.ui.pages.empty import EmptyState
from app.ui.theme import Space, Theme
from app.ui.widgets.elided_label import one_line, plain_tip

_PATH = Qt.ItemDataRole.UserRole + 1
SETTLE_MS = 500


class FailureReader(Protocol):
    """Who knows what could not be read."""

    def failures(self) -> Sequence[Failure]: ...


class ProblemsView(QWidget):
    """`counted(n)` whenever the list was read anew."""

    counted = Signal(int)
    notice = Signal(str)

    def __init__(
        self, reader: FailureReader, studio: StudioBridge, theme: Theme, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._reader, self._studio = reader, studio
        self._failures: Sequence[Failure] = ()
        self.count = 0
        self._settling = QTimer(self)
        self._settling.setSingleShot(True)
        self._settling.setInterval(SETTLE_MS)
        self._settling.timeout.connect(self.refresh)
        self._words = QLabel(self)
        self._words.setProperty("role", "muted")
        self._words.setWordWrap(True)
        self._retry = QPushButton(self.tr("Try all again"), self)
        self._folder = QPushButton(self.tr("Show in folder"), self)
        self._copy = QPushButton(self.tr("Copy the list"), self)
        bar = QHBoxLayout()
        bar.setContentsMargins(Space.L, Space.XS, Space.M, Space.S)
        bar.setSpacing(Space.S)
        bar.addWidget(self._words, 1)
        for button in (self._folder, self._copy, self._retry):
            bar.addWidget(button)
        self._bar = QWidget(self)
        self._bar.setLayout(bar)
        self._table = QTableWidget(0, 4, self)
        self._table.setAccessibleName(self.tr("Files that could not be read"))
        self._table.setHorizontalHeaderLabels(
            [self.tr("File"), self.tr("What happened"), self.tr("At"), self.tr("When")]
        )
        self._table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self._table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self._table.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self._table.setShowGrid(False)
        self._table.setStyleSheet("QTableWidget::item { padding: 0 6px; }")
        self._table.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self._table.setTabKeyNavigation(False)
        self._table.setWordWrap(False)
        self._table.verticalHeader().hide()
        self._table.verticalHeader().setDefaultSectionSize(28)
        header = self._table.horizontalHeader()
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        self._table.setColumnWidth(0, 260)
        self._table.setColumnWidth(2, 96)
        self._table.setColumnWidth(3, 92)
        self.empty = EmptyState(theme, "check", self.tr("Every file could be read."), parent=self)
        self._stack = QStackedWidget(self)
        self._stack.addWidget(self._table)
        self._stack.addWidget(self.empty)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._bar)
        views = QHBoxLayout()
        views.setContentsMargins(Space.S, 0, 0, 0)
        views.addWidget(self._stack)
        column.addLayout(views, 1)
        self._retry.clicked.connect(self._try_again)
        self._folder.clicked.connect(self._show_folder)
        self._copy.clicked.connect(self._copy_list)
        self._table.itemSelectionChanged.connect(self._mind_buttons)
        self._table.itemDoubleClicked.connect(lambda _item: self._show_folder())
        studio.items_changed.connect(self._refresh_soon)
        studio.job_ended.connect(self._refresh_soon)
        self.refresh()

    def refresh(self) -> None:
        """Read the failures again."""
        failures = self._reader.failures()
        self.count = len(failures)
        self.counted.emit(self.count)
        if self.isVisible() or not self._failures:
            self._show(failures)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._show(self._reader.failures())

    def _show(self, failures: Sequence[Failure]) -> None:
        if failures == self._failures and self._table.rowCount() == len(failures):
            self._mind_stack()
            return
        self._failures = failures
        self._table.setRowCount(len(failures))
        for at, failure in enumerate(failures):
            path = Path(failure.path)
            cells = (path.name, failure.reason, self._stage(failure.stage), columns.day(failure.at))
            for place, words in enumerate(cells):
                cell = QTableWidgetItem(one_line(words))
                cell.setToolTip(plain_tip(failure.path if place == 0 else words))
                cell.setData(_PATH, failure.path)
                self._table.setItem(at, place, cell)
        self._mind_stack()

    def _refresh_soon(self, _event: object) -> None:
        self._settling.start()

    def _mind_stack(self) -> None:
        count = len(self._failures)
        self._words.setText(
            self.tr("1 file could not be read. It is tried again when it changes.")
            if count == 1
            else self.tr("{count} files could not be read. They are tried again when they change.").format(count=count)
        )
        self._bar.setVisible(bool(count))
        self._stack.setCurrentWidget(self._table if count else self.empty)
        self._mind_buttons()

    def _mind_buttons(self) -> None:
        self._folder.setEnabled(bool(self._table.selectedItems()))

    def _stage(self, stage: str) -> str:
        return {
            "tags": self.tr("its tags"),
            "decode": self.tr("decoding"),
            "encode": self.tr("listening"),
            "play": self.tr("playing"),
        }.get(stage, stage)

    def _try_again(self) -> None:
        self._studio.tell(RetryFailures())
        self.notice.emit(self.tr("Trying {count} files again").format(count=self.count))

    def _show_folder(self) -> None:
        chosen = self._table.selectedItems()
        if chosen:
            folder = Path(str(chosen[0].data(_PATH))).parent
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))

    def _copy_list(self) -> None:
        lines = [f"{failure.path}\t{failure.stage}\t{failure.reason}" for failure in self._failures]
        QGuiApplication.clipboard().setText("\n".join(lines))
        self.notice.emit(self.tr("The list is on the clipboard"))
