"""The model behind the grid of albums. Reads the store on the window's thread; writes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from PySide6.QtCore import QAbstractListModel, QMimeData, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from app.store.item_lists import AlbumRow, ListQuery
from app.ui.item_models.items_model import ITEMS_MIME, Dragged, Lists
from app.ui.item_models.tile import TILE, Tile

Index = QModelIndex | QPersistentModelIndex


class AlbumLists(Lists, Protocol):
    """What the model asks of the store."""

    def albums(self, search: str = "", kind: str = "") -> list[AlbumRow]: ...


class AlbumsModel(QAbstractListModel):
    """All albums that fit a search. `counted(n)` tells how many whenever that was read anew."""

    counted = Signal(int)

    def __init__(self, lists: AlbumLists, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lists = lists
        self._albums: list[AlbumRow] = []

    def show(self, search: str, kind: str = "track") -> None:
        """Read the albums with an item that fits `search`; nothing is told where they are the same as before."""
        albums = self._lists.albums(search, kind)
        if albums != self._albums:
            self.beginResetModel()
            self._albums = albums
            self.endResetModel()
        self.counted.emit(len(albums))

    def album_at(self, position: int) -> AlbumRow | None:
        return self._albums[position] if 0 <= position < len(self._albums) else None

    def ids_of(self, album: AlbumRow) -> Sequence[int]:
        """The album's items in their order."""
        return self._lists.ids(album_query(album))

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        return 0 if parent.isValid() else len(self._albums)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        album = self.album_at(index.row())
        if album is None:
            return None
        if role == TILE:
            return Tile(album.cover, f"{album.album}\n{album.album_artist}", album.album, _below(album))
        if role == Qt.ItemDataRole.DisplayRole:
            return album.album
        if role == Qt.ItemDataRole.AccessibleTextRole:
            tracks = self.tr("tracks: {count}").format(count=album.count)
            return f"{album.album}, {album.album_artist}, {tracks}"
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        return super().flags(index) | Qt.ItemFlag.ItemIsDragEnabled

    def mimeTypes(self) -> list[str]:
        return [ITEMS_MIME]

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        ids: list[int] = []
        for position in sorted({index.row() for index in indexes}):
            ids.extend(self.ids_of(self._albums[position]))
        return Dragged(tuple(ids)).mime()


def album_query(album: AlbumRow) -> ListQuery:
    """The items of one album in their order."""
    return ListQuery(kind="track", album=(album.album, album.album_artist))


def _below(album: AlbumRow) -> str:
    return " · ".join(part for part in (album.album_artist, str(album.year or "")) if part)
