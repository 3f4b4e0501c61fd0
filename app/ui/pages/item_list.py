"""The list of items as every page shows it: a table with the user's columns, keys, menu, rating and dragging.

The library, the videos, similar items and playlists use it. What a key or a click means is `ItemActions`'; the
list only knows which items are chosen. Remembers its columns in the settings.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtCore import (
    QEvent,
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import (
    QAction,
    QContextMenuEvent,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QMenu, QTableView, QWidget

from app.config import COLUMNS, Settings
from app.ui.context_menu import ItemActions
from app.ui.delegates.rows import ROW_HEIGHT, RowDelegate
from app.ui.delegates.score import ScoreDelegate
from app.ui.delegates.stars import StarsDelegate
from app.ui.item_models import columns
from app.ui.item_models.columns import Column, Layout, Placed
from app.ui.item_models.items_model import ItemsModel
from app.ui.theme import Theme

LEAST = {
    Column.TITLE: 130,
    Column.ARTIST: 84,
    Column.ALBUM: 84,
    Column.GENRE: 64,
    Column.REASON: 110,
    Column.FOUND_BY: 128,
    Column.PATH: 120,
}
"""Columns of words, and how narrow they may get before the list scrolls sideways."""
SPARE = {
    Column.TITLE: 5,
    Column.ARTIST: 3,
    Column.ALBUM: 3,
    Column.GENRE: 1,
    Column.REASON: 4,
    Column.FOUND_BY: 4,
    Column.PATH: 4,
}
"""In which parts columns of words share room that is left over."""
COMFORT = {Column.TITLE: 190, Column.ARTIST: 120, Column.ALBUM: 120, Column.REASON: 180, Column.FOUND_BY: 150}
YIELDING = (Column.PLAYS, Column.GENRE, Column.YEAR)
"""While the user has not chosen columns, these stay away until the others have comfortable room."""
KEPT_SELECTION = 2000
"""Larger selections are not brought back after the list was read anew."""


class ItemList(QTableView):
    """A table of items. `name` is what its columns are remembered by, `context` what feedback is recorded with."""

    play_wanted = Signal(int)
    """Play from this position on."""

    def __init__(
        self,
        model: ItemsModel,
        actions: ItemActions,
        settings: Settings,
        theme: Theme,
        *,
        name: str,
        context: str,
        first: Layout,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._items = model
        self._actions = actions
        self._settings = settings
        self._theme = theme
        self._name = name
        self._context = context
        self._first = first
        self.extra_actions: list[QAction] = []
        """Actions a page adds at the end of the menu."""
        self._saving = QTimer(self)
        self._saving.setSingleShot(True)
        self._saving.setInterval(400)
        self._saving.timeout.connect(self._save_layout)
        self._delegates: list[RowDelegate] = []
        self._wanted: dict[Column, int] = {}
        """The widths the user wants; the columns get them where there is room."""
        self._chosen: set[Column] = set()
        self._yields = True
        self._sorted = (0, Qt.SortOrder.AscendingOrder)
        self._fitting = False
        self._set_up()
        self._restore_layout()

    # What is chosen

    @property
    def items_model(self) -> ItemsModel:
        return self._items

    def selected_positions(self) -> list[int]:
        """The chosen rows from top to bottom; ranges, so that 100,000 of them cost nothing."""
        found: list[int] = []
        chosen = self.selectionModel().selection()
        for part in (chosen.at(number) for number in range(chosen.count())):
            found.extend(range(part.top(), part.bottom() + 1))
        return sorted(set(found))

    def selected_ids(self) -> list[int]:
        """The items of the chosen rows, in the order shown."""
        ids = self._items.ids
        return [ids[position] for position in self.selected_positions() if position < len(ids)]

    def select_item(self, item: int) -> bool:
        """Choose and show one item; False where the list does not hold it."""
        position = self._items.position_of(item)
        if position < 0:
            return False
        self.selectRow(position)
        self.scrollTo(self._items.index(position, 0), QAbstractItemView.ScrollHint.PositionAtCenter)
        return True

    def select_positions(self, positions: Sequence[int]) -> None:
        """Choose these rows and no others."""
        last = len(self._items.shown_columns) - 1
        selection = QItemSelection()
        for at in positions:
            if 0 <= at < self._items.rowCount():
                selection.select(self._items.index(at, 0), self._items.index(at, last))
        self.selectionModel().select(selection, QItemSelectionModel.SelectionFlag.ClearAndSelect)
        if positions and 0 <= positions[0] < self._items.rowCount():
            index = self._items.index(positions[0], 0)
            self.selectionModel().setCurrentIndex(index, QItemSelectionModel.SelectionFlag.NoUpdate)

    def refresh(self) -> None:
        """Read the list again; what is chosen and where it is scrolled stays."""
        chosen = self.selected_ids() if len(self.selected_positions()) <= KEPT_SELECTION else []
        current = self._items.item_at(self.currentIndex().row())
        offset = self.verticalScrollBar().value()
        if not self._items.refresh():
            return
        self.verticalScrollBar().setValue(offset)
        places = {item: position for position, item in enumerate(self._items.ids)} if chosen else {}
        self.select_positions([places[item] for item in chosen if item in places])
        at = self._items.position_of(current.id) if current is not None else -1
        if at >= 0:
            self.selectionModel().setCurrentIndex(self._items.index(at, 0), QItemSelectionModel.SelectionFlag.NoUpdate)

    # Columns

    def layout_now(self) -> Layout:
        """How the columns stand now."""
        header = self.horizontalHeader()
        shown = self._items.shown_columns
        order = [int(header.logicalIndex(visual) or 0) for visual in range(header.count())]
        placed = tuple(Placed(shown[at], self._wanted[shown[at]], not header.isSectionHidden(at)) for at in order)
        section = header.sortIndicatorSection()
        sort = shown[section] if header.isSortIndicatorShown() and 0 <= section < len(shown) else None
        return Layout(placed, sort, header.sortIndicatorOrder() == Qt.SortOrder.DescendingOrder)

    def column_menu(self, parent: QWidget | None = None) -> QMenu:
        """The chooser of columns."""
        menu = QMenu(parent or self)
        for at, column in enumerate(self._items.shown_columns):
            action = menu.addAction(columns.header(column))
            action.setCheckable(True)
            action.setChecked(not self.isColumnHidden(at))
            action.setEnabled(column is not Column.TITLE)
            action.toggled.connect(lambda shown, at=at: self._show_column(at, shown))
        menu.addSeparator()
        menu.addAction(self.tr("Columns as at first")).triggered.connect(self._reset_layout)
        return menu

    # Qt's events

    def keyPressEvent(self, event: QKeyEvent) -> None:
        plain = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier == Qt.KeyboardModifier.NoModifier
        if plain and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if self.currentIndex().isValid():
                self.play_wanted.emit(self.currentIndex().row())
            return
        moves = plain and event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Up)
        if moves and self.currentIndex().isValid() and not self.selectionModel().hasSelection():
            # The ring stands on a row that is not chosen yet: the first step chooses it.
            self.selectRow(self.currentIndex().row())
            return
        if self._actions.take_key(event, self.selected_ids(), self._context, self._current_point()):
            return
        super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and self.selectionModel().hasSelection()
            and self._actions.knows_key(event)
        ):
            # With rows chosen, these keys mean the rows and not what is playing.
            event.accept()
            return True
        return super().event(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        ids = self.selected_ids()
        if not ids:
            return
        by_key = event.reason() == QContextMenuEvent.Reason.Keyboard
        at = self._current_point() if by_key else event.globalPos()
        self._actions.open_menu(ids, at, self._context, self, self.extra_actions)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._hover(self.rowAt(int(event.position().y())))
        super().mouseMoveEvent(event)

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Leave:
            self._hover(-1)
        return super().viewportEvent(event)

    def currentChanged(
        self, current: QModelIndex | QPersistentModelIndex, previous: QModelIndex | QPersistentModelIndex
    ) -> None:
        super().currentChanged(current, previous)
        # The ring goes around whole rows, the view would only draw the two cells anew.
        for index in (current, previous):
            if index.isValid():
                rect = self.visualRect(index)
                self.viewport().update(0, rect.top() - 1, self.viewport().width(), rect.height() + 2)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        if not self.currentIndex().isValid() and self._items.rowCount():
            self.selectionModel().setCurrentIndex(self._items.index(0, 0), QItemSelectionModel.SelectionFlag.NoUpdate)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    # Inside

    def _set_up(self) -> None:
        self.setModel(self._items)
        self.setAccessibleName(self.tr("Items"))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setMouseTracking(True)
        self.setDragEnabled(True)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragOnly)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.verticalHeader().setDefaultSectionSize(ROW_HEIGHT)
        header = self.horizontalHeader()
        header.setSectionsMovable(True)
        header.setHighlightSections(False)
        header.setMinimumSectionSize(32)
        header.setTextElideMode(Qt.TextElideMode.ElideRight)
        header.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        header.customContextMenuRequested.connect(lambda at: self.column_menu().popup(header.mapToGlobal(at)))
        header.sectionResized.connect(self._take_width)
        header.sectionMoved.connect(self._layout_changed)
        header.sortIndicatorChanged.connect(self._follow_sort)
        # To draw itself a header asks whether all rows of a column are chosen, one by one: seconds at 100,000.
        header.setSelectionModel(QItemSelectionModel(self._items, header))
        text = RowDelegate(self, self._items, self._theme)
        self.setItemDelegate(text)
        self._delegates.append(text)
        for at, column in enumerate(self._items.shown_columns):
            if column is Column.STARS:
                stars = StarsDelegate(self, self._items, self._theme)
                stars.rated.connect(lambda item, value: self._actions.stars([item], value, self._context))
                stars.liked.connect(
                    lambda item, on: (self._actions.like if on else self._actions.clear)([item], self._context)
                )
                self.setItemDelegateForColumn(at, stars)
                self._delegates.append(stars)
            elif column is Column.SCORE:
                score = ScoreDelegate(self, self._items, self._theme)
                self.setItemDelegateForColumn(at, score)
                self._delegates.append(score)
        self.doubleClicked.connect(lambda index: self.play_wanted.emit(index.row()))
        self._theme.changed.connect(self.viewport().update)

    def _restore_layout(self) -> None:
        kept = columns.read_layouts(self._settings.get(COLUMNS)).get(self._name, self._first)
        self._wear(kept.merged(self._items.shown_columns))

    def _wear(self, layout: Layout) -> None:
        header, shown = self.horizontalHeader(), self._items.shown_columns
        self._wanted = {placed.column: placed.width for placed in layout.placed}
        self._chosen = {placed.column for placed in layout.placed if placed.shown}
        self._yields = layout.placed == self._first.merged(shown).placed
        for visual, placed in enumerate(layout.placed):
            logical = shown.index(placed.column)
            header.moveSection(header.visualIndex(logical), visual)
            header.setSectionHidden(logical, not placed.shown)
        sortable = any(columns.SPECS[column].sort for column in shown) and self._first.sort is not None
        if sortable:
            sort = layout.sort or self._first.sort or shown[0]
            order = Qt.SortOrder.DescendingOrder if layout.descending else Qt.SortOrder.AscendingOrder
            self._sorted = (shown.index(sort), order)
            header.setSortIndicator(*self._sorted)
            # With sorting off, Qt would choose every row when a header is pressed.
            self.setSortingEnabled(True)
        else:
            header.setSectionsClickable(False)
        self._fit()

    def _follow_sort(self, section: int, order: Qt.SortOrder) -> None:
        shown = self._items.shown_columns
        if not 0 <= section < len(shown) or columns.SPECS[shown[section]].sort is None:
            self.horizontalHeader().setSortIndicator(*self._sorted)
            return
        if (section, order) != self._sorted:
            self._sorted = (section, order)
            self.scrollToTop()
            self._layout_changed()

    def _reset_layout(self) -> None:
        self._wear(self._first)
        self._layout_changed()

    def _show_column(self, at: int, shown: bool) -> None:
        self._settle()
        column = self._items.shown_columns[at]
        self._chosen = self._chosen | {column} if shown else self._chosen - {column}
        self.setColumnHidden(at, not shown)
        self._layout_changed()
        self._fit()

    def _settle(self) -> None:
        """From now on the columns are the user's: what shows now, shows."""
        if self._yields:
            self._yields = False
            shown = self._items.shown_columns
            self._chosen = {column for at, column in enumerate(shown) if not self.isColumnHidden(at)}

    def _take_width(self, at: int, _before: int, width: int) -> None:
        if not self._fitting and width:
            self._settle()
            self._wanted[self._items.shown_columns[at]] = width
            self._layout_changed()
            self._fit(at)

    def _layout_changed(self, *_: int) -> None:
        self._saving.start()

    def _save_layout(self) -> None:
        layouts = columns.read_layouts(self._settings.get(COLUMNS))
        layouts[self._name] = self.layout_now()
        self._settings.set(COLUMNS, columns.write_layouts(layouts))

    def _fit(self, kept: int = -1) -> None:
        """Make the columns fill the list: columns of words share what is left over; where room is short, they
        give way down to a least width. The column `kept` has just been set by hand and stays."""
        shown = self._items.shown_columns
        if self._yields:
            self._yield_columns()
        visible = {column: at for at, column in enumerate(shown) if not self.isColumnHidden(at)}
        widths = {column: self._wanted[column] for column in visible}
        spare = self.viewport().width() - sum(widths.values())
        giving = {column: widths[column] - LEAST[column] for column in widths if column in LEAST}
        giving = {column: give for column, give in giving.items() if give > 0 and visible[column] != kept}
        if spare >= 0:
            # Columns of words share what is left over; the title takes the rest of the division.
            shares = {column: part for column, part in SPARE.items() if column in widths and visible[column] != kept}
            whole = sum(shares.values()) or 1
            for column, part in shares.items():
                widths[column] += spare * part // whole
            widths[Column.TITLE] += self.viewport().width() - sum(widths.values())
        elif giving:
            share = min(-spare / sum(giving.values()), 1.0)
            for column, give in giving.items():
                widths[column] -= math.ceil(give * share)
            # What the rounding left over.
            widths[Column.TITLE] += max(self.viewport().width() - sum(widths.values()), 0)
        self._fitting = True
        for column, width in widths.items():
            self.setColumnWidth(visible[column], width)
        self._fitting = False

    def _yield_columns(self) -> None:
        """Hide what the user has not asked for while the rest is crowded."""
        needed = sum(COMFORT.get(column, self._wanted[column]) for column in self._chosen)
        away = set()
        for column in YIELDING:
            if column in self._chosen and needed > self.viewport().width():
                away.add(column)
                needed -= self._wanted[column]
        self._fitting = True
        for at, column in enumerate(self._items.shown_columns):
            self.setColumnHidden(at, column not in self._chosen or column in away)
        self._fitting = False

    def _hover(self, row: int) -> None:
        if self._delegates[0].hovered_row != row:
            for delegate in self._delegates:
                delegate.hovered_row = row
            self.viewport().update()

    def _current_point(self) -> QPoint:
        rect = self.visualRect(self.currentIndex())
        return self.viewport().mapToGlobal(QPoint(min(rect.left() + 48, self.viewport().width()), rect.bottom()))
