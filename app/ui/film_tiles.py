"""Small pictures of the moments of films, cut from the strip of tiles that was made when a film was indexed.

The strip on the stage, the preview over the position, the grid of films and the page of moments ask `FilmTiles`. A
strip shows frames of a foreign film: it is read and checked on a background thread, tiles are cut on the window's.
Reads the library and the folder of covers; writes nothing.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import QObject, QRect, QRunnable, QSize, Qt, QThreadPool, Signal
from PySide6.QtGui import QImage, QImageReader, QPixmap

from app.ui.covers import RADIUS, Covers, rounded
from models.ids import ItemId

MOST_TILES = 64
"""A strip of more tiles than this is none of ours."""
LARGEST_TILE = 480
"""Nor is one whose tiles are wider or higher, in px."""
LARGEST_FILE = 8 * 1024 * 1024
"""Nor one of so many bytes."""
STRIP_BYTES = 64 * 1024 * 1024
"""Strips kept, counted as width x height x 4."""
MOST_PIXMAPS = 400
"""Cut and scaled tiles kept."""


class StripOfMoments(Protocol):
    """What the library knows of a film's moments: their times in seconds, in order, and the picture of their tiles."""

    @property
    def ats(self) -> Sequence[float]: ...

    @property
    def picture(self) -> str: ...

    @property
    def tile_width(self) -> int: ...

    @property
    def tile_height(self) -> int: ...


class MomentReader(Protocol):
    """What is asked of the store."""

    def of(self, item: ItemId) -> StripOfMoments | None: ...


@dataclass(frozen=True, slots=True)
class FilmMoments:
    """The moments of one film: at least one time in seconds, in order; the hash of its strip, "" for none."""

    item: int
    ats: tuple[float, ...]
    picture: str
    tile_width: int
    tile_height: int

    def running(self, seconds: float) -> int:
        """The number of the moment whose scene runs at `seconds`; the first before the first."""
        return max(bisect_right(self.ats, seconds + 1e-3) - 1, 0)

    def nearest(self, seconds: float) -> int:
        """The number of the moment nearest to `seconds`."""
        return min(range(len(self.ats)), key=lambda number: abs(self.ats[number] - seconds))

    def fitted(self, width: int, height: int) -> QSize:
        """The largest size in the shape of a tile within these px; that of a wide film where there is no tile."""
        shape = QSize(self.tile_width, self.tile_height) if self.picture else QSize(16, 9)
        return shape.scaled(QSize(width, height), Qt.AspectRatioMode.KeepAspectRatio)


def tile_name(item: int, number: int) -> str:
    """What `FilmTiles.pixmap` calls the tile of a film's moment."""
    return f"{item}.{number}"


