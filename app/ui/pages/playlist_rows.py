"""The rows of one playlist: a list of items whose order is the user's, by dragging, by keys, by dropping things in."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent, QPoint, Qt, Signal
from PySide6.QtGui import (
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QAbstractItemView, QWidget

from app.config import Settings
from app.ui.context_menu import ItemActions
from app.ui.item_models.columns import PLAYLIST_COLUMNS, Layout
from app.ui.item_models.items_model import Dragged, ItemsModel
from app.ui.pages.item_list import ItemList
from app.ui.theme import Theme

_STEPS = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}


class PlaylistRows(ItemList):
    """Asks for changes by signals; positions are those shown. With `reorder` False (a search is on) none are asked."""

    rows_moved = Signal(object, int)
    """(positions, before which row)"""
    rows_removed = Signal(object)
    items_dropped = Signal(object, int)
    files_dropped = Signal(object, int)

    def __init__(
        self,
        model: ItemsModel,
        actions: ItemActions,
        settings: Settings,
        theme: Theme,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(
            model,
            actions,
            settings,
            theme,
            name="playlist",
            context="playlist",
            first=Layout.first(PLAYLIST_COLUMNS),
            parent=parent,
        )
        self.reorder = True
        self._drop_at = -1
        self.setAcceptDrops(True)
        self.viewport().setAcceptDrops(True)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragDrop)
        self.setDropIndicatorShown(False)

    # Keys

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and self._edit(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        edit = self._edit(event)
        if edit == "remove":
            self.rows_removed.emit(self.selected_positions())
        elif edit:
            self._step(_STEPS[Qt.Key(event.key())])
        else:
            super().keyPressEvent(event)

    def _edit(self, event: QKeyEvent) -> str:
        if not self.reorder or not self.selectionModel().hasSelection():
            return ""
        modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if event.key() == Qt.Key.Key_Delete and modifiers == Qt.KeyboardModifier.NoModifier:
            return "remove"
        moves = event.key() in _STEPS and modifiers == Qt.KeyboardModifier.AltModifier
        return "move" if moves else ""

    def _step(self, step: int) -> None:
        """Move what is chosen by one row."""
        chosen = self.selected_positions()
        to = chosen[0] - 1 if step < 0 else chosen[-1] + 2
        if 0 <= to <= self.items_model.rowCount():
            self.rows_moved.emit(chosen, to)

    # Dragging and dropping

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if self._takes(event):
            event.acceptProposedAction()
        else:
            event.ignore()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        if not self._takes(event):
            event.ignore()
            return
        self._drop_at = self._place_at(event.position().toPoint())
        self.viewport().update()
        event.accept()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._drop_at = -1
        self.viewport().update()
        event.accept()

    def dropEvent(self, event: QDropEvent) -> None:
        at = self._place_at(event.position().toPoint())
        self._drop_at = -1
        self.viewport().update()
        if not self._takes(event):
            event.ignore()
            return
        # Copied in any case: the source of a move must not remove its rows itself.
        event.setDropAction(Qt.DropAction.CopyAction)
        event.accept()
        carried = Dragged.read(event.mimeData())
        if event.source() is self:
            self.rows_moved.emit(self.selected_positions(), at)
        elif carried is not None:
            self.items_dropped.emit(carried.ids, at)
        else:
            paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
            self.files_dropped.emit(paths, at)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._drop_at < 0:
            return
        count = self.items_model.rowCount()
        last = min(self._drop_at, count - 1)
        rect = self.visualRect(self.items_model.index(max(last, 0), 0))
        y = 1 if not count else rect.bottom() + 1 if self._drop_at >= count else rect.top()
        painter = QPainter(self.viewport())
        painter.setPen(QPen(self.palette().accent().color(), 2))
        painter.drawLine(0, y, self.viewport().width(), y)

    def _takes(self, event: QDropEvent) -> bool:
        if not self.reorder:
            return False
        carried = event.mimeData()
        return Dragged.read(carried) is not None or any(url.isLocalFile() for url in carried.urls())

    def _place_at(self, where: QPoint) -> int:
        """Before which row a drop at `where` goes."""
        row = self.rowAt(where.y())
        if row < 0:
            return self.items_model.rowCount()
        rect = self.visualRect(self.items_model.index(row, 0))
        return row + 1 if where.y() > rect.center().y() else row
