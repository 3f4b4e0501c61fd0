"""The queue in the right panel: its rows, and what can be done with them by mouse and keys.

What plays, what was chosen to come, and faded below it what taste would go on with and why. Everything that
changes the queue goes through playback and can be undone.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QItemSelectionModel, QModelIndex, QPersistentModelIndex, QPoint, QRect, Qt, QTimer
from PySide6.QtGui import QAction, QColor, QContextMenuEvent, QFont, QKeyEvent, QKeySequence, QPainter, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from app.player.queue import Origin
from app.ui.context_menu import ItemActions
from app.ui.item_models.queue_model import (
    CURRENT,
    FIRST_AUTOMATIC,
    ITEM_ROW,
    PAST,
    QUEUE_ROW,
    QueueModel,
)
from app.ui.playback import Playback
from app.ui.theme import Space, TextSize, Theme
from app.ui.widgets.elided_label import ElidedLabel, one_line, plain_tip
from app.ui.widgets.icon_button import icon_button
from app.ui.widgets.times import about, clock

_HEIGHT = 42
_HEADER = 28
_CONTEXT = "queue"


class QueueDelegate(QStyledItemDelegate):
    """Two lines a row: title and length; artist, or for a pick from taste its reason, all of it faded."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = QRect(option.rect)
        if index.data(FIRST_AUTOMATIC):
            self._paint_header(painter, QRect(area.left(), area.top(), area.width(), _HEADER))
            area.setTop(area.top() + _HEADER)
        state = option.state
        self._paint_ground(painter, area, state)
        self._paint_row(painter, area.adjusted(Space.M, 4, -Space.M, -4), index)
        painter.restore()

    def _paint_header(self, painter: QPainter, area: QRect) -> None:
        painter.setFont(self._theme.font(TextSize.SMALL, bold=True))
        painter.setPen(self._theme.color("muted"))
        flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        painter.drawText(area.adjusted(Space.M, 4, -Space.M, 0), flags, self.tr("From your taste"))

    def _paint_ground(self, painter: QPainter, area: QRect, state: QStyle.StateFlag) -> None:
        ground = None
        if state & QStyle.StateFlag.State_Selected:
            ground = self._theme.color("selected")
        elif state & QStyle.StateFlag.State_MouseOver:
            ground = self._theme.color("hover")
        painter.setPen(Qt.PenStyle.NoPen)
        if ground is not None:
            painter.setBrush(ground)
            painter.drawRoundedRect(area.adjusted(4, 1, -4, -1), 5, 5)
        if state & QStyle.StateFlag.State_HasFocus and state & QStyle.StateFlag.State_KeyboardFocusChange:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(self._theme.color("accent"))
            painter.drawRoundedRect(area.adjusted(4, 1, -4, -1), 5, 5)

    def _paint_row(self, painter: QPainter, area: QRect, index: QModelIndex | QPersistentModelIndex) -> None:
        row, item = index.data(QUEUE_ROW), index.data(ITEM_ROW)
        current, automatic = bool(index.data(CURRENT)), row.origin == Origin.AUTOMATIC
        title = self._theme.color("accent" if current else "muted" if automatic or index.data(PAST) else "text")
        quiet = self._theme.color("muted")
        length = clock(item.duration) if item is not None and item.duration > 0 else ""
        small = self._theme.font(TextSize.SMALL, tabular=True)
        painter.setFont(small)
        width = painter.fontMetrics().horizontalAdvance(length)
        middle = area.center().y() + 1
        painter.setPen(quiet)

        def place(left: int, top: int, width: int, height: int) -> QRect:
            return QStyle.visualRect(painter.layoutDirection(), area, QRect(left, top, width, height))

        height = middle - area.top()
        when = place(area.right() - width, area.top(), width, height)
        painter.drawText(when, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, length)
        mark = 16 if current else 0
        if current:
            picture = self._theme.pixmap("play", 12, "accent", painter.device().devicePixelRatioF())
            painter.drawPixmap(place(area.left(), area.top() + height // 2 - 6, 12, 12), picture)
        first = place(area.left() + mark, area.top(), area.width() - width - Space.S - mark, height)
        painter.setFont(self._theme.font(TextSize.BODY, bold=current))
        self._draw(painter, first, title, index.data(Qt.ItemDataRole.DisplayRole) if item is None else item.title)
        under = row.reason if automatic and row.reason else (item.artist if item is not None else "")
        painter.setFont(self._italic() if automatic and row.reason else self._theme.font(TextSize.SMALL))
        self._draw(painter, QRect(area.left(), middle, area.width(), area.bottom() - middle + 1), quiet, under)

    def _italic(self) -> QFont:
        font = self._theme.font(TextSize.SMALL)
        font.setItalic(True)
        return font

    def _draw(self, painter: QPainter, area: QRect, colour: QColor, text: str) -> None:
        painter.setPen(colour)
        shown = painter.fontMetrics().elidedText(one_line(text), Qt.TextElideMode.ElideRight, area.width())
        flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft | Qt.TextFlag.TextSingleLine
        painter.drawText(area, flags, shown)


class QueueList(QTableView):
    """The rows. Return plays one, Delete takes it out, Alt+Up and Alt+Down move it, 0 to 5 rate it.

    A table of one column: unlike a list it does not measure 100,000 rows one by one.
    """

    def __init__(
        self, model: QueueModel, playback: Playback, actions: ItemActions, theme: Theme, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self._queue = model
        self._playback = playback
        self._actions = actions
        self._theme = theme
        self.setModel(model)
        self.setItemDelegate(QueueDelegate(theme, self))
        self.setAccessibleName(self.tr("Queue"))
        self.horizontalHeader().hide()
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(_HEIGHT)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMouseTracking(True)
        self.setDragEnabled(True)
        self.setAcceptDrops(True)
        self.setDropIndicatorShown(True)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragDrop)
        self.setDefaultDropAction(Qt.DropAction.MoveAction)
        self.setDragDropOverwriteMode(False)
        self._headed = -1
        model.counted.connect(self._make_room)
        self._make_room()
        self.doubleClicked.connect(lambda index: self._play(index.row()))
        theme.changed.connect(self.viewport().update)

    def keys(self) -> list[int]:
        """The keys of the chosen rows, from top to bottom."""
        chosen = sorted(index.row() for index in self.selectedIndexes())
        return [row.key for at in chosen if (row := self._queue.row_at(at)) is not None]

    def ids(self) -> list[int]:
        """The Items of the chosen rows, from top to bottom."""
        chosen = sorted(index.row() for index in self.selectedIndexes())
        return [int(row.item) for at in chosen if (row := self._queue.row_at(at)) is not None]

    def show_current(self) -> None:
        """Scroll to what plays."""
        at = self._queue.current_row
        if at >= 0:
            self.scrollTo(self._queue.index(at), QAbstractItemView.ScrollHint.PositionAtCenter)

    def remove_chosen(self) -> None:
        keys = self.keys()
        if not keys:
            return
        first = min(index.row() for index in self.selectedIndexes())
        self._playback.remove(keys)
        if self._queue.rowCount():
            self.setCurrentIndex(self._queue.index(min(first, self._queue.rowCount() - 1)))

    def move_chosen(self, steps: int) -> None:
        """Move the chosen rows up (-1) or down (1)."""
        chosen = sorted(index.row() for index in self.selectedIndexes())
        if not chosen:
            return
        keys = self.keys()
        target = chosen[0] - 1 if steps < 0 else chosen[-1] + 2
        if target < 0 or target > self._queue.rowCount():
            return
        self._playback.move(keys, target)
        self.clearSelection()
        for at in range(self._queue.rowCount()):
            row = self._queue.row_at(at)
            if row is not None and row.key in keys:
                index = self._queue.index(at)
                if row.key == keys[0]:
                    self.setCurrentIndex(index)
                self.selectionModel().select(index, QItemSelectionModel.SelectionFlag.Select)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        # Once the list has its height: before, the middle is somewhere else.
        QTimer.singleShot(0, self, self.show_current)

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip:
            index = self.indexAt(event.pos())  # type: ignore[attr-defined]
            self.viewport().setToolTip(self._tip(index))
        return super().viewportEvent(event)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            mine = event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Return, Qt.Key.Key_Enter)
            if mine or self._steps(event) or (self.ids() and self._actions.knows_key(event)):
                event.accept()
                return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        index = self.currentIndex()
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and index.isValid() and not event.modifiers():
            self._play(index.row())
        elif event.key() == Qt.Key.Key_Delete:
            self.remove_chosen()
        elif steps := self._steps(event):
            self.move_chosen(steps)
        elif not self._actions.take_key(event, self.ids(), _CONTEXT, self._menu_point()):
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        ids = self.ids()
        if not ids:
            return
        keyboard = event.reason() == QContextMenuEvent.Reason.Keyboard
        at = self._menu_point() if keyboard else event.globalPos()
        remove = QAction(self._theme.icon("remove"), self.tr("Remove from queue"), self)
        remove.setShortcut(QKeySequence(Qt.Key.Key_Delete))
        remove.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        remove.triggered.connect(self.remove_chosen)
        menu = self._actions.open_menu(ids, at, _CONTEXT, self, [remove])
        menu.aboutToHide.connect(remove.deleteLater)

    def _make_room(self) -> None:
        """The first pick from taste has its heading above it."""
        rows = self.verticalHeader()
        if 0 <= self._headed < self._queue.rowCount():
            rows.resizeSection(self._headed, _HEIGHT)
        self._headed = self._queue.first_automatic
        if self._headed >= 0:
            rows.resizeSection(self._headed, _HEIGHT + _HEADER)

    def _play(self, at: int) -> None:
        row = self._queue.row_at(at)
        if row is not None:
            self._playback.play_row(row.key)

    def _steps(self, event: QKeyEvent) -> int:
        if event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier != Qt.KeyboardModifier.AltModifier:
            return 0
        return {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(Qt.Key(event.key()), 0)

    def _menu_point(self) -> QPoint:
        return self.viewport().mapToGlobal(self.visualRect(self.currentIndex()).center())

    def _tip(self, index: QModelIndex) -> str:
        row, item = index.data(QUEUE_ROW), index.data(ITEM_ROW)
        if row is None or item is None:
            return ""
        lines = (item.title, item.artist, item.album, row.reason)
        return plain_tip("\n".join(line for line in map(one_line, lines) if line)).replace("\n", "<br>")


class QueueView(QWidget):
    """The list with its heading: how much is still to come, and what clears it."""

    def __init__(
        self,
        model: QueueModel,
        playback: Playback,
        actions: ItemActions,
        theme: Theme,
        clear: QAction,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._queue = model
        self._count = ElidedLabel()
        self._count.setProperty("role", "small")
        heading = QLabel(self.tr("Queue"))
        heading.setFont(theme.font(TextSize.BODY, bold=True))
        self._clear = icon_button(theme, "trash", self.tr("Clear queue"), self)
        self._clear.clicked.connect(clear.trigger)
        self.list = QueueList(model, playback, actions, theme, self)
        self._empty = QLabel(self.tr("Nothing is queued. Double-click something, or drag it here."))
        self._empty.setProperty("role", "muted")
        self._empty.setWordWrap(True)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignHCenter)
        self._empty.setContentsMargins(Space.L, Space.L, Space.L, Space.L)
        head = QHBoxLayout()
        head.setContentsMargins(Space.M, Space.XS, Space.S, Space.XS)
        head.setSpacing(Space.S)
        head.addWidget(heading)
        head.addWidget(self._count, 1)
        head.addWidget(self._clear)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        box.addLayout(head)
        box.addWidget(self._empty, 1)
        box.addWidget(self.list, 1)
        self.list.setStyleSheet("QTableView { background: transparent; }")
        model.counted.connect(self._tell)
        playback.current_changed.connect(lambda _playable: self._follow())
        model.modelReset.connect(self._tell)
        self._tell()

    def _follow(self) -> None:
        # Not under somebody's hand: a list that scrolls away from the pointer is worse than one that lags.
        if not self.list.underMouse():
            self.list.show_current()

    def _tell(self) -> None:
        count = self._queue.rowCount()
        left = max(count - self._queue.current_row - 1, 0)
        seconds = self._queue.seconds_left()
        words = self.tr("%n to come", "", left) if left else ""
        if left and seconds > 0:
            words = f"{words} · {about(seconds)}"
        self._count.setText(words)
        self._clear.setEnabled(left > 0 or count > 1)
        self.list.setVisible(count > 0)
        self._empty.setVisible(count == 0)
