"""Cover pictures for everything that shows one: a generated one at once, the real one as soon as it is read.

Pages, delegates, the player bar and now playing ask `Covers.pixmap`; files are read and scaled on two background
threads, pixmaps are made on the window's thread only. Reads the folder of covers; writes nothing.
"""

from __future__ import annotations

import hashlib
import math
from collections import OrderedDict
from pathlib import Path

from PySide6.QtCore import QObject, QPointF, QRect, QRectF, QRunnable, QSize, Qt, QThreadPool, Signal
from PySide6.QtGui import QColor, QImage, QImageReader, QPainter, QPainterPath, QPixmap

CACHE_BYTES = 96 * 1024 * 1024
"""Pixmaps kept, counted as width x height x 4."""
WAITING = 256
"""Reads that may wait; beyond that the oldest are dropped, they have scrolled away long ago."""
RADIUS = 6
_HUES = (212, 196, 168, 128, 84, 44, 24, 352, 324, 288, 254, 232)
_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", "")

_Key = tuple[str, str, int, int, bool, float]
"""Cover, seed, width and height in device pixels, dark, device pixel ratio (which scales the corners)."""


class _Reading(QRunnable):
    """One picture read, scaled and cropped to its place on a background thread."""

    def __init__(self, relay: _Relay, key: _Key, folder: Path) -> None:
        super().__init__()
        self.setAutoDelete(False)
        self._relay, self._key, self._folder = relay, key, folder

    def run(self) -> None:
        self._relay.read.emit(self._key, read_scaled(self._folder, self._key[0], QSize(self._key[2], self._key[3])))


class _Relay(QObject):
    read = Signal(object, QImage)


