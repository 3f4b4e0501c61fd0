"""The model behind every list of items: ids in one array, rows read in pages of 256 when they are looked at.

Filtering and sorting happen in SQL; a new query replaces the array. Never a proxy model: at 100,000 rows one
takes seconds where SQLite takes milliseconds. Reads the store on the window's thread; writes nothing.
"""

from __future__ import annotations

from array import array
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from PySide6.QtCore import (
    QAbstractTableModel,
    QMimeData,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    Signal,
)

from app.protocol import Pick
from app.search_messages import Hit
from app.store.item_lists import ListQuery
from app.store.item_values import ItemRow
from app.ui.found_words import found_words
from app.ui.item_models import columns
from app.ui.item_models.columns import SPECS, Column
from app.ui.item_models.tile import TILE, Tile
from app.ui.ratings import Rated
from app.ui.reasons import reason_words

PAGE = 256
PAGES = 48
"""Pages kept: 12,288 rows, about 8 MB."""
ITEMS_MIME = "application/x-bowerbird-items"
"""Dragged items: their ids in decimal, joined by commas."""
ROW = Qt.ItemDataRole.UserRole + 1
"""The whole ItemRow, with the newest feedback."""
CURRENT = Qt.ItemDataRole.UserRole + 2
"""Whether this is what plays now."""
_ROW_FLAGS = (
    Qt.ItemFlag.ItemIsEnabled
    | Qt.ItemFlag.ItemIsSelectable
    | Qt.ItemFlag.ItemIsDragEnabled
    | Qt.ItemFlag.ItemNeverHasChildren
)

Index = QModelIndex | QPersistentModelIndex


class Lists(Protocol):
    """What the model asks of the store."""

    def ids(self, query: ListQuery) -> array[int]: ...

    def rows(self, ids: Sequence[int]) -> Sequence[ItemRow]: ...


Overlay = Callable[[int], Rated | None]
"""The newest feedback on an item, before the store has it; None where there is none."""


def no_overlay(_item: int) -> None:
    """Nothing newer than the store."""


@dataclass(frozen=True, slots=True)
class Dragged:
    """Items on their way from a list to the queue or a playlist."""

    ids: tuple[int, ...]

    def mime(self) -> QMimeData:
        carried = QMimeData()
        carried.setData(ITEMS_MIME, ",".join(map(str, self.ids)).encode())
        return carried

    @classmethod
    def read(cls, carried: QMimeData) -> Dragged | None:
        """What `mime` wrote, or None for anything else."""
        if not carried.hasFormat(ITEMS_MIME):
            return None
        try:
            return cls(tuple(int(part) for part in bytes(carried.data(ITEMS_MIME).data()).split(b",") if part))
        except ValueError:
            return None