class FilmTiles(QObject):
    """Answers with tiles. `loaded(picture)` when a strip has been read, `changed` when moments may be others now."""

    loaded = Signal(str)
    changed = Signal()

    def __init__(self, reader: MomentReader, folder: Path, covers: Covers, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._reader, self._folder, self._covers = reader, folder, covers
        self._known: dict[int, FilmMoments | None] = {}
        self._strips: OrderedDict[str, QImage] = OrderedDict()
        self._cut: OrderedDict[tuple[str, int, int, int, float], QPixmap] = OrderedDict()
        self._reading: dict[str, _Reading] = {}
        self._absent: set[str] = set()
        self._bytes = 0
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(1)
        self._relay = _Relay(self)
        self._relay.read.connect(self._keep, Qt.ConnectionType.QueuedConnection)

    def moments(self, item: int) -> FilmMoments | None:
        """The moments of a film; None for what is no film, or was not indexed yet."""
        if item <= 0:
            return None
        if item not in self._known:
            found = self._reader.of(ItemId(item))
            ats = tuple(float(at) for at in found.ats) if found is not None else ()
            self._known[item] = (
                FilmMoments(item, ats, found.picture, found.tile_width, found.tile_height)
                if found is not None and ats
                else None
            )
        return self._known[item]

    def tile(self, item: int, number: int, size: QSize, dpr: float = 1.0) -> QPixmap | None:
        """The tile of a moment at `size` logical pixels, cropped and never stretched; None until it has been read."""
        moments = self.moments(item)
        if moments is None or not moments.picture or not 0 <= number < len(moments.ats):
            return None
        width, height = round(size.width() * dpr), round(size.height() * dpr)
        key = (moments.picture, number, width, height, dpr)
        kept = self._cut.get(key)
        if kept is not None:
            self._cut.move_to_end(key)
            return kept
        strip = self._strips.get(moments.picture)
        if strip is None:
            self._read(moments)
            return None
        self._strips.move_to_end(moments.picture)
        place = QRect(number * moments.tile_width, 0, moments.tile_width, moments.tile_height)
        made = rounded(filled(strip.copy(place), QSize(width, height)), RADIUS * dpr)
        made.setDevicePixelRatio(dpr)
        self._cut[key] = made
        while len(self._cut) > MOST_PIXMAPS:
            self._cut.popitem(last=False)
        return made

    def pixmap(self, cover: str, seed: str, size: int | QSize, dpr: float = 1.0) -> QPixmap:
        """The tile called `cover` by `tile_name`; a picture generated from `seed` until, or where none, is there."""
        wanted = size if isinstance(size, QSize) else QSize(size, size)
        item, _, number = cover.partition(".")
        made = self.tile(int(item), int(number), wanted, dpr) if number.isdecimal() and item.isdecimal() else None
        return made if made is not None else self._covers.pixmap("", seed, wanted, dpr)

    @property
    def reading(self) -> int:
        """How many strips are still being read."""
        return len(self._reading)

    def forget(self) -> None:
        """Read anew from the library: items changed."""
        self._known.clear()
        self._absent.clear()
        self.changed.emit()

    def close(self) -> None:
        """End the background reads; call before the application ends."""
        self._pool.clear()
        self._pool.waitForDone(2000)
        self._reading.clear()

    def _read(self, moments: FilmMoments) -> None:
        if moments.picture not in self._reading and moments.picture not in self._absent:
            self._reading[moments.picture] = reading = _Reading(self._relay, self._folder, moments)
            self._pool.start(reading)

    def _keep(self, picture: str, strip: QImage) -> None:
        self._reading.pop(picture, None)
        if strip.isNull():
            self._absent.add(picture)
            return
        self._strips[picture] = strip
        self._bytes += strip.sizeInBytes()
        while self._bytes > STRIP_BYTES and len(self._strips) > 1:
            _, old = self._strips.popitem(last=False)
            self._bytes -= old.sizeInBytes()
        self.loaded.emit(picture)


class _Relay(QObject):
    read = Signal(str, QImage)


class _Reading(QRunnable):
    """One strip, read and checked on a background thread."""

    def __init__(self, relay: _Relay, folder: Path, moments: FilmMoments) -> None:
        super().__init__()
        self.setAutoDelete(False)
        self._relay, self._folder, self._moments = relay, folder, moments

    def run(self) -> None:
        self._relay.read.emit(self._moments.picture, read_strip(self._folder, self._moments))


def read_strip(folder: Path, moments: FilmMoments) -> QImage:
    """The picture of all tiles; null where it is unreadable or not of the size that these moments have."""
    tiles, width, height = len(moments.ats), moments.tile_width, moments.tile_height
    if not moments.picture.isalnum() or tiles > MOST_TILES:
        return QImage()
    if not (0 < width <= LARGEST_TILE and 0 < height <= LARGEST_TILE):
        return QImage()
    path = folder / f"{moments.picture}.jpg"
    try:
        if path.stat().st_size > LARGEST_FILE:
            return QImage()
        with path.open("rb") as file:
            if file.read(2) != b"\xff\xd8":  # Qt would log a warning for what is no JPEG.
                return QImage()
    except OSError:
        return QImage()
    reader = QImageReader(str(path), b"jpeg")
    reader.setAutoDetectImageFormat(False)
    if reader.size() != QSize(tiles * width, height):
        return QImage()
    return reader.read().convertToFormat(QImage.Format.Format_RGB32)


def filled(image: QImage, size: QSize) -> QImage:
    """`image` scaled to fill `size` and cropped in the middle."""
    scaled = image.scaled(
        size, Qt.AspectRatioMode.KeepAspectRatioByExpanding, Qt.TransformationMode.SmoothTransformation
    )
    left, top = (scaled.width() - size.width()) // 2, (scaled.height() - size.height()) // 2
    return scaled.copy(QRect(max(left, 0), max(top, 0), size.width(), size.height()))
