"""The grid of albums: what it shows of a search, and what a dragged album carries."""

from __future__ import annotations

from PySide6.QtCore import Qt

from app.ui.item_models.albums_model import AlbumsModel
from app.ui.item_models.items_model import Dragged
from app.ui.item_models.tile import TILE
from tests.window import Rig


def test_albums_of_a_search(rig: Rig) -> None:
    model = AlbumsModel(rig.lists)
    counts: list[int] = []
    model.counted.connect(counts.append)
    model.show("")
    everything = model.rowCount()
    model.show('album:"Album 2"')
    assert 0 < model.rowCount() < everything
    assert counts == [everything, model.rowCount()]
    first = model.index(0)
    assert first.data(TILE).title == "Album 2"
    assert "Album 2" in first.data(Qt.ItemDataRole.AccessibleTextRole)


def test_a_dragged_album_is_its_tracks_in_order(rig: Rig) -> None:
    model = AlbumsModel(rig.lists)
    model.show("")
    album = model.album_at(0)
    assert album is not None
    assert Dragged.read(model.mimeData([model.index(0)])) == Dragged(tuple(model.ids_of(album)))
    assert len(model.ids_of(album)) == album.count
    assert model.album_at(model.rowCount()) is None
