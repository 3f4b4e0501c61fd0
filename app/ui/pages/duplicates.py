"""What is there twice: one recording in several files, or two that sound the same. Shows and finds; deletes nothing."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QPoint, Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QKeyEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QStackedWidget,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.protocol import DuplicatePair, Duplicates, Event, Failed, FindDuplicates
from app.store.item_values import ItemRow
from app.ui.bridge import StudioBridge
from app.ui.context_menu import ItemActions
from app.ui.item_models import columns
from app.ui.item_models.items_model import Lists
from app.ui.pages.empty import EmptyState
from app.ui.theme import Space, Theme
from app.ui.widgets.elided_label import one_line, plain_tip

_ITEM = Qt.ItemDataRole.UserRole + 1
_PATH = Qt.ItemDataRole.UserRole + 2


class DuplicatesView(QWidget):
    """Pairs with their files: where they lie, which is longer or better; "not a duplicate" hides a pair."""

    notice = Signal(str)

    def __init__(
        self,
        lists: Lists,
        studio: StudioBridge,
        actions: ItemActions,
        theme: Theme,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._lists, self._studio, self._actions, self._theme = lists, studio, actions, theme
        self._asking = False
        self._words = QLabel(self)
        self._words.setProperty("role", "muted")
        self._play = QPushButton(self.tr("Play"), self)
        self._folder = QPushButton(self.tr("Show in folder"), self)
        self._both = QPushButton(self.tr("Keep both"), self)
        self._again = QPushButton(self.tr("Look again"), self)
        bar = QHBoxLayout()
        bar.setContentsMargins(Space.L, Space.XS, Space.M, Space.S)
        bar.setSpacing(Space.S)
        bar.addWidget(self._words, 1)
        for button in (self._play, self._folder, self._both, self._again):
            bar.addWidget(button)
        self._bar = QWidget(self)
        self._bar.setLayout(bar)
        self._tree = QTreeWidget(self)
        self._tree.setAccessibleName(self.tr("Duplicates"))
        self._tree.setColumnCount(4)
        self._tree.setHeaderLabels([self.tr("Title or file"), self.tr("Artist"), self.tr("Time"), self.tr("Format")])
        self._tree.setRootIsDecorated(False)
        self._tree.setIndentation(Space.L)
        self._tree.setUniformRowHeights(True)
        self._tree.setItemsExpandable(False)
        self._tree.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self._tree.setStyleSheet("QTreeWidget::item { padding: 4px 4px; }")
        self._tree.header().setStretchLastSection(False)
        self._tree.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self._tree.setColumnWidth(1, 150)
        self._tree.setColumnWidth(2, 64)
        self._tree.setColumnWidth(3, 130)
        self._tree.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.empty = EmptyState(
            theme,
            "copy",
            self.tr("Find recordings that are in your library more than once. Nothing is deleted."),
            self.tr("Find duplicates"),
            parent=self,
        )
        self._stack = QStackedWidget(self)
        self._stack.addWidget(self._tree)
        self._stack.addWidget(self.empty)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._bar)
        views = QHBoxLayout()
        views.setContentsMargins(Space.S, 0, 0, 0)
        views.addWidget(self._stack)
        column.addLayout(views, 1)
        self._bar.hide()
        self._stack.setCurrentWidget(self.empty)
        self.empty.acted.connect(self.look)
        self._again.clicked.connect(self.look)
        self._play.clicked.connect(self._play_chosen)
        self._folder.clicked.connect(self._show_folder)
        self._both.clicked.connect(self._keep_both)
        self._tree.itemActivated.connect(lambda _line, _column: self._play_chosen())
        self._tree.currentItemChanged.connect(lambda _now, _before: self._mind_buttons())
        self._tree.customContextMenuRequested.connect(self._menu)

    def look(self) -> None:
        """Ask the studio for duplicates."""
        if self._asking:
            return
        self._asking = True
        self.empty.say(self.tr("Comparing everything with everything…"))
        self._bar.hide()
        self._stack.setCurrentWidget(self.empty)
        self._studio.ask(FindDuplicates, self._take)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Delete:
            self._keep_both()
        else:
            super().keyPressEvent(event)

    def _take(self, event: Event) -> None:
        self._asking = False
        match event:
            case Duplicates():
                self._show(event.pairs)
            case Failed():
                self.empty.say(event.title or event.detail, self.tr("Look again"))

    def _show(self, pairs: tuple[DuplicatePair, ...]) -> None:
        self._tree.clear()
        ids = sorted({item for pair in pairs for item in (pair.first, pair.second)})
        rows = {int(row.id): row for row in self._lists.rows(ids)}
        for pair in pairs:
            line = self._line(pair, rows)
            if line is not None:
                line.setFont(0, self._theme.font(bold=True))
                self._tree.addTopLevelItem(line)
                line.setExpanded(True)
        self._mind_stack()

    def _line(self, pair: DuplicatePair, rows: dict[int, ItemRow]) -> QTreeWidgetItem | None:
        first, second = rows.get(pair.first), rows.get(pair.second)
        if first is None or second is None:
            return None
        if pair.first == pair.second:
            head = self.tr("{title}: one recording in {count} files").format(
                title=one_line(first.title), count=len(pair.paths)
            )
            line = QTreeWidgetItem([head])
            for path in pair.paths:
                line.addChild(self._file(first, path, path))
            return line
        alike = self.tr("{likeness} % alike").format(likeness=f"{pair.likeness * 100:.1f}")
        line = QTreeWidgetItem([f"{one_line(first.title)} – {alike}"])
        for row in (first, second):
            line.addChild(self._file(row, row.path, f"{one_line(row.title)}  –  {row.path}"))
        return line

    def _file(self, row: ItemRow, path: str, words: str) -> QTreeWidgetItem:
        rate = f"{row.codec} {round(row.bitrate / 1000)} kbit/s" if row.bitrate else row.codec
        line = QTreeWidgetItem([words, one_line(row.artist), columns.duration(row.duration), rate])
        line.setData(0, _ITEM, int(row.id))
        line.setData(0, _PATH, path)
        line.setToolTip(0, plain_tip(path))
        return line

    def _mind_stack(self) -> None:
        count = self._tree.topLevelItemCount()
        self._words.setText(self.tr("1 found") if count == 1 else self.tr("{count} found").format(count=count))
        self._bar.setVisible(count > 0)
        if not count:
            self.empty.say(self.tr("Nothing is there twice."), self.tr("Look again"), "check")
        self._stack.setCurrentWidget(self._tree if count else self.empty)
        self._mind_buttons()

    def _mind_buttons(self) -> None:
        line = self._tree.currentItem()
        is_file = line is not None and bool(line.data(0, _ITEM))
        self._play.setEnabled(is_file)
        self._folder.setEnabled(is_file)
        self._both.setEnabled(line is not None)

    def _chosen(self) -> int:
        line = self._tree.currentItem()
        return int(line.data(0, _ITEM) or 0) if line is not None else 0

    def _play_chosen(self) -> None:
        if item := self._chosen():
            self._actions.play([item], 0, "duplicates")

    def _show_folder(self) -> None:
        line = self._tree.currentItem()
        path = str(line.data(0, _PATH) or "") if line is not None else ""
        if path:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(Path(path).parent)))

    def _keep_both(self) -> None:
        line = self._tree.currentItem()
        if line is None:
            return
        pair = line.parent() or line
        self._tree.takeTopLevelItem(self._tree.indexOfTopLevelItem(pair))
        self._mind_stack()
        self.notice.emit(self.tr("Both are kept; the pair is left out of this list"))

    def _menu(self, at: QPoint) -> None:
        if item := self._chosen():
            self._actions.open_menu([item], self._tree.viewport().mapToGlobal(at), "duplicates", self._tree)
