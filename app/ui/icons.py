"""Our own icons: SVGs of resources/icons, drawn in the colours of the theme.

Only `theme.Theme` makes an `IconSet`; everything else asks the theme. Reads the icon files, nothing else.
"""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from app.ui.tones import ICON, Tones, blend

_RATIOS = (1.0, 2.0)


class IconSet:
    """Icons in one set of tones, made when first asked for and kept."""

    def __init__(self, folder: Path, tones: Tones) -> None:
        self._folder = folder
        self._tones = tones
        self._icons: dict[tuple[str, str], QIcon] = {}

    def icon(self, name: str, tone: str = "") -> QIcon:
        """The icon called `name`; raises FileNotFoundError for a name without a file.

        Without a tone: quiet, stronger under the pointer, accent when checked, faint when disabled. With the
        name of a tone ("on_accent", "danger", "muted" ...): that colour always.
        """
        made = self._icons.get((name, tone))
        if made is None:
            made = self._icons[name, tone] = self._make(name, tone)
        return made

    def pixmap(self, name: str, size: int, colour: str, ratio: float) -> QPixmap:
        """One picture of `size` px, `colour` "#rrggbb", for a screen of this device pixel ratio."""
        drawn = (self._folder / f"{name}.svg").read_bytes().replace(b"currentColor", colour.encode())
        pixmap = QPixmap(QSize(round(size * ratio), round(size * ratio)))
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        QSvgRenderer(QByteArray(drawn)).render(painter, QRectF(pixmap.rect()))
        painter.end()
        pixmap.setDevicePixelRatio(ratio)
        return pixmap

    def _make(self, name: str, tone: str) -> QIcon:
        tones, icon = self._tones, QIcon()
        mode, state = QIcon.Mode, QIcon.State
        if tone:
            looks = [(mode.Normal, state.Off, str(getattr(tones, tone)))]
        else:
            looks = [
                (mode.Normal, state.Off, blend(tones.muted, tones.text, 0.35)),
                (mode.Active, state.Off, tones.text),
                (mode.Normal, state.On, tones.accent),
                (mode.Active, state.On, tones.accent),
            ]
        looks.append((mode.Disabled, state.Off, tones.faint))
        looks.append((mode.Disabled, state.On, tones.faint))
        for ratio in _RATIOS:
            for wanted_mode, wanted_state, colour in looks:
                icon.addPixmap(self.pixmap(name, ICON, colour, ratio), wanted_mode, wanted_state)
        return icon
