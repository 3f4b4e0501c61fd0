"""Our own icons: SVGs of resources/icons, drawn in the colours of the theme.

Only `theme.Theme` makes an `IconSet`; everything else asks the theme. Reads the icon files, nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from app.ui.tones import ICON, Tones, blend


class IconSet:
    """Icons in one set of tones, made when first asked for and kept."""

    def __init__(self, folder: Path, tones: Tones, ratios: Sequence[float] = (1.0,)) -> None:
        """`ratios`: the device pixel ratios of the screens there are; an icon is drawn once for each."""
        self._folder = folder
        self._tones = tones
        self._ratios = tuple(ratios)
        self._icons: dict[tuple[str, str], QIcon] = {}

    def icon(self, name: str, tone: str = "") -> QIcon:
        """The icon called `name`; raises FileNotFoundError for a name without a file.

        Without a tone: quiet, in accent when checked, faint when disabled. With the name of a tone ("on_accent",
        "danger", "muted" ...): that colour, faint when disabled.
        """
        made = self._icons.get((name, tone))
        if made is None:
            made = self._icons[name, tone] = self._make(name, tone)
        return made

    def pixmap(self, name: str, size: int, colour: str, ratio: float) -> QPixmap:
        """One picture of `size` px, `colour` "#rrggbb", for a screen of this device pixel ratio."""
        return _draw(self._read(name), size, colour, ratio)

    def _make(self, name: str, tone: str) -> QIcon:
        drawing, tones, icon = self._read(name), self._tones, QIcon()
        mode, state = QIcon.Mode, QIcon.State
        quiet = str(getattr(tones, tone)) if tone else blend(tones.muted, tones.text, 0.35)
        looks = [(mode.Normal, state.Off, quiet), (mode.Disabled, state.Off, tones.faint)]
        if not tone:
            looks += [(mode.Normal, state.On, tones.accent), (mode.Disabled, state.On, tones.faint)]
        for ratio in self._ratios:
            for wanted_mode, wanted_state, colour in looks:
                icon.addPixmap(_draw(drawing, ICON, colour, ratio), wanted_mode, wanted_state)
        return icon

    def _read(self, name: str) -> bytes:
        return (self._folder / f"{name}.svg").read_bytes()


def _draw(drawing: bytes, size: int, colour: str, ratio: float) -> QPixmap:
    pixmap = QPixmap(QSize(round(size * ratio), round(size * ratio)))
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    QSvgRenderer(QByteArray(drawing.replace(b"currentColor", colour.encode()))).render(painter, QRectF(pixmap.rect()))
    painter.end()
    pixmap.setDevicePixelRatio(ratio)
    return pixmap
