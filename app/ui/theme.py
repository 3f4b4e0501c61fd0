"""The look of the window: which tones hold, the palette and style sheet made of them, fonts and icons.

Made once at start-up and given to every part of the window; `apply` may be called again at any time (dark,
light, as the system has it) and everything changes at once. Touches the application's palette, style sheet
and font.
"""

from __future__ import annotations

import re
import weakref
from dataclasses import asdict
from pathlib import Path

import shiboken6
from PySide6.QtCore import QObject, QSize, Qt, Signal
from PySide6.QtGui import QAction, QColor, QFont, QGuiApplication, QIcon, QPalette, QPixmap
from PySide6.QtWidgets import QAbstractButton, QApplication, QStyleFactory

from app.paths import RESOURCES
from app.ui.icons import IconSet
from app.ui.tones import DARK, ICON, LIGHT, MOTION_MS, RADIUS, Space, TextSize, Tones

__all__ = ["ICON", "MOTION_MS", "RADIUS", "Space", "TextSize", "Theme", "Tones"]

SPACING = (Space.XS, Space.S, Space.M, Space.L, Space.XL)
_TOKEN = re.compile(r"@([a-z_]+)")


class Theme(QObject):
    """Tones, fonts and icons as they hold now. `changed` comes after the application wears the new look."""

    changed = Signal()

    def __init__(self, resources: Path = RESOURCES, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._resources = resources
        self._mode = "system"
        self._app: QApplication | None = None
        self._desktop_is_dark = False
        self._tones = LIGHT
        self._icons = IconSet(resources / "icons", LIGHT)
        self._dressed: weakref.WeakKeyDictionary[QObject, tuple[str, str]] = weakref.WeakKeyDictionary()
        self._reduced_motion = False

    @property
    def tones(self) -> Tones:
        return self._tones

    @property
    def dark(self) -> bool:
        return self._tones is DARK

    @property
    def mode(self) -> str:
        """ "system", "light" or "dark", as it was asked for."""
        return self._mode

    @property
    def reduced_motion(self) -> bool:
        """Nothing glides or fades, Qt's own menus and tooltips included."""
        return self._reduced_motion

    @reduced_motion.setter
    def reduced_motion(self, reduced: bool) -> None:
        self._reduced_motion = reduced
        effects = Qt.UIEffect
        for effect in (effects.UI_AnimateMenu, effects.UI_FadeMenu, effects.UI_AnimateCombo):
            QApplication.setEffectEnabled(effect, not reduced)
        for effect in (effects.UI_AnimateTooltip, effects.UI_FadeTooltip, effects.UI_AnimateToolBox):
            QApplication.setEffectEnabled(effect, not reduced)

    @property
    def motion_ms(self) -> int:
        """How long an animation may last: nothing at all where the user or the desktop wants no motion."""
        return 0 if self.reduced_motion else MOTION_MS

    def apply(self, app: QApplication, mode: str) -> None:
        """Dress the whole application: `mode` is "system", "light" or "dark"."""
        if self._app is None:
            self._app = app
            # Read before our own palette hides it: many sessions report no scheme, only a palette.
            self._desktop_is_dark = app.palette().color(QPalette.ColorRole.Window).lightness() < 128
            app.setStyle(QStyleFactory.create("Fusion"))
            app.styleHints().colorSchemeChanged.connect(self._desktop_changed)
        self.wear(mode)

    def wear(self, mode: str) -> None:
        """Change to "system", "light" or "dark" while the program runs."""
        self._mode = mode
        self._wear(DARK if self._wants_dark() else LIGHT)

    def icon(self, name: str, tone: str = "") -> QIcon:
        """An icon of our set in today's tones; ask again after `changed`, or use `dress`."""
        return self._icons.icon(name, tone)

    def pixmap(self, name: str, size: int, tone: str = "muted", ratio: float = 1.0) -> QPixmap:
        """One icon as a picture, for places that paint."""
        return self._icons.pixmap(name, size, str(getattr(self._tones, tone)), ratio)

    def dress(self, target: QAbstractButton | QAction, name: str, tone: str = "") -> None:
        """Give a button or action an icon and keep it right when the theme changes."""
        self._dressed[target] = (name, tone)
        target.setIcon(self.icon(name, tone))
        if isinstance(target, QAbstractButton):
            target.setIconSize(QSize(ICON, ICON))

    def color(self, tone: str) -> QColor:
        """A tone by its name as a QColor."""
        return QColor(str(getattr(self._tones, tone)))

    def font(self, size: int = TextSize.BODY, *, bold: bool = False, tabular: bool = False) -> QFont:
        """The window's font in one of the four sizes; `tabular` for times and scores."""
        font = QFont(QGuiApplication.font())
        font.setPixelSize(size)
        if bold:
            font.setWeight(QFont.Weight.DemiBold)
        if tabular:
            font.setFeature(QFont.Tag("tnum"), 1)
        return font

    def style_sheet(self, tones: Tones | None = None) -> str:
        """resources/styles/window.qss with every @token filled in. Raises KeyError for an unknown token."""
        values = {
            **asdict(tones or self._tones),
            "pictures": (self._resources / "styles").as_posix(),
            "shade": "dark" if (tones or self._tones) is DARK else "light",
            "radius": f"{RADIUS}px",
            "small": f"{TextSize.SMALL}px",
            "body": f"{TextSize.BODY}px",
            "title": f"{TextSize.TITLE}px",
            "heading": f"{TextSize.HEADING}px",
        }
        template = (self._resources / "styles" / "window.qss").read_text("utf-8")
        return _TOKEN.sub(lambda token: values[token[1]], template)

    def _wants_dark(self) -> bool:
        if self._mode != "system" or self._app is None:
            return self._mode == "dark"
        scheme = self._app.styleHints().colorScheme()
        if scheme == Qt.ColorScheme.Unknown:
            return self._desktop_is_dark
        return scheme == Qt.ColorScheme.Dark

    def _desktop_changed(self) -> None:
        if self._mode == "system":
            self._wear(DARK if self._wants_dark() else LIGHT)

    def _wear(self, tones: Tones) -> None:
        app = self._app
        if app is None:
            return
        self._tones = tones
        ratios = {1.0, *(screen.devicePixelRatio() for screen in app.screens())}
        self._icons = IconSet(self._resources / "icons", tones, sorted(ratios))
        font = QFont(app.font())
        font.setPixelSize(TextSize.BODY)
        app.setFont(font)
        app.setPalette(_palette(tones))
        app.setStyleSheet(self.style_sheet())
        for target, (name, tone) in list(self._dressed.items()):
            if shiboken6.isValid(target):
                target.setIcon(self.icon(name, tone))  # type: ignore[attr-defined]
        self.changed.emit()


def _palette(tones: Tones) -> QPalette:
    palette, role = QPalette(), QPalette.ColorRole
    for name, colour in (
        (role.Window, tones.frame),
        (role.WindowText, tones.text),
        (role.Base, tones.surface),
        (role.AlternateBase, tones.frame),
        (role.Text, tones.text),
        (role.PlaceholderText, tones.muted),
        (role.Button, tones.frame),
        (role.ButtonText, tones.text),
        (role.BrightText, tones.danger),
        (role.ToolTipBase, tones.frame),
        (role.ToolTipText, tones.text),
        (role.Light, tones.surface),
        (role.Midlight, tones.hover),
        (role.Mid, tones.hairline),
        (role.Dark, tones.faint),
        (role.Shadow, tones.faint),
        (role.Highlight, tones.selected),
        (role.HighlightedText, tones.text),
        (role.Accent, tones.accent),
        (role.Link, tones.accent),
        (role.LinkVisited, tones.accent),
    ):
        palette.setColor(name, QColor(colour))
    for name in (role.WindowText, role.Text, role.ButtonText, role.HighlightedText):
        palette.setColor(QPalette.ColorGroup.Disabled, name, QColor(tones.faint))
    return palette
