"""The peers as a Qt table: name, how near it is, what its catalogue holds, what its word is worth, last heard.

The peers page fills it from the store; it reads nothing itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import IntEnum
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QCoreApplication, QModelIndex, QObject, QPersistentModelIndex, Qt

from app.store.peers import PeerRow
from app.trust import Rank, Standing
from app.ui.network_words import ago, amount, number
from app.ui.widgets.elided_label import one_line, plain_tip

Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)


class PeerColumn(IntEnum):
    """The columns, in their order."""

    NAME = 0
    RELATION = 1
    ITEMS = 2
    SIZE = 3
    STANDING = 4
    HEARD = 5


class PeersModel(QAbstractTableModel):
    """Shows the rows it is given, sorted by one column."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: list[PeerRow] = []
        self._column: PeerColumn | None = None
        self._down = False

    @property
    def rows(self) -> Sequence[PeerRow]:
        return self._rows

    def show_rows(self, rows: Sequence[PeerRow]) -> None:
        """Show these; in the store's order until a column is chosen. Where they are the same peers, nothing moves."""
        ordered = self._sorted(rows)
        if ordered and [row.key for row in ordered] == [row.key for row in self._rows]:
            self._rows = ordered
            self.dataChanged.emit(self.index(0, 0), self.index(len(ordered) - 1, len(PeerColumn) - 1))
            return
        self.beginResetModel()
        self._rows = ordered
        self.endResetModel()

    def row_of(self, key: bytes) -> int:
        """Where a peer stands, -1 where it does not."""
        return next((at for at, row in enumerate(self._rows) if row.key == key), -1)

    def rowCount(self, parent: Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(PeerColumn)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation is not Qt.Orientation.Horizontal:
            return None
        column = PeerColumn(section)
        if role == Qt.ItemDataRole.TextAlignmentRole and column in (PeerColumn.ITEMS, PeerColumn.SIZE):
            return _RIGHT
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        return {
            PeerColumn.NAME: self.tr("Name"),
            PeerColumn.RELATION: self.tr("To you"),
            PeerColumn.ITEMS: self.tr("Items"),
            PeerColumn.SIZE: self.tr("Catalogue"),
            PeerColumn.STANDING: self.tr("Word"),
            PeerColumn.HEARD: self.tr("Last heard"),
        }[column]

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or index.row() >= len(self._rows):
            return None
        row, column = self._rows[index.row()], PeerColumn(index.column())
        if role == Qt.ItemDataRole.DisplayRole:
            return self._words(row, column)
        if role == Qt.ItemDataRole.TextAlignmentRole and column in (PeerColumn.ITEMS, PeerColumn.SIZE):
            return _RIGHT
        if role == Qt.ItemDataRole.ToolTipRole and column is PeerColumn.NAME:
            return plain_tip(peer_name(row))
        if role == Qt.ItemDataRole.AccessibleTextRole and column is PeerColumn.NAME:
            return f"{peer_name(row)}, {relation_words(row)}"
        return None

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        self._column = PeerColumn(column) if column >= 0 else None
        self._down = order is Qt.SortOrder.DescendingOrder
        self.show_rows(self._rows)

    def _words(self, row: PeerRow, column: PeerColumn) -> str:
        match column:
            case PeerColumn.NAME:
                return peer_name(row)
            case PeerColumn.RELATION:
                return relation_words(row)
            case PeerColumn.ITEMS:
                return number(row.items) if row.items else ""
            case PeerColumn.SIZE:
                return amount(row.bytes) if row.bytes else ""
            case PeerColumn.STANDING:
                return "" if row.blocked else standing_word(row.standing)
            case PeerColumn.HEARD:
                return "" if row.blocked else ago(row.last_heard)

    def _sorted(self, rows: Sequence[PeerRow]) -> list[PeerRow]:
        if self._column is None:
            return list(rows)
        order: dict[PeerColumn, Callable[[PeerRow], Any]] = {
            PeerColumn.NAME: lambda row: peer_name(row).casefold(),
            PeerColumn.RELATION: lambda row: (row.blocked, -row.rank),
            PeerColumn.ITEMS: lambda row: row.items,
            PeerColumn.SIZE: lambda row: row.bytes,
            PeerColumn.STANDING: lambda row: (-row.broken, row.kept),
            PeerColumn.HEARD: lambda row: row.last_heard,
        }
        return sorted(rows, key=order[self._column], reverse=self._down)


def peer_name(row: PeerRow) -> str:
    """What a peer is called; of a blocked one only its key is left."""
    return one_line(row.name) or f"{row.key.hex()[:16]}…"


def relation_words(row: PeerRow) -> str:
    """How near a peer is, in a few words."""
    translate = QCoreApplication.translate
    if row.blocked:
        return translate("Peers", "blocked")
    match row.rank:
        case Rank.FOLLOWED:
            return translate("Peers", "followed")
        case Rank.FRIEND_OF_FRIEND:
            return translate("Peers", "friend of a friend")
        case _:
            return translate("Peers", "known")


def standing_word(standing: Standing) -> str:
    """What a peer's word is worth, in a word."""
    translate = QCoreApplication.translate
    return {
        Standing.UNKNOWN: translate("Peers", "not tried"),
        Standing.GOOD: translate("Peers", "kept"),
        Standing.DOUBTFUL: translate("Peers", "broken at times"),
        Standing.BAD: translate("Peers", "not trusted"),
    }[standing]
