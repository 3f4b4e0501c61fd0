"""The downloads as a Qt table: what, how it stands, how far, how fast, how long still, from how many.

The Downloads page fills it from `Fetching`; it reads nothing itself. Titles are text from outside.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from app.network_messages import DownloadState
from app.ui.fetching import Fetched
from app.ui.network_words import ago, amount, number
from app.ui.offer_words import fetch_words, rate_words
from app.ui.widgets.elided_label import one_line, plain_tip
from app.ui.widgets.times import about

Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
FETCHED = Qt.ItemDataRole.UserRole + 1
"""The whole Fetched."""
TROUBLE = (DownloadState.REFUSED, DownloadState.FAILED)


class DownloadColumn(IntEnum):
    """The columns, in their order."""

    TITLE = 0
    STATE = 1
    SIZE = 2
    RATE = 3
    LEFT = 4
    PEERS = 5
    FROM = 6


_NUMBERS = (DownloadColumn.SIZE, DownloadColumn.RATE, DownloadColumn.LEFT, DownloadColumn.PEERS)


class DownloadsModel(QAbstractTableModel):
    """Shows the downloads it is given; a change of one repaints its row only."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: list[Fetched] = []
        self._compact = False

    def set_compact(self, compact: bool) -> None:
        """Whether rate and time left have no columns, and stand with the state."""
        if compact != self._compact:
            self._compact = compact
            if self._rows:
                self.dataChanged.emit(self.index(0, 0), self.index(len(self._rows) - 1, len(DownloadColumn) - 1))

    def show_rows(self, rows: Sequence[Fetched]) -> None:
        """Show these, in this order."""
        if [row.id for row in rows] == [row.id for row in self._rows]:
            self._rows = list(rows)
            if rows:
                self.dataChanged.emit(self.index(0, 0), self.index(len(rows) - 1, len(DownloadColumn) - 1))
            return
        self.beginResetModel()
        self._rows = list(rows)
        self.endResetModel()

    def show_row(self, fetched: Fetched) -> bool:
        """Show how one stands now; False where the table does not hold it."""
        at = self.row_of(fetched.id)
        if at >= 0:
            self._rows[at] = fetched
            self.dataChanged.emit(self.index(at, 0), self.index(at, len(DownloadColumn) - 1))
        return at >= 0

    def at(self, row: int) -> Fetched | None:
        return self._rows[row] if 0 <= row < len(self._rows) else None

    def row_of(self, download: int) -> int:
        """Where a download stands, -1 where it does not."""
        return next((at for at, row in enumerate(self._rows) if row.id == download), -1)

    def rowCount(self, parent: Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(DownloadColumn)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation is not Qt.Orientation.Horizontal:
            return None
        column = DownloadColumn(section)
        if role == Qt.ItemDataRole.TextAlignmentRole and column in _NUMBERS:
            return _RIGHT
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        return {
            DownloadColumn.TITLE: self.tr("Title"),
            DownloadColumn.STATE: self.tr("How it is"),
            DownloadColumn.SIZE: self.tr("Size"),
            DownloadColumn.RATE: self.tr("Rate"),
            DownloadColumn.LEFT: self.tr("Time left"),
            DownloadColumn.PEERS: self.tr("Peers"),
            DownloadColumn.FROM: self.tr("From"),
        }[column]

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        fetched = self.at(index.row()) if index.isValid() else None
        if fetched is None:
            return None
        column = DownloadColumn(index.column())
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return self.text(fetched, column)
            case Qt.ItemDataRole.AccessibleTextRole:
                return self.text(fetched, column) or self.tr("nothing")
            case Qt.ItemDataRole.ToolTipRole:
                words = self.state_words(fetched) if column is DownloadColumn.STATE else self.text(fetched, column)
                return plain_tip(words)
            case Qt.ItemDataRole.TextAlignmentRole if column in _NUMBERS:
                return _RIGHT
            case _ if role == FETCHED:
                return fetched
        return None

    def text(self, fetched: Fetched, column: DownloadColumn) -> str:
        """What stands in a cell."""
        row = fetched.row
        running = fetched.state is DownloadState.RUNNING
        match column:
            case DownloadColumn.TITLE:
                return one_line(f"{row.title} – {row.artist}" if row.artist else row.title)
            case DownloadColumn.STATE:
                words = self.state_words(fetched)
                if running and self._compact:
                    more = (self.text(fetched, DownloadColumn.RATE), self.text(fetched, DownloadColumn.LEFT))
                    words = " · ".join(part for part in (words, *more) if part)
                return one_line(words)
            case DownloadColumn.SIZE:
                return amount(row.size)
            case DownloadColumn.RATE:
                return rate_words(fetched.rate) if running else ""
            case DownloadColumn.LEFT:
                return about(fetched.seconds_left) if running and fetched.seconds_left >= 0 else ""
            case DownloadColumn.PEERS:
                return number(fetched.peers) if fetched.under_way and fetched.peers else ""
            case DownloadColumn.FROM:
                return one_line(row.peer_name)

    def state_words(self, fetched: Fetched) -> str:
        """How it stands, with the reason where something is wrong and what was given away."""
        words = self.tr("{share} %").format(share=int(fetched.share * 100))
        if fetched.state is DownloadState.CHECKING:
            return self.tr("being compared with what was promised")
        if fetched.state is not DownloadState.RUNNING:
            words = fetch_words(fetched)
        if fetched.state in TROUBLE and fetched.reason:
            words = self.tr("{state}: {reason}").format(state=words, reason=fetched.reason)
        elif fetched.state is DownloadState.DONE:
            parts = [words]
            if fetched.row.finished_at:
                parts.append(ago(fetched.row.finished_at))
            if fetched.row.seeding:
                given = amount(fetched.uploaded)
                parts.append(self.tr("given to others: {amount}").format(amount=given))
            words = " · ".join(parts)
        return words