class ItemsModel(QAbstractTableModel):
    """Items of one query. `counted(n)` tells how many there are whenever that was read anew."""

    counted = Signal(int)

    def __init__(
        self,
        lists: Lists,
        shown: Sequence[Column],
        overlay: Overlay = no_overlay,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._lists = lists
        self._columns = tuple(shown)
        self._overlay = overlay
        self._query: ListQuery | None = None
        self._ids: array[int] = array("q")
        self._pages: OrderedDict[int, list[ItemRow]] = OrderedDict()
        self._current = 0
        self._picks: dict[int, Pick] = {}
        self._hits: dict[int, Hit] = {}

    # What it holds

    @property
    def ids(self) -> array[int]:
        """All ids in the order shown. Not to be changed."""
        return self._ids

    @property
    def shown_columns(self) -> tuple[Column, ...]:
        return self._columns

    @property
    def query(self) -> ListQuery | None:
        return self._query

    def set_query(self, query: ListQuery) -> None:
        """Show what `query` finds. The view is reset; its selection is the view's to restore."""
        self._query = query
        self._replace(self._lists.ids(query))

    def show_ids(self, ids: Iterable[int]) -> None:
        """Show exactly these items in this order, whatever their query."""
        self._query, self._picks, self._hits = None, {}, {}
        self._replace(array("q", ids))

    def show_picks(self, picks: Sequence[Pick]) -> None:
        """Show these picks in their order, with how alike they are and why."""
        self._query, self._hits = None, {}
        self._picks = {pick.item: pick for pick in picks}
        self._replace(array("q", [pick.item for pick in picks]))

    def show_hits(self, hits: Sequence[Hit]) -> None:
        """Show what was found in its order, with why; what is no longer in the store is left out."""
        first: dict[int, Hit] = {}
        for hit in hits:
            first.setdefault(hit.item, hit)
        there = {int(row.id) for row in self._lists.rows(list(first))}
        self._query, self._picks = None, {}
        self._hits = {item: hit for item, hit in first.items() if item in there}
        self._replace(array("q", self._hits))

    def hit_of(self, item: int) -> Hit | None:
        """Why this item was found; None where nothing was searched."""
        return self._hits.get(item)

    @property
    def mixes_kinds(self) -> bool:
        """Whether tracks and films stand among each other, so that films are to be marked."""
        return bool(self._hits)

    def refresh(self) -> bool:
        """Read again: rows only, where the ids are the same (True is answered when they were not)."""
        if self._query is not None:
            ids = self._lists.ids(self._query)
            if ids != self._ids:
                self._replace(ids)
                return True
        self.reread()
        return False

    def reread(self) -> None:
        """Read the rows again, leaving which they are: scores changed."""
        self._pages.clear()
        self._repaint_all()

    def update_items(self, ids: Iterable[int]) -> None:
        """The feedback on these items (none given: on any) changed: show it, leaving order and selection."""
        wanted = set(ids)
        if not wanted:
            self.reread()
            return
        for page, rows in list(self._pages.items()):
            if any(row.id in wanted for row in rows):
                del self._pages[page]
        self._repaint_all()

    def set_current(self, item: int) -> None:
        """This item plays now (0: none); its row is marked."""
        if item != self._current:
            self._current = item
            self._repaint_all()

    @property
    def current(self) -> int:
        """What plays now, 0 for nothing."""
        return self._current

    def item_at(self, position: int) -> ItemRow | None:
        """The row at `position`, or None beyond the ends."""
        if not 0 <= position < len(self._ids):
            return None
        page, offset = divmod(position, PAGE)
        rows = self._page(page)
        return rows[offset] if offset < len(rows) else None

    def position_of(self, item: int) -> int:
        """Where an item stands, -1 where it does not."""
        try:
            return self._ids.index(item)
        except ValueError:
            return -1

    # Qt's questions

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        return 0 if parent.isValid() else len(self._ids)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._columns)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row = self.item_at(index.row())
        if row is None:
            return None
        column = self._columns[index.column()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return self.text(column, row, index.row())
            case Qt.ItemDataRole.TextAlignmentRole:
                side = Qt.AlignmentFlag.AlignRight if SPECS[column].right else Qt.AlignmentFlag.AlignLeft
                return side | Qt.AlignmentFlag.AlignVCenter
            case Qt.ItemDataRole.ToolTipRole:
                return self._tool_tip(column, row)
            case Qt.ItemDataRole.AccessibleTextRole:
                return self._spoken(column, row, index.row())
            case int() if role == ROW:
                return row
            case int() if role == CURRENT:
                return row.id == self._current
            case int() if role == TILE:
                below = row.artist or row.album or (str(row.year) if row.year else columns.picture(row))
                badge, current = columns.duration(row.duration), row.id == self._current
                film = row.id if row.kind == "video" else 0
                return Tile(row.cover, f"{row.title}\n{row.artist}", row.title, below, badge, current, film)
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation is not Qt.Orientation.Horizontal or not 0 <= section < len(self._columns):
            return None
        column = self._columns[section]
        if role == Qt.ItemDataRole.DisplayRole:
            return columns.header(column)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignRight if SPECS[column].right else Qt.AlignmentFlag.AlignLeft
            return side | Qt.AlignmentFlag.AlignVCenter
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        return _ROW_FLAGS if index.isValid() else Qt.ItemFlag.ItemIsDropEnabled

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        key = SPECS[self._columns[column]].sort if 0 <= column < len(self._columns) else None
        if self._query is None or key is None:
            return
        self.set_query(replace(self._query, sort=key, descending=order == Qt.SortOrder.DescendingOrder))

    def mimeTypes(self) -> list[str]:
        return [ITEMS_MIME]

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        positions = sorted({index.row() for index in indexes})
        return Dragged(tuple(self._ids[position] for position in positions)).mime()

    def supportedDragActions(self) -> Qt.DropAction:
        return Qt.DropAction.CopyAction | Qt.DropAction.MoveAction

    # Inside

    def _replace(self, ids: array[int]) -> None:
        self.beginResetModel()
        self._ids = ids
        self._pages.clear()
        self.endResetModel()
        self.counted.emit(len(ids))

    def _repaint_all(self) -> None:
        if self._ids:
            last = self.index(len(self._ids) - 1, len(self._columns) - 1)
            self.dataChanged.emit(self.index(0, 0), last)

    def _page(self, page: int) -> list[ItemRow]:
        kept = self._pages.get(page)
        if kept is not None:
            self._pages.move_to_end(page)
            return kept
        rows = [self._with_feedback(row) for row in self._lists.rows(self._ids[page * PAGE : (page + 1) * PAGE])]
        self._pages[page] = rows
        while len(self._pages) > PAGES:
            self._pages.popitem(last=False)
        return rows

    def _with_feedback(self, row: ItemRow) -> ItemRow:
        newest = self._overlay(row.id)
        if newest is None or (newest.liked == row.liked and newest.stars == row.stars):
            return row
        return replace(row, liked=newest.liked, stars=newest.stars)

    def text(self, column: Column, row: ItemRow, position: int) -> str:
        """What the cell of `row`, which stands at `position`, reads."""
        pick = self._picks.get(row.id)
        if pick is not None and column is Column.LIKENESS:
            return f"{pick.score * 100:.0f} %"
        if pick is not None and column is Column.REASON:
            return reason_words(pick.reason)
        if column is Column.FOUND_BY:
            hit = self._hits.get(row.id)
            return found_words(hit, row.kind) if hit is not None else ""
        return columns.text(column, row, position)

    def _tool_tip(self, column: Column, row: ItemRow) -> str | None:
        if column is Column.SCORE and row.score is not None:
            return self.tr("Predicted: {score} of 100, give or take {deviation}").format(
                score=f"{row.score * 100:.0f}", deviation=f"{(row.deviation or 0) * 100:.0f}"
            )
        if column is Column.FOUND_BY:
            return self.text(column, row, 0)
        if not row.present:
            return self.tr("The folder of this file is not connected")
        return None

    def _spoken(self, column: Column, row: ItemRow, position: int) -> str:
        words = self.text(column, row, position)
        if column is Column.SCORE:
            return self._tool_tip(column, row) or self.tr("no prediction yet")
        if column is Column.STARS:
            return self.tr("{stars} of 5 stars").format(stars=words) if words else self.tr("not rated")
        if column is Column.TITLE and self.mixes_kinds:
            return f"{words}, {columns.text(Column.KIND, row, position)}"
        return words
