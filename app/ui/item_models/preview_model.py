"""What would leave, Item by Item, as a Qt table with a box before each: ticked, it leaves; not ticked, it is private.

The publishing page fills it with a Preview of the store's; ticking asks the page through `tick_wanted`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import IntEnum
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from app.store.publications import PreviewRow
from app.ui.network_words import amount
from app.ui.widgets.elided_label import one_line, plain_tip
from app.ui.widgets.times import clock

Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)


class PreviewColumn(IntEnum):
    """The columns, in their order."""

    TITLE = 0
    ARTIST = 1
    ALBUM = 2
    TAGS = 3
    YEAR = 4
    TIME = 5
    LICENCE = 6
    SIZE = 7
    VECTORS = 8


_AT_RIGHT = (PreviewColumn.YEAR, PreviewColumn.TIME, PreviewColumn.SIZE)


class PreviewModel(QAbstractTableModel):
    """`tick_wanted(item, leaves)` when the box of an Item is pressed; the model does not change by itself."""

    tick_wanted = Signal(object, bool)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: list[PreviewRow] = []
        self._column: PreviewColumn | None = None
        self._down = False

    @property
    def rows(self) -> Sequence[PreviewRow]:
        return self._rows

    def show_rows(self, rows: Sequence[PreviewRow]) -> None:
        """Show these; where they are the same Items, the view stays where it is."""
        ordered = self._sorted(rows)
        if [row.item for row in ordered] == [row.item for row in self._rows]:
            self._rows = ordered
            if ordered:
                self.dataChanged.emit(self.index(0, 0), self.index(len(ordered) - 1, len(PreviewColumn) - 1))
            return
        self.beginResetModel()
        self._rows = ordered
        self.endResetModel()

    def rowCount(self, parent: Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(PreviewColumn)

    def flags(self, index: Index) -> Qt.ItemFlag:
        flags = super().flags(index)
        return flags | Qt.ItemFlag.ItemIsUserCheckable if index.column() == PreviewColumn.TITLE else flags

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation is not Qt.Orientation.Horizontal:
            return None
        column = PreviewColumn(section)
        if role == Qt.ItemDataRole.TextAlignmentRole and column in _AT_RIGHT:
            return _RIGHT
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        return {
            PreviewColumn.TITLE: self.tr("Title"),
            PreviewColumn.ARTIST: self.tr("Artist"),
            PreviewColumn.ALBUM: self.tr("Album"),
            PreviewColumn.TAGS: self.tr("Tags"),
            PreviewColumn.YEAR: self.tr("Year"),
            PreviewColumn.TIME: self.tr("Time"),
            PreviewColumn.LICENCE: self.tr("Licence"),
            PreviewColumn.SIZE: self.tr("File"),
            PreviewColumn.VECTORS: self.tr("Vectors"),
        }[column]

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or index.row() >= len(self._rows):
            return None
        row, column = self._rows[index.row()], PreviewColumn(index.column())
        if role == Qt.ItemDataRole.DisplayRole:
            return self._words(row, column)
        if role == Qt.ItemDataRole.CheckStateRole and column is PreviewColumn.TITLE:
            return Qt.CheckState.Unchecked if row.private else Qt.CheckState.Checked
        if role == Qt.ItemDataRole.TextAlignmentRole and column in _AT_RIGHT:
            return _RIGHT
        if role == Qt.ItemDataRole.ToolTipRole and column in (PreviewColumn.TITLE, PreviewColumn.LICENCE):
            return plain_tip(self._words(row, column))
        if role == Qt.ItemDataRole.AccessibleTextRole and column is PreviewColumn.TITLE:
            state = self.tr("stays private") if row.private else self.tr("leaves")
            return f"{one_line(row.title)}, {state}"
        return None

    def setData(self, index: Index, _value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        if role != Qt.ItemDataRole.CheckStateRole or index.column() != PreviewColumn.TITLE:
            return False
        row = self._rows[index.row()]
        self.tick_wanted.emit(row.item, row.private)
        return True

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        self._column = PreviewColumn(column) if column >= 0 else None
        self._down = order is Qt.SortOrder.DescendingOrder
        self.show_rows(self._rows)

    def _words(self, row: PreviewRow, column: PreviewColumn) -> str:
        match column:
            case PreviewColumn.TITLE:
                return one_line(row.title)
            case PreviewColumn.ARTIST:
                return one_line(row.artist)
            case PreviewColumn.ALBUM:
                return one_line(row.album)
            case PreviewColumn.TAGS:
                return one_line(row.genre)
            case PreviewColumn.YEAR:
                return str(row.year) if row.year else ""
            case PreviewColumn.TIME:
                return clock(row.duration)
            case PreviewColumn.LICENCE:
                return one_line(row.licence) or self.tr("none named")
            case PreviewColumn.SIZE:
                return amount(row.size)
            case PreviewColumn.VECTORS:
                return self._vector_words(row)

    def _vector_words(self, row: PreviewRow) -> str:
        kinds = []
        if any("audio" in space or "clap" in space for space in row.spaces):
            kinds.append(self.tr("sound"))
        if any("image" in space or "clip" in space for space in row.spaces):
            kinds.append(self.tr("picture"))
        return ", ".join(kinds) or self.tr("none yet")

    def _sorted(self, rows: Sequence[PreviewRow]) -> list[PreviewRow]:
        if self._column is None:
            return list(rows)
        order: dict[PreviewColumn, Callable[[PreviewRow], Any]] = {
            PreviewColumn.TITLE: lambda row: row.title.casefold(),
            PreviewColumn.ARTIST: lambda row: (row.artist.casefold(), row.album.casefold(), row.title.casefold()),
            PreviewColumn.ALBUM: lambda row: (row.album.casefold(), row.title.casefold()),
            PreviewColumn.TAGS: lambda row: row.genre.casefold(),
            PreviewColumn.YEAR: lambda row: row.year or 0,
            PreviewColumn.TIME: lambda row: row.duration,
            PreviewColumn.LICENCE: lambda row: (row.free, row.licence.casefold()),
            PreviewColumn.SIZE: lambda row: row.size,
            PreviewColumn.VECTORS: lambda row: len(row.spaces),
        }
        return sorted(rows, key=order[self._column], reverse=self._down)
