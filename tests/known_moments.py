"""Films whose moments are known, for tests of the window: rows in the store, and a strip of plain colours."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QColor, QImage, QPainter

from app.store.items import Items
from app.store.moments import ItemMoments, Moments
from models.ids import ItemId
from tests.factories import found_item
from tests.window import Rig

COLOURS = ("#c02020", "#20a040", "#2040c0", "#c0a020", "#a020a0", "#20a0a0")
WIDTH, HEIGHT = 160, 90


def strip_of(count: int, width: int = WIDTH, height: int = HEIGHT) -> QImage:
    """As many tiles side by side, each of one colour."""
    image = QImage(count * width, height, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.black)
    painter = QPainter(image)
    for number in range(count):
        painter.fillRect(QRect(number * width, 0, width, height), QColor(COLOURS[number % len(COLOURS)]))
    painter.end()
    return image


def know_moments(
    rig: Rig, item: int, ats: Sequence[float], strip: QImage | None = None, width: int = WIDTH, height: int = HEIGHT
) -> ItemMoments:
    """Write a film's moments and its strip (one that fits, where none is given); the window is told."""
    folder = rig.folder / "covers"
    folder.mkdir(exist_ok=True)
    image = strip if strip is not None else strip_of(len(ats), width, height)
    key = hashlib.sha256(f"{item} {list(ats)} {image.size()}".encode()).hexdigest()
    assert image.save(str(folder / f"{key}.jpg"), "JPEG", 95)
    moments = ItemMoments(tuple(ats), key, width, height)
    Moments(rig.database).put(ItemId(item), moments)
    rig.tiles.forget()
    return moments


def near(colour: QColor, name: str) -> bool:
    """Whether a colour is that one, as far as a JPEG keeps it."""
    other = QColor(name)
    return all(abs(a - b) < 16 for a, b in zip(colour.getRgb()[:3], other.getRgb()[:3], strict=True))


def add_film(rig: Rig, number: int, title: str) -> int:
    """One more film in the library; its id."""
    store = Items(rig.database)
    place = store.folders()[0]
    path = rig.folder / "music" / f"film {number}.mp4"
    path.touch()
    found = found_item(number, place.id, path=str(path), kind="video", title=title, artist="Somebody")
    store.save_found([found])
    item = store.item_by_path(str(path))
    assert item is not None
    return int(item.id)