class Covers(QObject):
    """Answers with a pixmap for a cover, generated from the title until, or where no, picture has been read.

    `loaded(hash)` tells that the real picture of that hash now answers; whoever shows it repaints.
    """

    loaded = Signal(str)

    def __init__(self, folder: Path, *, dark: bool = False, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._folder = folder
        self._dark = dark
        self._kept: OrderedDict[_Key, QPixmap] = OrderedDict()
        self._bytes = 0
        self._reading: dict[_Key, _Reading] = {}
        self._absent: set[str] = set()
        self._started = 0
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(2)
        self._relay = _Relay(self)
        self._relay.read.connect(self._keep_read, Qt.ConnectionType.QueuedConnection)

    def set_dark(self, dark: bool) -> None:
        """Generated covers follow the palette from now on."""
        self._dark = dark

    def pixmap(self, cover: str, seed: str, size: int | QSize, dpr: float = 1.0) -> QPixmap:
        """The picture of hash `cover` at `size` logical pixels with round corners, never stretched but cropped.

        `seed` (a title) makes the generated one, shown while the real one is being read and where there is none.
        """
        wanted = size if isinstance(size, QSize) else QSize(size, size)
        width, height = round(wanted.width() * dpr), round(wanted.height() * dpr)
        if cover and cover not in self._absent:
            key: _Key = (cover, "", width, height, False, dpr)
            kept = self._look_up(key)
            if kept is not None:
                kept.setDevicePixelRatio(dpr)
                return kept
            self._read(key)
        key = ("", seed, width, height, self._dark, dpr)
        kept = self._look_up(key)
        if kept is None:
            kept = rounded(generated(seed, QSize(width, height), dark=self._dark), RADIUS * dpr)
            self._keep(key, kept)
        kept.setDevicePixelRatio(dpr)
        return kept

    @property
    def waiting(self) -> int:
        """How many pictures are still to be read."""
        return len(self._reading)

    @property
    def kept_bytes(self) -> int:
        """What the kept pixmaps take."""
        return self._bytes

    def forget(self) -> None:
        """Look again for pictures that were not there: the library changed."""
        self._absent.clear()

    def close(self) -> None:
        """End the background reads; call before the application ends."""
        self._pool.clear()
        self._pool.waitForDone(2000)
        self._reading.clear()

    def _look_up(self, key: _Key) -> QPixmap | None:
        kept = self._kept.get(key)
        if kept is not None:
            self._kept.move_to_end(key)
        return kept

    def _keep(self, key: _Key, pixmap: QPixmap) -> None:
        self._kept[key] = pixmap
        self._bytes += key[2] * key[3] * 4
        while self._bytes > CACHE_BYTES and len(self._kept) > 1:
            old, _ = self._kept.popitem(last=False)
            self._bytes -= old[2] * old[3] * 4

    def _read(self, key: _Key) -> None:
        if key in self._reading:
            return
        if len(self._reading) >= WAITING:
            for old in list(self._reading)[: WAITING // 2]:
                if self._pool.tryTake(self._reading[old]):
                    del self._reading[old]
        self._started += 1
        self._reading[key] = reading = _Reading(self._relay, key, self._folder)
        # What was asked for last is on the screen now: it goes first.
        self._pool.start(reading, self._started)

    def _keep_read(self, key: _Key, image: QImage) -> None:
        self._reading.pop(key, None)
        if image.isNull():
            self._absent.add(key[0])
            return
        self._keep(key, rounded(image, RADIUS * key[5]))
        self.loaded.emit(key[0])


def read_scaled(folder: Path, cover: str, size: QSize) -> QImage:
    """The picture `cover` of `folder`, scaled to fill `size` and cropped in the middle; null where unreadable."""
    if not cover or not cover.isalnum():
        return QImage()
    path = next((p for p in (folder / f"{cover}{suffix}" for suffix in _SUFFIXES) if p.is_file()), None)
    if path is None:
        return QImage()
    reader = QImageReader(str(path))
    reader.setAutoTransform(True)
    own = reader.size()
    if own.isValid():
        reader.setScaledSize(own.scaled(size, Qt.AspectRatioMode.KeepAspectRatioByExpanding))
    image = reader.read()
    if image.isNull():
        return image
    if not own.isValid():
        image = image.scaled(
            size, Qt.AspectRatioMode.KeepAspectRatioByExpanding, Qt.TransformationMode.SmoothTransformation
        )
    left, top = (image.width() - size.width()) // 2, (image.height() - size.height()) // 2
    return image.copy(QRect(max(left, 0), max(top, 0), size.width(), size.height()))


def generated(seed: str, size: QSize, *, dark: bool) -> QImage:
    """A picture made from `seed` alone: quiet bands and a disc in one hue, the same for the same seed."""
    digest = hashlib.sha256(seed.casefold().encode("utf-8", "surrogatepass")).digest()
    hue = _HUES[digest[0] % len(_HUES)]
    ground = QColor.fromHsl(hue, 52 if dark else 66, 62 if dark else 188)
    image = QImage(size, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(ground)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    width, height = size.width(), size.height()
    side = min(width, height)
    light = QColor.fromHsl(hue, 60 if dark else 70, 92 if dark else 208)
    deep = QColor.fromHsl(hue, 58 if dark else 60, 44 if dark else 164)
    corner = digest[1] % 4
    centre = QPointF(width * (corner % 2), height * (corner // 2))
    reach = math.hypot(width, height)
    rings = 3 + digest[2] % 3
    for ring in range(rings, 0, -1):
        painter.setBrush(light if (ring + digest[3]) % 2 else deep)
        painter.setOpacity(0.55)
        radius = reach * ring / (rings + 0.6) * (0.82 + digest[4] / 255 * 0.18)
        painter.drawEllipse(centre, radius, radius)
    painter.setOpacity(0.9)
    painter.setBrush(QColor.fromHsl((hue + 26) % 360, 70, 128 if dark else 226))
    # The disc keeps away from the rings' corner, so that no two pictures look like the same target.
    where = QPointF(
        width * (0.62 if corner % 2 == 0 else 0.38) + side * (digest[5] / 255 - 0.5) * 0.16,
        height * (0.62 if corner // 2 == 0 else 0.38) + side * (digest[6] / 255 - 0.5) * 0.16,
    )
    radius = side * (0.10 + digest[7] / 255 * 0.09)
    painter.drawEllipse(where, radius, radius)
    painter.end()
    return image


def rounded(image: QImage, radius: float) -> QPixmap:
    """The image with round corners; call on the window's thread."""
    pixmap = QPixmap(image.size())
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    path = QPainterPath()
    path.addRoundedRect(QRectF(0, 0, image.width(), image.height()), radius, radius)
    painter.setClipPath(path)
    painter.drawImage(0, 0, image)
    painter.end()
    return pixmap
