"""The table of downloads: its columns, its keys, and how a cell with a line for the progress is drawn.

The Downloads page owns it and decides what its signals mean.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import (
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QContextMenuEvent, QKeyEvent, QPainter, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from app.network_messages import DownloadState
from app.ui.fetching import Fetched
from app.ui.item_models.downloads_model import FETCHED, TROUBLE, DownloadColumn, DownloadsModel
from app.ui.theme import Theme

ROW_HEIGHT = 40
MARGIN = 8
_WIDTHS = {
    DownloadColumn.SIZE: 88,
    DownloadColumn.RATE: 84,
    DownloadColumn.LEFT: 96,
    DownloadColumn.PEERS: 60,
    DownloadColumn.FROM: 136,
}
_COMPACT = 640
_YIELDING = (
    (DownloadColumn.RATE, _COMPACT),
    (DownloadColumn.LEFT, _COMPACT),
    (DownloadColumn.PEERS, 720),
    (DownloadColumn.FROM, 860),
)
"""These columns stay away while the table is narrower."""

Index = QModelIndex | QPersistentModelIndex


class _CellDelegate(QStyledItemDelegate):
    """Draws a cell; under the words of the state, a line for how far it is. Text is always plain."""

    def __init__(self, view: QAbstractItemView, theme: Theme) -> None:
        super().__init__(view)
        self._view, self._theme = view, theme

    def sizeHint(self, _option: QStyleOptionViewItem, _index: Index) -> QSize:
        return QSize(80, ROW_HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        fetched = index.data(FETCHED)
        if fetched is None:
            return
        tones, rect, column = self._theme.tones, option.rect, DownloadColumn(index.column())
        painter.save()
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(rect, QColor(tones.selected))
        if self._view.hasFocus() and index.row() == self._view.currentIndex().row():
            painter.setPen(QColor(tones.accent))
            painter.drawLine(rect.topLeft(), rect.topRight())
            painter.drawLine(rect.bottomLeft(), rect.bottomRight())
        place = rect.adjusted(MARGIN, 0, -MARGIN, 0)
        trouble = column is DownloadColumn.STATE and fetched.state in TROUBLE
        strong = column is DownloadColumn.TITLE
        painter.setFont(self._theme.font(tabular=True))
        painter.setPen(QColor(tones.danger if trouble else tones.text if strong else tones.muted))
        if column is DownloadColumn.STATE and fetched.under_way:
            self._paint_share(painter, QRectF(place.left(), place.bottom() - 9, place.width(), 3), fetched)
            place = place.adjusted(0, 0, 0, -8)
        words = str(index.data() or "")
        shown = painter.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, place.width())
        side = index.data(Qt.ItemDataRole.TextAlignmentRole)
        flags = int(side) if side else int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        painter.drawText(place, flags | int(Qt.TextFlag.TextSingleLine), shown)
        painter.restore()

    def _paint_share(self, painter: QPainter, whole: QRectF, fetched: Fetched) -> None:
        pen = painter.pen()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self._theme.tones.hairline))
        painter.drawRoundedRect(whole, 1.5, 1.5)
        done = QRectF(whole)
        done.setWidth(max(whole.width() * fetched.share, 3.0))
        if self._view.layoutDirection() == Qt.LayoutDirection.RightToLeft:
            done.moveRight(whole.right())
        resting = fetched.state in (DownloadState.PAUSED, DownloadState.WAITING)
        painter.setBrush(QColor(self._theme.tones.muted if resting else self._theme.tones.accent))
        painter.drawRoundedRect(done, 1.5, 1.5)
        painter.setPen(pen)


class DownloadTable(QTableView):
    """The rows. Return plays, Space is left to the player, Delete cancels or takes out of the list."""

    play_wanted = Signal()
    remove_wanted = Signal()
    menu_wanted = Signal(QPoint)
    chosen = Signal()

    def __init__(self, model: DownloadsModel, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setModel(model)
        self._downloads = model
        self.setAccessibleName(self.tr("Downloads"))
        self.setItemDelegate(_CellDelegate(self, theme))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setWordWrap(False)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(ROW_HEIGHT)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionsClickable(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        for column in (DownloadColumn.TITLE, DownloadColumn.STATE):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Stretch)
        for column, width in _WIDTHS.items():
            self.setColumnWidth(column, width)
        self.doubleClicked.connect(lambda _index: self.play_wanted.emit())
        self.selectionModel().selectionChanged.connect(lambda _now, _before: self.chosen.emit())
        model.modelReset.connect(self.chosen)
        theme.changed.connect(self.viewport().update)

    def chosen_rows(self) -> list[Fetched]:
        """The chosen downloads from top to bottom."""
        rows = sorted({index.row() for index in self.selectionModel().selectedRows()})
        return [one for row in rows if (one := self._downloads.at(row)) is not None]

    def choose(self, downloads: Sequence[int]) -> None:
        """Choose these and no others, and show the first."""
        last = len(DownloadColumn) - 1
        selection = QItemSelection()
        rows = [row for download in downloads if (row := self._downloads.row_of(download)) >= 0]
        for row in rows:
            selection.select(self._downloads.index(row, 0), self._downloads.index(row, last))
        self.selectionModel().select(selection, QItemSelectionModel.SelectionFlag.ClearAndSelect)
        if rows:
            first = self._downloads.index(rows[0], 0)
            self.selectionModel().setCurrentIndex(first, QItemSelectionModel.SelectionFlag.NoUpdate)
            self.scrollTo(first)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        for column, least in _YIELDING:
            self.setColumnHidden(column, self.viewport().width() < least)
        self._downloads.set_compact(self.viewport().width() < _COMPACT)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        plain = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier == Qt.KeyboardModifier.NoModifier
        if plain and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.play_wanted.emit()
        elif plain and event.key() == Qt.Key.Key_Delete:
            self.remove_wanted.emit()
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        by_key = event.reason() == QContextMenuEvent.Reason.Keyboard
        current = self.visualRect(self.currentIndex()).center()
        self.menu_wanted.emit(self.viewport().mapToGlobal(current) if by_key else event.globalPos())
