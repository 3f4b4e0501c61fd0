"""The names of all playlists: choose, rename in place, delete, drop things on. Asks by signals, changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QEvent, QPoint, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QDragEnterEvent, QDragMoveEvent, QDropEvent, QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QListWidget, QListWidgetItem, QWidget

from app.store.playlists import PlaylistRow
from app.ui.item_models.items_model import Dragged
from app.ui.theme import Theme

_ID = Qt.ItemDataRole.UserRole + 1


class PlaylistNames(QListWidget):
    """One line per playlist. Playlist 0 in the drop signals means: none, make a new one."""

    chosen = Signal(int)
    opened = Signal(int)
    renamed = Signal(int, str)
    delete_wanted = Signal(int)
    menu_wanted = Signal(int, QPoint)
    items_dropped = Signal(int, object)
    files_dropped = Signal(int, object)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._filling = False
        self.setAccessibleName(self.tr("Playlists"))
        self.setMinimumWidth(120)
        self.setAcceptDrops(True)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setEditTriggers(
            QAbstractItemView.EditTrigger.EditKeyPressed | QAbstractItemView.EditTrigger.SelectedClicked
        )
        self.setStyleSheet("QListWidget { padding: 0 4px 0 8px; } QListWidget::item { padding: 5px 6px; }")
        self.currentItemChanged.connect(self._tell_chosen)
        self.itemChanged.connect(self._tell_renamed)

    def show_playlists(self, playlists: Sequence[PlaylistRow], current: int) -> None:
        """Show these names, `current` chosen."""
        self._filling = True
        self.clear()
        for row in playlists:
            line = QListWidgetItem(self._theme.icon("playlist"), row.name)
            line.setData(_ID, row.id)
            line.setFlags(line.flags() | Qt.ItemFlag.ItemIsEditable | Qt.ItemFlag.ItemIsDropEnabled)
            self.addItem(line)
            if row.id == current:
                self.setCurrentItem(line)
        self._filling = False

    def edit_name(self, playlist: int) -> None:
        """Let the user type another name."""
        for at in range(self.count()):
            line = self.item(at)
            if line is not None and line.data(_ID) == playlist:
                self.setCurrentItem(line)
                self.editItem(line)

    # Qt's events

    def event(self, event: QEvent) -> bool:
        keys = (Qt.Key.Key_Delete, Qt.Key.Key_F2, Qt.Key.Key_Return, Qt.Key.Key_Enter)
        overrides = event.type() == QEvent.Type.ShortcutOverride
        if overrides and isinstance(event, QKeyEvent) and event.key() in keys:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        playlist = self._id(self.currentItem())
        if event.key() == Qt.Key.Key_Delete and playlist:
            self.delete_wanted.emit(playlist)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and playlist:
            self.opened.emit(playlist)
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        by_key = event.reason() == QContextMenuEvent.Reason.Keyboard
        line = self.currentItem() if by_key else self.itemAt(event.pos())
        playlist = self._id(line)
        if line is not None and playlist:
            at = self.viewport().mapToGlobal(self.visualItemRect(line).center()) if by_key else event.globalPos()
            self.menu_wanted.emit(playlist, at)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        self._judge(event)

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        self._judge(event)

    def dropEvent(self, event: QDropEvent) -> None:
        playlist = self._id(self.itemAt(event.position().toPoint()))
        carried = Dragged.read(event.mimeData())
        event.setDropAction(Qt.DropAction.CopyAction)
        event.accept()
        if carried is not None and playlist:
            self.items_dropped.emit(playlist, carried.ids)
        elif carried is None:
            paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
            self.files_dropped.emit(playlist, paths)

    # Inside

    def _judge(self, event: QDropEvent) -> None:
        items = Dragged.read(event.mimeData()) is not None
        over = self._id(self.itemAt(event.position().toPoint()))
        files = any(url.isLocalFile() for url in event.mimeData().urls())
        if (items and over) or files:
            event.setDropAction(Qt.DropAction.CopyAction)
            event.accept()
        else:
            event.ignore()

    def _tell_chosen(self, line: QListWidgetItem | None, _before: QListWidgetItem | None) -> None:
        if not self._filling and (playlist := self._id(line)):
            self.chosen.emit(playlist)

    def _tell_renamed(self, line: QListWidgetItem) -> None:
        if not self._filling and (playlist := self._id(line)):
            self.renamed.emit(playlist, line.text())

    @staticmethod
    def _id(line: QListWidgetItem | None) -> int:
        return int(line.data(_ID) or 0) if line is not None else 0
