"""The queue as a Qt list model: rows of the play session, with the texts of their Items read page by page.

The queue view shows it. It writes nothing itself: moves and drops go to the playback it is given.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractListModel, QMimeData, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from app.player.queue import Origin, Row
from app.store.item_values import ItemRow
from app.ui.item_models.items_model import Dragged, Lists
from app.ui.playback import Playback

ROWS_MIME = "application/x-bowerbird-queue-rows"
"""Dragged rows of the queue: their keys in decimal, joined by commas."""
QUEUE_ROW = Qt.ItemDataRole.UserRole + 1
"""The queue's Row."""
ITEM_ROW = Qt.ItemDataRole.UserRole + 2
"""The store's ItemRow, None where the Item is gone."""
CURRENT = Qt.ItemDataRole.UserRole + 3
"""Whether this row plays."""
PAST = Qt.ItemDataRole.UserRole + 4
"""Whether this row comes before the one that plays."""
FIRST_AUTOMATIC = Qt.ItemDataRole.UserRole + 5
"""Whether the picks from taste begin with this row."""

_PAGE = 64
_PAGES = 16
Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()


class QueueModel(QAbstractListModel):
    """Follows the session's queue. `counted` tells whenever the number of rows or what plays has changed."""

    counted = Signal()

    def __init__(self, playback: Playback, lists: Lists, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._playback = playback
        self._lists = lists
        self._rows: tuple[Row, ...] = playback.queue.rows
        self._current = playback.queue.current
        self._first_automatic = _first_automatic(self._rows)
        self._pages: OrderedDict[int, dict[int, ItemRow]] = OrderedDict()
        playback.queue_changed.connect(self._follow)

    # Reading

    def rowCount(self, parent: Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or index.row() >= len(self._rows):
            return None
        at = index.row()
        row = self._rows[at]
        match role:
            case Qt.ItemDataRole.DisplayRole | Qt.ItemDataRole.AccessibleTextRole:
                return self._words(at)
            case Qt.ItemDataRole.ToolTipRole:
                return None
            case _ if role == QUEUE_ROW:
                return row
            case _ if role == ITEM_ROW:
                return self._item(at)
            case _ if role == CURRENT:
                return at == self._current
            case _ if role == PAST:
                return self._current is not None and at < self._current
            case _ if role == FIRST_AUTOMATIC:
                return at == self._first_automatic
        return None

    def row_at(self, at: int) -> Row | None:
        return self._rows[at] if 0 <= at < len(self._rows) else None

    @property
    def first_automatic(self) -> int:
        """Where the picks from taste at the queue's end begin, -1 where there are none."""
        return self._first_automatic

    @property
    def current_row(self) -> int:
        """Which row plays, -1 for none."""
        return -1 if self._current is None else self._current

    def seconds_left(self) -> float:
        """How long the rows after the current one take, as far as their Items are read; -1 beyond 500 rows."""
        first = 0 if self._current is None else self._current + 1
        if len(self._rows) - first > 500:
            return -1.0
        return sum(item.duration for at in range(first, len(self._rows)) if (item := self._item(at)))

    def refresh(self) -> None:
        """The texts in the store have changed."""
        self._pages.clear()
        if self._rows:
            self.dataChanged.emit(self.index(0), self.index(len(self._rows) - 1))

    # Dragging

    def flags(self, index: Index) -> Qt.ItemFlag:
        if not index.isValid():
            return Qt.ItemFlag.ItemIsDropEnabled
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsDragEnabled

    def supportedDropActions(self) -> Qt.DropAction:
        return Qt.DropAction.MoveAction | Qt.DropAction.CopyAction

    def supportedDragActions(self) -> Qt.DropAction:
        return Qt.DropAction.MoveAction | Qt.DropAction.CopyAction

    def mimeTypes(self) -> list[str]:
        return [ROWS_MIME, Dragged(()).mime().formats()[0]]

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        chosen = sorted(index.row() for index in indexes)
        carried = Dragged(tuple(int(self._rows[at].item) for at in chosen)).mime()
        carried.setData(ROWS_MIME, ",".join(str(self._rows[at].key) for at in chosen).encode())
        return carried

    def canDropMimeData(self, data: QMimeData, _action: Qt.DropAction, _row: int, _column: int, _parent: Index) -> bool:
        return any(data.hasFormat(kind) for kind in self.mimeTypes())

    def dropMimeData(self, data: QMimeData, _action: Qt.DropAction, row: int, _column: int, parent: Index) -> bool:
        at = row if row >= 0 else (parent.row() if parent.isValid() else len(self._rows))
        if data.hasFormat(ROWS_MIME):
            plain = bytes(data.data(ROWS_MIME).data()).decode("ascii", "replace")
            self._playback.move([int(key) for key in plain.split(",") if key.isdigit()], at)
        elif (dragged := Dragged.read(data)) is not None:
            self._playback.insert(at, dragged.ids)
        # False: the view must not remove the dragged rows itself, the session has moved them already.
        return False

    # Inside

    def _words(self, at: int) -> str:
        item = self._item(at)
        if item is None:
            return self.tr("An item that is no longer in the library")
        return f"{item.title} – {item.artist}" if item.artist else item.title

    def _item(self, at: int) -> ItemRow | None:
        page = at // _PAGE
        rows = self._pages.get(page)
        if rows is None:
            part = self._rows[page * _PAGE : (page + 1) * _PAGE]
            rows = {int(row.id): row for row in self._lists.rows([int(row.item) for row in part])}
            self._pages[page] = rows
            while len(self._pages) > _PAGES:
                self._pages.popitem(last=False)
        return rows.get(int(self._rows[at].item))

    def _follow(self) -> None:
        """Take over the session's queue with the smallest change, so that selection and scrolling stay."""
        old, new = self._rows, self._playback.queue.rows
        if old is not new and old != new:
            head = 0
            while head < min(len(old), len(new)) and old[head] == new[head]:
                head += 1
            tail = 0
            while tail < min(len(old), len(new)) - head and old[-1 - tail] == new[-1 - tail]:
                tail += 1
            if head == 0 and tail == 0:
                self.beginResetModel()
                self._take(new)
                self.endResetModel()
            else:
                self._exchange(new, head, tail)
        else:
            self._current = self._playback.queue.current
        if self._rows:
            self.dataChanged.emit(self.index(0), self.index(len(self._rows) - 1))
        self.counted.emit()

    def _exchange(self, new: tuple[Row, ...], head: int, tail: int) -> None:
        old = self._rows
        if len(old) - tail > head:
            self.beginRemoveRows(_ROOT, head, len(old) - tail - 1)
            self._take(old[:head] + old[len(old) - tail :])
            self.endRemoveRows()
        if len(new) - tail > head:
            self.beginInsertRows(_ROOT, head, len(new) - tail - 1)
            self._take(new)
            self.endInsertRows()
        self._take(new)

    def _take(self, rows: tuple[Row, ...]) -> None:
        self._rows = rows
        self._current = self._playback.queue.current
        self._first_automatic = _first_automatic(rows)
        self._pages.clear()


def _first_automatic(rows: tuple[Row, ...]) -> int:
    at = len(rows)
    while at > 0 and rows[at - 1].origin == Origin.AUTOMATIC:
        at -= 1
    return at if at < len(rows) else -1
