"""The model behind the grid of moments: what the studio found, with the titles that the library has for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractListModel, QMimeData, QModelIndex, QObject, QPersistentModelIndex, Qt

from app.search_messages import MomentHit
from app.ui.film_tiles import FilmTiles, tile_name
from app.ui.item_models.items_model import ITEMS_MIME, Dragged, Lists
from app.ui.item_models.tile import TILE, Tile
from app.ui.widgets.elided_label import one_line, plain_tip
from app.ui.widgets.times import clock

Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True)
class ShownMoment:
    """A moment with the title and artist of its film; the tile's number is -1 where the film has none."""

    hit: MomentHit
    title: str
    artist: str
    number: int


class MomentsModel(QAbstractListModel):
    """Moments in the order they were found; those of films that are gone are left out."""

    def __init__(self, lists: Lists, tiles: FilmTiles, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lists, self._tiles = lists, tiles
        self._shown: list[ShownMoment] = []
        self._current = 0
        tiles.changed.connect(self.reread)

    @property
    def shown(self) -> Sequence[ShownMoment]:
        return self._shown

    def show(self, hits: Sequence[MomentHit]) -> None:
        """Show these."""
        self.beginResetModel()
        self._shown = self._described(hits)
        self.endResetModel()

    def reread(self) -> None:
        """The library changed: titles and tiles are looked up again. What stands here stays in its place."""
        hits = [one.hit for one in self._shown]
        shown = self._described(hits)
        if len(shown) != len(hits):
            self.show(hits)
        elif shown != self._shown:
            self._shown = shown
            self._repaint()

    def at(self, position: int) -> ShownMoment | None:
        return self._shown[position] if 0 <= position < len(self._shown) else None

    def set_current(self, item: int) -> None:
        """Which film plays, 0 for none."""
        if item != self._current:
            self._current = item
            self._repaint()

    # Qt's questions

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        return 0 if parent.isValid() else len(self._shown)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        one = self.at(index.row())
        if one is None:
            return None
        hit = one.hit
        if role == TILE:
            name = tile_name(hit.item, one.number) if one.number >= 0 else ""
            below = self.tr("{percent} % alike").format(percent=_percent(hit))
            return Tile(name, f"{one.title}\n{one.artist}", one.title, below, clock(hit.at), hit.item == self._current)
        if role == Qt.ItemDataRole.DisplayRole:
            return one.title
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tip(" – ".join(part for part in (one.title, one.artist) if part))
        if role == Qt.ItemDataRole.AccessibleTextRole:
            words = self.tr("{title}, at {time}, {percent} % alike")
            return words.format(title=one_line(one.title), time=clock(hit.at), percent=_percent(hit))
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        return super().flags(index) | Qt.ItemFlag.ItemIsDragEnabled

    def mimeTypes(self) -> list[str]:
        return [ITEMS_MIME]

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        positions = sorted({index.row() for index in indexes})
        return Dragged(tuple(dict.fromkeys(self._shown[position].hit.item for position in positions))).mime()

    def _described(self, hits: Sequence[MomentHit]) -> list[ShownMoment]:
        rows = {int(row.id): row for row in self._lists.rows(sorted({hit.item for hit in hits}))}
        return [
            ShownMoment(hit, rows[hit.item].title, rows[hit.item].artist, self._number(hit))
            for hit in hits
            if hit.item in rows
        ]

    def _repaint(self) -> None:
        if self._shown:
            self.dataChanged.emit(self.index(0), self.index(len(self._shown) - 1))

    def _number(self, hit: MomentHit) -> int:
        film = self._tiles.moments(hit.item)
        return film.nearest(hit.at) if film is not None and film.picture else -1


def _percent(hit: MomentHit) -> int:
    return round(min(max(hit.likeness, 0.0), 1.0) * 100)
