"""A grid of covers: albums, thumbnails of the videos, moments of films. Knows places and keys, not what they mean."""

from __future__ import annotations

from PySide6.QtCore import QAbstractItemModel, QEvent, QModelIndex, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QMouseEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QAbstractItemView, QListView, QWidget

from app.ui.delegates.tiles import Pictures, TileDelegate
from app.ui.film_tiles import FilmTiles
from app.ui.theme import Space, Theme


class CoverGrid(QListView):
    """Tiles of a model that answers the TILE role, in as many columns as fit, evenly spread."""

    opened = Signal(int)
    """Enter or a double click (a click, where `single_click`) on this position."""
    key_pressed = Signal(QKeyEvent)
    """A key the grid itself has no use for; accept it to claim it."""
    menu_wanted = Signal(QPoint)

    def __init__(
        self,
        model: QAbstractItemModel,
        covers: Pictures,
        theme: Theme,
        picture: QSize,
        *,
        single_click: bool,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._tiles = TileDelegate(self, covers, theme, picture)
        self.setModel(model)
        self.setItemDelegate(self._tiles)
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setMovement(QListView.Movement.Static)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setUniformItemSizes(True)
        self.setLayoutMode(QListView.LayoutMode.Batched)
        self.setBatchSize(2000)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.verticalScrollBar().setSingleStep(60)
        self.setMouseTracking(True)
        self.setDragEnabled(True)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragOnly)
        self.setSpacing(0)
        self.setAccessibleName(self.tr("Covers"))
        self._covers = covers
        covers.loaded.connect(self._cover_loaded)
        theme.changed.connect(self.viewport().update)
        if single_click:
            self.clicked.connect(self._clicked)
        else:
            self.doubleClicked.connect(lambda index: self.opened.emit(index.row()))

    def leaf_through(self, films: FilmTiles) -> None:
        """While the pointer moves over a film's picture, show its moments there."""
        self._tiles.leaf_through(films)
        films.loaded.connect(self._cover_loaded)
        films.changed.connect(self.viewport().update)

    def selected_positions(self) -> list[int]:
        """The chosen places in order."""
        return sorted(index.row() for index in self.selectionModel().selectedIndexes())

    def current_point(self) -> QPoint:
        """Where a menu asked for by key opens."""
        rect = self.visualRect(self.currentIndex())
        return self.viewport().mapToGlobal(rect.center())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        plain = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier == Qt.KeyboardModifier.NoModifier
        if plain and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if self.currentIndex().isValid():
                self.opened.emit(self.currentIndex().row())
            return
        event.ignore()
        self.key_pressed.emit(event)
        if not event.isAccepted():
            super().keyPressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        at = event.position().toPoint()
        index = self.indexAt(at)
        rect = self.visualRect(index) if index.isValid() else QRect()
        if self._tiles.point_at(index.row(), rect, at.x()) and index.isValid():
            self.viewport().update(rect)

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Leave and self._tiles.point_at(-1, QRect(), 0):
            self.viewport().update()
        return super().viewportEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        by_key = event.reason() == QContextMenuEvent.Reason.Keyboard
        self.menu_wanted.emit(self.current_point() if by_key else event.globalPos())

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._spread()
        super().resizeEvent(event)

    def showEvent(self, event: QShowEvent) -> None:
        self._spread()
        super().showEvent(event)

    def _spread(self) -> None:
        narrowest = self._tiles.picture.width() + Space.L
        width = self.viewport().width() - Space.S
        columns = max(width // narrowest, 1)
        self._tiles.cell_width = max(width // columns, narrowest)
        if self.gridSize() != self._tiles.cell:
            self.setGridSize(self._tiles.cell)

    def _clicked(self, index: QModelIndex) -> None:
        if not self.selectionModel().hasSelection() or len(self.selectionModel().selectedIndexes()) == 1:
            self.opened.emit(index.row())

    def _cover_loaded(self, _cover: str) -> None:
        self.viewport().update()
