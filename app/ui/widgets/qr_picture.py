"""A text as a QR code, painted black on white in both themes: scanners want it so."""

from __future__ import annotations

import segno
from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

QUIET = 4
"""Modules of white around the code (ISO/IEC 18004)."""
SMALLEST = 260


class QrPicture(QWidget):
    """Shows one text; `readable` is False where the text is too long for a QR code."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._image = QImage()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(self.tr("QR code"))

    @property
    def readable(self) -> bool:
        return not self._image.isNull()

    def show_text(self, text: str) -> None:
        """Show another text; "" for none."""
        self._image = qr_image(text)
        self.setVisible(self.readable)
        self.updateGeometry()
        self.update()

    def image(self, scale: int = 8) -> QImage:
        """The picture with `scale` pixels a module, to save or to scan."""
        return self._image.scaled(self._image.size() * scale)

    def sizeHint(self) -> QSize:
        # Two pixels a module at least: a whole number of them, or the edges blur.
        side = max(SMALLEST, self._image.width() * 3)
        return QSize(side, side)

    def minimumSizeHint(self) -> QSize:
        return QSize(self._image.width() * 2, self._image.width() * 2)

    def paintEvent(self, _event: QPaintEvent) -> None:
        if not self.readable:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
        ratio = self.devicePixelRatioF()
        modules = self._image.width()
        # Whole device pixels a module, whatever the screen's scale.
        step = max(int(min(self.width(), self.height()) * ratio) // modules, 1)
        side = round(step * modules / ratio)
        place = QRect((self.width() - side) // 2, (self.height() - side) // 2, side, side)
        painter.drawImage(place, self._image)


def qr_image(text: str) -> QImage:
    """The code with one pixel a module and its quiet zone; a null image for no text or one that is too long."""
    if not text:
        return QImage()
    try:
        code = segno.make(text, error="l", micro=False)
    except segno.DataOverflowError:
        return QImage()
    rows = list(code.matrix_iter(border=QUIET))
    image = QImage(len(rows), len(rows), QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.white)
    black = QColor(Qt.GlobalColor.black)
    for y, row in enumerate(rows):
        for x, dark in enumerate(row):
            if dark:
                image.setPixelColor(x, y, black)
    return image
